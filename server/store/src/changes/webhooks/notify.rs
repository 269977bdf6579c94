//! Notices: written in the transaction of the change that they report, one for each webhook that wants it.

use diesel::QueryResult;
use relay_domain::notice::{Facts, Notice, NoticeStatus};
use relay_domain::state::{MessageState, Rank};
use relay_domain::webhook::{EventKind, Webhook};
use relay_domain::{AccountId, NoticeId, Timestamp, WebhookId};
use uuid::Uuid;

use crate::effect::Effect;
use crate::lane::Tx;
use crate::rows::outbound::OutboundRow;
use crate::rows::{id, notice, text};

/// Which notices go before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::changes) enum Chain {
    /// Those of what it is about, if any are pending.
    GoesOn,
    /// None: what it is about did not exist before this transaction.
    Begins,
    /// None: it is a chain by itself.
    Apart,
}

/// Writes a notice for each webhook of the account that wants this event.
pub(in crate::changes) fn tell(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    kind: EventKind,
    about: Uuid,
    chain: Chain,
    facts: impl Fn() -> QueryResult<Facts>,
) -> QueryResult<()> {
    let webhooks = tx.hot.webhooks(tx.conn, account_id)?;
    for webhook in webhooks.iter().filter(|webhook| webhook.events.contains(kind)) {
        let mut facts = facts()?;
        facts.body = facts.body.filter(|_| webhook.takes_body(kind));
        write(tx, webhook, kind, about, chain, facts)?;
    }
    Ok(())
}

/// Writes a notice for this webhook. It is told at once if no earlier one of its chain is pending.
pub(in crate::changes) fn write(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    kind: EventKind,
    about: Uuid,
    chain: Chain,
    facts: Facts,
) -> QueryResult<NoticeId> {
    let id: NoticeId = tx.id();
    let first = chain != Chain::GoesOn || notice::first_pending(tx.conn, webhook.id, about)?.is_none();
    let notice = Notice {
        id,
        event_id: id,
        webhook_id: webhook.id,
        account_id: webhook.account_id,
        kind,
        about,
        chain: if chain == Chain::Apart { id.uuid() } else { about },
        facts,
        created_at: tx.now,
        paused_before: webhook.paused_until(tx.now),
        attempts: 0,
        status: NoticeStatus::Pending,
        next_at: first.then_some(tx.now),
    };
    notice::insert(tx.conn, &notice)?;
    if first && !webhook.status.is_paused() {
        tx.effect(Effect::NoticeWaits { webhook_id: webhook.id });
    }
    Ok(id)
}

/// A message has come to this state.
pub(in crate::changes) fn message(
    tx: &mut Tx<'_>,
    row: &OutboundRow,
    kind: EventKind,
    chain: Chain,
    at: Timestamp,
    reason: Option<&str>,
) -> QueryResult<()> {
    let about: Uuid = id(&row.id)?;
    tell(tx, id(&row.account_id)?, kind, about, chain, || {
        Ok(Facts {
            device_id: Some(id(&row.device_id)?),
            number: Some(row.recipient.clone()),
            // The only one of these that has it.
            body: (kind == EventKind::OutboundQueued).then(|| text::unescape(row.body.clone())),
            slot: u8::try_from(row.slot).ok(),
            reason: reason.map(str::to_owned),
            ..Facts::at(at)
        })
    })
}

/// A report has changed a message: tells how, if its rank rose or nobody knows any more.
pub(in crate::changes) fn report(
    tx: &mut Tx<'_>,
    row: &OutboundRow,
    before: &MessageState,
    after: &MessageState,
) -> QueryResult<()> {
    if after.rank > before.rank {
        let kind = match after.rank {
            Rank::Queued | Rank::Dispatched => None,
            Rank::Sent => Some(EventKind::OutboundSent),
            Rank::Delivered => Some(EventKind::OutboundDelivered),
            Rank::FailedUnknown
            | Rank::Expired
            | Rank::Canceled
            | Rank::FailedHub
            | Rank::FailedRadio
            | Rank::FailedReceipt => Some(EventKind::OutboundFailed),
        };
        if let Some(kind) = kind {
            let reason = after.failure.as_ref().map(|failure| failure.reason.as_str());
            message(tx, row, kind, Chain::GoesOn, after.at, reason)?;
        }
    }
    match after.uncertain_at.filter(|_| !before.is_uncertain() && after.is_uncertain()) {
        Some(at) => message(tx, row, EventKind::MessageUncertain, Chain::GoesOn, at, None),
        None => Ok(()),
    }
}

/// A notice has ended: the next one of its chain is told.
pub(in crate::changes) fn next_of_chain(tx: &mut Tx<'_>, webhook: WebhookId, chain: Uuid) -> QueryResult<()> {
    if let Some(next) = notice::first_pending(tx.conn, webhook, chain)? {
        notice::store_turn(tx.conn, next, tx.now)?;
        tx.effect(Effect::NoticeWaits { webhook_id: webhook });
    }
    Ok(())
}
