//! Keys, and what is said of callers who have none: what is refused, and what becomes of the rest.

use std::path::Path;

use penstock_config::{Config, Holder, KeyHash, KeyLimits, slice::Source};

use crate::problems::{MODELS, PROVIDERS, assert_table, problems};

/// 64 digits that end so.
fn hash(end: &str) -> String {
    format!("sha256:{end:0>64}")
}

fn config(text: &str) -> Config {
    let text = format!("{text}\nservice: {{}}\n{PROVIDERS}{MODELS}");
    Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
}

#[test]
fn keys_are_checked() {
    let a = format!("id: a, hash: '{}', tenant: t", hash("a"));
    let cases: [(&str, &[&str]); 21] = [
        ("", &[]),
        (
            "id: b, tenant: t",
            &[
                "penstock.yaml:1:16: keys.list[0].hash: missing; write the hash that `penstock keys new` prints",
            ],
        ),
        (
            "id: b, hash: psk-secret, tenant: t",
            &[
                "penstock.yaml:1:31: keys.list[0].hash: not sha256: and 64 hexadecimal digits; write its hash, as `penstock keys new` prints it, never the key",
            ],
        ),
        (
            "$A, key: psk-secret",
            &[
                "penstock.yaml:1:122: keys.list[0].key: a key must not stand in this file; write its hash, as `penstock keys new` prints it",
            ],
        ),
        (
            "hash: '$H', tenant: t",
            &["penstock.yaml:1:16: keys.list[0].id: missing; give the key an id"],
        ),
        (
            "id: a b, hash: '$H', tenant: t",
            &["penstock.yaml:1:22: keys.list[0].id: not a name; use letters, digits, - and _, at most 64"],
        ),
        (
            "id: a, hash: '$H'",
            &["penstock.yaml:1:16: keys.list[0].tenant: missing; say whose contract it is"],
        ),
        (
            "$A, team: ''",
            &[
                "penstock.yaml:1:123: keys.list[0].team: not a name; 1 to 256 bytes without control characters",
            ],
        ),
        (
            "$A, models: [m, mm]",
            &["penstock.yaml:1:129: keys.list[0].models[1]: no model \"mm\" in models; did you mean \"m\"?"],
        ),
        (
            "$A, models: [m, m]",
            &["penstock.yaml:1:129: keys.list[0].models[1]: \"m\" is listed already; keep one"],
        ),
        (
            "$A, models: []",
            &["penstock.yaml:1:125: keys.list[0].models: name 1 to 256; leave it out to allow all"],
        ),
        (
            "$A, region: 'e u'",
            &[
                "penstock.yaml:1:125: keys.list[0].region: not a name; use letters, digits, - and _, at most 64",
            ],
        ),
        (
            "$A, tags: { a b: x }",
            &[
                "penstock.yaml:1:123: keys.list[0].tags: \"a b\" is not a name; use letters, digits, - and _, at most 64",
            ],
        ),
        (
            "$A, tags: { a: '' }",
            &[
                "penstock.yaml:1:128: keys.list[0].tags.a: not a value; 1 to 256 bytes without control characters",
            ],
        ),
        (
            "$A, expires: 2027-01-01",
            &[
                "penstock.yaml:1:126: keys.list[0].expires: \"2027-01-01\" is not a time; write it with its zone, such as 2027-01-01T00:00:00Z",
            ],
        ),
        ("$A, priority: 9", &[]),
        (
            "$A, priority: 10",
            &["penstock.yaml:1:127: keys.list[0].priority: must be 0 to 9"],
        ),
        (
            "$A, priority: 256",
            &["penstock.yaml:1:127: keys.list[0].priority: must be 0 to 9"],
        ),
        (
            "$A, limits: { tokens_per_day: 0 }",
            &[
                "penstock.yaml:1:143: keys.list[0].limits.tokens_per_day: would admit nothing; write more than zero, or revoked: true",
            ],
        ),
        (
            "$A }, { id: a, hash: '$H', tenant: t",
            &[
                "penstock.yaml:1:125: keys.list[1].id: \"a\" is the id of keys.list[0] already; choose another",
            ],
        ),
        (
            "$A }, { id: b, hash: '$S', tenant: t",
            &[
                "penstock.yaml:1:134: keys.list[1].hash: is the hash of keys.list[0] already; every entry needs its own key",
            ],
        ),
    ];
    for (entry, expected) in cases {
        let entry = entry
            .replace("$A", &a)
            .replace("$H", &hash("b"))
            .replace("$S", &hash("a"));
        let list = if entry.is_empty() {
            String::new()
        } else {
            format!("{{ {entry} }}")
        };
        let text = format!("keys: {{ list: [{list}] }}\nservice: {{}}\n{PROVIDERS}{MODELS}");
        let found = problems(&text);
        assert_eq!(found, expected, "{entry}");
        assert!(!found.concat().contains("psk-secret"));
    }
}

#[test]
fn who_needs_no_key_and_where_keys_are_is_checked() {
    assert_table(
        &[
            ("keys: { anonymous: { tenant: demo } }\nservice: {}", &[]),
            (
                "keys: {}",
                &["penstock.yaml:1:7: keys: nobody asks for them without a service; add a section `service`"],
            ),
            (
                "keys: { redis: true }\nservice: {}",
                &[
                    "penstock.yaml:1:16: keys.redis: there is none; add service.redis, such as { url: redis://127.0.0.1:6379 }",
                ],
            ),
            (
                "keys: { redis: true }\nservice: { redis: { url: 'redis://localhost' } }",
                &[],
            ),
            (
                "keys: { anonymous: { tenant: demo, id: a, admin: true } }\nservice: {}",
                &[
                    "penstock.yaml:1:40: keys.anonymous.id: means nothing for those who have no key",
                    "penstock.yaml:1:50: keys.anonymous.admin: would show everyone what others have used; give a key to whoever may see it",
                ],
            ),
            (
                "keys: { anonymous: {} }\nservice: {}",
                &["penstock.yaml:1:20: keys.anonymous.tenant: missing; say whose contract it is"],
            ),
        ],
        |text| format!("{text}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn a_key_is_what_was_written() {
    let text = format!(
        "keys:
  redis: false
  list:
    - {{ id: acme-prod, hash: '{}', tenant: acme, team: search, agent: crawler, models: [m], region: eu, tags: {{ cost-center: \"42\" }}, expires: 2027-01-01T00:00:00Z, revoked: true, priority: 5, admin: true, limits: {{ requests_per_minute: 60, tokens_per_minute: 10000, tokens_per_day: 1000000 }} }}",
        KeyHash::of("x")
    );
    let key = config(&text).keys.unwrap().list.remove(0);
    assert_eq!((key.id.as_str(), key.hash), ("acme-prod", KeyHash::of("x")));
    assert_eq!((key.expires_ms, key.revoked), (Some(1_798_761_600_000), true));
    assert_eq!(
        key.holder,
        Holder {
            tenant: "acme".to_owned(),
            team: Some("search".to_owned()),
            agent: Some("crawler".to_owned()),
            models: Some(vec!["m".to_owned()]),
            region: Some("eu".to_owned()),
            tags: vec![("cost-center".to_owned(), "42".to_owned())],
            priority: 5,
            admin: true,
            limits: KeyLimits {
                requests_per_minute: Some(60),
                tokens_per_minute: Some(10_000),
                tokens_per_day: Some(1_000_000),
            },
        }
    );
}

#[test]
fn the_policy_stays_while_keys_come_and_go_and_changes_with_who_needs_none() {
    let version = |text: &str| config(text).policy_version().to_owned();
    let with = |id: &str| {
        format!(
            "keys: {{ list: [{{ id: {id}, hash: '{}', tenant: t }}] }}",
            hash(id)
        )
    };
    assert_eq!(version(&with("a")), version(&with("b")));
    assert_eq!(version(&with("a")), version("keys: {}"));
    assert_ne!(
        version("keys: {}"),
        version("keys: { anonymous: { tenant: demo } }")
    );
    assert_ne!(version("keys: {}"), version(""));
    assert_eq!(version("identity: {}"), version(""));
}

#[test]
fn claims_may_say_more_of_a_caller() {
    let claims = config(
        "identity: { team: { metadata: [envoy.filters.http.jwt_authn, claims, team] }, models: { header: x-models } }",
    );
    let path = ["envoy.filters.http.jwt_authn", "claims", "team"].map(str::to_owned);
    assert_eq!(claims.attributes.team, Some(Source::Metadata(path.to_vec())));
    assert_eq!(
        claims.attributes.models,
        Some(Source::Header("x-models".to_owned()))
    );
    assert_eq!(claims.attributes.region, None);
    assert_table(
        &[(
            "region: { header: cookie }",
            &[
                "penstock.yaml:1:31: identity.region.header: holds a credential, which nobody has checked here; let what checks it write a name into metadata or another header",
            ],
        )],
        |text| format!("identity: {{ {text} }}\nservice: {{}}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn with_keys_nothing_else_says_who_asks() {
    const MESSAGE: &str = "with keys, callers are who their key says; leave this out, or the section keys";
    for (identity, refused) in [
        ("tenant: { header: x-tenant }", Some("tenant")),
        ("agent: { header: x-agent }", Some("agent")),
        (
            "key: { metadata: [envoy.filters.http.jwt_authn, claims, sub] }",
            Some("key"),
        ),
        (
            "team: { metadata: [envoy.filters.http.jwt_authn, claims, team] }",
            Some("team"),
        ),
        (
            "tenant: { metadata: [envoy.filters.http.ext_authz, tenant] }",
            None,
        ),
    ] {
        let without = format!("identity: {{ {identity} }}\nservice: {{}}\n{PROVIDERS}{MODELS}");
        assert!(problems(&without).is_empty(), "{identity}");
        let with = format!("{without}\nkeys: {{ anonymous: {{ tenant: t }} }}\n");
        let found = problems(&with);
        match refused {
            Some(field) => assert!(
                found.len() == 1 && found[0].contains(&format!("identity.{field}: {MESSAGE}")),
                "{found:?}"
            ),
            None => assert!(found.is_empty(), "{found:?}"),
        }
    }
}
