//! Events of Anthropic. Types of events, blocks and deltas that are not known are skipped, as Anthropic asks of its
//! clients (docs.claude.com, streaming messages, read 2026-11).

use penstock_chat::anthropic::response::received::{Block, Counts, Delta, Event as Received, Message};
use penstock_chat::neutral::response::Event;
use penstock_sse::Frame;

use crate::anthropic::response::{arguments, finish_reason};
use crate::error::{Malformed, from_json, settle};
use crate::stream::{MAX_BLOCKS, Reader, Sink, StreamError};

/// A reader of a stream that has not begun.
pub(crate) fn reader() -> Box<dyn Reader> {
    Box::new(EventReader::default())
}

#[derive(Default)]
struct EventReader {
    counts: Counts,
    calls: Vec<Call>,
}

/// A block that is a tool call; its place in the list is its place among the calls.
struct Call {
    block: u64,
    has_arguments: bool,
}

impl Reader for EventReader {
    fn read(&mut self, frame: &Frame<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        let event: Received<'_> = from_json(&frame.data)?;
        let index = event.index.unwrap_or_default();
        match event.kind.as_deref().or(frame.event).unwrap_or_default() {
            "message_start" => self.start(event.message.unwrap_or_default(), sink),
            "content_block_start" => self.block_start(index, event.content_block.unwrap_or_default(), sink),
            "content_block_delta" => self.block_delta(index, event.delta.unwrap_or_default(), sink),
            "content_block_stop" => self.block_stop(index, sink),
            "message_delta" => {
                if let Some(counts) = event.usage {
                    self.counts.update(&counts);
                    sink.event(&Event::Usage(self.counts.into()))?;
                }
                let delta = event.delta.unwrap_or_default();
                match delta.stop_reason.as_deref().map(finish_reason) {
                    Some(reason) => sink.event(&Event::Finish {
                        reason,
                        stop_sequence: delta.stop_sequence,
                    }),
                    None => Ok(()),
                }
            }
            "message_stop" => sink.event(&Event::End),
            "error" => {
                let report = crate::anthropic::error::read(&frame.data).unwrap_or_default();
                Err(StreamError::Provider(settle(None, report)))
            }
            _ => Ok(()),
        }
    }

    fn end_mark(&self, out: &mut Vec<u8>) {
        penstock_sse::write(Some("message_stop"), br#"{"type":"message_stop"}"#, out);
    }
}

impl EventReader {
    fn start(&mut self, message: Message<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        sink.choice(0)?;
        if let Some(counts) = &message.usage {
            self.counts.update(&counts.of_start());
        }
        sink.event(&Event::Start {
            id: message.id.unwrap_or_default(),
            model: message.model.unwrap_or_default(),
            usage: message.usage.map(|_| self.counts.into()),
        })
    }

    fn block_start(&mut self, index: u64, block: Block<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        match block.kind.as_deref().unwrap_or_default() {
            "text" => fragment(block.text.map(Event::Text), sink),
            "thinking" => {
                fragment(block.thinking.map(Event::Thinking), sink)?;
                signature(block.signature, sink)
            }
            "redacted_thinking" => sink.event(&Event::RedactedThinking(block.data.unwrap_or_default())),
            "tool_use" => {
                let call = self.calls.len();
                if call >= MAX_BLOCKS {
                    return Err(Malformed::whole("too many tool calls").into());
                }
                // Anthropic streams the input in deltas and begins with `{}`; compatible servers may begin with all.
                let whole = Some(arguments(block.input)).filter(|input| !is_empty_object(input));
                self.calls.push(Call {
                    block: index,
                    has_arguments: whole.is_some(),
                });
                sink.event(&Event::ToolStart {
                    call,
                    id: block.id.unwrap_or_default(),
                    name: block.name.unwrap_or_default(),
                })?;
                match whole {
                    Some(input) => sink.event(&Event::ToolArguments {
                        call,
                        fragment: input.into(),
                    }),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn block_delta(&mut self, index: u64, delta: Delta<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        match delta.kind.as_deref().unwrap_or_default() {
            "text_delta" => fragment(delta.text.map(Event::Text), sink),
            "thinking_delta" => fragment(delta.thinking.map(Event::Thinking), sink),
            "signature_delta" => signature(delta.signature, sink),
            "input_json_delta" => {
                let Some(call) = self.calls.iter().rposition(|call| call.block == index) else {
                    return Ok(());
                };
                let Some(fragment) = delta.partial_json.filter(|text| !text.is_empty()) else {
                    return Ok(());
                };
                if let Some(call) = self.calls.get_mut(call) {
                    call.has_arguments = true;
                }
                sink.event(&Event::ToolArguments { call, fragment })
            }
            _ => Ok(()),
        }
    }

    fn block_stop(&mut self, index: u64, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        let call = self
            .calls
            .iter_mut()
            .enumerate()
            .rev()
            .find(|(_, call)| call.block == index);
        if let Some((call, state)) = call
            && !state.has_arguments
        {
            // A call without arguments is one of an empty object, in the APIs that have text for it.
            state.has_arguments = true;
            let fragment = "{}".into();
            sink.event(&Event::ToolArguments { call, fragment })?;
        }
        sink.event(&Event::BlockEnd)
    }
}

fn fragment(event: Option<Event<'_>>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
    match event.filter(Event::is_content) {
        Some(event) => sink.event(&event),
        None => Ok(()),
    }
}

fn signature(signature: Option<std::borrow::Cow<'_, str>>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
    match signature.filter(|signature| !signature.is_empty()) {
        Some(signature) => sink.event(&Event::Signature(signature)),
        None => Ok(()),
    }
}

fn is_empty_object(json: &str) -> bool {
    json.strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|inner| inner.trim().is_empty())
}
