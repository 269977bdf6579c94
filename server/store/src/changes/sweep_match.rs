//! One to one: a message that a sweep found, and the row that another journal of the device has stored of it.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::JournalId;
use relay_domain::phone_number::normal_form;
use relay_domain::report::InboundReport;
use relay_domain::sim::SimFacts;

use crate::lane::{Stream, Tx};
use crate::rows::sim::SimRow;
use crate::rows::text;
use crate::schema::inbound;

/// A message centre's clock and the hub's are no further apart.
const CLOCKS_APART: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Whether a row of one of the device's other journals stands for this message. That row is claimed, and stands for no
/// other row of this journal: two identical texts are two messages, and match two rows.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    stream: &Stream,
    journal: JournalId,
    sms: &InboundReport,
    received_on: Option<&str>,
) -> QueryResult<bool> {
    let this_journal = journal.as_bytes().as_slice();
    // A row that was stored before its SIM told its number has none.
    let mut candidates = stored(tx, stream, this_journal, sms, received_on)?;
    if received_on.is_some() {
        candidates.extend(stored(tx, stream, this_journal, sms, None)?);
    }
    let sims = tx.hot.sims(tx.conn, stream.device_id)?.to_vec();
    let same_sim = |sim_id: Option<&[u8]>, slot: i32| {
        let known = sim_id.and_then(|id| sims.iter().find(|sim| sim.id == id)).map(SimRow::facts);
        match known {
            Some(facts) if sms.sim != SimFacts::default() => !facts.contradicts(&sms.sim),
            _ => slot == i32::from(sms.slot),
        }
    };
    let found = candidates.iter().find(|(_, sim_id, slot)| same_sim(sim_id.as_deref(), *slot));
    let Some((id, ..)) = found else { return Ok(false) };
    diesel::update(inbound::table.filter(inbound::id.eq(id)))
        .set(inbound::swept_by.eq(this_journal))
        .execute(tx.conn)?;
    Ok(true)
}

/// Id, SIM and slot of a row.
type Candidate = (Vec<u8>, Option<Vec<u8>>, i32);

/// Rows with this text of this sender, of other journals of the device, oldest first. The index of a number's senders
/// finds them; it ends with the time, and nothing is received long before the message centre had it.
fn stored(
    tx: &mut Tx<'_>,
    stream: &Stream,
    this_journal: &[u8],
    sms: &InboundReport,
    received_on: Option<&str>,
) -> QueryResult<Vec<Candidate>> {
    let spellings = [text::escape(&normal_form(&sms.sender, received_on)), text::escape(&sms.sender)];
    let earliest = sms.smsc_at.map_or(i64::MIN, |at| at.minus(CLOCKS_APART).nanos());
    let found = inbound::table
        .filter(inbound::account_id.eq(stream.account_id.as_bytes().as_slice()))
        .filter(inbound::sender_normal.eq_any(spellings))
        .filter(inbound::received_at.ge(earliest))
        .filter(inbound::device_id.eq(stream.device_id.as_bytes().as_slice()))
        .filter(inbound::digest.eq(text::escape(&sms.digest)))
        .filter(inbound::journal_id.ne(this_journal))
        .filter(inbound::swept_by.is_null().or(inbound::swept_by.ne(this_journal)))
        .order((inbound::received_at, inbound::id))
        .select((inbound::id, inbound::sim_id, inbound::slot))
        .into_boxed();
    let found = match received_on {
        Some(number) => found.filter(inbound::number.eq(number)),
        None => found.filter(inbound::number.is_null()),
    };
    match sms.smsc_at {
        Some(at) => found.filter(inbound::smsc_at.eq(at.nanos())),
        None => found.filter(inbound::smsc_at.is_null()),
    }
    .load(tx.conn)
}
