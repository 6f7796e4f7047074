//! `messages`.

use penstock_chat::neutral::request::{Part, Request, Role, Source, Turn};

use super::Body;
use crate::loss::Feature;
use crate::target::Flavor;

/// What stands before the result of a tool that failed, as the API has no field for it.
const TOOL_ERROR: &str = "[tool error] ";

impl Body<'_> {
    /// `messages`.
    pub fn messages(&mut self, request: &Request<'_>) {
        self.out.key("messages").open('[');
        if !request.system.is_empty() {
            self.out.open('{').member("role", "system");
            self.content(&request.system);
            self.out.close('}');
        }
        for turn in &request.turns {
            match turn.role {
                Role::User => self.user(turn),
                Role::Assistant => self.assistant(turn),
            }
        }
        if request.turns.is_empty() && request.system.is_empty() {
            // All that was said is reported as lost, and the API wants a message.
            self.out
                .open('{')
                .member("role", "user")
                .member("content", "")
                .close('}');
        }
        if request
            .turns
            .last()
            .is_some_and(|turn| turn.role == Role::Assistant)
        {
            self.losses
                .feature(Feature::Messages, "the last message is answered, not continued");
        }
        self.out.close(']');
    }

    /// Results of tools first, each a message of its own, as they must follow the calls.
    fn user(&mut self, turn: &Turn<'_>) {
        let mut said: Vec<&Part<'_>> = Vec::new();
        for part in &turn.parts {
            match part {
                Part::ToolResult {
                    id,
                    content,
                    is_error,
                    cache,
                } => {
                    self.cache(*cache);
                    self.tool_result(id, content, *is_error);
                    said.extend(content.iter().filter(|part| !matches!(part, Part::Text { .. })));
                }
                other => said.push(other),
            }
        }
        // Instructions are messages of their own, in their place among the rest.
        let mut rest = said.as_slice();
        while let Some((first, after)) = rest.split_first() {
            if let Part::Instruction { text } = first {
                self.out
                    .open('{')
                    .member("role", "system")
                    .member("content", text)
                    .close('}');
                rest = after;
                continue;
            }
            let end = rest
                .iter()
                .position(|part| matches!(part, Part::Instruction { .. }))
                .unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            self.out.open('{').member("role", "user");
            self.content(run.iter().copied());
            self.out.close('}');
            rest = after;
        }
    }

    fn tool_result(&mut self, id: &str, content: &[Part<'_>], is_error: bool) {
        let mut text = String::new();
        if is_error {
            self.losses
                .feature(Feature::ToolResultError, "said in the result's text");
            text.push_str(TOOL_ERROR);
        }
        for part in content {
            if let Part::Text { text: piece, cache } = part {
                self.cache(*cache);
                if !text.is_empty() && text != TOOL_ERROR {
                    text.push('\n');
                }
                text.push_str(piece);
            } else {
                let reason = "images and files of a result follow it in a user message";
                self.losses.feature(Feature::ToolResultContent, reason);
            }
        }
        self.out
            .open('{')
            .member("role", "tool")
            .member("tool_call_id", id)
            .member("content", &text)
            .close('}');
    }

    fn assistant(&mut self, turn: &Turn<'_>) {
        self.out.open('{').member("role", "assistant");
        let texts = turn.parts.iter().filter(|part| matches!(part, Part::Text { .. }));
        let mut calls = turn
            .parts
            .iter()
            .filter(|part| matches!(part, Part::ToolCall { .. }))
            .peekable();
        if texts.clone().next().is_some() {
            self.content(texts);
        } else {
            // Content may be missing only beside calls.
            self.out
                .raw_member("content", if calls.peek().is_some() { "null" } else { "\"\"" });
        }
        self.thinking(turn);
        if calls.peek().is_some() {
            self.out.key("tool_calls").open('[');
            for call in calls {
                if let Part::ToolCall {
                    id,
                    name,
                    arguments,
                    cache,
                } = call
                {
                    self.cache(*cache);
                    self.out
                        .open('{')
                        .member("id", id)
                        .member("type", "function")
                        .key("function");
                    self.out
                        .open('{')
                        .member("name", name)
                        .member("arguments", arguments)
                        .close('}')
                        .close('}');
                }
            }
            self.out.close(']');
        }
        self.out.close('}');
    }

    fn thinking(&mut self, turn: &Turn<'_>) {
        let mut reasoning = String::new();
        for part in &turn.parts {
            match part {
                Part::Thinking { text, .. } if self.flavor == Flavor::Vllm => reasoning.push_str(text),
                Part::Thinking { .. } | Part::RedactedThinking { .. } => {
                    self.losses
                        .feature(Feature::Thinking, "the target takes no reasoning back");
                }
                Part::Image { .. } => self
                    .losses
                    .feature(Feature::Image, "an answer holds no images; not sent"),
                Part::Document { .. } => self
                    .losses
                    .feature(Feature::Document, "an answer holds no files; not sent"),
                _ => {}
            }
        }
        if !reasoning.is_empty() {
            self.out.member("reasoning_content", &reasoning);
        }
    }

    /// Content as a string if it is one text, else as parts.
    fn content<'p>(&mut self, parts: impl IntoIterator<Item = &'p Part<'p>>) {
        let mut parts = parts.into_iter().peekable();
        self.out.key("content");
        let first = parts.next();
        if let (Some(Part::Text { text, cache }), None) = (first, parts.peek()) {
            self.cache(*cache);
            self.out.string(text);
            return;
        }
        self.out.open('[');
        for part in first.into_iter().chain(parts) {
            self.part(part);
        }
        self.out.close(']');
    }

    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Text { text, cache } => {
                self.cache(*cache);
                self.out
                    .open('{')
                    .member("type", "text")
                    .member("text", text)
                    .close('}');
            }
            Part::Image { source, cache } => {
                self.cache(*cache);
                let url = match source {
                    Source::Url(url) => url.to_string(),
                    Source::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
                };
                self.out.open('{').member("type", "image_url").key("image_url");
                self.out.open('{').member("url", &url).close('}').close('}');
            }
            Part::Document { source, name, cache } => {
                self.cache(*cache);
                self.document(source, name.as_deref());
            }
            _ => {}
        }
    }

    fn document(&mut self, source: &Source<'_>, name: Option<&str>) {
        let refused = match (source, self.flavor) {
            (_, Flavor::Vllm) => Some("the target takes no files; only their names are sent"),
            (Source::Url(_), _) => Some("the target fetches no files; only the address is sent"),
            (Source::Base64 { .. }, _) => None,
        };
        if let Some(reason) = refused {
            self.losses.feature(Feature::Document, reason);
        }
        match source {
            Source::Base64 { media_type, data } if refused.is_none() => {
                let data = format!("data:{media_type};base64,{data}");
                self.out.open('{').member("type", "file").key("file").open('{');
                self.out
                    .member("filename", name.unwrap_or("document.pdf"))
                    .member("file_data", &data);
                self.out.close('}').close('}');
            }
            Source::Base64 { .. } => self.placeholder(name.unwrap_or("without a name")),
            Source::Url(url) => self.placeholder(url),
        }
    }

    /// Text in the place of a document, so that the message is not left empty.
    fn placeholder(&mut self, what: &str) {
        let text = format!("[document: {what}]");
        self.out
            .open('{')
            .member("type", "text")
            .member("text", &text)
            .close('}');
    }
}
