//! Which requests meet, and which never do.

mod generated;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;

/// Members over those of a plain request: `{"openai": {…}}`.
fn body(case: &Value) -> (Api, Vec<u8>) {
    let (dialect, mut body) = match case.get("openai") {
        Some(_) => (Api::OpenAi, json!({})),
        None => (Api::Anthropic, json!({ "max_tokens": 100 })),
    };
    let body = body.as_object_mut().unwrap();
    body.insert("model".into(), json!("m"));
    body.insert(
        "messages".into(),
        json!([{ "role": "user", "content": "What is 2 + 2?" }]),
    );
    let members = case[dialect.as_str()].as_object().unwrap().clone();
    body.extend(members);
    (dialect, serde_json::to_vec(body).unwrap())
}

fn read(case: &Value) -> Result<Asked, Bypass> {
    let (dialect, body) = body(case);
    Asked::read(dialect, &body)
}

fn cases(kind: &str) -> Vec<Vec<Value>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/requests.json");
    let mut file: Map<String, Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let cases: Vec<Vec<Value>> = serde_json::from_value(file.remove(kind).unwrap()).unwrap();
    assert!(cases.len() > 4);
    cases
}

const CONTEXT: [&[u8]; 2] = [b"tenant", b"alias"];

#[test]
fn requests_that_say_the_same_have_one_key() {
    for case in cases("same") {
        let (one, other) = (read(&case[1]).unwrap(), read(&case[2]).unwrap());
        assert_eq!(one.key(&CONTEXT), other.key(&CONTEXT), "{}", case[0]);
        assert_eq!(one.partition(&CONTEXT), other.partition(&CONTEXT), "{}", case[0]);
        assert_eq!(one.text, other.text);
    }
}

#[test]
fn requests_that_differ_in_the_last_text_share_a_partition_and_no_key() {
    for case in cases("partition") {
        let (one, other) = (read(&case[1]).unwrap(), read(&case[2]).unwrap());
        assert_ne!(one.key(&CONTEXT), other.key(&CONTEXT), "{}", case[0]);
        assert_eq!(one.partition(&CONTEXT), other.partition(&CONTEXT), "{}", case[0]);
    }
}

#[test]
fn requests_that_differ_in_anything_else_never_meet() {
    for case in cases("never") {
        let (one, other) = (read(&case[1]).unwrap(), read(&case[2]).unwrap());
        assert_ne!(one.partition(&CONTEXT), other.partition(&CONTEXT), "{}", case[0]);
        assert_ne!(one.key(&CONTEXT), other.key(&CONTEXT), "{}", case[0]);
    }
}

#[test]
fn requests_that_the_cache_cannot_answer_pass_it_by() {
    for case in cases("bypass") {
        let bypass = read(&case[1]).map_err(Bypass::as_str);
        assert_eq!(bypass, Err(case[0].as_str().unwrap()), "{}", case[1]);
    }
}

/// The same JSON with its members the other way round.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .rev()
                .map(|(name, value)| format!("\n {} :\t{}", json!(name), reversed(value)));
            format!("{{{}\r\n}}", members.collect::<Vec<_>>().join(" ,"))
        }
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(reversed).collect();
            format!("[ {} ]", elements.join(" , "))
        }
        value => value.to_string(),
    }
}

#[test]
fn order_of_members_and_white_space_do_not_matter() {
    for kind in ["same", "partition", "never"] {
        for case in cases(kind).iter().flat_map(|case| case.iter().skip(1)) {
            let (dialect, body) = body(case);
            let other = reversed(&serde_json::from_slice(&body).unwrap());
            assert_ne!(body, other.as_bytes());
            assert_eq!(
                Asked::read(dialect, &body),
                Asked::read(dialect, other.as_bytes()),
                "{other}"
            );
        }
    }
}

#[test]
fn what_is_not_hashed_is_told() {
    let asked = read(&json!({ "openai": {
        "stream": true, "stream_options": { "include_usage": true }, "max_tokens": 5,
    } }));
    let asked = asked.unwrap();
    assert_eq!((asked.stream, asked.include_usage), (true, true));
    assert_eq!(asked.max_output, Some(Tokens(5)));
    assert_eq!(
        (asked.model.as_str(), asked.text.as_str()),
        ("m", "What is 2 + 2?")
    );
    let asked = read(&json!({ "openai": {} })).unwrap();
    assert_eq!(
        (asked.stream, asked.include_usage, asked.max_output),
        (false, false, None)
    );
    let asked = read(&json!({ "anthropic": {} })).unwrap();
    assert_eq!((asked.stream, asked.include_usage), (false, true));
}

#[test]
fn answer_that_is_longer_than_the_client_wants_is_not_for_it() {
    let answer = Answer {
        content: vec![crate::answer::Content::Text("four".to_owned())],
        ..Answer::default()
    };
    let mut asked = read(&json!({ "openai": {} })).unwrap();
    assert!(asked.allows(&answer));
    asked.max_output = Some(Tokens(4));
    assert!(asked.allows(&answer));
    asked.max_output = Some(Tokens(3));
    assert!(!asked.allows(&answer));
}

#[test]
fn contexts_tell_requests_apart() {
    let asked = read(&json!({ "openai": {} })).unwrap();
    let contexts: [&[&[u8]]; 6] = [
        &[],
        &[b""],
        &[b"ab", b"c"],
        &[b"a", b"bc"],
        &[b"abc"],
        &[b"abc", b""],
    ];
    for (index, one) in contexts.iter().enumerate() {
        for other in contexts.iter().take(index) {
            assert_ne!(asked.key(one), asked.key(other));
            assert_ne!(asked.partition(one), asked.partition(other));
        }
        assert_ne!(asked.key(one).0, asked.partition(one).0);
    }
}

#[test]
fn losses_that_are_too_many_to_be_told_hide_nothing() {
    let case = |detail: &str| {
        let mut members = Map::new();
        for index in 0..100 {
            members.insert(format!("a{index}"), json!(1));
        }
        let image =
            json!({ "type": "image_url", "image_url": { "url": "https://e.org/a.png", "detail": detail } });
        members.insert(
            "messages".into(),
            json!([{ "role": "user", "content": [image] }, { "role": "assistant", "content": "b" }, { "role": "user", "content": "c" }]),
        );
        read(&json!({ "openai": members })).unwrap()
    };
    assert_ne!(case("low").material, case("high").material);
    assert_eq!(case("low").material, case("low").material);
}

#[test]
fn deep_and_odd_json_is_refused_or_hashed_and_not_a_crash() {
    for depth in [100, 120, 126, 127, 128, 129, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"a"}}],"x":{deep},"tools":[{{"type":"function","function":{{"name":"f","parameters":{{"a":{deep}}}}}}}]}}"#
            );
            let asked = Asked::read(Api::OpenAi, body.as_bytes());
            assert!(asked.is_ok() || asked == Err(Bypass::Invalid), "{depth}");
        }
    }
    for body in ["", "[]", "null", "{", "{\"model\":1}", "\u{feff}{}"] {
        assert_eq!(Asked::read(Api::OpenAi, body.as_bytes()), Err(Bypass::Invalid));
        assert_eq!(Asked::read(Api::Anthropic, body.as_bytes()), Err(Bypass::Invalid));
    }
    assert_eq!(
        Asked::read(Api::OpenAi, b"{\"a\":\"\xff\"}"),
        Err(Bypass::Invalid)
    );
}
