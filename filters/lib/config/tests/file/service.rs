//! The service: what is refused, and what becomes of the rest.

use std::path::Path;

use penstock_config::Config;

use crate::problems::{MODELS, PROVIDERS, assert_table};

fn config(service: &str) -> Config {
    let file = format!("{PROVIDERS}{MODELS}service: {{ {service} }}\n");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

fn replicas(service: &str) -> u32 {
    config(service).service.unwrap().redis.unwrap().replicas
}

#[test]
fn replicas_are_two_or_as_many_as_are_named() {
    const URLS: &str = "urls: ['http://a:1', 'http://b:1', 'http://c:1']";
    assert_eq!(replicas("redis: { env: PENSTOCK_REDIS_URL }"), 2);
    assert_eq!(
        replicas(&format!("{URLS}, redis: {{ env: PENSTOCK_REDIS_URL }}")),
        3
    );
    assert_eq!(replicas("redis: { env: PENSTOCK_REDIS_URL, replicas: 7 }"), 7);
    let silent = config("redis: { env: PENSTOCK_REDIS_URL }");
    let spoken = config("redis: { env: PENSTOCK_REDIS_URL, replicas: 2 }");
    assert_eq!(spoken.policy_version(), silent.policy_version());
}

#[test]
fn fewer_replicas_than_there_are_is_refused() {
    assert_table(
        &[
            (
                "redis: { env: PENSTOCK_REDIS_URL, replicas: 0 }",
                &["penstock.yaml:1:56: service.redis.replicas: must be 1 to 1000"],
            ),
            (
                "redis: { env: PENSTOCK_REDIS_URL, replicas: 1 }, urls: ['http://a:1', 'http://b:1']",
                &[
                    "penstock.yaml:1:56: service.redis.replicas: service.urls names 2 replicas; write at least as many",
                ],
            ),
        ],
        |text| format!("service: {{ {text} }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn a_redis_that_may_be_missing_is_nothing_to_rely_on() {
    const OPTIONAL: &str = "redis: { env: PENSTOCK_REDIS_URL, optional: true }";
    assert!(config(OPTIONAL).service.unwrap().redis.unwrap().optional);
    assert_table(
        &[
            (
                "redis: { url: 'redis://r:1', optional: true }".to_owned(),
                &["penstock.yaml:1:51: service.redis.optional: only with { env: NAME }, which may be set or not"][..],
            ),
            (
                format!("{OPTIONAL}, urls: ['http://a:1', 'http://b:1']"),
                &[
                    "penstock.yaml:1:56: service.redis.optional: service.urls names 2 replicas, which must share one; leave this out",
                ],
            ),
            (
                format!("{OPTIONAL} }}\nkeys: {{ redis: true"),
                &[
                    "penstock.yaml:2:16: keys.redis: there is none; add service.redis, such as { url: redis://127.0.0.1:6379 }",
                ],
            ),
            (
                format!("{OPTIONAL} }}\ncache: {{ store: redis"),
                &["penstock.yaml:2:17: cache.store: there is none; write service.redis, or leave this out"],
            ),
        ]
        .each_ref()
        .map(|(text, problems)| (text.as_str(), *problems)),
        |text| format!("service: {{ {text} }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn the_url_of_redis_holds_no_secret_and_may_ask_for_tls() {
    config("redis: { url: 'rediss://r:6380/1' }");
    assert_table(
        &[
            (
                "redis: { url: 'http://r:1' }",
                &[
                    "penstock.yaml:1:26: service.redis.url: must begin with redis:// or rediss://; with a password, write { env: NAME } and put the URL there",
                ],
            ),
            (
                "redis: { url: 'rediss://:secret@r:1' }",
                &[
                    "penstock.yaml:1:26: service.redis.url: holds a user or a password, and a secret must not stand in this file; write { env: NAME } and put the URL there",
                ],
            ),
        ],
        |text| format!("service: {{ {text} }}\n{PROVIDERS}{MODELS}"),
    );
}
