//! A disk that fills up in the middle of a batch: everyone is told, nothing is stored, and it passes.

use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use relay_domain::account::Account;
use relay_domain::plan::PlanName;
use tokio::sync::oneshot::{self, Receiver};

use super::job::{CommitError, Job, Waiting};
use super::still::Still;
use super::writer::Writer;
use crate::backend::{Conn, Durability};
use crate::changes::CreateAccount;
use crate::queries::ListAccounts;

type Told = Receiver<Result<Account, CommitError>>;

fn callers(names: &[String]) -> (Vec<Box<dyn Job>>, Vec<Told>) {
    let caller = |name: &String| {
        let (reply, told) = oneshot::channel();
        let change = CreateAccount {
            name: name.clone(),
            plan: PlanName::Free.plan(),
            zone: relay_domain::month::Zone::UTC,
        };
        (Box::new(Waiting::new(change, reply)) as Box<dyn Job>, told)
    };
    names.iter().map(caller).unzip()
}

/// SQLite refuses to grow beyond so many pages, in the words of a full disk.
fn limit_pages(writer: &mut Writer, pages: &str) {
    let Conn::Sqlite(sqlite) = writer.connection();
    sqlite.batch_execute(&format!("PRAGMA max_page_count = {pages}")).unwrap();
}

fn open(path: &Path) -> Writer {
    Writer::open(path, Durability::Full, Arc::new(Still), 1).unwrap()
}

#[test]
fn a_disk_that_fills_up_in_a_batch_fails_all_of_it_and_passes() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(&dir.path().join("relay.db"));
    let (jobs, told) = callers(&["Before".to_owned()]);
    let mut effects = Vec::new();
    writer.commit(jobs, &mut effects).unwrap();
    told.into_iter().for_each(|mut told| assert!(told.try_recv().unwrap().is_ok()));
    // Less than there are already: the file may stay as it is, and not grow by a page.
    limit_pages(&mut writer, "1");
    let names: Vec<String> = ["small".to_owned(), "x".repeat(200_000), "small too".to_owned()].into();
    for _ in 0..3 {
        let (jobs, told) = callers(&names);
        writer.commit(jobs, &mut effects).expect("a full disk is no reason to end");
        for mut told in told {
            assert_eq!(told.try_recv().unwrap().err(), Some(CommitError::Unavailable), "neighbours too");
        }
        assert!(effects.is_empty());
        assert_eq!(writer.ask(ListAccounts).unwrap().len(), 1, "nothing of the batch is stored");
    }
    limit_pages(&mut writer, "1073741823");
    let (jobs, told) = callers(&names);
    writer.commit(jobs, &mut effects).unwrap();
    told.into_iter().for_each(|mut told| assert!(told.try_recv().unwrap().is_ok()));
    drop(writer);
    assert_eq!(open(&dir.path().join("relay.db")).ask(ListAccounts).unwrap().len(), 4);
}
