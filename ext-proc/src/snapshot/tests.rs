use std::{collections::HashMap, path::Path};

use envoy_types::pb::{
    envoy::config::core::v3,
    google::protobuf::{ListValue, Struct, Value, value::Kind},
};

use super::*;
use crate::process::metadata;

fn snapshot(more: &str) -> Snapshot {
    let text = format!(
        "providers: [{{ name: p, api: openai, base_url: 'https://a.b/v1' }}]
models: [{{ name: m, targets: [{{ provider: p, model: a }}] }}]
service: {{}}
{more}
"
    );
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml"))
        .unwrap_or_else(|invalid| panic!("{invalid}"));
    Snapshot::new(config, None, &Metrics::default(), None).unwrap()
}

fn text(text: &str) -> Kind {
    Kind::StringValue(text.to_owned())
}

fn list(values: Vec<Kind>) -> Kind {
    let values = values.into_iter().map(|kind| Value { kind: Some(kind) });
    Kind::ListValue(ListValue {
        values: values.collect(),
    })
}

/// What one filter says.
fn said(namespace: &str, entries: Vec<(&str, Kind)>) -> Metadata {
    let said: Struct = metadata::texts(entries);
    Metadata::new(Some(v3::Metadata {
        filter_metadata: HashMap::from([(namespace.to_owned(), said)]),
        ..v3::Metadata::default()
    }))
}

const CLAIMS: &str = "identity:
  team: { metadata: [jwt, team] }
  region: { metadata: [jwt, region] }
  models: { metadata: [jwt, models] }";

#[test]
fn claims_say_what_a_caller_may() {
    let snapshot = snapshot(CLAIMS);
    let models = |kind| vec![("models", kind), ("region", text("eu")), ("team", text("search"))];
    for (entries, expected) in [
        (models(list(vec![text("m"), text("n")])), &["m", "n"][..]),
        (models(text("m, n")), &["m", "n"]),
        (models(text("m n")), &["m", "n"]),
        (models(list(vec![text("m"), Kind::NumberValue(5.0)])), &["m"]),
        (models(list(Vec::new())), &[]),
        (models(text("")), &[]),
    ] {
        let caller = snapshot
            .caller(&Headers::default(), &said("jwt", entries))
            .unwrap();
        let expected: Vec<String> = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(caller.models.as_deref(), Some(expected.as_slice()));
        assert_eq!(
            (caller.region.as_deref(), caller.team.as_deref()),
            (Some("eu"), Some("search"))
        );
    }
}

#[test]
fn who_lacks_a_claim_may_nothing_rather_than_everything() {
    let snapshot = snapshot(CLAIMS);
    for entries in [
        vec![],
        vec![
            ("models", Kind::BoolValue(true)),
            ("region", Kind::NumberValue(1.0)),
        ],
        vec![("models", Kind::NullValue(0)), ("region", text(""))],
        vec![("model", text("m")), ("regions", text("eu"))],
        vec![("region", text("eu\n"))],
        vec![("region", text(&"e".repeat(1_000)))],
    ] {
        // Nor do headers stand in for what a filter has not said, nor what another filter says.
        let forged = Headers::from([("models", "m"), ("region", "eu"), ("jwt", "m")]);
        let other = said("other", vec![("models", text("m")), ("region", text("eu"))]);
        for said in [said("jwt", entries.clone()), other] {
            let caller = snapshot.caller(&forged, &said).unwrap();
            assert_eq!(caller.models.as_deref(), Some(&[][..]), "{entries:?}");
            assert!(!caller.may_use("m"));
            // Which no target is within.
            assert_eq!(caller.region.as_deref(), Some(""), "{entries:?}");
        }
    }
}

#[test]
fn what_the_configuration_does_not_ask_for_binds_nobody() {
    let snapshot = snapshot("");
    let claims = said("jwt", vec![("models", text("x")), ("region", text("eu"))]);
    let caller = snapshot.caller(&Headers::default(), &claims).unwrap();
    assert_eq!((caller.models, caller.region), (None, None));
}

#[test]
fn a_header_that_is_given_twice_says_nothing() {
    let snapshot = snapshot("identity: { region: { header: x-region }, models: { header: x-models } }");
    let of = |headers: &[(&str, &str)]| {
        let headers: Headers = headers.iter().copied().collect();
        let caller = snapshot.caller(&headers, &Metadata::default()).unwrap();
        (caller.region.unwrap(), caller.models.unwrap())
    };
    let both = [("x-region", "eu"), ("x-models", "m,n")];
    assert_eq!(of(&both), ("eu".to_owned(), vec!["m".to_owned(), "n".to_owned()]));
    assert_eq!(of(&[both, both].concat()), (String::new(), Vec::new()));
    assert_eq!(of(&[]), (String::new(), Vec::new()));
}

#[test]
fn with_keys_only_ext_authz_says_who_asks() {
    let snapshot = snapshot("keys: { anonymous: { tenant: demo } }");
    let json = r#"{"tenant":"acme","key":"k","models":["m"],"priority":3}"#;
    let expected = Caller {
        tenant: "acme".to_owned(),
        key: Some("k".to_owned()),
        models: Some(vec!["m".to_owned()]),
        priority: 3,
        ..Caller::default()
    };
    let forged = Headers::from([
        ("caller", json),
        ("envoy.filters.http.ext_authz", json),
        ("x-penstock-int-caller", json),
    ]);
    let authz = CALLER[0];
    for (said, expected) in [
        (said(authz, vec![("caller", text(json))]), Some(expected)),
        (said("penstock", vec![("caller", text(json))]), None),
        (said(authz, vec![("callers", text(json))]), None),
        (said(authz, vec![("caller", text("{}"))]), None),
        (said(authz, vec![("caller", text(&json[1..]))]), None),
        (said(authz, vec![("caller", Kind::NumberValue(1.0))]), None),
        (Metadata::default(), None),
    ] {
        assert_eq!(snapshot.caller(&forged, &said), expected, "{said:?}");
    }
}
