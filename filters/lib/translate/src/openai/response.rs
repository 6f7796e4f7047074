//! Whole answers in OpenAI's wire form, to and from the neutral form.

use std::borrow::Cow;

use penstock_chat::FinishReason;
use penstock_chat::neutral::response::{Answer, Content};
use penstock_chat::openai::response::sent::{Choice, Completion, Function, Message, ThinkingBlock, ToolCall};
use penstock_chat::openai::response::{measured, received};

use crate::dialect::rename_id;
use crate::error::{Malformed, from_json, settle, to_json};
use crate::response::{AnswerError, Context, Measured, ReadAnswer};

/// Reads an answer. Refuses one without choices: it would look like a success and say nothing.
pub(crate) fn read(body: &str) -> Result<ReadAnswer<'_>, AnswerError> {
    let received: received::Answer<'_> = from_json(body)?;
    let mut choices = received.choices.unwrap_or_default().into_iter();
    let Some(first) = choices.next() else {
        return Err(match super::error::read(body) {
            Some(report) => AnswerError::Provider(settle(None, report)),
            None => Malformed::whole("answer without choices").into(),
        });
    };
    let (content, said) = contents(first.delta.unwrap_or_default());
    let stated = finish_reason(first.finish_reason.as_deref(), first.stop_reason.as_deref());
    let others = choices
        .flat_map(|choice| contents(choice.delta.unwrap_or_default()).0)
        .map(|content| content.content_bytes());
    Ok(ReadAnswer {
        other_content_bytes: others.fold(0, u64::saturating_add),
        answer: Answer {
            id: received.id.unwrap_or_default(),
            model: received.model.unwrap_or_default(),
            content,
            finish: stated.map(|stated| said.correct(stated)),
            stop_sequence: first.stop_reason,
            usage: received.usage.read,
        },
    })
}

/// Measures an answer that has a choice.
pub(crate) fn measure(body: &str) -> Option<Measured<'_>> {
    let received: measured::Answer<'_> = from_json(body).ok()?;
    let usage = received.usage();
    let choices = received.choices?;
    let first = choices.first?;
    let stated = finish_reason(first.finish_reason.as_deref(), first.stop_reason.as_deref());
    let said = Said {
        call: first.calls(),
        refusal: first.refuses(),
    };
    Some(Measured {
        model: received.model.unwrap_or_default(),
        finish: stated.map(|stated| said.correct(stated)),
        usage,
        content_bytes: choices.content.0,
    })
}

/// What else an answer holds that bears on why it stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// A tool call.
    pub call: bool,
    /// A refusal.
    pub refusal: bool,
}

impl Said {
    /// Where a tool is forced, OpenAI itself says `stop` after a tool call, and a refusal ends with `stop` too;
    /// other APIs have reasons of their own for both.
    pub fn correct(self, stated: FinishReason) -> FinishReason {
        match stated {
            FinishReason::Stop if self.call => FinishReason::ToolCalls,
            FinishReason::Stop if self.refusal => FinishReason::ContentFilter,
            stated => stated,
        }
    }
}

/// OpenAI's `finish_reason`. A reason that is not known still ends the answer.
pub(crate) fn finish_reason(reason: Option<&str>, stop_reason: Option<&str>) -> Option<FinishReason> {
    Some(match reason? {
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        _ if stop_reason.is_some() => FinishReason::StopSequence,
        _ => FinishReason::Stop,
    })
}

/// The `finish_reason` for a client.
pub(crate) fn finish_name(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::Pause => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}

/// A client's id for a provider's.
pub(crate) fn client_id(id: &str) -> Cow<'_, str> {
    rename_id(id, "msg_", "chatcmpl-")
}

fn contents(message: received::Delta<'_>) -> (Vec<Content<'_>>, Said) {
    let mut content = Vec::new();
    let reasoning = message.reasoning_content.or(message.reasoning);
    if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
        let signature = None;
        content.push(Content::Thinking { text, signature });
    }
    if let Some(text) = message.content.filter(|text| !text.is_empty()) {
        content.push(Content::Text(text));
    }
    let refusal = message.refusal.filter(|text| !text.is_empty());
    let calls = message.tool_calls.unwrap_or_default();
    let said = Said {
        call: !calls.is_empty(),
        refusal: refusal.is_some(),
    };
    content.extend(refusal.map(Content::Refusal));
    content.extend(calls.into_iter().map(|call| {
        let function = call.function.unwrap_or_default();
        Content::ToolCall {
            id: call.id.unwrap_or_default(),
            name: function.name.unwrap_or_default(),
            arguments: function.arguments.unwrap_or_default(),
        }
    }));
    (content, said)
}

/// Writes an answer.
pub(crate) fn write(context: &Context, answer: &Answer<'_>) -> Result<Vec<u8>, AnswerError> {
    let (mut text, mut refusal, mut reasoning) = (None, None, None);
    let mut thinking_blocks = Vec::new();
    let mut tool_calls = Vec::new();
    for content in &answer.content {
        match content {
            Content::Text(fragment) => append(&mut text, fragment),
            Content::Refusal(fragment) => append(&mut refusal, fragment),
            Content::Thinking { text, signature } => {
                append(&mut reasoning, text);
                thinking_blocks.push(ThinkingBlock {
                    kind: "thinking",
                    thinking: Some(text),
                    signature: signature.as_deref(),
                    ..ThinkingBlock::default()
                });
            }
            Content::RedactedThinking(data) => thinking_blocks.push(ThinkingBlock {
                kind: "redacted_thinking",
                data: Some(data),
                ..ThinkingBlock::default()
            }),
            Content::ToolCall { id, name, arguments } => tool_calls.push(ToolCall {
                index: None,
                id: Some(id),
                kind: Some("function"),
                function: Function {
                    name: Some(name),
                    arguments,
                },
            }),
        }
    }
    // An answer of nothing is an empty text, as OpenAI has it; `null` means that something else was said.
    if text.is_none() && refusal.is_none() && tool_calls.is_empty() {
        text = Some(Cow::Borrowed(""));
    }
    let finish = answer.finish.unwrap_or(match tool_calls.is_empty() {
        true => FinishReason::Stop,
        false => FinishReason::ToolCalls,
    });
    Ok(to_json(&Completion {
        id: &client_id(&answer.id),
        object: "chat.completion",
        created: context.created,
        model: &answer.model,
        choices: [Choice {
            index: 0,
            message: Message {
                role: "assistant",
                content: text.as_deref(),
                refusal: refusal.as_deref(),
                reasoning_content: reasoning.as_deref(),
                thinking_blocks: &thinking_blocks,
                tool_calls: &tool_calls,
            },
            logprobs: (),
            finish_reason: finish_name(finish),
        }],
        usage: answer.usage.map(Into::into),
    }))
}

fn append<'a>(whole: &mut Option<Cow<'a, str>>, fragment: &'a str) {
    match whole {
        Some(whole) => whole.to_mut().push_str(fragment),
        None => *whole = Some(Cow::Borrowed(fragment)),
    }
}
