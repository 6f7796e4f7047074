//! Values back into an answer that is streamed.
//!
//! Each text of the answer (content, reasoning, the arguments of each call) has a [`Channel`] that holds back what may still become
//! a placeholder. What is held back when a text ends goes out in an event of its own, in front of the event that ends it. Other
//! strings of an event are whole. All else stays byte for byte as it came.

use std::collections::BTreeMap;
use std::ops::Range;

use penstock_chat::Api;
use penstock_pii::{Decoded, Manner, escape};
use penstock_sse::{Decoder, Frame};
use penstock_translate::json;

use crate::answer::{self, Broken};
use crate::channel::{Channel, Giver, TooLarge};
use crate::chunk::Chunk;
use crate::event::{Address, Event, Kind, Piece};
use crate::request::apply;

/// Most texts of one answer that go on from event to event; of more, nothing is held back.
const MOST_CHANNELS: usize = 1_024;

/// A byte order mark, which may begin a stream.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// An answer on its way to the client.
#[derive(Debug)]
pub(crate) struct Stream {
    client: Api,
    decoder: Decoder,
    channels: BTreeMap<Address, Channel>,
    /// The ids of calls, as they were written.
    calls: BTreeMap<Address, String>,
    /// The last chunk of an OpenAI stream of which something is held back.
    chunk: Chunk,
}

impl Stream {
    pub fn new(client: Api, max_event_bytes: usize) -> Self {
        Self {
            client,
            decoder: Decoder::new(max_event_bytes),
            channels: BTreeMap::new(),
            calls: BTreeMap::new(),
            chunk: Chunk::default(),
        }
    }

    /// What the client gets for the next bytes; `is_end` if there are no more.
    pub fn push(&mut self, bytes: &[u8], is_end: bool, giver: &mut Giver<'_>) -> Result<Vec<u8>, Broken> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut decoder = std::mem::replace(&mut self.decoder, Decoder::new(0));
        decoder.push(bytes);
        let result = self.events(&mut decoder, is_end, giver, &mut out);
        self.decoder = decoder;
        result?;
        if is_end {
            self.end_all(giver, &mut out);
        }
        Ok(out)
    }

    /// Whether something of what has come is held back.
    pub fn holds(&self) -> bool {
        self.decoder.pending() > 0 || self.holds_text()
    }

    fn holds_text(&self) -> bool {
        self.channels.values().any(Channel::holds)
    }

    fn events(
        &mut self,
        decoder: &mut Decoder,
        is_end: bool,
        giver: &mut Giver<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        loop {
            match decoder.next()? {
                Some(frame) => self.frame(&frame, giver, out)?,
                None if !is_end => return Ok(()),
                None => match decoder.finish()? {
                    Some(frame) => self.frame(&frame, giver, out)?,
                    None => return Ok(()),
                },
            }
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
        let data = &*frame.data;
        if data == "[DONE]" {
            self.end_all(giver, out);
        }
        if data.is_empty() || data == "[DONE]" {
            out.extend_from_slice(frame.raw);
            return Ok(());
        }
        let event = match self.client {
            Api::OpenAi => Event::openai(data),
            Api::Anthropic => Event::anthropic(data),
        };
        // What is not understood may be the end of anything.
        let other = || Event {
            ends_all: true,
            ..Event::default()
        };
        match event.map_or_else(|| answer::check(data).map(|()| other()), Ok) {
            Ok(event) => self.event(frame, &event, giver, out)?,
            Err(unreadable) if giver.screens() => return Err(unreadable.into()),
            Err(_) => out.extend_from_slice(frame.raw),
        }
        Ok(())
    }

    fn event(
        &mut self,
        frame: &Frame<'_>,
        event: &Event<'_>,
        giver: &mut Giver<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        let data = &*frame.data;
        self.end_calls(event, giver, out);
        self.end_others(event, giver, out);
        let mut places: Vec<_> = event
            .pieces
            .iter()
            .map(|piece| place(data, piece).start)
            .collect();
        places.sort_unstable();
        let mut edits = answer::edits(data, giver, |span| places.binary_search(&span.start).is_err())?;
        for piece in &event.pieces {
            if let Some(instead) = self.piece(piece, giver) {
                giver.spend(instead.len())?;
                edits.push((place(data, piece), instead));
            }
        }
        edits.sort_by_key(|(span, _)| span.start);
        if self.client == Api::OpenAi && self.holds_text() {
            self.chunk = Chunk::of(data);
        }
        match edits.is_empty() {
            true => out.extend_from_slice(frame.raw),
            false => rewrite(frame, &apply(data, &edits), out),
        }
        Ok(())
    }

    /// What becomes of a piece, with its quotes, if it changes.
    fn piece(&mut self, piece: &Piece<'_>, giver: &mut Giver<'_>) -> Option<String> {
        let raw = piece.raw.get();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let text = Decoded::new(inner).text;
        let goes_on = self.channels.len() < MOST_CHANNELS || self.channels.contains_key(&piece.address);
        let mut given = String::with_capacity(text.len());
        let mut passing = piece.address.channel();
        let channel = match self.channels.get_mut(&piece.address) {
            Some(channel) => channel,
            None if goes_on => self.channels.entry(piece.address).or_insert(passing),
            None => &mut passing,
        };
        channel.push(giver, &text, &mut given);
        if piece.is_last || !goes_on {
            channel.flush(giver, &mut given);
            self.channels.remove(&piece.address);
        }
        if given == text {
            return None;
        }
        let mut quoted = String::with_capacity(given.len() + 2);
        quoted.push('"');
        escape(&given, &mut quoted);
        quoted.push('"');
        Some(quoted)
    }

    /// Ends the calls in whose place an event has others: not every provider counts them.
    fn end_calls(&mut self, event: &Event<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        for (address, id) in &event.calls {
            let is_other = self.calls.get(address).is_some_and(|known| known != id.get());
            if is_other {
                self.end(*address, giver, out);
            }
            if is_other || self.calls.len() < MOST_CHANNELS {
                self.calls.insert(*address, id.get().to_owned());
            }
        }
    }

    /// Ends the texts of a choice or block that an event ends, and gives on what is held of those that it goes on from to
    /// another.
    fn end_others(&mut self, event: &Event<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        let goes_on = |address: &Address| event.pieces.iter().any(|piece| piece.address == *address);
        let is_over = |address: &Address| {
            event.ends_all || event.ended.contains(&address.part) || event.over.contains(address)
        };
        // Texts may alternate, and calls be streamed side by side; a call ends the texts before it.
        let is_left = |address: &Address| {
            event.pieces.iter().any(|piece| {
                let same_part = piece.address.part == address.part && piece.raw.get() != "\"\"";
                same_part && piece.address.kind.is_call() && !address.kind.is_call()
            })
        };
        let channels = self.channels.iter().filter(|(address, channel)| {
            !goes_on(address) && (is_over(address) || channel.holds() && is_left(address))
        });
        let ended: Vec<Address> = channels.map(|(address, _)| *address).collect();
        for address in ended {
            match is_over(&address) {
                true => self.end(address, giver, out),
                false => self.flush(address, giver, out),
            }
        }
    }

    fn end_all(&mut self, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        while let Some(address) = self.channels.keys().next().copied() {
            self.end(address, giver, out);
        }
    }

    fn end(&mut self, address: Address, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        self.flush(address, giver, out);
        self.channels.remove(&address);
    }

    /// Gives on what was held back of a text, in an event of its own.
    fn flush(&mut self, address: Address, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        let Some(channel) = self.channels.get_mut(&address).filter(|channel| channel.holds()) else {
            return;
        };
        let mut rest = String::new();
        channel.flush(giver, &mut rest);
        let rest = json::quote(&rest);
        match self.client {
            Api::Anthropic => {
                let delta = address.kind.delta(&rest);
                let data = format!(
                    r#"{{"type":"content_block_delta","index":{},"delta":{delta}}}"#,
                    address.part
                );
                penstock_sse::write(Some("content_block_delta"), data.as_bytes(), out);
            }
            Api::OpenAi => {
                let delta = address.kind.delta(&rest);
                let choices = format!(
                    r#"[{{"index":{},"delta":{delta},"logprobs":null,"finish_reason":null}}]"#,
                    address.part
                );
                let data = self.chunk.with_choices(&choices);
                penstock_sse::write(None, data.as_bytes(), out);
            }
        }
    }
}

impl Address {
    fn channel(self) -> Channel {
        match self.kind {
            Kind::Thinking(_) | Kind::Detail(_) | Kind::Summary(_) | Kind::BlockThinking => {
                Channel::new(Manner::Signed, "")
            }
            Kind::Arguments(_) | Kind::FunctionCall | Kind::BlockInput => Channel::new(Manner::Json, ""),
            _ => Channel::new(Manner::Text, ""),
        }
    }
}

impl Kind {
    /// Whether it belongs to the call of a tool.
    fn is_call(self) -> bool {
        matches!(self, Self::Arguments(_) | Self::Input(_) | Self::FunctionCall)
    }

    /// The delta that carries a text, which is a JSON string.
    fn delta(self, text: &str) -> String {
        match self {
            Self::Content => format!(r#"{{"content":{text}}}"#),
            Self::Refusal => format!(r#"{{"refusal":{text}}}"#),
            Self::Transcript => format!(r#"{{"audio":{{"transcript":{text}}}}}"#),
            Self::Reasoning => format!(r#"{{"reasoning":{text}}}"#),
            Self::ReasoningContent => format!(r#"{{"reasoning_content":{text}}}"#),
            Self::Thinking(index) => {
                format!(r#"{{"thinking_blocks":[{{"index":{index},"type":"thinking","thinking":{text}}}]}}"#)
            }
            Self::Summary(index) => {
                format!(
                    r#"{{"reasoning_details":[{{"index":{index},"type":"reasoning.summary","summary":{text}}}]}}"#
                )
            }
            Self::Detail(index) => {
                format!(
                    r#"{{"reasoning_details":[{{"index":{index},"type":"reasoning.text","text":{text}}}]}}"#
                )
            }
            Self::Arguments(index) => {
                format!(r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":{text}}}}}]}}"#)
            }
            Self::Input(index) => {
                format!(r#"{{"tool_calls":[{{"index":{index},"custom":{{"input":{text}}}}}]}}"#)
            }
            Self::FunctionCall => format!(r#"{{"function_call":{{"arguments":{text}}}}}"#),
            Self::Text => format!(r#"{{"type":"text_delta","text":{text}}}"#),
            Self::BlockThinking => format!(r#"{{"type":"thinking_delta","thinking":{text}}}"#),
            Self::BlockInput => format!(r#"{{"type":"input_json_delta","partial_json":{text}}}"#),
        }
    }
}

/// Where a piece stands in its event.
fn place(data: &str, piece: &Piece<'_>) -> Range<usize> {
    let raw = piece.raw.get();
    let start = (raw.as_ptr() as usize).saturating_sub(data.as_ptr() as usize);
    start..start + raw.len()
}

/// The event with other data: every other line of it stays, byte for byte. Lines that end in carriage returns alone, which nobody
/// writes, are not told apart here.
fn rewrite(frame: &Frame<'_>, data: &str, out: &mut Vec<u8>) {
    let mut returns = memchr::memchr_iter(b'\r', frame.raw);
    let is_plain = returns.all(|at| frame.raw.get(at + 1) == Some(&b'\n')) && !frame.raw.starts_with(MARK);
    if !is_plain {
        penstock_sse::write(frame.event, data.as_bytes(), out);
        return;
    }
    let mut data = Some(data);
    for line in frame.raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(value) = line.strip_prefix(b"data:") else {
            out.extend_from_slice(line);
            continue;
        };
        // The lines of the data that was are one place.
        let Some(data) = data.take() else { continue };
        let end: &[u8] = match value {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let space: &[u8] = if value.starts_with(b" ") {
            b"data: "
        } else {
            b"data:"
        };
        for (index, line) in data.split('\n').enumerate() {
            if index > 0 {
                out.extend_from_slice(end);
            }
            out.extend_from_slice(space);
            out.extend_from_slice(line.as_bytes());
        }
        out.extend_from_slice(end);
    }
}
