//! A disk that fails on command: a library between the hub and the system, `faulty_disk.c`, takes orders from a
//! folder. Everything else about the hub is as it always is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{HubOptions, preloaded};

/// What the disk can be told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every flush of SQLite's log fails.
    FlushFails,
    /// The next flush of SQLite's log fails, and those behind it seem to work: so does Linux after a failed write-back.
    OneFlushFails,
    /// Every flush of the database itself fails, to which its log is moved now and then.
    DatabaseFails,
    /// Nothing can be written to any file.
    ReadOnly,
}

impl Fault {
    /// The order's name, as the library knows it.
    fn order(self) -> &'static str {
        match self {
            Fault::FlushFails => "flush-fails",
            Fault::OneFlushFails => "one-flush-fails",
            Fault::DatabaseFails => "database-fails",
            Fault::ReadOnly => "read-only",
        }
    }
}

/// A disk under a hub. It is good until told otherwise.
pub struct FaultyDisk {
    orders: TempDir,
}

impl FaultyDisk {
    /// A good disk.
    pub fn new() -> FaultyDisk {
        FaultyDisk { orders: tempfile::tempdir().unwrap() }
    }

    /// A hub on this disk.
    pub fn under(&self, options: HubOptions) -> HubOptions {
        let preload = format!("LD_PRELOAD={}", library().display());
        let orders = format!("FAULTY_DISK={}", self.orders.path().display());
        HubOptions { under: vec!["env".to_owned(), preload, orders], ..options }
    }

    /// Orders a fault. What the hub does after this call meets it.
    pub fn order(&self, fault: Fault) {
        std::fs::write(self.orders.path().join(fault.order()), "").unwrap();
    }

    /// Whether the order is still to be carried out.
    pub fn is_ordered(&self, fault: Fault) -> bool {
        self.orders.path().join(fault.order()).exists()
    }

    /// The disk is good again.
    pub fn heal(&self, fault: Fault) {
        std::fs::remove_file(self.orders.path().join(fault.order())).unwrap();
    }
}

/// The library, compiled once a run.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| preloaded::library("faulty_disk"))
}
