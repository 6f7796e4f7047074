//! What is replayed is collected as what was kept, less what the dialect cannot say.

use proptest::prelude::*;

use super::*;

fn how(dialect: Api, stream: bool, include_usage: bool) -> Replay<'static> {
    Replay {
        dialect,
        stream,
        include_usage,
        id: "Bx1",
        created: 1_760_000_001,
    }
}

/// The answer as far as a dialect can say it.
fn carried(answer: &Answer, how: &Replay<'_>) -> Answer {
    let mut carried = answer.clone();
    match how.dialect {
        Api::Anthropic => carried.usage = Some(answer.usage.unwrap_or_default()),
        Api::OpenAi => {
            if how.stream && !how.include_usage {
                carried.usage = None;
            }
            if let Finish::StopSequence(_) = carried.finish {
                carried.finish = Finish::Stop;
            }
            if !how.stream {
                carried.content.sort_by_key(|content| match content {
                    Content::Thinking { .. } | Content::RedactedThinking(_) => 0,
                    Content::Text(_) => 1,
                    Content::ToolCall { .. } => 2,
                });
            }
            // There is one text, not blocks of it.
            carried.content = carried.content.drain(..).fold(Vec::new(), |mut merged, content| {
                match (merged.last_mut(), content) {
                    (Some(Content::Text(text)), Content::Text(more)) => text.push_str(&more),
                    (_, content) => merged.push(content),
                }
                merged
            });
        }
    }
    carried
}

fn comes_back(answer: &Answer) {
    for dialect in APIS {
        for (stream, include_usage) in [(false, false), (true, false), (true, true)] {
            let how = how(dialect, stream, include_usage);
            let replayed = replay(answer, &how).unwrap();
            let again = collected(dialect, stream, &[&replayed.body], true);
            let expected = carried(answer, &how);
            assert_eq!(
                again.as_ref(),
                Ok(&expected),
                "{how:?}\n{}",
                String::from_utf8_lossy(&replayed.body)
            );
            // From one dialect's replay to the other's.
            for other in APIS {
                let second = round_trip::how(other, true, true);
                let body = replay(&expected, &second).unwrap().body;
                let twice = collected(other, true, &[&body], true);
                assert_eq!(twice, Ok(carried(&expected, &second)), "{how:?} {second:?}");
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        r"\PC{1,40}",
        r#"[a-z \r\n\t"\\\x00-\x1f\u{2028}é😀你-]{1,200}"#,
        "[a-z ]{1,20}".prop_map(|words| words.repeat(300)),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let arguments = prop_oneof![
        Just("{}".to_owned()),
        text().prop_map(|text| serde_json::json!({ "text": text, "n": [1, { "a": null }] }).to_string()),
        Just("{\n \"a\" : 1.10\n}".to_owned()),
    ];
    prop_oneof![
        text().prop_map(Content::Text),
        (text(), proptest::option::of("[A-Za-z0-9+/=]{1,40}"))
            .prop_map(|(text, signature)| Content::Thinking { text, signature }),
        "[A-Za-z0-9+/=]{1,40}".prop_map(|signature| Content::Thinking {
            text: String::new(),
            signature: Some(signature),
        }),
        "[A-Za-z0-9+/=]{1,40}".prop_map(Content::RedactedThinking),
        (r"[a-z_0-9]{1,20}", r"[a-z_]{1,20}", arguments)
            .prop_map(|(id, name, arguments)| Content::ToolCall { id, name, arguments }),
    ]
}

fn finish() -> impl Strategy<Value = Finish> {
    prop_oneof![
        3 => Just(Finish::Stop),
        1 => proptest::option::of(r"\PC{1,8}").prop_map(Finish::StopSequence),
    ]
}

prop_compose! {
    fn counts()(cache_read in 0..1000_u64, cache_write in 0..1000_u64, rest in 0..1000_u64, output in 1..1000_u64) -> Usage {
        Usage {
            input: Tokens(cache_read + cache_write + rest),
            output: Tokens(output),
            cache_read: Tokens(cache_read),
            cache_write: Tokens(cache_write),
            reasoning: Tokens(output / 2),
        }
    }
}

prop_compose! {
    fn answer()(
        model in r"[a-z0-9/.:-]{0,40}",
        mut content in proptest::collection::vec(content(), 0..6),
        finish in finish(),
        usage in proptest::option::of(counts()),
    ) -> Answer {
        content.push(Content::Text("and that is all".to_owned()));
        // Ids differ, as providers see to it.
        let mut calls = 0;
        for content in &mut content {
            if let Content::ToolCall { id, .. } = content {
                calls += 1;
                id.push_str(&format!("_{calls}"));
            }
        }
        let finish = if calls > 0 { Finish::ToolCalls } else { finish };
        Answer { model, content, finish, usage }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_answer_comes_back_from_every_dialect_and_mode(answer in answer()) {
        comes_back(&answer);
    }
}

#[test]
fn answer_with_everything_comes_back() {
    comes_back(&sample());
}

/// As little as has a piece of every kind.
fn small() -> Answer {
    let mut small = sample();
    small
        .content
        .retain(|content| !matches!(content, Content::RedactedThinking(_)));
    small.content.pop();
    for content in &mut small.content {
        if let Content::Text(text) = content {
            "é \"\\n😀".clone_into(text);
        }
    }
    small
}

#[test]
fn replays_are_read_the_same_wherever_they_are_cut_in_two() {
    for dialect in APIS {
        for stream in [false, true] {
            let how = how(dialect, stream, true);
            let body = replay(&small(), &how).unwrap().body;
            let whole = collected(dialect, stream, &[&body], true);
            assert!(whole.is_ok());
            for at in 0..=body.len() {
                let (before, after) = body.split_at(at);
                assert_eq!(
                    collected(dialect, stream, &[before, after], true),
                    whole,
                    "{how:?} {at}"
                );
            }
            let bytes: Vec<&[u8]> = body.chunks(1).collect();
            assert_eq!(collected(dialect, stream, &bytes, true), whole);
        }
    }
}

#[test]
fn part_of_a_replay_is_never_an_answer() {
    for dialect in APIS {
        for stream in [false, true] {
            let body = replay(&small(), &how(dialect, stream, true)).unwrap().body;
            // The blank line after the end mark says nothing more, if the transport says that it was the last.
            let last = body.trim_ascii_end().len();
            for at in 0..body.len() {
                let part = &body[..at];
                let ended = collected(dialect, stream, &[part], true);
                assert_eq!(ended.is_ok(), at >= last, "{dialect} {stream} {at} {ended:?}");
                let torn = collected(dialect, stream, &[part], false);
                assert_eq!(torn, Err(Unfit::Incomplete), "{dialect} {stream} {at}");
            }
        }
    }
}

#[test]
fn openai_stream_has_the_chunks_that_clients_expect() {
    let answer = Answer {
        model: "gpt-4.1".to_owned(),
        content: vec![Content::Text(
            "Hello there, this is an answer of several words.".to_owned(),
        )],
        finish: Finish::Stop,
        usage: Some(usage()),
    };
    let replayed = replay(&answer, &how(Api::OpenAi, true, true)).unwrap();
    assert_eq!(replayed.content_type, "text/event-stream");
    let head = r#"data: {"id":"chatcmpl-Bx1","object":"chat.completion.chunk","created":1760000001,"model":"gpt-4.1","choices":["#;
    let chunk = |delta: &str, finish: &str| {
        format!(
            "{head}{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}],\"usage\":null}}\n\n"
        )
    };
    let expected = [
        chunk(r#"{"role":"assistant","content":""}"#, "null"),
        chunk(r#"{"content":"Hello there, this is an answer "}"#, "null"),
        chunk(r#"{"content":"of several words."}"#, "null"),
        chunk("{}", r#""stop""#),
        format!(
            "{head}],\"usage\":{{\"prompt_tokens\":25,\"completion_tokens\":9,\"total_tokens\":34,\"prompt_tokens_details\":{{\"cached_tokens\":16,\"cache_write_tokens\":4}},\"completion_tokens_details\":{{\"reasoning_tokens\":3}}}}}}\n\n"
        ),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(String::from_utf8(replayed.body).unwrap(), expected.concat());
    let plain = replay(&answer, &how(Api::OpenAi, true, false)).unwrap();
    assert!(!String::from_utf8(plain.body).unwrap().contains("usage"));
}

#[test]
fn anthropic_stream_has_the_events_that_clients_expect() {
    let answer = Answer {
        finish: Finish::StopSequence(Some("END".to_owned())),
        content: vec![Content::Text("Hi".to_owned())],
        ..sample()
    };
    let replayed = replay(&answer, &how(Api::Anthropic, true, false)).unwrap();
    let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_Bx1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":4,"cache_read_input_tokens":16,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"input_tokens":5,"cache_creation_input_tokens":4,"cache_read_input_tokens":16,"output_tokens":9,"output_tokens_details":{"thinking_tokens":3}}}

event: message_stop
data: {"type":"message_stop"}

"#;
    assert_eq!(String::from_utf8(replayed.body).unwrap(), expected);
}

#[test]
fn long_answer_is_streamed_in_some_events_and_not_in_thousands() {
    let mut answer = sample();
    answer.content = vec![Content::Text("word ".repeat(40_000))];
    answer.finish = Finish::Stop;
    for dialect in APIS {
        let body = replay(&answer, &how(dialect, true, false)).unwrap().body;
        let events = String::from_utf8(body).unwrap().matches("\n\n").count();
        assert!((40..160).contains(&events), "{events}");
    }
}

#[test]
fn arguments_that_are_no_object_are_an_error_and_not_half_an_answer() {
    let mut answer = sample();
    answer.content = vec![Content::ToolCall {
        id: "1".to_owned(),
        name: "f".to_owned(),
        arguments: "{\"a\":".to_owned(),
    }];
    let whole = replay(&answer, &how(Api::Anthropic, false, false));
    assert_eq!(whole, Err(Unsayable(Api::Anthropic)));
}
