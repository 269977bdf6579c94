//! Waiting for a fact, with a deadline: the only clock in these tests, and it decides nothing but failure.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

/// Far beyond what any fact needs, so that a slow machine is not a failure.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// Time between two looks at something that can only be asked.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks until the answer is `Some`; panics after [`DEADLINE`] with what was waited for.
pub async fn eventually<T, F, A>(what: &str, mut ask: F) -> T
where
    F: FnMut() -> A,
    A: Future<Output = Option<T>>,
{
    let asking = async {
        let mut again = tokio::time::interval(LOOK_AGAIN);
        loop {
            again.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    match tokio::time::timeout(DEADLINE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {DEADLINE:?} in vain: {what}"),
    }
}

/// The same for a future that becomes ready by itself.
pub async fn within_deadline<T: Debug>(what: &str, fact: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, fact).await {
        Ok(fact) => fact,
        Err(_) => panic!("waited {DEADLINE:?} in vain: {what}"),
    }
}
