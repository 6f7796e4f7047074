//! OpenAI's side of the request translation.
//!
//! Flavors differ in a few fields, all of them here and in the two files that edit and write:
//! - OpenAI deprecates `max_tokens` and its reasoning models refuse it, so `openai` and `azure` get
//!   `max_completion_tokens`, `vllm` gets `max_tokens`. Azure takes that field, and `stream_options`, from
//!   `api-version=2024-10-21` on and in its `v1` API (azure-rest-api-specs, inference 2024-10-21, read 2026-11);
//!   its bodies differ from OpenAI's in nothing else.
//! - `vllm` servers know no `developer` role, as chat templates of open models have none: it becomes `system`.
//! - The extensions of OpenAI-compatible gateways (`cache_control`, `reasoning_content`, `thinking_blocks`) are
//!   removed for `openai` and `azure`, which refuse unknown members of messages.

mod check;
mod edit;
mod read;
mod schema;
mod write;

use penstock_chat::neutral::request::Request;
use penstock_chat::openai::request as wire;

use crate::json::Object;
use crate::loss::{Feature, Losses};
use crate::request::{Inspected, InvalidRequest, RequestDialect, parse};
use crate::target::Target;

/// OpenAI chat completions.
pub(crate) struct Dialect;

impl RequestDialect for Dialect {
    fn inspect<'a>(&self, text: &'a str) -> Result<Inspected<'a>, InvalidRequest> {
        let request: wire::Request<'a> = parse(text)?;
        check::check(&request)?;
        Ok(check::inspected(request))
    }

    fn read<'a>(&self, text: &'a str, losses: &mut Losses) -> Result<Request<'a>, InvalidRequest> {
        let request: wire::Request<'a> = parse(text)?;
        check::check(&request)?;
        Ok(read::read(request, losses))
    }

    fn write(&self, request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
        write::write(request, target, losses)
    }

    fn edit(&self, object: &Object<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
        edit::edit(object, target, losses)
    }

    fn field(&self) -> fn(Feature) -> &'static str {
        |feature| match feature {
            Feature::CacheMark => "messages[].content[].cache_control",
            Feature::Document => "messages[].content[].file",
            Feature::Effort | Feature::Reasoning => "reasoning_effort",
            Feature::Image => "messages[].content[].image_url",
            Feature::Instruction | Feature::System => "messages[].role",
            Feature::MaxOutputTokens => "max_completion_tokens",
            Feature::Messages => "messages",
            Feature::Model => "model",
            Feature::OutputSchema => "response_format.json_schema.schema",
            Feature::ParallelToolCalls => "parallel_tool_calls",
            Feature::ServiceTier => "service_tier",
            Feature::Stop => "stop",
            Feature::Temperature => "temperature",
            Feature::Thinking => "messages[].thinking_blocks",
            Feature::ToolChoice => "tool_choice",
            Feature::ToolResultContent | Feature::ToolResultError => "messages[].content",
            Feature::ToolSchema => "tools[].function.parameters",
            Feature::TopK => "top_k",
            Feature::TopP => "top_p",
        }
    }
}
