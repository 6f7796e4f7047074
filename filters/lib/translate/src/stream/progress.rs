//! What a stream has told so far, kept current by each neutral event.

use penstock_chat::neutral::response::Event;

use super::{MAX_CHOICES, Progress, StreamError, StreamState, Writer};
use crate::error::Malformed;

/// The state of a stream, and which of its choices have begun and stopped.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    state: StreamState,
    /// One bit for each choice.
    begun: u128,
    stopped: u128,
    end_seen: bool,
    failed: bool,
}

impl Tracker {
    pub(super) fn state(&self) -> &StreamState {
        &self.state
    }

    /// Whether the provider's end mark has come.
    pub(super) fn end_seen(&self) -> bool {
        self.end_seen
    }

    /// The stream cannot become complete any more.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// Whether every choice has stopped. Without an end mark that is every choice asked for, as others may not have
    /// begun; with one it is every choice that has begun, as there are providers that give one whatever was asked.
    pub(super) fn complete(&self, choices: u32) -> bool {
        let all = self.stopped != 0 && self.begun & !self.stopped == 0;
        all && !self.failed && (self.end_seen || self.stopped.count_ones() >= choices)
    }

    fn note(&mut self, first_choice: bool, event: &Event<'_>) {
        let state = &mut self.state;
        state.output_text_bytes = state.output_text_bytes.saturating_add(event.content_bytes());
        match event {
            Event::Start { model, usage, .. } => {
                state.model = Some(model.as_ref())
                    .filter(|model| !model.is_empty())
                    .map(str::to_owned);
                state.usage = usage.or(state.usage);
            }
            Event::Usage(usage) => state.usage = Some(*usage),
            Event::Finish { reason, .. } if first_choice => state.finish = Some(*reason),
            Event::End => self.end_seen = true,
            _ => {}
        }
    }
}

/// Where a reader puts what it has read.
pub(crate) struct Sink<'s> {
    tracker: &'s mut Tracker,
    writer: Option<&'s mut dyn Writer>,
    out: &'s mut Vec<u8>,
    progress: Progress,
    choice: u64,
}

impl<'s> Sink<'s> {
    pub(super) fn new(
        tracker: &'s mut Tracker,
        writer: Option<&'s mut dyn Writer>,
        out: &'s mut Vec<u8>,
    ) -> Self {
        Self {
            tracker,
            writer,
            out,
            progress: Progress::default(),
            choice: 0,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// The events that follow are of this choice.
    pub(crate) fn choice(&mut self, index: u64) -> Result<(), StreamError> {
        if index >= MAX_CHOICES {
            return Err(Malformed::whole("choice index out of range").into());
        }
        self.choice = index;
        self.tracker.begun |= 1 << index;
        Ok(())
    }

    /// Takes one neutral event.
    pub(crate) fn event(&mut self, event: &Event<'_>) -> Result<(), StreamError> {
        let first_choice = self.choice == 0;
        self.tracker.note(first_choice, event);
        if let Event::Finish { .. } = event {
            self.tracker.stopped |= 1 << self.choice;
        }
        self.progress.content |= event.is_content();
        match &mut self.writer {
            // The end is written once it is known whether the stream is complete.
            Some(writer) if first_choice && *event != Event::End => writer.write(event, self.out),
            _ => Ok(()),
        }
    }
}
