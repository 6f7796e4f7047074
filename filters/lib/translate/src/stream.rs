//! Streamed answers on their way back, event by event.
//!
//! A provider's [`Reader`] turns each event into neutral ones. Between APIs the client's [`Writer`] makes events of
//! those, for the first choice only; within one API the event's own bytes go on, edited at most. Either way the
//! neutral events keep [`StreamState`] current, and nothing is held but what the next event needs.
//!
//! A stream that says it is over before it has given a finish reason is not complete: its end mark is not passed on,
//! so that [`Translator::end`] can say [`End::Incomplete`] and the filter can write an error in its place.

mod apart;
mod progress;

use std::ops::Range;

use penstock_chat::neutral::response::Event;
use penstock_chat::{Api, FinishReason, Usage};
use penstock_sse::Frame;

use crate::dialect::dialect;
use crate::error::{ApiError, Malformed};
use crate::json;

pub use apart::{EventReader, EventWriter};
pub(crate) use progress::Sink;
use progress::Tracker;

/// Most tool calls or blocks of one stream whose place is remembered. Answers have a few.
pub(crate) const MAX_BLOCKS: usize = 1024;

/// Most choices of one stream; OpenAI's limit for `n`.
pub(crate) const MAX_CHOICES: u64 = 128;

/// Who answers whom, and what the client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The dialect to answer in.
    pub client: Api,
    /// The dialect of the stream.
    pub provider: Api,
    /// Unix seconds, for OpenAI's `created`.
    pub created: u64,
    /// Whether the client is to see OpenAI's usage chunk.
    pub include_usage: bool,
    /// How many choices the client asked for.
    pub choices: u32,
}

/// What one event brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Text, reasoning, a refusal or a part of a tool call: after it, the answer cannot be taken back.
    pub content: bool,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a finish reason for every choice; what was missing after that has been written.
    Complete,
    /// Too early. The client has got no end mark: an error event is to follow.
    Incomplete,
}

/// What is known of a stream so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamState {
    /// What was used, as last stated.
    pub usage: Option<Usage>,
    /// Why the first choice stopped.
    pub finish: Option<FinishReason>,
    /// The model that answers, as the provider names it.
    pub model: Option<String>,
    /// Text, reasoning and tool arguments of all choices, in bytes.
    pub output_text_bytes: u64,
}

/// Why a stream cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// An event is not one of the provider's API.
    #[error("malformed event: {0}")]
    Malformed(#[from] Malformed),
    /// The provider reports an error.
    #[error("the provider reported an error of kind `{}`", .0.kind.as_str())]
    Provider(ApiError),
}

/// The provider's side: one for each API.
pub(crate) trait Reader: Send {
    /// Tells `sink` what an event says.
    fn read(&mut self, frame: &Frame<'_>, sink: &mut Sink<'_>) -> Result<(), StreamError>;

    /// Appends for a client of the same API the event that was read last.
    fn forward(&self, frame: &Frame<'_>, options: &Options, out: &mut Vec<u8>) {
        let _ = options;
        forward_raw(frame, out);
    }

    /// Appends the mark that ends a stream.
    fn end_mark(&self, out: &mut Vec<u8>);
}

/// The client's side: one for each API.
pub(crate) trait Writer: Send {
    /// Appends what the client gets for a neutral event. [`Event::End`] comes once, after a finish.
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), StreamError>;
}

/// Appends an event as it came, with the blank line that it may lack.
pub(crate) fn forward_raw(frame: &Frame<'_>, out: &mut Vec<u8>) {
    if frame.terminated {
        out.extend_from_slice(frame.raw);
    } else {
        penstock_sse::write(frame.event, frame.data.as_bytes(), out);
    }
}

/// Appends an event without a part of its data, every other byte as it came where the data is one line.
pub(crate) fn forward_without(frame: &Frame<'_>, part: &Range<usize>, out: &mut Vec<u8>) {
    let data = frame.data.as_bytes();
    let in_raw = json::offset_in(frame.raw, data).filter(|_| frame.terminated);
    let cut = |bytes: &mut Vec<u8>, text: &[u8], start: usize| {
        bytes.extend_from_slice(text.get(..start + part.start).unwrap_or_default());
        bytes.extend_from_slice(text.get(start + part.end..).unwrap_or_default());
    };
    if let Some(start) = in_raw {
        return cut(out, frame.raw, start);
    }
    let mut rest = Vec::with_capacity(data.len());
    cut(&mut rest, data, 0);
    penstock_sse::write(frame.event, &rest, out);
}

/// Translates one stream.
pub struct Translator {
    options: Options,
    reader: Box<dyn Reader>,
    /// `None` within one API.
    writer: Option<Box<dyn Writer>>,
    tracker: Tracker,
    closed: bool,
}

impl Translator {
    /// A translator for a stream that has not begun.
    pub fn new(options: Options) -> Self {
        let foreign = options.client != options.provider;
        Self {
            reader: (dialect(options.provider).reader)(),
            writer: foreign.then(|| (dialect(options.client).writer)(&options)),
            options,
            tracker: Tracker::default(),
            closed: false,
        }
    }

    /// Takes the next event and appends to `out` what the client is to get for it. After an error, and after the
    /// provider's end mark, events are ignored.
    pub fn event(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<Progress, StreamError> {
        if self.closed {
            return Ok(Progress::default());
        }
        if frame.data.is_empty() {
            if self.writer.is_none() {
                forward_raw(frame, out);
            }
            return Ok(Progress::default());
        }
        let before = out.len();
        let writer = self.writer.as_deref_mut().map(|writer| writer as &mut dyn Writer);
        let mut sink = Sink::new(&mut self.tracker, writer, out);
        let read = self.reader.read(frame, &mut sink);
        let progress = sink.progress();
        match read {
            Ok(()) => {}
            // The stream was cut inside this event. Whether that is a loss is for `end` to say.
            Err(StreamError::Malformed(_)) if !frame.terminated => {
                out.truncate(before);
                return Ok(Progress::default());
            }
            Err(error) => {
                out.truncate(before);
                self.closed = true;
                self.tracker.fail();
                return Err(error);
            }
        }
        if self.tracker.end_seen() {
            self.closed = true;
            self.close(Some(frame), out);
        } else if self.writer.is_none() {
            self.reader.forward(frame, &self.options, out);
        }
        Ok(progress)
    }

    /// Ends the stream, when the provider has.
    pub fn end(&mut self, out: &mut Vec<u8>) -> End {
        if !self.closed {
            self.closed = true;
            self.close(None, out);
        }
        match self.tracker.complete(self.options.choices) {
            true => End::Complete,
            false => End::Incomplete,
        }
    }

    /// What is known so far.
    pub fn state(&self) -> &StreamState {
        self.tracker.state()
    }

    /// Appends the end of the stream if it is complete; `mark` is the provider's own.
    fn close(&mut self, mark: Option<&Frame<'_>>, out: &mut Vec<u8>) {
        if !self.tracker.complete(self.options.choices) {
            return;
        }
        match (&mut self.writer, mark) {
            (Some(writer), _) => {
                if writer.write(&Event::End, out).is_err() {
                    self.tracker.fail();
                }
            }
            (None, Some(frame)) => forward_raw(frame, out),
            (None, None) => self.reader.end_mark(out),
        }
    }
}

impl std::fmt::Debug for Translator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translator")
            .field("options", &self.options)
            .field("tracker", &self.tracker)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
