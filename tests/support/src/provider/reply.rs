//! From a request to what is sent back, before and after a fault: everything a provider decides.

use bytes::Bytes;
use serde_json::Value;

use super::answer::Answer;
use super::fault::{Fault, Kind};
use super::journal::{Journal, Recorded};
use super::openai::{self, Flavor};
use super::prompt::Prompt;
use super::refusal::{Dialect, Refusal};
use super::script::{Reply, Script};
use super::{Options, anthropic, embeddings};

const HTML: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad gateway</h1></body></html>\n";

/// An endpoint, told by the path.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint {
    dialect: Dialect,
    flavor: Flavor,
    deployment: Option<String>,
}

/// Decides what happens to a request.
pub fn script(request: &Recorded, options: &Options, journal: &Journal) -> (Script, Fault) {
    if embeddings::is_at(&request.path) {
        return embeddings::script(request, options);
    }
    let Some(endpoint) = endpoint(&request.path, options.flavor) else {
        let refusal = Refusal {
            message: "Unknown request URL.".into(),
            ..Refusal::status(404)
        };
        return (
            Script::of(refuse(&refusal, Dialect::OpenAi, None), &Fault::default()),
            Fault::default(),
        );
    };
    match read(request, &endpoint, options) {
        Err(refusal) => (
            Script::of(refuse(&refusal, endpoint.dialect, None), &Fault::default()),
            Fault::default(),
        ),
        Ok((prompt, mut fault)) => {
            if let Some(times) = fault.times {
                let key = fault.key.as_deref().unwrap_or(&prompt.model);
                if journal.hit(key) >= times {
                    fault = Fault {
                        key: fault.key,
                        ..Fault::default()
                    };
                }
            }
            if fault.sweep.is_some() {
                let key = fault.key.as_deref().unwrap_or(&prompt.model);
                fault.sweep_at = journal.hit(key) as usize + 1;
            }
            (
                Script::of(reply(&prompt, &fault, &endpoint, options), &fault),
                fault,
            )
        }
    }
}

fn endpoint(path: &str, flavor: Flavor) -> Option<Endpoint> {
    let path = path.split('?').next().unwrap_or_default();
    if path.ends_with("/v1/messages") {
        return Some(Endpoint {
            dialect: Dialect::Anthropic,
            flavor,
            deployment: None,
        });
    }
    let prefix = path.strip_suffix("/chat/completions")?;
    let endpoint = match prefix.split_once("/openai/deployments/") {
        Some((_, name)) => Endpoint {
            dialect: Dialect::OpenAi,
            flavor: Flavor::Azure,
            deployment: Some(decode(name)),
        },
        None => Endpoint {
            dialect: Dialect::OpenAi,
            flavor,
            deployment: None,
        },
    };
    Some(endpoint)
}

/// Undoes percent encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read(request: &Recorded, endpoint: &Endpoint, options: &Options) -> Result<(Prompt, Fault), Refusal> {
    if let Some(expected) = &options.api_key
        && credential(request, endpoint) != Some(expected)
    {
        return Err(Refusal::status(401));
    }
    if !request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"))
    {
        return Err(Refusal::invalid(
            "content-type",
            "Content-Type must be application/json",
        ));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::invalid("body", format!("We could not parse the JSON body: {error}")))?;
    let prompt = match endpoint.dialect {
        Dialect::OpenAi => {
            if endpoint.flavor == Flavor::Azure && !request.path.contains("api-version=") {
                return Err(Refusal {
                    message: "Resource not found".into(),
                    ..Refusal::status(404)
                });
            }
            openai::request::read(&body, endpoint.flavor, endpoint.deployment.as_deref())?
        }
        Dialect::Anthropic => {
            let version = request.header("anthropic-version").unwrap_or_default();
            if !anthropic::request::VERSIONS.contains(&version) {
                return Err(Refusal::invalid(
                    "anthropic-version",
                    "header is required, and names a version",
                ));
            }
            anthropic::request::read(&body, version)?
        }
    };
    let fault = Fault::parse(&prompt.model).map_err(|error| Refusal::invalid("model", error.to_string()))?;
    Ok((prompt, fault))
}

/// The credential where this API looks for it.
fn credential<'a>(request: &'a Recorded, endpoint: &Endpoint) -> Option<&'a str> {
    let bearer = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    match (endpoint.dialect, endpoint.flavor) {
        (Dialect::Anthropic, _) => request.header("x-api-key").or(bearer),
        (_, Flavor::Azure) => request.header("api-key").or(bearer),
        _ => bearer,
    }
}

fn reply(prompt: &Prompt, fault: &Fault, endpoint: &Endpoint, options: &Options) -> Reply {
    let dialect = endpoint.dialect;
    let overloaded = Refusal::status(529);
    let refused = match fault.kind {
        Some(Kind::Status(status)) => Some(Refusal::status(status)),
        Some(Kind::ContextLength) => Some(Refusal::context_length(dialect)),
        Some(Kind::ContentPolicy) => Some(Refusal::content_policy(dialect)),
        _ => None,
    };
    if let Some(refusal) = refused {
        let mut reply = refuse(&refusal, dialect, fault.retry_after.as_deref());
        adorn(&mut reply, fault);
        return reply;
    }
    let answer = Answer::to(prompt, &options.name, fault);
    let (parts, opening) = match (dialect, prompt.stream) {
        (Dialect::OpenAi, true) => openai::stream(&answer, prompt, fault, endpoint.flavor),
        (Dialect::OpenAi, false) => (openai::whole(&answer, prompt, fault, endpoint.flavor), 0),
        (Dialect::Anthropic, true) => anthropic::stream(&answer, prompt, fault),
        (Dialect::Anthropic, false) => (anthropic::whole(&answer, prompt, fault), 0),
    };
    let kind = if prompt.stream {
        "text/event-stream; charset=utf-8"
    } else {
        "application/json"
    };
    let mut reply = Reply {
        status: 200,
        headers: headers(dialect, kind),
        parts,
        stream: prompt.stream,
        opening,
        error_event: overloaded.event(dialect),
    };
    misanswer(&mut reply, fault, &overloaded, dialect);
    adorn(&mut reply, fault);
    reply
}

/// Adds headers that no provider should send.
fn adorn(reply: &mut Reply, fault: &Fault) {
    if fault.forge {
        reply.headers.push(("x-penstock-provider", "forged".into()));
        reply.headers.push(("x-penstock-forged", "1".into()));
        reply.headers.push(("x-penstock-int-retry", "1".into()));
        reply.headers.push(("x-penstock-int-wait", "20".into()));
        reply.headers.push(("x-penstock-int-answer", "1".into()));
        reply.headers.push(("x-penstock-attempts", "forged:200".into()));
        reply.headers.push(("x-envoy-ratelimited", "forged".into()));
        reply.headers.push(("set-cookie", "forged=1".into()));
    }
    for _ in 0..fault.headers {
        let value = "h".repeat(fault.header_bytes);
        reply.headers.push(("x-provider-note", value));
    }
}

/// Replaces an answer by something that is none.
fn misanswer(reply: &mut Reply, fault: &Fault, error: &Refusal, dialect: Dialect) {
    match fault.kind {
        Some(Kind::ErrorIn200) if reply.stream => reply.parts = vec![reply.error_event.clone()],
        Some(Kind::ErrorIn200) => reply.parts = vec![error.body(dialect)],
        Some(Kind::Html(status)) => {
            reply.status = status;
            reply.headers = vec![("content-type", "text/html; charset=utf-8".into())];
            reply.parts = vec![Bytes::from(HTML)];
            reply.stream = false;
        }
        Some(Kind::Redirect) => {
            reply.status = 307;
            reply.headers = vec![("location", "https://elsewhere.example/v1/chat/completions".into())];
            reply.parts = vec![Bytes::new()];
            reply.stream = false;
        }
        Some(Kind::Empty200) => {
            reply.parts = vec![Bytes::new()];
            reply.stream = false;
        }
        Some(Kind::LongLine(bytes)) => {
            reply.headers = headers(dialect, "text/event-stream; charset=utf-8");
            reply.parts = vec![Bytes::from("data: ".to_owned() + &"x".repeat(bytes))];
        }
        _ => {}
    }
}

pub(super) fn refuse(refusal: &Refusal, dialect: Dialect, retry_after: Option<&str>) -> Reply {
    let mut headers = headers(dialect, "application/json");
    if let Some(value) = retry_after {
        headers.push(("retry-after", value.into()));
    }
    Reply {
        status: refusal.status,
        headers,
        parts: vec![refusal.body(dialect)],
        stream: false,
        opening: 0,
        error_event: Bytes::new(),
    }
}

/// Headers that the real providers send, some of which are no business of the client.
pub(super) fn headers(dialect: Dialect, content_type: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", content_type.to_owned())];
    match dialect {
        Dialect::OpenAi => {
            headers.push(("x-request-id", "req_7f3c2d9e".into()));
            headers.push(("openai-organization", "org-of-the-gateway".into()));
            headers.push(("openai-processing-ms", "12".into()));
            headers.push(("x-ratelimit-remaining-requests", "4999".into()));
            headers.push(("set-cookie", "__cf_bm=provider; path=/; HttpOnly".into()));
        }
        Dialect::Anthropic => {
            headers.push(("request-id", "req_011CSHoEeqs5C35K2UUqR7Fy".into()));
            headers.push(("anthropic-organization-id", "org-of-the-gateway".into()));
            headers.push(("anthropic-ratelimit-requests-remaining", "49".into()));
        }
    }
    headers
}
