//! The text of a key.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use penstock_config::KeyHash;
use thiserror::Error;

/// What every key begins with, so that people and scanners recognise one, and so that it is known for what must never
/// reach a provider.
pub const PREFIX: &str = "psk-";
/// Of the system's generator.
const RANDOM_BYTES: usize = 32;
/// What they take in base64.
const RANDOM_DIGITS: usize = (RANDOM_BYTES * 8).div_ceil(6);
/// Of an id that nobody has chosen: enough for the keys of one site, and short enough to be typed.
const ID_BYTES: usize = 6;

/// The text of a key. It is printed once, by whoever has made it.
pub struct Secret(String);

/// The system has no random bytes.
#[derive(Debug, Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness(#[from] getrandom::Error);

impl Secret {
    /// A new key, which nobody has had before.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The text, to be handed to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether `text` is written as [`Secret::generate`] writes keys.
pub fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == RANDOM_DIGITS
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

/// An id for a key of `tenant`.
///
/// # Errors
/// When the system has no random bytes.
pub fn new_id(tenant: &str) -> Result<String, NoRandomness> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes)?;
    let mut id: String = tenant
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    if id.is_empty() {
        id.push_str("key");
    }
    id.push('-');
    id.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_new_and_known_for_one() {
        let (first, second) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(first.reveal(), second.reveal());
        assert_ne!(first.hash(), second.hash());
        assert!(is_key(first.reveal()) && is_key(second.reveal()));
        assert_eq!(first.reveal().len(), "psk-".len() + 43);
    }

    #[test]
    fn what_is_not_written_like_a_key_is_none() {
        let key = Secret::generate().unwrap();
        let key = key.reveal();
        for text in [
            "",
            "psk-",
            "psk-short",
            &key[1..],
            &key[..46],
            &format!("{key}x"),
            &format!("{} ", &key[..46]),
            &format!("{},", &key[..46]),
            &format!("PSK-{}", &key[4..]),
            &format!("sk-{}", &key[3..]),
        ] {
            assert!(!is_key(text), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown_for_debugging() {
        let key = Secret::generate().unwrap();
        assert!(!format!("{key:?} {:?}", key.hash()).contains(&key.reveal()[4..]));
        assert!(!format!("{:?}", key.hash()).contains(&key.hash().to_hex()));
    }

    #[test]
    fn an_id_is_a_name_whatever_the_tenant_is_called() {
        for (tenant, begins) in [("acme", "acme-"), ("Ä b/c", "bc-"), ("…", "key-")] {
            let id = new_id(tenant).unwrap();
            assert!(id.starts_with(begins) && id.len() <= 64, "{id}");
        }
    }
}
