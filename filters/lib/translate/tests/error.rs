//! Errors of providers by status and body, and what clients get.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use penstock_chat::Api;
use penstock_translate::error::{ApiError, ErrorKind, MAX_MESSAGE, parse, render, render_event};
use serde_json::{Value, json};

const KINDS: [ErrorKind; 14] = [
    ErrorKind::InvalidRequest,
    ErrorKind::Authentication,
    ErrorKind::Permission,
    ErrorKind::NotFound,
    ErrorKind::RequestTooLarge,
    ErrorKind::RateLimit,
    ErrorKind::QuotaExceeded,
    ErrorKind::ContextLength,
    ErrorKind::ContentPolicy,
    ErrorKind::Overloaded,
    ErrorKind::Timeout,
    ErrorKind::Upstream,
    ErrorKind::Unavailable,
    ErrorKind::Internal,
];

/// Each line of `testdata/error/<provider>.tsv`: status, kind, body.
#[test]
fn kind_follows_from_status_and_body() {
    for provider in [Api::OpenAi, Api::Anthropic] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/error/{provider}.tsv"));
        let table = fs::read_to_string(path).unwrap();
        let mut lines = 0;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.splitn(3, '\t').collect();
            let error = parse(provider, fields[0].parse().unwrap(), fields[2].as_bytes());
            assert_eq!(error.kind.as_str(), fields[1], "{provider}: {line}");
            assert!(!error.message.is_empty());
            lines += 1;
        }
        assert!(lines > 20);
    }
}

#[test]
fn message_code_and_field_are_taken_over() {
    let body = br#"{"error":{"message":"bad value","type":"invalid_request_error","param":"tools[0]","code":"oops"}}"#;
    assert_eq!(
        parse(Api::OpenAi, 400, body),
        ApiError {
            kind: ErrorKind::InvalidRequest,
            message: "bad value".to_owned(),
            param: Some("tools[0]".to_owned()),
            code: Some("oops".to_owned()),
        }
    );
}

#[test]
fn body_that_is_not_json_is_never_quoted() {
    for body in [
        "<html>secret</html>",
        "secret",
        "",
        "\"secret\"",
        "[\"secret\"]",
        "{\"a\":\"secret\"",
    ] {
        for provider in [Api::OpenAi, Api::Anthropic] {
            for status in [200, 302, 400, 404, 500, 502] {
                let error = parse(provider, status, body.as_bytes());
                assert_eq!(error.kind, ErrorKind::Upstream, "{status} {body}");
                assert!(error.message.contains(&status.to_string()));
                assert!(!error.message.contains("secret"));
            }
        }
    }
}

#[test]
fn long_messages_are_cut_between_characters() {
    for length in MAX_MESSAGE - 4..MAX_MESSAGE + 4 {
        let message = format!("{}ééé", "a".repeat(length));
        let body = json!({"error": {"message": message, "type": "api_error"}}).to_string();
        for provider in [Api::OpenAi, Api::Anthropic] {
            let shortened = parse(provider, 500, body.as_bytes()).message;
            assert!(shortened.len() <= MAX_MESSAGE && message.starts_with(&shortened));
        }
    }
}

fn rendered(client: Api, kind: ErrorKind) -> (u16, Value) {
    let rendered = render(client, &ApiError::new(kind, "why \"so\""));
    (rendered.status, serde_json::from_slice(&rendered.body).unwrap())
}

#[test]
fn openai_clients_get_every_member_of_the_error_object() {
    let statuses = [
        400, 401, 403, 404, 413, 429, 429, 400, 400, 503, 504, 502, 503, 500,
    ];
    for (kind, expected) in KINDS.into_iter().zip(statuses) {
        let (status, body) = rendered(Api::OpenAi, kind);
        assert_eq!(status, expected, "{kind:?}");
        assert_eq!(body["error"]["message"], "why \"so\"");
        assert!(body["error"]["type"].is_string());
        let members: Vec<&String> = body["error"].as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "message", "param", "type"]);
    }
    assert_eq!(
        rendered(Api::OpenAi, ErrorKind::ContextLength).1["error"]["code"],
        "context_length_exceeded"
    );
    assert_eq!(
        rendered(Api::OpenAi, ErrorKind::QuotaExceeded).1["error"]["code"],
        "insufficient_quota"
    );
}

#[test]
fn anthropic_clients_get_a_type_of_theirs() {
    let expected = [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (429, "rate_limit_error"),
        (400, "invalid_request_error"),
        (400, "invalid_request_error"),
        (529, "overloaded_error"),
        (504, "timeout_error"),
        (502, "api_error"),
        (503, "api_error"),
        (500, "api_error"),
    ];
    for (kind, (expected, name)) in KINDS.into_iter().zip(expected) {
        let (status, body) = rendered(Api::Anthropic, kind);
        assert_eq!(
            (status, body["error"]["type"].as_str()),
            (expected, Some(name)),
            "{kind:?}"
        );
        assert_eq!(body["type"], "error");
    }
}

#[test]
fn anthropic_clients_know_a_long_prompt_by_its_wording() {
    let message = |message: &str| {
        let error = ApiError::new(ErrorKind::ContextLength, message);
        let body: Value = serde_json::from_slice(&render(Api::Anthropic, &error).body).unwrap();
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("9 tokens over"), "prompt is too long: 9 tokens over");
    assert_eq!(message("prompt is too long: 9 > 8"), "prompt is too long: 9 > 8");
}

#[test]
fn anthropic_clients_get_codes_of_theirs_only() {
    let details = |code: &str| {
        let mut error = ApiError::new(ErrorKind::InvalidRequest, "why");
        error.code = Some(code.to_owned());
        let body: Value = serde_json::from_slice(&render(Api::Anthropic, &error).body).unwrap();
        body["error"]["details"].clone()
    };
    assert_eq!(
        details("thread_unsupported_request"),
        serde_json::json!({"error_code": "thread_unsupported_request"})
    );
    assert_eq!(details("model_not_found"), Value::Null);
}

#[test]
fn what_one_dialect_says_the_same_dialect_understands() {
    for api in [Api::OpenAi, Api::Anthropic] {
        for kind in KINDS {
            let rendered = render(api, &ApiError::new(kind, "why"));
            let understood = parse(api, rendered.status, &rendered.body).kind;
            let expected = match (api, kind) {
                (Api::Anthropic, ErrorKind::QuotaExceeded) => ErrorKind::RateLimit,
                (Api::Anthropic, ErrorKind::ContentPolicy) => ErrorKind::InvalidRequest,
                (_, ErrorKind::Internal) => ErrorKind::Upstream,
                (_, kind) => kind,
            };
            assert_eq!(understood, expected, "{api} {kind:?}");
        }
    }
}

#[test]
fn event_has_the_form_the_sdks_raise_at() {
    let error = ApiError::new(ErrorKind::Overloaded, "busy");
    let mut out = Vec::new();
    render_event(Api::OpenAi, &error, &mut out);
    render_event(Api::Anthropic, &error, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"param\":null,\"code\":\"overloaded\"}}\n\n\
         event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n"
    );
}
