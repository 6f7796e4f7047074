//! Chunks of an OpenAI-compatible provider.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use penstock_chat::neutral::response::Event;
use penstock_chat::openai::response::received::{Answer, Choice, Delta, ToolCall};
use penstock_sse::Frame;
use serde_json::value::RawValue;

use crate::error::{ApiError, ErrorKind, Malformed, from_json, settle};
use crate::json;
use crate::openai::response::{Said, finish_reason};
use crate::stream::{MAX_BLOCKS, Options, Reader, Sink, StreamError, forward_raw, forward_without};

const END_MARK: &str = "[DONE]";

/// A reader of a stream that has not begun.
pub(crate) fn reader() -> Box<dyn Reader> {
    Box::new(ChunkReader::default())
}

#[derive(Default)]
struct ChunkReader {
    started: bool,
    /// What the first choice has said.
    said: Said,
    /// The first choice's tool calls.
    calls: Vec<Call>,
    /// What the chunk read last is made of.
    last: Chunk,
}

/// What [`Reader::forward`] needs to know of a chunk.
#[derive(Default)]
struct Chunk {
    /// It has choices, a moderation result or an error: anything but usage that a client can make use of. Azure's
    /// first chunk, which carries the results of its prompt filter, has not, nor the other members that a client
    /// demands.
    speaks: bool,
    /// It tells the usage.
    usage: bool,
    /// Where its `usage` member stands, with one of the commas beside it.
    usage_span: Option<Range<usize>>,
}

struct Call {
    index: u64,
    /// Hash of the id.
    id: Option<u64>,
}

impl Reader for ChunkReader {
    fn read(&mut self, frame: &Frame<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        let data = frame.data.trim();
        self.last = Chunk {
            speaks: true,
            ..Chunk::default()
        };
        if data == END_MARK {
            return sink.event(&Event::End);
        }
        let chunk: Answer<'_> = from_json(data)?;
        let error = chunk.error.is_some_and(|error| error.get() != "null");
        let failed = error || chunk.choices.is_none();
        if let Some(report) = failed.then(|| crate::openai::error::read(data)).flatten() {
            return Err(StreamError::Provider(settle(None, report)));
        }
        let choices = chunk.choices.unwrap_or_default();
        self.last = Chunk {
            speaks: error || !choices.is_empty() || chunk.moderation.is_some(),
            usage: chunk.usage.text.is_some_and(|usage| usage.get() != "null"),
            usage_span: chunk.usage.text.and_then(|usage| member_span(&frame.data, usage)),
        };
        if !self.started && !choices.is_empty() {
            self.started = true;
            sink.event(&Event::Start {
                id: chunk.id.unwrap_or_default(),
                model: chunk.model.unwrap_or_default(),
                usage: None,
            })?;
        }
        for choice in choices {
            self.choice(choice, sink)?;
        }
        match chunk.usage.read {
            Some(usage) => sink.event(&Event::Usage(usage)),
            None => Ok(()),
        }
    }

    /// A client that did not ask for usage gets none, though Penstock always asks for it.
    fn forward(&self, frame: &Frame<'_>, options: &Options, out: &mut Vec<u8>) {
        let Chunk {
            speaks,
            usage,
            usage_span,
        } = &self.last;
        let told = *speaks || (*usage && options.include_usage);
        if !told {
            return;
        }
        match usage_span {
            Some(span) if !options.include_usage => forward_without(frame, span, out),
            _ => forward_raw(frame, out),
        }
    }

    fn end_mark(&self, out: &mut Vec<u8>) {
        penstock_sse::write(None, END_MARK.as_bytes(), out);
    }
}

/// Where the member of an object stands whose value borrows from the object's text: from the comma before it, or,
/// where it is the first, to the comma after it. `None` if the text is not what was read.
fn member_span(object: &str, value: &RawValue) -> Option<Range<usize>> {
    let value_start = json::offset_in(object.as_bytes(), value.get().as_bytes())?;
    let value_end = value_start + value.get().len();
    let name = object
        .get(..value_start)?
        .trim_end()
        .strip_suffix(':')?
        .trim_end();
    let before = name.strip_suffix('"')?;
    let before = before.get(..before.rfind('"')?)?.trim_end();
    if let Some(before) = before.strip_suffix(',') {
        return Some(before.len()..value_end);
    }
    let after = object.get(value_end..)?;
    let rest = after.trim_start();
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    Some(before.len()..object.len() - rest.len())
}

impl ChunkReader {
    fn choice(&mut self, choice: Choice<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        let index = choice.index.unwrap_or_default();
        sink.choice(index)?;
        if let Some(delta) = choice.delta {
            self.delta(delta, index == 0, sink)?;
        }
        // vLLM and OpenRouter end a failed answer so (read in their documents, 2026-11).
        if let Some("error" | "abort") = choice.finish_reason.as_deref() {
            let message = "the provider stopped in the middle of the answer";
            return Err(StreamError::Provider(ApiError::new(ErrorKind::Upstream, message)));
        }
        let stop_sequence = choice.stop_reason;
        match finish_reason(choice.finish_reason.as_deref(), stop_sequence.as_deref()) {
            Some(reason) => {
                let reason = if index == 0 {
                    self.said.correct(reason)
                } else {
                    reason
                };
                sink.event(&Event::Finish {
                    reason,
                    stop_sequence,
                })
            }
            None => Ok(()),
        }
    }

    fn delta(
        &mut self,
        delta: Delta<'_>,
        first_choice: bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), StreamError> {
        let fragments = [
            delta.reasoning_content.or(delta.reasoning).map(Event::Thinking),
            delta.content.map(Event::Text),
            delta.refusal.map(Event::Refusal),
        ];
        for event in fragments.into_iter().flatten().filter(Event::is_content) {
            self.said.refusal |= first_choice && matches!(event, Event::Refusal(_));
            sink.event(&event)?;
        }
        for piece in delta.tool_calls.unwrap_or_default() {
            match first_choice {
                true => self.call(piece, sink)?,
                false => sink.event(&Event::ToolArguments {
                    call: 0,
                    fragment: piece
                        .function
                        .and_then(|function| function.arguments)
                        .unwrap_or_default(),
                })?,
            }
        }
        Ok(())
    }

    /// Finds the call that a piece belongs to, or begins one. A piece without an index continues the last call
    /// unless it has an id; a known index with another id is another call: some compatible servers number every
    /// call 0.
    fn call(&mut self, piece: ToolCall<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError> {
        let id = piece.id.filter(|id| !id.is_empty());
        let id_hash = id.as_deref().map(hash);
        let known = self.calls.iter().rposition(|call| {
            let same_index = piece.index.is_none_or(|index| index == call.index);
            let same_id = id_hash.is_none() || call.id.is_none() || id_hash == call.id;
            same_index && same_id
        });
        let function = piece.function.unwrap_or_default();
        let call = match known {
            Some(call) => call,
            None => {
                let call = self.calls.len();
                if call >= MAX_BLOCKS {
                    return Err(Malformed::whole("too many tool calls").into());
                }
                self.calls.push(Call {
                    index: piece.index.unwrap_or(u64::try_from(call).unwrap_or(u64::MAX)),
                    id: id_hash,
                });
                self.said.call = true;
                sink.event(&Event::ToolStart {
                    call,
                    id: id.unwrap_or_else(|| Cow::Owned(format!("call_{call}"))),
                    name: function.name.unwrap_or_default(),
                })?;
                call
            }
        };
        match function.arguments.filter(|fragment| !fragment.is_empty()) {
            Some(fragment) => sink.event(&Event::ToolArguments { call, fragment }),
            None => Ok(()),
        }
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
