//! What is made of a request that is over: what it costs, and what is learned from it.

use super::*;

/// A request of some thousand tokens.
fn long() -> String {
    chat(10).replace(PROMPT, &"word ".repeat(4_000))
}

/// What the request is said to count as.
fn told(sent: &mut Sent) -> u64 {
    let step = sent.filter.response_headers(&ok(), || None, NOW_MS);
    header(&step, INPUT_TOKENS).parse().unwrap()
}

/// What a request counts as before and after one of which the provider has counted `percent` of that, in `attempts`.
fn learned(counted_as: &str, percent: u64, attempts: &str) -> (u64, u64) {
    let worker = configured(Vec::new(), |config| {
        for model in &mut config.models {
            model.counted_as = counted_as.into();
        }
    });
    let ask = || send_to(&worker, "/v1/chat/completions", &long(), NOW_MS);
    let mut first = ask();
    let before = told(&mut first);
    first.finish_after(attempts, before * percent / 100, 5);
    (before, told(&mut ask()))
}

#[test]
fn an_estimate_moves_towards_what_the_provider_counts() {
    let (before, after) = learned("claude-sonnet-4-5", 120, "p:200");
    assert!(after > before && after < before * 120 / 100, "{before} {after}");
    let (before, after) = learned("claude-sonnet-4-5", 80, "p:200");
    assert!(after < before && after > before * 80 / 100, "{before} {after}");
}

#[test]
fn an_exact_count_does_not_move() {
    let (before, after) = learned("gpt-4o", 120, "p:200");
    assert_eq!(before, after);
}

#[test]
fn nothing_is_learned_of_a_model_from_the_one_that_took_its_place() {
    let (before, after) = learned("claude-sonnet-4-5", 120, "p:503,q:200");
    assert_eq!(before, after);
}

/// What is used of a limit by a request that is answered out of the cache.
fn used_by_a_cached_answer(cache: &str, charge_cached: bool) -> u64 {
    const LIMIT: u64 = 10_000;
    let worker = configured(vec![limit(Kind::TokensPerMinute, LIMIT)], |config| {
        config.charge_cached = charge_cached;
    });
    let mut sent = send(&worker, 900);
    assert!(sent.admitted());
    let headers = Headers::from([
        (":status", "200"),
        ("content-type", "application/json"),
        ("x-penstock-cache", cache),
    ]);
    sent.filter.response_headers(&headers, || None, NOW_MS);
    let body = br#"{"choices":[{"index":0,"message":{"role":"assistant","content":"hello hello hello"}}]}"#;
    sent.filter.response_body(body, true, NOW_MS);
    sent.filter.log(None, "", NOW_MS);
    LIMIT - send(&worker, 100).remaining() - input() - 100
}

#[test]
fn an_answer_from_the_cache_costs_nothing() {
    assert_eq!(used_by_a_cached_answer("hit-exact", false), 0);
    assert_eq!(used_by_a_cached_answer("miss", false), input() + 3);
}

#[test]
fn an_answer_from_the_cache_costs_what_it_counts_where_that_is_configured() {
    assert_eq!(used_by_a_cached_answer("hit-semantic", true), input() + 3);
}
