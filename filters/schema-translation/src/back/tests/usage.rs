//! What an attempt has used, and what of it later attempts remember.

use penstock_client::usage::{EarlierUsage, under_way};

use super::*;

const ROLE: &str = "data: {\"id\":\"c\",\"model\":\"m1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const TEXT: &str =
    "data: {\"id\":\"c\",\"model\":\"m1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
const ERROR: &str = "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}\n\n";
const MESSAGE_START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m2\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n";
const OVERLOADED: &str = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n";

fn record(step: &Step) -> Option<UsageRecord> {
    UsageRecord::from_json(kept(step, state::USAGE)?.as_bytes())
}

fn journey(step: &Step) -> Journey {
    let (_, value) = step
        .state
        .iter()
        .rev()
        .find(|(name, _)| *name == state::PROGRESS)
        .unwrap();
    state::unpacked(value).unwrap()
}

/// The attempt after the one that ended with `step`, and the record with which it starts.
fn next(plan: &Plan, step: &Step) -> (Back, UsageRecord) {
    let journey = journey(step);
    let target = &plan.targets[journey.progress.next.unwrap()];
    let mut back = back(&target.provider, target.api);
    let step = back.request_headers(&request_headers(), Some(plan.clone()), Some(journey), None);
    back.request_body(REQUEST.as_bytes());
    (back, record(&step).unwrap())
}

fn earlier(provider: &str, model: &str, input_tokens: Option<u64>, output_bytes: u64) -> EarlierUsage {
    EarlierUsage {
        provider: provider.into(),
        model: model.into(),
        input_tokens: input_tokens.map(Tokens),
        output_tokens: input_tokens.map(|_| Tokens(0)),
        output_bytes,
    }
}

#[test]
fn the_first_attempt_has_a_record_once_it_is_answered() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let started = back.request_headers(&request_headers(), Some(plan), None, None);
    assert_eq!(record(&started), None);
    assert!(under_way(&summary(&started)));
    back.request_body(REQUEST.as_bytes());
    assert_eq!(
        record(&back.response_headers(&event_stream(), false, 1_100)),
        None
    );
    let released = back.response_body(TEXT.as_bytes(), false, 1_200);
    assert!(record(&released).unwrap().answered);
    assert!(!under_way(&summary(&released)));
}

#[test]
fn an_answer_without_any_content_is_one() {
    let stop = "data: {\"id\":\"c\",\"model\":\"m1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let mut back = sent(&plan(Api::OpenAi, true, Commit::FirstEvent));
    back.response_headers(&event_stream(), false, 1_100);
    let step = back.response_body(stop.as_bytes(), true, 1_200);
    assert!(record(&step).unwrap().answered);
}

#[test]
fn a_stream_that_is_given_up_is_remembered_if_it_had_begun() {
    let text = Some(earlier("a", "m1", None, 2));
    let cases = [
        (vec![ROLE, TEXT, ERROR], text.clone()),
        (vec![ROLE, TEXT, "data: {\"cho\n\n"], text.clone()),
        (vec![ROLE, TEXT, ""], text),
        (vec![ROLE, ERROR], None),
        (vec![ROLE, "data: {\"cho\n\n"], None),
        (vec![ROLE, ""], None),
        (vec![""], None),
    ];
    for (pieces, expected) in cases {
        let plan = plan(Api::OpenAi, true, Commit::Complete);
        let mut back = sent(&plan);
        back.response_headers(&event_stream(), false, 1_100);
        let (_, failed) = play(&mut back, pieces.iter().map(|piece| piece.as_bytes()));
        assert_eq!(header(&failed, header::RETRY), Some("1"), "{pieces:?}");
        assert_eq!(
            record(&failed).is_some_and(|record| record.answered),
            expected.is_some(),
            "{pieces:?}"
        );
        let (_, started) = next(&plan, &failed);
        assert_eq!((started.provider.as_str(), started.answered), ("b", false));
        assert_eq!(started.earlier, Vec::from_iter(expected), "{pieces:?}");
    }
}

#[test]
fn input_that_was_stated_is_billed_unless_an_error_takes_it_back() {
    for (last, answered) in [(OVERLOADED, false), ("data: {\"ty\n\n", true)] {
        let mut plan = plan(Api::OpenAi, true, Commit::FirstEvent);
        plan.targets.reverse();
        let mut back = back("b", Api::Anthropic);
        back.request_headers(&request_headers(), Some(plan.clone()), None, None);
        back.request_body(REQUEST.as_bytes());
        back.response_headers(&event_stream(), false, 1_100);
        let held = back.response_body(MESSAGE_START.as_bytes(), false, 1_200);
        let running = record(&held).unwrap();
        assert_eq!((running.answered, running.input_tokens), (true, Some(Tokens(7))));
        let failed = back.response_body(last.as_bytes(), true, 1_200);
        assert_eq!(record(&failed).unwrap().answered, answered, "{last}");
        let expected = answered.then(|| earlier("b", "m2", Some(7), 0));
        assert_eq!(next(&plan, &failed).1.earlier, Vec::from_iter(expected), "{last}");
    }
}

#[test]
fn an_attempt_that_breaks_off_is_remembered_if_its_answer_had_begun() {
    let json = || Headers::from([(":status", "200"), ("content-type", "application/json")]);
    let html = || Headers::from([(":status", "200"), ("content-type", "text/html")]);
    let cases = [
        (
            true,
            event_stream(),
            Some(TEXT),
            Some(earlier("a", "m1", None, 2)),
        ),
        (true, event_stream(), Some(ROLE), None),
        (true, event_stream(), None, None),
        (false, json(), None, Some(earlier("a", "a/model", None, 0))),
        (false, html(), None, None),
        (false, Headers::from([(":status", "500")]), None, None),
    ];
    for (stream, headers, piece, expected) in cases {
        for (now_ms, outcome) in [(1_500, "a:reset"), (61_000, "a:timeout")] {
            let plan = plan(Api::OpenAi, stream, Commit::Complete);
            let mut back = sent(&plan);
            back.response_headers(&headers, false, 1_100);
            if let Some(piece) = piece {
                back.response_body(piece.as_bytes(), false, 1_200);
            }
            let done = back.done(Ending::Connected, now_ms);
            assert_eq!(summary(&done), outcome);
            assert_eq!(
                record(&done).is_some_and(|record| record.answered),
                expected.is_some(),
                "{headers:?}"
            );
            let remembered = next(&plan, &done).1.earlier;
            if expected.is_none() && outcome == "a:timeout" {
                // It may have been at work all the time.
                let [unheard] = &remembered[..] else {
                    panic!("{remembered:?}")
                };
                assert_eq!((unheard.input_tokens, unheard.output_bytes), (None, 0));
            } else {
                assert_eq!(remembered, Vec::from_iter(expected.clone()), "{headers:?}");
            }
        }
    }
}

#[test]
fn a_document_is_billed_unless_it_is_an_error_or_nothing() {
    let cases = [
        (false, "{\"id\":\"c\",\"choi", true),
        (false, r#"{"error":{"message":"m"}}"#, false),
        (false, "", false),
        (true, DOCUMENT, true),
    ];
    for (stream, body, billed) in cases {
        let plan = plan(Api::OpenAi, stream, Commit::FirstEvent);
        let mut back = sent(&plan);
        let headers = Headers::from([(":status", "200"), ("content-type", "application/json")]);
        back.response_headers(&headers, false, 1_100);
        let failed = back.response_body(body.as_bytes(), true, 1_200);
        assert_eq!(header(&failed, header::RETRY), Some("1"), "{body}");
        let earlier = next(&plan, &failed).1.earlier;
        assert_eq!(!earlier.is_empty(), billed, "{body}");
        if stream {
            assert_eq!(earlier[0].input_tokens, Some(Tokens(3)));
        }
    }
}

#[test]
fn what_no_provider_bills_is_not_remembered() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let refused = sent(&plan).done(Ending::NotConnected, 1_010);
    assert_eq!(next(&plan, &refused).1.earlier, []);
    for status in ["400", "401", "429", "503"] {
        let mut back = sent(&plan);
        back.response_headers(&Headers::from([(":status", status)]), false, 1_100);
        let failed = back.response_body(b"{}", true, 1_200);
        assert_eq!(record(&failed), None, "{status}");
        assert_eq!(journey(&failed).billed, [], "{status}");
    }
}

#[test]
fn every_attempt_that_was_answered_stays_in_the_record_to_the_end() {
    let mut plan = plan(Api::OpenAi, true, Commit::Complete);
    plan.targets[1] = target("b", Api::OpenAi);
    plan.targets.push(target("c", Api::OpenAi));
    let given_up = |mut back: Back| {
        back.response_headers(&event_stream(), false, 1_100);
        back.response_body(TEXT.as_bytes(), true, 1_200)
    };
    let failed = given_up(sent(&plan));
    let (second, _) = next(&plan, &failed);
    let failed = given_up(second);
    let (mut third, started) = next(&plan, &failed);
    let both = [earlier("a", "m1", None, 2), earlier("b", "m1", None, 2)];
    assert_eq!(started.earlier, both);
    third.response_headers(&event_stream(), false, 1_100);
    let (_, last) = play(&mut third, [OK_STREAM.as_bytes()]);
    let ended = record(&last).unwrap();
    assert_eq!(
        (ended.provider.as_str(), ended.output_tokens),
        ("c", Some(Tokens(2)))
    );
    assert_eq!(ended.earlier, both);
}

#[test]
fn an_attempt_says_in_single_values_whose_it_is() {
    let plan = plan(Api::OpenAi, false, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let step = back.request_headers(&request_headers(), Some(plan), Some(Journey::start()), None);
    for (key, expected) in [
        (state::ATTEMPT, Some("1")),
        ("penstock.provider", Some("a")),
        ("penstock.response_model", Some("a/model")),
        ("penstock.input_tokens", None),
    ] {
        assert_eq!(kept(&step, key), expected, "{key}");
    }
}
