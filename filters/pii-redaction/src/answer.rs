//! Values back into a whole answer.

use std::ops::Range;

use penstock_pii::{Decoded, Manner, escape, number};
use penstock_sse::DecodeError;
use serde::de::IgnoredAny;

use crate::channel::{Channel, Giver, TooLarge};
use crate::opaque::is_opaque;
use crate::request::{apply, integral};
use crate::rule::Rule;
use crate::walk::{Kind, Leaf, walk};

/// The answer is no JSON, and cannot be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not JSON")]
pub(crate) struct Unreadable;

/// Why an answer cannot be given on as it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("an event cannot be read: {0}")]
    Event(#[from] DecodeError),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Broken {
    /// What statistics call it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Event(_) | Self::Unreadable(_) => "answer",
            Self::TooLarge(_) => "answer_too_large",
        }
    }
}

/// The answer with the client's own values in it; `None` if it stays as it is.
pub(crate) fn restore(body: &[u8], giver: &mut Giver<'_>) -> Result<Option<Vec<u8>>, Broken> {
    if !giver.screens() && !may_hold_placeholder(body) {
        return Ok(None);
    }
    let source = std::str::from_utf8(body).map_err(|_| Unreadable)?;
    check(source)?;
    let most = giver.room.max(body.len());
    let edits = edits(source, giver, |_| true)?;
    if edits.is_empty() {
        return Ok(None);
    }
    let answer = apply(source, &edits).into_bytes();
    if answer.len() > most {
        return Err(TooLarge.into());
    }
    Ok(Some(answer))
}

/// Whether a text is one JSON value.
pub(crate) fn check(source: &str) -> Result<(), Unreadable> {
    serde_json::from_str::<IgnoredAny>(source).map_err(|_| Unreadable)?;
    Ok(())
}

/// What changes in those texts of an answer, or of an event of one, that are `wanted`, by the places of their quotes.
pub(crate) fn edits(
    source: &str,
    giver: &mut Giver<'_>,
    wanted: impl Fn(&Range<usize>) -> bool,
) -> Result<Vec<(Range<usize>, String)>, TooLarge> {
    let mut edits = Vec::new();
    let mut room = Ok(());
    walk(source, Rule::Answer, |leaf| {
        if room.is_err() {
            return;
        }
        let (span, instead) = match leaf.kind {
            Kind::Number if giver.screens() => match number_instead(&leaf, giver) {
                Some(instead) => (leaf.span.clone(), instead),
                None => return,
            },
            Kind::Repetition if giver.screens() => (leaf.span.clone(), "null".to_owned()),
            Kind::Number | Kind::Repetition => return,
            Kind::Name | Kind::String => {
                let span = leaf.span.start.saturating_sub(1)..leaf.span.end + 1;
                if is_opaque(&leaf) {
                    return;
                }
                if !wanted(&span) || !giver.screens() && !may_hold_placeholder(leaf.raw.as_bytes()) {
                    return;
                }
                (span, string(&leaf, giver))
            }
        };
        if source.get(span.clone()) != Some(&*instead) {
            room = room.and_then(|()| giver.spend(instead.len()));
            edits.push((span, instead));
        }
    });
    room.map(|()| edits)
}

/// What becomes of a number that is new personal data.
fn number_instead(leaf: &Leaf<'_>, giver: &mut Giver<'_>) -> Option<String> {
    let screening = giver.screening.as_mut()?;
    let instead = screening.of_number(&integral(leaf.raw), leaf.name)?;
    Some(format!("\"{instead}\""))
}

/// What becomes of a string, with its quotes.
fn string(leaf: &Leaf<'_>, giver: &mut Giver<'_>) -> String {
    let text = Decoded::new(leaf.raw).text;
    if leaf.rule == Rule::Data
        && leaf.kind == Kind::String
        && let Some(number) = number(giver.vault, &text)
    {
        giver.restored += 1;
        return number.to_owned();
    }
    let restored = whole(&text, leaf.rule.manner(), leaf.name, giver);
    let mut quoted = String::with_capacity(restored.len() + 2);
    quoted.push('"');
    match restored == text {
        // As it was written.
        true => quoted.push_str(leaf.raw),
        false => escape(&restored, &mut quoted),
    }
    quoted.push('"');
    quoted
}

fn whole(text: &str, manner: Manner, name: &str, giver: &mut Giver<'_>) -> String {
    let mut channel = Channel::new(manner, name);
    let mut out = String::with_capacity(text.len());
    channel.push(giver, text, &mut out);
    channel.flush(giver, &mut out);
    out
}

/// Whether there is a bracket, or an escape that may be one.
fn may_hold_placeholder(bytes: &[u8]) -> bool {
    memchr::memchr(b'[', bytes).is_some() || memchr::memmem::find(bytes, b"\\u005").is_some()
}
