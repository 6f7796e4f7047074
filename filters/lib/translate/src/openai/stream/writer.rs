//! Chunks for an OpenAI client.

use penstock_chat::neutral::response::Event;
use penstock_chat::openai::response::sent::{
    Chunk, ChunkChoice, CompletionUsage, Delta, Function, ThinkingBlock, ToolCall,
};
use penstock_chat::{FinishReason, Usage};

use crate::error::to_json;
use crate::openai::response::{client_id, finish_name};
use crate::stream::{Options, StreamError, Writer};

/// A writer of a stream that has not begun.
pub(crate) fn writer(options: &Options) -> Box<dyn Writer> {
    Box::new(ChunkWriter {
        id: String::new(),
        model: String::new(),
        created: options.created,
        include_usage: options.include_usage,
        started: false,
        usage: None,
        thinking_block: 0,
        in_thinking: false,
    })
}

struct ChunkWriter {
    id: String,
    model: String,
    created: u64,
    include_usage: bool,
    started: bool,
    usage: Option<Usage>,
    /// Position of the reasoning block that is being written, or is next.
    thinking_block: usize,
    in_thinking: bool,
}

impl Writer for ChunkWriter {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), StreamError> {
        match event {
            Event::Start { id, model, usage } => {
                self.id = client_id(id).into_owned();
                self.model = model.clone().into_owned();
                self.usage = *usage;
                self.start(out);
            }
            Event::Text(text) => self.delta(
                out,
                Delta {
                    content: Some(text),
                    ..Delta::default()
                },
            ),
            Event::Refusal(text) => self.delta(
                out,
                Delta {
                    refusal: Some(text),
                    ..Delta::default()
                },
            ),
            Event::Thinking(text) => {
                self.in_thinking = true;
                let block = ThinkingBlock {
                    thinking: Some(text),
                    ..self.thinking("thinking")
                };
                self.delta(
                    out,
                    Delta {
                        reasoning_content: Some(text),
                        thinking_blocks: Some([block]),
                        ..Delta::default()
                    },
                );
            }
            Event::Signature(signature) => {
                self.in_thinking = true;
                let block = ThinkingBlock {
                    signature: Some(signature),
                    ..self.thinking("thinking")
                };
                self.delta(
                    out,
                    Delta {
                        thinking_blocks: Some([block]),
                        ..Delta::default()
                    },
                );
            }
            Event::RedactedThinking(data) => {
                self.close_thinking();
                let block = ThinkingBlock {
                    data: Some(data),
                    ..self.thinking("redacted_thinking")
                };
                self.delta(
                    out,
                    Delta {
                        thinking_blocks: Some([block]),
                        ..Delta::default()
                    },
                );
                self.in_thinking = true;
                self.close_thinking();
            }
            Event::BlockEnd => self.close_thinking(),
            Event::ToolStart { call, id, name } => self.tool(
                out,
                ToolCall {
                    index: Some(*call),
                    id: Some(id),
                    kind: Some("function"),
                    function: Function {
                        name: Some(name),
                        arguments: "",
                    },
                },
            ),
            Event::ToolArguments { call, fragment } => self.tool(
                out,
                ToolCall {
                    index: Some(*call),
                    function: Function {
                        name: None,
                        arguments: fragment,
                    },
                    ..ToolCall::default()
                },
            ),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Finish { reason, .. } => self.choice(out, Delta::default(), Some(*reason)),
            Event::End => {
                if let (true, Some(usage)) = (self.include_usage, self.usage) {
                    self.chunk(out, &[], Some(usage.into()));
                }
                penstock_sse::write(None, b"[DONE]", out);
            }
        }
        Ok(())
    }
}

impl ChunkWriter {
    fn start(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.started = true;
            let role = Some("assistant");
            self.delta(
                out,
                Delta {
                    role,
                    content: Some(""),
                    ..Delta::default()
                },
            );
        }
    }

    fn thinking<'a>(&self, kind: &'static str) -> ThinkingBlock<'a> {
        ThinkingBlock {
            index: Some(self.thinking_block),
            kind,
            ..ThinkingBlock::default()
        }
    }

    fn close_thinking(&mut self) {
        if std::mem::take(&mut self.in_thinking) {
            self.thinking_block = self.thinking_block.saturating_add(1);
        }
    }

    fn tool(&mut self, out: &mut Vec<u8>, call: ToolCall<'_>) {
        self.delta(
            out,
            Delta {
                tool_calls: Some([call]),
                ..Delta::default()
            },
        );
    }

    fn delta(&mut self, out: &mut Vec<u8>, delta: Delta<'_>) {
        self.choice(out, delta, None);
    }

    fn choice(&mut self, out: &mut Vec<u8>, delta: Delta<'_>, finish: Option<FinishReason>) {
        // A provider that leaves out its first event must not cost the client the role.
        self.start(out);
        let choice = ChunkChoice {
            index: 0,
            delta,
            logprobs: (),
            finish_reason: finish.map(finish_name),
        };
        self.chunk(out, &[choice], None);
    }

    fn chunk(&self, out: &mut Vec<u8>, choices: &[ChunkChoice<'_>], usage: Option<CompletionUsage>) {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage: self.include_usage.then_some(usage),
        };
        penstock_sse::write(None, &to_json(&chunk), out);
    }
}
