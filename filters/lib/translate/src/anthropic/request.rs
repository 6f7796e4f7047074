//! Anthropic's side of the request translation.
//!
//! What a model takes differs by its generation, see [`model`]: sampling parameters, the form of `thinking`, a last
//! message of the assistant. An alias may lead to any generation, so both [`edit`] and [`write`] fit the request to
//! the target's model and report what that costs.

mod check;
mod edit;
mod model;
mod read;
mod schema;
mod thinking;
mod unsigned;
mod write;

use penstock_chat::anthropic::request as wire;
use penstock_chat::neutral::request::Request;

use crate::json::Object;
use crate::loss::{Feature, Losses};
use crate::request::{Inspected, InvalidRequest, RequestDialect, parse};
use crate::target::Target;

/// Anthropic messages.
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
            Feature::Document | Feature::Image => "messages[].content[].source",
            Feature::Effort => "output_config.effort",
            Feature::Instruction => "messages[].role",
            Feature::MaxOutputTokens => "max_tokens",
            Feature::Messages => "messages",
            Feature::Model => "model",
            Feature::OutputSchema => "output_config.format",
            Feature::ParallelToolCalls => "tool_choice.disable_parallel_tool_use",
            Feature::Reasoning => "thinking",
            Feature::ServiceTier => "service_tier",
            Feature::Stop => "stop_sequences",
            Feature::System => "system",
            Feature::Temperature => "temperature",
            Feature::Thinking => "messages[].content[].thinking",
            Feature::ToolChoice => "tool_choice",
            Feature::ToolResultContent => "messages[].content[].content",
            Feature::ToolResultError => "messages[].content[].is_error",
            Feature::ToolSchema => "tools[].input_schema",
            Feature::TopK => "top_k",
            Feature::TopP => "top_p",
        }
    }
}
