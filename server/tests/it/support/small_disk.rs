//! A file system of its own for a data directory, small enough to be filled.

use std::fs::{File, remove_file};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// One write of the ballast.
const CHUNK: [u8; 4096] = [0; 4096];

/// A mounted file system; dropping it unmounts it, whatever became of the test.
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts an empty one in memory.
    pub fn mount(megabytes: u32) -> SmallDisk {
        let disk = SmallDisk { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(disk.data_dir()).unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let words = ["-t", "tmpfs", "-o", &size, "relay-hub-test"];
        let mounted = Command::new("mount").args(words).arg(disk.data_dir()).output().expect("mount runs");
        assert!(
            mounted.status.success(),
            "this test mounts a small file system, which takes root with CAP_SYS_ADMIN (in a container: \
             --cap-add=SYS_ADMIN): {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        disk
    }

    /// Where it is mounted.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        loop {
            match ballast.write(&CHUNK) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("the ballast could not be written: {error}"),
            }
        }
    }

    /// Gives it back.
    pub fn free(&self) {
        remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.data_dir().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a hub that a failed test left behind must not keep the mount.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.data_dir()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} could not be unmounted", self.data_dir().display());
        }
    }
}
