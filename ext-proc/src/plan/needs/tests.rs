use super::*;

fn caller(key: &str) -> Caller {
    Caller {
        tenant: "acme".to_owned(),
        key: Some(key.to_owned()),
        ..Caller::default()
    }
}

fn read(body: &str) -> Needs {
    Needs::read(body.as_bytes(), &caller("k"))
}

#[test]
fn what_a_request_asks_for_is_found_beside_what_only_looks_like_it() {
    use Capability::{Images, JsonSchema, Reasoning, Tools};
    let cases: &[(&str, &[Capability])] = &[
        (r#""tools":[{}]"#, &[Tools]),
        (r#""tools":[]"#, &[]),
        (r#""tools":null"#, &[]),
        (r#""tools":{"a":[1]}"#, &[]),
        (r#""functions":[{"name":"f"}]"#, &[Tools]),
        (r#""metadata":{"tools":[1]}"#, &[]),
        (
            r#""response_format":{"json_schema":{"type":"object"},"type":"json_schema"}"#,
            &[JsonSchema],
        ),
        (r#""response_format":{"type":"json_object"}"#, &[]),
        (r#""response_format":"json_schema""#, &[]),
        (
            r#""output_format":{"type":"json_schema","schema":{"type":"x"}}"#,
            &[JsonSchema],
        ),
        (
            r#""output_config":{"format":{"type":"json_schema"}}"#,
            &[JsonSchema],
        ),
        (r#""output_config":{"effort":"high"}"#, &[]),
        (r#""reasoning_effort":"low""#, &[Reasoning]),
        (r#""reasoning_effort":"none""#, &[]),
        (r#""reasoning_effort":null"#, &[]),
        (r#""reasoning":{"effort":"high"}"#, &[Reasoning]),
        (
            r#""thinking":{"budget_tokens":1024,"type":"enabled"}"#,
            &[Reasoning],
        ),
        (r#""thinking":{"type":"disabled"}"#, &[]),
        (
            r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x"}}]}]"#,
            &[Images],
        ),
        (
            r#""messages":[{"role":"user","content":"{\"type\":\"image_url\"}"}]"#,
            &[],
        ),
        (
            r#""messages":[{"role":"user","content":[{"type":"text","text":"image"}]}]"#,
            &[],
        ),
        (
            r#""messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"x"}}]}]"#,
            &[Images],
        ),
        (
            r#""messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image"}]}]}]"#,
            &[Images],
        ),
        (
            r#""messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"type":"image"}}]}]"#,
            &[],
        ),
        (r#""tools":[1],"reasoning_effort":"high""#, &[Tools, Reasoning]),
    ];
    for (members, expected) in cases {
        let needs = read(&format!("{{{members},\"model\":\"m\"}}"));
        assert_eq!(
            needs.capabilities,
            expected.iter().copied().collect(),
            "{members}"
        );
        assert_eq!(needs.model.as_deref(), Some("m"), "{members}");
    }
}

#[test]
fn numbers_are_read_by_their_newer_name_first() {
    let cases = [
        (r#"{"max_tokens":5}"#, Some(5)),
        (r#"{"max_completion_tokens":7,"max_tokens":5}"#, Some(7)),
        (r#"{"max_tokens":5,"max_completion_tokens":7}"#, Some(7)),
        (r#"{"max_tokens":-5}"#, None),
        (r#"{"max_tokens":"5"}"#, None),
        (r#"{}"#, None),
    ];
    for (body, expected) in cases {
        assert_eq!(read(body).max_output, expected.map(Tokens), "{body}");
    }
    assert!(read(r#"{"stream":true}"#).stream);
    assert!(!read(r#"{"stream":"true"}"#).stream);
}

#[test]
fn what_is_malformed_is_read_as_far_as_it_goes() {
    let deep = format!("{{\"model\":\"m\",\"messages\":{}", "[".repeat(100_000));
    for (body, model) in [
        ("", None),
        ("[1]", None),
        ("\"model\"", None),
        (r#"{"model":"m""#, Some("m")),
        (r#"{"model":["m"]}"#, None),
        (
            r#"{"model":"m","messages":[{"role":1,"content":{"a":null}},7]}"#,
            Some("m"),
        ),
        (&deep, Some("m")),
    ] {
        assert_eq!(read(body).model.as_deref(), model, "{}", body.len());
    }
    Needs::read(b"{\"model\":\"\xff\"}", &caller("k"));
}

#[test]
fn every_turn_of_a_conversation_has_its_number() {
    let first = r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}"#;
    let same = [
        r#"{"messages":[{"content":"s","role":"system"},{"content":"q","role":"user"},{"role":"assistant","content":"a"},{"role":"user","content":"r"}],"model":"n","stream":true}"#,
        r#"{"messages":[{"role":"system","content":[{"type":"text","text":"s"}]},{"role":"user","content":[{"type":"text","text":"q","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}"#,
        r#"{"messages":[{"role":"developer","content":"s"},{"role":"user","content":"\u0071"},{"role":"system","content":"late"}]}"#,
    ];
    for body in same {
        assert_eq!(read(body).conversation, read(first).conversation, "{body}");
    }
    let others = [
        r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"Q"}]}"#,
        r#"{"messages":[{"role":"system","content":"S"},{"role":"user","content":"q"}]}"#,
        r#"{"messages":[{"role":"user","content":"q"}]}"#,
        r#"{"messages":[{"role":"system","content":"sq"},{"role":"user","content":""}]}"#,
    ];
    for body in others {
        assert_ne!(read(body).conversation, read(first).conversation, "{body}");
    }
    let other_key = Needs::read(first.as_bytes(), &caller("l"));
    assert_ne!(other_key.conversation, read(first).conversation);
    let anthropic = |last: &str| {
        read(&format!(
            r#"{{"system":[{{"type":"text","text":"s"}}],"messages":[{{"role":"user","content":"q"}}{last}]}}"#
        ))
    };
    let turns = [anthropic(""), anthropic(r#",{"role":"assistant","content":"a"}"#)];
    assert_eq!(turns[0].conversation, turns[1].conversation);
}
