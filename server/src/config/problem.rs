//! A setting that cannot be: named, with its value and the remedy.

/// A refused setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting {name} cannot be `{value}`: {remedy}")]
pub struct Problem {
    /// Flag and environment variable.
    pub name: &'static str,
    /// As it was given.
    pub value: String,
    /// What to do.
    pub remedy: String,
}
