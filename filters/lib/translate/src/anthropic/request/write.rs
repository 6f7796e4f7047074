//! From the neutral form to Anthropic's wire form.

use std::borrow::Cow;

use penstock_chat::neutral::request::{
    CacheMark, Part, Reasoning, ReasoningMode, Request, Role, ServiceTier, Source, Tool, ToolChoice, Turn,
};

use super::model::{Traits, traits};
use super::thinking::{Plan, Thinking, plan};
use crate::json::Writer;
use crate::loss::{Feature, Losses};
use crate::target::Target;

/// Image types (`Base64ImageSourceParam`, Python SDK 2.11, read 2026-11).
const IMAGE_TYPES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// What the user says where the API wants a user to speak and the client has none.
const CONTINUE: &str = "Continue.";

pub fn write(request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let traits = traits(target.model);
    let reasoning = possible_reasoning(request, traits, losses);
    let plan = plan(
        reasoning,
        request.max_output_tokens,
        target.max_output_tokens,
        traits,
        losses,
    );
    let mut body = Body {
        out: Writer::with_capacity(2_048),
        losses,
    };
    body.out
        .open('{')
        .member("model", target.model)
        .raw_member("max_tokens", plan.max_tokens);
    body.conversation(request, traits);
    if request.stream {
        body.out.raw_member("stream", true);
    }
    body.sampling(request, traits, plan.thinking);
    body.stop(request);
    body.tools(request);
    body.reasoning(request, plan);
    if let Some(user) = &request.user {
        body.out
            .key("metadata")
            .open('{')
            .member("user_id", user)
            .close('}');
    }
    match request.service_tier {
        Some(ServiceTier::Auto) => drop(body.out.member("service_tier", "auto")),
        Some(ServiceTier::Standard) => drop(body.out.member("service_tier", "standard_only")),
        None => {}
    }
    body.out.close('}');
    body.out.finish()
}

/// Thinking with a budget is refused beside a forced tool, and in the middle of a tool loop whose thinking the
/// client did not keep (Anthropic, "Extended thinking with tool use", read 2026-11).
fn possible_reasoning(request: &Request<'_>, traits: Traits, losses: &mut Losses) -> Reasoning {
    let is_on = matches!(
        request.reasoning.mode,
        ReasoningMode::Adaptive | ReasoningMode::Budget(_)
    );
    if traits.adaptive_thinking || !is_on {
        return request.reasoning;
    }
    let forced = matches!(
        request.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Tool(_))
    );
    let is_thinking = |part: &Part<'_>| {
        matches!(
            part,
            Part::Thinking {
                signature: Some(_),
                ..
            } | Part::RedactedThinking { .. }
        )
    };
    let last = request.turns.iter().rfind(|turn| turn.role == Role::Assistant);
    let thoughtless = last.is_some_and(|turn| {
        turn.parts
            .iter()
            .any(|part| matches!(part, Part::ToolCall { .. }))
            && !turn.parts.iter().any(is_thinking)
    });
    let reason = match (forced, thoughtless) {
        (true, _) => "the target's model does not reason beside a forced tool",
        (false, true) => "the conversation lacks the thinking_blocks of its last tool calls",
        (false, false) => return request.reasoning,
    };
    losses.feature(Feature::Reasoning, reason);
    Reasoning::default()
}

struct Body<'l> {
    out: Writer,
    losses: &'l mut Losses,
}

impl Body<'_> {
    fn conversation(&mut self, request: &Request<'_>, traits: Traits) {
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

    fn cache(&mut self, mark: CacheMark<'_>) {
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

    fn sampling(&mut self, request: &Request<'_>, traits: Traits, thinking: Thinking) {
        let reason = match (traits.sampling, thinking) {
            (false, _) => Some("the target's model takes no sampling parameters"),
            (true, Thinking::Budget(_) | Thinking::Adaptive) => Some("not taken beside reasoning"),
            (true, Thinking::Unset) => None,
        };
        if let Some(reason) = reason {
            let given = [
                (
                    request.temperature.is_some_and(|value| value != 1.0),
                    Feature::Temperature,
                ),
                (request.top_p.is_some_and(|value| value != 1.0), Feature::TopP),
                (request.top_k.is_some(), Feature::TopK),
            ];
            for (_, feature) in given.into_iter().filter(|(given, _)| *given) {
                self.losses.feature(feature, reason);
            }
            return;
        }
        if let Some(temperature) = request.temperature {
            if temperature > 1.0 {
                self.losses
                    .feature(Feature::Temperature, "lowered to 1, the target's highest");
            }
            self.out.raw_member("temperature", temperature.min(1.0));
        }
        let beside = request.temperature.is_some() && !traits.both_sampling;
        match request.top_p {
            Some(top_p) if !beside => drop(self.out.raw_member("top_p", top_p)),
            Some(top_p) if top_p < 1.0 => {
                self.losses.feature(
                    Feature::TopP,
                    "the target's model takes it only without temperature",
                );
            }
            Some(_) | None => {}
        }
        if let Some(top_k) = request.top_k {
            self.out.raw_member("top_k", top_k);
        }
    }

    fn stop(&mut self, request: &Request<'_>) {
        let is_blank = |stop: &&Cow<'_, str>| stop.trim().is_empty();
        if request.stop.iter().any(|stop| is_blank(&stop)) {
            self.losses
                .feature(Feature::Stop, "the target takes no blank stop sequences");
        }
        let mut stops = request.stop.iter().filter(|stop| !is_blank(stop)).peekable();
        if stops.peek().is_none() {
            return;
        }
        self.out.key("stop_sequences").open('[');
        for stop in stops {
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
        let one_at_a_time = request.parallel_tool_calls == Some(false);
        let choice = match (&request.tool_choice, one_at_a_time) {
            (None, false) => return,
            (None, true) => &ToolChoice::Auto,
            (Some(choice), _) => choice,
        };
        self.out.key("tool_choice").open('{');
        match choice {
            ToolChoice::Auto => self.out.member("type", "auto"),
            ToolChoice::None => self.out.member("type", "none"),
            ToolChoice::Required => self.out.member("type", "any"),
            ToolChoice::Tool(name) => self.out.member("type", "tool").member("name", name),
        };
        if one_at_a_time && *choice != ToolChoice::None {
            self.out.raw_member("disable_parallel_tool_use", true);
        }
        self.out.close('}');
    }

    fn tool(&mut self, tool: &Tool<'_>) {
        self.out.open('{').member("name", &tool.name);
        if let Some(description) = &tool.description {
            self.out.member("description", description);
        }
        match tool.schema {
            Some(schema) => self.out.raw_member("input_schema", schema),
            None => self
                .out
                .raw_member("input_schema", r#"{"type":"object","properties":{}}"#),
        };
        if let Some(strict) = tool.strict {
            self.out.raw_member("strict", strict);
        }
        self.cache(tool.cache);
        self.out.close('}');
    }

    fn reasoning(&mut self, request: &Request<'_>, plan: Plan) {
        match plan.thinking {
            Thinking::Unset => {}
            Thinking::Adaptive => drop(self.out.raw_member("thinking", r#"{"type":"adaptive"}"#)),
            Thinking::Budget(budget) => {
                self.out.key("thinking").open('{').member("type", "enabled");
                self.out.raw_member("budget_tokens", budget).close('}');
            }
        }
        if plan.effort.is_none() && request.output_schema.is_none() {
            return;
        }
        self.out.key("output_config").open('{');
        if let Some(effort) = plan.effort {
            self.out.member("effort", effort);
        }
        if let Some(schema) = request.output_schema {
            self.out
                .key("format")
                .open('{')
                .member("type", "json_schema")
                .raw_member("schema", schema)
                .close('}');
        }
        self.out.close('}');
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
