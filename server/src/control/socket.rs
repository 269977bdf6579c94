//! The control socket: one JSON line in, one JSON line out, in a file that only the owner of the data directory
//! can open. Whoever can open it runs the installation, so nothing is authenticated further.
//!
//! The hub's end is [`ControlSocket`], the command line's [`ask`].

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answer::Answer;
use super::execute::execute;
use super::refusal::invalid;
use super::verb::Verb;
use crate::relay::Relay;

/// The longest question: names of a hundred characters and a few ids.
const MAX_VERB_BYTES: u64 = 64 * 1024;
/// The longest answer: a list of some ten thousand devices.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;
/// A client writes its line at once; one that does not has hung.
const VERB_TIME: Duration = Duration::from_secs(5);
/// The longest verb settles a full queue of a revoked phone.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Questions at once: people and scripts, not customers.
const MOST_QUESTIONS: usize = 16;
/// After a failed accept, so that a lack of file descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on the control socket `{path}`: {error}; its path must be shorter than 108 bytes and on a file system with sockets: choose another --data-dir (RELAY_DATA_DIR)"
)]
pub struct ListenError {
    path: PathBuf,
    error: std::io::Error,
}

/// The listening socket of a running hub; dropping it closes it.
pub struct ControlSocket {
    path: PathBuf,
    accepting: JoinHandle<()>,
}

impl ControlSocket {
    /// Listens. The caller holds the data directory's lock: what lies at `path` is left over from a hub that died.
    pub fn listen(path: PathBuf, relay: Relay) -> Result<ControlSocket, ListenError> {
        let refused = |error| ListenError { path: path.clone(), error };
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refused(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(refused)?;
        // The folder is 0700 already; this is the second lock on the door.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(refused)?;
        let accepting = tokio::spawn(accept(listener, relay));
        Ok(ControlSocket { path, accepting })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.accepting.abort();
        // Left behind it would do no harm: nobody listens, and the next hub removes it.
        let _left_behind = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, relay: Relay) {
    let places = Arc::new(Semaphore::new(MOST_QUESTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let relay = relay.clone();
                tokio::spawn(async move {
                    let _place = place;
                    if let Err(error) = serve(stream, &relay).await {
                        tracing::debug!(%error, "a control question was not answered");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot accept; it is tried again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(mut stream: UnixStream, relay: &Relay) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let line = timeout(VERB_TIME, read_line(read, MAX_VERB_BYTES)).await??;
    let answer = match parse(&line) {
        Ok(verb) => execute(relay, verb).await,
        Err(why) => Answer::Refused(invalid(why)),
    };
    let line = serde_json::to_vec(&answer)?;
    timeout(VERB_TIME, write_line(&mut write, line)).await?
}

/// Reads a verb; `Err` says why it is none.
fn parse(line: &str) -> Result<Verb, String> {
    serde_json::from_str(line).map_err(|error| {
        format!("the question cannot be read: {error}; use the command line of the same version as the hub")
    })
}

async fn read_line(read: impl tokio::io::AsyncRead + Unpin, most: u64) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(read.take(most)).read_line(&mut line).await?;
    if line.ends_with('\n') { Ok(line) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

async fn write_line(
    write: &mut (impl tokio::io::AsyncWrite + Unpin),
    mut line: Vec<u8>,
) -> std::io::Result<()> {
    line.push(b'\n');
    write.write_all(&line).await?;
    write.shutdown().await
}

/// What came of asking a hub.
#[derive(Debug)]
pub enum Asked {
    /// It answered.
    Answered(Box<Answer>),
    /// Nobody listens: no hub runs, or it is just starting.
    NobodyListens,
    /// Somebody listens and did not answer: whether the verb was carried out is not known.
    NoAnswer(std::io::Error),
}

/// Asks the hub whose control socket lies at `path`.
pub async fn ask(path: &Path, verb: &Verb) -> Asked {
    let Ok(mut stream) = UnixStream::connect(path).await else { return Asked::NobodyListens };
    match timeout(ANSWER_TIME, exchange(&mut stream, verb)).await {
        Ok(Ok(answer)) => Asked::Answered(Box::new(answer)),
        Ok(Err(error)) => Asked::NoAnswer(error),
        Err(late) => Asked::NoAnswer(late.into()),
    }
}

async fn exchange(stream: &mut UnixStream, verb: &Verb) -> std::io::Result<Answer> {
    let (read, mut write) = stream.split();
    write_line(&mut write, serde_json::to_vec(verb)?).await?;
    let line = read_line(read, MAX_ANSWER_BYTES).await?;
    Ok(serde_json::from_str(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_tagged_lines_of_json() {
        let verb =
            parse(r#"{"verb":"sim_set","device":"Office","slot":1,"number":"+639171234567"}"#).unwrap();
        let expected = Verb::SimSet { device: "Office".into(), slot: 1, number: "+639171234567".into() };
        assert_eq!(verb, expected);
        assert_eq!(parse(r#"{"verb":"account_list"}"#).unwrap(), Verb::AccountList);
        assert_eq!(parse(&serde_json::to_string(&expected).unwrap()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_verb_is_refused_with_a_remedy() {
        for line in [
            "",
            "[]",
            "{}",
            r#"{"verb":"launch"}"#,
            r#"{"verb":"key_revoke"}"#,
            r#"{"verb":"key_revoke","key":"a","now":1}"#,
        ] {
            assert!(parse(line).unwrap_err().contains("same version"), "{line}");
        }
    }
}
