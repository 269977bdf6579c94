//! The house's table of who may import whom, held against the source. It reads text, not types: it says what a
//! file names, wherever it names it, and passes over rooms that do not exist yet.
//!
//! `layers/table.rs` is the table, `layers/rules.rs` the checks, `layers/source.rs` reads a file, and
//! `layers/made_up.rs` shows on made-up files that each check can fail.

#[path = "layers/made_up.rs"]
mod made_up;
#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;
#[path = "layers/table.rs"]
mod table;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use rules::File;

/// Folders of the tree that hold source of ours.
const ROOTS: [&str; 4] = ["server", "device-protocol", "android-bridge", "xtask"];
/// Folders below them that hold no Rust, and are large.
const PASSED_OVER: [&str; 2] = ["server/console", "android-bridge/app"];

/// The root of the tree, seen from this crate.
fn root() -> PathBuf {
    let server =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    server.parent().expect("the server is a folder of the tree").to_owned()
}

fn tree() -> io::Result<Vec<File>> {
    let root = root();
    let mut files = Vec::new();
    for folder in ROOTS {
        collect(&root, &root.join(folder), &mut files)?;
    }
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let parts: Vec<_> =
            path.strip_prefix(root).unwrap_or(&path).iter().map(OsStr::to_string_lossy).collect();
        let below = parts.join("/");
        if entry.file_type()?.is_dir() {
            if !PASSED_OVER.contains(&below.as_str()) {
                collect(root, &path, files)?;
            }
        } else if below.ends_with(".rs") || below.ends_with("/Cargo.toml") {
            files.push(File { text: fs::read_to_string(&path)?, path: below });
        }
    }
    Ok(())
}

#[test]
fn every_file_keeps_to_its_room() {
    let broken = rules::check(&tree().unwrap());
    let list: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} broken rules:\n{}\n", list.len(), list.join("\n"));
}

#[test]
fn the_whole_tree_is_looked_at() {
    let files = tree().unwrap();
    let wanted =
        ["server/Cargo.toml", "server/domain/src/lib.rs", "server/tests/layers.rs", "xtask/src/main.rs"];
    for path in wanted {
        assert!(files.iter().any(|file| file.path == path), "{path} was not found");
    }
}

#[test]
fn every_room_of_the_server_is_in_the_table() {
    for entry in fs::read_dir(root().join("server/src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let room = name.trim_end_matches(".rs");
        let known = table::KNOW_ALL.contains(&room) || table::ROOMS.iter().any(|known| known.name == room);
        assert!(known, "server/src/{name}: enter the room in server/tests/layers/table.rs");
    }
}
