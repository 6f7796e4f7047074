//! Anthropic's answers.

use penstock_translate::json::Object;
use serde_json::value::RawValue;

use super::{known_reason, none_of, object, objects, only, says, string};
use crate::answer::Unfit;

/// `StopReason` and `BetaStopReason` (Python SDK 2.11, read 2026-11) that the reader knows.
const REASONS: &[&str] = &[
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "model_context_window_exceeded",
    "tool_use",
    "refusal",
    "pause_turn",
];

/// Most blocks that may be open at once; one is, or a few tool calls.
const MOST_OPEN: usize = 64;

/// Event by event, with the blocks that are open: the reader does not look at which block a piece belongs to.
#[derive(Debug, Default)]
pub(in crate::answer) struct Watch {
    open: Vec<(u64, Kind)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Redacted,
    Tool,
}

impl Watch {
    pub(super) fn event(&mut self, name: Option<&str>, data: &str) -> Result<(), Unfit> {
        let event = object(data)?;
        let kind = string(&event, "type");
        // The SDKs go by the name, the reader by the type.
        if kind.as_deref().zip(name).is_some_and(|(kind, name)| kind != name) {
            return Err(Unfit::Malformed);
        }
        match kind.as_deref().or(name).unwrap_or_default() {
            "message_start" => {
                let message = member(&event, "message")?;
                none_of(&message, &["content", "container"])?;
                known_reason(&message, "stop_reason", &[])
            }
            "content_block_start" => self.start(&event),
            "content_block_delta" => self.delta(&event),
            "content_block_stop" => {
                let index = index(&event)?;
                let place = self.open.iter().position(|(open, _)| *open == index);
                self.open.remove(place.ok_or(Unfit::Malformed)?);
                Ok(())
            }
            "message_delta" => {
                let delta = member(&event, "delta")?;
                none_of(&delta, &["container"])?;
                known_reason(&delta, "stop_reason", REASONS)
            }
            "message_stop" if self.open.is_empty() => Ok(()),
            "message_stop" => Err(Unfit::Malformed),
            "ping" => Ok(()),
            "error" => Err(Unfit::Error),
            _ => Err(Unfit::Foreign),
        }
    }

    fn start(&mut self, event: &Object<'_>) -> Result<(), Unfit> {
        let (index, kind) = (index(event)?, block(&member(event, "content_block")?)?);
        if self.open.len() >= MOST_OPEN || self.open.iter().any(|(open, _)| *open == index) {
            return Err(Unfit::Malformed);
        }
        self.open.push((index, kind));
        Ok(())
    }

    fn delta(&self, event: &Object<'_>) -> Result<(), Unfit> {
        let delta = member(event, "delta")?;
        let (kind, text) = match string(&delta, "type").as_deref() {
            Some("text_delta") => (Kind::Text, "text"),
            Some("thinking_delta") => (Kind::Thinking, "thinking"),
            Some("signature_delta") => (Kind::Thinking, "signature"),
            Some("input_json_delta") => (Kind::Tool, "partial_json"),
            _ => return Err(Unfit::Foreign),
        };
        only(&delta, &["type", text])?;
        let of = (index(event)?, kind);
        let found = match kind {
            // Tool calls may be open side by side; the reader tells them apart.
            Kind::Tool => self.open.contains(&of),
            _ => self.open.last() == Some(&of),
        };
        match found {
            true => Ok(()),
            false => Err(Unfit::Malformed),
        }
    }
}

/// Looks at a whole message.
pub(super) fn body(body: &str) -> Result<(), Unfit> {
    let message = object(body)?;
    let kind = string(&message, "type");
    if message.has("error") || kind.as_deref() == Some("error") {
        return Err(Unfit::Error);
    }
    if kind.is_some_and(|kind| kind != "message") {
        return Err(Unfit::Malformed);
    }
    none_of(&message, &["container"])?;
    known_reason(&message, "stop_reason", REASONS)?;
    objects(message.get("content"))?
        .iter()
        .try_for_each(|entry| block(entry).map(drop))
}

fn block(block: &Object<'_>) -> Result<Kind, Unfit> {
    let (kind, known): (_, &[&str]) = match string(block, "type").as_deref() {
        Some("text") => (Kind::Text, &["type", "text"]),
        Some("thinking") => (Kind::Thinking, &["type", "thinking", "signature"]),
        Some("redacted_thinking") => (Kind::Redacted, &["type", "data"]),
        Some("tool_use") => {
            // Called by the model itself, and not from code that Anthropic runs.
            if let Some(caller) = block.get("caller").filter(|caller| says(caller)) {
                only(&object(caller.get())?, &["type"])?;
                if string(&object(caller.get())?, "type").as_deref() != Some("direct") {
                    return Err(Unfit::Foreign);
                }
            }
            (Kind::Tool, &["type", "id", "name", "input", "caller"])
        }
        _ => return Err(Unfit::Foreign),
    };
    only(block, known).map(|()| kind)
}

fn member<'a>(event: &Object<'a>, name: &str) -> Result<Object<'a>, Unfit> {
    object(event.get(name).map(RawValue::get).ok_or(Unfit::Malformed)?)
}

fn index(event: &Object<'_>) -> Result<u64, Unfit> {
    let index = event.get("index").and_then(|index| index.get().parse().ok());
    index.ok_or(Unfit::Malformed)
}
