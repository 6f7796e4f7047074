//! Limits that the service holds, and what providers take.

use std::path::Path;
use std::time::Duration;

use penstock_config::{Capacity, Config, Fail, Queue, slice::Kind};

use crate::problems::{MODELS, PROVIDERS, SERVICE, assert_table};

const LEASES: &str = "service: { url: 'http://127.0.0.1:50051' }";

fn config(text: &str) -> Config {
    Config::from_yaml_str(text, Path::new("penstock.yaml")).unwrap()
}

#[test]
fn what_means_nothing_is_refused() {
    assert_table(
        &[
            (
                "limits: [ { name: a, strict: true, requests_per_minute: 1, fail: closed } ]",
                &[],
            ),
            (
                "limits: [ { name: a, requests_per_minute: 1, fail: closed } ]",
                &[
                    "penstock.yaml:1:61: quota.limits[0].fail: never used: each Envoy holds this limit alone; write strict: true, name a quota.service, or leave it out",
                ],
            ),
            (
                "limits: [ { name: a, strict: false, requests_per_minute: 1, fail: close } ], service: { url: 'http://127.0.0.1:1' }",
                &[
                    "penstock.yaml:1:76: quota.limits[0].fail: unknown value \"close\"; did you mean \"closed\"?",
                ],
            ),
            (
                "limits: [ { name: a, strict: true, tokens_per_day: 9, input_tokens: 1, reserve: learned, shadow: true } ]",
                &[
                    "penstock.yaml:1:78: quota.limits[0].input_tokens: means nothing with strict: true; leave it out",
                    "penstock.yaml:1:90: quota.limits[0].reserve: means nothing with strict: true; leave it out",
                    "penstock.yaml:1:107: quota.limits[0].shadow: means nothing with strict: true; leave it out",
                ],
            ),
        ],
        |text| format!("quota: {{ {text} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn strict_limits_are_the_services_and_no_filters() {
    let limits = "
    - { name: strict, strict: true, per: [key], requests_per_minute: 5, fail: closed }
    - { name: leased, tokens_per_minute: 5, fail: closed }
    - { name: open, tokens_per_day: 5, fail: open }";
    let config = config(&format!(
        "{PROVIDERS}{MODELS}quota:\n  {LEASES}\n  limits: {limits}\n{SERVICE}"
    ));
    let strict = &config.quota.as_ref().unwrap().strict;
    let [one] = strict.as_slice() else {
        panic!("{strict:?}")
    };
    assert_eq!(
        (one.limit.name.as_str(), one.limit.kind, one.fail),
        ("strict", Kind::RequestsPerMinute, Fail::Closed)
    );
    let slice = config.token_quota().unwrap();
    let ordinary: Vec<_> = slice
        .limits
        .iter()
        .map(|limit| (limit.name.as_str(), limit.initial_permille))
        .collect();
    assert_eq!(ordinary, [("leased", Some(0)), ("open", None)]);
}

#[test]
fn a_slice_of_before_is_read() {
    let config = config(&format!(
        "{PROVIDERS}{MODELS}quota: {{ limits: [ {{ name: a, tokens_per_day: 5 }} ] }}"
    ));
    let slice = serde_json::to_string(&config.token_quota().unwrap()).unwrap();
    assert!(!slice.contains("initial_permille"), "{slice}");
    let read: penstock_config::slice::TokenQuota = serde_json::from_str(&slice).unwrap();
    assert_eq!(read.limits[0].initial_permille, None);
}

#[test]
fn limits_of_providers_are_checked() {
    assert_table(
        &[
            (
                "[ { requests_per_minute: 1 }, { model: a, tokens_per_minute: 1, queue: { size: 0 } } ]",
                &[],
            ),
            (
                "[ {} ]",
                &[
                    "penstock.yaml:1:105: providers[0].limits[0]: limits nothing; write requests_per_minute, tokens_per_minute or both",
                ],
            ),
            (
                "[ { tokens_per_minute: 0, queue: { size: 100001, deadline: 6m } } ]",
                &[
                    "penstock.yaml:1:126: providers[0].limits[0].tokens_per_minute: would admit nothing; write more than zero",
                    "penstock.yaml:1:144: providers[0].limits[0].queue.size: at most 100000",
                    "penstock.yaml:1:162: providers[0].limits[0].queue.deadline: at most 5m",
                ],
            ),
            (
                "[ { model: a, tokens_per_minute: 1 }, { model: a, requests_per_minute: 1 } ]",
                &["penstock.yaml:1:141: providers[0].limits[1]: limits the same as limits[0]; write one"],
            ),
        ],
        |text| {
            format!(
                "providers: [ {{ name: openai, api: openai, base_url: 'https://a.b/v1', credential: {{ env: A }}, limits: {text} }} ]\n{MODELS}{SERVICE}"
            )
        },
    );
}

#[test]
fn limits_of_providers_have_a_queue() {
    let text = format!(
        "providers:
  - name: openai
    api: openai
    base_url: https://a.b/v1
    credential: {{ env: A }}
    limits:
      - {{ model: a, requests_per_minute: 5, fail: closed, queue: {{ deadline: 2s }} }}
      - {{ tokens_per_minute: 9 }}
{MODELS}{SERVICE}"
    );
    let expected = [
        Capacity {
            model: Some("a".to_owned()),
            requests_per_minute: Some(5),
            tokens_per_minute: None,
            fail: Fail::Closed,
            queue: Queue {
                size: 100,
                deadline: Duration::from_secs(2),
            },
        },
        Capacity {
            model: None,
            requests_per_minute: None,
            tokens_per_minute: Some(9),
            fail: Fail::Open,
            queue: Queue {
                size: 100,
                deadline: Duration::from_secs(5),
            },
        },
    ];
    assert_eq!(config(&text).providers[0].limits, expected);
}
