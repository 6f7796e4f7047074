//! Watches an answer on its way to the client and counts what it says.
//!
//! The count is needed only where the provider gives none: a stream that was cut, or a provider that reports no usage.
//! Nobody knows before the end, so every stream is counted, event by event and without keeping it.

use penstock_chat::{Api, Tokens};
use penstock_client::usage::UsageRecord;
use penstock_count::{BYTES_PER_TOKEN, Streamed};
use penstock_flow::Headers;
use penstock_tokens::{Tokenizer, Vocabulary};

use crate::ending::Ending;

/// Put on an answer by the stage that took it out of the cache.
const CACHE: &str = "x-penstock-cache";
/// The most of a whole answer that is kept to be counted. What is longer is charged by its bytes.
const MOST_KEPT: usize = 1 << 20;

/// An answer on its way.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Its status, once there is one.
    pub(crate) status: Option<u16>,
    /// Whether it came out of the cache.
    pub(crate) cached: bool,
    watch: Watch,
}

/// How an answer is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// The dialect it is in.
    pub(crate) client: Api,
    /// What its text is counted in.
    pub(crate) vocabulary: Vocabulary,
    /// The largest event that is read.
    pub(crate) max_event_bytes: u64,
}

#[derive(Debug, Default)]
enum Watch {
    /// Nothing to count.
    #[default]
    Nothing,
    /// A stream of events.
    Stream(Box<Streamed>),
    /// A stream of which the client has seen the end that a limit put to it.
    Cut(Tokens),
    /// A whole answer of which the provider told no usage: its bytes so far, and how many were not kept.
    Whole {
        reading: Reading,
        kept: Vec<u8>,
        beyond: u64,
    },
    /// It was counted.
    Counted(Tokens),
}

impl Answer {
    /// The headers have arrived. `usage` is what the provider has reported so far.
    pub(crate) fn begin(
        &mut self,
        headers: &Headers,
        reading: Reading,
        usage: impl FnOnce() -> Option<UsageRecord>,
    ) {
        self.status = headers.get(":status").and_then(|status| status.parse().ok());
        self.cached = headers.get(CACHE).is_some_and(|cache| cache.starts_with("hit"));
        if self.status.is_none_or(|status| status >= 400) {
            return;
        }
        let stream = headers
            .get("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"));
        self.watch = if stream {
            let Reading {
                client,
                vocabulary,
                max_event_bytes,
            } = reading;
            let max_event_bytes = usize::try_from(max_event_bytes).unwrap_or(usize::MAX);
            Watch::Stream(Box::new(Streamed::new(client, vocabulary, max_event_bytes)))
        } else if usage().is_some_and(|usage| usage.output_tokens.is_some_and(|tokens| tokens.0 > 0)) {
            Watch::Nothing
        } else {
            Watch::Whole {
                reading,
                kept: Vec::new(),
                beyond: 0,
            }
        };
    }

    /// Whether its body is worth reading.
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self.watch, Watch::Stream(_) | Watch::Whole { .. } | Watch::Cut(_))
    }

    /// A piece of the body passes; `end_of_stream` if it is the last.
    pub(crate) fn piece(&mut self, bytes: &[u8], end_of_stream: bool, tokenizer: &mut Tokenizer) {
        match &mut self.watch {
            Watch::Nothing | Watch::Counted(_) | Watch::Cut(_) => {}
            Watch::Stream(streamed) => {
                streamed.push(tokenizer, bytes);
                if end_of_stream {
                    streamed.finish(tokenizer);
                }
            }
            Watch::Whole {
                reading,
                kept,
                beyond,
            } => {
                let room = MOST_KEPT.saturating_sub(kept.len());
                let (taken, rest) = bytes.split_at(room.min(bytes.len()));
                kept.extend_from_slice(taken);
                *beyond = beyond.saturating_add(length(rest));
                if end_of_stream {
                    let whole = (*beyond == 0)
                        .then(|| penstock_count::answer(tokenizer, reading.client, kept, reading.vocabulary));
                    let tokens = whole.flatten().unwrap_or_else(|| by_bytes(kept, *beyond));
                    self.watch = Watch::Counted(tokens);
                }
            }
        }
    }

    /// Output tokens so far.
    pub(crate) fn output(&self) -> Tokens {
        match &self.watch {
            Watch::Nothing => Tokens(0),
            Watch::Stream(streamed) => streamed.tokens(),
            Watch::Whole { kept, beyond, .. } => by_bytes(kept, *beyond),
            Watch::Cut(tokens) | Watch::Counted(tokens) => *tokens,
        }
    }

    /// Whether it streams.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.watch, Watch::Stream(_))
    }

    /// Whether a limit has put an end to it.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.watch, Watch::Cut(_))
    }

    /// Ends a stream after the last whole event of the piece that passes: what the client is to see in place of the
    /// piece. None if it cannot end there, or ends of itself.
    pub(crate) fn cut(&mut self, piece: &[u8], ending: Ending) -> Option<Vec<u8>> {
        let Watch::Stream(streamed) = &self.watch else {
            return None;
        };
        let whole = piece.len().checked_sub(streamed.unfinished()?)?;
        let mut shown = piece.get(..whole)?.to_vec();
        if !ending.write(streamed.last_event(), &mut shown) {
            return None;
        }
        self.watch = Watch::Cut(streamed.tokens());
        Some(shown)
    }
}

fn by_bytes(kept: &[u8], beyond: u64) -> Tokens {
    Tokens(length(kept).saturating_add(beyond).div_ceil(BYTES_PER_TOKEN))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
