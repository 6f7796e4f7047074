//! The last turn: what the user said since the assistant spoke.

use penstock_chat::neutral::request::{Part, Role, Turn};
use penstock_translate::json::{self, Object};
use serde_json::value::RawValue;

use super::Bypass;

/// The place of the first message after the assistant's last. Refuses messages from there on that say anything but text:
/// the neutral form leaves out what it does not know, and takes a document of plain text for something that was said.
pub(super) fn start_of_last(messages: &[&RawValue]) -> Result<usize, Bypass> {
    let mut start = messages.len();
    for message in messages.iter().rev() {
        let message = object(message)?;
        let role = message.get("role").and_then(json::string).unwrap_or_default();
        match &*role {
            "assistant" if start == messages.len() => return Err(Bypass::Prefill),
            "assistant" => break,
            "tool" | "function" => return Err(Bypass::LastTurnNotText),
            _ if parts(&message)?.iter().all(is_text) => start = start.saturating_sub(1),
            _ => return Err(Bypass::LastTurnNotText),
        }
    }
    Ok(start)
}

/// What the user says in a turn, part by part on lines of their own. Instructions between the parts are not the user's.
pub(super) fn text(turn: &Turn<'_>) -> Result<String, Bypass> {
    if turn.role == Role::Assistant {
        return Err(Bypass::Prefill);
    }
    let mut texts = Vec::with_capacity(turn.parts.len());
    for part in &turn.parts {
        match part {
            Part::Text { text, .. } => texts.push(text.as_ref()),
            Part::Instruction { .. } => {}
            _ => return Err(Bypass::LastTurnNotText),
        }
    }
    let text = texts.join("\n").trim().to_owned();
    match text.is_empty() {
        true => Err(Bypass::NoUserTurn),
        false => Ok(text),
    }
}

/// The parts of a message's content; none where it is a string or nothing.
pub(super) fn parts<'a>(message: &Object<'a>) -> Result<Vec<Object<'a>>, Bypass> {
    match message.get("content") {
        Some(list) if list.get().starts_with('[') => {
            let parts = json::elements(list.get()).ok_or(Bypass::Invalid)?;
            parts.into_iter().map(object).collect()
        }
        _ => Ok(Vec::new()),
    }
}

pub(super) fn is_text(part: &Object<'_>) -> bool {
    part.get("type").and_then(json::string).as_deref() == Some("text")
}

pub(super) fn object(value: &RawValue) -> Result<Object<'_>, Bypass> {
    Object::parse_checked(value.get()).map_err(|_| Bypass::Invalid)
}
