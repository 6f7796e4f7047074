//! Phrases in a text, byte by byte.

use super::super::super::endings::Endings;
use super::is_letter;
use crate::letters::lower;

/// Phrases in lower case, with single spaces, and what they end with.
pub(super) struct Phrases {
    pub list: &'static [&'static str],
    endings: Endings,
}

impl Phrases {
    pub const fn of(list: &'static [&'static str]) -> Self {
        Self {
            list,
            endings: Endings::of(list),
        }
    }

    /// How long the longest of them is in which a text ends.
    pub fn longest(&self, text: &[u8]) -> usize {
        let [.., before, last] = text else { return 0 };
        if !self.endings.has(*before, *last) {
            return 0;
        }
        let last = last.to_ascii_lowercase();
        let fits = |phrase: &&&str| {
            // The last byte of a letter beyond ASCII may be that of its small form.
            if phrase.as_bytes().last() != Some(&last) && last < 0x80 {
                return false;
            }
            let Some((before, here)) = text
                .len()
                .checked_sub(phrase.len())
                .and_then(|from| text.split_at_checked(from))
            else {
                return false;
            };
            let first = here.first().copied().unwrap_or_default();
            let is_whole = match before {
                // A quote, or another mark of General Punctuation.
                [.., 0xe2, 0x80, _] => true,
                // In a script without spaces, a phrase needs none in front; in `patientMrn` a word begins with a capital.
                [.., last] => {
                    !is_letter(*last)
                        || first >= 0xe3
                        || last.is_ascii_lowercase() && first.is_ascii_uppercase()
                }
                [] => true,
            };
            is_whole && is_phrase(here, phrase)
        };
        self.list
            .iter()
            .filter(fits)
            .map(|phrase| phrase.len())
            .max()
            .unwrap_or_default()
    }

    /// What follows the one that a text starts with.
    pub fn after<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let first = lower(0, *text.first()?, text.get(1).copied().unwrap_or_default());
        let after = |phrase: &&str| {
            if phrase.as_bytes().first() != Some(&first) {
                return None;
            }
            let (here, after) = text.split_at_checked(phrase.len())?;
            let is_whole = after.first().is_none_or(|next| !is_letter(*next))
                || phrase.as_bytes().first() >= Some(&0xe3);
            (is_whole && is_phrase(here, phrase)).then_some(after)
        };
        self.list.iter().find_map(after)
    }
}

/// Whether a text is a phrase, case aside, any of space, underscore and dash for a space.
fn is_phrase(text: &[u8], phrase: &str) -> bool {
    let mut before = 0;
    text.iter()
        .zip(phrase.bytes())
        .enumerate()
        .all(|(at, (here, byte))| {
            let same = match byte {
                b' ' => matches!(here, b' ' | b'_' | b'-'),
                _ => {
                    *here == byte
                        || lower(before, *here, text.get(at + 1).copied().unwrap_or_default()) == byte
                }
            };
            before = *here;
            same
        })
}
