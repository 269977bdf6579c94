//! Promises kept by the real thing: the real binary, real sockets, a real SQLite file, real phones. One file
//! per promise; nothing here knows the inside of the hub.
//!
//! Tests await facts with a deadline and never sleep to wait; intervals are shortened by documented settings.

mod management;
mod support;
