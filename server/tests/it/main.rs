//! Promises kept by the real thing: the real binary, real sockets, a real SQLite file, real phones. One file
//! per promise; nothing here knows the inside of the hub.
//!
//! Tests await facts with a deadline and never sleep to wait; intervals are shortened by documented settings.
#![expect(clippy::unwrap_used, reason = "a test's helpers are the test, and clippy sees only its functions")]

mod a_failed_flush_ends_the_hub;
mod a_full_disk_passes;
mod a_hundred_deaths;
mod a_minute_of_sleep;
mod a_read_only_disk_is_no_lie;
mod accepted_is_durable;
mod api_document;
mod bad_phones;
mod buckets_have_memory;
mod call_order;
mod caps_and_plans;
mod clients;
mod door;
mod inbound_never_lost;
mod leaving;
mod management;
mod never_from_the_wrong_number;
mod never_sent_twice;
mod out_of_descriptors;
mod presence_is_true;
mod reconnect_storm;
mod rest;
mod restoring;
mod states_rise;
mod stopping_is_safe;
mod support;
mod webhooks;
