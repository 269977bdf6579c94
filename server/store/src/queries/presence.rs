//! Phones that came or went, and of which that was not told yet.

use diesel::prelude::*;
use relay_domain::webhook::{EventKind, EventSet, WebhookStatus};
use relay_domain::{DeviceId, Timestamp};

use super::{Query, Read};
use crate::changes::Presence;
use crate::rows::id;
use crate::schema::{device, device_stream, webhook};

/// Phones of which somebody wants to be told that they came, or have been away since before an instant.
#[derive(Debug, Clone, Copy)]
pub struct PresenceToTell {
    /// A phone that was seen later is not away: it may come back in a moment.
    pub away_before: Timestamp,
    /// Rows at most.
    pub limit: i64,
}

impl Query for PresenceToTell {
    type Answer = Vec<(DeviceId, Presence)>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<(DeviceId, Presence)>> {
        let wanted = |events: i32| {
            let events = EventSet::from_bits(events.cast_unsigned());
            events.contains(EventKind::DeviceOnline) || events.contains(EventKind::DeviceOffline)
        };
        let webhooks: Vec<(Vec<u8>, i32)> = webhook::table
            .filter(webhook::status.lt(WebhookStatus::Gone.number()))
            .select((webhook::account_id, webhook::events))
            .load(read.conn)?;
        let mut accounts: Vec<Vec<u8>> =
            webhooks.into_iter().filter(|(_, events)| wanted(*events)).map(|(account, _)| account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut found = Vec::new();
        for account in accounts {
            let online = device_stream::connected.ne(0).and(device::told.ne(Presence::Online as i16));
            let offline = device_stream::connected
                .eq(0)
                .and(device_stream::paired.ne(0))
                .and(device::told.ne(Presence::Offline as i16))
                .and(device_stream::last_seen_at.lt(self.away_before.nanos()));
            let rows: Vec<(Vec<u8>, i32)> = device::table
                .inner_join(device_stream::table.on(device_stream::device_id.eq(device::id)))
                .filter(device::account_id.eq(&account))
                .filter(online.or(offline.assume_not_null()))
                .limit(self.limit)
                .select((device::id, device_stream::connected))
                .load(read.conn)?;
            for (device, connected) in rows {
                let presence = if connected != 0 { Presence::Online } else { Presence::Offline };
                found.push((id(&device)?, presence));
            }
        }
        Ok(found)
    }
}
