//! Promises kept by the real thing: the real binary, real sockets, a real SQLite file, real phones. One file
//! per promise; nothing here knows the inside of the hub.
//!
//! Tests await facts with a deadline and never sleep to wait; intervals are shortened by documented settings.

mod accepted_is_durable;
mod buckets_have_memory;
mod inbound_never_lost;
mod management;
mod presence_is_true;
mod support;
