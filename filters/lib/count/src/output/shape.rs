//! The parts of an answer that are billed as output.

use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::counter::{Counter, Shape, pass, skip, string};
use crate::media;

/// OpenAI: a whole answer or a chunk.
#[derive(Clone, Default)]
pub(super) struct Choices {
    /// It has choices.
    pub(super) found: bool,
}

impl<'de> Shape<'de> for Choices {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "choices" => {
                self.found = true;
                pass(counter, Choice, map)
            }
            _ => skip(map),
        }
    }
}

#[derive(Clone)]
struct Choice;

impl<'de> Shape<'de> for Choice {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "delta" | "message" => pass(counter, Message::default(), map),
            _ => skip(map),
        }
    }
}

#[derive(Clone, Default)]
struct Message {
    reasons: bool,
}

impl<'de> Shape<'de> for Message {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "content" | "refusal" => pass(counter, Block, map),
            "reasoning_content" | "reasoning" => {
                let reasoning = map.next_value::<&'de RawValue>()?;
                // A provider that gives both means the same by them.
                let empty = matches!(reasoning.get(), "null" | "\"\"");
                if !empty && !std::mem::replace(&mut self.reasons, true) {
                    counter.value(reasoning);
                }
                Ok(())
            }
            "reasoning_details" if !self.reasons => pass(counter, Block, map),
            "audio" => pass(counter, Block, map),
            "tool_calls" => pass(counter, Call, map),
            "function_call" => pass(counter, Called, map),
            _ => skip(map),
        }
    }
}

#[derive(Clone)]
struct Call;

impl<'de> Shape<'de> for Call {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "function" | "custom" => pass(counter, Called, map),
            _ => skip(map),
        }
    }
}

#[derive(Clone)]
struct Called;

impl<'de> Shape<'de> for Called {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "name" | "arguments" | "input" => counter.value(map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// Anthropic: a whole answer, or the message that a stream begins with.
#[derive(Clone, Default)]
pub(super) struct Content {
    /// It has content.
    pub(super) found: bool,
}

impl<'de> Shape<'de> for Content {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "content" => {
                self.found = true;
                pass(counter, Block, map)
            }
            _ => skip(map),
        }
    }
}

/// Anthropic: an event of a stream.
#[derive(Clone)]
pub(super) struct Piece;

impl<'de> Shape<'de> for Piece {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "delta" | "content_block" => pass(counter, Block, map),
            "message" => pass(counter, Content::default(), map),
            _ => skip(map),
        }
    }
}

/// A block of content, or a piece of one; also a part of OpenAI's.
#[derive(Clone)]
struct Block;

impl<'de> Shape<'de> for Block {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "text" | "thinking" | "refusal" | "partial_json" | "name" | "summary" | "transcript" => {
                counter.value(map.next_value()?);
            }
            "input" => {
                let input = map.next_value::<&'de RawValue>()?;
                // A stream opens a call with none, and then tells its arguments.
                if input.get() != "{}" {
                    counter.value(input);
                }
            }
            "data" => {
                let data = string(counter, map)?.unwrap_or_default();
                counter.add(media::opaque(data.len()));
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}
