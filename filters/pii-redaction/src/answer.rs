//! Values back into a whole answer.

use penstock_pii::{Landing, Likeness, escape};
use serde::de::IgnoredAny;

use crate::channel::{Channel, Giver};
use crate::request::apply;
use crate::rule::Rule;
use crate::text::Decoded;
use crate::walk::{Leaf, walk};

/// The answer is no JSON, and cannot be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The answer with the client's own values in it; `None` if it stays as it is.
pub(crate) fn restore(body: &[u8], giver: &mut Giver<'_>) -> Result<Option<Vec<u8>>, Unreadable> {
    if !giver.screens() && !may_hold_placeholder(body) {
        return Ok(None);
    }
    let source = std::str::from_utf8(body).map_err(|_| Unreadable)?;
    serde_json::from_str::<IgnoredAny>(source).map_err(|_| Unreadable)?;
    Ok(restore_json(source, Rule::Answer, giver).map(String::into_bytes))
}

/// The same for the text of one value that is right JSON.
pub(crate) fn restore_json(source: &str, root: Rule, giver: &mut Giver<'_>) -> Option<String> {
    let mut edits = Vec::new();
    walk(source, root, |leaf| {
        if !giver.screens() && (leaf.is_number || !may_hold_placeholder(leaf.raw.as_bytes())) {
            return;
        }
        if leaf.is_number {
            let screened = whole_text(leaf.raw, Likeness::Close, Landing::Json, giver);
            if screened != leaf.raw {
                edits.push((leaf.span, screened));
            }
            return;
        }
        // The whole string: a number's placeholder has quotes that it gives up.
        let whole = leaf.span.start.saturating_sub(1)..leaf.span.end + 1;
        let restored = match leaf.rule {
            Rule::Data if !leaf.raw.contains('\\') => {
                let quoted = source.get(whole.clone()).unwrap_or_default();
                whole_text(quoted, Likeness::Close, Landing::Json, giver)
            }
            _ => quoted(&leaf, giver),
        };
        if source.get(whole.clone()) != Some(&*restored) {
            edits.push((whole, restored));
        }
    });
    (!edits.is_empty()).then(|| apply(source, &edits))
}

fn quoted(leaf: &Leaf<'_>, giver: &mut Giver<'_>) -> String {
    let decoded = Decoded::new(leaf.raw);
    let (likeness, landing) = manner(leaf.rule);
    let restored = whole_text(&decoded.text, likeness, landing, giver);
    let mut quoted = String::with_capacity(restored.len() + 2);
    quoted.push('"');
    match restored == decoded.text {
        // As it was written.
        true => quoted.push_str(leaf.raw),
        false => escape(&restored, &mut quoted),
    }
    quoted.push('"');
    quoted
}

fn manner(rule: Rule) -> (Likeness, Landing) {
    match rule {
        Rule::Signed => (Likeness::Exact, Landing::Text),
        Rule::Json => (Likeness::Close, Landing::Json),
        _ => (Likeness::Close, Landing::Text),
    }
}

fn whole_text(text: &str, likeness: Likeness, landing: Landing, giver: &mut Giver<'_>) -> String {
    let mut channel = Channel::new(likeness, landing);
    let mut out = String::with_capacity(text.len());
    channel.push(giver, text, &mut out);
    channel.finish(giver, &mut out);
    out
}

/// Whether there is a bracket, or an escape that may be one.
pub(crate) fn may_hold_placeholder(bytes: &[u8]) -> bool {
    memchr::memchr(b'[', bytes).is_some() || memchr::memmem::find(bytes, b"\\u005").is_some()
}
