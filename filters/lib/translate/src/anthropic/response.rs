//! Whole answers in Anthropic's wire form, to and from the neutral form.

use std::borrow::Cow;

use penstock_chat::FinishReason;
use penstock_chat::anthropic::response::sent::{Block, Message};
use penstock_chat::anthropic::response::{measured, received};
use penstock_chat::neutral::response::{Answer, Content};
use serde_json::value::RawValue;

use crate::dialect::rename_id;
use crate::error::{Malformed, from_json, settle, to_json};
use crate::response::{AnswerError, Context, Measured, ReadAnswer};

/// Reads an answer. Refuses one without a `content` array; an empty one is a legal answer of nothing.
pub(crate) fn read(body: &str) -> Result<ReadAnswer<'_>, AnswerError> {
    let received: received::Message<'_> = from_json(body)?;
    let Some(blocks) = received.content else {
        return Err(match super::error::read(body) {
            Some(report) => AnswerError::Provider(settle(None, report)),
            None => Malformed::whole("answer without content").into(),
        });
    };
    Ok(ReadAnswer {
        other_content_bytes: 0,
        answer: Answer {
            id: received.id.unwrap_or_default(),
            model: received.model.unwrap_or_default(),
            content: blocks.into_iter().filter_map(content).collect(),
            finish: received.stop_reason.as_deref().map(finish_reason),
            stop_sequence: received.stop_sequence,
            usage: received.usage.map(Into::into),
        },
    })
}

/// Measures an answer that has a `content` array.
pub(crate) fn measure(body: &str) -> Option<Measured<'_>> {
    let received: measured::Message<'_> = from_json(body).ok()?;
    Some(Measured {
        content_bytes: received.content?.content.0,
        model: received.model.unwrap_or_default(),
        finish: received.stop_reason.as_deref().map(finish_reason),
        usage: received.usage.map(Into::into),
    })
}

/// Anthropic's `stop_reason`. A reason that is not known still ends the answer.
pub(crate) fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "stop_sequence" => FinishReason::StopSequence,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        "pause_turn" => FinishReason::Pause,
        _ => FinishReason::Stop,
    }
}

/// The `stop_reason` for a client.
pub(crate) fn finish_name(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "end_turn",
        FinishReason::StopSequence => "stop_sequence",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        FinishReason::Pause => "pause_turn",
    }
}

/// A client's id for a provider's.
pub(crate) fn client_id(id: &str) -> Cow<'_, str> {
    rename_id(id, "chatcmpl-", "msg_")
}

/// The arguments of a tool call as they came, or nothing where there are none.
pub(crate) fn arguments(input: Option<&RawValue>) -> &str {
    match input.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(input) => input,
    }
}

fn content(block: received::Block<'_>) -> Option<Content<'_>> {
    Some(match block.kind.as_deref()? {
        "text" => Content::Text(block.text.unwrap_or_default()),
        "thinking" => Content::Thinking {
            text: block.thinking.unwrap_or_default(),
            signature: block.signature,
        },
        "redacted_thinking" => Content::RedactedThinking(block.data.unwrap_or_default()),
        "tool_use" => Content::ToolCall {
            id: block.id.unwrap_or_default(),
            name: block.name.unwrap_or_default(),
            arguments: Cow::Borrowed(arguments(block.input)),
        },
        _ => return None,
    })
}

/// Writes an answer.
pub(crate) fn write(_: &Context, answer: &Answer<'_>) -> Result<Vec<u8>, AnswerError> {
    let cut = answer.finish == Some(FinishReason::Length);
    let content: Vec<Block<'_>> = answer
        .content
        .iter()
        .map(|content| block(content, cut))
        .collect::<Result<_, _>>()?;
    let called = content.iter().any(|block| matches!(block, Block::ToolUse { .. }));
    let finish = answer.finish.unwrap_or(match called {
        true => FinishReason::ToolCalls,
        false => FinishReason::Stop,
    });
    Ok(to_json(&Message {
        id: &client_id(&answer.id),
        kind: "message",
        role: "assistant",
        model: &answer.model,
        content,
        stop_reason: Some(finish_name(finish)),
        stop_sequence: stop_sequence(finish, answer.stop_sequence.as_deref()),
        usage: answer.usage.unwrap_or_default().into(),
    }))
}

/// The sequence belongs to its reason and to no other.
pub(crate) fn stop_sequence(finish: FinishReason, sequence: Option<&str>) -> Option<&str> {
    sequence.filter(|_| finish == FinishReason::StopSequence)
}

fn block<'c>(content: &'c Content<'_>, cut: bool) -> Result<Block<'c>, Malformed> {
    Ok(match content {
        // Anthropic has no place for a refusal but the text.
        Content::Text(text) | Content::Refusal(text) => Block::Text { text },
        Content::Thinking { text, signature } => Block::Thinking {
            thinking: text,
            signature: signature.as_deref().unwrap_or_default(),
        },
        Content::RedactedThinking(data) => Block::RedactedThinking { data },
        Content::ToolCall { id, name, arguments } => Block::ToolUse {
            id,
            name,
            input: input(arguments, cut)?,
        },
    })
}

/// Arguments as the object that Anthropic has for them. A model may write something else; that is a failed answer,
/// unless the limit on output tokens cut it, where Anthropic leaves the input empty.
fn input(arguments: &str, cut: bool) -> Result<&RawValue, Malformed> {
    let trimmed = arguments.trim();
    let text = if trimmed.is_empty() { "{}" } else { trimmed };
    let parsed: Result<&RawValue, _> = serde_json::from_str(text);
    match parsed {
        Ok(input) if input.get().starts_with('{') => Ok(input),
        _ if cut => serde_json::from_str("{}").map_err(Malformed::from),
        _ => Err(Malformed::whole(
            "tool call whose arguments are not a JSON object",
        )),
    }
}
