//! What kind of file system the data lies on, and how much is free.

use std::path::Path;

use rustix::fs::{statfs, statvfs};

use super::finding::Finding;

/// Below this a day of messages may fill the disk, and a full disk answers 503.
const LITTLE_BYTES: u64 = 1024 * MIB;
/// Below this the write-ahead log and one checkpoint may not fit.
const TOO_LITTLE_BYTES: u64 = 128 * MIB;
const MIB: u64 = 1024 * 1024;

/// What a file system does to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A local disk, as far as can be seen.
    Local,
    /// Locks or flushes cross a network or another program.
    Remote,
    /// Gone with a restart of the machine.
    Memory,
    /// Gone with the container.
    Layer,
}

/// Names and trust by the kernel's numbers (`linux/magic.h`).
const KINDS: [(u32, &str, Trust); 19] = [
    (0x0000_ef53, "ext4", Trust::Local),
    (0x5846_5342, "xfs", Trust::Local),
    (0x9123_683e, "btrfs", Trust::Local),
    (0x2fc1_2fc1, "zfs", Trust::Local),
    (0xf2f5_2010, "f2fs", Trust::Local),
    (0xca45_1a4e, "bcachefs", Trust::Local),
    (0x0000_6969, "NFS", Trust::Remote),
    (0x0000_517b, "SMB", Trust::Remote),
    (0xff53_4d42, "CIFS", Trust::Remote),
    (0xfe53_4d42, "SMB", Trust::Remote),
    (0x6573_5546, "FUSE", Trust::Remote),
    (0x0102_1997, "9p", Trust::Remote),
    (0x00c3_6400, "Ceph", Trust::Remote),
    (0x0116_1970, "GFS2", Trust::Remote),
    (0x7461_636f, "OCFS2", Trust::Remote),
    (0x786f_4256, "a shared folder of VirtualBox", Trust::Remote),
    (0x0102_1994, "tmpfs", Trust::Memory),
    (0x8584_58f6, "ramfs", Trust::Memory),
    (0x794c_7630, "overlay", Trust::Layer),
];

/// Everything about the place; the folder must be there.
pub(super) fn examine(folder: &Path) -> Vec<Finding> {
    let kind = match statfs(folder) {
        // Kernels fill the upper half of the word as they like.
        Ok(facts) => kind(facts.f_type as u32),
        Err(error) => {
            Finding::warn("file system", format!("cannot be told: {error}"), "look at `df -T` yourself")
        }
    };
    let space = match statvfs(folder) {
        Ok(facts) => space(
            facts.f_bavail.saturating_mul(facts.f_frsize),
            Files { all: facts.f_files, free: facts.f_favail },
        ),
        Err(error) => Finding::warn("space", format!("cannot be told: {error}"), "look at `df -h` yourself"),
    };
    vec![kind, space]
}

fn kind(magic: u32) -> Finding {
    const CHECK: &str = "file system";
    const LOCAL: &str =
        "move the data directory to a local disk (ext4 or xfs) with --data-dir (RELAY_DATA_DIR)";
    match KINDS.iter().find(|(known, ..)| *known == magic) {
        None => Finding::ok(CHECK, format!("of a kind that doctor does not know ({magic:#x})")),
        Some((_, name, Trust::Local)) => Finding::ok(CHECK, format!("{name}, on a disk of this machine")),
        Some((_, name, Trust::Remote)) => Finding::warn(
            CHECK,
            format!("{name}: its locks and flushes cannot be relied on, and the database can be damaged"),
            LOCAL,
        ),
        Some((_, name, Trust::Memory)) => {
            Finding::warn(CHECK, format!("{name}: everything is lost when the machine restarts"), LOCAL)
        }
        Some((_, name, Trust::Layer)) => Finding::warn(
            CHECK,
            format!("{name}, the layer of a container: everything is lost when the container is replaced"),
            "mount a volume on the data directory",
        ),
    }
}

/// Files that a file system can hold; some count none.
#[derive(Debug, Clone, Copy)]
struct Files {
    all: u64,
    free: u64,
}

fn space(free_bytes: u64, files: Files) -> Finding {
    const CHECK: &str = "space";
    const REMEDY: &str =
        "free some, enlarge the disk, or move the data directory with --data-dir (RELAY_DATA_DIR)";
    if files.all > 0 && files.free < 16 {
        let finding = "the file system can hold no more files (inodes)";
        return Finding::fail(CHECK, finding, "delete files that nobody needs; `df -i` shows the numbers");
    }
    let free = match free_bytes / MIB {
        mib @ ..10_240 => format!("{mib} MiB free"),
        mib => format!("{} GiB free", mib / 1024),
    };
    match free_bytes {
        ..TOO_LITTLE_BYTES => Finding::fail(
            CHECK,
            free + ": when it is full, no message is accepted and no SMS is stored",
            REMEDY,
        ),
        TOO_LITTLE_BYTES..LITTLE_BYTES => Finding::warn(CHECK, free, REMEDY),
        LITTLE_BYTES.. => Finding::ok(CHECK, free),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn file_systems_that_lose_or_damage_a_database_warn() {
        for (magic, level, word) in [
            (0xef53, Level::Ok, "ext4"),
            (0x6969, Level::Warn, "NFS"),
            (0x0102_1994, Level::Warn, "tmpfs"),
            (0x794c_7630, Level::Warn, "overlay"),
            (0x6573_5546, Level::Warn, "FUSE"),
            (0x1234, Level::Ok, "0x1234"),
        ] {
            let finding = kind(magic);
            assert!(finding.level == level && finding.finding.contains(word), "{finding:?}");
        }
    }

    #[test]
    fn little_space_warns_and_next_to_none_fails() {
        const MANY: Files = Files { all: 1000, free: 900 };
        assert_eq!(space(20 * 1024 * MIB, MANY).level, Level::Ok);
        assert_eq!(space(500 * MIB, MANY).level, Level::Warn);
        assert_eq!(space(50 * MIB, MANY).level, Level::Fail);
        assert!(space(500 * MIB, MANY).finding.contains("500 MiB"));
        assert_eq!(space(20 * 1024 * MIB, Files { all: 1000, free: 0 }).level, Level::Fail);
        assert_eq!(space(20 * 1024 * MIB, Files { all: 0, free: 0 }).level, Level::Ok, "btrfs counts none");
    }

    #[test]
    fn a_real_folder_has_a_file_system_and_some_space() {
        let scratch = tempfile::tempdir().unwrap();
        let findings = examine(scratch.path());
        assert_eq!(
            findings.iter().map(|finding| finding.check).collect::<Vec<_>>(),
            ["file system", "space"]
        );
        assert!(findings.iter().all(|finding| !finding.finding.contains("cannot be told")), "{findings:?}");
    }
}
