//! Pairing: an operator issues a code, a phone redeems it.

use relay_domain::pairing_code::{NotACode, PairingCode};
use relay_domain::{AccountId, DeviceId, Timestamp};
use relay_store::CommitError;
use relay_store::changes::{
    IssuePairingCode, PairTarget, PairingCodeVerdict, RedeemPairingCode, RedeemVerdict,
};

// Tries are counted where codes are redeemed, before a code is looked at.
pub use crate::limits::PairingTries;

use super::Relay;
use super::tokens::{DeviceToken, TokenError};

/// Draws before giving up: a million public halves, a handful of them alive.
const DRAWS: usize = 8;
/// Keeps these digests apart from those of API keys.
const DIGEST_PURPOSE: &str = "pairing";

/// A code to show once.
#[derive(Debug)]
pub struct IssuedCode {
    /// The code.
    pub code: PairingCode,
    /// The device that it pairs.
    pub device_id: DeviceId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why no code was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssuePairingError {
    /// There is no such account.
    #[error("there is no such account: `relay-hub account list` shows those there are")]
    NoSuchAccount,
    /// The account has no such device.
    #[error("the account has no such device: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// The store.
    #[error(transparent)]
    Store(#[from] CommitError),
}

/// A phone is paired.
#[derive(Debug)]
pub struct RedeemedCode {
    /// The device.
    pub device_id: DeviceId,
    /// Its token, shown once.
    pub token: String,
}

/// Why a code was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// Not ten letters and digits.
    #[error(transparent)]
    Malformed(#[from] NotACode),
    /// No such code.
    #[error("no such pairing code: check it, or ask for a new one")]
    Wrong,
    /// Used before.
    #[error("this pairing code was used: ask for a new one")]
    Used,
    /// Too old.
    #[error("this pairing code is older than ten minutes: ask for a new one")]
    Expired,
    /// Guessed too often.
    #[error("this pairing code was tried with wrong secrets too often: ask for a new one")]
    Burnt,
    /// The store.
    #[error(transparent)]
    Store(#[from] CommitError),
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Relay {
    /// Issues a code for a new device, or for one that is paired again.
    pub async fn issue_pairing_code(
        &self,
        account_id: AccountId,
        target: PairTarget,
    ) -> Result<IssuedCode, IssuePairingError> {
        for _ in 0..DRAWS {
            let code = PairingCode::from_random(rand::random());
            let change = IssuePairingCode {
                account_id,
                target: target.clone(),
                public: code.public.clone(),
                secret_digest: self.secrets.digest(DIGEST_PURPOSE, &code.secret),
            };
            match self.lane.api(change).await? {
                PairingCodeVerdict::Issued { device_id, expires_at } => {
                    return Ok(IssuedCode { code, device_id, expires_at });
                }
                PairingCodeVerdict::PublicTaken => {}
                PairingCodeVerdict::NoSuchAccount => return Err(IssuePairingError::NoSuchAccount),
                PairingCodeVerdict::NoSuchDevice => return Err(IssuePairingError::NoSuchDevice),
            }
        }
        Err(IssuePairingError::Store(CommitError::Busy))
    }

    /// Redeems a code that a phone shows.
    pub async fn redeem_pairing_code(&self, text: &str, model: String) -> Result<RedeemedCode, RedeemError> {
        let code = PairingCode::parse(text)?;
        let secret_digest = self.secrets.digest(DIGEST_PURPOSE, &code.secret);
        let change = RedeemPairingCode { public: code.public, secret_digest, model };
        match self.lane.api(change).await? {
            RedeemVerdict::Paired(paired) => {
                self.note_standing(paired.device_id).await;
                let token = DeviceToken { device_id: paired.device_id, generation: paired.generation };
                Ok(RedeemedCode { device_id: paired.device_id, token: self.sign_token(token)? })
            }
            RedeemVerdict::Wrong => Err(RedeemError::Wrong),
            RedeemVerdict::Used => Err(RedeemError::Used),
            RedeemVerdict::Expired => Err(RedeemError::Expired),
            RedeemVerdict::Burnt => Err(RedeemError::Burnt),
        }
    }
}
