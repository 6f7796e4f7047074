//! What stands in the place of a value.
//!
//! A placeholder is `[LABEL_TAG]`: the label says what kind of value it stands for, the tag which. The tag is a keyed hash of
//! tenant, label and value and of nothing else, so the same value has the same placeholder in every request, nobody without the
//! key can tell a value from it, and no two tenants share one. Its alphabet is Crockford's base 32 in capitals, which has none of
//! the letters that are easily taken for digits.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Characters of a tag, five bits each: among a thousand values of one request, two have the same tag in one of two million.
pub(crate) const TAG: usize = 8;
/// Characters of a tag that is longer because another value of the request has the same short one.
pub(crate) const LONG_TAG: usize = 16;
/// Shortest key, in bytes.
pub const SHORTEST_KEY: usize = 16;

const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes placeholders and hashes.
#[derive(Clone)]
pub struct Placeholders {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Placeholders")
    }
}

/// The key is too short to keep values from being guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key of {0} bytes, of which at least {SHORTEST_KEY} are needed")]
pub struct KeyTooShort(pub usize);

impl Placeholders {
    /// Placeholders under a key.
    pub fn new(key: &[u8]) -> Result<Self, KeyTooShort> {
        if key.len() < SHORTEST_KEY {
            return Err(KeyTooShort(key.len()));
        }
        let keyed = Hmac::new_from_slice(key).map_err(|_| KeyTooShort(key.len()))?;
        Ok(Self { keyed })
    }

    /// A placeholder with a tag of so many characters.
    pub(crate) fn placeholder(&self, tenant: &str, label: &str, value: &str, tag: usize) -> String {
        let digest = self.digest(b"placeholder", tenant, label, value);
        let mut placeholder = format!("[{label}_");
        let bits = digest
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let mut bits = bits.peekable();
        for _ in 0..tag {
            let index = bits
                .by_ref()
                .take(5)
                .fold(0, |index, bit| index << 1 | usize::from(bit));
            placeholder.push(ALPHABET.get(index).copied().map_or('0', char::from));
        }
        placeholder.push(']');
        placeholder
    }

    /// A hash that stands for a value for good: 16 hexadecimal digits.
    pub fn hash(&self, tenant: &str, label: &str, value: &str) -> String {
        use std::fmt::Write as _;
        let digest = self.digest(b"hash", tenant, label, value);
        let mut hash = format!("[{label}#");
        for byte in digest.iter().take(8) {
            // Writing into a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        hash.push(']');
        hash
    }

    fn digest(&self, purpose: &[u8], tenant: &str, label: &str, value: &str) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        for part in [purpose, tenant.as_bytes(), label.as_bytes()] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            mac.update(part);
        }
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// What a placeholder is known by when a model has changed its case or spacing: its letters and digits, in capitals.
pub(crate) fn normal(placeholder: &str) -> String {
    let kept = placeholder.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|character| character.to_ascii_uppercase()).collect()
}

/// Where a text looks like what stands for a text that looks like a placeholder.
pub(crate) fn literal(text: &str) -> Vec<std::ops::Range<usize>> {
    const LONGEST: usize = 96;
    memchr::memchr_iter(b'[', text.as_bytes())
        .filter_map(|open| {
            let rest = text.as_bytes().get(open + 1..)?;
            let len = memchr::memchr2(b']', b'[', rest.get(..LONGEST.min(rest.len()))?)?;
            let end = open + len + 2;
            let tag = normal(text.get(open..end)?);
            let tag = tag.strip_prefix(crate::mask::LITERAL)?;
            (rest.get(len) == Some(&b']') && matches!(tag.len(), TAG | LONG_TAG)).then_some(open..end)
        })
        .collect()
}
