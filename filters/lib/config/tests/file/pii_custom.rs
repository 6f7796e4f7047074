//! What is refused of patterns and lists that a file adds.

use crate::problems::{MODELS, PROVIDERS, assert_table, problems};

fn with_key(text: &str) -> String {
    format!("pii: {{ key: {{ env: K }}, {text} }}\n{PROVIDERS}{MODELS}")
}

#[test]
fn names_are_capitals_and_nobody_elses() {
    assert_table(
        &[
            ("A", &[]),
            (
                "A_1234567890_1234567890_123456789",
                &[
                    "penstock.yaml:1:44: pii.patterns[0].name: not a name; use capitals, digits and _ after a capital, at most 32, such as EMPLOYEE_ID",
                ],
            ),
            ("A_1234567890_1234567890_12345678", &[]),
            (
                "_A",
                &[
                    "penstock.yaml:1:44: pii.patterns[0].name: not a name; use capitals, digits and _ after a capital, at most 32, such as EMPLOYEE_ID",
                ],
            ),
            (
                "Employee",
                &[
                    "penstock.yaml:1:44: pii.patterns[0].name: not a name; use capitals, digits and _ after a capital, at most 32, such as EMPLOYEE_ID",
                ],
            ),
            (
                "''",
                &[
                    "penstock.yaml:1:44: pii.patterns[0].name: not a name; use capitals, digits and _ after a capital, at most 32, such as EMPLOYEE_ID",
                ],
            ),
            (
                "CREDIT_CARD",
                &[
                    "penstock.yaml:1:44: pii.patterns[0].name: CREDIT_CARD is built in; choose another name, or say under entities what becomes of it",
                ],
            ),
            (
                "TAKEN",
                &[
                    "penstock.yaml:1:85: pii.deny_lists[0].name: \"TAKEN\" is the name of pii.patterns[0] already; choose another",
                ],
            ),
        ],
        |name| {
            with_key(&format!(
                "patterns: [{{ name: {name}, regex: x }}], deny_lists: [{{ name: TAKEN, words: [w] }}]"
            ))
        },
    );
}

#[test]
fn patterns_must_compile_and_match_something() {
    assert_table(
        &[
            ("regex: 'E-\\d{6}', score: 0.8, context: [employee, badge]", &[]),
            (
                "",
                &["penstock.yaml:1:36: pii.patterns[0].regex: missing; write a regular expression"],
            ),
            (
                "regex: 'E-('",
                &["penstock.yaml:1:54: pii.patterns[0].regex: not a regular expression: unclosed group"],
            ),
            (
                "regex: '(?=a)b'",
                &[
                    "penstock.yaml:1:54: pii.patterns[0].regex: not a regular expression: look-around, including look-ahead and look-behind, is not supported",
                ],
            ),
            (
                "regex: '(E-\\d)*'",
                &["penstock.yaml:1:54: pii.patterns[0].regex: the regular expression matches the empty text"],
            ),
            (
                "regex: '\\w{500}{500}'",
                &[
                    "penstock.yaml:1:54: pii.patterns[0].regex: the regular expression takes more than 65536 bytes once it is compiled; make its repetitions smaller",
                ],
            ),
            (
                "regex: x, score: 1.5, context: [a, a]",
                &[
                    "penstock.yaml:1:64: pii.patterns[0].score: must be 0 to 1, such as 0.5",
                    "penstock.yaml:1:82: pii.patterns[0].context[1]: \"a\" is listed already; keep one",
                ],
            ),
        ],
        |text| with_key(&format!("patterns: [{{ name: P, {text} }}]")),
    );
}

#[test]
fn a_pattern_that_is_never_found_is_refused() {
    let never = "pii.patterns[0].score: never found: it is below the threshold, and no context raises it; raise it, or name words in context";
    let cases = [
        ("", "score: 0.5", ""),
        ("", "score: 0.49", never),
        ("", "score: 0.49, context: [badge]", ""),
        ("threshold: 0.4,", "score: 0.49", ""),
        ("threshold: 0.71,", "score: 0.7", never),
        ("threshold: 0.71,", "", never),
        ("entities: { P: { threshold: 0.2 } },", "score: 0.49", ""),
        ("entities: { P: { threshold: 0.8 } },", "score: 0.79", never),
    ];
    for (policy, pattern, expected) in cases {
        let file = with_key(&format!(
            "{policy} patterns: [{{ name: P, regex: x, {pattern} }}]"
        ));
        let found = problems(&file);
        assert_eq!(
            found.len(),
            usize::from(!expected.is_empty()),
            "{file}: {found:?}"
        );
        assert!(
            found.iter().all(|problem| problem.ends_with(expected)),
            "{found:?}"
        );
    }
    // One model is enough for it to be found.
    let file = format!(
        "pii: {{ key: {{ env: K }}, patterns: [{{ name: P, regex: x, score: 0.3 }}] }}\n{PROVIDERS}models:
  - {{ name: m, pii: {{ threshold: 0.3 }}, targets: [{{ provider: openai, model: a }}] }}"
    );
    assert_eq!(problems(&file), Vec::<String>::new());
}

#[test]
fn lists_must_hold_words() {
    assert_table(
        &[
            ("words: [bluebird, project heron]", &[]),
            (
                "",
                &["penstock.yaml:1:38: pii.deny_lists[0].words: missing; name at least one word"],
            ),
            (
                "words: []",
                &["penstock.yaml:1:56: pii.deny_lists[0].words: empty; name at least one word"],
            ),
            (
                "words: [a, ' ', a]",
                &[
                    "penstock.yaml:1:60: pii.deny_lists[0].words[1]: not a name; 1 to 256 bytes without control characters",
                    "penstock.yaml:1:65: pii.deny_lists[0].words[2]: \"a\" is listed already; keep one",
                ],
            ),
        ],
        |text| with_key(&format!("deny_lists: [{{ name: L, {text} }}]")),
    );
}

#[test]
fn lists_are_bounded_together() {
    let words = |count: usize| {
        let words: Vec<_> = (0..count).map(|word| format!("{word:x<200}")).collect();
        words.join(", ")
    };
    let lists = |count: usize| {
        let half = words(count / 2);
        with_key(&format!(
            "deny_lists: [{{ name: A, words: [{half}] }}, {{ name: B, words: [{half}] }}]"
        ))
    };
    assert_eq!(problems(&lists(200)), Vec::<String>::new());
    assert_eq!(
        problems(&lists(4_000)),
        [
            "penstock.yaml:1:37: pii.deny_lists: the lists have 800000 bytes of words, of which 65536 are allowed"
        ]
    );
}

#[test]
fn patterns_and_allowed_values_are_bounded_together() {
    let patterns: Vec<_> = (0..20)
        .map(|index| format!("{{ name: P{index}, regex: '[a-f]{{800}}{index}' }}"))
        .collect();
    assert_eq!(
        problems(&with_key(&format!("patterns: [{}]", patterns.join(", ")))),
        [
            "penstock.yaml:1:35: pii.patterns: the regular expressions take more than 262144 bytes together once they are compiled"
        ]
    );
    let values: Vec<_> = (0..400).map(|value| format!("{value:x<200}")).collect();
    assert_eq!(
        problems(&with_key(&format!("allow: [{}]", values.join(", ")))),
        ["penstock.yaml:1:32: pii.allow: the allowed values have 80000 bytes, of which 65536 are allowed"]
    );
}

#[test]
fn there_are_at_most_64_patterns_and_lists() {
    let file = |patterns: usize, lists: usize| {
        let patterns: Vec<_> = (0..patterns)
            .map(|index| format!("{{ name: P{index}, regex: x }}"))
            .collect();
        let lists: Vec<_> = (0..lists)
            .map(|index| format!("{{ name: L{index}, words: [x] }}"))
            .collect();
        with_key(&format!(
            "\n  patterns: [{}],\n  deny_lists: [{}]",
            patterns.join(", "),
            lists.join(", ")
        ))
    };
    assert_eq!(problems(&file(40, 24)), Vec::<String>::new());
    assert_eq!(
        problems(&file(40, 25)),
        ["penstock.yaml:3:15: pii.deny_lists: 65 patterns and lists; write at most 64 together"]
    );
    assert_eq!(
        problems(&file(65, 0)),
        ["penstock.yaml:2:13: pii.patterns: 65 patterns and lists; write at most 64 together"]
    );
}
