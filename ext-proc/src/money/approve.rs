//! Approval of dear requests: a token that says that somebody has seen the price of this very request.
//!
//! A token is bound to the caller, to the bytes of the body and to the amount that was shown, and ends after ten minutes.
//! That it is used once is the store's doing: [`Approvals::check`] returns what has to be claimed for it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use penstock_chat::MicroUsd;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    caller::Caller,
    store::{Account, Claim, Fail, Unsettled, Window},
};

/// The request header that carries a token.
pub const HEADER: &str = "x-penstock-approve";
/// How long a token is good.
pub const LIFETIME_MS: u64 = 600_000;
/// Fewest bytes of a key: what an attacker can try is far less.
pub const SHORTEST_KEY: usize = 16;
const LABEL: &[u8] = b"penstock approval 1";
const FORM: &str = "v1.";
/// Amount, end and nonce.
const STATED: usize = 24;
const MAC: usize = 32;

/// Why a key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It could be guessed.
    #[error("the key of approvals has {bytes} bytes; at least {SHORTEST_KEY}")]
    Short {
        /// How many it has.
        bytes: usize,
    },
}

/// Why a request may not go on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It has no token.
    #[error("the request may cost more than {above} dollars and needs approval")]
    Missing {
        /// What needs none.
        above: MicroUsd,
    },
    /// The token is none of ours for this caller and this body.
    #[error("the approval is not for this request")]
    Foreign,
    /// It was good.
    #[error("the approval has expired")]
    Expired,
    /// The request may cost more than what was approved.
    #[error("the request may cost more than what was approved")]
    Dearer,
}

/// A token that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What the client sends.
    pub text: String,
    /// Until when it is good, in milliseconds since the Unix epoch.
    pub expires_ms: u64,
}

/// Signs and checks approvals.
pub struct Approvals {
    above: MicroUsd,
    key: Hmac<Sha256>,
}

impl std::fmt::Debug for Approvals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approvals")
            .field("above", &self.above)
            .finish_non_exhaustive()
    }
}

impl Approvals {
    /// Requests that may cost more than `above` need one.
    ///
    /// # Errors
    /// When the key is too short.
    pub fn new(above: MicroUsd, key: &[u8]) -> Result<Self, KeyError> {
        let short = KeyError::Short { bytes: key.len() };
        if key.len() < SHORTEST_KEY {
            return Err(short);
        }
        Ok(Self {
            above,
            key: Hmac::new_from_slice(key).map_err(|_| short)?,
        })
    }

    /// Whether a request that may cost so much needs an approval.
    pub fn is_needed(&self, amount: MicroUsd) -> bool {
        amount > self.above
    }

    /// What a request without a token is told.
    pub fn missing(&self) -> Refused {
        Refused::Missing { above: self.above }
    }

    /// Approves `body` of `caller` for at most `amount`. `nonce` is random.
    pub fn issue(&self, caller: &Caller, body: &[u8], amount: MicroUsd, now_ms: u64, nonce: u64) -> Token {
        let expires_ms = now_ms.saturating_add(LIFETIME_MS);
        let mut bytes = Vec::with_capacity(STATED + MAC);
        for number in [amount.0, expires_ms, nonce] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        let mac = self.mac(caller, body, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        Token {
            text: format!("{FORM}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)),
            expires_ms,
        }
    }

    /// Checks the token of a request that may cost `amount`. What it returns is to be claimed with the rest of the request,
    /// so that the token is good once; the store must be there for it.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn check(
        &self,
        token: &str,
        caller: &Caller,
        body: &[u8],
        amount: MicroUsd,
        now_ms: u64,
    ) -> Result<Claim, Refused> {
        let bytes = token
            .strip_prefix(FORM)
            .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok())
            .filter(|bytes| bytes.len() == STATED + MAC)
            .ok_or(Refused::Foreign)?;
        let (stated, mac) = bytes.split_at(STATED);
        // Before anything that it states is believed; takes the same time wherever they differ.
        self.mac(caller, body, stated)
            .verify_slice(mac)
            .map_err(|_| Refused::Foreign)?;
        let mut numbers = stated
            .chunks_exact(8)
            .filter_map(|chunk| Some(u64::from_be_bytes(chunk.try_into().ok()?)));
        let (approved, expires_ms) = numbers.next().zip(numbers.next()).ok_or(Refused::Foreign)?;
        if now_ms >= expires_ms {
            return Err(Refused::Expired);
        }
        if amount.0 > approved {
            return Err(Refused::Dearer);
        }
        let digest = Sha256::digest(mac);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Claim {
            account: Account {
                name: format!("approval/{digits}"),
                window: Window::Until {
                    start_ms: expires_ms.saturating_sub(LIFETIME_MS),
                    end_ms: expires_ms,
                },
            },
            cap: 1,
            amount: 1,
            unsettled: Unsettled::Charged,
            fail: Fail::Closed,
        })
    }

    fn mac(&self, caller: &Caller, body: &[u8], stated: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(LABEL);
        let key = caller.key.as_deref();
        let parts = [
            caller.tenant.as_bytes(),
            key.unwrap_or_default().as_bytes(),
            if key.is_some() { b"key" } else { b"" },
            &Sha256::digest(body),
            stated,
        ];
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}
