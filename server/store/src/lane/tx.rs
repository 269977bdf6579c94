//! The inside of a transaction, as a change sees it.

use std::collections::HashMap;

use diesel::QueryResult;
use relay_domain::{DeviceId, Timestamp};
use uuid::Uuid;

use super::hot::{Hot, Stream};
use crate::backend::Conn;
use crate::effect::Effect;
use crate::ids::IdSource;

/// The open transaction. Only this crate sees what is in it.
pub struct Tx<'a> {
    pub(crate) conn: &'a mut Conn,
    /// The lane's clock, read once a batch.
    pub(crate) now: Timestamp,
    /// The hub's incarnation: the upper half of an epoch.
    pub(crate) incarnation: u32,
    pub(crate) hot: &'a mut Hot,
    pub(super) ids: &'a mut IdSource,
    pub(super) effects: &'a mut Vec<Effect>,
    pub(super) entries: &'a mut i32,
    pub(super) connections: &'a mut HashMap<DeviceId, u64>,
}

impl Tx<'_> {
    /// A new id; ids rise in commit order.
    pub(crate) fn id<Id: From<Uuid>>(&mut self) -> Id {
        self.ids.next(self.now)
    }

    /// A number that tells apart what is written at one instant.
    pub(crate) fn entry(&mut self) -> i32 {
        *self.entries = self.entries.wrapping_add(1);
        *self.entries
    }

    /// Announced after COMMIT.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Whether this connection is the newest that has opened a session for the device in this process; an older
    /// one's hello may be processed late and must not take the stream back.
    pub(crate) fn is_newest_connection(&mut self, device: DeviceId, connection: u64) -> bool {
        let newest = self.connections.entry(device).or_insert(connection);
        *newest = connection.max(*newest);
        *newest == connection
    }

    /// The device's stream row.
    pub(crate) fn stream(&mut self, device: DeviceId) -> QueryResult<Option<Stream>> {
        self.hot.stream(self.conn, device)
    }

    /// Keeps a changed stream row; it is written with the batch.
    pub(crate) fn put_stream(&mut self, stream: Stream) {
        self.hot.put_stream(stream);
    }
}
