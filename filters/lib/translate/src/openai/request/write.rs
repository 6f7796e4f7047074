//! From the neutral form to OpenAI's wire form.

use penstock_chat::Tokens;
use penstock_chat::neutral::request::{
    CacheMark, Effort, Part, Reasoning, ReasoningMode, Request, Role, ServiceTier, Source, Tool, ToolChoice,
    Turn,
};

use super::schema::is_strict;
use crate::json::Writer;
use crate::loss::{Feature, Losses};
use crate::target::{Flavor, Target};

/// Most stop sequences (`StopConfiguration` in OpenAI's OpenAPI document, read 2026-11).
const MAX_STOPS: usize = 4;

/// Budgets up to these count as low and as medium effort: the bounds at which Penstock's own budgets lie.
const LOW_BUDGET: Tokens = Tokens(2_048);
const MEDIUM_BUDGET: Tokens = Tokens(8_192);

/// What stands before the result of a tool that failed, as the API has no field for it.
const TOOL_ERROR: &str = "[tool error] ";

pub fn write(request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let mut body = Body {
        out: Writer::with_capacity(2_048),
        flavor: target.flavor,
        losses,
    };
    body.out.open('{').member("model", target.model);
    body.messages(request);
    if request.stream {
        body.out.raw_member("stream", true);
        body.out.raw_member("stream_options", r#"{"include_usage":true}"#);
    }
    body.limits(request);
    body.tools(request);
    body.reasoning(request.reasoning, target.model);
    if let Some(schema) = request.output_schema {
        let strict = is_strict(schema);
        if !strict && target.flavor != Flavor::Vllm {
            let reason =
                "optional or additional properties: sent as a wish, OpenAI enforces closed schemas only";
            body.losses.feature(Feature::OutputSchema, reason);
        }
        body.out
            .key("response_format")
            .open('{')
            .member("type", "json_schema")
            .key("json_schema");
        body.out
            .open('{')
            .member("name", "response")
            .raw_member("schema", schema);
        body.out
            .raw_member("strict", strict || target.flavor == Flavor::Vllm)
            .close('}')
            .close('}');
    }
    if let Some(user) = &request.user {
        body.out.member("user", user);
    }
    match (request.service_tier, target.flavor) {
        (Some(ServiceTier::Standard), Flavor::Vllm) => {
            body.losses
                .feature(Feature::ServiceTier, "the target has one kind of capacity");
        }
        (Some(ServiceTier::Standard), _) => drop(body.out.member("service_tier", "default")),
        (Some(ServiceTier::Auto), _) | (None, _) => {}
    }
    body.out.close('}');
    body.out.finish()
}

struct Body<'l> {
    out: Writer,
    flavor: Flavor,
    losses: &'l mut Losses,
}

impl Body<'_> {
    fn messages(&mut self, request: &Request<'_>) {
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

    fn limits(&mut self, request: &Request<'_>) {
        if let Some(Tokens(limit)) = request.max_output_tokens {
            if limit == 0 {
                self.losses
                    .feature(Feature::MaxOutputTokens, "the target writes at least one token");
            }
            let name = if self.flavor == Flavor::Vllm {
                "max_tokens"
            } else {
                "max_completion_tokens"
            };
            self.out.raw_member(name, limit.max(1));
        }
        if let Some(temperature) = request.temperature {
            self.out.raw_member("temperature", temperature);
        }
        if let Some(top_p) = request.top_p {
            self.out.raw_member("top_p", top_p);
        }
        match request.top_k {
            Some(top_k) if self.flavor == Flavor::Vllm => drop(self.out.raw_member("top_k", top_k)),
            Some(_) => self
                .losses
                .feature(Feature::TopK, "the target samples from all tokens"),
            None => {}
        }
        if request.stop.is_empty() {
            return;
        }
        let most = if self.flavor == Flavor::Vllm {
            usize::MAX
        } else {
            MAX_STOPS
        };
        if request.stop.len() > most {
            self.losses
                .feature(Feature::Stop, "the target takes four; the first four are sent");
        }
        self.out.key("stop").open('[');
        for stop in request.stop.iter().take(most) {
            self.out.string(stop);
        }
        self.out.close(']');
    }

    fn tools(&mut self, request: &Request<'_>) {
        if request.tools.is_empty() {
            if request.tool_choice.is_some() {
                self.losses
                    .feature(Feature::ToolChoice, "there is no tool to choose");
            }
            if request.parallel_tool_calls.is_some() {
                self.losses
                    .feature(Feature::ParallelToolCalls, "there is no tool to call");
            }
            return;
        }
        self.out.key("tools").open('[');
        for tool in &request.tools {
            self.tool(tool);
        }
        self.out.close(']');
        match &request.tool_choice {
            None => {}
            Some(ToolChoice::Auto) => drop(self.out.member("tool_choice", "auto")),
            Some(ToolChoice::None) => drop(self.out.member("tool_choice", "none")),
            Some(ToolChoice::Required) => drop(self.out.member("tool_choice", "required")),
            Some(ToolChoice::Tool(name)) => {
                self.out
                    .key("tool_choice")
                    .open('{')
                    .member("type", "function")
                    .key("function");
                self.out.open('{').member("name", name).close('}').close('}');
            }
        }
        if let Some(parallel) = request.parallel_tool_calls {
            self.out.raw_member("parallel_tool_calls", parallel);
        }
    }

    fn tool(&mut self, tool: &Tool<'_>) {
        self.cache(tool.cache);
        self.out
            .open('{')
            .member("type", "function")
            .key("function")
            .open('{')
            .member("name", &tool.name);
        if let Some(description) = &tool.description {
            self.out.member("description", description);
        }
        if let Some(schema) = tool.schema {
            self.out.raw_member("parameters", schema);
        }
        if let Some(strict) = tool.strict {
            self.out.raw_member("strict", strict);
        }
        self.out.close('}').close('}');
    }

    fn reasoning(&mut self, reasoning: Reasoning, model: &str) {
        let effort = match (reasoning.effort, reasoning.mode) {
            (_, ReasoningMode::Off) | (None, ReasoningMode::Unset) => return,
            (Some(effort), _) => effort,
            (None, ReasoningMode::Budget(budget)) => {
                self.losses
                    .feature(Feature::Reasoning, "the budget becomes an effort");
                match budget {
                    budget if budget <= LOW_BUDGET => Effort::Low,
                    budget if budget <= MEDIUM_BUDGET => Effort::Medium,
                    _ => Effort::High,
                }
            }
            // Anthropic's effort where none is given (`output_config.effort`, Python SDK 2.11, read 2026-11).
            (None, ReasoningMode::Adaptive) => Effort::High,
        };
        if self.flavor != Flavor::Vllm && !reasons(model) {
            let feature = if reasoning.effort.is_some() {
                Feature::Effort
            } else {
                Feature::Reasoning
            };
            self.losses.feature(feature, "the target's model does not reason");
            return;
        }
        let sent = if effort == Effort::Max {
            Effort::XHigh
        } else {
            effort
        };
        if sent != effort {
            self.losses.feature(Feature::Effort, "sent as xhigh");
        }
        self.out.member("reasoning_effort", sent.as_str());
    }

    fn cache(&mut self, mark: CacheMark<'_>) {
        if mark != CacheMark::None {
            self.losses
                .feature(Feature::CacheMark, "the target caches on its own");
        }
    }
}

/// Whether a model of OpenAI's takes `reasoning_effort`: all since the o-series but the GPT-4 line and before.
/// Azure names deployments freely, so an unknown name counts as one that does.
fn reasons(model: &str) -> bool {
    !["gpt-3", "gpt-4", "gpt-35", "chatgpt-4"]
        .iter()
        .any(|family| model.starts_with(family))
}
