use penstock_chat::{Api, Tokens};
use penstock_count::{Counted, family, request};
use penstock_tokens::Tokenizer;
use serde_json::json;

use super::{count, texts, tokens};

#[test]
fn a_message_costs_its_framing_role_name_and_text() {
    let body = json!({"model": "m", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "Ada", "content": "Why is the sky blue?"},
        {"role": "user", "name": null, "content": [{"type": "text", "text": "And red?"}, {"type": "text", "text": "!"}]},
    ]});
    let framing = 3 + 3 * 3 + 1;
    let parts = [
        "system",
        "Be brief.",
        "user",
        "Ada",
        "Why is the sky blue?",
        "user",
        "And red?",
        "!",
    ];
    assert_eq!(tokens(Api::OpenAi, "gpt-4o", &body), framing + texts(&parts));
}

/// Anthropic's guide "Token counting" counts 14 with these instructions. `Hello` alone is 8.
#[test]
fn published_examples_of_anthropic_are_met_before_the_factor() {
    let mut body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]});
    assert_eq!(tokens(Api::Anthropic, "claude-opus-4-5", &body), 8);
    body["messages"][0]["content"] = json!("Hello, Claude");
    body["system"] = json!("You are a scientist");
    assert_eq!(tokens(Api::Anthropic, "claude-opus-4-5", &body), 14);
}

#[test]
fn both_dialects_say_the_same_for_the_same_model() {
    let openai = json!({"model": "m", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Let me see.", "reasoning_content": "Hmm", "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\"}"}}
        ]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"},
    ]});
    let anthropic = json!({"model": "m", "max_tokens": 1, "system": [{"type": "text", "text": "Be brief."}], "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hmm", "signature": "c2ln".repeat(99)},
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Rome"}}
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Sunny"}]},
    ]});
    // The result is in a message of the user, and framed once more.
    let more = 3 + texts(&["user"]) - texts(&["tool"]);
    assert_eq!(
        tokens(Api::Anthropic, "gpt-4o", &anthropic),
        tokens(Api::OpenAi, "gpt-4o", &openai) + more
    );
}

#[test]
fn an_escape_costs_what_it_stands_for() {
    let body =
        |content: &str| format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{content}"}}]}}"#);
    let count = |content: &str| {
        let body = body(content);
        let family = family("gpt-4o");
        request(
            &mut Tokenizer::new(),
            Api::OpenAi,
            body.as_bytes(),
            &family,
            Tokens(u64::MAX),
        )
    };
    assert_eq!(count(r"\u0048\u00e9llo \ud83d\ude00"), count("Héllo 😀"));
    assert!(count(r"\ud83d lone").is_err());
}

#[test]
fn the_limits_and_the_number_of_answers_are_told() {
    let mut body = json!({"model": "m", "messages": []});
    let facts = |counted: Counted| (counted.max_output, counted.choices);
    assert_eq!(facts(count(Api::OpenAi, "gpt-4o", &body)), (None, 1));
    body["max_tokens"] = json!(5);
    body["n"] = json!(3);
    assert_eq!(facts(count(Api::OpenAi, "gpt-4o", &body)), (Some(Tokens(5)), 3));
    body["max_completion_tokens"] = json!(7);
    assert_eq!(facts(count(Api::OpenAi, "gpt-4o", &body)), (Some(Tokens(7)), 3));
    body["max_completion_tokens"] = json!(null);
    assert_eq!(facts(count(Api::OpenAi, "gpt-4o", &body)), (Some(Tokens(5)), 3));
    assert_eq!(
        facts(count(Api::Anthropic, "gpt-4o", &body)),
        (Some(Tokens(5)), 1)
    );
    for (wrong, read) in [
        (json!(-1), None),
        (json!("9"), None),
        (json!(1.5), None),
        (json!(1_000_000_000_000_u64), Some(Tokens(1_000_000_000_000))),
    ] {
        body["max_tokens"] = wrong;
        assert_eq!(count(Api::OpenAi, "gpt-4o", &body).max_output, read);
    }
}
