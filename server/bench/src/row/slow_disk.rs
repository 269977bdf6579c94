//! What committing in groups is worth where a flush takes five milliseconds, as on a plain SSD.

use std::process::Command;

use super::Row;
use super::post::{installation, load};
use crate::hub::{Dressing, Hub};
use crate::judge::{Settled, judge};
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::database;
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "slow-disk",
    about: "accepted messages a second where each flush takes 5 ms: 64 callers against one",
    measure,
};

/// Flushes take five milliseconds longer in a process that loads this.
const SHIM: &str = "\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int late(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec five_ms = {0, 5 * 1000 * 1000};
    int done = real(fd);
    nanosleep(&five_ms, 0);
    return done;
}
int fsync(int fd) { return late(\"fsync\", fd); }
int fdatasync(int fd) { return late(\"fdatasync\", fd); }
";

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (folder, made) = installation(bench)?;
    let (source, shim) = (folder.path().join("late.c"), folder.path().join("late.so"));
    std::fs::write(&source, SHIM).map_err(Failed::io("the shim"))?;
    let mut cc = Command::new("cc");
    let built = cc.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&shim).arg(&source).arg("-ldl").status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(Failed("cc did not build the slow disk".to_owned()));
    }
    let env = vec![("LD_PRELOAD".to_owned(), shim.to_string_lossy().into_owned())];
    let (mut alone, mut together, mut judged) = (Vec::new(), Vec::new(), 0);
    for _ in 0..bench.rounds {
        // One caller alone would warm every key for a quarter of a minute, and each of its messages waits for the disk anyway.
        for (callers, warm, rates) in [("1", "100", &mut alone), ("64", "2000", &mut together)] {
            let copy = bench.copy(&made.data_dir)?;
            let log = copy.path().join("log.ndjson");
            let dressing = Dressing { env: env.clone(), ..Dressing::default() };
            let hub = Hub::start_dressed(copy.path(), &dressing)?;
            let more = ["--connections", callers, "--warm", warm, "--accepted", &log.to_string_lossy()];
            rates.push(load(&hub.addr(), &made.lines, bench, &more)?.rate());
            hub.stop()?;
            judged += judge(&database(copy.path()), &log, Settled::No)?.accepted;
        }
    }
    Ok(vec![Figure {
        name: "group commit".to_owned(),
        unit: Unit::PerSecond,
        subject: Spread { values: together },
        ceiling: Spread { values: alone },
        must: Bound::AtLeast(15.0),
        aim: None,
        notes: vec![
            "each flush of the real hub takes 5 ms longer (a shim); one caller's messages are batches of one"
                .to_owned(),
            format!("ledger clean over {judged} messages"),
        ],
    }])
}
