//! The operators' verbs: one question in, one answer out, the same over the control socket of a running hub and
//! on a store that no hub holds.
//!
//! `verb` is what can be asked and `answer` what comes back, both our own JSON; `execute` maps one to the other with the
//! verbs of `relay`: `devices`, `leaving`, `held`, `plans` and `webhooks` have those of their nouns, `refusal` the kinds of refusals. `find`
//! looks for what a person named, `resolve` decides by id, name or the start of an id which one it is. `socket` carries a
//! line each way. No dialect is known here.

pub mod answer;
mod devices;
pub mod execute;
mod find;
mod held;
mod leaving;
mod plans;
mod refusal;
mod resolve;
pub mod socket;
pub mod verb;
mod webhooks;

pub use answer::{Answer, Refused, RefusedKind};
pub use execute::execute;
pub use verb::{PlanNumbers, Verb};
