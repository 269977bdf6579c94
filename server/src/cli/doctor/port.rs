//! Can the hub listen where it is told to, and if not, who is in its way?

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::{FDTarget, all_processes};
use socket2::{Domain, Socket, Type};

use super::finding::Finding;
use crate::app::look::{Holder, RunningHub};

const CHECK: &str = "port";
const ELSEWHERE: &str = "choose another address with --listen (RELAY_LISTEN)";

/// Whether an address can be had.
#[derive(Debug)]
pub(super) enum Bind {
    /// It is free.
    Free,
    /// Somebody has it.
    Taken,
    /// The system refuses it.
    Refused(io::Error),
}

/// A program that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listener {
    /// Where.
    pub(super) address: SocketAddr,
    /// Who, if this user may know.
    pub(super) program: Option<Program>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) pid: i32,
    pub(super) name: String,
}

/// Tries the address. Nobody can connect meanwhile, and a hub that starts at this moment is not in its way.
pub(super) fn try_bind(address: SocketAddr) -> Bind {
    let bound = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        // Bound and not listened on: that is refused only where somebody else listens.
        socket.bind(&address.into())
    };
    match bound() {
        Ok(()) => Bind::Free,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Bind::Taken,
        Err(error) => Bind::Refused(error),
    }
}

/// Everything on this machine that listens, with the programs as far as this user may see them.
pub(super) fn listeners() -> Vec<Listener> {
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    let entries: Vec<TcpNetEntry> =
        tables.into_iter().flatten().flatten().filter(|entry| entry.state == TcpState::Listen).collect();
    let programs = programs();
    entries
        .into_iter()
        .map(|entry| Listener { address: entry.local_address, program: programs.get(&entry.inode).cloned() })
        .collect()
}

/// The program behind each socket.
fn programs() -> HashMap<u64, Program> {
    let mut programs = HashMap::new();
    for process in all_processes().into_iter().flatten().flatten() {
        let Ok(files) = process.fd() else { continue };
        let name = || process.stat().map_or_else(|_| "?".to_owned(), |stat| stat.comm);
        for file in files.flatten() {
            if let FDTarget::Socket(inode) = file.target {
                programs.entry(inode).or_insert_with(|| Program { pid: process.pid, name: name() });
            }
        }
    }
    programs
}

/// What it means for a hub that is told to listen on `address`.
pub(super) fn judge(address: SocketAddr, bind: &Bind, listeners: &[Listener], holder: Holder) -> Finding {
    if address.port() == 0 {
        return Finding::ok(CHECK, "any free port will be taken");
    }
    match holder {
        Holder::Hub(hub) => beside_a_hub(address, bind, listeners, hub),
        Holder::Nobody | Holder::Silent => alone(address, bind, listeners),
    }
}

fn beside_a_hub(address: SocketAddr, bind: &Bind, listeners: &[Listener], hub: RunningHub) -> Finding {
    let is_hubs = |listener: &&Listener| {
        let pid = listener.program.as_ref().map(|program| program.pid);
        pid.is_some() && pid == hub.pid
    };
    let own: Vec<SocketAddr> = listeners.iter().filter(is_hubs).map(|listener| listener.address).collect();
    if own.iter().any(|own| is_same(*own, address)) {
        return Finding::ok(CHECK, format!("{address} is held by the hub that runs on this data directory"));
    }
    match (own.as_slice(), bind) {
        ([], Bind::Taken) => Finding::warn(
            CHECK,
            format!("{address} is taken, probably by the hub that runs here; this user may not see by whom"),
            "run doctor as the hub's user, or as root, to be sure",
        ),
        ([], Bind::Free | Bind::Refused(_)) => Finding::warn(
            CHECK,
            format!("the hub that runs here does not listen on {address}"),
            "give doctor the settings of that hub (--listen, --config); or restart it, if they were changed",
        ),
        (own, _) => {
            let own: Vec<String> = own.iter().map(ToString::to_string).collect();
            Finding::warn(
                CHECK,
                format!("the hub that runs here listens on {}, not on {address}", own.join(" and ")),
                "give doctor the settings of that hub (--listen, --config); or restart it, if they were changed",
            )
        }
    }
}

fn alone(address: SocketAddr, bind: &Bind, listeners: &[Listener]) -> Finding {
    match bind {
        Bind::Free => Finding::ok(CHECK, format!("{address} is free")),
        Bind::Taken => {
            let holder = listeners.iter().find(|listener| is_same(listener.address, address));
            match holder.and_then(|holder| holder.program.as_ref()) {
                Some(Program { pid, name }) => Finding::fail(
                    CHECK,
                    format!("{address} is taken by `{name}` (process {pid})"),
                    format!("stop `{name}`, or {ELSEWHERE}"),
                ),
                None => Finding::fail(
                    CHECK,
                    format!("{address} is taken by a program of another user"),
                    format!("see which with `sudo ss -ltnp`, and stop it; or {ELSEWHERE}"),
                ),
            }
        }
        Bind::Refused(error) => refused(address, error),
    }
}

fn refused(address: SocketAddr, error: &io::Error) -> Finding {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "ports below 1024 are not for everybody: give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, put a proxy \
             on port {} before a hub on 8080, or {ELSEWHERE}",
            address.port()
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "this machine has no address {}: `ip address` shows those that it has; {ELSEWHERE}",
                address.ip()
            )
        }
        _ => ELSEWHERE.to_owned(),
    };
    Finding::fail(CHECK, format!("{address} cannot be listened on: {error}"), remedy)
}

/// Whether two addresses exclude each other: the same port, and the same machine's address or all of them.
fn is_same(one: SocketAddr, two: SocketAddr) -> bool {
    let (a, b) = (one.ip().to_canonical(), two.ip().to_canonical());
    one.port() == two.port() && (a == b || a.is_unspecified() || b.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    const HUB: Holder = Holder::Hub(RunningHub { pid: Some(7), phones: 0 });

    fn listening(address: &str, pid: i32, name: &str) -> Listener {
        Listener { address: address.parse().unwrap(), program: Some(Program { pid, name: name.into() }) }
    }

    fn address() -> SocketAddr {
        "127.0.0.1:8080".parse().unwrap()
    }

    #[test]
    fn a_taken_port_is_really_seen_with_the_program_that_has_it() {
        // Reserved for this test by being bound: a port that was only let go may be another test's at once.
        let reserved = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        reserved.set_reuse_address(true).unwrap();
        reserved.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = reserved.local_addr().unwrap().as_socket().unwrap();
        assert!(matches!(try_bind(address), Bind::Free));
        reserved.listen(1).unwrap();
        let bind = try_bind(address);
        assert!(matches!(bind, Bind::Taken), "{bind:?}");
        let finding = judge(address, &bind, &listeners(), Holder::Nobody);
        assert_eq!(finding.level, Level::Fail);
        assert!(finding.finding.contains(&format!("process {}", std::process::id())), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("--listen"));
    }

    #[test]
    fn a_free_port_is_free_and_port_0_is_any() {
        assert_eq!(judge(address(), &Bind::Free, &[], Holder::Nobody).level, Level::Ok);
        let any = "127.0.0.1:0".parse().unwrap();
        assert!(judge(any, &Bind::Free, &[], HUB).finding.contains("any free port"));
    }

    #[test]
    fn a_port_that_our_own_hub_holds_is_fine() {
        for own in ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080", "[::ffff:127.0.0.1]:8080"] {
            let finding = judge(address(), &Bind::Taken, &[listening(own, 7, "relay-hub")], HUB);
            assert!(
                finding.level == Level::Ok && finding.finding.contains("held by the hub"),
                "{own}: {finding:?}"
            );
        }
    }

    #[test]
    fn a_hub_that_listens_elsewhere_warns_that_doctor_has_other_settings() {
        let finding = judge(address(), &Bind::Free, &[listening("127.0.0.1:9000", 7, "relay-hub")], HUB);
        assert!(finding.level == Level::Warn && finding.finding.contains("127.0.0.1:9000"), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("--config"));
        let hidden = Holder::Hub(RunningHub { pid: None, phones: 0 });
        assert!(judge(address(), &Bind::Taken, &[], hidden).finding.contains("may not see by whom"));
        assert_eq!(judge(address(), &Bind::Free, &[], hidden).level, Level::Warn);
    }

    #[test]
    fn an_address_that_the_system_refuses_fails_with_its_reason() {
        let elsewhere: SocketAddr = "203.0.113.7:8080".parse().unwrap();
        let finding = judge(elsewhere, &try_bind(elsewhere), &[], Holder::Nobody);
        assert!(finding.level == Level::Fail && finding.finding.contains("203.0.113.7"), "{finding:?}");
        let low = "127.0.0.1:80".parse().unwrap();
        let denied = Bind::Refused(io::ErrorKind::PermissionDenied.into());
        let remedy = judge(low, &denied, &[], Holder::Nobody).remedy.unwrap();
        assert!(remedy.contains("CAP_NET_BIND_SERVICE") && remedy.contains("port 80 "), "{remedy}");
        let hidden = Listener { address: address(), program: None };
        assert!(
            judge(address(), &Bind::Taken, &[hidden], Holder::Nobody).remedy.unwrap().contains("ss -ltnp")
        );
    }
}
