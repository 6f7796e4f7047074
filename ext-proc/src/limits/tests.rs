use std::path::Path;

use penstock_chat::Api;
use penstock_config::Config;

use super::*;
use crate::caller::OwnLimits;

fn config() -> Config {
    let text = "
service: {}
providers:
  - name: openai
    api: openai
    base_url: https://a.b/v1
    credential: { env: A }
    limits:
      - { requests_per_minute: 500, tokens_per_minute: 100000, fail: closed }
      - { model: large, tokens_per_minute: 1000 }
models: [{ name: m, targets: [{ provider: openai, model: large }] }]
quota:
  limits:
    - { name: each-key, strict: true, per: [key, model], requests_per_minute: 5, tokens_per_day: 700 }
    - { name: acme, strict: true, match: { tenant: [acme], route: [messages] }, concurrent_requests: 2, fail: closed }
";
    Config::from_yaml_str(text, Path::new("penstock.yaml")).unwrap()
}

fn caller(tenant: &str, key: Option<&str>) -> Caller {
    Caller {
        tenant: tenant.to_owned(),
        key: key.map(str::to_owned),
        ..Caller::default()
    }
}

fn ask(caller: &Caller) -> Ask<'_> {
    Ask {
        caller,
        alias: "m",
        route: "messages",
        input_tokens: 30,
        output_tokens: 12,
    }
}

/// Name, kind, cap, amount and unit of each.
fn told(drawn: &[Drawn]) -> Vec<(&str, Kind, u64, u64, Unit)> {
    let told = drawn.iter().map(|one| {
        assert_eq!(
            (&one.held.account, one.held.amount),
            (&one.claim.account, one.claim.amount)
        );
        (
            one.name.as_str(),
            one.kind,
            one.claim.cap,
            one.claim.amount,
            one.held.unit,
        )
    });
    told.collect()
}

#[test]
fn a_key_brings_its_own_limits() {
    let mut caller = caller("acme", Some("a"));
    assert_eq!(own(&ask(&caller)), []);
    caller.limits = OwnLimits {
        requests_per_minute: Some(3),
        tokens_per_minute: Some(100),
        tokens_per_day: Some(1_000),
    };
    let of_a = own(&ask(&caller));
    let expected = [
        ("key", Kind::RequestsPerMinute, 3, 1, Unit::Requests),
        ("key", Kind::TokensPerMinute, 100, 42, Unit::Tokens),
        ("key", Kind::TokensPerDay, 1_000, 42, Unit::Tokens),
    ];
    assert_eq!(told(&of_a), expected);
    caller.key = Some("b".to_owned());
    let of_b = own(&ask(&caller));
    assert!(
        of_a.iter()
            .zip(&of_b)
            .all(|(a, b)| a.claim.account != b.claim.account)
    );
}

#[test]
fn strict_limits_hold_for_whom_they_name_and_apart_for_each_value() {
    let config = config();
    let limits = &config.quota.as_ref().unwrap().strict;
    let acme = caller("acme", Some("a"));
    let drawn = strict(limits, &ask(&acme));
    let expected = [
        ("each-key", Kind::TokensPerDay, 700, 42, Unit::Tokens),
        ("each-key", Kind::RequestsPerMinute, 5, 1, Unit::Requests),
        ("acme", Kind::ConcurrentRequests, 2, 1, Unit::Concurrent),
    ];
    assert_eq!(told(&drawn), expected);
    assert_eq!(
        (drawn[0].claim.fail, drawn[2].claim.fail),
        (Fail::Open, Fail::Closed)
    );
    let elsewhere = Ask {
        route: "chat-completions",
        ..ask(&acme)
    };
    assert_eq!(strict(limits, &elsewhere).len(), 2);
    // Callers without a key share one window, and so does one who is called like them.
    let accounts = |key| {
        let caller = caller("globex", key);
        strict(limits, &ask(&caller))[0].claim.account.clone()
    };
    assert_eq!(accounts(None), accounts(Some(ANONYMOUS)));
    assert_ne!(accounts(Some("a")), accounts(Some("b")));
    // Of a limit per key, the tenant is no part.
    assert_eq!(accounts(Some("a")), drawn[0].claim.account);
}

#[test]
fn a_provider_limits_a_model_and_all_its_models() {
    let config = config();
    let acme = caller("acme", None);
    let large = provider(&config.providers[0], "large", &ask(&acme));
    let expected = [
        ("openai", Kind::RequestsPerMinute, 500, 1, Unit::Requests),
        ("openai", Kind::TokensPerMinute, 100_000, 42, Unit::Tokens),
        ("openai", Kind::TokensPerMinute, 1_000, 42, Unit::Tokens),
    ];
    assert_eq!(told(&large), expected);
    assert_eq!(large[2].held.model.as_deref(), Some("large"));
    assert_eq!(
        (large[0].claim.fail, large[2].claim.fail),
        (Fail::Closed, Fail::Open)
    );
    let other = provider(&config.providers[0], "other", &ask(&acme));
    assert_eq!(other, large[..2]);
    let names: std::collections::HashSet<_> = large.iter().map(|one| &one.claim.account).collect();
    assert_eq!(names.len(), 3);
}

#[test]
fn a_caller_over_its_limit_is_told_when_to_come_back() {
    let config = config();
    let acme = caller("acme", Some("a"));
    let mut drawn = strict(&config.quota.as_ref().unwrap().strict, &ask(&acme)).remove(0);
    let standing = |used, held| Standing {
        used,
        held,
        reset_ms: 30_500,
    };
    // The request, what is used and held, status, text, retry-after.
    let cases = [
        (
            42,
            standing(690, 0),
            429,
            "10 remaining, 42 requested; try again in 31 s",
            Some("31"),
        ),
        (
            42,
            standing(600, 100),
            429,
            "0 remaining, 42 requested; try again in 1 s",
            Some("1"),
        ),
        (
            701,
            standing(0, 0),
            400,
            "takes 701 tokens with its answer and can never fit",
            None,
        ),
    ];
    for dialect in [Api::OpenAi, Api::Anthropic] {
        let client = Client {
            dialect,
            ..Client::unknown("p1")
        };
        for (amount, standing, status, text, after) in cases {
            drawn.claim.amount = amount;
            let reply = refusal(&client, &drawn, standing, "limit");
            let body = String::from_utf8(reply.body).unwrap();
            assert_eq!(reply.status, status, "{body}");
            assert!(
                body.contains(text) && body.contains("`each-key` of 700 tokens per day"),
                "{body}"
            );
            let header = reply.headers.iter().find(|(name, _)| *name == "retry-after");
            assert_eq!(header.map(|(_, value)| value.as_str()), after);
        }
        assert_eq!(unavailable(&client, "limit").status, 503);
    }
}
