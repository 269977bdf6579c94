//! Lines to paste: the API with the demo's keys, and what each line will show.

use super::Stage;
use super::cast::{AWAY, FREE, PRO};
use super::key_file::KeyFile;
use crate::cli::output::say;

/// Somebody who gets every message and answers.
pub(super) const SOMEBODY: &str = "+15557654321";
/// By the demo carrier's rules the last digits tell what becomes of a message.
const NO_SIGNAL: &str = "+15557650001";
const NO_RECEIPT: &str = "+15557650002";

impl Stage {
    /// Prints the keys and the lines.
    pub(super) fn suggest(&self) {
        let key = |word: &str| {
            let found = self.members.iter().find(|member| member.part.word == word);
            found.map_or("", |member| member.customer.key())
        };
        let (pro, free, away) = (key(PRO.word), key(FREE.word), key(AWAY.word));
        say("");
        say(format!("API keys (kept in {})", KeyFile::path(&self.data_dir).display()));
        for member in &self.members {
            say(format!("  {:<16}{}", member.part.account, member.customer.key()));
        }
        say("");
        say("Try it: paste these lines into another terminal, and watch both.");
        self.try_line(
            "Send. DISPATCHED at once, then SENT, DELIVERED, and two seconds later an SMS answers.",
            &self.send(pro, SOMEBODY, "Hello"),
        );
        self.try_line(
            "To a number ending 0001. FAILED, \"No signal\".",
            &self.send(pro, NO_SIGNAL, "Hello?"),
        );
        self.try_line(
            "To a number ending 0002. SENT, and no receipt ever comes.",
            &self.send(pro, NO_RECEIPT, "Hello?"),
        );
        self.try_line(
            "One message, with its state and its instants.",
            &self.get(pro, &format!("outbound/{}", self.first_id)),
        );
        self.try_line(
            "What was sent, newest first; then only what failed, and why.",
            &self.get(pro, "outbound?limit=5"),
        );
        self.try_line("", &self.get(pro, "outbound?status=FAILED&limit=5"));
        self.try_line("What was received.", &self.get(pro, "inbound?limit=5"));
        self.try_line("The phone, its SIM, whether it is online.", &self.get(pro, "devices"));
        let six = self.send(free, SOMEBODY, "Message '$n' of 6");
        self.try_line(
            "Six at once on Free, which has 5 at once and then 1 a minute: the sixth is QUEUED, its dispatchedAt \
             null,\n  and it leaves within a minute.",
            &format!("for n in 1 2 3 4 5 6; do {six}; done"),
        );
        self.try_line(
            "From the phone in the van. While it is offline this is QUEUED; it leaves when the phone is back.",
            &self.send(away, SOMEBODY, "Your parcel is on its way"),
        );
        say("");
    }

    fn try_line(&self, says: &str, line: &str) {
        if !says.is_empty() {
            say("");
            say(format!("  {says}"));
        }
        say(format!("    {line}"));
    }

    fn send(&self, key: &str, to: &str, body: &str) -> String {
        let message = format!(r#"{{"recipientNumber":"{to}","body":"{body}"}}"#);
        format!("{} -d '{message}'", self.get(key, "outbound"))
    }

    /// Queries are quoted, for a shell would take `?` and `&` for its own. Answers have no line's end: curl adds it.
    fn get(&self, key: &str, path: &str) -> String {
        let quote = if path.contains('?') { "'" } else { "" };
        format!(r"curl -sw '\n' -H 'Authorization: Bearer {key}' {quote}{}/api/v1/{path}{quote}", self.url)
    }
}
