//! OpenAI's answers, and what calls itself compatible with them.

use std::borrow::Cow;

use penstock_chat::neutral::response::{Content, Event};
use penstock_translate::json::Object;
use serde_json::value::RawValue;

use super::{is_text, known_reason, none_of, object, objects, only, says, string};
use crate::answer::Unfit;

const END_MARK: &str = "[DONE]";

/// `finish_reason` in OpenAI's document, and the two by which vLLM and OpenRouter end a failed answer, which the reader
/// knows (read 2026-11).
const REASONS: &[&str] = &[
    "stop",
    "length",
    "tool_calls",
    "function_call",
    "content_filter",
    "error",
    "abort",
];

/// Content beside the choices: OpenAI's moderation results, Perplexity's sources (its API reference, read 2026-11).
const BESIDE: &[&str] = &[
    "moderation",
    "citations",
    "search_results",
    "images",
    "related_questions",
];

/// Members of a message or a delta that are read.
const MESSAGE: &[&str] = &[
    "role",
    "content",
    "refusal",
    "reasoning_content",
    "reasoning",
    "tool_calls",
    "thinking_blocks",
];

/// Chunk by chunk.
#[derive(Debug, Default)]
pub(in crate::answer) struct Watch {
    /// The reasoning block that the last piece belongs to.
    block: Option<String>,
}

impl Watch {
    pub(super) fn chunk<'a>(&mut self, data: &'a str) -> Result<Option<Blocks<'a>>, Unfit> {
        match data.trim() {
            END_MARK => Ok(None),
            data => self.body(data),
        }
    }

    pub(super) fn body<'a>(&mut self, body: &'a str) -> Result<Option<Blocks<'a>>, Unfit> {
        let body = object(body)?;
        if body.has("error") {
            return Err(Unfit::Error);
        }
        none_of(&body, BESIDE)?;
        let choices = objects(body.get("choices"))?;
        let [choice] = choices.as_slice() else {
            return match choices.is_empty() {
                true => Ok(None),
                false => Err(Unfit::SeveralChoices),
            };
        };
        let index = choice.get("index").map(RawValue::get);
        if !matches!(index, None | Some("null" | "0")) {
            return Err(Unfit::SeveralChoices);
        }
        none_of(choice, &["logprobs"])?;
        known_reason(choice, "finish_reason", REASONS)?;
        let said = |name| choice.get(name).filter(|value| value.get() != "null");
        match said("message").or(said("delta")) {
            Some(message) => self.message(&object(message.get())?),
            None => Ok(None),
        }
    }

    fn message<'a>(&mut self, message: &Object<'a>) -> Result<Option<Blocks<'a>>, Unfit> {
        only(message, MESSAGE)?;
        for name in ["content", "refusal", "reasoning_content", "reasoning"] {
            if message.get(name).is_some_and(|value| !is_text(value)) {
                return Err(Unfit::Foreign);
            }
        }
        objects(message.get("tool_calls"))?.iter().try_for_each(call)?;
        let pieces = objects(message.get("thinking_blocks"))?;
        if pieces.is_empty() {
            return Ok(None);
        }
        let pieces: Vec<Piece<'_>> = pieces
            .iter()
            .map(|piece| self.piece(piece))
            .collect::<Result<_, _>>()?;
        let plain = string(message, "reasoning_content").or(string(message, "reasoning"));
        let readable: String = pieces
            .iter()
            .filter(|piece| !piece.redacted)
            .map(|piece| piece.text.as_ref())
            .collect();
        match plain.is_none_or(|plain| plain == readable) {
            true => Ok(Some(Blocks(pieces))),
            false => Err(Unfit::Foreign),
        }
    }

    fn piece<'a>(&mut self, piece: &Object<'a>) -> Result<Piece<'a>, Unfit> {
        only(piece, &["index", "type", "thinking", "signature", "data"])?;
        let redacted = match string(piece, "type").as_deref() {
            Some("thinking") => false,
            Some("redacted_thinking") => true,
            _ => return Err(Unfit::Foreign),
        };
        // Only streams number them; in a whole answer each is a block.
        let index = piece.get("index").map(|index| index.get().to_owned());
        let begins = index.is_none() || index != self.block;
        self.block = index;
        let text = string(piece, if redacted { "data" } else { "thinking" });
        Ok(Piece {
            begins,
            redacted,
            text: text.unwrap_or_default(),
            signature: string(piece, "signature").filter(|signature| !signature.is_empty()),
        })
    }
}

fn call(call: &Object<'_>) -> Result<(), Unfit> {
    only(call, &["index", "id", "type", "function"])?;
    if call.has("type") && string(call, "type").as_deref() != Some("function") {
        return Err(Unfit::Foreign);
    }
    match call.get("function").filter(|function| says(function)) {
        Some(function) => only(&object(function.get())?, &["name", "arguments"]),
        None => Ok(()),
    }
}

/// Reasoning with its signatures, which our gateway gives to OpenAI clients beside the plain text: see
/// `penstock_chat::openai::response::sent`.
#[derive(Debug)]
pub(in crate::answer) struct Blocks<'a>(Vec<Piece<'a>>);

#[derive(Debug)]
struct Piece<'a> {
    begins: bool,
    redacted: bool,
    text: Cow<'a, str>,
    signature: Option<Cow<'a, str>>,
}

impl<'a> Blocks<'a> {
    /// Tells what they say.
    pub(in crate::answer) fn said(&self, each: &mut dyn FnMut(&Event<'_>)) {
        for piece in &self.0 {
            if piece.begins {
                each(&Event::BlockEnd);
            }
            let text = piece.text.as_ref().into();
            match piece.redacted {
                true => each(&Event::RedactedThinking(text)),
                false => each(&Event::Thinking(text)),
            }
            if let Some(signature) = &piece.signature {
                each(&Event::Signature(signature.as_ref().into()));
            }
        }
    }

    /// Puts them in the place of the plain text.
    pub(in crate::answer) fn replace_in(self, content: &mut Vec<Content<'a>>) {
        let plain = |content: &Content<'_>| matches!(content, Content::Thinking { .. });
        content.retain(|content| !plain(content));
        let blocks = self.0.into_iter().map(|piece| match piece.redacted {
            true => Content::RedactedThinking(piece.text),
            false => Content::Thinking {
                text: piece.text,
                signature: piece.signature,
            },
        });
        content.splice(0..0, blocks);
    }
}
