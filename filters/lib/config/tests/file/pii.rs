//! What is refused of `pii`, and of what models say of it.

use crate::problems::{MODELS, PROVIDERS, assert_table, problems};

/// `pii` with a key and something else.
fn with_key(text: &str) -> String {
    format!("pii: {{ key: {{ env: K }}, {text} }}\n{PROVIDERS}{MODELS}")
}

#[test]
fn the_key_comes_from_the_environment_and_from_nowhere_else() {
    assert_table(
        &[
            ("{ key: { env: PENSTOCK_PII_KEY } }", &[]),
            (
                "{}",
                &[
                    "penstock.yaml:1:6: pii.key: missing; write { env: NAME }, such as { env: PENSTOCK_PII_KEY }",
                ],
            ),
            // An empty section is meant, and no file is left without the filter by mistake.
            (
                "",
                &[
                    "penstock.yaml:1:4: pii.key: missing; write { env: NAME }, such as { env: PENSTOCK_PII_KEY }",
                ],
            ),
            (
                "{ key: ThisIsTheSecretItself }",
                &[
                    "penstock.yaml:1:13: pii.key: a secret must not stand in this file; write { env: NAME }, such as { env: PENSTOCK_PII_KEY }",
                ],
            ),
            (
                "{ key: { file: secrets/key } }",
                &[
                    "penstock.yaml:1:13: pii.key: comes from an environment variable only; write { env: NAME }, such as { env: PENSTOCK_PII_KEY }",
                ],
            ),
            (
                "{ key: { env: This Is The Secret } }",
                &[
                    "penstock.yaml:1:20: pii.key.env: not the name of an environment variable; write the name alone, such as PENSTOCK_PII_KEY, never the secret",
                ],
            ),
        ],
        |text| format!("pii: {text}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn fields_are_checked() {
    assert_table(
        &[
            (
                "action: masc, on_unscannable: drop, attachments: paas, response: deny",
                &[
                    "penstock.yaml:1:33: pii.action: unknown value \"masc\"; did you mean \"mask\"?",
                    "penstock.yaml:1:55: pii.on_unscannable: unknown value \"drop\"; known: deny, pass",
                    "penstock.yaml:1:74: pii.attachments: unknown value \"paas\"; did you mean \"pass\"?",
                    "penstock.yaml:1:90: pii.response: unknown value \"deny\"; known: pass, mask",
                ],
            ),
            ("threshold: 0", &[]),
            ("threshold: 1", &[]),
            (
                "threshold: 1.01",
                &["penstock.yaml:1:36: pii.threshold: must be 0 to 1, such as 0.5"],
            ),
            (
                "threshold: .nan",
                &["penstock.yaml:1:36: pii.threshold: must be 0 to 1, such as 0.5"],
            ),
            (
                "threshold: high",
                &["penstock.yaml:1:36: pii.threshold: wrong kind of value; write a number"],
            ),
            (
                "treshold: 0.5",
                &["penstock.yaml:1:25: pii.treshold: unknown field; did you mean \"threshold\"?"],
            ),
            (
                "allow: [a@example.com, '', a@example.com]",
                &[
                    "penstock.yaml:1:48: pii.allow[1]: not a name; 1 to 256 bytes without control characters",
                    "penstock.yaml:1:52: pii.allow[2]: \"a@example.com\" is listed already; keep one",
                ],
            ),
        ],
        with_key,
    );
}

#[test]
fn entities_are_those_that_are_built_in_or_defined_here() {
    assert_table(
        &[
            ("CREDIT_CARD: { action: deny }, PROJECT: { action: flag }", &[]),
            (
                "CREDITCARD: { action: deny }",
                &[
                    "penstock.yaml:1:37: pii.entities.CREDITCARD: no kind of data has this name; did you mean \"CREDIT_CARD\"?",
                ],
            ),
            (
                "PROJEKT: { action: deny }",
                &[
                    "penstock.yaml:1:37: pii.entities.PROJEKT: no kind of data has this name; did you mean \"PROJECT\"?",
                ],
            ),
            (
                "CREDIT_CARD: { action: block, threshold: 7 }",
                &[
                    "penstock.yaml:1:60: pii.entities.CREDIT_CARD.action: unknown value \"block\"; known: mask, hash, redact, deny, flag, ignore",
                    "penstock.yaml:1:78: pii.entities.CREDIT_CARD.threshold: must be 0 to 1, such as 0.5",
                ],
            ),
            (
                "CREDIT_CARD: { actoin: block }",
                &["penstock.yaml:1:52: pii.entities.*.actoin: unknown field; did you mean \"action\"?"],
            ),
            (
                "CREDIT_CARD: { action: deny }, CREDIT_CARD: { action: flag }",
                &["penstock.yaml:1:68: pii.entities: \"CREDIT_CARD\" is given twice; keep one"],
            ),
        ],
        |text| {
            with_key(&format!(
                "entities: {{ {text} }}, deny_lists: [{{ name: PROJECT, words: [bluebird] }}]"
            ))
        },
    );
    let unlike = problems(&with_key("entities: { XQJ: { action: deny } }"));
    assert!(
        unlike[0].contains("known: EMAIL_ADDRESS, PHONE_NUMBER, "),
        "{unlike:?}"
    );
}

#[test]
fn what_models_say_is_checked_as_well() {
    assert_table(
        &[
            ("action: flag, entities: { PROJECT: { action: deny } }", &[]),
            (
                "action: flagg, entities: { PROJECTS: {} }, threshold: 2",
                &[
                    "penstock.yaml:8:20: models[0].pii.action: unknown value \"flagg\"; did you mean \"flag\"?",
                    "penstock.yaml:8:39: models[0].pii.entities.PROJECTS: no kind of data has this name; did you mean \"PROJECT\"?",
                    "penstock.yaml:8:66: models[0].pii.threshold: must be 0 to 1, such as 0.5",
                ],
            ),
            (
                "key: { env: K }, allow: [a]",
                &[
                    "penstock.yaml:8:17: models[0].pii.key: holds for all models; write it into pii.key at the top level of the file",
                    "penstock.yaml:8:36: models[0].pii.allow: holds for all models; write it into pii.allow at the top level of the file",
                ],
            ),
            (
                "patterns: [], deny_lists: []",
                &[
                    "penstock.yaml:8:22: models[0].pii.patterns: holds for all models; write it into pii.patterns at the top level of the file",
                    "penstock.yaml:8:38: models[0].pii.deny_lists: holds for all models; write it into pii.deny_lists at the top level of the file",
                ],
            ),
        ],
        |text| {
            format!(
                "pii: {{ key: {{ env: K }}, deny_lists: [{{ name: PROJECT, words: [bluebird] }}] }}
{PROVIDERS}models:
  - name: m
    targets: [{{ provider: openai, model: a }}]
    pii: {{ {text} }}"
            )
        },
    );
}

#[test]
fn models_cannot_say_how_when_nobody_looks() {
    let file = format!(
        "{PROVIDERS}models:\n  - {{ name: m, pii: {{ action: flag }}, targets: [{{ provider: openai, model: a }}] }}"
    );
    assert_eq!(
        problems(&file),
        [
            "penstock.yaml:5:21: models[0].pii: means nothing without pii at the top level of the file; add that, or leave this out"
        ]
    );
    let elsewhere = format!("defaults: {{ pii: {{ action: flag }} }}\n{PROVIDERS}{MODELS}");
    assert_eq!(
        problems(&elsewhere),
        ["penstock.yaml:1:13: defaults.pii: unknown field; move it to the top level of the file"]
    );
}
