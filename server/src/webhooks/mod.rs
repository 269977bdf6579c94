//! Webhooks: what the hub tells customers' programs of its own accord, until they have taken it.
//!
//! Notices are written by the changes that they report (`store/changes/notify`). Here they leave: `desk` keeps a
//! `worker` for each webhook, which asks the store for what is due, has the webhook's dialect write it (`render`), signs
//! it (`signature`), posts it (`client`, which `guard` tells whom it may reach), and records what came of it (`attempt`)
//! with the time of the next try (`retry`). `telling` decides what a worker does next, `circuit` how much one endpoint
//! gets at a time: both are pure. Nothing here knows a vendor's
//! words, and nothing is remembered that the store does not say: a process that dies tells again what it did not record.

pub mod attempt;
mod bells;
mod circuit;
mod client;
mod desk;
pub mod guard;
mod parts;
pub mod render;
pub mod retry;
pub mod signature;
pub mod telling;
mod worker;

pub use bells::Bells;
pub use client::{Answer, Client, ClientError, TlsRoots};
pub use desk::Desk;
pub use guard::Guard;
pub use parts::Parts;
