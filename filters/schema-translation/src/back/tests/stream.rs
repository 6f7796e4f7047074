use super::*;

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
fn a_piece_may_come_larger_than_the_limit_for_answers() {
    let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";
    let piece = event.repeat(2_000);
    for (client, commit) in [
        (Api::OpenAi, Commit::Complete),
        (Api::Anthropic, Commit::FirstEvent),
    ] {
        let mut back = sent(&plan(client, true, commit));
        assert!(u64::try_from(piece.len()).unwrap() > back.config.max_response_bytes);
        back.response_headers(&event_stream(), false, 1_100);
        let step = back.response_body(piece.as_bytes(), false, 1_200);
        assert_eq!(summary(&step), "a:200", "{client}");
    }
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
