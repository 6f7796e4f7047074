//! What is kept of each attempt for the service.

use penstock_client::trail::{Stop, Trail};

use super::*;

const ROLE: &str = "data: {\"id\":\"c\",\"model\":\"m1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const TEXT: &str =
    "data: {\"id\":\"c\",\"model\":\"m1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";

fn trail(step: &Step) -> Vec<Stop> {
    Trail::from_json(kept(step, state::TRAIL).unwrap().as_bytes())
        .unwrap()
        .0
}

fn outcomes(step: &Step) -> Vec<Option<String>> {
    trail(step).into_iter().map(|stop| stop.outcome).collect()
}

/// An attempt at the first target of `plan` whose request has gone out, and the step that started it.
fn started(plan: &Plan) -> (Back, Step) {
    let mut back = configured("a", Api::OpenAi, true);
    let step = back.request_headers(&request_headers(), Some(plan.clone()), None, None);
    back.request_body(REQUEST.as_bytes());
    (back, step)
}

fn streaming(commit: Commit) -> Back {
    started(&plan(Api::OpenAi, true, commit)).0
}

fn journey(step: &Step) -> Journey {
    let progress = step.state.iter().rev().find(|(name, _)| *name == state::PROGRESS);
    state::unpacked(&progress.unwrap().1).unwrap()
}

#[test]
fn an_attempt_is_in_the_trail_from_its_start() {
    let (_, step) = started(&plan(Api::OpenAi, true, Commit::FirstEvent));
    let expected = Stop {
        provider: "a".into(),
        model: "a/model".into(),
        ..Stop::default()
    };
    assert_eq!(trail(&step), [expected]);
}

#[test]
fn an_attempt_without_a_response_is_in_it_by_how_it_ended() {
    for (ending, now_ms, expected) in [
        (Ending::NotConnected, 1_010, "connect-failure"),
        (Ending::Connected, 1_010, "reset"),
        (Ending::Connected, 2_000, "timeout"),
        (Ending::ClientGone, 1_010, "cancelled"),
    ] {
        let step = streaming(Commit::FirstEvent).done(ending, now_ms);
        assert_eq!(outcomes(&step), [Some(expected.to_owned())]);
    }
}

#[test]
fn a_failed_attempt_stays_in_the_trail_of_the_next() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let (mut back, _) = started(&plan);
    let headers = Headers::from([
        (":status", "429"),
        ("retry-after-ms", "30500"),
        ("x-ratelimit-remaining-tokens", "12"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]);
    let heard = trail(&back.response_headers(&headers, false, 1_100));
    assert_eq!(
        (heard[0].outcome.as_deref(), heard[0].retry_after_ms),
        (None, Some(30_500))
    );
    let failed = back.response_body(b"{}", true, 1_200);

    let mut second = configured("b", Api::Anthropic, true);
    let step = second.request_headers(&request_headers(), Some(plan), Some(journey(&failed)), None);
    let [first, running] = &trail(&step)[..] else {
        panic!("{:?}", trail(&step))
    };
    assert_eq!(first.outcome.as_deref(), Some("429"));
    assert_eq!((first.retry_after_ms, first.first_token_ms), (Some(30_500), None));
    assert_eq!(first.remaining.tokens, Some(Tokens(12)));
    assert_eq!(first.remaining.token_limit, Some(Tokens(150_000)));
    assert_eq!(first.remaining.reset_ms, Some(360_000));
    assert_eq!((running.provider.as_str(), &running.outcome), ("b", &None));
}

#[test]
fn the_first_token_is_timed_when_it_comes_and_not_when_it_is_released() {
    let mut back = streaming(Commit::Complete);
    back.response_headers(&event_stream(), false, 1_100);
    let role = back.response_body(ROLE.as_bytes(), false, 1_150);
    assert_eq!(kept(&role, state::TRAIL), None);
    let text = back.response_body(TEXT.as_bytes(), false, 1_200);
    assert_eq!(trail(&text)[0].first_token_ms, Some(200));
    let rest = &OK_STREAM[OK_STREAM.find("\n\n").unwrap() + 2..];
    let (_, last) = play(&mut back, [rest.as_bytes()]);
    assert_eq!(outcomes(&last), [Some("200".to_owned())]);
    assert_eq!(trail(&last)[0].first_token_ms, Some(200));
}

#[test]
fn a_document_has_its_first_token_when_it_is_whole() {
    let mut back = started(&plan(Api::OpenAi, false, Commit::FirstEvent)).0;
    let headers = Headers::from([(":status", "200"), ("content-type", "application/json")]);
    assert_eq!(back.response_headers(&headers, false, 1_100), Step::hold());
    let step = back.response_body(DOCUMENT.as_bytes(), true, 1_700);
    assert_eq!(trail(&step)[0].first_token_ms, Some(700));
}

#[test]
fn a_stream_that_breaks_after_its_release_is_told_by_how() {
    let mut back = streaming(Commit::FirstEvent);
    back.response_headers(&event_stream(), false, 1_100);
    let released = back.response_body(TEXT.as_bytes(), false, 1_200);
    assert_eq!(outcomes(&released), [Some("200".to_owned())]);
    let broken = back.response_body(b"", true, 1_300);
    assert_eq!(outcomes(&broken), [Some("incomplete".to_owned())]);
    assert_eq!(trail(&broken)[0].first_token_ms, Some(200));

    let config = Rc::clone(&back.config);
    let silent = stalled(&config, Some(journey(&released)));
    assert_eq!(outcomes(&silent), [Some("stall".to_owned())]);
}

#[test]
fn nothing_is_kept_where_nobody_learns_from_it() {
    let plan = plan(Api::OpenAi, true, Commit::FirstEvent);
    let mut back = back("a", Api::OpenAi);
    let start = back.request_headers(&request_headers(), Some(plan), None, None);
    back.request_body(REQUEST.as_bytes());
    let headers = Headers::from([
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("x-ratelimit-remaining-tokens", "12"),
    ]);
    let heard = back.response_headers(&headers, false, 1_100);
    assert_eq!(heard, Step::hold());
    let released = back.response_body(TEXT.as_bytes(), false, 1_200);
    for step in [start, released] {
        assert_eq!(kept(&step, state::TRAIL), None);
        assert_eq!(journey(&step).progress.attempts[0].first_token_ms, None);
    }
}
