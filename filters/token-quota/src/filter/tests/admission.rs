use super::*;

#[test]
fn what_is_reserved_is_input_and_the_most_that_the_answer_can_take() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    assert_eq!(send(&worker, 100).remaining(), 10_000 - input() - 100);
}

#[test]
fn more_than_the_model_gives_is_not_reserved() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    assert_eq!(send(&worker, 4_000_000_000).remaining(), 10_000 - input() - 1_000);
}

#[test]
fn each_of_several_answers_is_reserved_for() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    let body = chat(100).replacen('{', r#"{"n":3,"#, 1);
    let mut sent = send_to(&worker, "/v1/chat/completions", &body, NOW_MS);
    assert_eq!(sent.remaining(), 10_000 - input() - 300);
}

#[test]
fn exactly_as_many_requests_are_admitted_as_fit() {
    let cost = input() + 100;
    let worker = worker(vec![limit(Kind::TokensPerMinute, 5 * cost)]);
    let sent: Vec<Sent> = (0..9).map(|_| send(&worker, 100)).collect();
    assert_eq!(sent.iter().filter(|sent| sent.admitted()).count(), 5);
}

#[test]
fn settling_gives_back_what_was_not_used() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    send(&worker, 900).finish(50, 10);
    assert_eq!(send(&worker, 100).remaining(), 10_000 - 60 - input() - 100);
}

#[test]
fn a_request_that_never_reached_a_provider_costs_no_tokens() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    send(&worker, 900).filter.log(None, "", NOW_MS);
    assert_eq!(send(&worker, 100).remaining(), 10_000 - input() - 100);
}

#[test]
fn over_the_limit_is_429_with_the_time_to_wait_in_either_dialect() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, input() + 150)]);
    send(&worker, 100).finish(input(), 100);
    let (status, body, headers) = send(&worker, 100).refusal();
    assert_eq!(status, 429);
    assert!(
        body.contains("`the-limit`") && body.contains("rate_limit_exceeded"),
        "{body}"
    );
    assert_eq!(headers["retry-after"], "60");
    assert_eq!(headers["x-ratelimit-remaining-tokens"], "50");
    assert_eq!(headers["x-ratelimit-reset-tokens"], "1m0s");
    assert_eq!(headers[INPUT_TOKENS], input().to_string());

    let body = format!(
        r#"{{"model":"default","max_tokens":100,"messages":[{{"role":"user","content":"{PROMPT}"}}]}}"#
    );
    let (status, body, headers) = send_to(&worker, "/v1/messages", &body, NOW_MS).refusal();
    assert_eq!(status, 429);
    assert!(body.contains(r#""type":"rate_limit_error""#), "{body}");
    assert_eq!(headers["anthropic-ratelimit-tokens-remaining"], "50");
    assert_eq!(
        headers["anthropic-ratelimit-tokens-reset"],
        "2027-01-15T08:01:00Z"
    );
}

#[test]
fn a_request_larger_than_the_limit_is_told_that_it_can_never_succeed() {
    for kind in [Kind::TokensPerMinute, Kind::TokensPerDay, Kind::InputTokens] {
        let worker = worker(vec![limit(kind, input() - 1)]);
        let (status, body, headers) = send(&worker, 1).refusal();
        assert_eq!(status, 400, "{kind:?}");
        assert!(body.contains("can never fit the limit `the-limit`"), "{body}");
        assert!(!headers.contains_key("retry-after"));
    }
}

#[test]
fn a_huge_prompt_is_not_counted_past_the_limit_that_refuses_it() {
    let worker = worker(vec![limit(Kind::InputTokens, 100)]);
    let body = chat(1).replace(PROMPT, &"word ".repeat(100_000));
    let (status, body, headers) = send_to(&worker, "/v1/chat/completions", &body, NOW_MS).refusal();
    assert_eq!(status, 400);
    assert!(body.contains("at least "), "{body}");
    assert!(!headers.contains_key(INPUT_TOKENS));
}

#[test]
fn a_shadow_limit_counts_and_reports_but_lets_through() {
    let shadow = Limit {
        shadow: true,
        ..limit(Kind::TokensPerMinute, 10)
    };
    let worker = worker(vec![shadow]);
    let sent = send(&worker, 100);
    assert!(sent.admitted());
    let names: Vec<&str> = sent.step.counts.iter().map(|count| &*count.name).collect();
    let expected = "penstock.quota_shadow_refusals.limit.the-limit.kind.tokens_per_minute";
    assert_eq!(names, [expected]);
    let (key, decision) = &sent.step.state[0];
    let decision: serde_json::Value = serde_json::from_slice(decision).unwrap();
    assert_eq!(*key, "penstock.quota");
    assert_eq!(decision["exceeded"][0], "the-limit/tokens_per_minute");
}

#[test]
fn requests_and_concurrency_are_limited_too() {
    for (kind, after) in [(Kind::RequestsPerMinute, false), (Kind::ConcurrentRequests, true)] {
        let worker = worker(vec![limit(kind, 2)]);
        let first = send(&worker, 1);
        let second = send(&worker, 1);
        assert!(first.admitted() && second.admitted());
        assert_eq!(send(&worker, 1).refusal().0, 429);
        first.finish(1, 1);
        assert_eq!(send(&worker, 1).admitted(), after, "{kind:?}");
    }
}

#[test]
fn no_limit_is_taken_from_unless_all_have_enough() {
    let day = Limit {
        name: "day".into(),
        ..limit(Kind::TokensPerDay, input() + 100)
    };
    let minute = limit(Kind::TokensPerMinute, 100_000);
    let worker = worker(vec![minute, day]);
    assert!(send(&worker, 100).admitted());
    for _ in 0..3 {
        let (_, body, _) = send(&worker, 100).refusal();
        assert!(body.contains("`day`"), "{body}");
    }
    let reserved = worker.holds.reserved(2);
    assert_eq!(reserved, [input() + 100, input() + 100]);
}

#[test]
fn a_limit_applies_only_to_those_it_names() {
    let only_others = Limit {
        only: vec![(Scope::Tenant, vec!["globex".into()])],
        ..limit(Kind::RequestsPerMinute, 1)
    };
    let worker = worker(vec![only_others]);
    assert!((0..3).all(|_| send(&worker, 1).admitted()));
}

#[test]
fn learned_reservations_follow_what_answers_really_took() {
    let learned = Limit {
        reserve: Reserve::Learned,
        ..limit(Kind::TokensPerDay, 1_000_000)
    };
    let worker = worker(vec![learned]);
    let full = 1_000_000 - send(&worker, 1_000).remaining();
    assert_eq!(full, input() + 500);
    for _ in 0..200 {
        send(&worker, 1_000).finish(10, 40);
    }
    let before = send(&worker, 1).remaining();
    let reserved = before - send(&worker, 1_000).remaining();
    assert!(reserved < input() + 200, "{reserved}");
}

#[test]
fn a_learned_limit_never_asks_for_more_than_itself_of_those_it_does_not_know() {
    let learned = Limit {
        reserve: Reserve::Learned,
        ..limit(Kind::TokensPerMinute, 700)
    };
    let worker = worker(vec![learned]);
    assert_eq!(send(&worker, 1_000).remaining(), 700 - input() - 500);
    assert_eq!(send(&worker, 1_000).refusal().0, 429);
}

#[test]
fn small_answers_teach_nothing_about_large_ones() {
    let learned = Limit {
        reserve: Reserve::Learned,
        ..limit(Kind::TokensPerDay, 1_000_000)
    };
    let worker = worker(vec![learned]);
    for _ in 0..100 {
        send(&worker, 1).finish(10, 1);
    }
    let before = send(&worker, 1).remaining();
    assert_eq!(before - send(&worker, 1_000).remaining(), input() + 500);
}

#[test]
fn nothing_is_counted_for_a_caller_that_asks_too_often() {
    let worker = worker(vec![
        limit(Kind::RequestsPerMinute, 1),
        limit(Kind::TokensPerMinute, 10),
    ]);
    assert_eq!(send(&worker, 1).refusal().0, 400);
    let worker = self::worker(vec![limit(Kind::RequestsPerMinute, 1)]);
    assert!(send(&worker, 1).admitted());
    let (status, _, headers) = send(&worker, 1).refusal();
    assert_eq!(status, 429);
    assert!(!headers.contains_key(INPUT_TOKENS));
}

#[test]
fn the_time_to_the_next_window_is_that_of_the_answer() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    let mut sent = send(&worker, 100);
    let step = sent.filter.response_headers(&ok(), || None, NOW_MS + 50_000);
    assert_eq!(header(&step, "x-ratelimit-reset-tokens"), "10s");
}

#[test]
fn a_name_with_control_characters_is_no_name() {
    let identity = worker(Vec::new()).config().identity.clone();
    let tenant = |value: &str| {
        let headers = Headers::from([("x-tenant", value)]);
        Caller::read(&identity, &headers, |_| None, String::new())
            .tenant()
            .to_owned()
    };
    assert_eq!(tenant("acme"), "acme");
    for none in ["", "a\u{0}b", "a\nb"] {
        assert_eq!(tenant(none), "anonymous");
    }
}

#[test]
fn a_bad_request_is_refused_before_anything_is_counted() {
    let worker = worker(vec![limit(Kind::RequestsPerMinute, 1)]);
    for (body, status) in [
        ("{", 400),
        (r#"{"messages":[]}"#, 400),
        (r#"{"model":"default","messages":"hi"}"#, 400),
        (
            r#"{"model":"nobody","messages":[{"role":"user","content":"hi"}]}"#,
            404,
        ),
        (
            r#"{"model":"default","max_tokens":-1,"messages":[{"role":"user","content":"hi"}]}"#,
            400,
        ),
        ("\u{1}", 400),
    ] {
        assert_eq!(
            send_to(&worker, "/v1/chat/completions", body, NOW_MS).refusal().0,
            status,
            "{body}"
        );
    }
    assert!(send(&worker, 1).admitted());
}

#[test]
fn tokens_are_counted_without_a_provider_and_beside_the_requests() {
    let worker = worker(vec![limit(Kind::RequestsPerMinute, 2)]);
    let body = format!(r#"{{"model":"default","messages":[{{"role":"user","content":"{PROMPT}"}}]}}"#);
    let count = || send_to(&worker, "/v1/messages/count_tokens", &body, NOW_MS).refusal();
    for _ in 0..2 {
        let (status, body, _) = count();
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status, 200);
        assert!(answer["input_tokens"].as_u64().unwrap() > 5, "{answer}");
    }
    assert_eq!(count().0, 429);
    assert!(send(&worker, 1).admitted());
}

#[test]
fn counting_needs_no_maximum_of_output_whether_it_is_left_out_or_null() {
    let worker = worker(Vec::new());
    for maximum in ["", r#""max_tokens":null,"#, r#""max_tokens":7,"#] {
        let body =
            format!(r#"{{"model":"default",{maximum}"messages":[{{"role":"user","content":"{PROMPT}"}}]}}"#);
        let (status, answer, _) = send_to(&worker, "/v1/messages/count_tokens", &body, NOW_MS).refusal();
        assert_eq!(status, 200, "{maximum}: {answer}");
    }
}

#[test]
fn what_would_be_no_request_is_not_counted_either() {
    let worker = worker(Vec::new());
    for (body, told) in [
        (
            r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            "name of a model",
        ),
        (r#"[{"model":"default"}]"#, "a JSON object"),
        (r#"{"model":"default"}"#, "messages"),
        (r#" {"model":"default","messages":[]}"#, "at least one message"),
        (r#"{"model":"default","messages":[{"role":7}]}"#, "role"),
        (
            r#"{"model":"default","max_tokens":-1,"messages":[{"role":"user","content":"hi"}]}"#,
            "max_tokens",
        ),
    ] {
        let (status, answer, _) = send_to(&worker, "/v1/messages/count_tokens", body, NOW_MS).refusal();
        assert_eq!(status, 400, "{body}");
        assert!(answer.contains(told), "{body}: {answer}");
    }
}

#[test]
fn a_reservation_of_a_request_that_lasts_is_renewed() {
    let worker = worker(vec![limit(Kind::ConcurrentRequests, 1)]);
    let running = send(&worker, 1);
    assert!(running.admitted());
    for second in 0..600 {
        worker.tick(NOW_MS + second * 1_000);
    }
    let late = NOW_MS + 600_000;
    assert_eq!(
        send_to(&worker, "/v1/chat/completions", &chat(1), late)
            .refusal()
            .0,
        429
    );
}

#[test]
fn people_are_told_what_is_reserved_once_it_has_changed() {
    let worker = worker(vec![limit(Kind::ConcurrentRequests, 9)]);
    let by = |step: Step| step.shifts.iter().map(|shift| shift.by).collect::<Vec<_>>();
    let (first, second) = (send(&worker, 1), send(&worker, 1));
    assert_eq!(by(worker.tick(NOW_MS)), [2]);
    assert_eq!(by(worker.tick(NOW_MS)), [0; 0]);
    first.finish(1, 1);
    assert_eq!(by(worker.tick(NOW_MS)), [-1]);
    // Nothing ticks any more where that was the last request under a configuration that has been replaced.
    assert_eq!(by(second.finish(1, 1)), [-1]);
    assert_eq!(by(worker.tick(NOW_MS)), [0; 0]);
}

#[test]
fn a_reservation_whose_worker_died_comes_back() {
    let first = worker(vec![limit(Kind::ConcurrentRequests, 1)]);
    assert!(send(&first, 1).admitted());
    let late = NOW_MS + 200_000;
    assert!(send_to(&first, "/v1/chat/completions", &chat(1), late).admitted());
}

#[test]
fn the_service_is_told_what_an_admitted_request_takes() {
    const INPUT: &str = "x-penstock-int-input-tokens";
    const OUTPUT: &str = "x-penstock-int-output-tokens";
    let path = "/v1/chat/completions";
    let with = || {
        configured(vec![limit(Kind::TokensPerMinute, 10_000)], |config| {
            config.tells_service = true
        })
    };
    let counted = input().to_string();
    let several = chat(100).replacen('{', r#"{"n":3,"#, 1);
    let unlimited = chat(100).replace(r#""max_completion_tokens":100,"#, "");
    for (body, output) in [
        (chat(100), "100"),
        (several, "300"),
        (chat(4_000_000), "1000"),
        (unlimited, "500"),
    ] {
        let sent = send_to(&with(), path, &body, NOW_MS);
        let told = (header(&sent.step, INPUT), header(&sent.step, OUTPUT));
        assert_eq!(told, (counted.clone(), output.to_owned()), "{body}");
    }

    let refused = configured(vec![limit(Kind::TokensPerMinute, 1)], |config| {
        config.tells_service = true
    });
    let without = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    for worker in [refused, without] {
        assert_eq!(send_to(&worker, path, &chat(100), NOW_MS).step.headers, []);
    }
    let messages = r#"{"model":"default","messages":[{"role":"user","content":"hi"}]}"#;
    let counting = send_to(&with(), "/v1/messages/count_tokens", messages, NOW_MS);
    assert_eq!(counting.step.headers, []);
}
