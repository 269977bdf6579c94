//! Lists in a long past: the newest, a conversation, a search by number.

use std::path::Path;

use hdrhistogram::Histogram;
use rusqlite::Connection as Database;
use rusqlite::types::Value;

use super::Row;
use super::growth::PAST;
use crate::clock;
use crate::history;
use crate::hub::Hub;
use crate::load::Connection;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Line, database};
use crate::stats::{Spread, latencies};

pub const ROW: Row = Row {
    name: "lists",
    about: "newest 20, a conversation, a search by number in millions of messages, p99, against bare SQL and an echo",
    measure,
};

const ASKED: u64 = 1_000;

/// A question: its path, and the least SQL that answers it, both for a line and a number.
struct Question {
    name: &'static str,
    path: fn(&str) -> String,
    sql: &'static [&'static str],
}

/// What all lists select.
macro_rules! rows {
    ($rest:literal) => {
        concat!("SELECT * FROM outbound WHERE ", $rest)
    };
}

const QUESTIONS: [Question; 3] = [
    Question {
        name: "newest 20",
        path: |_| "/api/v1/outbound".to_owned(),
        sql: &[
            rows!("account_id = ?1 AND ?2 != '' AND ?3 IS NOT NULL ORDER BY id DESC LIMIT 20"),
            "SELECT count(*) FROM (SELECT 1 FROM outbound WHERE account_id = ?1 AND ?2 != '' AND ?3 IS NOT NULL LIMIT 10001)",
        ],
    },
    Question {
        name: "a conversation",
        path: |number| format!("/api/v1/conversations/%2B{}", &number[1..]),
        sql: &[
            rows!(
                "account_id = ?1 AND recipient_normal = ?2 AND line_id = ?3 ORDER BY created_at, id LIMIT 20"
            ),
            "SELECT count(*) FROM outbound WHERE account_id = ?1 AND recipient_normal = ?2 AND line_id = ?3",
        ],
    },
    Question {
        name: "by number",
        path: |number| format!("/api/v1/outbound?recipientNumber=%2B{}", &number[1..]),
        sql: &[
            rows!(
                "account_id = ?1 AND recipient_normal = ?2 AND ?3 IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT 20"
            ),
            "SELECT count(*) FROM (SELECT 1 FROM outbound WHERE account_id = ?1 AND recipient_normal = ?2 AND ?3 IS NOT NULL LIMIT 10001)",
        ],
    },
];

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let past: u64 = bench.size(5_000_000, 300_000);
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), PAST)?;
    history::write(&made, past)?;
    let lines = seed::read(&made.lines)?;
    let hub = Hub::start(&made.data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failed::io("a runtime"))?;
    let mut figures = Vec::new();
    for question in &QUESTIONS {
        let (mut bare, mut hubs, mut middles) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            let sql = ask_database(&database(&made.data_dir), question, &lines)?;
            let echo = runtime.block_on(ask(&hub.addr(), &lines, |_| "/healthz".to_owned()))?;
            bare.push((sql.value_at_quantile(0.99) + echo.value_at_quantile(0.99)) as f64);
            let asked = runtime.block_on(ask(&hub.addr(), &lines, |number| (question.path)(number)))?;
            hubs.push(asked.value_at_quantile(0.99) as f64);
            middles.push(asked.value_at_quantile(0.5) as f64 / 1_000.0);
        }
        figures.push(Figure {
            name: format!("{}, p99, in {past} messages", question.name),
            unit: Unit::Micros,
            subject: Spread { values: hubs },
            ceiling: Spread { values: bare },
            must: Bound::AtMost(2.0),
            aim: Some(Bound::AtMost(1.3)),
            notes: vec![format!(
                "p50 {:.2} ms; one caller; the SQL counts too, as the answer tells the total",
                Spread { values: middles }.median()
            )],
        });
    }
    hub.stop()?;
    Ok(figures)
}

/// Asks for the n-th line and its n-th recipient.
fn which(n: u64, lines: &[Line]) -> (&Line, String) {
    // A number that the line has written to: messages go round the lines.
    (&lines[usize::try_from(n).unwrap_or(0) % lines.len()], history::recipient(n))
}

async fn ask(addr: &str, lines: &[Line], path: impl Fn(&str) -> String) -> Result<Histogram<u64>, Failed> {
    let mut connection = Connection::open(addr).await.map_err(Failed::io(addr))?;
    let mut taken = latencies();
    for n in 0..ASKED {
        let (line, number) = which(n * 37, lines);
        let (path, secret) = (path(&number), &line.secret);
        let request = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {secret}\r\n\r\n");
        let began = clock::now_us();
        let answer = connection.exchange(request.as_bytes()).await.map_err(Failed::io("a request"))?;
        if answer.status != 200 {
            return Err(Failed(format!("{path}: {}", answer.status)));
        }
        taken.saturating_record(clock::now_us().saturating_sub(began).max(1));
    }
    Ok(taken)
}

fn ask_database(path: &Path, question: &Question, lines: &[Line]) -> Result<Histogram<u64>, Failed> {
    let database = Database::open(path).map_err(Failed::because)?;
    measure_sql(&database, question, lines).map_err(Failed::because)
}

fn measure_sql(database: &Database, question: &Question, lines: &[Line]) -> rusqlite::Result<Histogram<u64>> {
    database.execute_batch("PRAGMA cache_size = -16384")?;
    let mut statements = Vec::new();
    for sql in question.sql {
        statements.push(database.prepare(sql)?);
    }
    let mut find = database.prepare("SELECT account_id, id FROM line WHERE device_id = ?1")?;
    let mut taken = latencies();
    for n in 0..ASKED {
        let (line, number) = which(n * 37, lines);
        let (account, line_id): (Vec<u8>, Vec<u8>) =
            find.query_row([line.device.as_bytes().as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let began = clock::now_us();
        for statement in &mut statements {
            let columns = statement.column_count();
            let mut rows = statement.query(rusqlite::params![account, number, line_id])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    std::hint::black_box(row.get::<_, Value>(column)?);
                }
            }
        }
        taken.saturating_record(clock::now_us().saturating_sub(began).max(1));
    }
    Ok(taken)
}
