//! What an answer costs, whole or as it streams.
//!
//! Text, reasoning, refusals and calls of tools, of all choices and blocks, in the client's dialect. Each piece of a
//! stream is counted alone, as providers cut between tokens. An event that cannot be read is never free: it counts a
//! token for four bytes.

mod shape;

use penstock_chat::{Api, Tokens};
use penstock_sse::{DecodeError, Decoder, Frame};
use penstock_tokens::{Tokenizer, Vocabulary};
use serde::de::DeserializeSeed;

use crate::counter::{Counter, Shape};
use shape::{Choices, Content, Piece};

/// Bytes that are taken for a token where there is nothing to tokenize. OpenAI's help centre, "What are tokens and how
/// to count them?", read 2026-11: a token is about four characters of English.
pub const BYTES_PER_TOKEN: u64 = 4;

/// Counts a streamed answer as it passes. Holds no more than one event and the last piece.
#[derive(Debug)]
pub struct Streamed {
    client: Api,
    vocabulary: Vocabulary,
    decoder: Decoder,
    tokens: u64,
    /// Bytes that have come, and those of them in events that were read.
    pushed: u64,
    read: u64,
    /// An event was too large, and nothing can be read since.
    lost: bool,
    /// The data of the last event that had some and was no ping.
    last: String,
}

impl Streamed {
    /// Nothing counted yet; an event of more than `max_event_bytes` and all after it count by their bytes.
    pub fn new(client: Api, vocabulary: Vocabulary, max_event_bytes: usize) -> Self {
        Self {
            client,
            vocabulary,
            decoder: Decoder::new(max_event_bytes),
            tokens: 0,
            pushed: 0,
            read: 0,
            lost: false,
            last: String::new(),
        }
    }

    /// Counts the events that end in `bytes`.
    pub fn push(&mut self, tokenizer: &mut Tokenizer, bytes: &[u8]) {
        self.pushed = self.pushed.saturating_add(length(bytes.len()));
        self.decoder.push(bytes);
        while !self.lost {
            let waiting = self.decoder.pending();
            let next = self.decoder.next();
            if let Ok(Some(frame)) = &next
                && !frame.data.is_empty()
                && frame.event != Some("ping")
            {
                self.last.clear();
                self.last.push_str(&frame.data);
            }
            let event = Event::read(next, self.client, self.vocabulary, tokenizer);
            if !self.take(event, waiting) {
                break;
            }
        }
    }

    /// The data of the last whole event that had some and was no ping; empty before the first.
    pub fn last_event(&self) -> &str {
        &self.last
    }

    /// How many bytes at the end of the stream so far belong to an event whose end has not come. `None` if that
    /// cannot be told any more.
    pub fn unfinished(&self) -> Option<usize> {
        (!self.lost).then(|| self.decoder.pending())
    }

    /// Counts what is left when the stream has ended: an event without the blank line after it.
    pub fn finish(&mut self, tokenizer: &mut Tokenizer) {
        let waiting = self.decoder.pending();
        let event = Event::read(self.decoder.finish(), self.client, self.vocabulary, tokenizer);
        self.take(event, waiting);
    }

    /// All output tokens so far, before the family's factor.
    pub fn tokens(&self) -> Tokens {
        let lost = match self.lost {
            true => self.pushed.saturating_sub(self.read).div_ceil(BYTES_PER_TOKEN),
            false => 0,
        };
        Tokens(self.tokens.saturating_add(lost))
    }

    /// Adds an event, of which so many bytes were waiting before it was read; false if there was none.
    fn take(&mut self, event: Event, waiting: usize) -> bool {
        let bytes = length(waiting.saturating_sub(self.decoder.pending()));
        let tokens = match event {
            Event::Counted(tokens) => tokens,
            Event::Unreadable => bytes.div_ceil(BYTES_PER_TOKEN),
            Event::Lost => {
                self.lost = true;
                return true;
            }
            Event::None => return false,
        };
        self.read = self.read.saturating_add(bytes);
        self.tokens = self.tokens.saturating_add(tokens);
        true
    }
}

/// What has become of an event.
enum Event {
    Counted(u64),
    Unreadable,
    /// It was too large to be kept.
    Lost,
    None,
}

impl Event {
    fn read(
        next: Result<Option<Frame<'_>>, DecodeError>,
        client: Api,
        vocabulary: Vocabulary,
        tokenizer: &mut Tokenizer,
    ) -> Self {
        let frame = match next {
            Ok(Some(frame)) => frame,
            Ok(None) => return Self::None,
            Err(DecodeError::InvalidUtf8 { .. }) => return Self::Unreadable,
            Err(DecodeError::EventTooLarge { .. }) => return Self::Lost,
        };
        let data = &*frame.data;
        if data.is_empty() || data == "[DONE]" {
            return Self::Counted(0);
        }
        let mut counter = Counter::new(tokenizer, vocabulary, u64::MAX);
        let read = match client {
            Api::OpenAi => read(&mut counter, Choices::default(), data).is_some(),
            Api::Anthropic => read(&mut counter, Piece, data).is_some(),
        };
        match read {
            true => Self::Counted(counter.total()),
            false => Self::Unreadable,
        }
    }
}

/// Counts a whole answer, before the family's factor; `None` if it is not one of the API.
pub fn answer(tokenizer: &mut Tokenizer, client: Api, body: &[u8], vocabulary: Vocabulary) -> Option<Tokens> {
    let text = std::str::from_utf8(body).ok()?;
    let mut counter = Counter::new(tokenizer, vocabulary, u64::MAX);
    let found = match client {
        Api::OpenAi => read(&mut counter, Choices::default(), text)?.found,
        Api::Anthropic => read(&mut counter, Content::default(), text)?.found,
    };
    found.then(|| Tokens(counter.total()))
}

/// Reads one object; `None` if the text is something else.
fn read<'de, S: Shape<'de>>(counter: &mut Counter<'_>, shape: S, text: &'de str) -> Option<S> {
    if !text.trim_ascii_start().starts_with('{') {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = counter.read(shape).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok().map(|()| read)
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
