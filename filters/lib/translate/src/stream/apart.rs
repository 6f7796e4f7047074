//! The two sides of a translation apart: for those who keep what was streamed, and stream what they have kept.

use penstock_chat::Api;
use penstock_chat::neutral::response::Event;
use penstock_sse::Frame;

use super::progress::Tracker;
use super::{Options, Reader, Sink, StreamError, Writer};
use crate::dialect::dialect;

/// Reads a stream of one API into neutral events.
pub struct EventReader {
    reader: Box<dyn Reader>,
    tracker: Tracker,
}

impl EventReader {
    /// A reader of a stream that has not begun.
    pub fn new(provider: Api) -> Self {
        Self {
            reader: (dialect(provider).reader)(),
            tracker: Tracker::default(),
        }
    }

    /// Tells `each` what an event says, of several choices the first. [`Event::End`] is not among it, see
    /// [`EventReader::is_over`]; an event without data says nothing.
    pub fn read(
        &mut self,
        frame: &Frame<'_>,
        each: &mut (dyn FnMut(&Event<'_>) + Send),
    ) -> Result<(), StreamError> {
        if frame.data.is_empty() {
            return Ok(());
        }
        let (mut listener, mut out) = (Listener(each), Vec::new());
        let mut sink = Sink::new(&mut self.tracker, Some(&mut listener), &mut out);
        self.reader.read(frame, &mut sink)
    }

    /// Whether the mark that ends a stream has come.
    pub fn is_over(&self) -> bool {
        self.tracker.end_seen()
    }
}

impl std::fmt::Debug for EventReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventReader")
            .field("tracker", &self.tracker)
            .finish_non_exhaustive()
    }
}

/// Takes events where a client would.
struct Listener<'e>(&'e mut (dyn FnMut(&Event<'_>) + Send));

impl Writer for Listener<'_> {
    fn write(&mut self, event: &Event<'_>, _: &mut Vec<u8>) -> Result<(), StreamError> {
        (self.0)(event);
        Ok(())
    }
}

/// Writes neutral events as a stream of one API.
pub struct EventWriter(Box<dyn Writer>);

impl EventWriter {
    /// A writer of a stream that has not begun; `created` is in Unix seconds, and `include_usage` is for OpenAI's usage
    /// chunk, as Anthropic's streams always tell the usage.
    pub fn new(client: Api, created: u64, include_usage: bool) -> Self {
        Self((dialect(client).writer)(&Options {
            client,
            provider: client,
            created,
            include_usage,
            choices: 1,
        }))
    }

    /// Appends what the client gets for an event. [`Event::Finish`] must come, and then [`Event::End`].
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), StreamError> {
        self.0.write(event, out)
    }
}

impl std::fmt::Debug for EventWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventWriter").finish_non_exhaustive()
    }
}
