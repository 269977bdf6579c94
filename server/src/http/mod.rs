//! HTTP that no vendor's document speaks of: the door with its limits, bounded bodies, methods, credentials, query
//! strings, instants, the address behind a proxy, the answer that is a connection's last, and the hub's own pages. Dialects put their own words on what these find wrong.

pub mod body;
pub mod credentials;
pub mod door;
pub mod instant;
pub mod methods;
pub mod once;
pub mod pages;
pub mod proxies;
pub mod query;
pub mod route;
pub mod uploads;
