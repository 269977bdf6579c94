//! What the hub is put under: posters (`posts`), phones (`fleet`), both together (`life`), bare sockets (`dial`), and
//! the `receiver` of its webhooks, each a
//! process of its own.

pub mod dial;
pub mod fleet;
mod http;
pub mod life;
mod pacer;
mod phones;
pub mod posts;
pub mod receiver;

pub use http::Connection;
