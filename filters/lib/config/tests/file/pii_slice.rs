//! What becomes of `pii`.

use std::path::Path;

use penstock_config::{
    Config,
    slice::{
        Attachments, PiiAction, PiiEntity, PiiList, PiiPattern, PiiPolicy, PiiRedaction, PiiResponse, Source,
        Unscannable,
    },
};

use crate::problems::{MODELS, PROVIDERS};

fn config(text: &str) -> Config {
    let file = format!("{PROVIDERS}{text}");
    Config::from_yaml_str(&file, Path::new("penstock.yaml")).unwrap()
}

fn slice(text: &str) -> PiiRedaction {
    config(text).pii_redaction().unwrap()
}

/// `pii` with a key and one model.
fn with_key(text: &str) -> String {
    format!("{MODELS}pii: {{ key: {{ env: K }}, {text} }}")
}

fn entity(name: &str, action: PiiAction, threshold: u8) -> PiiEntity {
    PiiEntity {
        name: name.to_owned(),
        action,
        threshold,
    }
}

#[test]
fn a_file_that_says_nothing_of_it_has_no_filter_for_it() {
    assert_eq!(config(MODELS).pii_redaction(), None);
}

#[test]
fn a_section_that_names_a_key_masks_everything() {
    let slice = slice(&with_key(""));
    assert_eq!(
        slice.default,
        PiiPolicy {
            on_unscannable: Unscannable::Deny,
            attachments: Attachments::Pass,
            restore: true,
            response: PiiResponse::Pass,
            action: PiiAction::Mask,
            threshold: 50,
            entities: vec![],
        }
    );
    assert_eq!(slice.key_env, "K");
    assert_eq!(
        slice.tenant,
        Source::Metadata(vec!["penstock".to_owned(), "tenant".to_owned()])
    );
    assert_eq!(
        (
            slice.max_request_bytes,
            slice.max_response_bytes,
            slice.max_event_bytes
        ),
        (16 << 20, 16 << 20, 512 << 10)
    );
    assert!(slice.models.is_empty() && slice.patterns.is_empty() && slice.deny_lists.is_empty());
}

#[test]
fn every_field_reaches_the_filter() {
    let slice = slice(
        "models:
  - { name: m, targets: [{ provider: openai, model: a }] }
identity: { tenant: { header: x-tenant } }
pii:
  key: { env: PENSTOCK_PII_KEY }
  action: redact
  threshold: 0.29
  entities:
    PROJECT: { action: deny }
    PHONE_NUMBER: { action: flag, threshold: 0.7 }
    EMAIL_ADDRESS: { threshold: 0.9 }
  patterns:
    - { name: EMPLOYEE_ID, regex: 'E-\\d{6}', score: 0.8, context: [employee, badge] }
    - { name: TICKET, regex: 'T-\\d{6}' }
  deny_lists:
    - { name: PROJECT, words: [bluebird, project heron] }
  allow: [support@example.com]
  on_unscannable: pass
  attachments: deny
  restore: false
  response: mask
",
    );
    assert_eq!(slice.key_env, "PENSTOCK_PII_KEY");
    assert_eq!(slice.tenant, Source::Header("x-tenant".to_owned()));
    assert_eq!(
        slice.default,
        PiiPolicy {
            on_unscannable: Unscannable::Pass,
            attachments: Attachments::Deny,
            restore: false,
            response: PiiResponse::Mask,
            action: PiiAction::Redact,
            threshold: 29,
            entities: vec![
                entity("EMAIL_ADDRESS", PiiAction::Redact, 90),
                entity("PHONE_NUMBER", PiiAction::Flag, 70),
                entity("PROJECT", PiiAction::Deny, 29),
            ],
        }
    );
    assert_eq!(
        slice.patterns,
        [
            PiiPattern {
                name: "EMPLOYEE_ID".to_owned(),
                regex: "E-\\d{6}".to_owned(),
                score: 80,
                context: vec!["employee".to_owned(), "badge".to_owned()],
            },
            PiiPattern {
                name: "TICKET".to_owned(),
                regex: "T-\\d{6}".to_owned(),
                score: 70,
                context: vec![],
            },
        ]
    );
    assert_eq!(
        slice.deny_lists,
        [PiiList {
            name: "PROJECT".to_owned(),
            words: vec!["bluebird".to_owned(), "project heron".to_owned()],
        }]
    );
    assert_eq!(slice.allow, ["support@example.com"]);
    let json = serde_json::to_string(&slice).unwrap();
    assert_eq!(serde_json::from_str::<PiiRedaction>(&json).unwrap(), slice);
}

#[test]
fn what_is_said_of_one_kind_holds_over_what_a_model_says_of_all() {
    let slice = slice(
        "models:
  - { name: silent, targets: [{ provider: openai, model: a }] }
  - { name: empty, targets: [{ provider: openai, model: a }], pii: {} }
  - { name: same, targets: [{ provider: openai, model: a }], pii: { restore: true, entities: { CREDIT_CARD: { action: deny } } } }
  - { name: flags, targets: [{ provider: openai, model: a }], pii: { action: flag, threshold: 0.6, restore: false } }
  - { name: strict, targets: [{ provider: openai, model: a }], pii: { entities: { CREDIT_CARD: { threshold: 0.2 }, JWT: { action: deny } }, on_unscannable: pass } }
  - { name: own, targets: [{ provider: openai, model: a }], pii: { entities: { CREDIT_CARD: { action: hash }, IBAN_CODE: { threshold: 0.3 } } } }
pii:
  key: { env: K }
  action: mask
  threshold: 0.5
  entities: { CREDIT_CARD: { action: deny }, IBAN_CODE: { threshold: 0.9 } }
",
    );
    let default = PiiPolicy {
        entities: vec![
            entity("CREDIT_CARD", PiiAction::Deny, 50),
            entity("IBAN_CODE", PiiAction::Mask, 90),
        ],
        ..slice.default.clone()
    };
    assert_eq!(slice.default, default);
    let models: Vec<_> = slice
        .models
        .iter()
        .map(|model| (model.name.as_str(), model.policy.clone()))
        .collect();
    assert_eq!(
        models,
        [
            (
                "flags",
                PiiPolicy {
                    action: PiiAction::Flag,
                    threshold: 60,
                    restore: false,
                    entities: vec![
                        entity("CREDIT_CARD", PiiAction::Deny, 60),
                        entity("IBAN_CODE", PiiAction::Flag, 90),
                    ],
                    ..default.clone()
                }
            ),
            (
                "strict",
                PiiPolicy {
                    on_unscannable: Unscannable::Pass,
                    entities: vec![
                        entity("CREDIT_CARD", PiiAction::Deny, 20),
                        entity("IBAN_CODE", PiiAction::Mask, 90),
                        entity("JWT", PiiAction::Deny, 50),
                    ],
                    ..default.clone()
                }
            ),
            (
                "own",
                PiiPolicy {
                    entities: vec![
                        entity("CREDIT_CARD", PiiAction::Hash, 50),
                        entity("IBAN_CODE", PiiAction::Mask, 30),
                    ],
                    ..default
                }
            ),
        ]
    );
}

#[test]
fn actions_are_single_words_in_plugin_configuration() {
    let actions = ["mask", "hash", "redact", "deny", "flag", "ignore"];
    for action in actions {
        let slice = slice(&with_key(&format!("action: {action}")));
        let json = serde_json::to_value(slice.default.action).unwrap();
        assert_eq!(json, action);
    }
}

#[test]
fn the_policy_version_covers_personal_data() {
    let version = |text: &str| config(text).policy_version().to_owned();
    let plain = version(&with_key(""));
    for same in [
        "action: mask, threshold: 0.5, on_unscannable: deny, attachments: pass, restore: true, response: pass",
        "entities: { CREDIT_CARD: {}, JWT: { action: mask, threshold: 0.50 } }, patterns: [], allow: []",
    ] {
        assert_eq!(version(&with_key(same)), plain, "{same}");
    }
    let reordered = |entities: &str| version(&with_key(&format!("entities: {{ {entities} }}")));
    assert_eq!(
        reordered("JWT: { action: deny }, CREDIT_CARD: { action: deny }"),
        reordered("CREDIT_CARD: { action: deny }, JWT: { action: deny }")
    );
    let changes = [
        "action: hash",
        "threshold: 0.51",
        "on_unscannable: pass",
        "attachments: deny",
        "restore: false",
        "response: mask",
        "entities: { JWT: { action: deny } }",
        "entities: { JWT: { threshold: 0.4 } }",
        "patterns: [{ name: P, regex: x }]",
        "patterns: [{ name: P, regex: y }]",
        "patterns: [{ name: P, regex: x, score: 0.6 }]",
        "patterns: [{ name: P, regex: x, context: [y] }]",
        "deny_lists: [{ name: P, words: [x] }]",
        "allow: [x]",
    ];
    let mut versions: Vec<String> = changes.iter().map(|text| version(&with_key(text))).collect();
    versions.extend([plain, version(MODELS)]);
    let count = versions.len();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), count);
}
