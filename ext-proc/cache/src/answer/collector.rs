//! What a client got, on its way to an answer that is kept.

use penstock_chat::Api;
use penstock_chat::neutral::response::Event;
use penstock_sse::{DecodeError, Decoder, Frame};
use penstock_translate::json;
use penstock_translate::response::{self, AnswerError};
use penstock_translate::stream::{EventReader, StreamError};

use super::builder::Builder;
use super::foreign::Watch;
use super::pieces::said;
use super::{Answer, Unfit};

/// Room for what an event has beside its content: Azure's filter results have a kilobyte or two.
const EVENT_OVERHEAD: usize = 16 * 1024;

/// How large an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most memory of an answer, as [`Answer::bytes`] counts it, and most bytes of the body of one that is not a stream.
    pub bytes: usize,
}

/// Takes the body that a client got, piece by piece, and makes an [`Answer`] of it if that may be kept.
///
/// It holds at most the limit and one event or piece; once the answer is unfit it holds nothing and skips the rest.
#[derive(Debug)]
pub struct Collector {
    state: Result<State, Unfit>,
}

#[derive(Debug)]
enum State {
    Whole(Whole),
    Stream(Box<Stream>),
}

impl Collector {
    /// A collector of an answer in a client's dialect; `is_stream` if its content type is `text/event-stream`, and
    /// `keeps_tools` if answers that call tools are kept.
    pub fn new(dialect: Api, is_stream: bool, limits: Limits, keeps_tools: bool) -> Self {
        let builder = Builder::new(limits.bytes, keeps_tools);
        let state = match is_stream {
            true => State::Stream(Box::new(Stream {
                decoder: Decoder::new(limits.bytes.saturating_add(EVENT_OVERHEAD)),
                events: Events {
                    reader: EventReader::new(dialect),
                    watch: Watch::new(dialect),
                    builder,
                },
            })),
            false => State::Whole(Whole {
                dialect,
                body: Vec::new(),
                limit: limits.bytes,
                builder,
            }),
        };
        Self { state: Ok(state) }
    }

    /// Takes the next bytes of the body.
    pub fn push(&mut self, piece: &[u8]) {
        let taken = match &mut self.state {
            Ok(State::Whole(whole)) => whole.push(piece),
            Ok(State::Stream(stream)) => stream.push(piece),
            Err(_) => return,
        };
        if let Err(unfit) = taken {
            self.state = Err(unfit);
        }
    }

    /// Whether it is known already that the answer will not be kept.
    pub fn unfit(&self) -> Option<Unfit> {
        self.state.as_ref().err().copied()
    }

    /// The answer, when no more will come; `ended` if that is because the body was over, and not because client or
    /// provider have gone. A stream that has told its own end is complete either way.
    pub fn finish(self, ended: bool) -> Result<Answer, Unfit> {
        match self.state? {
            State::Whole(_) if !ended => Err(Unfit::Incomplete),
            State::Whole(whole) => whole.finish(),
            State::Stream(stream) => stream.finish(ended),
        }
    }
}

/// A body that is one JSON object.
#[derive(Debug)]
struct Whole {
    dialect: Api,
    body: Vec<u8>,
    limit: usize,
    builder: Builder,
}

impl Whole {
    fn push(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        if piece.len() > self.limit.saturating_sub(self.body.len()) {
            return Err(Unfit::TooLarge);
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    fn finish(mut self) -> Result<Answer, Unfit> {
        let text = json::check(&self.body).map_err(|_| Unfit::Malformed)?;
        let blocks = Watch::new(self.dialect).body(text)?;
        let mut answer = response::read(self.dialect, text.as_bytes()).map_err(|error| match error {
            AnswerError::Provider(_) => Unfit::Error,
            AnswerError::Malformed(_) => Unfit::Malformed,
        })?;
        if let Some(blocks) = blocks {
            blocks.replace_in(&mut answer.content);
        }
        let mut outcome = Ok(());
        said(&answer, &mut |event| {
            if outcome.is_ok() {
                outcome = self.builder.event(event);
            }
        });
        outcome?;
        self.builder.answer()
    }
}

/// A body that is an event stream.
#[derive(Debug)]
struct Stream {
    decoder: Decoder,
    events: Events,
}

impl Stream {
    fn push(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        self.decoder.push(piece);
        while let Some(frame) = self.decoder.next().map_err(undecodable)? {
            self.events.take(&frame)?;
        }
        Ok(())
    }

    fn finish(mut self, ended: bool) -> Result<Answer, Unfit> {
        if ended && let Some(frame) = self.decoder.finish().map_err(undecodable)? {
            self.events.take(&frame)?;
        }
        match self.events.reader.is_over() {
            true => self.events.builder.answer(),
            false => Err(Unfit::Incomplete),
        }
    }
}

/// The events of a stream.
#[derive(Debug)]
struct Events {
    reader: EventReader,
    watch: Watch,
    builder: Builder,
}

impl Events {
    fn take(&mut self, frame: &Frame<'_>) -> Result<(), Unfit> {
        self.read(frame).map_err(|unfit| match unfit {
            // The stream was cut inside of this event.
            Unfit::Malformed if !frame.terminated => Unfit::Incomplete,
            unfit => unfit,
        })
    }

    fn read(&mut self, frame: &Frame<'_>) -> Result<(), Unfit> {
        if frame.data.is_empty() {
            return Ok(());
        }
        if self.reader.is_over() {
            return Err(Unfit::Malformed);
        }
        // The SDKs raise at the name alone.
        if frame.event == Some("error") {
            return Err(Unfit::Error);
        }
        json::check(frame.data.as_bytes()).map_err(|_| Unfit::Malformed)?;
        let builder = &mut self.builder;
        let blocks = self.watch.event(frame.event, &frame.data)?;
        let mut outcome = Ok(());
        if let Some(blocks) = &blocks {
            blocks.said(&mut |event| {
                if outcome.is_ok() {
                    outcome = builder.event(event);
                }
            });
        }
        let mut each = |event: &Event<'_>| {
            let repeated = blocks.is_some() && matches!(event, Event::Thinking(_));
            if outcome.is_ok() && !repeated {
                outcome = builder.event(event);
            }
        };
        let read = self.reader.read(frame, &mut each);
        outcome?;
        read.map_err(|error| match error {
            StreamError::Provider(_) => Unfit::Error,
            StreamError::Malformed(_) => Unfit::Malformed,
        })
    }
}

fn undecodable(error: DecodeError) -> Unfit {
    match error {
        DecodeError::EventTooLarge { .. } => Unfit::TooLarge,
        DecodeError::InvalidUtf8 { .. } => Unfit::Malformed,
    }
}
