//! The pieces of text in one event of a streamed answer.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Which text of an answer a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    /// Choice of an OpenAI answer, block of an Anthropic one.
    pub part: u64,
    pub kind: Kind,
}

/// Which of the texts that a choice or block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Content,
    Refusal,
    Transcript,
    Reasoning,
    ReasoningContent,
    /// A signed block of reasoning, by its index.
    Thinking(u64),
    /// One of a list of parts of reasoning, by its index.
    Detail(u64),
    /// The summary of one, by its index.
    Summary(u64),
    /// Arguments of a call, by its index.
    Arguments(u64),
    /// Free input of a call, by its index.
    Input(u64),
    /// Arguments of a call in the form that OpenAI has given up.
    FunctionCall,
    /// Anthropic's own.
    Text,
    BlockThinking,
    BlockInput,
}

/// A piece of one text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub address: Address,
    /// A JSON string.
    pub raw: &'a RawValue,
    /// The text is over behind it.
    pub is_last: bool,
}

/// What an event holds.
#[derive(Debug, Default)]
pub(crate) struct Event<'a> {
    pub pieces: Vec<Piece<'a>>,
    /// Choices or blocks that are over with it.
    pub ended: Vec<u64>,
    /// Texts that are over in front of it.
    pub over: Vec<Address>,
    /// Calls that it names, by their id.
    pub calls: Vec<(Address, &'a RawValue)>,
    /// Whether everything is over with it.
    pub ends_all: bool,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    audio: Option<&'a RawValue>,
    #[serde(borrow, default)]
    thinking_blocks: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function_call: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Audio<'a> {
    #[serde(borrow, default)]
    transcript: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    signature: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
    #[serde(borrow, default)]
    custom: Option<Custom<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Custom<'a> {
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BlockEvent<'a> {
    #[serde(borrow)]
    r#type: &'a RawValue,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<BlockDelta<'a>>,
    #[serde(borrow, default)]
    content_block: Option<BlockDelta<'a>>,
}

#[derive(Default, Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow, default)]
    partial_json: Option<&'a RawValue>,
    #[serde(borrow, default)]
    signature: Option<&'a RawValue>,
}

impl<'a> Event<'a> {
    /// Reads an event of OpenAI's API; `None` if it is none.
    pub fn openai(data: &'a str) -> Option<Self> {
        let chunk: Chunk<'a> = object(data)?;
        let mut event = Self {
            ends_all: is_set(chunk.error),
            ..Self::default()
        };
        for (at, choice) in (0..).zip(chunk.choices.unwrap_or_default()) {
            let index = choice.index.unwrap_or(at);
            let over = is_set(choice.finish_reason);
            event.delta(index, choice.delta.unwrap_or_default(), over);
            if over {
                event.ended.push(index);
            }
        }
        Some(event)
    }

    fn delta(&mut self, part: u64, delta: Delta<'a>, over: bool) {
        self.piece(part, Kind::Content, delta.content, over);
        self.piece(part, Kind::Refusal, delta.refusal, over);
        self.piece(part, Kind::Reasoning, delta.reasoning, over);
        self.piece(part, Kind::ReasoningContent, delta.reasoning_content, over);
        let transcript = read::<Audio<'a>>(delta.audio).and_then(|audio| audio.transcript);
        self.piece(part, Kind::Transcript, transcript, over);
        let blocks = read::<Vec<Thinking<'a>>>(delta.thinking_blocks);
        for (at, block) in (0..).zip(blocks.unwrap_or_default()) {
            let kind = Kind::Thinking(block.index.unwrap_or(at));
            self.signed(part, kind, block.thinking, block.signature, over);
        }
        let details = read::<Vec<Thinking<'a>>>(delta.reasoning_details);
        for (at, detail) in (0..).zip(details.unwrap_or_default()) {
            let index = detail.index.unwrap_or(at);
            self.signed(part, Kind::Detail(index), detail.text, detail.signature, over);
            self.signed(part, Kind::Summary(index), detail.summary, detail.signature, over);
        }
        for (at, call) in (0..).zip(read::<Vec<Call<'a>>>(delta.tool_calls).unwrap_or_default()) {
            let index = call.index.unwrap_or(at);
            for kind in [Kind::Arguments(index), Kind::Input(index)] {
                let id = call.id.filter(|id| id.get() != r#""""#);
                self.calls.extend(id.map(|id| (Address { part, kind }, id)));
            }
            let arguments = call.function.and_then(|function| function.arguments);
            self.piece(part, Kind::Arguments(index), arguments, over);
            let input = call.custom.and_then(|custom| custom.input);
            self.piece(part, Kind::Input(index), input, over);
        }
        let arguments = read::<Function<'a>>(delta.function_call).and_then(|function| function.arguments);
        self.piece(part, Kind::FunctionCall, arguments, over);
    }

    /// Reads an event of Anthropic's API; `None` if it is none.
    pub fn anthropic(data: &'a str) -> Option<Self> {
        let block: BlockEvent<'a> = object(data)?;
        let mut event = Self::default();
        let index = block.index.unwrap_or_default();
        match block.r#type.get() {
            r#""content_block_delta""# | r#""content_block_start""# => {
                let delta = block.delta.or(block.content_block).unwrap_or_default();
                event.piece(index, Kind::Text, delta.text, false);
                event.signed(index, Kind::BlockThinking, delta.thinking, delta.signature, false);
                event.piece(index, Kind::BlockInput, delta.partial_json, false);
            }
            r#""content_block_stop""# => event.ended.push(index),
            r#""message_delta""# | r#""message_stop""# | r#""error""# => event.ends_all = true,
            _ => {}
        }
        Some(event)
    }

    /// A piece of reasoning, which its signature ends.
    fn signed(
        &mut self,
        part: u64,
        kind: Kind,
        raw: Option<&'a RawValue>,
        signature: Option<&'a RawValue>,
        is_last: bool,
    ) {
        let is_signed = signature.is_some_and(|signature| !matches!(signature.get(), "null" | r#""""#));
        let pieces = self.pieces.len();
        self.piece(part, kind, raw, is_last || is_signed);
        if is_signed && self.pieces.len() == pieces {
            self.over.push(Address { part, kind });
        }
    }

    fn piece(&mut self, part: u64, kind: Kind, raw: Option<&'a RawValue>, is_last: bool) {
        if let Some(raw) = raw.filter(|raw| raw.get().starts_with('"')) {
            self.pieces.push(Piece {
                address: Address { part, kind },
                raw,
                is_last,
            });
        }
    }
}

/// Reads an object; a list is none, although serde takes it for one.
fn object<'a, T: Deserialize<'a>>(data: &'a str) -> Option<T> {
    let is_object = data.trim_start().starts_with('{');
    is_object.then(|| serde_json::from_str(data).ok())?
}

/// What is read of a field that may be something else.
fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

fn is_set(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| raw.get() != "null")
}
