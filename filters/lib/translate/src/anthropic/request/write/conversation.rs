//! `system` and `messages`.

use std::borrow::Cow;

use penstock_chat::neutral::request::{CacheMark, Part, Request, Role, Source, Turn};

use super::Body;
use crate::anthropic::request::model::Traits;
use crate::loss::Feature;

/// Image types (`Base64ImageSourceParam`, Python SDK 2.11, read 2026-11).
const IMAGE_TYPES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// What the user says where the API wants a user to speak and the client has none.
const CONTINUE: &str = "Continue.";

impl Body<'_> {
    /// `system` and `messages`.
    pub fn conversation(&mut self, request: &Request<'_>, traits: Traits) {
        if !request.system.is_empty() && !request.turns.is_empty() {
            self.out.key("system");
            self.content(&request.system);
        }
        self.out.key("messages").open('[');
        if request.turns.is_empty() {
            // The API wants a user to speak; instructions alone are then what is said.
            self.losses.feature(
                Feature::System,
                "there is no other message, so it is sent as the user's",
            );
            self.open_turn(Role::User);
            if request.system.is_empty() {
                self.text(CONTINUE, CacheMark::None);
            }
            for part in &request.system {
                self.part(part);
            }
            self.close_turn();
        }
        if request
            .turns
            .first()
            .is_some_and(|turn| turn.role == Role::Assistant)
        {
            self.losses.feature(
                Feature::Messages,
                "the first message is not the user's; one is put before it",
            );
            self.filler();
        }
        for turn in &request.turns {
            self.turn(turn);
        }
        if request
            .turns
            .last()
            .is_some_and(|turn| turn.role == Role::Assistant)
        {
            if traits.prefill {
                self.losses
                    .feature(Feature::Messages, "the last message is continued, not answered");
            } else {
                self.losses.feature(
                    Feature::Messages,
                    "the last message is not the user's; one is put after it",
                );
                self.filler();
            }
        }
        self.out.close(']');
    }

    fn filler(&mut self) {
        self.open_turn(Role::User);
        self.text(CONTINUE, CacheMark::None);
        self.close_turn();
    }

    fn open_turn(&mut self, role: Role) {
        let role = if role == Role::User { "user" } else { "assistant" };
        self.out.open('{').member("role", role).key("content").open('[');
    }

    fn close_turn(&mut self) {
        self.out.close(']').close('}');
    }

    /// Results of tools stand first in a user turn and thinking first in the assistant's, as the API demands.
    fn turn(&mut self, turn: &Turn<'_>) {
        self.open_turn(turn.role);
        let leads = |part: &&Part<'_>| {
            matches!(
                part,
                Part::ToolResult { .. } | Part::Thinking { .. } | Part::RedactedThinking { .. }
            )
        };
        let mut written = false;
        for part in turn.parts.iter().filter(leads) {
            written |= self.part(part);
        }
        for part in turn.parts.iter().filter(|part| !leads(part)) {
            written |= match (turn.role, part) {
                (Role::Assistant, Part::Image { .. }) => self.refuse(Feature::Image),
                (Role::Assistant, Part::Document { .. }) => self.refuse(Feature::Document),
                _ => self.part(part),
            };
        }
        if !written {
            // A turn must say something; what it said is reported as lost already.
            self.text("(empty)", CacheMark::None);
        }
        self.close_turn();
    }

    fn content(&mut self, parts: &[Part<'_>]) {
        if let [
            Part::Text {
                text,
                cache: CacheMark::None,
            },
        ] = parts
        {
            self.out.string(text);
            return;
        }
        self.out.open('[');
        for part in parts {
            self.part(part);
        }
        self.out.close(']');
    }

    /// Whether anything was written.
    fn part(&mut self, part: &Part<'_>) -> bool {
        match part {
            Part::Text { text, cache } => self.text(text, *cache),
            Part::Instruction { text } => {
                // Only some models take a system message here, so it goes where all of them read it.
                self.losses.feature(
                    Feature::Instruction,
                    "a later instruction is sent as marked user text",
                );
                self.text(&format!("<system>\n{text}\n</system>"), CacheMark::None);
            }
            Part::Image { source, cache } => return self.image(source, *cache),
            Part::Document { source, name, cache } => return self.document(source, name.as_deref(), *cache),
            Part::Thinking {
                text,
                signature: Some(signature),
            } => {
                self.out
                    .open('{')
                    .member("type", "thinking")
                    .member("thinking", text);
                self.out.member("signature", signature).close('}');
            }
            Part::Thinking { signature: None, .. } => {
                self.losses.feature(
                    Feature::Thinking,
                    "reasoning without a signature is not taken back",
                );
                return false;
            }
            Part::RedactedThinking { data } => {
                self.out
                    .open('{')
                    .member("type", "redacted_thinking")
                    .member("data", data)
                    .close('}');
            }
            Part::ToolCall {
                id,
                name,
                arguments,
                cache,
            } => {
                self.out
                    .open('{')
                    .member("type", "tool_use")
                    .member("id", &tool_id(id))
                    .member("name", name);
                self.out.raw_member("input", arguments);
                self.cache(*cache);
                self.out.close('}');
            }
            Part::ToolResult {
                id,
                content,
                is_error,
                cache,
            } => {
                self.out
                    .open('{')
                    .member("type", "tool_result")
                    .member("tool_use_id", &tool_id(id));
                if !content.is_empty() {
                    self.out.key("content");
                    self.content(content);
                }
                if *is_error {
                    self.out.raw_member("is_error", true);
                }
                self.cache(*cache);
                self.out.close('}');
            }
        }
        true
    }

    fn refuse(&mut self, feature: Feature) -> bool {
        self.losses
            .feature(feature, "an answer holds text only; not sent");
        false
    }

    fn text(&mut self, text: &str, cache: CacheMark<'_>) {
        self.out.open('{').member("type", "text").member("text", text);
        self.cache(cache);
        self.out.close('}');
    }

    fn image(&mut self, source: &Source<'_>, cache: CacheMark<'_>) -> bool {
        if let Source::Base64 { media_type, .. } = source
            && !IMAGE_TYPES.contains(&&**media_type)
        {
            self.losses.feature(
                Feature::Image,
                "the target takes JPEG, PNG, GIF and WebP; not sent",
            );
            return false;
        }
        self.out.open('{').member("type", "image");
        self.source(source);
        self.cache(cache);
        self.out.close('}');
        true
    }

    fn document(&mut self, source: &Source<'_>, name: Option<&str>, cache: CacheMark<'_>) -> bool {
        if let Source::Base64 { media_type, .. } = source
            && media_type != "application/pdf"
        {
            self.losses
                .feature(Feature::Document, "the target takes PDF only; not sent");
            return false;
        }
        self.out.open('{').member("type", "document");
        self.source(source);
        if let Some(name) = name {
            self.out.member("title", name);
        }
        self.cache(cache);
        self.out.close('}');
        true
    }

    fn source(&mut self, source: &Source<'_>) {
        self.out.key("source").open('{');
        match source {
            Source::Url(url) => self.out.member("type", "url").member("url", url),
            Source::Base64 { media_type, data } => self
                .out
                .member("type", "base64")
                .member("media_type", media_type)
                .member("data", data),
        };
        self.out.close('}');
    }

    /// A prompt-cache mark on the object that is open.
    pub fn cache(&mut self, mark: CacheMark<'_>) {
        match mark {
            CacheMark::None => {}
            // OpenAI's marks last half an hour at least, which of Anthropic's two lifetimes only the longer covers.
            CacheMark::Marked => drop(
                self.out
                    .raw_member("cache_control", r#"{"type":"ephemeral","ttl":"1h"}"#),
            ),
            CacheMark::Control(control) => drop(self.out.raw_member("cache_control", control)),
        }
    }
}

/// An id of the characters that the API takes; call and result are changed alike.
fn tool_id(id: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.chars().all(fits) {
        return Cow::Borrowed(id);
    }
    let fitted: String = id.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    Cow::Owned(if fitted.is_empty() { "_".to_owned() } else { fitted })
}
