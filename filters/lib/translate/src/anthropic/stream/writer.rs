//! Events for an Anthropic client.
//!
//! A block is open until something of another kind comes. Tool calls are the exception: as OpenAI may interleave
//! them, one whose arguments are not complete stays open beside the next. The end waits for the usage, which OpenAI
//! sends after the finish reason.

use penstock_chat::anthropic::response::sent::{Block, Delta, Event as Sent, Message, MessageDelta};
use penstock_chat::neutral::response::Event;
use penstock_chat::{FinishReason, Usage};
use serde_json::value::RawValue;

use super::arguments::Arguments;
use crate::anthropic::response::{client_id, finish_name, stop_sequence};
use crate::error::{Malformed, to_json};
use crate::stream::{Options, StreamError, Writer};

/// A writer of a stream that has not begun.
pub(crate) fn writer(_: &Options) -> Box<dyn Writer> {
    Box::new(EventWriter::default())
}

#[derive(Default)]
struct EventWriter {
    started: bool,
    usage: Option<Usage>,
    /// The text or reasoning block that is open.
    open: Option<(Kind, usize)>,
    tools: Vec<Tool>,
    next_block: usize,
    finish: Option<(FinishReason, Option<String>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
}

struct Tool {
    block: usize,
    open: bool,
    arguments: Arguments,
}

impl Writer for EventWriter {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), StreamError> {
        match event {
            Event::Start { id, model, usage } => {
                self.usage = *usage;
                self.start(id, model, out);
            }
            // Anthropic has no place for a refusal but the text.
            Event::Text(text) | Event::Refusal(text) => {
                let index = self.block(Kind::Text, out);
                let delta = Delta::TextDelta { text };
                send(&Sent::ContentBlockDelta { index, delta }, out);
            }
            Event::Thinking(thinking) => {
                let index = self.block(Kind::Thinking, out);
                let delta = Delta::ThinkingDelta { thinking };
                send(&Sent::ContentBlockDelta { index, delta }, out);
            }
            Event::Signature(signature) => {
                let index = self.block(Kind::Thinking, out);
                let delta = Delta::SignatureDelta { signature };
                send(&Sent::ContentBlockDelta { index, delta }, out);
            }
            Event::RedactedThinking(data) => {
                self.close_all(out);
                let index = self.begin(Block::RedactedThinking { data }, out);
                send(&Sent::ContentBlockStop { index }, out);
            }
            Event::BlockEnd => self.close_open(out),
            Event::ToolStart { id, name, .. } => self.tool(id, name, out)?,
            Event::ToolArguments { call, fragment } => self.arguments(*call, fragment, out)?,
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Finish {
                reason,
                stop_sequence,
            } => {
                self.finish = Some((*reason, stop_sequence.as_deref().map(str::to_owned)));
            }
            Event::End => self.end(out),
        }
        Ok(())
    }
}

impl EventWriter {
    /// Begins the message. The counts are not known yet where the provider is OpenAI; those at the end replace them.
    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let message = Message {
            id: &client_id(id),
            kind: "message",
            role: "assistant",
            model,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: self.usage.unwrap_or_default().into(),
        };
        send(&Sent::MessageStart { message }, out);
    }

    /// The open block of a kind, begun if need be.
    fn block(&mut self, kind: Kind, out: &mut Vec<u8>) -> usize {
        match self.open {
            Some((open, index)) if open == kind => index,
            _ => {
                self.close_all(out);
                let index = self.begin(
                    match kind {
                        Kind::Text => Block::Text { text: "" },
                        Kind::Thinking => Block::Thinking {
                            thinking: "",
                            signature: "",
                        },
                    },
                    out,
                );
                self.open = Some((kind, index));
                index
            }
        }
    }

    fn tool(&mut self, id: &str, name: &str, out: &mut Vec<u8>) -> Result<(), StreamError> {
        self.close_open(out);
        self.close_tools(true, out);
        let input: &RawValue = serde_json::from_str("{}").map_err(Malformed::from)?;
        let block = self.begin(Block::ToolUse { id, name, input }, out);
        self.tools.push(Tool {
            block,
            open: true,
            arguments: Arguments::default(),
        });
        Ok(())
    }

    fn arguments(&mut self, call: usize, fragment: &str, out: &mut Vec<u8>) -> Result<(), StreamError> {
        let tool = self.tools.get_mut(call).filter(|tool| tool.open);
        let Some(tool) = tool else {
            // White space after the object that closed the block says nothing.
            return match fragment.trim().is_empty() {
                true => Ok(()),
                false => Err(Malformed::whole("tool call continued after its end").into()),
            };
        };
        tool.arguments.push(fragment);
        let delta = Delta::InputJsonDelta {
            partial_json: fragment,
        };
        let index = tool.block;
        send(&Sent::ContentBlockDelta { index, delta }, out);
        Ok(())
    }

    fn begin(&mut self, content_block: Block<'_>, out: &mut Vec<u8>) -> usize {
        // A provider that leaves out its first event must not cost the client the message.
        self.start("", "", out);
        let index = self.next_block;
        self.next_block = self.next_block.saturating_add(1);
        send(&Sent::ContentBlockStart { index, content_block }, out);
        index
    }

    fn close_open(&mut self, out: &mut Vec<u8>) {
        if let Some((_, index)) = self.open.take() {
            send(&Sent::ContentBlockStop { index }, out);
        }
    }

    fn close_tools(&mut self, only_complete: bool, out: &mut Vec<u8>) {
        for tool in &mut self.tools {
            if tool.open && (!only_complete || tool.arguments.complete()) {
                tool.open = false;
                send(&Sent::ContentBlockStop { index: tool.block }, out);
            }
        }
    }

    fn close_all(&mut self, out: &mut Vec<u8>) {
        self.close_open(out);
        self.close_tools(false, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.start("", "", out);
        self.close_all(out);
        let (finish, sequence) = self.finish.take().unwrap_or((FinishReason::Stop, None));
        let delta = MessageDelta {
            stop_reason: finish_name(finish),
            stop_sequence: stop_sequence(finish, sequence.as_deref()),
        };
        let usage = self.usage.unwrap_or_default().into();
        send(&Sent::MessageDelta { delta, usage }, out);
        send(&Sent::MessageStop, out);
    }
}

fn send(event: &Sent<'_>, out: &mut Vec<u8>) {
    penstock_sse::write(Some(event.name()), &to_json(event), out);
}
