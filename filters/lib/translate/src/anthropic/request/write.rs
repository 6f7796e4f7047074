//! From the neutral form to Anthropic's wire form.

mod conversation;

use std::borrow::Cow;

use penstock_chat::neutral::request::{
    Part, Reasoning, ReasoningMode, Request, Role, ServiceTier, Tool, ToolChoice,
};

use super::model::{Traits, traits};
use super::schema::fit;
use super::thinking::{Plan, Thinking, plan};
use crate::json::Writer;
use crate::loss::{Feature, Losses};
use crate::request::output_limit;
use crate::target::Target;

/// The schema of a tool without arguments.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{},"additionalProperties":false}"#;

pub fn write(request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let traits = traits(target.model);
    let reasoning = possible_reasoning(request, traits, losses);
    let limit = request
        .max_output_tokens
        .map(|asked| output_limit(asked, target, losses));
    let plan = plan(reasoning, limit, target.max_output_tokens, traits, losses);
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
            Some(schema) if tool.strict == Some(true) => {
                let schema = fit(schema, Feature::ToolSchema, self.losses);
                self.out.raw_member("input_schema", schema)
            }
            Some(schema) => self.out.raw_member("input_schema", schema),
            None => self.out.raw_member("input_schema", NO_ARGUMENTS),
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
            let schema = fit(schema, Feature::OutputSchema, self.losses);
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
