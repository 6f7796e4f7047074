//! Entries as they are written down.
//!
//! A record is a format's version (1 byte), the first 16 bytes of a SHA-256, and what follows: key, partition (32 bytes
//! each), when it was stored and expires (8 bytes each), the number of the vector's components (4 bytes) and these in
//! fixed point (2 bytes each), then JSON. Numbers are little-endian. The hash is over the place of the record, too, so
//! that it is bad in any other.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fixed::Fixed;
use crate::{Answer, Entry, Key, Partition, Scope};

/// The only format that is known.
const VERSION: u8 = 1;
/// Of the hash.
const SUM: usize = 16;

/// What was read.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    /// Without its vector.
    pub(super) entry: Entry,
    pub(super) vector: Option<Fixed>,
    /// Bytes of the text, the scope and the answer.
    pub(super) text_bytes: usize,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error("format {found} of a record is unknown")]
    Version { found: u8 },
    #[error("a record is not as it was written")]
    Changed,
    #[error("a record cannot be serialised")]
    Unwritable,
}

#[derive(Serialize, Deserialize)]
struct Texts<'a> {
    tenant: Cow<'a, str>,
    namespace: Cow<'a, str>,
    model: Cow<'a, str>,
    text: Cow<'a, str>,
    answer: Cow<'a, Answer>,
}

/// Bytes of the text, the scope and the answer, all in all.
pub(super) fn texts(entry: &Entry) -> Result<Vec<u8>, RecordError> {
    let texts = Texts {
        tenant: Cow::Borrowed(&entry.scope.tenant),
        namespace: Cow::Borrowed(&entry.scope.namespace),
        model: Cow::Borrowed(&entry.scope.model),
        text: Cow::Borrowed(&entry.text),
        answer: Cow::Borrowed(&entry.answer),
    };
    serde_json::to_vec(&texts).map_err(|_| RecordError::Unwritable)
}

/// The record of an entry at `place`, given its [`texts`]. The vector is this one, and not the entry's.
pub(super) fn write(place: &[u8], entry: &Entry, vector: Option<&Fixed>, texts: &[u8]) -> Vec<u8> {
    let components = vector.map_or(0, Fixed::dimension);
    let mut bytes = Vec::with_capacity(128 + 2 * components + texts.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&[0; SUM]);
    bytes.extend_from_slice(&entry.key.0);
    bytes.extend_from_slice(&entry.partition.0);
    bytes.extend_from_slice(&entry.stored_ms.to_le_bytes());
    bytes.extend_from_slice(&entry.expires_ms.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(components).unwrap_or_default().to_le_bytes());
    if let Some(vector) = vector {
        vector.write(&mut bytes);
    }
    bytes.extend_from_slice(texts);
    let (_, rest) = bytes.split_at(1 + SUM);
    let sum = sum(place, rest);
    if let Some(space) = bytes.get_mut(1..=SUM) {
        space.copy_from_slice(&sum);
    }
    bytes
}

/// What was written at `place`.
pub(super) fn read(place: &[u8], bytes: &[u8]) -> Result<Record, RecordError> {
    let mut bytes = Bytes(bytes);
    let [version] = bytes.array()?;
    if version != VERSION {
        return Err(RecordError::Version { found: version });
    }
    let written: [u8; SUM] = bytes.array()?;
    if written != sum(place, bytes.0) {
        return Err(RecordError::Changed);
    }
    let key = Key(bytes.array()?);
    let partition = Partition(bytes.array()?);
    let stored_ms = u64::from_le_bytes(bytes.array()?);
    let expires_ms = u64::from_le_bytes(bytes.array()?);
    let components = u32::from_le_bytes(bytes.array()?);
    let components = usize::try_from(components).map_err(|_| RecordError::Changed)?;
    let vector = bytes.take(components.saturating_mul(2))?;
    let texts: Texts = serde_json::from_slice(bytes.0).map_err(|_| RecordError::Changed)?;
    let entry = Entry {
        key,
        partition,
        scope: Scope {
            tenant: texts.tenant.into_owned(),
            namespace: texts.namespace.into_owned(),
            model: texts.model.into_owned(),
        },
        text: texts.text.into_owned(),
        vector: None,
        answer: texts.answer.into_owned(),
        stored_ms,
        expires_ms,
    };
    Ok(Record {
        entry,
        vector: (components > 0).then(|| Fixed::read(vector)),
        text_bytes: bytes.0.len(),
    })
}

fn sum(place: &[u8], bytes: &[u8]) -> [u8; SUM] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update([VERSION])
        .chain_update(place)
        .chain_update(bytes)
        .finalize()
        .into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RecordError> {
        let (taken, left) = self.0.split_at_checked(count).ok_or(RecordError::Changed)?;
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let (taken, left) = self.0.split_first_chunk().ok_or(RecordError::Changed)?;
        self.0 = left;
        Ok(*taken)
    }
}

#[cfg(test)]
mod tests {
    use penstock_embed::Vector;

    use super::*;

    fn entry() -> Entry {
        Entry {
            key: Key([1; 32]),
            partition: Partition([2; 32]),
            scope: Scope {
                tenant: "a{b}|*-\u{0}\"é".to_owned(),
                namespace: String::new(),
                model: "fast".to_owned(),
            },
            text: "Wie spät\nist es?".to_owned(),
            vector: None,
            answer: Answer::default(),
            stored_ms: 3,
            expires_ms: u64::MAX,
        }
    }

    fn written(place: &[u8], vector: Option<&Fixed>) -> Vec<u8> {
        let entry = entry();
        write(place, &entry, vector, &texts(&entry).unwrap())
    }

    #[test]
    fn what_was_written_is_read() {
        let vector = Fixed::new(&Vector::new(vec![0.6, -0.8]).unwrap());
        for vector in [None, Some(vector)] {
            let record = read(b"here", &written(b"here", vector.as_ref())).unwrap();
            assert_eq!((record.entry, record.vector), (entry(), vector));
        }
    }

    #[test]
    fn a_record_with_any_byte_changed_or_cut_off_is_none() {
        let vector = Fixed::new(&Vector::new(vec![0.6, -0.8]).unwrap());
        let bytes = written(b"here", Some(&vector));
        for index in 0..bytes.len() {
            assert!(read(b"here", &bytes[..index]).is_err(), "{index}");
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[index] ^= 1 << bit;
                assert!(read(b"here", &changed).is_err(), "{index}");
            }
        }
        assert_eq!(read(b"there", &bytes), Err(RecordError::Changed));
    }

    #[test]
    fn a_record_of_another_format_says_so() {
        let mut bytes = written(b"here", None);
        bytes[0] = 2;
        assert_eq!(read(b"here", &bytes), Err(RecordError::Version { found: 2 }));
    }
}
