//! The document of the Relayion API tells the truth: every example in it is tried at a real hub, and Schemathesis, which
//! makes up requests from it, gets the answers that it promises.

mod committed;
mod document;
mod examples;
mod scene;
pub mod schemathesis;
mod viewer;
