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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// The error in words, and the outcome; the pause is what was asked for, or a second.
    fn judged(answered: Result<u16, &str>) -> (Option<String>, Outcome) {
        let retry_after = Some(Duration::from_secs(9));
        let answered = answered
            .map(|status| Answer { status, body: "said".to_owned(), retry_after })
            .map_err(str::to_owned);
        let status = answered.as_ref().ok().map(|answer| answer.status);
        let took = Duration::from_millis(7);
        let (attempt, outcome) = judge(answered, NOW, took, |asked| asked.unwrap_or(Duration::from_secs(1)));
        assert_eq!((attempt.at, attempt.took, attempt.status), (NOW, took, status));
        assert_eq!(attempt.answer == "said", status.is_some());
        (attempt.error, outcome)
    }

    #[test]
    fn any_2xx_is_success_410_is_the_end_and_everything_else_is_tried_again() {
        let again = |seconds| Outcome::Again(Duration::from_secs(seconds));
        for status in [200, 201, 204, 299] {
            assert_eq!(judged(Ok(status)), (None, Outcome::Taken));
        }
        for status in [301, 307, 400, 404, 409, 411, 429, 500, 503, 199, 600] {
            let (error, outcome) = judged(Ok(status));
            assert_eq!(outcome, again(9), "{status}");
            let error = error.unwrap();
            assert!(error.contains(&status.to_string()));
            assert_eq!(error.contains("redirects"), (300..400).contains(&status));
        }
        assert_eq!(judged(Ok(410)).1, Outcome::Gone);
        assert_eq!(judged(Err("no route")), (Some("no route".to_owned()), again(1)));
    }
}
