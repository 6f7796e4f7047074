use super::*;

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
fn a_large_error_is_judged_by_its_status() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "503")]), false, 1_100);
    assert_eq!(back.wants(), Wants::Whole(LARGEST_ERROR));
    assert_eq!(summary(&back.response_too_large()), "a:503");
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
