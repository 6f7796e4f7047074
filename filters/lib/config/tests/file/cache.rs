//! The cache: what is refused, and what becomes of the rest.

use std::{path::Path, time::Duration};

use penstock_config::{ByteCount, Cache, CacheStore, Config, Embedder, Share};

use crate::problems::{PROVIDERS, SERVICE, assert_table};

const MODELS: &str = "\
models:
  - { name: large, targets: [{ provider: openai, model: gpt-5.5 }] }
  - { name: small, cache: { enabled: false }, targets: [{ provider: openai, model: gpt-5.4-mini }] }
";

fn config(cache: &str) -> Config {
    let text = format!("{cache}\n{PROVIDERS}{MODELS}{SERVICE}");
    Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
}

fn cache(text: &str) -> Cache {
    config(text).cache.unwrap()
}

#[test]
fn a_section_without_anything_in_it_keeps_answers() {
    for text in ["cache:", "cache: {}"] {
        let cache = cache(text);
        let policy = cache.policy("large");
        assert!(policy.enabled && policy.semantic && !policy.tools);
        assert_eq!(
            (policy.threshold_permille, policy.max_error_permille),
            (950, None)
        );
        assert_eq!(
            (policy.ttl, policy.share),
            (Duration::from_secs(3_600), Share::Tenant)
        );
        assert!(
            matches!(cache.store, CacheStore::Embedded { entries: 100_000, memory } if memory == ByteCount::mebi(256))
        );
        assert!(matches!(cache.embedder, Embedder::Local { path: None, .. }));
    }
}

#[test]
fn a_model_says_what_is_different_for_it() {
    let cache = cache("cache: { ttl: 5m, max_error: 0.02, vary: [X-Locale] }");
    let small = cache.policy("small");
    assert!(!small.enabled && cache.policy("large").enabled);
    assert_eq!(small.ttl, Duration::from_secs(300));
    assert_eq!(small.max_error_permille, Some(20));
    assert_eq!(small.vary, ["x-locale"]);
}

#[test]
fn nothing_is_compared_where_no_model_asks_for_it() {
    assert!(cache("cache:").compares());
    assert!(!cache("cache: { semantic: false }").compares());
}

#[test]
fn vectors_come_from_a_provider_through_envoy() {
    let cache = cache("cache: { embedder: { provider: openai, model: text-embedding-3-small } }");
    let endpoint = cache.embedder.endpoint().unwrap();
    assert_eq!(endpoint.listen.to_string(), "127.0.0.1:9903");
    assert_eq!(endpoint.url.authority(), "127.0.0.1:9903");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    assert_table(
        &[
            (
                "threshold: 0.4, max_error: 0",
                &[
                    "penstock.yaml:1:21: cache.threshold: must be 0.5 to 1",
                    "penstock.yaml:1:37: cache.max_error: must be 0.001 to 0.5",
                ],
            ),
            (
                "threshold: 0.6, max_error: 0.02",
                &[
                    "penstock.yaml:1:21: cache.threshold: with max_error it begins at 0.7 or above: nothing below is measured",
                ],
            ),
            (
                "store: redis, entries: 5",
                &[
                    "penstock.yaml:1:17: cache.store: there is none; write service.redis, or leave this out",
                    "penstock.yaml:1:33: cache.entries: bounds the embedded store; a Redis is bounded by its own maxmemory",
                ],
            ),
            (
                "store: rediss",
                &["penstock.yaml:1:17: cache.store: unknown value \"rediss\"; did you mean \"redis\"?"],
            ),
            (
                "share: everybody, ttl: 5, vary: ['a b']",
                &[
                    "penstock.yaml:1:17: cache.share: unknown value \"everybody\"; known: tenant, all",
                    "penstock.yaml:1:33: cache.ttl: \"5\" has no unit; write a whole number and a unit, such as 36h or 90d",
                    "penstock.yaml:1:43: cache.vary[0]: not the name of a header",
                ],
            ),
            (
                "embedder: { provider: claude, model: m }",
                &[
                    "penstock.yaml:1:32: cache.embedder.provider: has no /v1/embeddings; name one with api: openai",
                ],
            ),
            (
                "embedder: { provider: openai }",
                &[
                    "penstock.yaml:1:20: cache.embedder.model: missing; write the name of the provider's model for embeddings",
                ],
            ),
            (
                "embedder: { model: m }",
                &[
                    "penstock.yaml:1:29: cache.embedder: belongs to a provider of vectors; name it with provider, or leave this out",
                ],
            ),
        ],
        |text| format!("cache: {{ {text} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn a_model_alone_keeps_nothing() {
    assert_table(
        &[
            (
                "models: [{ name: a, cache: { enabled: true }, targets: [{ provider: openai, model: x }] }]",
                &[
                    "penstock.yaml:1:28: models[0].cache: means nothing without cache at the top level of the file; add that, or leave this out",
                ],
            ),
            (
                "models: [{ name: a, cache: { entries: 5 }, targets: [{ provider: openai, model: x }] }]\ncache:",
                &[
                    "penstock.yaml:1:39: models[0].cache.entries: holds for all models; write it into cache.entries at the top level of the file",
                ],
            ),
        ],
        |text| format!("{text}\n{PROVIDERS}{SERVICE}"),
    );
}
