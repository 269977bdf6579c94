//! Is the data directory there, or can it be made; is it the hub's alone; is everything in it?

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::finding::Finding;
use crate::app::data_dir;

const CHECK: &str = "data";

/// Whoever runs this, as the kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uid(pub(super) u32);

impl Uid {
    /// Of this process.
    pub(super) fn own() -> Uid {
        Uid(rustix::process::geteuid().as_raw())
    }

    const ROOT: Uid = Uid(0);
}

/// Everything about the folder itself.
pub(super) fn examine(path: &Path, me: Uid) -> Vec<Finding> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            let finding = format!("`{}` is a file, not a folder", path.display());
            return vec![Finding::fail(CHECK, finding, ELSEWHERE)];
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return vec![absent(path)];
        }
        Err(error) => {
            return vec![Finding::fail(
                CHECK,
                format!("`{}` cannot be looked at: {error}", path.display()),
                ELSEWHERE,
            )];
        }
    };
    let mut findings: Vec<Finding> = [
        rights(path, &metadata),
        owner(path, &metadata, me),
        writable(path),
        files(path, &metadata),
        secrets(path),
    ]
    .into_iter()
    .flatten()
    .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("`{}` is there, and its owner's alone", path.display())));
    }
    findings
}

const ELSEWHERE: &str = "choose a folder that is yours with --data-dir (RELAY_DATA_DIR)";

/// The nearest folder above a path that is there, or the path itself.
pub(super) fn nearest_folder(path: &Path) -> PathBuf {
    let there = path.ancestors().find(|ancestor| ancestor.is_dir());
    // A relative path of one name has an empty parent, which means the working directory.
    there.filter(|there| !there.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn absent(path: &Path) -> Finding {
    let above = nearest_folder(path);
    let between = path.ancestors().skip(1).find(|ancestor| ancestor.exists() && !ancestor.is_dir());
    match (between, access(&above, Access::WRITE_OK | Access::EXEC_OK)) {
        (Some(file), _) => {
            let finding = format!("`{}` cannot be made: `{}` is a file", path.display(), file.display());
            Finding::fail(CHECK, finding, ELSEWHERE)
        }
        (None, Ok(())) => {
            let finding = format!(
                "`{}` is not there yet; the first start makes it, for its owner alone",
                path.display()
            );
            Finding::ok(CHECK, finding)
        }
        (None, Err(error)) => {
            let finding = format!(
                "`{}` is not there, and cannot be made in `{}`: {error}",
                path.display(),
                above.display()
            );
            Finding::fail(
                CHECK,
                finding,
                "make it as root and give it to the hub's user (chown), or ".to_owned() + ELSEWHERE,
            )
        }
    }
}

fn rights(path: &Path, metadata: &Metadata) -> Option<Finding> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return None;
    }
    let finding = format!("`{}` can be entered by others (mode {mode:04o})", path.display());
    let close = format!("chmod 700 {}", path.display());
    Some(match data_dir::holds_other_things(path) {
        // A start closes what is a hub's, or empty.
        Ok(false) => {
            Finding::warn(CHECK, finding, format!("close it now with `{close}`; the next start does it too"))
        }
        Ok(true) | Err(_) => {
            let finding = finding + ", and holds files that are no hub's, so `serve` refuses it";
            let remedy = format!(
                "give the hub a folder of its own with --data-dir (RELAY_DATA_DIR), or close this one with `{close}`"
            );
            Finding::fail(CHECK, finding, remedy)
        }
    })
}

fn owner(path: &Path, metadata: &Metadata, me: Uid) -> Option<Finding> {
    let owner = Uid(metadata.uid());
    if owner == me {
        return None;
    }
    let finding = format!("`{}` belongs to user {}, and this runs as user {}", path.display(), owner.0, me.0);
    Some(match me {
        // Root can do everything, and leaves files behind that the hub's user then cannot open.
        Uid::ROOT => {
            let remedy =
                format!("run relay-hub as its owner, `sudo -u '#{}' relay-hub …`, not as root", owner.0);
            Finding::warn(CHECK, finding, remedy)
        }
        _ => Finding::fail(CHECK, finding, format!("run relay-hub as user {}, or {ELSEWHERE}", owner.0)),
    })
}

fn writable(path: &Path) -> Option<Finding> {
    let error = access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).err()?;
    let finding = format!("`{}` cannot be written: {error}", path.display());
    let remedy = match error {
        rustix::io::Errno::ROFS => {
            "the file system is mounted read-only, often after a disk error: look at `dmesg`, then mount it again".to_owned()
        }
        _ => format!("chmod 700 {} as its owner, or {ELSEWHERE}", path.display()),
    };
    Some(Finding::fail(CHECK, finding, remedy))
}

/// Files that others can open, or that another user made: a command that was once run as root.
fn files(path: &Path, folder: &Metadata) -> Option<Finding> {
    let (mut open, mut foreign) = (Vec::new(), Vec::new());
    for file in data_dir::files(path) {
        let Ok(metadata) = std::fs::metadata(&file) else { continue };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if metadata.uid() != folder.uid() {
            foreign.push(name);
        } else if metadata.permissions().mode() & 0o077 != 0 {
            open.push(name);
        }
    }
    let folder_name = path.display();
    match (foreign.as_slice(), open.as_slice()) {
        ([], []) => None,
        ([], open) => {
            let finding = format!("in `{folder_name}` others may open {}", open.join(", "));
            Some(Finding::warn(CHECK, finding, format!("chmod 600 {folder_name}/{{{}}}", open.join(","))))
        }
        (foreign, _) => {
            let finding =
                format!("in `{folder_name}` another user than the folder's owns {}", foreign.join(", "));
            let remedy = format!("chown -R {} {folder_name}, with the hub stopped", folder.uid());
            Some(Finding::fail(CHECK, finding, remedy))
        }
    }
}

/// A database whose secrets are gone: a start would draw new ones, and no key or phone would be known any more.
fn secrets(path: &Path) -> Option<Finding> {
    let is_lost = data_dir::database_path(path).exists() && !data_dir::secrets_path(path).exists();
    is_lost.then(|| {
        let finding = format!("`{}` holds a database without its secrets.json", path.display());
        let remedy = "put secrets.json back from the backup before the next start: that would draw new secrets, and every \
                      API key and phone would have to be made anew";
        Finding::fail(CHECK, finding, remedy)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::cli::doctor::finding::Level;

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A folder as a hub leaves it.
    fn folder() -> tempfile::TempDir {
        let scratch = tempfile::tempdir().unwrap();
        set_mode(scratch.path(), 0o700);
        for name in ["hub.lock", "relay.db", "secrets.json"] {
            std::fs::write(scratch.path().join(name), "").unwrap();
            set_mode(&scratch.path().join(name), 0o600);
        }
        scratch
    }

    /// The one finding.
    fn only(path: &Path, me: Uid) -> (Level, String, String) {
        let mut findings = examine(path, me);
        assert_eq!(findings.len(), 1, "{findings:?}");
        let finding = findings.remove(0);
        (finding.level, finding.finding, finding.remedy.unwrap_or_default())
    }

    #[test]
    fn a_folder_as_a_hub_leaves_it_is_good() {
        let folder = folder();
        assert_eq!(only(folder.path(), Uid::own()).0, Level::Ok);
    }

    #[test]
    fn a_folder_that_is_not_there_is_good_if_it_can_be_made() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("deep/er/data");
        let (level, finding, _) = only(&path, Uid::own());
        assert!(level == Level::Ok && finding.contains("not there yet"), "{finding}");
        assert!(!scratch.path().join("deep").exists(), "and is not made");
        std::fs::write(scratch.path().join("deep"), "").unwrap();
        let (level, finding, remedy) = only(&path, Uid::own());
        assert!(level == Level::Fail && finding.contains("is a file"), "{finding}");
        assert!(remedy.contains("--data-dir"), "{remedy}");
        assert_eq!(only(&scratch.path().join("deep"), Uid::own()).0, Level::Fail);
        assert_eq!(nearest_folder(Path::new("no-such-folder")), Path::new("."));
    }

    #[test]
    fn open_rights_warn_where_a_start_closes_them_and_fail_where_it_refuses() {
        let folder = folder();
        set_mode(folder.path(), 0o755);
        let (level, finding, remedy) = only(folder.path(), Uid::own());
        assert!(
            level == Level::Warn && finding.contains("0755") && remedy.contains("chmod 700"),
            "{finding}"
        );
        let home = tempfile::tempdir().unwrap();
        set_mode(home.path(), 0o755);
        std::fs::write(home.path().join("letter"), "dear").unwrap();
        let (level, finding, remedy) = only(home.path(), Uid::own());
        assert!(
            level == Level::Fail && finding.contains("no hub's") && remedy.contains("--data-dir"),
            "{finding}"
        );
        assert_eq!(
            std::fs::metadata(home.path()).unwrap().permissions().mode() & 0o777,
            0o755,
            "nothing is closed"
        );
    }

    #[test]
    fn a_folder_of_another_user_fails_and_warns_root() {
        let folder = folder();
        let owner = Uid::own().0;
        let (level, finding, remedy) = only(folder.path(), Uid(owner + 1));
        assert!(level == Level::Fail && finding.contains(&format!("user {owner}")), "{finding}");
        assert!(remedy.contains(&format!("as user {owner}")), "{remedy}");
        let metadata = std::fs::metadata(folder.path()).unwrap();
        if owner != 0 {
            let finding = self::owner(folder.path(), &metadata, Uid::ROOT).unwrap();
            assert!(finding.level == Level::Warn && finding.remedy.unwrap().contains("sudo -u"));
        }
    }

    #[test]
    fn a_file_that_others_may_open_is_named() {
        let folder = folder();
        set_mode(&folder.path().join("relay.db"), 0o644);
        let (level, finding, remedy) = only(folder.path(), Uid::own());
        assert!(
            level == Level::Warn && finding.contains("relay.db") && remedy.contains("chmod 600"),
            "{finding}"
        );
    }

    #[test]
    fn a_database_without_its_secrets_fails() {
        let folder = folder();
        std::fs::remove_file(folder.path().join("secrets.json")).unwrap();
        let (level, finding, remedy) = only(folder.path(), Uid::own());
        assert!(
            level == Level::Fail && finding.contains("secrets.json") && remedy.contains("backup"),
            "{finding}"
        );
    }
}
