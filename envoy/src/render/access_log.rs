//! The access log: one JSON object for each request; no query strings, no headers that could hold a secret.

use penstock_config::AccessLog;

use super::{
    Context, RenderError, absolute,
    node::{Node, extension, map},
    service,
};

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
        "log_format" => map! { "json_format" => fields() },
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

fn fields() -> Node {
    map! {
        "time" => "%START_TIME%",
        "request_id" => format!("%FILTER_STATE({REQUEST_ID}:PLAIN)%"),
        "method" => "%REQ(:METHOD)%",
        "path" => format!("%FILTER_STATE({CLIENT_PATH}:PLAIN)%"),
        "status" => "%RESPONSE_CODE%",
        "flags" => "%RESPONSE_FLAGS%",
        "details" => "%RESPONSE_CODE_DETAILS%",
        "duration_ms" => "%DURATION%",
        "first_byte_ms" => "%RESPONSE_DURATION%",
        "bytes_in" => "%BYTES_RECEIVED%",
        "bytes_out" => "%BYTES_SENT%",
        "attempts" => "%FILTER_STATE(wasm.penstock.attempts:PLAIN)%",
        "cluster" => "%UPSTREAM_CLUSTER_RAW%",
        "usage" => "%FILTER_STATE(wasm.penstock.usage:PLAIN)%",
        "quota" => "%FILTER_STATE(wasm.penstock.quota:PLAIN)%",
        "cache" => "%RESP(X-PENSTOCK-CACHE)%",
        "pii" => "%FILTER_STATE(wasm.penstock.pii:PLAIN)%",
        "policy_version" => format!("%FILTER_STATE({POLICY_VERSION}:PLAIN)%"),
    }
}
