//! What the hub is put under: posters (`posts`), phones (`fleet`), both together (`life`), and bare sockets (`dial`), each a
//! process of its own.

pub mod dial;
pub mod fleet;
mod http;
pub mod life;
mod pacer;
mod phones;
pub mod posts;

pub use http::Connection;
