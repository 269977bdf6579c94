//! What every promise needs: a hub as a process of its own, customers, phones, and the judge over what all of
//! them saw.
#![allow(dead_code, reason = "each promise uses its own part")]

pub mod await_fact;
pub mod customer;
pub mod faulty_disk;
pub mod fleet;
pub mod hub;
pub mod mortal;
pub mod phone_process;
pub mod posters;
pub mod preloaded;
pub mod raw_phone;
pub mod receiver;
pub mod small_disk;
pub mod sockets;
pub mod trace;

pub use await_fact::{at_long_last, eventually};
pub use customer::Customer;
pub use hub::{Hub, HubOptions};
