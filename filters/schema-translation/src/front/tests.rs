mod service;

use penstock_chat::{Api, Tokens};
use penstock_config::slice::{Commit, Retry, Target as SliceTarget};
use penstock_flow::HeaderOp;
use penstock_translate::target::Flavor;

use super::*;

fn target(provider: &str, api: Api) -> SliceTarget {
    SliceTarget {
        provider: provider.into(),
        cluster: format!("provider-{provider}"),
        api,
        flavor: Flavor::OpenAi,
        model: format!("{provider}-model"),
        context_window: None,
        max_output_tokens: Some(Tokens(1_000)),
        client_credential: false,
    }
}

fn model(name: &str, on_loss: OnLoss) -> Model {
    Model {
        name: name.into(),
        targets: vec![target("claude", Api::Anthropic), target("openai", Api::OpenAi)],
        commit: Commit::FirstEvent,
        on_loss,
        retry: Retry {
            same_target: 1,
            max_wait_s: 2,
        },
        first_token_ms: 1_000,
        answer_ms: 60_000,
    }
}

fn front_with(models: Vec<Model>) -> Front {
    let config = slice::Front {
        policy_version: "p1".into(),
        max_request_bytes: 10_000,
        models,
        service: None,
    };
    Front::new(Rc::new(config), 1_000)
}

/// A value that nothing without a service may ask for.
fn unread<T>() -> Option<T> {
    panic!("read without a service")
}

fn unread_caller() -> bool {
    panic!("read without a service")
}

fn front() -> Front {
    front_with(vec![
        model("warns", OnLoss::Warn),
        model("rejects", OnLoss::Reject),
    ])
}

fn chat(path: &str) -> Headers {
    Headers::from([
        (":method", "POST"),
        (":path", path),
        ("x-request-id", "r1"),
        ("authorization", "Bearer secret"),
    ])
}

fn replied(step: &Step) -> (u16, String) {
    match &step.verdict {
        Verdict::Reply(reply) => (reply.status, String::from_utf8(reply.body.clone()).unwrap()),
        other => panic!("no reply but {other:?}"),
    }
}

fn kept<'s>(step: &'s Step, key: &str) -> Option<&'s [u8]> {
    step.state
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.as_slice())
}

fn header<'s>(step: &'s Step, name: &str) -> Option<&'s str> {
    step.headers.iter().rev().find_map(|op| match op {
        HeaderOp::Set(key, value) if key == name => Some(value.as_str()),
        _ => None,
    })
}

/// A front instance whose plan for `body` is settled, and the step that settled it.
fn settled(body: &str) -> (Front, Step) {
    let mut front = front();
    assert_eq!(
        front.request_headers(&chat("/v1/chat/completions"), false),
        Step::hold()
    );
    let step = front.request_body(body.as_bytes(), unread, unread_caller);
    (front, step)
}

fn request(model: &str, more: &str) -> String {
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hi"}}]{more}}}"#)
}

#[test]
fn a_good_request_goes_on_with_a_plan_and_its_first_cluster() {
    let (_, step) = settled(&request("warns", r#","stream":true"#));
    assert_eq!(step.verdict, Verdict::Continue);
    assert_eq!(kept(&step, state::NEXT), Some(&b"provider-claude"[..]));
    let plan: Plan = state::unpacked(kept(&step, state::PLAN).unwrap()).unwrap();
    assert_eq!(
        (plan.client, plan.stream, plan.targets.len()),
        (Api::OpenAi, true, 2)
    );
    assert_eq!(header(&step, header::PER_TRY_TIMEOUT), Some("1000"));
    assert_eq!(header(&step, header::HOLD), Some("stream"));
}

#[test]
fn an_answer_that_is_held_has_the_longer_deadline() {
    let (_, step) = settled(&request("warns", ""));
    assert_eq!(header(&step, header::PER_TRY_TIMEOUT), Some("60000"));
    assert_eq!(header(&step, header::HOLD), Some("whole"));
}

#[test]
fn the_clients_credential_is_kept_only_if_a_target_is_to_have_it() {
    let (_, step) = settled(&request("warns", ""));
    assert_eq!(kept(&step, state::CREDENTIAL), None);
    let mut passes = model("m", OnLoss::Warn);
    passes.targets[1].client_credential = true;
    let mut front = front_with(vec![passes]);
    front.request_headers(&chat("/v1/chat/completions"), false);
    let step = front.request_body(request("m", "").as_bytes(), unread, unread_caller);
    let kept = state::unpacked(kept(&step, state::CREDENTIAL).unwrap());
    assert_eq!(kept, Some(Credential::Bearer("secret".into())));
}

#[test]
fn targets_that_would_lose_something_are_dropped_where_loss_is_rejected() {
    let (_, step) = settled(&request("rejects", r#","seed":7"#));
    assert_eq!(kept(&step, state::NEXT), Some(&b"provider-openai"[..]));
    let (_, step) = settled(&request("warns", r#","seed":7"#));
    assert_eq!(kept(&step, state::NEXT), Some(&b"provider-claude"[..]));
}

#[test]
fn a_request_that_no_target_can_express_is_refused_with_the_field() {
    let mut only = model("m", OnLoss::Reject);
    only.targets.truncate(1);
    let mut front = front_with(vec![only]);
    front.request_headers(&chat("/v1/chat/completions"), false);
    let (status, body) =
        replied(&front.request_body(request("m", r#","seed":7"#).as_bytes(), unread, unread_caller));
    assert_eq!(status, 400);
    assert!(body.contains(r#""param":"seed""#), "{body}");
}

#[test]
fn bad_input_is_refused_in_the_dialect_of_the_path() {
    let cases: [(&str, &[u8], u16); 6] = [
        ("/v1/chat/completions", b"not json", 400),
        ("/v1/messages", b"not json", 400),
        (
            "/v1/chat/completions",
            b"{\"model\":\"warns\",\"messages\":[{\"role\":\"boss\",\"content\":\"x\"}]}",
            400,
        ),
        ("/v1/chat/completions", b"{\"model\":\"\xff\"}", 400),
        (
            "/v1/chat/completions",
            b"{\"model\":\"none\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
            404,
        ),
        (
            "/v1/messages",
            b"{\"model\":\"none\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
            404,
        ),
    ];
    for (path, body, expected) in cases {
        let mut front = front();
        front.request_headers(&chat(path), false);
        let (status, reply) = replied(&front.request_body(body, unread, unread_caller));
        assert_eq!(status, expected, "{path} {reply}");
        assert_eq!(
            reply.contains(r#""type":"error""#),
            path == "/v1/messages",
            "{reply}"
        );
    }
}

#[test]
fn a_bad_request_is_told_with_its_field_and_code() {
    let openai = br#"{"model":"warns","messages":[]}"#;
    let anthropic = br#"{"model":"warns","max_tokens":1,"messages":[],"thread":{"type":"create"}}"#;
    let cases: [(&str, &[u8], &str); 2] = [
        ("/v1/chat/completions", openai, "\"message\":\"messages: must"),
        (
            "/v1/messages",
            anthropic,
            "\"error_code\":\"thread_unsupported_request\"",
        ),
    ];
    for (path, body, expected) in cases {
        let mut front = front();
        front.request_headers(&chat(path), false);
        let (status, reply) = replied(&front.request_body(body, unread, unread_caller));
        assert_eq!(status, 400);
        assert!(reply.contains(expected), "{reply}");
    }
}

#[test]
fn what_needs_no_body_is_answered_from_the_headers() {
    let cases = [
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/models", 200),
        ("GET", "/v1/models/warns", 200),
        ("GET", "/v1/models/none", 404),
        ("POST", "/v1/embeddings", 404),
        ("GET", "/v1/messages/count_tokens", 405),
    ];
    for (method, path, expected) in cases {
        let headers = Headers::from([(":method", method), (":path", path)]);
        assert_eq!(
            replied(&front().request_headers(&headers, true)).0,
            expected,
            "{method} {path}"
        );
    }
}

#[test]
fn bodies_that_cannot_be_taken_are_refused_before_they_arrive() {
    let cases = [
        (("content-length", "10001"), false, 413),
        (("content-encoding", "gzip"), false, 415),
        (("content-length", "0"), true, 400),
    ];
    for (header, end_of_stream, expected) in cases {
        let headers = Headers::from([(":method", "POST"), (":path", "/v1/messages"), header]);
        assert_eq!(
            replied(&front().request_headers(&headers, end_of_stream)).0,
            expected,
            "{header:?}"
        );
    }
}

#[test]
fn tokens_are_not_counted_here_and_the_refusal_says_what_is_missing() {
    let step = front().request_headers(&chat("/v1/messages/count_tokens"), false);
    let (status, body) = replied(&step);
    assert_eq!(status, 404);
    assert!(
        body.contains("`quota`") && body.contains("not_found_error"),
        "{body}"
    );
}

#[test]
fn an_unknown_model_is_quoted_without_control_characters() {
    let (_, step) = settled(&request("a\\u0000b\\nc", ""));
    let (_, body) = replied(&step);
    assert!(body.contains("a?b?c"), "{body}");
}

/// What is known after one attempt that ended with `outcome`.
fn journey(outcome: Option<&str>) -> Journey {
    let config = model("m", OnLoss::Warn);
    let plan = Plan::of(&config, Api::OpenAi, false, |_| true);
    let mut journey = Journey {
        loss: vec!["seed".into()],
        ..Journey::start()
    };
    journey.progress.begin(&plan, 1_200);
    if let Some(outcome) = outcome {
        journey.progress.outcome(outcome);
    }
    journey
}

#[test]
fn an_answer_loses_internal_headers_and_gains_ours() {
    let (mut front, _) = settled(&request("warns", ""));
    let headers = Headers::from([(":status", "200"), (header::ANSWER, "1"), (header::RETRY, "1")]);
    let step = front.response_headers(
        &headers,
        false,
        Some(journey(Some("200"))),
        || None,
        unread,
        1_500,
    );
    assert_eq!(step.verdict, Verdict::Continue);
    assert!(step.headers.contains(&HeaderOp::Remove(header::ANSWER.into())));
    assert!(step.headers.contains(&HeaderOp::Remove(header::RETRY.into())));
    for (name, value) in [
        ("x-penstock-request-id", "r1"),
        ("x-request-id", "r1"),
        ("x-penstock-provider", "claude"),
        ("x-penstock-model", "claude-model"),
        ("x-penstock-attempts", "claude:200"),
        ("x-penstock-loss", "seed"),
        ("x-penstock-policy", "p1"),
        ("server-timing", "provider;dur=300, fallback;dur=200"),
    ] {
        assert_eq!(header(&step, name), Some(value), "{name}");
    }
    assert!(!front.replaces_body());
}

#[test]
fn an_answer_of_envoys_own_is_replaced_by_the_last_providers_error() {
    let (mut front, _) = settled(&request("warns", ""));
    let step = front.response_headers(
        &Headers::from([(":status", "503")]),
        false,
        None,
        || None,
        unread,
        1_500,
    );
    assert_eq!(step.verdict, Verdict::Hold);
    assert!(front.replaces_body());
    let last = LastError {
        status: 429,
        body: "{}".into(),
        retry_after: Some("3".into()),
    };
    let step = front.envoy_reply(503, None, Some(last));
    assert_eq!(header(&step, ":status"), Some("429"));
    assert_eq!(header(&step, "retry-after"), Some("3"));
    assert_eq!(step.body, Body::Replace(b"{}".to_vec()));
}

#[test]
fn an_error_without_a_body_gets_one() {
    let (mut front, _) = settled(&request("warns", ""));
    let headers = Headers::from([(":status", "502"), (header::ANSWER, "1")]);
    let last = || {
        Some(LastError {
            status: 502,
            body: "{}".into(),
            retry_after: None,
        })
    };
    let step = front.response_headers(&headers, true, Some(journey(Some("302"))), last, unread, 1_500);
    let Verdict::Reply(reply) = step.verdict else {
        panic!("no reply")
    };
    assert_eq!((reply.status, reply.body), (502, b"{}".to_vec()));
    assert!(
        reply
            .headers
            .contains(&("x-penstock-attempts", "claude:302".to_owned()))
    );
}

#[test]
fn without_a_providers_error_the_attempts_tell_what_happened() {
    let cases = [
        (503, Some("connect-failure"), "503"),
        (503, Some("timeout"), "504"),
        (504, None, "504"),
        (413, None, "413"),
    ];
    for (status, outcome, expected) in cases {
        let (front, _) = settled(&request("warns", ""));
        let step = front.envoy_reply(status, Some(&journey(outcome)), None);
        assert_eq!(header(&step, ":status"), Some(expected), "{status} {outcome:?}");
    }
}

#[test]
fn a_client_that_leaves_before_the_answer_is_noted_and_one_that_stays_is_not() {
    let (mut front, _) = settled(&request("warns", ""));
    assert!(kept(&front.log(), state::CLIENT_GONE).is_some());
    front.response_headers(
        &Headers::from([(header::ANSWER, "1")]),
        false,
        None,
        || None,
        unread,
        1_500,
    );
    assert_eq!(front.log(), Step::go_on());
}
