//! How a provider misbehaves, read from the name of the model that is asked for.
//!
//! A model name that starts with `fault=` is a list of `word[:argument]`, separated by commas; any other name
//! is answered normally. Nothing is remembered between requests (except by `times`), so faults are safe under
//! concurrency. `N` counts events of a stream from 0; durations are `5ms` or `2s`. What is said of events means, for an
//! answer that is not streamed, half of its body.
//!
//! | word | what happens |
//! |---|---|
//! | `status:503` | this status with an error body of the provider's dialect |
//! | `retry-after:1` | with `status`: the header `retry-after` |
//! | `context-length` | 400, the prompt does not fit |
//! | `content-policy` | 400, the prompt is refused |
//! | `reset-before-headers` | the connection is reset instead of an answer |
//! | `silence` | the request is taken and never answered |
//! | `slow-headers:1s` | nothing for a time, then the answer |
//! | `slow-first-token:1s` | headers at once, the body after a time |
//! | `slow-content:1s` | headers and the events that open a stream at once, the first content after a time |
//! | `stall:3,pause:5s` | a pause before event 3 |
//! | `reset-midstream:3` | a reset after 3 events |
//! | `cut:3` | a clean end of the body after 3 events |
//! | `error-in-200` | status 200, and an error instead of an answer |
//! | `error-midstream:3` | an error event after 3 events, then the end |
//! | `malformed-event:2` | event 2 is not JSON |
//! | `no-done` | the last event (`[DONE]`, `message_stop`) is missing |
//! | `html` or `html:502` | an HTML page with status 200 or that status |
//! | `redirect` | 307 to another host |
//! | `empty-200` | status 200 and no body |
//! | `long-line:1048576` | an event stream whose first line has that many bytes and no end |
//! | `big:1048576` | the answer's text has that many bytes |
//! | `gzip` | the body is compressed although nobody asked |
//! | `echo` | text, reasoning and the strings in arguments of calls are the last user text |
//! | `piece:7` | text, reasoning and arguments come in pieces of that many characters |
//! | `sweep:2ms` | a pause after the first byte of the body, for the next request with this key after the second, and so on |
//! | `split:1` | every write to the socket has at most that many bytes |
//! | `trickle:2ms` | a pause after every 16 bytes of the body |
//! | `events:200,interval:5ms` | that many text events, with a pause between any two events |
//! | `stamp` | with `events`: each text is the time of its sending, 16 digits of microseconds since 1970 |
//! | `trailers` | the answer ends in trailers, where the connection is HTTP/2 |
//! | `headers:200,header-bytes:300` | that many more response headers, each with so many bytes of value |
//! | `forge` | response headers that only Penstock may set |
//! | `no-usage` | the answer does not say what it used; a stream of Anthropic's API only what it says at its beginning |
//! | `reasoning` | OpenAI-compatible: reasoning is shown as `reasoning_content`, as vLLM does |
//! | `finish:content_filter` | the answer ends for this reason (`content_filter` or `refusal`) |
//! | `times:2,key:abc` | only the first 2 requests with this key are hit, the others are answered normally |

use std::time::Duration;

use thiserror::Error;

/// The prefix of a model name that asks for a fault.
pub const PREFIX: &str = "fault=";

/// What goes wrong, at most one per request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A status with an error body.
    Status(u16),
    /// The prompt does not fit into the model's context.
    ContextLength,
    /// The prompt is refused for what it says.
    ContentPolicy,
    /// The connection is reset instead of an answer.
    ResetBeforeHeaders,
    /// No answer, ever.
    Silence,
    /// A pause before the headers.
    SlowHeaders(Duration),
    /// A pause between headers and body.
    SlowFirstToken(Duration),
    /// A pause between the opening of a stream and its first content.
    SlowContent(Duration),
    /// A pause before this event.
    Stall(usize),
    /// A reset after so many events.
    ResetMidstream(usize),
    /// A clean end after so many events.
    Cut(usize),
    /// An error with status 200.
    ErrorIn200,
    /// An error event after so many events.
    ErrorMidstream(usize),
    /// This event is not JSON.
    MalformedEvent(usize),
    /// The event that ends a stream is missing.
    NoDone,
    /// An HTML page.
    Html(u16),
    /// A redirection.
    Redirect,
    /// Status 200 without a body.
    Empty200,
    /// A line of so many bytes that does not end.
    LongLine(usize),
}

/// A parsed model name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Option<Kind>,
    /// The value of `retry-after`.
    pub retry_after: Option<String>,
    /// How long a stall lasts.
    pub pause: Duration,
    /// The pause between any two events.
    pub interval: Duration,
    /// How many text events an answer has.
    pub events: Option<usize>,
    /// The text of an event is the time of its sending.
    pub stamp: bool,
    /// How many bytes the answer's text has.
    pub big: Option<usize>,
    /// The answer is the last user text.
    pub echo: bool,
    /// How many characters a piece of text has.
    pub piece: Option<usize>,
    /// A pause at a place of its own for each request.
    pub sweep: Option<Duration>,
    /// After which byte of the body that is.
    pub sweep_at: usize,
    /// The largest write to the socket.
    pub split: Option<usize>,
    /// The pause after every few bytes.
    pub trickle: Option<Duration>,
    /// The body is compressed.
    pub gzip: bool,
    /// The answer ends in trailers.
    pub trailers: bool,
    /// How many more response headers there are.
    pub headers: usize,
    /// How long the value of each of them is.
    pub header_bytes: usize,
    /// The answer carries headers that only Penstock may set.
    pub forge: bool,
    /// The answer does not say what it used.
    pub no_usage: bool,
    /// Reasoning is shown as `reasoning_content`.
    pub reasoning: bool,
    /// The answer ends because the provider refuses to go on.
    pub refuses: bool,
    /// Only so many requests are hit.
    pub times: Option<u32>,
    /// What `times` counts by.
    pub key: Option<String>,
}

/// A model name that asks for a fault which does not exist.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FaultError {
    /// No such word.
    #[error("unknown fault `{0}`")]
    Unknown(String),
    /// The argument is missing or is not of the word's type.
    #[error("fault `{word}` has the bad argument `{argument}`")]
    Argument {
        /// The word.
        word: String,
        /// What was given.
        argument: String,
    },
    /// Two of the words exclude each other.
    #[error("fault `{0}` comes second, and only one thing can go wrong")]
    Second(String),
}

impl Fault {
    /// Reads a model name; a name without the prefix is the fault that does nothing.
    pub fn parse(model: &str) -> Result<Self, FaultError> {
        let mut fault = Self {
            pause: Duration::from_secs(5),
            ..Self::default()
        };
        let Some(list) = model.strip_prefix(PREFIX) else {
            return Ok(fault);
        };
        for item in list.split(',') {
            let (word, argument) = item.split_once(':').unwrap_or((item, ""));
            fault.take(word, argument)?;
        }
        Ok(fault)
    }

    fn take(&mut self, word: &str, argument: &str) -> Result<(), FaultError> {
        let bad = || FaultError::Argument {
            word: word.into(),
            argument: argument.into(),
        };
        let count = || argument.parse::<usize>().map_err(|_| bad());
        let status = || argument.parse::<u16>().map_err(|_| bad());
        let time = || duration(argument).ok_or_else(bad);
        let kind = match word {
            "status" => Kind::Status(status()?),
            "context-length" => Kind::ContextLength,
            "content-policy" => Kind::ContentPolicy,
            "reset-before-headers" => Kind::ResetBeforeHeaders,
            "silence" => Kind::Silence,
            "slow-headers" => Kind::SlowHeaders(time()?),
            "slow-first-token" => Kind::SlowFirstToken(time()?),
            "slow-content" => Kind::SlowContent(time()?),
            "stall" => Kind::Stall(count()?),
            "reset-midstream" => Kind::ResetMidstream(count()?),
            "cut" => Kind::Cut(count()?),
            "error-in-200" => Kind::ErrorIn200,
            "error-midstream" => Kind::ErrorMidstream(count()?),
            "malformed-event" => Kind::MalformedEvent(count()?),
            "no-done" => Kind::NoDone,
            "html" => Kind::Html(if argument.is_empty() { 200 } else { status()? }),
            "redirect" => Kind::Redirect,
            "empty-200" => Kind::Empty200,
            "long-line" => Kind::LongLine(count()?),
            _ => return self.take_option(word, argument),
        };
        if self.kind.replace(kind).is_some() {
            return Err(FaultError::Second(word.into()));
        }
        Ok(())
    }

    fn take_option(&mut self, word: &str, argument: &str) -> Result<(), FaultError> {
        let bad = || FaultError::Argument {
            word: word.into(),
            argument: argument.into(),
        };
        let count = || argument.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(bad);
        let time = || duration(argument).ok_or_else(bad);
        match word {
            "retry-after" => self.retry_after = Some(argument.into()),
            "pause" => self.pause = time()?,
            "interval" => self.interval = time()?,
            "events" => self.events = Some(count()?),
            "stamp" => self.stamp = true,
            "big" => self.big = Some(count()?),
            "echo" => self.echo = true,
            "piece" => self.piece = Some(count()?),
            "sweep" => self.sweep = Some(time()?),
            "split" => self.split = Some(count()?),
            "trickle" => self.trickle = Some(time()?),
            "gzip" => self.gzip = true,
            "trailers" => self.trailers = true,
            "headers" => self.headers = count()?,
            "header-bytes" => self.header_bytes = count()?,
            "forge" => self.forge = true,
            "no-usage" => self.no_usage = true,
            "reasoning" => self.reasoning = true,
            "finish" if matches!(argument, "content_filter" | "refusal") => self.refuses = true,
            "finish" => return Err(bad()),
            "times" => self.times = Some(argument.parse().map_err(|_| bad())?),
            "key" => self.key = Some(argument.into()),
            _ => return Err(FaultError::Unknown(word.into())),
        }
        Ok(())
    }
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_model_name_is_no_fault() {
        assert_eq!(Fault::parse("gpt-5.1").unwrap().kind, None);
    }

    #[test]
    fn words_and_options_are_read_in_any_order() {
        let fault = Fault::parse("fault=times:2,status:429,key:abc,retry-after:1,split:3").unwrap();
        assert_eq!(fault.kind, Some(Kind::Status(429)));
        assert_eq!((fault.times, fault.key.as_deref()), (Some(2), Some("abc")));
        assert_eq!((fault.retry_after.as_deref(), fault.split), (Some("1"), Some(3)));
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(
            Fault::parse("fault=slow-headers:1500ms").unwrap().kind,
            Some(Kind::SlowHeaders(Duration::from_millis(1500)))
        );
        assert!(Fault::parse("fault=slow-headers:1500").is_err());
    }

    #[test]
    fn mistakes_are_refused() {
        assert_eq!(
            Fault::parse("fault=stauts:429"),
            Err(FaultError::Unknown("stauts".into()))
        );
        assert_eq!(
            Fault::parse("fault=silence,redirect"),
            Err(FaultError::Second("redirect".into()))
        );
        assert!(Fault::parse("fault=split:0").is_err());
        assert!(Fault::parse("fault=cut").is_err());
    }
}
