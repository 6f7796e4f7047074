mod document;
mod failure;
mod request;
mod stream;
mod trail;
mod usage;

use penstock_chat::{FinishReason, Tokens};
use penstock_config::slice::{Commit, Model, OnLoss, Retry, Target};
use penstock_flow::HeaderOp;
use penstock_plan::Progress;
use penstock_translate::target::Flavor;

use super::*;

const OK_STREAM: &str = concat!(
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":{"content":"Hé"},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
    "\n\n",
    "data: [DONE]\n\n",
);
const DOCUMENT: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
const REQUEST: &str = r#"{"model":"alias","messages":[{"role":"user","content":"hi"}]}"#;

fn target(provider: &str, api: Api) -> Target {
    Target {
        provider: provider.into(),
        cluster: format!("provider-{provider}"),
        api,
        flavor: Flavor::OpenAi,
        model: format!("{provider}/model"),
        context_window: None,
        max_output_tokens: Some(Tokens(1_000)),
        client_credential: false,
    }
}

fn plan(client: Api, stream: bool, commit: Commit) -> Plan {
    let model = Model {
        name: "alias".into(),
        targets: vec![target("a", Api::OpenAi), target("b", Api::Anthropic)],
        commit,
        on_loss: OnLoss::Warn,
        retry: Retry {
            same_target: 1,
            max_wait_s: 2,
        },
        first_token_ms: 1_000,
        answer_ms: 60_000,
    };
    Plan::of(&model, client, stream, |_| true)
}

fn back(provider: &str, api: Api) -> Back {
    configured(provider, api, false)
}

fn configured(provider: &str, api: Api, trail: bool) -> Back {
    let config = slice::Back {
        provider: provider.into(),
        api,
        scheme: "https".into(),
        authority: "host".into(),
        path: "/x/{model}/chat".into(),
        max_response_bytes: 100_000,
        max_event_bytes: 2_000,
        stream_stall_ms: 5_000,
        trail,
        trace: false,
    };
    Back::new(Rc::new(config), Pool::default(), 1_000)
}

/// What a client sent, and what Envoy and an earlier attempt have added.
fn request_headers() -> Headers {
    Headers::from([
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        (":authority", "gateway"),
        ("content-type", "text/plain"),
        ("authorization", "Bearer of-another-provider"),
        ("x-api-key", "another"),
        ("cookie", "c=1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("anthropic-beta", "b"),
    ])
}

/// An attempt at the first target of `plan` whose request has gone out.
fn sent(plan: &Plan) -> Back {
    let mut back = back("a", Api::OpenAi);
    let journey = Journey::start();
    back.request_headers(&request_headers(), Some(plan.clone()), Some(journey), None);
    back.request_body(REQUEST.as_bytes());
    back
}

fn header<'s>(step: &'s Step, name: &str) -> Option<&'s str> {
    step.headers.iter().rev().find_map(|op| match op {
        HeaderOp::Set(key, value) if key == name => Some(value.as_str()),
        _ => None,
    })
}

fn kept<'s>(step: &'s Step, key: &str) -> Option<&'s str> {
    let value = step.state.iter().rev().find(|(name, _)| *name == key)?;
    std::str::from_utf8(&value.1).ok()
}

fn summary(step: &Step) -> String {
    kept(step, state::ATTEMPTS).unwrap().to_owned()
}

fn event_stream() -> Headers {
    Headers::from([
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("set-cookie", "c"),
    ])
}

/// What the client gets of `pieces`, and the last step.
fn play<'p>(back: &mut Back, pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<u8>, Step) {
    let mut out = Vec::new();
    let mut pieces = pieces.into_iter().peekable();
    let mut last = Step::go_on();
    while let Some(piece) = pieces.next() {
        last = back.response_body(piece, pieces.peek().is_none(), 1_500);
        match &last.body {
            Body::Keep => out.extend_from_slice(piece),
            Body::Replace(bytes) => out.extend_from_slice(bytes),
        }
    }
    (out, last)
}

fn gzip(plain: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, plain.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
