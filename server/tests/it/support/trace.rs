//! A trace of system calls as strace writes it: what was written where, what was flushed, and in which order.
//!
//! strace gives one global order of a program's threads. A call that others interrupt has two lines; it begins
//! at the first and ends at the second, and what comes after it is what begins after its end.

use std::collections::HashMap;
use std::path::Path;

/// The tracer and its arguments: whole pages and frames, descriptors with what they are.
pub fn strace(output: &Path) -> Vec<String> {
    let calls = "trace=fsync,fdatasync,write,writev,pwrite64,sendto,sendmsg";
    let words = ["strace", "-f", "-y", "-s", "9000", "-e", "signal=none", "-e", calls, "-o"];
    let found = std::process::Command::new("strace").arg("-V").output();
    assert!(
        found.is_ok(),
        "strace is missing: install it, the order of system calls cannot be seen without it"
    );
    words.into_iter().chain([output.to_str().unwrap()]).map(str::to_owned).collect()
}

/// One call.
pub struct Call {
    /// Its name.
    pub name: String,
    /// What its descriptor is: a path, or `socket:[…]`.
    pub target: String,
    /// The bytes it wrote; nothing for a flush.
    pub bytes: Vec<u8>,
    /// Its place in the global order.
    pub begins: usize,
    /// When it was over.
    pub ends: usize,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { name, target, bytes, begins, ends } = self;
        write!(f, "{name} of {} bytes to {target} (lines {begins} to {ends})", bytes.len())
    }
}

impl Call {
    /// Whether it wrote these bytes.
    pub fn wrote(&self, part: &[u8]) -> bool {
        self.bytes.windows(part.len()).any(|window| window == part)
    }

    /// Whether it is a flush.
    pub fn is_flush(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync")
    }

    /// Whether it wrote to a socket.
    pub fn is_socket(&self) -> bool {
        self.target.starts_with("socket:") || self.target.starts_with("TCP")
    }
}

/// A trace.
pub struct Trace(pub Vec<Call>);

impl Trace {
    /// Reads what strace wrote.
    pub fn read(path: &Path) -> Trace {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let mut calls: Vec<Call> = Vec::new();
        let mut unfinished: HashMap<&str, usize> = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let (pid, rest) = line.split_once(' ').unwrap();
            let rest = rest.trim_start();
            if rest.starts_with("<... ") {
                if let Some(call) = unfinished.remove(pid) {
                    calls[call].ends = at;
                }
                continue;
            }
            let Some((name, rest)) = rest.split_once('(') else { continue };
            let Some((target, rest)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) else {
                continue;
            };
            if rest.ends_with("<unfinished ...>") {
                unfinished.insert(pid, calls.len());
            }
            let (name, target, bytes) = (name.to_owned(), target.to_owned(), strings(rest));
            calls.push(Call { name, target, bytes, begins: at, ends: at });
        }
        // What never came back did not happen.
        unfinished.into_values().for_each(|call| calls[call].ends = usize::MAX);
        Trace(calls)
    }

    /// The only or first call that is so; panics with `what` where there is none.
    pub fn first(&self, what: &str, is: impl Fn(&Call) -> bool) -> &Call {
        self.0.iter().find(|call| is(call)).unwrap_or_else(|| panic!("the trace shows no {what}"))
    }

    /// Asserts that a file was flushed after one call was over and before another began.
    pub fn assert_flushed_between(&self, file: &str, written: &Call, told: &Call) {
        let flushed = self.0.iter().any(|call| {
            call.is_flush()
                && call.target.ends_with(file)
                && call.begins > written.ends
                && call.ends < told.begins
        });
        assert!(flushed, "{file} was not flushed between {written:?} and {told:?}");
    }
}

/// The bytes of all C strings of a call, joined: the buffers of a vector follow each other on the wire too.
fn strings(arguments: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = arguments.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'"' {
            continue;
        }
        while let Some(byte) = rest.next().filter(|byte| *byte != b'"') {
            bytes.push(if byte == b'\\' { escaped(&mut rest) } else { byte });
        }
    }
    bytes
}

fn escaped(rest: &mut std::iter::Peekable<std::str::Bytes<'_>>) -> u8 {
    match rest.next().unwrap_or(b'\\') {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'v' => 0x0b,
        b'f' => 0x0c,
        digit @ b'0'..=b'7' => {
            let mut value = u32::from(digit - b'0');
            for _ in 0..2 {
                let Some(digit) = rest.next_if(|byte| matches!(byte, b'0'..=b'7')) else { break };
                value = value * 8 + u32::from(digit - b'0');
            }
            u8::try_from(value).unwrap()
        }
        itself => itself,
    }
}

/// The text of a masked WebSocket text frame, if these bytes are one.
pub fn unmasked(frame: &[u8]) -> Option<String> {
    let (&first, rest) = frame.split_first()?;
    let (&second, rest) = rest.split_first()?;
    if first != 0x81 || second & 0x80 == 0 {
        return None;
    }
    let skip = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let (mask, payload) = rest.get(skip..)?.split_at_checked(4)?;
    let text = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    String::from_utf8(text).ok()
}

#[test]
fn calls_are_read_with_their_bytes_and_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace");
    let lines = [
        r#"7 fdatasync(3</x/db-wal> <unfinished ...>"#,
        r#"8 sendto(5<socket:[1]>, "a\"\0\1012\n", 5, MSG_NOSIGNAL, NULL, 0) = 5"#,
        r#"7 <... fdatasync resumed>) = 0"#,
        r#"8 writev(5<socket:[1]>, [{iov_base="ab", iov_len=2}, {iov_base="cd", iov_len=2}], 2) = 4"#,
        r#"9 +++ exited with 0 +++"#,
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let trace = Trace::read(&path);
    let [flush, first, second] = &trace.0[..] else { panic!("{:?}", trace.0) };
    assert!(flush.is_flush() && (flush.begins, flush.ends) == (0, 2) && flush.target == "/x/db-wal");
    assert!(first.is_socket() && first.wrote(b"a\"\0A2\n"));
    assert_eq!(second.bytes, b"abcd");
    assert_eq!(unmasked(&[0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2]).as_deref(), Some("hi"));
}
