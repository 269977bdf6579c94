//! What a person should look at in what a phone tells of its health.

use device_protocol::Telemetry;

/// Below this the battery is low, unless it is being charged.
const LOW_PERCENT: u8 = 15;
/// It is well again from here on: a charge that wavers at the bound is told once.
const WELL_PERCENT: u8 = 25;

/// What was noticed so far in this session.
#[derive(Debug, Default)]
pub(super) struct Health {
    low: bool,
}

impl Health {
    /// Hears what the phone tells; answers with what is new and wrong: a word, and the same for people.
    pub(super) fn hear(&mut self, told: &Telemetry) -> Option<(&'static str, String)> {
        let percent = told.battery_percent?;
        let charging = told.charging == Some(true);
        if charging || percent >= WELL_PERCENT {
            self.low = false;
        }
        if charging || percent >= LOW_PERCENT || self.low {
            return None;
        }
        self.low = true;
        Some(("battery_low", format!("{percent} % left, and it is not being charged")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_battery_is_noticed_once_until_it_is_well_again() {
        let mut health = Health::default();
        let mut hear = |percent, charging| {
            let told = Telemetry { battery_percent: Some(percent), charging, ..Telemetry::default() };
            health.hear(&told).is_some()
        };
        assert!(!hear(15, Some(false)));
        assert!(hear(14, Some(false)));
        assert!(!hear(13, None));
        assert!(!hear(24, None));
        assert!(!hear(14, None), "it wavers");
        assert!(!hear(25, None));
        assert!(hear(14, None));
        assert!(!hear(14, Some(true)));
        assert!(hear(14, Some(false)), "it was charged in between");
        assert_eq!(Health::default().hear(&Telemetry::default()), None);
    }
}
