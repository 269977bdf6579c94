//! Inbound messages of a number.

use diesel::prelude::*;
use relay_domain::message::Inbound;
use relay_domain::{AccountId, DeviceId, InboundId, Timestamp};

use super::{COUNTED_ROWS, Page, Query, Read, Window, spellings, total};
use crate::backend::counted;
use crate::rows::inbound::{InboundRow, load_of_number};
use crate::rows::text;
use crate::schema::inbound;

/// One message that a number received for an account; what another number or account received is none.
#[derive(Debug, Clone)]
pub struct FindInbound {
    /// Whose.
    pub account_id: AccountId,
    /// The number.
    pub number: String,
    /// Which.
    pub inbound_id: InboundId,
}

impl Query for FindInbound {
    type Answer = Option<Inbound>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Inbound>> {
        let found = load_of_number(read.conn, self.account_id, &self.number, self.inbound_id)?;
        found.map(InboundRow::read).transpose()
    }
}

/// What a list is narrowed to; everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboundFilter {
    /// Received by this device.
    pub device_id: Option<DeviceId>,
    /// From this sender.
    pub sender: Option<String>,
    /// In this slot.
    pub slot: Option<u8>,
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received at or before.
    pub to: Option<Timestamp>,
}

/// What an account received, mostly on one number, newest first: the scope is (account, number), so that a number that
/// moves to another account shows none of it there.
#[derive(Debug, Clone)]
pub struct ListInbound {
    /// Whose.
    pub account_id: AccountId,
    /// The number; `None` for everything the account received, on whatever number, known or not.
    pub number: Option<String>,
    /// Narrowed to.
    pub filter: InboundFilter,
    /// Which part.
    pub window: Window,
}

impl Query for ListInbound {
    type Answer = Page<Inbound>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Page<Inbound>> {
        let found: Vec<InboundRow> = self
            .narrowed()
            .order((inbound::received_at.desc(), inbound::id.desc()))
            .offset(self.window.offset)
            .limit(self.window.limit)
            .select(InboundRow::as_select())
            .load(read.conn)?;
        let counted = counted(self.narrowed().limit(COUNTED_ROWS + 1).select(inbound::id), read.conn)?;
        Ok(Page {
            rows: found.into_iter().map(InboundRow::read).collect::<QueryResult<_>>()?,
            total: total(counted),
        })
    }
}

type Narrowed<'a> = inbound::BoxedQuery<'a, crate::backend::Backend>;

impl ListInbound {
    fn narrowed(&self) -> Narrowed<'_> {
        let filter = &self.filter;
        let mut list =
            inbound::table.filter(inbound::account_id.eq(self.account_id.as_bytes().as_slice())).into_boxed();
        if let Some(number) = &self.number {
            list = list.filter(inbound::number.eq(number));
        }
        if let Some(device) = &filter.device_id {
            list = list.filter(inbound::device_id.eq(device.as_bytes().as_slice()));
        }
        if let Some(sender) = &filter.sender {
            if let Some(number) = &self.number {
                // Its normal form finds the index; what was given decides.
                let [normal, given] = spellings(sender, Some(number));
                list = match normal == given {
                    true => list.filter(inbound::sender_normal.eq(normal)),
                    false => {
                        list.filter(inbound::sender_normal.eq(normal).or(inbound::sender_normal.eq(given)))
                    }
                };
            }
            list = list.filter(inbound::sender.eq(text::escape(sender)));
        }
        if let Some(slot) = filter.slot {
            list = list.filter(inbound::slot.eq(i32::from(slot)));
        }
        if let Some(from) = filter.from {
            list = list.filter(inbound::received_at.ge(from.nanos()));
        }
        if let Some(to) = filter.to {
            list = list.filter(inbound::received_at.le(to.nanos()));
        }
        list
    }
}
