//! No target is asked for more output than it states it can give.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use penstock_chat::{Api, Tokens};
use penstock_translate::request::translate;
use penstock_translate::target::{Flavor, Target};
use serde_json::Value;

fn sent(client: Api, target: (Api, Flavor), members: &str) -> (Value, Vec<String>) {
    let target = Target {
        api: target.0,
        flavor: target.1,
        model: "claude-opus-4-5",
        max_output_tokens: Some(Tokens(4_000)),
    };
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"q"}}],{members}}}"#);
    let translated = translate(client, body.as_bytes(), &target).unwrap();
    let fields = translated.losses.into_iter().map(|loss| loss.field.into_owned());
    (
        serde_json::from_slice(&translated.body).unwrap(),
        fields.collect(),
    )
}

#[test]
fn limit_is_lowered_to_the_targets() {
    let (openai, vllm) = ((Api::OpenAi, Flavor::OpenAi), (Api::OpenAi, Flavor::Vllm));
    let anthropic = (Api::Anthropic, Flavor::OpenAi);
    let (old, new) = ("max_tokens", "max_completion_tokens");
    let table = [
        (Api::OpenAi, openai, old, new, Some(old)),
        (Api::OpenAi, openai, new, new, Some(new)),
        (Api::OpenAi, vllm, new, old, Some(new)),
        (Api::OpenAi, vllm, old, old, Some(old)),
        (Api::OpenAi, anthropic, new, old, Some(new)),
        (Api::Anthropic, openai, old, new, Some(old)),
        (Api::Anthropic, vllm, old, old, Some(old)),
        (Api::Anthropic, anthropic, old, old, Some(old)),
    ];
    for (client, target, name, sent_name, lost) in table {
        for (asked, expected) in [(3_999, 3_999), (4_000, 4_000), (4_001, 4_000)] {
            let (body, fields) = sent(client, target, &format!(r#""{name}":{asked}"#));
            assert_eq!(body[sent_name], expected, "{client} {target:?} {name}");
            let lost: Vec<_> = lost.into_iter().filter(|_| asked > expected).collect();
            assert_eq!(fields, lost, "{client} {target:?} {name}");
        }
    }
}

#[test]
fn limit_that_openai_does_not_count_says_nothing() {
    let members = r#""max_tokens":9000,"max_completion_tokens":100"#;
    let (body, fields) = sent(Api::OpenAi, (Api::OpenAi, Flavor::OpenAi), members);
    assert_eq!(
        (&body["max_completion_tokens"], &body["max_tokens"]),
        (&100.into(), &Value::Null)
    );
    assert!(fields.is_empty());
}

#[test]
fn thinking_budget_stays_below_a_lowered_limit() {
    let anthropic = (Api::Anthropic, Flavor::OpenAi);
    let thinking = |budget: u64| {
        format!(r#""max_tokens":9000,"thinking":{{"type":"enabled","budget_tokens":{budget}}}"#)
    };
    let (body, fields) = sent(Api::Anthropic, anthropic, &thinking(8_000));
    assert_eq!(
        (&body["max_tokens"], &body["thinking"]["budget_tokens"]),
        (&4_000.into(), &2_000.into())
    );
    assert_eq!(fields, ["max_tokens", "thinking"]);
    let (body, fields) = sent(Api::Anthropic, anthropic, &thinking(3_000));
    assert_eq!(body["thinking"]["budget_tokens"], 3_000);
    assert_eq!(fields, ["max_tokens"]);
}
