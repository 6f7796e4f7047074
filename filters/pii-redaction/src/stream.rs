//! Values back into an answer that is streamed.
//!
//! Each text of the answer (content, reasoning, the arguments of each call) has a [`Channel`] that holds back what may still become
//! a placeholder. What is held back when a text ends goes out in an event of its own, in front of the event that ends it. All
//! other bytes of an event stay as they came.

use std::collections::BTreeMap;
use std::ops::Range;

use penstock_chat::Api;
use penstock_pii::{Landing, Likeness, escape};
use penstock_sse::{DecodeError, Decoder, Frame};
use penstock_translate::json::{self, Edit, Object};

use crate::answer::{may_hold_placeholder, restore_json};
use crate::channel::{Channel, Giver};
use crate::event::{Address, Event, Kind, Piece};
use crate::request::apply;
use crate::rule::Rule;
use crate::text::Decoded;

/// Most texts of one answer that something is held back of at once; of more, nothing is held back.
const MOST_CHANNELS: usize = 1_024;

/// Stands for a chunk that cannot be edited.
const BARE_CHUNK: &str = r#"{"object":"chat.completion.chunk","choices":[]}"#;

/// An answer on its way to the client.
#[derive(Debug)]
pub(crate) struct Stream {
    client: Api,
    decoder: Decoder,
    channels: BTreeMap<Address, Channel>,
    /// What the last chunk of an OpenAI stream had beside its choices.
    chunk: String,
}

impl Stream {
    pub fn new(client: Api, max_event_bytes: usize) -> Self {
        Self {
            client,
            decoder: Decoder::new(max_event_bytes),
            channels: BTreeMap::new(),
            chunk: String::new(),
        }
    }

    /// What the client gets for the next bytes; `is_end` if there are no more.
    pub fn push(
        &mut self,
        bytes: &[u8],
        is_end: bool,
        giver: &mut Giver<'_>,
    ) -> Result<Vec<u8>, DecodeError> {
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
        self.decoder.pending() > 0 || !self.channels.is_empty()
    }

    fn events(
        &mut self,
        decoder: &mut Decoder,
        is_end: bool,
        giver: &mut Giver<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        loop {
            match decoder.next() {
                Ok(Some(frame)) => self.frame(&frame, giver, out),
                Ok(None) if !is_end => return Ok(()),
                Ok(None) => match decoder.finish()? {
                    Some(frame) => self.frame(&frame, giver, out),
                    None => return Ok(()),
                },
                Err(error) => return Err(error),
            }
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        let data = &*frame.data;
        let is_plain = !giver.screens() && self.channels.is_empty() && !may_hold_placeholder(frame.raw);
        if is_plain || data.is_empty() {
            out.extend_from_slice(frame.raw);
            return;
        }
        if data == "[DONE]" {
            self.end_all(giver, out);
            out.extend_from_slice(frame.raw);
            return;
        }
        let event = match self.client {
            Api::OpenAi => Event::openai(data),
            Api::Anthropic => Event::anthropic(data),
        };
        match event {
            Some(event) => self.event(frame, &event, giver, out),
            None => out.extend_from_slice(frame.raw),
        }
    }

    fn event(&mut self, frame: &Frame<'_>, event: &Event<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        let data = &*frame.data;
        self.end_others(event, giver, out);
        let mut edits = Vec::new();
        for piece in &event.pieces {
            edits.extend(self.piece(data, piece, giver));
        }
        if self.client == Api::OpenAi && !self.channels.is_empty() {
            data.clone_into(&mut self.chunk);
        }
        let mut edited = (!edits.is_empty()).then(|| apply(data, &edits));
        if event.has_more {
            // Pieces are empty then.
            edited = restore_json(data, Rule::Answer, giver).or(edited);
        }
        match edited {
            Some(edited) => rewrite(frame, &edited, out),
            None => out.extend_from_slice(frame.raw),
        }
    }

    /// What becomes of a piece, if it changes.
    fn piece(
        &mut self,
        data: &str,
        piece: &Piece<'_>,
        giver: &mut Giver<'_>,
    ) -> Option<(Range<usize>, String)> {
        let raw = piece.raw.get();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let text = Decoded::new(inner).text;
        let has_room = self.channels.len() < MOST_CHANNELS;
        let mut channel = self
            .channels
            .remove(&piece.address)
            .unwrap_or_else(|| piece.address.channel());
        let mut given = String::with_capacity(text.len());
        channel.push(giver, &text, &mut given);
        if piece.is_last || !has_room {
            channel.finish(giver, &mut given);
        }
        if channel.holds() {
            self.channels.insert(piece.address, channel);
        }
        if given == text {
            return None;
        }
        let start = (raw.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
        let mut quoted = String::with_capacity(given.len() + 2);
        quoted.push('"');
        escape(&given, &mut quoted);
        quoted.push('"');
        Some((start..start + raw.len(), quoted))
    }

    /// Ends the texts of a choice or block that an event goes on from to another, or that it ends.
    fn end_others(&mut self, event: &Event<'_>, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        if self.channels.is_empty() {
            return;
        }
        let goes_on = |address: &Address| event.pieces.iter().any(|piece| piece.address == *address);
        let is_over = |address: &Address| {
            // Calls may be streamed side by side.
            let moves = |piece: &Piece<'_>| {
                let same_part = piece.address.part == address.part && piece.raw.get() != "\"\"";
                same_part && !(piece.address.kind.is_call() && address.kind.is_call())
            };
            event.ends_all || event.ended.contains(&address.part) || event.pieces.iter().any(moves)
        };
        let ended: Vec<Address> = self
            .channels
            .keys()
            .filter(|address| is_over(address) && !goes_on(address))
            .copied()
            .collect();
        for address in ended {
            self.end(address, giver, out);
        }
    }

    fn end_all(&mut self, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        while let Some(address) = self.channels.keys().next().copied() {
            self.end(address, giver, out);
        }
    }

    /// Ends a text: what was held back of it goes out in an event of its own.
    fn end(&mut self, address: Address, giver: &mut Giver<'_>, out: &mut Vec<u8>) {
        let Some(mut channel) = self.channels.remove(&address) else {
            return;
        };
        let mut rest = String::new();
        channel.finish(giver, &mut rest);
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
                // A chunk that cannot be edited is no reason to lose text.
                let chunk = Object::parse_checked(&self.chunk).or_else(|_| Object::parse_checked(BARE_CHUNK));
                if let Ok(chunk) = chunk {
                    let mut edit = Edit::new(&chunk);
                    edit.set("choices", choices);
                    if chunk.has("usage") {
                        edit.set("usage", "null");
                    }
                    penstock_sse::write(None, &edit.apply(), out);
                }
            }
        }
    }
}

impl Address {
    fn channel(self) -> Channel {
        match self.kind {
            Kind::Thinking(_) | Kind::BlockThinking => Channel::new(Likeness::Exact, Landing::Text),
            Kind::Arguments(_) | Kind::FunctionCall | Kind::BlockInput => {
                Channel::new(Likeness::Close, Landing::Json)
            }
            _ => Channel::new(Likeness::Close, Landing::Text),
        }
    }
}

impl Kind {
    /// Whether it belongs to the call of a tool.
    fn is_call(self) -> bool {
        matches!(self, Self::Arguments(_) | Self::Input(_))
    }

    /// The delta that carries a text, which is a JSON string.
    fn delta(self, text: &str) -> String {
        match self {
            Self::Content => format!(r#"{{"content":{text}}}"#),
            Self::Refusal => format!(r#"{{"refusal":{text}}}"#),
            Self::Reasoning => format!(r#"{{"reasoning":{text}}}"#),
            Self::ReasoningContent => format!(r#"{{"reasoning_content":{text}}}"#),
            Self::Thinking(index) => {
                format!(r#"{{"thinking_blocks":[{{"index":{index},"type":"thinking","thinking":{text}}}]}}"#)
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

/// The event with other data: every other byte stays where its data is one line.
fn rewrite(frame: &Frame<'_>, data: &str, out: &mut Vec<u8>) {
    let place = match &frame.data {
        std::borrow::Cow::Borrowed(borrowed) => {
            let start = (borrowed.as_ptr() as usize).checked_sub(frame.raw.as_ptr() as usize);
            start.map(|start| start..start + borrowed.len())
        }
        std::borrow::Cow::Owned(_) => None,
    };
    let around = place.and_then(|place| Some((frame.raw.get(..place.start)?, frame.raw.get(place.end..)?)));
    match around {
        Some((before, after)) => {
            out.extend_from_slice(before);
            out.extend_from_slice(data.as_bytes());
            out.extend_from_slice(after);
        }
        None => penstock_sse::write(frame.event, data.as_bytes(), out),
    }
}
