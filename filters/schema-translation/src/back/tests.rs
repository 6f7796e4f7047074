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
    let config = slice::Back {
        provider: provider.into(),
        api,
        scheme: "https".into(),
        authority: "host".into(),
        path: "/x/{model}/chat".into(),
        max_response_bytes: 100_000,
        max_event_bytes: 2_000,
        stream_stall_ms: 5_000,
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

#[test]
fn a_provider_gets_the_headers_it_needs_and_no_others() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let journey = Journey::start();
    let step = back.request_headers(&request_headers(), Some(plan), Some(journey), None);
    assert_eq!(step.verdict, Verdict::Hold);
    for name in [
        "authorization",
        "x-api-key",
        "cookie",
        "x-forwarded-for",
        "anthropic-beta",
    ] {
        assert!(step.headers.contains(&HeaderOp::Remove(name.into())), "{name}");
    }
    assert_eq!(header(&step, ":path"), Some("/x/a%2Fmodel/chat"));
    assert_eq!(header(&step, ":authority"), Some("host"));
    assert_eq!(header(&step, "content-type"), Some("application/json"));
    assert_eq!(
        kept(&step, state::NEXT),
        Some("provider-b"),
        "the default, should nothing more be heard"
    );
}

#[test]
fn the_clients_own_headers_and_credential_reach_only_who_is_to_have_them() {
    let mut plan = plan(Api::Anthropic, true, Commit::FirstEvent);
    plan.forward = vec![("anthropic-beta".into(), "b".into())];
    plan.targets[1].client_credential = true;
    let mut progress = Progress::start();

    let mut first = back("a", Api::OpenAi);
    let journey = Some(Journey {
        progress: progress.clone(),
        ..Journey::default()
    });
    let step = first.request_headers(
        &request_headers(),
        Some(plan.clone()),
        journey,
        Some(Credential::Key("key".into())),
    );
    assert_eq!(header(&step, "anthropic-beta"), None);
    assert_eq!(header(&step, "authorization"), None);

    progress.begin(&plan, 0);
    let mut second = back("b", Api::Anthropic);
    let journey = Some(Journey {
        progress,
        ..Journey::default()
    });
    let step = second.request_headers(
        &request_headers(),
        Some(plan),
        journey,
        Some(Credential::Key("key".into())),
    );
    assert_eq!(header(&step, "anthropic-beta"), Some("b"));
    assert_eq!(header(&step, "anthropic-version"), Some("2023-06-01"));
    assert_eq!(header(&step, "x-api-key"), Some("key"));
    assert_eq!(header(&step, "authorization"), None);
}

#[test]
fn an_attempt_that_contradicts_the_plan_sends_nothing() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let journey = Journey::start();
    for (provider, plan) in [("b", Some(plan)), ("a", None)] {
        let step = back(provider, Api::OpenAi).request_headers(
            &request_headers(),
            plan,
            Some(journey.clone()),
            None,
        );
        assert!(
            matches!(&step.verdict, Verdict::Reply(reply) if reply.status == 500),
            "{provider}"
        );
    }
}

#[test]
fn the_request_is_written_for_the_target() {
    let plan = plan(Api::OpenAi, false, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let journey = Journey::start();
    back.request_headers(&request_headers(), Some(plan), Some(journey), None);
    let step = back.request_body(REQUEST.as_bytes());
    let Body::Replace(body) = &step.body else {
        panic!("the model's name must change")
    };
    assert_eq!(
        header(&step, "content-length"),
        Some(body.len().to_string().as_str())
    );
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["model"], "a/model");
}

#[test]
fn a_stream_is_held_until_its_first_content() {
    let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
    assert_eq!(back.response_headers(&event_stream(), false, 1_100), Step::hold());
    let (role, rest) = OK_STREAM.split_at(OK_STREAM.find("\n\n").unwrap() + 2);
    let held = back.response_body(role.as_bytes(), false, 1_200);
    assert_eq!(
        (held.verdict, held.body),
        (Verdict::Hold, Body::Replace(Vec::new()))
    );
    let step = back.response_body(rest.as_bytes(), true, 1_300);
    assert_eq!(step.verdict, Verdict::Continue);
    assert_eq!(summary(&step), "a:200");
    assert!(step.headers.contains(&HeaderOp::Remove("set-cookie".into())));
    let usage: UsageRecord = serde_json::from_str(kept(&step, state::USAGE).unwrap()).unwrap();
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (Some(Tokens(3)), Some(Tokens(2)))
    );
    assert_eq!(
        (usage.finish_reason, usage.first_token_ms),
        (Some(FinishReason::Stop), Some(300))
    );
}

#[test]
fn the_client_gets_the_same_stream_wherever_it_is_cut() {
    for (client, commit) in [
        (Api::OpenAi, Commit::FirstEvent),
        (Api::OpenAi, Commit::Complete),
        (Api::Anthropic, Commit::FirstEvent),
    ] {
        let plan = plan(client, true, commit);
        let whole = {
            let mut back = sent(&plan);
            back.response_headers(&event_stream(), false, 1_100);
            play(&mut back, [OK_STREAM.as_bytes()]).0
        };
        for at in 0..=OK_STREAM.len() {
            let (head, tail) = OK_STREAM.as_bytes().split_at(at);
            let mut back = sent(&plan);
            back.response_headers(&event_stream(), false, 1_100);
            let (out, _) = play(&mut back, [head, tail]);
            assert_eq!(out, whole, "{client} {commit:?} cut at {at}");
        }
    }
}

/// Cutting a stream anywhere never looks like success: another target before the release, an error after it.
#[test]
fn a_stream_that_ends_early_is_never_a_success() {
    let finish = OK_STREAM.find(r#""stop"}]}"#).unwrap();
    for commit in [Commit::FirstEvent, Commit::Complete] {
        let plan = plan(Api::OpenAi, true, commit);
        for at in 0..finish {
            let mut back = sent(&plan);
            back.response_headers(&event_stream(), false, 1_100);
            let (head, _) = OK_STREAM.as_bytes().split_at(at);
            // One byte at a time, so that the release happens as early as it can.
            let mut pieces: Vec<&[u8]> = head.chunks(1).collect();
            pieces.push(b"");
            let (out, last) = play(&mut back, pieces);
            let text = String::from_utf8_lossy(&out);
            if header(&last, header::RETRY).is_some() {
                assert_eq!(kept(&last, state::NEXT), Some("provider-b"), "cut at {at}");
            } else {
                assert!(
                    text.contains(r#"data: {"error":"#) && !text.contains("[DONE]"),
                    "cut at {at}: {text}"
                );
                assert!(commit == Commit::FirstEvent, "cut at {at}");
            }
        }
    }
}

#[test]
fn a_missing_end_mark_after_the_finish_reason_is_supplied() {
    let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
    back.response_headers(&event_stream(), false, 1_100);
    let without = OK_STREAM.strip_suffix("data: [DONE]\n\n").unwrap();
    let (out, _) = play(&mut back, [without.as_bytes(), b""]);
    assert!(String::from_utf8(out).unwrap().ends_with("data: [DONE]\n\n"));
}

#[test]
fn what_fails_before_the_release_moves_on() {
    let long = format!("data: {}\n\n", "x".repeat(3_000));
    let cases = [
        (
            "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}\n\n",
            "a:error",
        ),
        ("data: {\"cho\n\n", "a:malformed"),
        (long.as_str(), "a:malformed"),
        ("", "a:incomplete"),
    ];
    for (stream, attempts) in cases {
        let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
        back.response_headers(&event_stream(), false, 1_100);
        let step = back.response_body(stream.as_bytes(), true, 1_200);
        assert_eq!(header(&step, header::RETRY), Some("1"), "{attempts}");
        assert_eq!(kept(&step, state::NEXT), Some("provider-b"), "{attempts}");
        assert_eq!(summary(&step), attempts);
    }
}

#[test]
fn each_error_status_has_its_consequence() {
    let cases = [
        (
            "429",
            None,
            r#"{"error":{"message":"m"}}"#,
            Some("provider-b"),
            None,
            "429",
        ),
        (
            "429",
            Some("1"),
            r#"{"error":{"message":"m"}}"#,
            Some("provider-a"),
            Some("1"),
            "429",
        ),
        ("503", None, "", Some("provider-a"), None, "503"),
        ("401", None, "{}", Some("provider-b"), None, "502"),
        (
            "400",
            None,
            r#"{"error":{"message":"m","type":"invalid_request_error"}}"#,
            None,
            None,
            "400",
        ),
        (
            "400",
            None,
            r#"{"error":{"message":"m","code":"context_length_exceeded"}}"#,
            Some("provider-b"),
            None,
            "400",
        ),
        (
            "400",
            None,
            r#"{"error":{"message":"m","code":"content_filter"}}"#,
            None,
            None,
            "400",
        ),
    ];
    for (status, retry_after, body, next, wait, shown) in cases {
        let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
        let retry_after = retry_after.map(|value| ("retry-after", value));
        let headers = [(":status", status)].into_iter().chain(retry_after).collect();
        back.response_headers(&headers, false, 1_100);
        let step = back.response_body(body.as_bytes(), true, 1_200);
        assert_eq!(
            kept(&step, state::NEXT),
            Some(next.unwrap_or(state::PLAN_ENDED)),
            "{status} {body}"
        );
        assert_eq!(
            header(&step, header::RETRY).is_some(),
            next.is_some(),
            "{status} {body}"
        );
        assert_eq!(header(&step, header::WAIT), wait, "{status} {body}");
        assert_eq!(header(&step, ":status"), Some(shown), "{status} {body}");
        assert_eq!(step.verdict, Verdict::Continue);
    }
}

#[test]
fn a_refused_credential_is_an_alert() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "401")]), false, 1_100);
    let step = back.response_body(b"", true, 1_200);
    assert!(
        step.log
            .iter()
            .any(|line| line.level == Level::Error && line.text.contains("credential"))
    );
    assert!(
        step.counts
            .iter()
            .any(|count| count.name == "penstock.attempts.provider.a.outcome.401")
    );
}

#[test]
fn a_refused_credential_of_the_clients_own_is_shown_to_the_client() {
    let mut plan = plan(Api::OpenAi, false, Commit::FirstEvent);
    plan.targets[0].client_credential = true;
    let mut back = sent(&plan);
    back.response_headers(&Headers::from([(":status", "401")]), false, 1_100);
    let step = back.response_body(br#"{"error":{"message":"wrong key"}}"#, true, 1_200);
    assert_eq!(header(&step, ":status"), Some("401"));
    assert_eq!(
        header(&step, header::RETRY),
        None,
        "our credential elsewhere is not for this client"
    );
    assert!(step.log.is_empty(), "{:?}", step.log);
}

#[test]
fn a_refused_credential_inside_a_200_is_not_shown_as_the_clients() {
    let error = br#"{"error":{"message":"Incorrect API key provided: sk-123","code":"invalid_api_key"}}"#;
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    let headers = Headers::from([(":status", "200"), ("content-type", "application/json")]);
    back.response_headers(&headers, false, 1_100);
    let step = back.response_body(error, true, 1_200);
    assert_eq!(header(&step, ":status"), Some("502"));
    assert_eq!(header(&step, header::RETRY), Some("1"));
    assert!(!kept(&step, state::ERROR).unwrap().contains("sk-123"));
}

#[test]
fn an_answer_in_an_unknown_coding_moves_on_once_its_body_is_there() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    let headers = Headers::from([(":status", "200"), ("content-encoding", "br")]);
    assert_eq!(back.response_headers(&headers, false, 1_100), Step::hold());
    let step = back.response_body(b"x", true, 1_200);
    assert_eq!(
        (summary(&step).as_str(), header(&step, header::RETRY)),
        ("a:malformed", Some("1"))
    );
}

#[test]
fn a_stream_that_unpacks_beyond_the_limit_moves_on() {
    let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";
    let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
    let headers = Headers::from([
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "gzip"),
    ]);
    back.response_headers(&headers, false, 1_100);
    let step = back.response_body(&gzip(&event.repeat(100_000)), true, 1_200);
    assert_eq!(
        (summary(&step).as_str(), header(&step, header::RETRY)),
        ("a:malformed", Some("1"))
    );
}

#[test]
fn a_large_error_is_judged_by_its_status() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "503")]), false, 1_100);
    assert_eq!(back.wants(), Wants::Whole(LARGEST_ERROR));
    assert_eq!(summary(&back.response_too_large()), "a:503");
}

#[test]
fn a_whole_answer_passes_unchanged_within_one_api_and_is_written_anew_across() {
    for (client, unchanged) in [(Api::OpenAi, true), (Api::Anthropic, false)] {
        let mut back = sent(&plan(client, false, Commit::FirstEvent));
        let headers = Headers::from([(":status", "200"), ("content-type", "application/json")]);
        assert_eq!(back.response_headers(&headers, false, 1_100), Step::hold());
        let step = back.response_body(DOCUMENT.as_bytes(), true, 1_200);
        assert_eq!(step.body == Body::Keep, unchanged, "{client}");
        assert_eq!(summary(&step), "a:200");
    }
}

#[test]
fn an_answer_that_is_none_moves_on() {
    let json = [(":status", "200"), ("content-type", "application/json")];
    let html = [(":status", "200"), ("content-type", "text/html")];
    for (headers, body, attempts) in [
        (json, "<html>", "a:malformed"),
        (html, "<html>", "a:malformed"),
        (json, r#"{"error":{"message":"m"}}"#, "a:error"),
    ] {
        let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
        let first = back.response_headers(&Headers::from(headers), false, 1_100);
        let step = match first.verdict {
            Verdict::Hold => back.response_body(body.as_bytes(), true, 1_200),
            _ => first,
        };
        assert_eq!(
            (summary(&step).as_str(), header(&step, header::RETRY)),
            (attempts, Some("1")),
            "{headers:?}"
        );
    }
}

fn gzip(plain: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, plain.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_answer_that_is_compressed_unasked_arrives_plain() {
    let document = [
        (":status", "200"),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let stream = [
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "gzip"),
    ];
    for (headers, plain, streams) in [(document, DOCUMENT, false), (stream, OK_STREAM, true)] {
        let coded = gzip(plain);
        let step_size = if streams { 7 } else { coded.len() };
        let mut back = sent(&plan(Api::OpenAi, streams, Commit::FirstEvent));
        back.response_headers(&Headers::from(headers), false, 1_100);
        let (out, last) = play(&mut back, coded.chunks(step_size));
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#""finish_reason":"stop""#), "{text}");
        if !streams {
            assert!(
                last.headers
                    .contains(&HeaderOp::Remove("content-encoding".into()))
            );
            assert_eq!(
                header(&last, "content-length"),
                Some(text.len().to_string().as_str())
            );
        }
    }
}

#[test]
fn a_compression_bomb_moves_on() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    let headers = Headers::from([(":status", "200"), ("content-encoding", "gzip")]);
    back.response_headers(&headers, false, 1_100);
    let step = back.response_body(&gzip(&" ".repeat(10_000_000)), true, 1_200);
    assert_eq!(
        (summary(&step).as_str(), header(&step, header::RETRY)),
        ("a:malformed", Some("1"))
    );
}

#[test]
fn an_answer_without_a_body_moves_on_and_leaves_its_error_behind() {
    for (headers, attempts) in [
        ([(":status", "200"), ("content-length", "0")], "a:incomplete"),
        ([(":status", "302"), ("location", "/")], "a:302"),
    ] {
        let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
        let step = back.response_headers(&Headers::from(headers), true, 1_100);
        assert_eq!(
            (summary(&step).as_str(), header(&step, header::RETRY)),
            (attempts, Some("1"))
        );
        assert_eq!(step.body, Body::Keep, "there is no body to replace");
        assert!(kept(&step, state::ERROR).is_some());
    }
}

#[test]
fn an_answer_beyond_the_limit_moves_on_and_the_rest_is_dropped() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "200")]), false, 1_100);
    assert_eq!(back.wants(), Wants::Whole(100_000));
    assert_eq!(header(&back.response_too_large(), header::RETRY), Some("1"));
    assert_eq!(
        back.response_body(b"more", true, 1_300).body,
        Body::Replace(Vec::new())
    );
}

#[test]
fn only_a_released_stream_is_watched_for_silence() {
    let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
    back.response_headers(&event_stream(), false, 1_100);
    assert!(!back.is_watched());
    let without_end = OK_STREAM.strip_suffix("data: [DONE]\n\n").unwrap();
    back.response_body(without_end.as_bytes(), false, 1_200);
    assert!(back.is_watched());
}

#[test]
fn a_stalled_stream_is_aborted_and_named() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let mut journey = Journey::start();
    journey.progress.begin(&plan, 0);
    journey.progress.outcome("200");
    let config = back("a", Api::OpenAi).config;
    let step = stalled(&config, Some(journey));
    assert_eq!(step.verdict, Verdict::Reset);
    assert_eq!(summary(&step), "a:stall");
}

#[test]
fn an_attempt_that_nobody_answered_is_named_by_how_it_ended() {
    for (ending, now_ms, expected) in [
        (Ending::NotConnected, 1_010, "a:connect-failure"),
        (Ending::Connected, 1_010, "a:reset"),
        (Ending::Connected, 2_000, "a:timeout"),
        (Ending::ClientGone, 1_010, "a:cancelled"),
    ] {
        let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
        assert_eq!(summary(&back.done(ending, now_ms)), expected);
    }
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "200")]), false, 1_100);
    back.response_body(DOCUMENT.as_bytes(), true, 1_200);
    assert_eq!(back.done(Ending::Connected, 1_300), Step::go_on());
}
