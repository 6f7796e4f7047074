use super::*;

pub(super) fn event(text: &str) -> Vec<u8> {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
    )
    .into_bytes()
}

fn outgrow(on_overrun: Overrun) -> (Rc<Worker<Memory>>, Vec<Step>) {
    let tight = Limit {
        on_overrun,
        ..limit(Kind::TokensPerMinute, input() + 20)
    };
    let worker = configured(vec![tight], |config| {
        for model in &mut config.models {
            model.default_output_tokens = Tokens(10);
        }
    });
    let unbounded = chat(10).replace(r#""max_completion_tokens":10,"#, "");
    let mut sent = send_to(&worker, "/v1/chat/completions", &unbounded, NOW_MS);
    assert!(sent.admitted());
    sent.filter.response_headers(&ok(), || None, NOW_MS);
    let steps = (0..40)
        .map(|_| sent.filter.response_body(&event(" hello"), false, NOW_MS))
        .collect();
    let mut usage = UsageRecord::new("p", "gpt-4o", Vec::new());
    usage.answered = true;
    sent.filter.log(Some(usage), "p:200", NOW_MS);
    (worker, steps)
}

#[test]
fn a_stream_is_not_cut_within_what_its_limit_has_set_aside() {
    let cut = Limit {
        on_overrun: Overrun::Cut,
        ..limit(Kind::TokensPerMinute, input() + 600)
    };
    let learned = Limit {
        name: "day".into(),
        reserve: Reserve::Learned,
        ..limit(Kind::TokensPerDay, 1_000_000)
    };
    let worker = worker(vec![cut, learned]);
    for _ in 0..100 {
        send_to(&worker, "/v1/chat/completions", &chat(600), NOW_MS - 100_000).finish(10, 5);
    }
    let mut sent = send(&worker, 600);
    sent.filter.response_headers(&ok(), || None, NOW_MS);
    for _ in 0..500 {
        let step = sent.filter.response_body(&event(" hello"), false, NOW_MS);
        assert_eq!(step.body, Body::Keep);
    }
}

/// How many tokens of a stream pass, one a piece, before it is cut that may have 10 and whose limit has nothing left.
fn shown_of_ten(counted_as: &str, request: &str) -> usize {
    let site = |amount| {
        let cut = Limit {
            on_overrun: Overrun::Cut,
            ..limit(Kind::TokensPerMinute, amount)
        };
        configured(vec![cut], |config| {
            for model in &mut config.models {
                model.counted_as = counted_as.into();
                model.default_output_tokens = Tokens(10);
            }
        })
    };
    let much = 100_000;
    let mut probe = send_to(&site(much), "/v1/chat/completions", request, NOW_MS);
    let taken = much - probe.remaining();
    let mut sent = send_to(&site(taken), "/v1/chat/completions", request, NOW_MS);
    assert_eq!(sent.remaining(), 0);
    (0..1_000)
        .position(|_| sent.filter.response_body(&event(" hello"), false, NOW_MS).body != Body::Keep)
        .unwrap()
}

#[test]
fn a_provider_that_was_told_a_maximum_keeps_it_until_the_count_leaves_no_doubt() {
    // Twice as many tokens of the vocabulary as no tokenizer needs for them.
    for counted_as in ["gpt-4o", "claude-sonnet-4-5", "claude-opus-4-8", "llama-3"] {
        assert_eq!(shown_of_ten(counted_as, &chat(10)), 20, "{counted_as}");
    }
}

#[test]
fn a_provider_that_was_told_no_maximum_is_held_to_what_is_set_aside() {
    let unbounded = chat(10).replace(r#""max_completion_tokens":10,"#, "");
    assert_eq!(shown_of_ten("gpt-4o", &unbounded), 10);
    // 1.2 each.
    assert_eq!(shown_of_ten("claude-sonnet-4-5", &unbounded), 8);
}

#[test]
fn a_count_of_zero_is_no_count() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    let mut sent = send(&worker, 900);
    sent.filter.response_headers(&ok(), || None, NOW_MS);
    for _ in 0..20 {
        sent.filter.response_body(&event(" hello"), false, NOW_MS);
    }
    let mut usage = UsageRecord::new("p", "gpt-4o", Vec::new());
    usage.answered = true;
    usage.finish_reason = Some(penstock_chat::FinishReason::Stop);
    usage.report(Some(Usage::default()));
    sent.filter.log(Some(usage), "p:200", NOW_MS);
    assert_eq!(send(&worker, 100).remaining(), 10_000 - 2 * input() - 20 - 100);
}

#[test]
fn a_stream_that_is_cut_off_costs_what_was_streamed() {
    let worker = worker(vec![limit(Kind::TokensPerMinute, 10_000)]);
    let mut sent = send(&worker, 900);
    sent.filter.response_headers(&ok(), || None, NOW_MS);
    for _ in 0..20 {
        assert_eq!(
            sent.filter.response_body(&event(" hello"), false, NOW_MS),
            Step::go_on()
        );
    }
    let mut usage = UsageRecord::new("p", "gpt-4o", Vec::new());
    usage.answered = true;
    sent.filter.log(Some(usage), "p:200", NOW_MS);
    assert_eq!(send(&worker, 100).remaining(), 10_000 - 2 * input() - 20 - 100);
}

#[test]
fn an_overrun_is_finished_and_owed_by_the_next_window() {
    let (worker, steps) = outgrow(Overrun::Finish);
    assert!(steps.iter().all(|step| step.body == Body::Keep));
    assert_eq!(send(&worker, 1).refusal().0, 429);
    let next = NOW_MS + 61_000;
    let (_, _, headers) = send_to(&worker, "/v1/chat/completions", &chat(20), next).refusal();
    assert_eq!(headers["x-ratelimit-remaining-tokens"], input().to_string());
}

#[test]
fn an_overrun_is_cut_with_a_proper_end_where_the_limit_says_so() {
    let (_, steps) = outgrow(Overrun::Cut);
    let cut = steps.iter().position(|step| step.body != Body::Keep).unwrap();
    assert!((20..30).contains(&cut), "{cut}");
    let Body::Replace(shown) = &steps[cut].body else {
        panic!("kept")
    };
    let shown = std::str::from_utf8(shown).unwrap();
    assert!(shown.contains(r#""finish_reason":"length""#), "{shown}");
    assert!(shown.ends_with("data: [DONE]\n\n"), "{shown}");
    assert!(
        steps[cut + 1..]
            .iter()
            .all(|step| step.body == Body::Replace(Vec::new()))
    );
}
