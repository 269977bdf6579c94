//! Outbound messages of an account.

use diesel::prelude::*;
use relay_domain::message::Outbound;
use relay_domain::state::Rank;
use relay_domain::{AccountId, DeviceId, MessageId, Timestamp};

use super::{COUNTED_ROWS, Page, Query, Read, Window, spellings, total};
use crate::backend::counted;
use crate::rows::outbound::{OutboundRow, load_of_account};
use crate::schema::outbound;

/// One message of an account; another account's is none.
#[derive(Debug, Clone, Copy)]
pub struct FindOutbound {
    /// Whose.
    pub account_id: AccountId,
    /// Which.
    pub message_id: MessageId,
}

impl Query for FindOutbound {
    type Answer = Option<Outbound>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Outbound>> {
        load_of_account(read.conn, self.account_id, self.message_id)?.map(OutboundRow::read).transpose()
    }
}

/// What a list is narrowed to; everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboundFilter {
    /// From this device.
    pub device_id: Option<DeviceId>,
    /// To this recipient, as given when it was sent.
    pub recipient: Option<String>,
    /// From this slot.
    pub slot: Option<u8>,
    /// In one of these states.
    pub ranks: Option<Vec<Rank>>,
    /// Created at or after.
    pub from: Option<Timestamp>,
    /// Created at or before.
    pub to: Option<Timestamp>,
}

/// An account's messages, newest first, with their total.
#[derive(Debug, Clone)]
pub struct ListOutbound {
    /// Whose.
    pub account_id: AccountId,
    /// Narrowed to.
    pub filter: OutboundFilter,
    /// Which part.
    pub window: Window,
}

impl Query for ListOutbound {
    type Answer = Page<Outbound>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Page<Outbound>> {
        let newest_first = match self.filter.recipient {
            None => self.narrowed().order(outbound::id.desc()),
            // The same order, in words that the account's own index cannot answer: SQLite prefers it otherwise, and
            // walks over everything that the account has sent.
            Some(_) => self.narrowed().order((outbound::created_at.desc(), outbound::id.desc())),
        };
        let found: Vec<OutboundRow> = newest_first
            .offset(self.window.offset)
            .limit(self.window.limit)
            .select(OutboundRow::as_select())
            .load(read.conn)?;
        let counted = counted(self.narrowed().limit(COUNTED_ROWS + 1).select(outbound::id), read.conn)?;
        Ok(Page {
            rows: found.into_iter().map(OutboundRow::read).collect::<QueryResult<_>>()?,
            total: total(counted),
        })
    }
}

type Narrowed<'a> = outbound::BoxedQuery<'a, crate::backend::Backend>;

impl ListOutbound {
    fn narrowed(&self) -> Narrowed<'_> {
        let filter = &self.filter;
        let mut list = outbound::table
            .filter(outbound::account_id.eq(self.account_id.as_bytes().as_slice()))
            .into_boxed();
        if let Some(device) = &filter.device_id {
            list = list.filter(outbound::device_id.eq(device.as_bytes().as_slice()));
        }
        if let Some(recipient) = &filter.recipient {
            // Its normal form finds the index; what was given decides.
            let [normal, given] = spellings(recipient, None);
            list = list.filter(outbound::recipient.eq(recipient));
            list = match normal == given {
                true => list.filter(outbound::recipient_normal.eq(normal)),
                false => list
                    .filter(outbound::recipient_normal.eq(normal).or(outbound::recipient_normal.eq(given))),
            };
        }
        if let Some(slot) = filter.slot {
            list = list.filter(outbound::slot.eq(i32::from(slot)));
        }
        if let Some(ranks) = &filter.ranks {
            list = list
                .filter(outbound::rank.eq_any(ranks.iter().map(|rank| rank.number()).collect::<Vec<_>>()));
        }
        if let Some(from) = filter.from {
            list = list.filter(outbound::created_at.ge(from.nanos()));
        }
        if let Some(to) = filter.to {
            list = list.filter(outbound::created_at.le(to.nanos()));
        }
        list
    }
}
