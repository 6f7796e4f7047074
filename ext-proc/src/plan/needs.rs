//! What a request needs of a target, read from its body in one pass.
//!
//! Both dialects are read by the same names, and nothing is demanded: what is malformed or of another type than
//! documented is passed over, since the front instance refuses it in the client's dialect. Text is hashed and
//! never kept.

mod look;

use std::ops::ControlFlow;

use penstock_chat::Tokens;
use penstock_config::routing::{Capabilities, Capability};
use serde::de::{MapAccess, SeqAccess};
use sha2::{Digest, Sha256};

use self::look::{Look, look, skip};
use super::chance;
use crate::caller::Caller;

/// What a request needs of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The alias that it asks for, if it does.
    pub model: Option<String>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// What the target must be able to do.
    pub capabilities: Capabilities,
    /// The most output tokens of one choice, where the client says so.
    pub max_output: Option<Tokens>,
    /// Images in it.
    pub images: u64,
    /// How many answers it wants, if it says so.
    pub choices: Option<u64>,
    /// The same number for every turn of a conversation: of the caller, the system prompt and the first message of
    /// the user's.
    pub conversation: u64,
}

impl Needs {
    /// Reads a request's body.
    pub fn read(body: &[u8], caller: &Caller) -> Self {
        let mut request = Request::default();
        // What comes after a mistake is not read, and the front instance refuses it all.
        let _ = look(&mut request, &mut serde_json::Deserializer::from_slice(body));
        Self {
            stream: request.stream.0,
            capabilities: capabilities(&request),
            max_output: request.max_output.0.or(request.older_max_output.0).map(Tokens),
            choices: request.choices.0,
            images: images(&request),
            conversation: conversation(
                caller,
                [
                    request.system.0.hash,
                    request.messages.system,
                    request.messages.first,
                ],
            ),
            model: request.model.0,
        }
    }
}

/// A caller as a number that is always the same: what canaries go by. Callers without a key are told apart by their
/// tenant only.
pub fn identity(caller: &Caller) -> u64 {
    chance::of_words(&[&caller.tenant, caller.key.as_deref().unwrap_or_default()])
}

fn conversation(caller: &Caller, parts: [Sha256; 3]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(identity(caller).to_le_bytes());
    for part in parts {
        hash.update(part.finalize());
    }
    let digest = hash.finalize();
    let start = digest.iter().take(8);
    start.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn images(request: &Request) -> u64 {
    request.messages.images.saturating_add(request.system.0.images)
}

fn capabilities(request: &Request) -> Capabilities {
    let effort = |word: &Word| word.0.as_deref().is_some_and(|effort| effort != "none");
    let thinks = matches!(request.thinking.kind.0.as_deref(), Some("enabled" | "adaptive"));
    let schema = |format: &Kind| format.kind.0.as_deref() == Some("json_schema");
    let formats = [
        &request.response_format,
        &request.output_format,
        &request.output_config.format,
    ];
    let found = [
        (Capability::Tools, request.tools.0),
        (Capability::Images, images(request) > 0),
        (Capability::JsonSchema, formats.into_iter().any(schema)),
        (
            Capability::Reasoning,
            thinks || effort(&request.effort) || effort(&request.reasoning.effort),
        ),
    ];
    found
        .into_iter()
        .filter_map(|(capability, needed)| needed.then_some(capability))
        .collect()
}

#[derive(Default)]
struct Request {
    model: Word,
    stream: Flag,
    max_output: Count,
    older_max_output: Count,
    choices: Count,
    tools: Many,
    response_format: Kind,
    output_format: Kind,
    output_config: OutputConfig,
    effort: Word,
    reasoning: Effort,
    thinking: Kind,
    system: System,
    messages: Messages,
}

impl Look for Request {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "model" => self.model.value(map),
            "stream" => self.stream.value(map),
            "max_completion_tokens" => self.max_output.value(map),
            "max_tokens" => self.older_max_output.value(map),
            "n" => self.choices.value(map),
            "tools" | "functions" => self.tools.value(map),
            "response_format" => self.response_format.value(map),
            "output_format" => self.output_format.value(map),
            "output_config" => self.output_config.value(map),
            "reasoning_effort" => self.effort.value(map),
            "reasoning" => self.reasoning.value(map),
            "thinking" => self.thinking.value(map),
            "system" => self.system.0.value(map),
            "messages" => self.messages.value(map),
            _ => skip(map),
        }
    }
}

#[derive(Default)]
struct Word(Option<String>);

impl Look for Word {
    fn text(&mut self, text: &str) {
        self.0 = Some(text.to_owned());
    }
}

#[derive(Default)]
struct Flag(bool);

impl Look for Flag {
    fn flag(&mut self, flag: bool) {
        self.0 = flag;
    }
}

#[derive(Default)]
struct Count(Option<u64>);

impl Look for Count {
    fn number(&mut self, number: u64) {
        self.0 = Some(number);
    }
}

/// Whether a list holds anything.
#[derive(Default)]
struct Many(bool);

impl Look for Many {
    fn element<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<ControlFlow<()>, A::Error> {
        let flow = look::pass(list)?;
        self.0 |= flow.is_continue();
        Ok(flow)
    }
}

/// An object that says what it is.
#[derive(Default)]
struct Kind {
    kind: Word,
}

impl Look for Kind {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => self.kind.value(map),
            _ => skip(map),
        }
    }
}

#[derive(Default)]
struct OutputConfig {
    format: Kind,
}

impl Look for OutputConfig {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "format" => self.format.value(map),
            _ => skip(map),
        }
    }
}

#[derive(Default)]
struct Effort {
    effort: Word,
}

impl Look for Effort {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "effort" => self.effort.value(map),
            _ => skip(map),
        }
    }
}

struct System(Content);

impl Default for System {
    fn default() -> Self {
        Self(Content::new(true))
    }
}

/// All messages: those before the user's first, and that one, are hashed.
#[derive(Default)]
struct Messages {
    system: Sha256,
    first: Sha256,
    begun: bool,
    images: u64,
}

impl Look for Messages {
    fn element<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<ControlFlow<()>, A::Error> {
        let mut message = Message {
            role: Word::default(),
            content: Content::new(!self.begun),
        };
        let flow = message.next(list)?;
        self.images = self.images.saturating_add(message.content.images);
        match message.role.0.as_deref() {
            Some("user") if !self.begun => {
                self.begun = true;
                self.first = message.content.hash;
            }
            Some("system" | "developer") if !self.begun => {
                self.system.update(message.content.hash.finalize());
            }
            _ => {}
        }
        Ok(flow)
    }
}

struct Message {
    role: Word,
    content: Content,
}

impl Look for Message {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "role" => self.role.value(map),
            "content" => self.content.value(map),
            _ => skip(map),
        }
    }
}

/// The texts of a message, whether it is one string or blocks: a client may write the same message either way, and
/// marks for a provider's cache wander from turn to turn.
struct Content {
    hashed: bool,
    hash: Sha256,
    images: u64,
}

impl Content {
    fn new(hashed: bool) -> Self {
        Self {
            hashed,
            hash: Sha256::new(),
            images: 0,
        }
    }
}

impl Look for Content {
    fn text(&mut self, text: &str) {
        if self.hashed {
            self.hash.update(text);
            self.hash.update([0xff]);
        }
    }

    fn element<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<ControlFlow<()>, A::Error> {
        self.next(list)
    }

    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => {
                let mut kind = Word::default();
                kind.value(map)?;
                let is_image = matches!(kind.0.as_deref(), Some("image" | "image_url" | "input_image"));
                self.images = self.images.saturating_add(is_image.into());
                Ok(())
            }
            // A tool's arguments may hold anything, and say nothing of what is sent as content.
            "cache_control" | "input" => skip(map),
            _ => self.value(map),
        }
    }
}

#[cfg(test)]
mod tests;
