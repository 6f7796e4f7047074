//! Errors that Envoy itself answers with, in the dialect of the path.
//!
//! Replies of our own filters are in their client's dialect already and are left alone.

use penstock_config::Config;

use super::{
    listener::HEADERS_KIB,
    node::{Node, extension, map},
    service,
};

/// Set by a filter before it replies by itself.
const REPLIED: &str = "x-penstock-int-replied";

/// A status that Envoy answers with, and how each API calls such an error.
struct Reply {
    status: u32,
    openai: &'static str,
    code: Option<&'static str>,
    anthropic: &'static str,
    message: String,
    /// What the details of the answer begin with, if that tells it from others of this status.
    details: Option<&'static str>,
}

/// Sources of the types: OpenAI API reference, "Error codes"; Anthropic API reference, "Errors"; read 2026-11.
fn replies(config: &Config) -> Vec<Reply> {
    const INVALID: &str = "invalid_request_error";
    let reply = |status, openai, anthropic, message: &str| Reply {
        status,
        openai,
        code: None,
        anthropic,
        message: message.to_owned(),
        details: None,
    };
    let too_large = format!(
        "the request body exceeds the limit of {} (limits.request_body)",
        config.limits.request_body
    );
    let headers = format!("the request headers exceed the limit of {HEADERS_KIB}KiB");
    vec![
        reply(400, INVALID, INVALID, "the request is not valid HTTP"),
        // Of filters of Envoy's own, such as jwt_authn.
        Reply {
            code: Some("invalid_api_key"),
            ..reply(
                401,
                INVALID,
                "authentication_error",
                "the credential is missing or not valid",
            )
        },
        Reply {
            code: Some("permission_denied"),
            ..reply(403, INVALID, "permission_error", "the credential is not for this")
        },
        reply(404, INVALID, "not_found_error", "there is nothing at this path"),
        reply(408, INVALID, INVALID, "the request did not arrive in time"),
        reply(413, INVALID, "request_too_large", &too_large),
        reply(431, INVALID, "request_too_large", &headers),
        reply(500, "server_error", "api_error", "the gateway failed"),
        reply(
            502,
            "server_error",
            "api_error",
            "the provider's answer is not valid HTTP",
        ),
        Reply {
            details: Some(service::UNASKED),
            ..reply(
                503,
                "server_error",
                "api_error",
                "the gateway cannot check who asks at present; try again later",
            )
        },
        reply(503, "server_error", "api_error", "no provider could answer"),
        reply(
            504,
            "server_error",
            "timeout_error",
            "no provider answered in time",
        ),
    ]
}

pub(super) fn configuration(config: &Config) -> Node {
    let mut mappers = Vec::new();
    for reply in replies(config) {
        // The first mapper that matches is taken.
        let service = config.service.is_some();
        if reply.details.is_some() && !service {
            continue;
        }
        mappers.push(mapper(&reply, Some("/v1/messages"), service, anthropic(&reply)));
        mappers.push(mapper(&reply, None, service, openai(&reply)));
    }
    map! { "mappers" => mappers }
}

fn anthropic(reply: &Reply) -> Node {
    map! {
        "type" => "error",
        "error" => map! { "type" => reply.anthropic, "message" => reply.message.as_str() },
    }
}

fn openai(reply: &Reply) -> Node {
    map! {
        "error" => map! {
            "message" => reply.message.as_str(),
            "type" => reply.openai,
            "param" => Node::Null,
            "code" => reply.code.map_or(Node::Null, Node::from),
        },
    }
}

/// Answers of the service are in the client's dialect already. What ext_proc says of them in metadata comes too late for
/// the mappers; the details are there.
fn not_of_the_service() -> Node {
    let [decided, denied] = [service::DETAILS, service::DENIED];
    details(&format!(
        "!response.code_details.startsWith('{decided}') && response.code_details != '{denied}'"
    ))
}

fn details(expression: &str) -> Node {
    map! {
        "extension_filter" => extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            map! { "expression" => expression },
        ),
    }
}

fn mapper(reply: &Reply, prefix: Option<&str>, service: bool, body: Node) -> Node {
    let mut conditions = vec![
        map! {
            "status_code_filter" => map! {
                "comparison" => map! {
                    "op" => "EQ",
                    "value" => map! {
                        "default_value" => reply.status,
                        "runtime_key" => "penstock.local_reply_status",
                    },
                },
            },
        },
        header(REPLIED, map! { "present_match" => true, "invert_match" => true }),
    ];
    match reply.details {
        Some(begin) => conditions.push(details(&format!("response.code_details.startsWith('{begin}')"))),
        None if service => conditions.push(not_of_the_service()),
        None => {}
    }
    if let Some(prefix) = prefix {
        conditions.push(header(
            ":path",
            map! { "string_match" => map! { "prefix" => prefix } },
        ));
    }
    map! {
        "filter" => map! { "and_filter" => map! { "filters" => conditions } },
        "body_format_override" => map! { "json_format" => body, "content_type" => "application/json" },
    }
}

fn header(name: &str, condition: Node) -> Node {
    map! {
        "header_filter" => map! { "header" => map! { "name" => name }.with_all(condition) },
    }
}
