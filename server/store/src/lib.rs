//! The store: everything durable, behind one writing lane and a read pool. The only crate that knows diesel.
//!
//! A write is a [`Change`] from [`changes`], handed to the [`Lane`]; it is answered after COMMIT and flush. What
//! it causes elsewhere is announced as an [`Effect`]. A read is a [`Query`] from [`queries`], asked on [`Reads`].
//! Nothing here knows HTTP, sockets or a vendor's words.

mod backend;
pub mod changes;
mod checkpoints;
mod effect;
mod ids;
mod lane;
pub mod queries;
mod reads;
mod rows;
mod schema;
mod store;

pub use backend::{
    BackupError, Depth, Durability, InspectError, Inspection, OpenElsewhere, OpenError, backup, inspect,
};
pub use effect::{Announce, Effect, EndReason, FrameRow};
pub use lane::{Change, CommitError, Lane, Tx, Writer};
pub use queries::Query;
pub use reads::{ReadError, Reads};
pub use rows::hub_state::Mark;
pub use store::{Progress, Store, StoreConfig};
