//! Waiting for a fact, with a deadline: the only clock in these tests, and it decides nothing but failure.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

/// Far beyond what any fact needs, so that a slow machine is not a failure.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The same where the fact is that somebody's patience of a minute is over.
pub const LONG_DEADLINE: Duration = Duration::from_secs(240);
/// Time between two looks at something that can only be asked.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks until the answer is `Some`; panics after [`DEADLINE`] with what was waited for.
pub async fn eventually<T, F, A>(what: &str, ask: F) -> T
where
    F: FnMut() -> A,
    A: Future<Output = Option<T>>,
{
    by(DEADLINE, what, asking(ask)).await
}

/// The same for what takes a minute by itself.
pub async fn at_long_last<T, F, A>(what: &str, ask: F) -> T
where
    F: FnMut() -> A,
    A: Future<Output = Option<T>>,
{
    by(LONG_DEADLINE, what, asking(ask)).await
}

/// The same for a future that becomes ready by itself.
pub async fn within_deadline<T: Debug>(what: &str, fact: impl Future<Output = T>) -> T {
    by(DEADLINE, what, fact).await
}

async fn asking<T, F, A>(mut ask: F) -> T
where
    F: FnMut() -> A,
    A: Future<Output = Option<T>>,
{
    let mut again = tokio::time::interval(LOOK_AGAIN);
    loop {
        again.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
    }
}

async fn by<T>(deadline: Duration, what: &str, fact: impl Future<Output = T>) -> T {
    match tokio::time::timeout(deadline, fact).await {
        Ok(fact) => fact,
        Err(_) => panic!("waited {deadline:?} in vain: {what}"),
    }
}
