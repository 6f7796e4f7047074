//! From the neutral form to OpenAI's wire form.

mod conversation;

use penstock_chat::Tokens;
use penstock_chat::neutral::request::{
    CacheMark, Effort, Reasoning, ReasoningMode, Request, ServiceTier, Tool, ToolChoice,
};

use super::schema::is_strict;
use crate::json::Writer;
use crate::loss::{Feature, Losses};
use crate::request::output_limit;
use crate::target::{Flavor, Target};

/// Most stop sequences (`StopConfiguration` in OpenAI's OpenAPI document, read 2026-11).
const MAX_STOPS: usize = 4;

/// Budgets up to these count as low and as medium effort: the bounds at which Penstock's own budgets lie.
const LOW_BUDGET: Tokens = Tokens(2_048);
const MEDIUM_BUDGET: Tokens = Tokens(8_192);

pub fn write(request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let mut body = Body {
        out: Writer::with_capacity(2_048),
        flavor: target.flavor,
        losses,
    };
    if searches(target.model) {
        let reason = "the target's model cites what it finds on the web; the citations are not passed on";
        body.losses.feature(Feature::Model, reason);
    }
    body.out.open('{').member("model", target.model);
    body.messages(request);
    if request.stream {
        body.out.raw_member("stream", true);
        body.out.raw_member("stream_options", r#"{"include_usage":true}"#);
    }
    let limit = request
        .max_output_tokens
        .map(|asked| output_limit(asked, target, body.losses));
    body.limits(request, limit);
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
    fn limits(&mut self, request: &Request<'_>, limit: Option<Tokens>) {
        if let Some(Tokens(limit)) = limit {
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

/// Whether a model searches the web without being asked, such as `gpt-5-search-api` and `gpt-4o-search-preview` (OpenAI
/// platform documentation, "Web search", read 2026-11).
fn searches(model: &str) -> bool {
    ["-search-api", "-search-preview"]
        .iter()
        .any(|mark| model.contains(mark))
}

/// Whether a model of OpenAI's takes `reasoning_effort`: all since the o-series but the GPT-4 line and before.
/// Azure names deployments freely, so an unknown name counts as one that does.
fn reasons(model: &str) -> bool {
    !["gpt-3", "gpt-4", "gpt-35", "chatgpt-4"]
        .iter()
        .any(|family| model.starts_with(family))
}
