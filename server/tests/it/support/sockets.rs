//! Which sockets a process holds, as the kernel tells.

use std::collections::HashSet;
use std::fs;

/// State `ESTABLISHED` in the kernel's table.
const ESTABLISHED: &str = "01";

/// The local ports of a process's open TCP connections.
pub fn ports_of(pid: u32) -> Vec<u16> {
    let held: HashSet<String> = descriptors(pid).into_iter().collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let port = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_its = fields[3] == ESTABLISHED && held.contains(&format!("socket:[{}]", fields[9]));
        let (_, port) = fields[1].rsplit_once(':')?;
        is_its.then(|| u16::from_str_radix(port, 16).unwrap())
    };
    table.lines().skip(1).filter_map(port).collect()
}

/// What a process's file descriptors are.
pub fn descriptors(pid: u32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    entries.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_str()?.to_owned())).collect()
}
