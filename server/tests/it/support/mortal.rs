//! A line whose phone is a process of its own: it dies and freezes as a process does, and comes back on its journal.

use std::path::PathBuf;

use android_bridge::sim::CarrierProfile;

use super::fleet::{Installation, Line};
use super::phone_process::PhoneProcess;
use super::{at_long_last, eventually};

/// Such a phone and its line.
pub struct MortalPhone {
    pub line: Line,
    pub process: PhoneProcess,
    folder: PathBuf,
    lives: usize,
}

impl MortalPhone {
    /// Pairs one and waits until the hub shows it.
    pub async fn start(town: &mut Installation) -> MortalPhone {
        // The line's first phone, inside this process, makes room.
        let mut line = town.line(CarrierProfile::quick()).await;
        line.kill().await;
        let code = town.hub.manage(&["device", "pair-code", "--device", &line.name]);
        let folder = town.path(&format!("process of {}", line.name));
        let args = ["--code", code["code"].as_str().unwrap(), "--number", &line.number];
        let process = PhoneProcess::start(town, &folder, &[], &args);
        let phone = MortalPhone { line, process, folder, lives: 1 };
        // Paired with this very process: the one before it cannot be meant.
        phone.line.send("+436601234567", "is it there?").await;
        eventually("the process sends", || async {
            (town
                .witnessed()
                .iter()
                .any(|line| line["kind"] == "submit" && line["phone"] == *phone.line.device_id))
            .then_some(())
        })
        .await;
        phone.until_shown("ONLINE").await;
        phone
    }

    /// `kill -9`, and another life on what is left; a text comes in when it is connected.
    pub fn die(&mut self, town: &Installation) {
        // Dropped first: two processes on one journal are no phone.
        self.process.end();
        self.lives += 1;
        let sms = format!("+436641234567:life {} of {}", self.lives, self.line.name);
        let args = ["--number", &self.line.number, "--sms", &sms];
        self.process = PhoneProcess::start(town, &self.folder, &[], &args);
    }

    /// Waits until the hub shows its device so.
    pub async fn until_shown(&self, status: &str) {
        at_long_last(&format!("{} is shown {status}", self.line.name), || async {
            self.line.shown().await.filter(|device| device["status"] == status)
        })
        .await;
    }
}
