//! A journal that ends the phone at a chosen step; for tests.
//!
//! A step is one append, one flush or one compaction; each has an instant before and one after it. Killing at
//! every step of a script is what shows that no order of writes can be crashed into a doubled or lost message.

use super::{Journal, JournalError, Record};

/// How a phone dies at its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The journal answers [`JournalError::Killed`] from then on; the step itself is not done.
    Before,
    /// The same, after the step was done.
    After,
    /// The process aborts before the step, as `kill -9` would have it.
    Abort,
}

/// A journal with a failpoint.
#[derive(Debug)]
pub struct Doomed<J> {
    inner: J,
    steps: u64,
    die_at: Option<(u64, Death)>,
    dead: bool,
}

impl<J: Journal> Doomed<J> {
    /// Dies at step `step` (the first is 1); `None` only counts.
    pub fn new(inner: J, die_at: Option<(u64, Death)>) -> Doomed<J> {
        Doomed { inner, steps: 0, die_at, dead: false }
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The journal inside, for the next life.
    pub fn into_inner(self) -> J {
        self.inner
    }

    fn step(&mut self, work: impl FnOnce(&mut J) -> Result<(), JournalError>) -> Result<(), JournalError> {
        if self.dead {
            return Err(JournalError::Killed(self.steps));
        }
        self.steps += 1;
        let death = self.die_at.filter(|(step, _)| *step == self.steps).map(|(_, death)| death);
        match death {
            None => work(&mut self.inner),
            Some(Death::Abort) => std::process::abort(),
            Some(death) => {
                self.dead = true;
                if death == Death::After {
                    work(&mut self.inner)?;
                }
                Err(JournalError::Killed(self.steps))
            }
        }
    }
}

impl<J: Journal> Journal for Doomed<J> {
    fn load(&mut self) -> Result<Vec<Record>, JournalError> {
        self.inner.load()
    }
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.step(|inner| inner.append(record))
    }
    fn flush(&mut self) -> Result<(), JournalError> {
        self.step(Journal::flush)
    }
    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError> {
        self.step(|inner| inner.compact(records))
    }
}
