//! A hello: what the session keeps of it, and the change that opens the session in the store.

use device_protocol::command::RefreshSims;
use device_protocol::{CloseCode, Hello, PROTOCOL};
use relay_domain::resume::Presented;
use relay_domain::{JournalId, MessageId};

use super::{Identity, report};
use crate::relay::ingest::OpenSession;

/// What the session keeps of a hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Greeting {
    /// The journal: no other's messages are framed.
    pub(super) journal: JournalId,
    /// D: frames go on above it.
    pub(super) down: u64,
    /// The phone knows the command `refresh_sims`.
    pub(super) knows_refresh_sims: bool,
}

/// Reads a hello; the refusal is the code to close with and why.
pub(super) fn read(hello: Hello, identity: Identity) -> Result<(Greeting, OpenSession), (CloseCode, String)> {
    if hello.protocol != PROTOCOL {
        let detail = format!("this hub speaks revision {PROTOCOL}, not {}", hello.protocol);
        return Err((CloseCode::UnsupportedProtocol, detail));
    }
    let presented = Presented {
        journal: JournalId::from(hello.journal.id),
        virgin: hello.journal.virgin,
        lowest: hello.journal.lowest,
        head: hello.journal.head,
        acked: hello.journal.acked,
        down: hello.journal.down,
    };
    let greeting = Greeting {
        journal: presented.journal,
        down: presented.down,
        knows_refresh_sims: hello.capabilities.iter().any(|name| name == RefreshSims::CAPABILITY),
    };
    let change = OpenSession {
        device_id: identity.device_id,
        generation: identity.generation,
        connection: identity.connection,
        presented,
        unfinished: hello.unfinished.into_iter().map(MessageId::from).collect(),
        sims: report::sims(hello.sims),
        max_pending: hello.max_pending,
        app_version: hello.app.version,
        os: [hello.os.model, hello.os.name, hello.os.version].join(" ").trim().to_owned(),
    };
    Ok((greeting, change))
}
