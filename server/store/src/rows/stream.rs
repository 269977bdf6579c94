//! `device_stream`.

use diesel::prelude::*;
use relay_domain::device::{Course, Restored};
use relay_domain::plan::Quota;
use relay_domain::{AccountId, DeviceId, JournalId, Timestamp};

use super::{broken, id, id_opt, signed, signed32, unsigned, unsigned32};
use crate::backend::{Conn, Words as _, words};
use crate::lane::Stream;
use crate::schema::device_stream;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device_stream)]
struct StreamRow {
    device_id: Vec<u8>,
    account_id: Vec<u8>,
    paired: i32,
    epoch: i64,
    connected: i32,
    stalled: i32,
    paused: i32,
    journal_id: Option<Vec<u8>>,
    up_seq: i64,
    down_seq: i64,
    resume_head: i64,
    max_pending: i32,
    in_flight: i32,
    queued: i32,
    burst: i32,
    refill_per_minute: i32,
    arrival: i64,
    turn_high: i64,
    turn_normal: i64,
    turn_low: i64,
    last_seen_at: Option<i64>,
    course: i32,
    restored: i32,
}

impl From<&Stream> for StreamRow {
    fn from(stream: &Stream) -> StreamRow {
        let [turn_high, turn_normal, turn_low] = stream.turns;
        StreamRow {
            device_id: stream.device_id.as_bytes().to_vec(),
            account_id: stream.account_id.as_bytes().to_vec(),
            paired: i32::from(stream.paired),
            epoch: signed(stream.epoch),
            connected: i32::from(stream.connected),
            stalled: i32::from(stream.stalled),
            paused: i32::from(stream.paused),
            journal_id: stream.journal.map(|journal| journal.as_bytes().to_vec()),
            up_seq: signed(stream.up),
            down_seq: signed(stream.down),
            resume_head: signed(stream.resume_head),
            max_pending: signed32(stream.max_pending),
            in_flight: signed32(stream.in_flight),
            queued: signed32(stream.queued),
            burst: signed32(stream.quota.burst.get()),
            refill_per_minute: signed32(stream.quota.refill_per_minute.get()),
            arrival: stream.arrival.nanos(),
            turn_high,
            turn_normal,
            turn_low,
            last_seen_at: stream.last_seen_at.map(Timestamp::nanos),
            course: stream.course as i32,
            restored: stream.restored as i32,
        }
    }
}

impl StreamRow {
    fn read(self) -> QueryResult<Stream> {
        Ok(Stream {
            device_id: id::<DeviceId>(&self.device_id)?,
            account_id: id::<AccountId>(&self.account_id)?,
            paired: self.paired != 0,
            epoch: unsigned("epoch", self.epoch)?,
            connected: self.connected != 0,
            stalled: self.stalled != 0,
            paused: self.paused != 0,
            journal: id_opt::<JournalId>(self.journal_id.as_deref())?,
            up: unsigned("up_seq", self.up_seq)?,
            down: unsigned("down_seq", self.down_seq)?,
            resume_head: unsigned("resume_head", self.resume_head)?,
            max_pending: unsigned32("max_pending", self.max_pending)?,
            in_flight: unsigned32("in_flight", self.in_flight)?,
            queued: unsigned32("queued", self.queued)?,
            quota: quota(self.burst, self.refill_per_minute)?,
            arrival: Timestamp::from_nanos(self.arrival),
            turns: [self.turn_high, self.turn_normal, self.turn_low],
            last_seen_at: self.last_seen_at.map(Timestamp::from_nanos),
            course: numbered("course", &Course::ALL, self.course)?,
            restored: numbered("restored", &Restored::ALL, self.restored)?,
        })
    }
}

/// The value that stands under a number: enums are written as their place in their list.
fn numbered<T: Copy>(column: &str, all: &[T], number: i32) -> QueryResult<T> {
    let found = usize::try_from(number).ok().and_then(|place| all.get(place));
    found.copied().ok_or_else(|| broken(column, number.to_string()))
}

pub(crate) fn quota(burst: i32, refill_per_minute: i32) -> QueryResult<Quota> {
    Quota::new(unsigned32("burst", burst)?, unsigned32("refill_per_minute", refill_per_minute)?)
        .ok_or_else(|| broken("burst", "is zero"))
}

pub(crate) fn load(conn: &mut Conn, device: DeviceId) -> QueryResult<Option<Stream>> {
    device_stream::table
        .filter(device_stream::device_id.eq(device.as_bytes().as_slice()))
        .select(StreamRow::as_select())
        .first(conn)
        .optional()?
        .map(StreamRow::read)
        .transpose()
}

words!(
    Store = "UPDATE device_stream SET paired = ?, epoch = ?, connected = ?, stalled = ?, paused = ?, journal_id = ?, \
         up_seq = ?, down_seq = ?, resume_head = ?, max_pending = ?, in_flight = ?, queued = ?, burst = ?, \
         refill_per_minute = ?, arrival = ?, turn_high = ?, turn_normal = ?, turn_low = ?, last_seen_at = ?, \
         course = ?, restored = ? WHERE device_id = ?"
);

pub(crate) fn store(conn: &mut Conn, stream: &Stream) -> QueryResult<()> {
    let row = StreamRow::from(stream);
    let update = Store::with([
        row.paired.into(),
        row.epoch.into(),
        row.connected.into(),
        row.stalled.into(),
        row.paused.into(),
        row.journal_id.as_deref().into(),
        row.up_seq.into(),
        row.down_seq.into(),
        row.resume_head.into(),
        row.max_pending.into(),
        row.in_flight.into(),
        row.queued.into(),
        row.burst.into(),
        row.refill_per_minute.into(),
        row.arrival.into(),
        row.turn_high.into(),
        row.turn_normal.into(),
        row.turn_low.into(),
        row.last_seen_at.into(),
        row.course.into(),
        row.restored.into(),
        (&row.device_id).into(),
    ]);
    update.run(conn).map(drop)
}

pub(crate) fn insert(conn: &mut Conn, stream: &Stream) -> QueryResult<()> {
    diesel::insert_into(device_stream::table).values(StreamRow::from(stream)).execute(conn).map(drop)
}

/// At start nobody is connected. What was when the last process died was last seen about when it last said that
/// it lived.
pub(crate) fn clear_connected(conn: &mut Conn, alive_at: Timestamp) -> QueryResult<()> {
    use device_stream::{connected, last_seen_at, stalled};
    let left = device_stream::table.filter(connected.ne(0));
    diesel::update(left.filter(last_seen_at.is_null().or(last_seen_at.lt(alive_at.nanos()))))
        .set(last_seen_at.eq(alive_at.nanos()))
        .execute(conn)?;
    diesel::update(left).set((connected.eq(0), stalled.eq(0))).execute(conn).map(drop)
}
