//! What a person should look at in what a phone tells of its health.

use device_protocol::Telemetry;

/// Below this the battery is low, unless it is being charged.
const LOW_PERCENT: u8 = 15;
/// It is well again from here on: a charge that wavers at the bound is told once.
const WELL_PERCENT: u8 = 25;
/// Of a phone's permissions no more are named, and none at greater length: phones are not believed to be brief.
const MOST_NAMED: usize = 8;
const LONGEST_NAME: usize = 48;

/// A word, and the same for people.
pub(super) type Trouble = (&'static str, String);

/// What was noticed so far in this session.
#[derive(Debug, Default)]
pub(super) struct Health {
    low: bool,
    missing: Vec<String>,
    rcs_on: bool,
    refused: bool,
}

impl Health {
    /// Hears what the phone tells; answers with what is new and wrong.
    pub(super) fn hear(&mut self, told: &Telemetry) -> Vec<Trouble> {
        let rcs = "what its users write over RCS is no SMS and never arrives here: turn RCS off in the phone's messages app";
        let refused = "the system lets no SMS of the app out: allow it at the phone";
        [
            self.hear_battery(told),
            self.hear_permissions(told),
            begins(&mut self.rcs_on, told.rcs_on).then(|| ("rcs_on", rcs.to_owned())),
            begins(&mut self.refused, told.sms_refused).then(|| ("radio_refused", refused.to_owned())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn hear_battery(&mut self, told: &Telemetry) -> Option<Trouble> {
        let percent = told.battery_percent?;
        let charging = told.charging == Some(true);
        if charging || percent >= WELL_PERCENT {
            self.low = false;
        }
        if charging || percent >= LOW_PERCENT || self.low {
            return None;
        }
        self.low = true;
        // Without the percentage: what is said in the same words is not said again for hours.
        Some(("battery_low", format!("less than {LOW_PERCENT} % left, and it is not being charged")))
    }

    fn hear_permissions(&mut self, told: &Telemetry) -> Option<Trouble> {
        let missing = told.missing_permissions.as_ref()?;
        let brief = |name: &String| name.chars().take(LONGEST_NAME).collect::<String>();
        let missing: Vec<String> = missing.iter().take(MOST_NAMED).map(brief).collect();
        let before = std::mem::replace(&mut self.missing, missing);
        let is_new = self.missing.iter().any(|name| !before.contains(name));
        is_new.then(|| {
            ("permission_lost", format!("the app may not {}: allow it at the phone", self.missing.join(", ")))
        })
    }
}

/// Whether it is so now and was not before. Where nothing is told, it is as it was.
fn begins(known: &mut bool, told: Option<bool>) -> bool {
    let before = std::mem::replace(known, told.unwrap_or(*known));
    *known && !before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_battery_is_noticed_once_until_it_is_well_again() {
        let mut health = Health::default();
        let mut hear = |percent, charging| {
            let told = Telemetry { battery_percent: Some(percent), charging, ..Telemetry::default() };
            !health.hear(&told).is_empty()
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
        assert_eq!(Health::default().hear(&Telemetry::default()), []);
    }

    #[test]
    fn a_lost_permission_is_noticed_when_it_is_lost_and_not_when_another_comes_back() {
        let mut health = Health::default();
        let mut hear = |missing: &[&str]| {
            let missing = Some(missing.iter().map(|name| (*name).to_owned()).collect());
            health.hear(&Telemetry { missing_permissions: missing, ..Telemetry::default() })
        };
        assert_eq!(hear(&[]), []);
        let told = "the app may not SEND_SMS, READ_SMS: allow it at the phone";
        assert_eq!(hear(&["SEND_SMS", "READ_SMS"]), [("permission_lost", told.to_owned())]);
        assert_eq!(hear(&["READ_SMS"]), []);
        assert_eq!(hear(&["READ_SMS"]), []);
        assert_eq!(hear(&["READ_SMS", "SEND_SMS"]).len(), 1);
        let flood: Vec<String> = (0..100).map(|n| format!("{n}{}", "x".repeat(1_000))).collect();
        let flood: Vec<&str> = flood.iter().map(String::as_str).collect();
        assert!(hear(&flood)[0].1.chars().count() < 500);
    }

    #[test]
    fn rcs_and_a_refusing_system_are_noticed_as_they_begin_and_silence_changes_nothing() {
        let mut health = Health::default();
        let mut hear = |rcs_on, sms_refused| {
            let told = health.hear(&Telemetry { rcs_on, sms_refused, ..Telemetry::default() });
            told.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!(hear(Some(true), Some(false)), ["rcs_on"]);
        assert_eq!(hear(None, Some(true)), ["radio_refused"]);
        assert!(hear(Some(true), None).is_empty());
        assert!(hear(Some(false), Some(false)).is_empty());
        assert_eq!(hear(Some(true), Some(true)), ["rcs_on", "radio_refused"]);
    }
}
