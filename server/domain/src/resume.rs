//! The resume table: where both streams go on when a phone says hello. `resume.json` of the protocol pins it.

use crate::JournalId;

/// What the stream row knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The journal it speaks with, if any did before.
    pub journal: Option<JournalId>,
    /// U: every event of that journal up to this number is stored.
    pub up: u64,
    /// N: the highest `down_seq` given out.
    pub down: u64,
}

/// What the hello says of the phone's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    /// J.
    pub journal: JournalId,
    /// Has not journalled a welcome.
    pub virgin: bool,
    /// L: lowest event kept.
    pub lowest: u64,
    /// H: highest event.
    pub head: u64,
    /// A: highest event that the phone saw acknowledged.
    pub acked: u64,
    /// D: highest `down_seq` journalled.
    pub down: u64,
}

/// Which row of the table applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// The device's first journal.
    First,
    /// Re-installed, or another phone: the old journal is gone.
    Reinstalled,
    /// A journal with a past that this hub does not know: the hub was restored.
    Foreign,
    /// The phone has pruned what the hub never stored: there is a hole.
    Pruned,
    /// The hub lost its newest commits.
    HubBehind,
    /// An ordinary reconnect.
    Ordinary,
}

/// Where the streams go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// The row.
    pub case: Case,
    /// The new U; the phone continues from the next.
    pub up: u64,
    /// The new N.
    pub down: u64,
}

impl Resume {
    /// Whether the stream row takes the presented journal on in place of the one it knew.
    pub fn adopts(&self) -> bool {
        matches!(self.case, Case::First | Case::Reinstalled | Case::Foreign)
    }

    /// Whether the unfinished messages of the journal known before become uncertain.
    pub fn orphans(&self) -> bool {
        matches!(self.case, Case::Reinstalled | Case::Foreign)
    }

    /// Whether the phone, once heard to its head, has told all that it knows of messages held since a restore: it
    /// speaks with the journal that the backup knew, and nothing is missing.
    pub fn settles_held(&self) -> bool {
        matches!(self.case, Case::HubBehind | Case::Ordinary)
    }

    /// Whether events are lost for good: an operator is told.
    pub fn hole(&self, presented: &Presented) -> bool {
        match self.case {
            Case::Pruned => true,
            Case::First | Case::Reinstalled | Case::Foreign => presented.lowest > 1,
            Case::HubBehind | Case::Ordinary => false,
        }
    }
}

/// Why a hello is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The numbers contradict each other, or no journal can have come so far.
    #[error("the journal's numbers contradict each other or exceed `{MAX_NUMBER}`")]
    Bad,
    /// H < U: the phone went back in time, or is a copy.
    #[error("the journal is older than what was stored from it")]
    WentBack,
}

/// No number of a journal is higher. Every JSON reader holds it exactly, the store's signed column does, and the
/// hub can go on counting from it for ever: a phone that lies about its numbers must not overflow the lane.
pub const MAX_NUMBER: u64 = 1 << 53;

/// Applies the table.
///
/// Going back is looked at before the hub being behind, and a hole before both ways of going on: a copy must not
/// pass for a restored hub, and events that nobody has any more cannot be waited for.
pub fn resume(known: &Known, presented: &Presented) -> Result<Resume, Refused> {
    let Presented { lowest, head, acked, .. } = *presented;
    let too_high = head.max(presented.down) > MAX_NUMBER;
    if too_high || lowest == 0 || acked > head || lowest > head + 1 {
        return Err(Refused::Bad);
    }
    let down = known.down.max(presented.down);
    let afresh = |case| Resume { case, up: lowest - 1, down };
    let going_on = |case| Resume { case, up: known.up, down };
    Ok(match known.journal {
        None => afresh(Case::First),
        Some(journal) if journal != presented.journal && presented.virgin => afresh(Case::Reinstalled),
        Some(journal) if journal != presented.journal => afresh(Case::Foreign),
        Some(_) if head < known.up => return Err(Refused::WentBack),
        Some(_) if lowest - 1 > known.up => afresh(Case::Pruned),
        Some(_) if acked > known.up || presented.down > known.down => going_on(Case::HubBehind),
        Some(_) => going_on(Case::Ordinary),
    })
}
