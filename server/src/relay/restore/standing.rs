//! How devices stand, written down beside the database: what a restore from an older copy must not forget.
//!
//! Pairings, unpairs and revocations are rare; each is flushed there before its verb answers.

use std::io;
use std::sync::Arc;

use relay_domain::DeviceId;
use relay_store::queries::Standings;

pub use relay_store::Mark;
pub use relay_store::changes::{PhoneStanding, Standing};

use crate::relay::Relay;

/// Where it is written down.
pub trait StandingLog: Send + Sync {
    /// Takes how a device stands now; durable when it returns.
    fn note(&self, standing: Standing) -> io::Result<()>;
}

/// Nowhere: for stores that nobody restores.
pub struct NoLog;

impl StandingLog for NoLog {
    fn note(&self, _standing: Standing) -> io::Result<()> {
        Ok(())
    }
}

impl Relay {
    /// The same verbs, which write down here how devices stand.
    pub fn with_standing_log(self, standings: Arc<dyn StandingLog>) -> Relay {
        Relay { standings, ..self }
    }

    /// Writes down how a device stands now. What fails here is made good by the next start, which writes all of them
    /// from the database.
    pub(in crate::relay) async fn note_standing(&self, device_id: DeviceId) {
        let stands = match self.reads.ask(Standings { device_id: Some(device_id) }).await {
            Ok(stands) => stands,
            Err(error) => {
                return tracing::error!(device = %device_id, %error, "how the device stands was not written down");
            }
        };
        for standing in stands {
            let log = Arc::clone(&self.standings);
            let noted = tokio::task::spawn_blocking(move || log.note(standing)).await;
            if let Err(error) = noted.unwrap_or_else(|error| Err(io::Error::other(error))) {
                tracing::error!(device = %device_id, %error, "how the device stands was not written down");
            }
        }
    }
}
