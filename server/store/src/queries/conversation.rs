//! What a number and somebody have exchanged, oldest first.
//!
//! Both halves are read in order from indexes that hold nothing but keys, as far as the page reaches, and merged
//! here; only the messages of the page are touched. The scope is (account, number): what the number received, on
//! whatever phone it sat, and what was sent from lines with that number.

use diesel::prelude::*;
use relay_domain::message::{Inbound, Outbound};
use relay_domain::{AccountId, DeviceId, Timestamp};
use uuid::Uuid;

use super::{Query, Read, Window, spellings};
use crate::backend::{Backend, Conn};
use crate::rows::id;
use crate::rows::inbound::load_of_number;
use crate::rows::outbound::load_of_account;
use crate::schema::{inbound, line, outbound};

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the number.
    Outbound,
    /// To the number.
    Inbound,
}

/// What a conversation is narrowed to; everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// Sent or received by this device.
    pub device_id: Option<DeviceId>,
    /// In this slot.
    pub slot: Option<u8>,
    /// Created (outbound) or received (inbound) at or after.
    pub from: Option<Timestamp>,
    /// Created or received at or before.
    pub to: Option<Timestamp>,
    /// Only this way.
    pub direction: Option<Direction>,
}

/// A part of what a number of an account and somebody have exchanged.
#[derive(Debug, Clone)]
pub struct ReadConversation {
    /// Whose.
    pub account_id: AccountId,
    /// The account's number.
    pub number: String,
    /// The other side: a number in any spelling, or a name.
    pub with: String,
    /// Narrowed to.
    pub filter: ConversationFilter,
    /// Which part.
    pub window: Window,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanged {
    /// One that was sent.
    Sent(Box<Outbound>),
    /// One that was received.
    Received(Box<Inbound>),
}

/// A part of a conversation, with the size of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Oldest first.
    pub messages: Vec<Exchanged>,
    /// How many there are in all, exactly: a conversation is as long as two parties have made it.
    pub total: u64,
}

/// Where a message stands in a conversation. Ids of both tables come from one source, so no two are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: i64,
    id: Uuid,
    sent: bool,
}

impl Query for ReadConversation {
    type Answer = Conversation;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Conversation> {
        let conn = &mut *read.conn;
        let halves = self.halves(conn)?;
        let reach = self.window.offset.saturating_add(self.window.limit);
        let (mut total, mut places) = (0, Vec::new());
        for half in &halves {
            let found = half.places(conn, reach)?;
            let all = i64::try_from(found.len()).ok().filter(|found| *found < reach);
            total += all.map_or_else(|| half.count(conn), Ok)?;
            places.extend(found);
        }
        places.sort_unstable();
        let size = |rows: i64| usize::try_from(rows).unwrap_or_default();
        let page = places.into_iter().skip(size(self.window.offset)).take(size(self.window.limit));
        let messages = page.filter_map(|place| self.message(conn, place).transpose());
        Ok(Conversation {
            messages: messages.collect::<QueryResult<_>>()?,
            total: u64::try_from(total).unwrap_or_default(),
        })
    }
}

/// What one index holds in order: from one line, or to the number, under one spelling of the other side.
struct Half<'a> {
    of: &'a ReadConversation,
    spelling: String,
    /// The line, or `None` for what was received.
    line_id: Option<Vec<u8>>,
}

type Sent<'a> = outbound::BoxedQuery<'a, Backend>;
type Received<'a> = inbound::BoxedQuery<'a, Backend>;

impl ReadConversation {
    fn halves(&self, conn: &mut Conn) -> QueryResult<Vec<Half<'_>>> {
        let mut ends = Vec::new();
        if self.filter.direction != Some(Direction::Inbound) {
            ends.extend(self.lines(conn)?.into_iter().map(Some));
        }
        if self.filter.direction != Some(Direction::Outbound) {
            ends.push(None);
        }
        let mut spellings = spellings(&self.with, Some(&self.number)).to_vec();
        spellings.dedup();
        let half = |spelling: &String, line_id| Half { of: self, spelling: spelling.clone(), line_id };
        Ok(ends
            .into_iter()
            .flat_map(|end| spellings.iter().map(move |spelling| half(spelling, end.clone())))
            .collect())
    }

    /// Lines with the number. Device and slot are the line's, so they are decided here.
    fn lines(&self, conn: &mut Conn) -> QueryResult<Vec<Vec<u8>>> {
        let mut lines = line::table
            .filter(line::account_id.eq(self.account_id.as_bytes().as_slice()))
            .filter(line::number.eq(&self.number))
            .select(line::id)
            .into_boxed();
        if let Some(device) = &self.filter.device_id {
            lines = lines.filter(line::device_id.eq(device.as_bytes().as_slice()));
        }
        if let Some(slot) = self.filter.slot {
            lines = lines.filter(line::slot.eq(i32::from(slot)));
        }
        lines.load(conn)
    }

    fn message(&self, conn: &mut Conn, place: Place) -> QueryResult<Option<Exchanged>> {
        if place.sent {
            let row = load_of_account(conn, self.account_id, place.id.into())?;
            return row.map(|row| Ok(Exchanged::Sent(Box::new(row.read()?)))).transpose();
        }
        let row = load_of_number(conn, self.account_id, &self.number, place.id.into())?;
        row.map(|row| Ok(Exchanged::Received(Box::new(row.read()?)))).transpose()
    }
}

impl Half<'_> {
    fn count(&self, conn: &mut Conn) -> QueryResult<i64> {
        match &self.line_id {
            Some(line_id) => self.sent(line_id).count().get_result(conn),
            None => self.received().count().get_result(conn),
        }
    }

    /// The first places, in order.
    fn places(&self, conn: &mut Conn, reach: i64) -> QueryResult<Vec<Place>> {
        let keys: Vec<(i64, Vec<u8>)> = match &self.line_id {
            Some(line_id) => self
                .sent(line_id)
                .order((outbound::created_at, outbound::id))
                .limit(reach)
                .select((outbound::created_at, outbound::id))
                .load(conn)?,
            None => self
                .received()
                .order((inbound::received_at, inbound::id))
                .limit(reach)
                .select((inbound::received_at, inbound::id))
                .load(conn)?,
        };
        let sent = self.line_id.is_some();
        keys.into_iter().map(|(at, key)| Ok(Place { at, id: id(&key)?, sent })).collect()
    }

    fn sent<'q>(&'q self, line_id: &'q [u8]) -> Sent<'q> {
        let filter = &self.of.filter;
        let mut sent = outbound::table
            .filter(outbound::account_id.eq(self.of.account_id.as_bytes().as_slice()))
            .filter(outbound::recipient_normal.eq(&self.spelling))
            .filter(outbound::line_id.eq(line_id))
            .into_boxed();
        if let Some(from) = filter.from {
            sent = sent.filter(outbound::created_at.ge(from.nanos()));
        }
        if let Some(to) = filter.to {
            sent = sent.filter(outbound::created_at.le(to.nanos()));
        }
        sent
    }

    fn received(&self) -> Received<'_> {
        let filter = &self.of.filter;
        let mut received = inbound::table
            .filter(inbound::account_id.eq(self.of.account_id.as_bytes().as_slice()))
            .filter(inbound::number.eq(&self.of.number))
            .filter(inbound::sender_normal.eq(&self.spelling))
            .into_boxed();
        if let Some(device) = &filter.device_id {
            received = received.filter(inbound::device_id.eq(device.as_bytes().as_slice()));
        }
        if let Some(slot) = filter.slot {
            received = received.filter(inbound::slot.eq(i32::from(slot)));
        }
        if let Some(from) = filter.from {
            received = received.filter(inbound::received_at.ge(from.nanos()));
        }
        if let Some(to) = filter.to {
            received = received.filter(inbound::received_at.le(to.nanos()));
        }
        received
    }
}
