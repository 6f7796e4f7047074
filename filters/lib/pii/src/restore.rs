//! Values back into the places of their placeholders, in text that comes in pieces.

use std::borrow::Cow;
use std::ops::Range;

use crate::custom::is_joined;
use crate::json::{NESTED, Nesting, escape_deep};
use crate::screen::Instead;
use crate::vault::{Kept, Kind, Known, Vault};

/// Longest placeholder as a model may have written it, in bytes: spaces and escapes included.
const LONGEST: usize = 96;
/// Most blank space between a name in JSON and its colon.
const MOST_BLANK: usize = 8;
/// Most backslashes in front of a quote that means something.
const MOST_BACKSLASHES: usize = 32;

/// What a text is, which says what is taken for a placeholder and how its value lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Words, or a JSON value if it begins like one. Placeholders may have other case, and other spaces, dashes, underscores,
    /// backslashes and asterisks, which models add and leave out.
    Text,
    /// A JSON value. Placeholders as in a text.
    Json,
    /// What a provider has signed: only exact placeholders of texts, and where they stand alone, so that masking gives the
    /// same bytes again.
    Signed,
}

impl Manner {
    /// At the start of such a text, `levels` deep in which JSON may stand in strings of JSON.
    pub(crate) fn nesting(self, levels: u32) -> Nesting {
        match self {
            Self::Text => Nesting::of_text(levels),
            Self::Json => Nesting::of_json(levels),
            Self::Signed => Nesting::nowhere(),
        }
    }
}

/// The end of a text that may still become a placeholder once more of it has come.
pub struct Restorer {
    manner: Manner,
    nesting: Nesting,
    /// The last character that was given.
    last: Option<char>,
    /// The last byte of those in front that are not blank.
    sign: u8,
    held: String,
}

/// What stands at an opening bracket, a quote or a backslash.
enum Found<'v> {
    /// A placeholder of this many bytes, with its quotes if it gives them up, and its value.
    Placeholder(usize, Kept<'v>),
    /// What may become one.
    Beginning,
    Nothing,
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Restorer");
        shown
            .field("manner", &self.manner)
            .field("nesting", &self.nesting);
        shown.finish_non_exhaustive()
    }
}

impl Restorer {
    /// At the start of a text.
    pub fn new(manner: Manner) -> Self {
        Self {
            manner,
            nesting: manner.nesting(NESTED),
            last: None,
            sign: 0,
            held: String::new(),
        }
    }

    /// Appends to `out` what is sure of the text so far, with values in the places of placeholders, and holds back the
    /// rest. Values may be much longer than placeholders: none is put behind `most` bytes. Gives the number of values.
    pub fn push(&mut self, vault: &Vault, piece: &str, most: usize, out: &mut String) -> usize {
        self.pass(vault, piece, most, false, out)
    }

    /// Appends what is held back, at the end of the text. Gives the number of values.
    pub fn finish(&mut self, vault: &Vault, out: &mut String) -> usize {
        match self.held.is_empty() {
            true => 0,
            false => self.pass(vault, "", usize::MAX, true, out),
        }
    }

    /// Appends what stands for good in the place of something that the text had here, as a string where a number of JSON
    /// was. Gives the number of values that were held back in front of it.
    pub fn put(&mut self, vault: &Vault, instead: &Instead, out: &mut String) -> usize {
        let restored = self.finish(vault, out);
        let opening = self.nesting.opening().filter(|_| instead.is_number);
        let quote = opening.map_or_else(String::new, |backslashes| {
            "\\".repeat(backslashes.try_into().unwrap_or_default()) + "\""
        });
        out.extend([&*quote, &*instead.text, &*quote]);
        self.nesting.pass(&instead.text);
        self.given(&instead.text);
        restored
    }

    /// Whether nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn pass(&mut self, vault: &Vault, piece: &str, most: usize, is_end: bool, out: &mut String) -> usize {
        let held = std::mem::take(&mut self.held);
        let text = match held.is_empty() {
            true => Cow::Borrowed(piece),
            false => Cow::Owned(held + piece),
        };
        let mut rest = &*text;
        let mut restored = 0;
        while let Some(at) = self.next(vault, rest.as_bytes()) {
            let (before, here) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(before);
            self.nesting.pass(before);
            self.given(before);
            let len = match self.at(vault, here, is_end) {
                Found::Placeholder(len, kept) if out.len() <= most => {
                    let depth = match kept.kind {
                        Kind::Text => self.nesting.depth(),
                        Kind::Written(depth) => self.nesting.depth().saturating_sub(depth),
                        Kind::Number => 0,
                    };
                    escape_deep(kept.value, depth, out);
                    self.given(kept.value);
                    restored += 1;
                    len
                }
                Found::Beginning if !is_end => {
                    here.clone_into(&mut self.held);
                    return restored;
                }
                _ => {
                    let sign = here.get(..1).unwrap_or_default();
                    out.push_str(sign);
                    self.given(sign);
                    1
                }
            };
            let (passed, after) = here.split_at_checked(len).unwrap_or((here, ""));
            self.nesting.pass(passed);
            rest = after;
        }
        out.push_str(rest);
        self.nesting.pass(rest);
        self.given(rest);
        restored
    }

    /// Remembers the end of what was given.
    fn given(&mut self, text: &str) {
        self.last = text.chars().next_back().or(self.last);
        self.sign = text.trim_ascii_end().bytes().next_back().unwrap_or(self.sign);
    }

    /// Where a placeholder may start next. Only those of numbers have quotes of their own.
    fn next(&self, vault: &Vault, text: &[u8]) -> Option<usize> {
        if vault.is_empty() {
            None
        } else if vault.has_numbers() && self.manner != Manner::Signed {
            memchr::memchr3(b'[', b'"', b'\\', text)
        } else {
            memchr::memchr(b'[', text)
        }
    }

    /// What stands at the start of `text`.
    fn at<'v>(&self, vault: &'v Vault, text: &str, is_end: bool) -> Found<'v> {
        match (self.manner, text.starts_with('[')) {
            (Manner::Signed, _) => self.signed(vault, text, is_end),
            (_, true) => close(vault, text),
            (_, false) => self.number(vault, text, is_end),
        }
    }

    /// What stands at the start of `text`, if its value would be found there again.
    fn signed<'v>(&self, vault: &'v Vault, text: &str, is_end: bool) -> Found<'v> {
        let (len, kept) = match exact(vault, text) {
            Found::Placeholder(len, kept) if kept.kind == Kind::Text => (len, kept),
            Found::Beginning => return Found::Beginning,
            _ => return Found::Nothing,
        };
        let next = text.get(len..).and_then(|behind| behind.chars().next());
        if next.is_none() && !is_end {
            return Found::Beginning;
        }
        let (first, last) = (kept.value.chars().next(), kept.value.chars().next_back());
        match continues(self.last, first) || continues(last, next) {
            true => Found::Nothing,
            false => Found::Placeholder(len, kept),
        }
    }

    /// What stands at the start of `text`, which is a quote or a backslash: the placeholder of a number and its quotes,
    /// unless it names a member.
    fn number<'v>(&self, vault: &'v Vault, text: &str, is_end: bool) -> Found<'v> {
        let backslashes = text
            .bytes()
            .take(MOST_BACKSLASHES)
            .take_while(|byte| *byte == b'\\')
            .count();
        // In words, where JSON has a value.
        let is_value = self.nesting.is_words() && matches!(self.sign, 0 | b':' | b',' | b'[');
        let Some(expected) = self.nesting.opening().or(is_value.then_some(0)) else {
            return Found::Nothing;
        };
        let missing = expected.checked_sub(self.nesting.backslashes());
        let missing = missing.and_then(|missing| usize::try_from(missing).ok());
        match (text.as_bytes().get(backslashes), missing) {
            (None, Some(missing)) if backslashes <= missing => return Found::Beginning,
            (Some(b'"'), Some(missing)) if backslashes == missing => {}
            _ => return Found::Nothing,
        }
        let (quote, behind) = text.split_at_checked(backslashes + 1).unwrap_or((text, ""));
        if behind.is_empty() {
            return Found::Beginning;
        }
        let (len, kept) = match Some(behind)
            .filter(|behind| behind.starts_with('['))
            .map(|behind| close(vault, behind))
        {
            Some(Found::Placeholder(len, kept)) if kept.kind == Kind::Number => (len, kept),
            Some(Found::Beginning) => return Found::Beginning,
            _ => return Found::Nothing,
        };
        let behind = behind.get(len..).unwrap_or_default();
        let Some(after) = behind.strip_prefix(quote) else {
            return match quote.starts_with(behind) {
                true => Found::Beginning,
                false => Found::Nothing,
            };
        };
        let blank = after
            .bytes()
            .take(MOST_BLANK)
            .take_while(u8::is_ascii_whitespace)
            .count();
        match after.as_bytes().get(blank) {
            Some(b':') => Found::Nothing,
            None if blank < MOST_BLANK && !is_end => Found::Beginning,
            _ => Found::Placeholder(2 * quote.len() + len, kept),
        }
    }
}

/// A whole text with its values, and how many they are.
pub fn restore(vault: &Vault, text: &str, manner: Manner) -> (String, usize) {
    let mut restorer = Restorer::new(manner);
    let mut out = String::with_capacity(text.len());
    let restored = restorer.push(vault, text, usize::MAX, &mut out) + restorer.finish(vault, &mut out);
    (out, restored)
}

/// The number of JSON whose placeholder is all of a text.
pub fn number<'v>(vault: &'v Vault, text: &str) -> Option<&'v str> {
    match close(vault, text.trim()) {
        Found::Placeholder(len, kept) if kept.kind == Kind::Number && len == text.trim().len() => {
            Some(kept.value)
        }
        _ => None,
    }
}

/// Whether a word goes on from one character to the next.
fn continues(before: Option<char>, next: Option<char>) -> bool {
    before.is_some_and(is_joined) && next.is_some_and(is_joined)
}

/// The exact placeholders of texts that stand in a text: their places.
pub(crate) fn exact_placeholders(vault: &Vault, text: &str) -> Vec<Range<usize>> {
    memchr::memchr_iter(b'[', text.as_bytes())
        .filter_map(|open| match exact(vault, text.get(open..)?) {
            Found::Placeholder(len, _) => Some(open..open + len),
            Found::Beginning | Found::Nothing => None,
        })
        .collect()
}

/// The placeholders, or what comes close to one, that stand in a text: their places.
pub(crate) fn placeholders(vault: &Vault, text: &str) -> Vec<Range<usize>> {
    memchr::memchr_iter(b'[', text.as_bytes())
        .filter_map(|open| match close(vault, text.get(open..)?) {
            Found::Placeholder(len, _) => Some(open..open + len),
            Found::Beginning | Found::Nothing => None,
        })
        .collect()
}

/// A placeholder at the start of `text`, byte for byte.
fn exact<'v>(vault: &'v Vault, text: &str) -> Found<'v> {
    let ascii = text.bytes().take(LONGEST).take_while(u8::is_ascii).count();
    for end in 1..=ascii {
        match vault.exact(text.get(..end).unwrap_or_default()) {
            Known::Whole(kept) => return Found::Placeholder(end, kept),
            Known::Beginning => {}
            Known::No => return Found::Nothing,
        }
    }
    match text.len() {
        len if len == ascii && len < LONGEST => Found::Beginning,
        _ => Found::Nothing,
    }
}

/// What comes close to a placeholder at the start of `text`.
fn close<'v>(vault: &'v Vault, text: &str) -> Found<'v> {
    let mut seen = [0; LONGEST];
    let mut len = 0;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match byte {
            b'[' if at == 0 => continue,
            _ if at == 0 => return Found::Nothing,
            b' ' | b'_' | b'-' | b'\\' | b'*' => continue,
            b']' => {
                return match vault.normal(beginning(&seen, len)) {
                    Known::Whole(kept) => Found::Placeholder(at + 1, kept),
                    Known::Beginning | Known::No => Found::Nothing,
                };
            }
            byte if byte.is_ascii_alphanumeric() => {
                if let Some(place) = seen.get_mut(len) {
                    *place = byte.to_ascii_uppercase();
                    len += 1;
                }
            }
            _ => return Found::Nothing,
        }
        if matches!(vault.normal(beginning(&seen, len)), Known::No) {
            return Found::Nothing;
        }
    }
    match text.len() < LONGEST {
        true => Found::Beginning,
        false => Found::Nothing,
    }
}

/// What was seen so far, all of it ASCII.
fn beginning(seen: &[u8; LONGEST], len: usize) -> &str {
    let seen = seen.get(..len).unwrap_or_default();
    std::str::from_utf8(seen).unwrap_or_default()
}

#[cfg(test)]
mod tests;
