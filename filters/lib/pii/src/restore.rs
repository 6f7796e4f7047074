//! Values back into the places of their placeholders, in text that comes in pieces.

use std::borrow::Cow;

use crate::vault::{Kept, Known, Vault};

/// Longest placeholder as a model may have written it, in bytes: spaces and escapes included.
const LONGEST: usize = 96;

/// How closely what a model has written must resemble a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Case aside, and spaces, dashes, underscores, backslashes and asterisks aside, which models add and leave out.
    Close,
    /// Byte for byte, so that masking gives the same bytes again.
    Exact,
}

/// What a value lands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// Text.
    Text,
    /// A string within the text of a JSON value.
    Json,
}

/// The end of a text that may still become a placeholder once more of it has come.
#[derive(Clone, Debug, Default)]
pub struct Restorer {
    held: String,
}

/// What stands at an opening bracket, or at a quote.
enum Found<'v> {
    /// A placeholder of this many bytes, and its value.
    Placeholder(usize, Kept<'v>),
    /// What may become one.
    Beginning,
    Nothing,
}

impl Restorer {
    /// Appends to `out` what is sure of the text so far, with values in the places of placeholders, and holds back the
    /// rest. Gives the number of values.
    pub fn push(
        &mut self,
        vault: &Vault,
        piece: &str,
        likeness: Likeness,
        landing: Landing,
        out: &mut String,
    ) -> usize {
        if vault.is_empty() {
            out.push_str(piece);
            return 0;
        }
        let held = std::mem::take(&mut self.held);
        let text = match held.is_empty() {
            true => Cow::Borrowed(piece),
            false => Cow::Owned(held + piece),
        };
        let mut rest = &*text;
        let mut restored = 0;
        while let Some(open) = next(vault, rest.as_bytes()) {
            let (before, here) = rest.split_at_checked(open).unwrap_or((rest, ""));
            out.push_str(before);
            rest = match at(vault, here, likeness) {
                Found::Placeholder(len, kept) => {
                    land(kept.value, landing, out);
                    restored += 1;
                    here.get(len..).unwrap_or_default()
                }
                Found::Beginning => {
                    here.clone_into(&mut self.held);
                    return restored;
                }
                Found::Nothing => {
                    // A bracket or a quote.
                    out.push_str(here.get(..1).unwrap_or_default());
                    here.get(1..).unwrap_or_default()
                }
            };
        }
        out.push_str(rest);
        restored
    }

    /// Whether something is held back.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// What is held back, at the end of the text: it has not become a placeholder.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// A whole text with its values.
pub fn restore(vault: &Vault, text: &str, likeness: Likeness, landing: Landing) -> (String, usize) {
    let mut restorer = Restorer::default();
    let mut out = String::with_capacity(text.len());
    let restored = restorer.push(vault, text, likeness, landing, &mut out);
    out.push_str(&restorer.finish());
    (out, restored)
}

/// The placeholders, or what comes close to one, that stand in a text: their places.
pub(crate) fn placeholders(vault: &Vault, text: &str) -> Vec<std::ops::Range<usize>> {
    memchr::memchr_iter(b'[', text.as_bytes())
        .filter_map(
            |open| match placeholder(vault, text.get(open..)?, Likeness::Close) {
                Found::Placeholder(len, _) => Some(open..open + len),
                Found::Beginning | Found::Nothing => None,
            },
        )
        .collect()
}

/// Where a placeholder may start next. Only those of numbers have quotes of their own.
fn next(vault: &Vault, text: &[u8]) -> Option<usize> {
    match vault.has_numbers() {
        true => memchr::memchr2(b'[', b'"', text),
        false => memchr::memchr(b'[', text),
    }
}

/// What stands at the start of `text`, which is an opening bracket or a quote.
fn at<'v>(vault: &'v Vault, text: &str, likeness: Likeness) -> Found<'v> {
    let Some(quoted) = text.strip_prefix('"') else {
        return placeholder(vault, text, likeness);
    };
    if !quoted.is_empty() && !quoted.starts_with('[') {
        return Found::Nothing;
    }
    match placeholder(vault, quoted, likeness) {
        Found::Placeholder(len, kept) if kept.is_number => match quoted.as_bytes().get(len) {
            Some(b'"') => Found::Placeholder(len + 2, kept),
            Some(_) => Found::Nothing,
            None => Found::Beginning,
        },
        Found::Placeholder(..) | Found::Nothing => Found::Nothing,
        Found::Beginning => Found::Beginning,
    }
}

/// What stands at the start of `text`, which is an opening bracket.
fn placeholder<'v>(vault: &'v Vault, text: &str, likeness: Likeness) -> Found<'v> {
    let mut seen = [0; LONGEST];
    let mut len = 0;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        let kept = match likeness {
            Likeness::Exact if byte.is_ascii() => byte,
            Likeness::Close if byte.is_ascii_alphanumeric() => byte.to_ascii_uppercase(),
            Likeness::Close if at == 0 || matches!(byte, b' ' | b'_' | b'-' | b'\\' | b'*') => continue,
            Likeness::Close if byte == b']' => {
                return match vault.normal(beginning(&seen, len)) {
                    Known::Whole(kept) => Found::Placeholder(at + 1, kept),
                    Known::Beginning | Known::No => Found::Nothing,
                };
            }
            _ => return Found::Nothing,
        };
        if let Some(place) = seen.get_mut(len) {
            *place = kept;
            len += 1;
        }
        let known = match likeness {
            Likeness::Exact => vault.exact(beginning(&seen, len)),
            Likeness::Close => vault.normal(beginning(&seen, len)),
        };
        match known {
            Known::Whole(kept) if likeness == Likeness::Exact => return Found::Placeholder(at + 1, kept),
            Known::Whole(_) | Known::Beginning => {}
            Known::No => return Found::Nothing,
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

fn land(value: &str, landing: Landing, out: &mut String) {
    match landing {
        Landing::Text => out.push_str(value),
        Landing::Json => escape(value, out),
    }
}

/// Appends a text as the inside of a JSON string.
pub fn escape(value: &str, out: &mut String) {
    use std::fmt::Write as _;
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests;
