//! JSON in strings of JSON: values stand in it as they do, and come back so.

use penstock_config::slice::PiiList;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A value that no string of JSON holds as it is.
const AWKWARD: &str = "Blue \"Moon\" \\ 7\n";

fn world(path: &'static str) -> World {
    let list = PiiList {
        name: "PROJECT".into(),
        words: vec![AWKWARD.trim_end().into()],
    };
    let config = PiiRedaction {
        deny_lists: vec![list],
        ..config(policy())
    };
    World {
        filter: Filter::new(Rc::new(Worker::new(config, KEY).unwrap())),
        path,
    }
}

/// A value in so many strings of JSON.
fn nested(value: &Value, depth: usize) -> Value {
    (1..=depth).fold(value.clone(), |value, level| match level == depth {
        true => json!(value.to_string()),
        false => json!({ "in": [value.to_string()] }),
    })
}

/// Where in a message a text may stand.
fn messages(path: &str, text: &Value) -> Vec<Value> {
    match path {
        OPENAI => vec![
            json!({"role": "assistant", "content": text}),
            json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}]}),
            json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": text}}]}),
        ],
        _ => vec![
            json!({"role": "assistant", "content": [{"type": "text", "text": text}]}),
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": "i", "name": "f", "input": {"q": text}}]}),
        ],
    }
}

/// The message as the model gets it, and the filter in front of its answer.
fn asked(path: &'static str, message: &Value) -> (Value, World) {
    let mut world = world(path);
    let text = world.send(&json!({"model": "m", "max_tokens": 9, "messages": [message]}).to_string());
    let mut body: Value = serde_json::from_str(&text).unwrap();
    (body["messages"][0].take(), world)
}

/// The message that comes of an answer with this one.
fn answered(world: &mut World, message: &Value) -> Value {
    let answer = match world.path {
        OPENAI => json!({"choices": [{"index": 0, "message": message}]}),
        _ => message.clone(),
    };
    let answer: Value = serde_json::from_str(&world.answer(&answer.to_string())).unwrap();
    match world.path {
        OPENAI => answer["choices"][0]["message"].clone(),
        _ => answer,
    }
}

#[test]
fn a_value_comes_back_with_the_escapes_of_its_place() {
    for path in [OPENAI, ANTHROPIC] {
        for depth in 1..=6 {
            let value = json!({"a": [AWKWARD, {"b": 4_111_111_111_111_111_u64}], "c": "x ann@example.com", "ann@example.com": "\"\\"});
            let text = nested(&value, depth);
            for message in messages(path, &text) {
                let (masked, mut world) = asked(path, &message);
                let shown = masked.to_string();
                let is_found = !shown.contains("ann@") && !shown.contains("Moon");
                assert!(is_found || depth > 5, "{depth} {shown}");
                assert_eq!(answered(&mut world, &masked), message, "{depth} {shown}");
            }
        }
    }
}

#[test]
fn a_value_of_a_text_lands_in_the_arguments_of_a_call_as_json() {
    let message = json!({"role": "user", "content": format!("for {AWKWARD}")});
    for depth in 1..=3 {
        let (masked, mut world) = asked(OPENAI, &message);
        let project = placeholder(masked["content"].as_str().unwrap(), "PROJECT").to_owned();
        let arguments = nested(&json!({"to": ["é", project]}), depth);
        let answer = json!({"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]});
        let expected = nested(&json!({"to": ["é", AWKWARD.trim_end()]}), depth);
        let answer = answered(&mut world, &answer);
        assert_eq!(
            answer["tool_calls"][0]["function"]["arguments"], expected,
            "{depth}"
        );
    }
}

#[test]
fn a_streamed_value_lands_as_json_wherever_it_is_cut() {
    let value = json!({"a": [AWKWARD, {"b": 4_111_111_111_111_111_u64}], "c": "ann@example.com"});
    for path in [OPENAI, ANTHROPIC] {
        for depth in 1..=3 {
            let text = nested(&value, depth);
            let message = messages(path, &text).remove(0);
            let (masked, _) = asked(path, &message);
            let texts = [&masked["content"], &masked["content"][0]["text"]];
            let said = texts.into_iter().find_map(Value::as_str).unwrap();
            for field in fields(path) {
                for cut in 0..=said.len() {
                    let (_, mut world) = asked(path, &message);
                    let (head, tail) = said.split_at(cut);
                    let stream = [piece(path, field, head), piece(path, field, tail), last(path)].concat();
                    assert_eq!(
                        Value::String(said_in(path, field, &world.stream([stream.as_bytes()]))),
                        text,
                        "{field} {depth} {cut}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_value_comes_back_as_it_was_written_in_what_only_begins_like_json() {
    let key =
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n";
    for inner in [
        r#"{"password": "s3cr\/et9X!q" oops"#.to_owned(),
        format!("{{\"a\":\"x{key} and on"),
        format!("[\"{AWKWARD} and on"),
        json!({"a": key}).to_string(),
    ] {
        for depth in 0..=6 {
            let text = match depth {
                0 => json!(inner),
                depth => nested(&json!({ "z": inner }), depth),
            };
            for path in [OPENAI, ANTHROPIC] {
                for message in messages(path, &text) {
                    let (masked, mut world) = asked(path, &message);
                    assert_eq!(answered(&mut world, &masked), message, "{depth}");
                }
            }
        }
    }
}

#[test]
fn signed_reasoning_is_masked_to_what_was_signed() {
    let body = |thinking: &str| {
        json!({"model": "m", "max_tokens": 9, "messages": [
            {"role": "user", "content": "ann@example.com and bob@example.org"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": thinking, "signature": "s"},
                {"type": "tool_use", "id": "i", "name": "f", "input": {"card": 4_111_111_111_111_111_u64}}]}]})
    };
    let masked = world(ANTHROPIC).send(&body("").to_string());
    let (email, card) = (placeholder(&masked, "EMAIL"), placeholder(&masked, "CARD"));
    for thinking in [
        format!("to {email}."),
        email.to_owned(),
        format!("the card {card} is"),
        format!("mail {} is", email.to_lowercase()),
        format!("mail {email}s is"),
        format!("x{email}"),
        format!("{email}{email}"),
        format!("password: a9{email}"),
        format!("\"{card}\": {email}"),
    ] {
        for cut in 0..=thinking.len() {
            let mut first = world(ANTHROPIC);
            first.send(&body("").to_string());
            let (head, tail) = thinking.split_at(cut);
            let stream = [
                piece(ANTHROPIC, "thinking", head),
                piece(ANTHROPIC, "thinking", tail),
                last(ANTHROPIC),
            ];
            let out = first.stream([stream.concat().as_bytes()]);
            let shown = said_in(ANTHROPIC, "thinking", &out);
            let second: Value =
                serde_json::from_str(&world(ANTHROPIC).send(&body(&shown).to_string())).unwrap();
            assert_eq!(
                second["messages"][1]["content"][0]["thinking"], thinking,
                "{cut} {shown}"
            );
        }
    }
}

/// The fields of a stream that a text with JSON may come in.
fn fields(path: &str) -> [&'static str; 2] {
    match path {
        OPENAI => ["content", "arguments"],
        _ => ["text", "partial_json"],
    }
}

fn piece(path: &str, field: &str, text: &str) -> String {
    let data = match (path, field) {
        (OPENAI, "content") => json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
        (OPENAI, _) => {
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}}]})
        }
        _ => json!({"type": "content_block_delta", "index": 0, "delta": {field: text}}),
    };
    format!("data: {data}\n\n")
}

fn last(path: &str) -> String {
    match path {
        OPENAI => "data: [DONE]\n\n".to_owned(),
        _ => "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n".to_owned(),
    }
}

/// What a stream says in a field.
fn said_in(path: &str, field: &str, stream: &str) -> String {
    let events = stream
        .split("\n\n")
        .filter_map(|event| event.split_once("data: "));
    let events = events.filter_map(|(_, data)| serde_json::from_str::<Value>(data).ok());
    events
        .map(|event| {
            let delta = &event["choices"][0]["delta"];
            let text = match (path, field) {
                (OPENAI, "content") => &delta["content"],
                (OPENAI, _) => &delta["tool_calls"][0]["function"]["arguments"],
                _ => &event["delta"][field],
            };
            text.as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

/// JSON with values in it, and with JSON in its strings.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        any::<i32>().prop_map(|number| json!(number)),
        Just(json!(4_111_111_111_111_111_u64)),
        Just(json!("ann@example.com")),
        Just(json!(format!("to {AWKWARD} and ann@example.com"))),
        Just(json!("\\")),
        Just(json!("say \"[x]\"")),
        "[a-z\"\\\\\\[\\]{}, ]{0,6}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|list| json!(list)),
            proptest::collection::btree_map("[a-c\"\\\\]{0,3}", inner.clone(), 0..3)
                .prop_map(|object| json!(object)),
            inner.prop_map(|value| json!(value.to_string())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_json_comes_back_as_it_was(value in any_json(), cut in any::<prop::sample::Index>()) {
        let text = json!(value.to_string());
        for path in [OPENAI, ANTHROPIC] {
            for message in messages(path, &text) {
                let (masked, mut world) = asked(path, &message);
                prop_assert!(!masked.to_string().contains("ann@example"));
                prop_assert_eq!(answered(&mut world, &masked), message);
            }
            let message = messages(path, &text).remove(0);
            let (masked, mut world) = asked(path, &message);
            let texts = [&masked["content"], &masked["content"][0]["text"]];
            let said = texts.into_iter().find_map(Value::as_str).unwrap();
            let places: Vec<usize> = (0..=said.len()).filter(|at| said.is_char_boundary(*at)).collect();
            let (head, tail) = said.split_at(*cut.get(&places));
            let field = fields(path)[0];
            let stream = [piece(path, field, head), piece(path, field, tail), last(path)].concat();
            prop_assert_eq!(Value::String(said_in(path, field, &world.stream([stream.as_bytes()]))), text.clone());
        }
    }
}
