//! What an answer means. Pure.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::notice::{Attempt, Outcome};

use super::client::Answer;

/// What is recorded of a post that began at an instant and took so long. `pause` says when it is tried again, given what
/// the receiver asked for.
pub fn judge(
    answered: Result<Answer, String>,
    began_at: Timestamp,
    took: Duration,
    pause: impl FnOnce(Option<Duration>) -> Duration,
) -> (Attempt, Outcome) {
    let Answer { status, body, retry_after } = match answered {
        Ok(answer) => answer,
        Err(why) => {
            let attempt =
                Attempt { at: began_at, took, status: None, answer: String::new(), error: Some(why) };
            return (attempt, Outcome::Again(pause(None)));
        }
    };
    let (error, outcome) = match status {
        200..=299 => (None, Outcome::Taken),
        300..=399 => {
            let error = format!("it answered {status}: redirects are not followed");
            (Some(error), Outcome::Again(pause(retry_after)))
        }
        410 => (Some("it answered 410: it wants nothing any more".to_owned()), Outcome::Gone),
        _ => (Some(format!("it answered {status}")), Outcome::Again(pause(retry_after))),
    };
    (Attempt { at: began_at, took, status: Some(status), answer: body, error }, outcome)
}
