//! What the tests take besides the source: found, installed where that is ours to do, or named with the way to
//! get it. Nothing is skipped because of it: a test that cannot run is a test that fails.

use std::env;
use std::process::{Command, Stdio};

/// A program that some step calls.
struct Need {
    name: &'static str,
    what_for: &'static str,
    /// Succeeds exactly when the program is there and works.
    probe: &'static [&'static str],
    get: Get,
}

/// Where a missing program comes from.
enum Get {
    /// Debian packages.
    Packages(&'static [&'static str]),
    /// A component of the Rust toolchain.
    Component(&'static str),
}

/// Cargo itself is not among them: whoever runs this has it.
const NEEDS: [Need; 7] = [
    Need {
        name: "rustfmt",
        what_for: "the format check",
        probe: &["cargo", "fmt", "--version"],
        get: Get::Component("rustfmt"),
    },
    Need {
        name: "clippy",
        what_for: "the lints",
        probe: &["cargo", "clippy", "--version"],
        get: Get::Component("clippy"),
    },
    Need {
        name: "a C compiler (cc)",
        what_for: "linking, and SQLite inside the binary",
        probe: &["cc", "--version"],
        get: Get::Packages(&["gcc", "libc6-dev"]),
    },
    Need {
        name: "strace",
        what_for: "the tests that watch the order of flushes and answers",
        // Traces something: in a container the program may be there and forbidden.
        probe: &["strace", "-o", "/dev/null", "true"],
        get: Get::Packages(&["strace"]),
    },
    Need {
        name: "curl",
        what_for: "the client programs of docs/clients.md",
        probe: &["curl", "--version"],
        get: Get::Packages(&["curl"]),
    },
    Need {
        name: "node",
        what_for: "the client programs of docs/clients.md",
        // `fetch` is there from 18 on.
        probe: &["node", "--eval", "process.exit(typeof fetch === 'function' ? 0 : 1)"],
        get: Get::Packages(&["nodejs"]),
    },
    Need {
        name: "python3",
        what_for: "the client programs of docs/clients.md, and what judges the API by its document",
        // Debian's comes without what a virtual environment needs.
        probe: &["python3", "-c", "import ensurepip, venv"],
        get: Get::Packages(&["python3", "python3-venv"]),
    },
];

/// Looks for everything, installs what may be installed, and answers with what is missing still.
pub fn gather() -> Vec<&'static str> {
    let mut missing = Vec::new();
    for need in &NEEDS {
        let found = works(need.probe) || (installs() && need.install() && works(need.probe));
        println!("  {}: {} ({})", need.name, if found { "found" } else { "MISSING" }, need.what_for);
        if !found {
            println!("    get it with: {}", need.remedy());
            missing.push(need.name);
        }
    }
    missing
}

impl Need {
    fn install(&self) -> bool {
        match self.get {
            // A toolchain without rustup has its components or it does not: nothing to call.
            Get::Component(component) => works(&["rustup", "component", "add", component]),
            Get::Packages(packages) => {
                println!("  {}: installing {} with apt-get", self.name, packages.join(" "));
                let install =
                    [&["apt-get", "install", "--yes", "--no-install-recommends"], packages].concat();
                as_root(&["apt-get", "update", "--quiet"]) && as_root(&install)
            }
        }
    }

    fn remedy(&self) -> String {
        match self.get {
            Get::Component(component) => format!("rustup component add {component}"),
            Get::Packages(["strace"]) if works(&["strace", "-V"]) => {
                "it is installed but may not trace here: start the container with --cap-add=SYS_PTRACE".into()
            }
            Get::Packages(packages) => format!("sudo apt-get install {}", packages.join(" ")),
        }
    }
}

/// A developer's machine is not ours to change; CI's and a container's are.
fn installs() -> bool {
    (in_ci() || is_root()) && works(&["apt-get", "--version"])
}

/// Whether this is CI.
pub fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn as_root(words: &[&str]) -> bool {
    let sudo: &[&str] = if is_root() { &[] } else { &["sudo", "--non-interactive"] };
    let words = [sudo, words].concat();
    let status = command(&words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn works(words: &[&str]) -> bool {
    let quiet = command(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_does_not_work() {
        assert!(works(&["true"]));
        assert!(!works(&["false"]));
        assert!(!works(&["a-program-that-nobody-has"]));
    }

    #[test]
    fn every_need_names_the_way_to_get_it() {
        for need in &NEEDS {
            assert!(!need.remedy().is_empty() && !need.what_for.is_empty(), "{}", need.name);
        }
    }
}
