//! Asks a verb and shows its answer: the part that all management commands share.

use crate::app::{self, Answer, ManageError, Verb};
use crate::config::{DataSettings, SettingsFile};

use super::exit::Exit;
use super::output::{self, Reader};

/// Flags of every management command.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    data: DataSettings,
    /// It may say where the data directory is.
    #[command(flatten)]
    _file: SettingsFile,
    /// Answer with one JSON object, for programs
    #[arg(long)]
    json: bool,
}

/// Asks, and shows the answer to a person with `show`.
pub(super) fn ask(place: &Place, verb: Verb, show: impl FnOnce(Answer)) -> Exit {
    match Asker::new(place) {
        Ok(asker) => asker.shown(asker.ask(verb), show),
        Err(exit) => exit,
    }
}

/// Asks as often as it must.
pub(super) struct Asker<'a> {
    place: &'a Place,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Asker<'a> {
    /// Says itself why it cannot ask.
    pub(super) fn new(place: &'a Place) -> Result<Asker<'a>, Exit> {
        // The log lines of a store that is opened for one verb are noise at 3 a.m.; what goes wrong is still said.
        crate::telemetry::start("warn", crate::telemetry::LogForm::Human);
        match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
            Ok(runtime) => Ok(Asker { place, runtime }),
            Err(error) => {
                output::complain(format!("no runtime could be started: {error}"));
                Err(Exit::Failed)
            }
        }
    }

    /// Asks once.
    pub(super) fn ask(&self, verb: Verb) -> Result<Answer, ManageError> {
        self.runtime.block_on(app::manage(&self.place.data.data_dir, verb))
    }

    /// Shows what came of it.
    pub(super) fn shown(&self, asked: Result<Answer, ManageError>, show: impl FnOnce(Answer)) -> Exit {
        let reader = if self.place.json { Reader::Program } else { Reader::Person };
        match asked {
            Ok(answer) => shown(reader, answer, show),
            Err(error) => {
                output::complain(&error);
                if reader == Reader::Program {
                    output::refused(&error);
                }
                Exit::from(&error)
            }
        }
    }
}

fn shown(reader: Reader, answer: Answer, show: impl FnOnce(Answer)) -> Exit {
    let exit = match &answer {
        Answer::Refused(refused) => {
            output::complain(&refused.message);
            Exit::from(refused.kind)
        }
        _ => Exit::Done,
    };
    match (reader, exit) {
        (Reader::Program, _) => output::object(&answer),
        (Reader::Person, Exit::Done) => show(answer),
        (Reader::Person, _) => {}
    }
    exit
}

/// An instant for people: to the second, without the letters.
pub(super) fn instant(text: &str) -> String {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    format!("{date} {}", time.split('.').next().unwrap_or(time)).trim_end().to_owned()
}
