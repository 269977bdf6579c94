//! `relay-hub device replace`: watches the old phone finish, and shows the code for the new one.

use std::time::Duration;

use super::show;
use crate::app::{Answer, Verb};
use crate::cli::exit::Exit;
use crate::cli::manage::{Asker, Place};
use crate::cli::output;

/// Between two questions: an SMS takes seconds.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Asks until the old phone is done. Whoever watches reads on standard error; the answer is the last one.
pub(super) fn run(place: &Place, device: &str) -> Exit {
    let asker = match Asker::new(place) {
        Ok(asker) => asker,
        Err(exit) => return exit,
    };
    let mut said = String::new();
    loop {
        let asked = asker.ask(Verb::DeviceReplace { device: device.to_owned() });
        let Ok(Answer::DeviceDraining { heard, in_flight, .. }) = asked else {
            return asker.shown(asked, show);
        };
        let left = left_to_do(heard, in_flight);
        if left != said {
            output::remark(&left);
            said = left;
        }
        std::thread::sleep(ASK_EVERY);
    }
}

/// What the old phone has left to do.
pub(super) fn left_to_do(heard: bool, in_flight: u32) -> String {
    match (heard, in_flight) {
        (false, _) => "Waiting for the old phone: it is not connected, or has not told everything yet. Is it on, and does \
                       the hub run?"
            .to_owned(),
        (true, 1) => "The old phone finishes: 1 message is still on its way.".to_owned(),
        (true, many) => format!("The old phone finishes: {many} messages are still on their way."),
    }
}
