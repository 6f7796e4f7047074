//! Reasoning that another provider wrote does not reach Anthropic, which refuses what it has not signed.

// Helpers of a test may do what tests may.
#![allow(clippy::panic, clippy::unwrap_used)]

use penstock_chat::Api;
use penstock_translate::request::{inspect, translate};
use penstock_translate::target::{Flavor, Target};

/// What Anthropic gets, and the fields that are lost.
fn sent(client: Api, model: &str, body: &str) -> (String, Vec<String>) {
    let target = Target {
        api: Api::Anthropic,
        flavor: Flavor::OpenAi,
        model,
        max_output_tokens: None,
    };
    inspect(client, body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    let translated = translate(client, body.as_bytes(), &target).unwrap();
    inspect(Api::Anthropic, &translated.body).unwrap();
    let fields = translated.losses.into_iter().map(|loss| loss.field.into_owned());
    (String::from_utf8(translated.body).unwrap(), fields.collect())
}

fn anthropic(members: &str, blocks: &str, after: &str) -> String {
    format!(
        r#"{{"model":"m","max_tokens":9000{members},"messages":[{{"role":"user","content":"\"signature\":\"\""}}, {{"role":"assistant","content":[{blocks}]}}{after}]}}"#
    )
}

const UNSIGNED: &str = r#"{"type":"thinking","thinking":"t","signature" : ""}"#;
const SIGNED: &str = r#"{"type":"thinking","thinking":"t","signature":"s"}"#;
const CALL: &str = r#"{"type":"tool_use","id":"a","name":"f","input":{"signature":""}}"#;
const RESULT: &str = r#",{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}"#;
const TEXT: &str = r#"{"type":"text","text":"hi"}"#;
const USER: &str = r#",{"role":"user","content":"go on"}"#;

#[test]
fn unsigned_reasoning_of_an_anthropic_client_is_left_out() {
    const EMPTY: &str = r#"{"type":"text","text":"(empty)"}"#;
    let join = |blocks: &[&str]| blocks.join(",");
    let table = [
        (join(&[UNSIGNED, TEXT]), join(&[TEXT]), true),
        (join(&[SIGNED, UNSIGNED, TEXT]), join(&[SIGNED, TEXT]), true),
        (join(&[UNSIGNED, UNSIGNED]), join(&[EMPTY]), true),
        (join(&[SIGNED, CALL]), join(&[SIGNED, CALL]), false),
    ];
    for (blocks, expected, lost) in table {
        let (body, fields) = sent(Api::Anthropic, "claude-opus-4-5", &anthropic("", &blocks, USER));
        let expected = anthropic("", &expected, USER).replace(r#""m""#, r#""claude-opus-4-5""#);
        // Only a list of messages that changed is written without the white space between them.
        assert_eq!(body.replace("}, {", "},{"), expected.replace("}, {", "},{"));
        assert_eq!(
            fields,
            if lost {
                vec!["messages[].content[].thinking"]
            } else {
                vec![]
            }
        );
    }
}

#[test]
fn thinking_is_not_asked_for_where_the_calls_have_lost_theirs() {
    const ENABLED: &str = r#","thinking":{"type":"enabled","budget_tokens":2000}"#;
    const ADAPTIVE: &str = r#","thinking":{"type":"adaptive"}"#;
    let calls = [UNSIGNED, CALL].join(",");
    let kept = [SIGNED, UNSIGNED, CALL].join(",");
    let later = format!(r#"{RESULT},{{"role":"assistant","content":"done"}}{USER}"#);
    let table = [
        ("claude-opus-4-5", ENABLED, &calls, RESULT, false),
        ("claude-opus-4-5", ADAPTIVE, &calls, RESULT, false),
        ("claude-opus-4-6", ENABLED, &calls, RESULT, false),
        ("claude-opus-4-6", ADAPTIVE, &calls, RESULT, true),
        ("claude-opus-4-7", ENABLED, &calls, RESULT, true),
        ("claude-opus-4-5", ENABLED, &kept, RESULT, true),
        ("claude-opus-4-5", ENABLED, &calls, &later, true),
    ];
    for (model, thinking, blocks, after, asked) in table {
        let (body, fields) = sent(Api::Anthropic, model, &anthropic(thinking, blocks, after));
        assert_eq!(body.contains(r#""thinking":{"#), asked, "{model} {body}");
        assert!(fields.contains(&"messages[].content[].thinking".to_owned()));
        assert!(
            asked || fields.contains(&"thinking".to_owned()),
            "{model} {fields:?}"
        );
    }
}

#[test]
fn unsigned_thinking_blocks_of_an_openai_client_are_left_out() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"hi","thinking_blocks":[{"type":"thinking","thinking":"SECRET","signature":""}]},{"role":"user","content":"go on"}]}"#;
    let (body, fields) = sent(Api::OpenAi, "claude-opus-4-5", body);
    assert!(!body.contains("SECRET") && !body.contains("signature"), "{body}");
    assert_eq!(fields, ["messages[].thinking_blocks"]);
}
