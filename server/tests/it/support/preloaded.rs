//! Libraries of ours that stand between the hub and the system: `NAME.c` here, compiled and given to it by `LD_PRELOAD`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles one, beside what cargo builds for these tests.
pub fn library(name: &str) -> PathBuf {
    let source =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support").join(name).with_extension("c");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Built under a name of its own and then renamed: another run may be using the old one.
    let (fresh, library) =
        (folder.join(format!("{name}.{}.so", std::process::id())), folder.join(format!("{name}.so")));
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]).arg(&fresh).arg(&source).arg("-ldl");
    let done = compile.status().expect("cc runs: install gcc and libc6-dev");
    assert!(done.success(), "{} is compiled", source.display());
    std::fs::rename(&fresh, &library).unwrap();
    library
}
