//! HTTP that no vendor's document speaks of: bounded bodies, credentials, query strings, instants, the address behind a
//! proxy, and the hub's own pages. Dialects put their own words on what these find wrong.

pub mod body;
pub mod credentials;
pub mod instant;
pub mod pages;
pub mod proxies;
pub mod query;
