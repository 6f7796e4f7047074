use crate::frame::Frame;

/// May open a stream, and nothing but the stream.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a stream cannot be read on, or an event not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// An event is larger than the limit. The decoder has let go of what it held; every later call says the same.
    #[error("event of more than {limit} bytes in the event stream")]
    EventTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A field of an event is not UTF-8. The event is skipped; the ones after it can be read.
    #[error("invalid UTF-8 at byte {offset} of an event")]
    InvalidUtf8 {
        /// First byte that does not belong to a character, counted from the event's start.
        offset: usize,
    },
}

/// Cuts a byte stream into events.
///
/// `push` a piece, call `next` until it returns `None`, and at the end of the stream call `finish`:
///
/// ```
/// let mut decoder = penstock_sse::Decoder::new(1024);
/// decoder.push(b"data: a\n\ndata: b");
/// assert_eq!(decoder.next()?.map(|frame| frame.data.into_owned()), Some("a".to_owned()));
/// assert_eq!(decoder.next()?, None);
/// assert_eq!(decoder.finish()?.map(|frame| frame.terminated), Some(false));
/// # Ok::<(), penstock_sse::DecodeError>(())
/// ```
///
/// A CR at the end of a piece may be half of a CRLF, so an event that ends there is lent with the next byte. Only
/// a stream with bare CR line ends notices: its events come one late.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the event that is being read starts; what is before it has been lent.
    start: usize,
    /// Where the line that is being read starts.
    line: usize,
    /// What is before it has been searched for line ends.
    scanned: usize,
    limit: usize,
    /// No event has been lent yet.
    opening: bool,
    overflowed: bool,
}

impl Decoder {
    /// A decoder that refuses events of more than `max_event_bytes`.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            line: 0,
            scanned: 0,
            limit: max_event_bytes,
            opening: true,
            overflowed: false,
        }
    }

    /// Adds the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.overflowed {
            return;
        }
        // Moves at most one unfinished event, and only after others have been lent: each byte moves once.
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.line -= self.start;
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes wait for the end of their event, once `next` has returned `None`.
    pub fn pending(&self) -> usize {
        self.buffer.len().saturating_sub(self.start)
    }

    /// Lends the next whole event, or `None` if its end has not come yet.
    // Lends from the decoder, which `Iterator::next` cannot express.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, DecodeError> {
        if self.overflowed {
            return Err(DecodeError::EventTooLarge { limit: self.limit });
        }
        let Some(end) = self.find_end() else {
            return self.refuse_beyond_limit(self.buffer.len()).map(|()| None);
        };
        self.refuse_beyond_limit(end)?;
        self.lend(end, true).map(Some)
    }

    /// Lends what is left at the end of the stream: an event without the blank line that ends it. To be called
    /// when `next` has returned `None` and the stream is over; the second call returns `None`.
    pub fn finish(&mut self) -> Result<Option<Frame<'_>>, DecodeError> {
        if self.overflowed {
            return Err(DecodeError::EventTooLarge { limit: self.limit });
        }
        let end = self.buffer.len();
        if self.start >= end {
            return Ok(None);
        }
        self.refuse_beyond_limit(end)?;
        // A last CR was held back as a possible half of a CRLF. It ends an empty line, and so the event, if it
        // stands alone on its line.
        let ended_by_cr = self.buffer.last() == Some(&b'\r') && self.line + 1 == end;
        self.lend(end, ended_by_cr).map(Some)
    }

    /// Finds the end of the current event: one past the first empty line.
    fn find_end(&mut self) -> Option<usize> {
        loop {
            let rest = self.buffer.get(self.scanned..)?;
            let Some(found) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.scanned = self.buffer.len();
                return None;
            };
            let at = self.scanned + found;
            let next = match (rest.get(found), rest.get(found + 1)) {
                (Some(b'\r'), None) => {
                    self.scanned = at;
                    return None;
                }
                (Some(b'\r'), Some(b'\n')) => at + 2,
                _ => at + 1,
            };
            let empty = at == self.line || (self.opening && self.buffer.get(..at) == Some(BYTE_ORDER_MARK));
            self.line = next;
            self.scanned = next;
            if empty {
                return Some(next);
            }
        }
    }

    fn lend(&mut self, end: usize, terminated: bool) -> Result<Frame<'_>, DecodeError> {
        let start = self.start;
        self.start = end;
        self.line = end;
        self.scanned = end;
        let opening = std::mem::replace(&mut self.opening, false);
        let raw = self.buffer.get(start..end).unwrap_or_default();
        let skip = match opening && raw.starts_with(BYTE_ORDER_MARK) {
            true => BYTE_ORDER_MARK.len(),
            false => 0,
        };
        Frame::parse(raw, skip, terminated).map_err(|offset| DecodeError::InvalidUtf8 { offset })
    }

    fn refuse_beyond_limit(&mut self, end: usize) -> Result<(), DecodeError> {
        if end.saturating_sub(self.start) <= self.limit {
            return Ok(());
        }
        self.overflowed = true;
        self.buffer = Vec::new();
        self.start = 0;
        self.line = 0;
        self.scanned = 0;
        Err(DecodeError::EventTooLarge { limit: self.limit })
    }
}

#[cfg(test)]
mod tests;
