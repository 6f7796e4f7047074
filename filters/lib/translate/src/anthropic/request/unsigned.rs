//! Reasoning that the target has not signed, in an Anthropic client's conversation.
//!
//! An answer of another provider reaches the client with an empty signature, as that API has none. The client sends
//! it back, and Anthropic refuses the request: such blocks are left out, reported.

use serde_json::value::RawValue;

use crate::json::{self, Edit, Object};

/// What an answer says of which nothing is left.
const EMPTY: &str = r#"{"type":"text","text":"(empty)"}"#;

/// A conversation without reasoning that is not signed.
pub struct Signed {
    /// The value of `messages`.
    pub messages: String,
    /// The last answer calls tools, and no reasoning is left in it.
    pub thoughtless_calls: bool,
}

/// The conversation without what is not signed; `None` if all of it is.
pub fn without(messages: &RawValue) -> Option<Signed> {
    let messages = messages.get();
    if !may_hold_unsigned(messages) {
        return None;
    }
    let mut changed = false;
    let mut thoughtless_calls = false;
    let mut edited: Vec<String> = Vec::new();
    for message in json::elements(messages)? {
        let message = message.get();
        let (text, calls) = match answer(message) {
            Some(answer) => {
                changed = true;
                (answer.text, Some(answer.thoughtless_calls))
            }
            None => (message.to_owned(), None),
        };
        // Any answer after it, signed or without reasoning, takes its place as the last.
        thoughtless_calls = match calls {
            Some(calls) => calls,
            None => thoughtless_calls && !is_answer(message),
        };
        edited.push(text);
    }
    changed.then(|| Signed {
        messages: format!("[{}]", edited.join(",")),
        thoughtless_calls,
    })
}

struct Answer {
    text: String,
    thoughtless_calls: bool,
}

/// A message without its unsigned blocks, if it has some.
fn answer(message: &str) -> Option<Answer> {
    if !may_hold_unsigned(message) {
        return None;
    }
    let object = Object::parse_checked(message).ok()?;
    let blocks = json::elements(object.get("content")?.get())?;
    let (mut thinks, mut calls) = (false, false);
    let mut kept: Vec<&str> = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let block = block.get();
        let read = Object::parse_checked(block).ok()?;
        match read.get("type").and_then(json::string).as_deref() {
            Some("thinking") if is_unsigned(&read) => continue,
            Some("thinking" | "redacted_thinking") => thinks = true,
            Some("tool_use") => calls = true,
            _ => {}
        }
        kept.push(block);
    }
    if kept.len() == blocks.len() {
        return None;
    }
    if kept.is_empty() {
        kept.push(EMPTY);
    }
    let mut edit = Edit::new(&object);
    edit.set("content", format!("[{}]", kept.join(",")));
    Some(Answer {
        text: String::from_utf8(edit.apply()).ok()?,
        thoughtless_calls: calls && !thinks,
    })
}

fn is_unsigned(block: &Object<'_>) -> bool {
    block
        .get("signature")
        .and_then(json::string)
        .is_some_and(|signature| signature.is_empty())
}

fn is_answer(message: &str) -> bool {
    Object::parse_checked(message)
        .ok()
        .and_then(|message| json::string(message.get("role")?))
        .is_some_and(|role| role == "assistant")
}

/// A quick look that spares almost every text the parse. A name written with escapes is not found, and is left to
/// the provider.
fn may_hold_unsigned(json: &str) -> bool {
    const NAME: &[u8] = b"\"signature\"";
    memchr::memmem::find_iter(json.as_bytes(), NAME).any(|at| {
        let value = json.get(at + NAME.len()..).unwrap_or_default().trim_start();
        let value = value.strip_prefix(':').unwrap_or_default();
        value.trim_start().starts_with("\"\"")
    })
}
