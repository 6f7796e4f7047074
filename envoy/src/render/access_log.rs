//! The access log: one JSON object for each request; no query strings, no headers that could hold a secret.

use penstock_config::{AccessLog, Config};

use super::{
    Context, RenderError, absolute,
    node::{Node, extension, map},
    service, told,
};

/// What token-quota tells clients of the limit that has least left, by their dialect.
const REMAINING_REQUESTS: [&str; 2] = [
    "x-ratelimit-remaining-requests",
    "anthropic-ratelimit-requests-remaining",
];
const REMAINING_TOKENS: [&str; 2] = [
    "x-ratelimit-remaining-tokens",
    "anthropic-ratelimit-tokens-remaining",
];
/// Filter state that keeps the path the client asked for.
pub(super) const CLIENT_PATH: &str = "penstock.path";
/// Filter state that keeps the request id, which no provider is sent.
pub(super) const REQUEST_ID: &str = "penstock.request_id";
/// Filter state that keeps the version of the policy that held when the request came.
pub(super) const POLICY_VERSION: &str = "penstock.policy_version";

pub(super) fn access_log(context: &Context<'_>) -> Result<Node, RenderError> {
    let mut logs: Vec<Node> = written(context)?.into_iter().collect();
    logs.extend(context.config.service.as_ref().map(service::access_log));
    Ok(logs.into())
}

/// The one that people read.
fn written(context: &Context<'_>) -> Result<Option<Node>, RenderError> {
    let format = map! {
        "log_format" => map! { "json_format" => fields(context.config) },
    };
    Ok(match &context.config.access_log {
        AccessLog::None => None,
        AccessLog::Stdout => Some(extension(
            "envoy.access_loggers.stdout",
            "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            format,
        )),
        AccessLog::File(path) => {
            let path = absolute(context.config.resolve(path))?;
            Some(extension(
                "envoy.access_loggers.file",
                "envoy.extensions.access_loggers.file.v3.FileAccessLog",
                map! { "path" => path.as_path() }.with_all(format),
            ))
        }
    })
}

/// What is not known is null; docs/telemetry.md has a table of them.
fn fields(config: &Config) -> Node {
    let caller = told::caller(config);
    let name = |source: Option<String>| source.map_or(Node::Null, Node::from);
    let header = |name: &str| format!("%RESP({name})%");
    map! {
        "time" => "%START_TIME%",
        "request_id" => format!("%FILTER_STATE({REQUEST_ID}:PLAIN)%"),
        "trace_id" => "%TRACE_ID%",
        "method" => "%REQ(:METHOD)%",
        "path" => format!("%FILTER_STATE({CLIENT_PATH}:PLAIN)%"),
        "status" => "%RESPONSE_CODE%",
        "flags" => "%RESPONSE_FLAGS%",
        "details" => "%RESPONSE_CODE_DETAILS%",
        "truncated" => told::truncated(),
        "tenant" => name(caller.tenant),
        "team" => name(caller.team),
        "key" => name(caller.key),
        "agent" => name(caller.agent),
        "model" => told::text("model"),
        "stream" => told::flag("stream"),
        "provider" => told::text("provider"),
        "provider_model" => told::text("response_model"),
        "attempts" => told::text("attempts"),
        "attempt_count" => told::number("attempt"),
        "cluster" => "%UPSTREAM_CLUSTER_RAW%",
        "plan" => header("X-PENSTOCK-PLAN"),
        "loss" => header("X-PENSTOCK-LOSS"),
        "cache" => header("X-PENSTOCK-CACHE"),
        "counted_input_tokens" => told::header_number(&["x-penstock-input-tokens"]),
        "input_tokens" => told::number("input_tokens"),
        "output_tokens" => told::number("output_tokens"),
        "cache_read_tokens" => told::number("cache_read_tokens"),
        "cache_write_tokens" => told::number("cache_write_tokens"),
        "reasoning_tokens" => told::number("reasoning_tokens"),
        "finish_reason" => told::text("finish_reason"),
        "cost_micro_usd" => told::number("cost"),
        "usage" => told::text("usage"),
        "pii" => told::text("pii"),
        "quota" => told::text("quota"),
        "remaining_requests" => told::header_number(&REMAINING_REQUESTS),
        "remaining_tokens" => told::header_number(&REMAINING_TOKENS),
        "retry_after_s" => told::header_number(&["retry-after"]),
        "duration_ms" => "%DURATION%",
        "first_byte_ms" => "%RESPONSE_DURATION%",
        "first_token_ms" => told::number("first_token_ms"),
        "server_timing" => header("SERVER-TIMING"),
        "bytes_in" => "%BYTES_RECEIVED%",
        "bytes_out" => "%BYTES_SENT%",
        "policy_version" => format!("%FILTER_STATE({POLICY_VERSION}:PLAIN)%"),
    }
}
