use std::borrow::Cow;

use crate::{HeaderOp, LocalReply};

/// What a filter wants done after one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Changes to the header map of the direction the event belongs to, in order.
    pub headers: Vec<HeaderOp>,
    /// What becomes of the body bytes that the event carried.
    pub body: Body,
    /// Values to keep in filter state, under `wasm.<key>`.
    pub state: Vec<(&'static str, Vec<u8>)>,
    /// Counters to raise.
    pub counts: Vec<Count>,
    /// Samples for histograms.
    pub samples: Vec<Sample>,
    /// Gauges to move.
    pub shifts: Vec<Shift>,
    /// Lines for the log. They never hold prompt text.
    pub log: Vec<LogLine>,
    /// Whether to go on.
    pub verdict: Verdict,
}

/// What becomes of the body bytes of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// They stay as they are.
    #[default]
    Keep,
    /// These bytes stand in their place; an empty replacement swallows them.
    Replace(Vec<u8>),
}

/// Whether the stream goes on after an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Headers and body go to the next filter.
    #[default]
    Continue,
    /// Headers and body stay here until a later event.
    Hold,
    /// The request ends here with this answer.
    Reply(LocalReply),
    /// The stream is reset: the last resort where the peer must not mistake it for a success.
    Reset,
}

/// One step of a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The statistic's name, labels included; from a bounded set.
    pub name: Cow<'static, str>,
    /// How much it is raised by.
    pub by: u32,
}

/// A move of a gauge, which all workers move together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The statistic's name, labels included; from a bounded set.
    pub name: Cow<'static, str>,
    /// How much it rises.
    pub by: i64,
}

/// A value of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The statistic's name, labels included; from a bounded set.
    pub name: Cow<'static, str>,
    /// What it is now, in the unit that the name tells.
    pub value: u64,
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For whoever follows one request.
    Debug,
    /// A request was hurt, or nearly.
    Warn,
    /// Somebody has to mend something.
    Error,
}

/// A line for the proxy's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: Level,
    /// What is said.
    pub text: String,
}

impl Step {
    /// Goes on and changes nothing.
    pub fn go_on() -> Self {
        Self::default()
    }

    /// Waits for the next event.
    pub fn hold() -> Self {
        Self {
            verdict: Verdict::Hold,
            ..Self::default()
        }
    }

    /// Ends the request with an answer of the filter's own.
    pub fn reply(reply: LocalReply) -> Self {
        Self {
            verdict: Verdict::Reply(reply),
            ..Self::default()
        }
    }

    /// Sets a header.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.headers.push(HeaderOp::Set(name.into(), value.into()));
    }

    /// Removes a header.
    pub fn remove(&mut self, name: impl Into<Cow<'static, str>>) {
        self.headers.push(HeaderOp::Remove(name.into()));
    }

    /// Keeps a value in filter state.
    pub fn keep(&mut self, key: &'static str, value: Vec<u8>) {
        self.state.push((key, value));
    }

    /// Raises a counter by one.
    pub fn count(&mut self, name: impl Into<Cow<'static, str>>) {
        self.add(name, 1);
    }

    /// Raises a counter. What is more than one call can add saturates.
    pub fn add(&mut self, name: impl Into<Cow<'static, str>>, by: u64) {
        self.counts.push(Count {
            name: name.into(),
            by: u32::try_from(by).unwrap_or(u32::MAX),
        });
    }

    /// Adds a sample to a histogram.
    pub fn sample(&mut self, name: impl Into<Cow<'static, str>>, value: u64) {
        self.samples.push(Sample {
            name: name.into(),
            value,
        });
    }

    /// Moves a gauge.
    pub fn shift(&mut self, name: impl Into<Cow<'static, str>>, by: i64) {
        self.shifts.push(Shift {
            name: name.into(),
            by,
        });
    }

    /// Says something in the log.
    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        self.log.push(LogLine {
            level,
            text: text.into(),
        });
    }
}
