//! The messages: instructions, what both sides say, calls and their results.

use std::borrow::Cow;

use penstock_chat::neutral::request::{CacheMark, Part, Request, Role, Source, Turn};
use penstock_chat::openai::request as wire;
use penstock_chat::shape::{Str, TextOr};
use serde_json::value::RawValue;

use super::{cache_mark, note};
use crate::json::{self, Writer};
use crate::loss::Losses;

/// The request as far as its messages are read.
pub struct Conversation<'a, 'l> {
    /// What is read so far.
    pub request: Request<'a>,
    /// What is lost so far.
    pub losses: &'l mut Losses,
}

impl<'a> Conversation<'a, '_> {
    /// Adds a message to the conversation.
    pub fn message(&mut self, message: wire::Message<'a>) {
        note(&message.unknown, "messages[]", self.losses);
        let mark = cache_mark(message.cache_control, None);
        let role = message.role.as_deref().unwrap_or_default();
        if role != "assistant" {
            let only_assistant = [
                (message.tool_calls.is_some(), "messages[].tool_calls"),
                (message.refusal.is_some(), "messages[].refusal"),
                (
                    message.reasoning_content.is_some(),
                    "messages[].reasoning_content",
                ),
                (message.thinking_blocks.is_some(), "messages[].thinking_blocks"),
            ];
            for (_, field) in only_assistant.into_iter().filter(|(given, _)| *given) {
                self.losses.field(field, "only the assistant says so; not sent");
            }
        }
        match role {
            "system" | "developer" => self.instruction(message.content, mark),
            "assistant" => self.assistant(message, mark),
            "tool" => {
                let id = message.tool_call_id.unwrap_or_default().0;
                let content = self.parts(message.content);
                self.push(
                    Role::User,
                    Part::ToolResult {
                        id,
                        content,
                        is_error: false,
                        cache: mark,
                    },
                );
            }
            _ => {
                if role == "function" {
                    self.losses.field(
                        "messages[].role",
                        "a function result without a call is sent as user text",
                    );
                }
                self.marked(Role::User, message.content, mark);
            }
        }
    }

    fn instruction(&mut self, content: Option<TextOr<'a, wire::Part<'a>>>, mark: CacheMark<'a>) {
        let leading = self.request.turns.is_empty();
        let mut parts = self.parts(content);
        set_mark(&mut parts, mark);
        for part in parts {
            match part {
                Part::Text { .. } if leading => self.request.system.push(part),
                Part::Text { text, cache } => {
                    if cache != CacheMark::None {
                        self.losses.field(
                            "messages[].content[].cache_control",
                            "not kept on a later instruction",
                        );
                    }
                    self.push(Role::User, Part::Instruction { text });
                }
                _ => self
                    .losses
                    .field("messages[].content", "an instruction is text only"),
            }
        }
    }

    fn assistant(&mut self, message: wire::Message<'a>, mark: CacheMark<'a>) {
        match (message.thinking_blocks, message.reasoning_content) {
            (Some(blocks), _) => {
                for block in blocks.0 {
                    let part = match (block.data, block.thinking) {
                        (Some(data), None) => Part::RedactedThinking { data: data.0 },
                        (_, thinking) => Part::Thinking {
                            text: thinking.unwrap_or_default().0,
                            signature: block
                                .signature
                                .map(|signature| signature.0)
                                .filter(|signature| !signature.is_empty()),
                        },
                    };
                    self.push(Role::Assistant, part);
                }
            }
            (None, Some(text)) if !text.is_empty() => {
                self.push(
                    Role::Assistant,
                    Part::Thinking {
                        text: text.0,
                        signature: None,
                    },
                );
            }
            _ => {}
        }
        self.marked(Role::Assistant, message.content, mark);
        if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_empty()) {
            self.losses.field("messages[].refusal", "sent as text");
            self.push(
                Role::Assistant,
                Part::Text {
                    text: refusal.0,
                    cache: CacheMark::None,
                },
            );
        }
        for call in message.tool_calls.into_iter().flat_map(|calls| calls.0) {
            self.tool_call(call);
        }
    }

    fn tool_call(&mut self, call: wire::ToolCall<'a>) {
        note(&call.unknown, "messages[].tool_calls[]", self.losses);
        let id = call.id.unwrap_or_default().0;
        let (name, arguments) = match (call.function, call.custom) {
            (Some(function), _) => {
                let text = function.arguments.unwrap_or_default();
                (function.name, self.arguments(text))
            }
            (None, custom) => {
                let custom = custom.unwrap_or_default();
                self.losses.field(
                    "messages[].tool_calls[].custom",
                    "sent as a call with its input in a field",
                );
                (custom.name, wrap("input", &custom.input.unwrap_or_default()))
            }
        };
        let name = name.unwrap_or_default().0;
        self.push(
            Role::Assistant,
            Part::ToolCall {
                id,
                name,
                arguments,
                cache: CacheMark::None,
            },
        );
    }

    /// Arguments as an object. Models write broken JSON at times, OpenAI takes it back, and so a conversation that
    /// holds some must not become impossible: it goes on as an object that holds the text.
    fn arguments(&mut self, text: Str<'a>) -> Cow<'a, str> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Cow::Borrowed("{}");
        }
        if trimmed.starts_with('{')
            && json::check(trimmed.as_bytes()).is_ok()
            && serde_json::from_str::<&RawValue>(trimmed).is_ok()
        {
            return text.0;
        }
        self.losses.field(
            "messages[].tool_calls[].function.arguments",
            "not a JSON object; sent within one",
        );
        wrap("malformed_arguments", &text)
    }

    fn marked(&mut self, role: Role, content: Option<TextOr<'a, wire::Part<'a>>>, mark: CacheMark<'a>) {
        let mut parts = self.parts(content);
        set_mark(&mut parts, mark);
        for part in parts {
            self.push(role, part);
        }
    }

    fn parts(&mut self, content: Option<TextOr<'a, wire::Part<'a>>>) -> Vec<Part<'a>> {
        match content {
            None => Vec::new(),
            Some(TextOr::Text(text)) if text.is_empty() => Vec::new(),
            Some(TextOr::Text(text)) => vec![Part::Text {
                text: text.0,
                cache: CacheMark::None,
            }],
            Some(TextOr::List(parts)) => parts.into_iter().filter_map(|part| self.part(part)).collect(),
        }
    }

    fn part(&mut self, part: wire::Part<'a>) -> Option<Part<'a>> {
        let cache = cache_mark(part.cache_control, part.prompt_cache_breakpoint);
        let kind = part.kind.unwrap_or_default();
        if matches!(&*kind, "text" | "image_url" | "file" | "refusal") {
            note(&part.unknown, "messages[].content[]", self.losses);
        }
        match &*kind {
            "text" => {
                let text = part.text.filter(|text| !text.is_empty())?.0;
                Some(Part::Text { text, cache })
            }
            "refusal" => {
                self.losses.field("messages[].content[].refusal", "sent as text");
                let text = part.refusal.filter(|text| !text.is_empty())?.0;
                Some(Part::Text { text, cache })
            }
            "image_url" => {
                let image = part.image_url?;
                note(&image.unknown, "messages[].content[].image_url", self.losses);
                if image.detail.is_some_and(|detail| &*detail != "auto") {
                    self.losses.field(
                        "messages[].content[].image_url.detail",
                        "the target chooses the detail",
                    );
                }
                let source = source(image.url?.0);
                if source.is_none() {
                    let reason = "neither an http URL nor base64 data; not sent";
                    self.losses.field("messages[].content[].image_url.url", reason);
                }
                Some(Part::Image {
                    source: source?,
                    cache,
                })
            }
            "file" => self.file(part.file?, cache),
            "input_audio" => {
                self.losses.field(
                    "messages[].content[].input_audio",
                    "the target hears no audio; not sent",
                );
                None
            }
            other => {
                self.losses.unknown(
                    "messages[].content[]",
                    other,
                    "not known to the target's API; not sent",
                );
                None
            }
        }
    }

    fn file(&mut self, file: wire::File<'a>, cache: CacheMark<'a>) -> Option<Part<'a>> {
        note(&file.unknown, "messages[].content[].file", self.losses);
        let Some(data) = file.file_data else {
            self.losses.field(
                "messages[].content[].file.file_id",
                "uploaded at another provider; not sent",
            );
            return None;
        };
        let source = match source(data.0.clone()) {
            Some(source @ Source::Base64 { .. }) => source,
            // Plain base64, which OpenAI takes too: only the name tells what it is.
            _ if file
                .filename
                .as_deref()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf")) =>
            {
                Source::Base64 {
                    media_type: Cow::Borrowed("application/pdf"),
                    data: data.0,
                }
            }
            _ => {
                self.losses
                    .field("messages[].content[].file.file_data", "of unknown type; not sent");
                return None;
            }
        };
        Some(Part::Document {
            source,
            name: file.filename.map(|name| name.0),
            cache,
        })
    }

    /// Adds to the last turn if the role is the same.
    fn push(&mut self, role: Role, part: Part<'a>) {
        match self.request.turns.last_mut() {
            Some(turn) if turn.role == role => turn.parts.push(part),
            _ => self.request.turns.push(Turn {
                role,
                parts: vec![part],
            }),
        }
    }
}

/// A mark on a whole message counts for its last part.
fn set_mark<'a>(parts: &mut [Part<'a>], mark: CacheMark<'a>) {
    if mark == CacheMark::None {
        return;
    }
    if let Some(Part::Text { cache, .. } | Part::Image { cache, .. } | Part::Document { cache, .. }) =
        parts.last_mut()
    {
        *cache = mark;
    }
}

/// An http URL, or the content of a `data:` URL in base64.
fn source(url: Cow<'_, str>) -> Option<Source<'_>> {
    if let Some(rest) = url.strip_prefix("data:") {
        let (media_type, data) = rest.split_once(";base64,")?;
        // Parameters such as a charset mean nothing to an image.
        let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
        let data = match &url {
            Cow::Borrowed(url) => Cow::Borrowed(url.get(url.len() - data.len()..)?),
            Cow::Owned(_) => Cow::Owned(data.to_owned()),
        };
        return Some(Source::Base64 {
            media_type: Cow::Owned(media_type),
            data,
        });
    }
    let is_http = url.starts_with("https://") || url.starts_with("http://");
    is_http.then_some(Source::Url(url))
}

/// A text within an object.
fn wrap(name: &str, text: &str) -> Cow<'static, str> {
    let mut writer = Writer::with_capacity(text.len() + name.len() + 8);
    writer.open('{').member(name, text).close('}');
    Cow::Owned(String::from_utf8(writer.finish()).unwrap_or_default())
}
