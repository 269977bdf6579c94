//! What a dialect does for its webhooks: it writes the body and the headers, and says when to try again.

use relay_domain::key::Dialect;
use relay_domain::notice::Notice;

use super::retry::RetryTable;

/// A dialect's words for webhooks.
pub trait Render: Sync {
    /// The body. It follows from the notice alone: every repeat has the same bytes.
    fn body(&self, notice: &Notice) -> Vec<u8>;

    /// Headers besides the content's type, names in lower case.
    fn headers(&self, post: &Post<'_>) -> Vec<(&'static str, String)>;

    /// When to try again.
    fn retry(&self) -> RetryTable;
}

/// Finds a dialect's words.
pub type Renderers = fn(Dialect) -> &'static dyn Render;

/// A post that is about to leave.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// What it tells.
    pub notice: &'a Notice,
    /// The exact bytes.
    pub body: &'a [u8],
    /// What it is signed with.
    pub secret: &'a str,
    /// What it is signed with beside it during a rotation.
    pub next_secret: Option<&'a str>,
    /// When this attempt is made, Unix seconds.
    pub unix_seconds: i64,
}
