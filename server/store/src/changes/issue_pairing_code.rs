//! A pairing code for a new device, or for one that is paired again.

use diesel::prelude::*;
use relay_domain::pairing_code::LIFETIME;
use relay_domain::{AccountId, DeviceId, PairingId, Timestamp};

use crate::lane::{Change, Stream, Tx};
use crate::rows::device::DeviceRow;
use crate::rows::{account, device as device_rows, stream};
use crate::schema::{device, pairing};

/// What the code is for.
#[derive(Debug, Clone)]
pub enum PairTarget {
    /// A new device of this name.
    New(String),
    /// A device that exists: the phone is re-installed, revoked or replaced.
    Existing(DeviceId),
}

/// Issues a pairing code. The caller has drawn it; only a digest of its secret half comes here.
#[derive(Debug, Clone)]
pub struct IssuePairingCode {
    /// Whose device.
    pub account_id: AccountId,
    /// Which.
    pub target: PairTarget,
    /// Public half.
    pub public: String,
    /// Keyed digest of the secret half.
    pub secret_digest: [u8; 32],
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairingCodeVerdict {
    /// Issued.
    Issued {
        /// The device that it pairs.
        device_id: DeviceId,
        /// Until when.
        expires_at: Timestamp,
    },
    /// The public half belongs to a code that still lives: draw another.
    PublicTaken,
    /// No such account.
    NoSuchAccount,
    /// The account has no such device.
    NoSuchDevice,
}

impl Change for IssuePairingCode {
    type Verdict = PairingCodeVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<PairingCodeVerdict> {
        let Some(account) = account::load(tx.conn, self.account_id)? else {
            return Ok(PairingCodeVerdict::NoSuchAccount);
        };
        let living = pairing::table
            .filter(pairing::code.eq(&self.public))
            .filter(pairing::expires_at.gt(tx.now.nanos()));
        if diesel::select(diesel::dsl::exists(living)).get_result(tx.conn)? {
            return Ok(PairingCodeVerdict::PublicTaken);
        }
        let device_id = match &self.target {
            PairTarget::New(name) => add_device(tx, self.account_id, name, account.plan.quota)?,
            PairTarget::Existing(id) => match device_rows::load_of_account(tx.conn, self.account_id, *id)? {
                Some(_) => *id,
                None => return Ok(PairingCodeVerdict::NoSuchDevice),
            },
        };
        let expires_at = tx.now.plus(LIFETIME);
        let id: PairingId = tx.id();
        diesel::insert_into(pairing::table)
            .values((
                pairing::id.eq(id.as_bytes().as_slice()),
                pairing::account_id.eq(self.account_id.as_bytes().as_slice()),
                pairing::device_id.eq(device_id.as_bytes().as_slice()),
                pairing::code.eq(&self.public),
                pairing::secret_digest.eq(self.secret_digest.as_slice()),
                pairing::expires_at.eq(expires_at.nanos()),
                pairing::wrong_secrets.eq(0),
                pairing::used_at.eq(None::<i64>),
            ))
            .execute(tx.conn)?;
        Ok(PairingCodeVerdict::Issued { device_id, expires_at })
    }
}

fn add_device(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    name: &str,
    quota: relay_domain::plan::Quota,
) -> QueryResult<DeviceId> {
    let device_id: DeviceId = tx.id();
    let row = DeviceRow {
        id: device_id.as_bytes().to_vec(),
        account_id: account_id.as_bytes().to_vec(),
        name: name.to_owned(),
        generation: 0,
        paired_at: None,
        revoked_at: None,
        app_version: String::new(),
        os: String::new(),
        created_at: tx.now.nanos(),
        own_burst: None,
        own_refill_per_minute: None,
        deleted_at: None,
        leave_by: None,
    };
    diesel::insert_into(device::table).values(row).execute(tx.conn)?;
    let stream = Stream {
        device_id,
        account_id,
        paired: false,
        epoch: 0,
        connected: false,
        stalled: false,
        paused: false,
        journal: None,
        up: 0,
        down: 0,
        resume_head: 0,
        max_pending: 0,
        in_flight: 0,
        queued: 0,
        quota,
        // The bucket of a new device is full.
        arrival: tx.now,
        turns: [0; 3],
        last_seen_at: None,
        course: Default::default(),
        restored: Default::default(),
    };
    stream::insert(tx.conn, &stream)?;
    Ok(device_id)
}
