//! What is kept, what is refused and for what reason, and how much is held meanwhile.

use proptest::prelude::*;

use super::*;

/// A chunk with members beside those of a chunk, of its choice, and in its delta.
fn chunk(beside: &str, choice: &str, delta: &str, finish: &str) -> String {
    format!(
        r#"data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","service_tier":"default","system_fingerprint":"fp_1"{beside},"choices":[{{"index":0,"delta":{{{delta}}},"finish_reason":{finish}{choice}}}]}}"#
    ) + "\n\n"
}

const HELLO: &str = r#""role":"assistant","content":"Hello""#;

/// An OpenAI stream with something unusual in its second chunk.
fn openai_stream(beside: &str, choice: &str, delta: &str) -> String {
    let first = chunk("", "", HELLO, "null");
    let second = chunk(beside, choice, delta, "null");
    let last = chunk("", "", "", "\"stop\"");
    format!("{first}{second}{last}data: [DONE]\n\n")
}

/// The same as a whole body.
fn openai_body(beside: &str, choice: &str, message: &str) -> String {
    let message = match message {
        "" => HELLO.to_owned(),
        message => format!("{HELLO},{message}"),
    };
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","system_fingerprint":"fp_1"{beside},"choices":[{{"index":0,"message":{{{message}}},"finish_reason":"stop"{choice}}}]}}"#
    )
}

/// Members beside those of the answer, of its choice and of its message, and what becomes of it.
const OPENAI: &[(&str, &str, &str, Option<Unfit>)] = &[
    ("", "", "", None),
    (
        r#","obfuscation":"r4N7""#,
        r#","logprobs":null"#,
        r#""refusal":null,"annotations":[]"#,
        None,
    ),
    (r#","usage":{"prompt_tokens":"many"}"#, "", "", None),
    (
        r#","provider":"x","x_groq":{"id":"req_1"}"#,
        r#","content_filter_results":{"hate":{"filtered":false}}"#,
        "",
        None,
    ),
    (
        r#","error":null,"citations":[],"moderation":null"#,
        r#","stop_reason":null,"token_ids":null"#,
        r#""audio":null,"tool_calls":[],"function_call":null"#,
        None,
    ),
    ("", "", r#""reasoning_content":"hm""#, None),
    (
        "",
        r#","logprobs":{"content":[{"token":"a","logprob":-0.1}]}"#,
        "",
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""annotations":[{"type":"url_citation"}]"#,
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""audio":{"id":"a","data":"UklG"}"#,
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""function_call":{"name":"f","arguments":"{}"}"#,
        Some(Unfit::Foreign),
    ),
    ("", "", r#""images":[{"type":"image_url"}]"#, Some(Unfit::Foreign)),
    (
        "",
        "",
        r#""reasoning_details":[{"type":"reasoning.encrypted"}]"#,
        Some(Unfit::Foreign),
    ),
    ("", "", r#""brand_new":"x""#, Some(Unfit::Foreign)),
    (
        r#","citations":["https://example.com"]"#,
        "",
        "",
        Some(Unfit::Foreign),
    ),
    (r#","moderation":{"flagged":false}"#, "", "", Some(Unfit::Foreign)),
    ("", "", r#""refusal":"I cannot""#, Some(Unfit::Refusal)),
    (r#","error":{"message":"overloaded"}"#, "", "", Some(Unfit::Error)),
    (
        "",
        "",
        r#""thinking_blocks":[{"type":"thinking","thinking":"a"}],"reasoning_content":"b""#,
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""tool_calls":[{"index":0,"id":"1","type":"custom","custom":{"name":"f","input":"x"}}]"#,
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"},"extra_content":{"a":1}}]"#,
        Some(Unfit::Foreign),
    ),
    (
        "",
        "",
        r#""tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{"}}]"#,
        Some(Unfit::Malformed),
    ),
    (
        "",
        "",
        r#""tool_calls":[{"index":0,"id":"1","function":{"name":"","arguments":"{}"}}]"#,
        Some(Unfit::Malformed),
    ),
    (
        "",
        "",
        r#""tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"[]"}}]"#,
        Some(Unfit::Malformed),
    ),
];

#[test]
fn openai_content_that_a_replay_would_lose_is_refused_and_metadata_is_not() {
    for (beside, choice, message, expected) in OPENAI {
        let streamed = openai_stream(beside, choice, message);
        let whole = openai_body(beside, choice, message);
        for (body, is_stream) in [(streamed, true), (whole, false)] {
            let answer = collected(Api::OpenAi, is_stream, &[body.as_bytes()], true);
            assert_eq!(answer.as_ref().err(), expected.as_ref(), "{body}");
            if let Ok(answer) = answer {
                assert_eq!(answer.text(), "Hello");
            }
        }
    }
}

#[test]
fn reason_to_stop_that_is_not_known_is_no_natural_one() {
    for (reason, expected) in [
        ("stop", None),
        ("length", Some(Unfit::Length)),
        ("content_filter", Some(Unfit::Refusal)),
        ("tool_calls", Some(Unfit::Malformed)),
        ("insufficient_system_resource", Some(Unfit::Foreign)),
    ] {
        let body = openai_body("", "", "").replace("stop", reason);
        let whole = collected(Api::OpenAi, false, &[body.as_bytes()], true);
        assert_eq!(whole.err(), expected, "{reason}");
        let body = openai_stream("", "", "").replace("stop", reason);
        let streamed = collected(Api::OpenAi, true, &[body.as_bytes()], true);
        assert_eq!(streamed.err(), expected, "{reason}");
    }
    for reason in ["error", "abort"] {
        let body = openai_stream("", "", "").replace("stop", reason);
        let answer = collected(Api::OpenAi, true, &[body.as_bytes()], true);
        assert_eq!(answer, Err(Unfit::Error));
    }
}

#[test]
fn several_choices_are_refused_even_if_one_is_silent() {
    let body = openai_stream("", "", "").replace("\"index\":0", "\"index\":1");
    let answer = collected(Api::OpenAi, true, &[body.as_bytes()], true);
    assert_eq!(answer, Err(Unfit::SeveralChoices));
    let body = openai_body("", r#"},{"index":1,"message":{"content":"Hi"}"#, "");
    let answer = collected(Api::OpenAi, false, &[body.as_bytes()], true);
    assert_eq!(answer, Err(Unfit::SeveralChoices));
}

/// An Anthropic stream with events in its middle.
fn anthropic_stream(middle: &[&str], delta: &str) -> String {
    let start = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#;
    let end = format!(r#"{{"type":"message_delta","delta":{{{delta}}},"usage":{{"output_tokens":15}}}}"#);
    [start]
        .into_iter()
        .chain(middle.iter().copied())
        .chain([end.as_str(), r#"{"type":"message_stop"}   "#])
        .map(|data| {
            let (_, rest) = data.split_once(r#""type":""#).unwrap();
            let (name, _) = rest.split_once('"').unwrap();
            format!("event: {name}\ndata: {data}\n\n")
        })
        .collect()
}

const TEXT: [&str; 3] = [
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
];

const END_TURN: &str = r#""stop_reason":"end_turn","stop_sequence":null,"container":null"#;

#[test]
fn anthropic_events_that_a_replay_would_lose_are_refused() {
    let [start, text, stop] = TEXT;
    let delta = |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    let block =
        |block: &str| format!(r#"{{"type":"content_block_start","index":1,"content_block":{block}}}"#);
    let stop_1 = r#"{"type":"content_block_stop","index":1}"#;
    let citation = delta(r#"{"type":"citations_delta","citation":{"type":"char_location"}}"#);
    let cited = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":[{"a":1}]}}"#;
    let search = block(r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#);
    let called = block(
        r#"{"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"code_execution_20250825","tool_id":"x"}}"#,
    );
    let second = start.replace("\"index\":0", "\"index\":1");
    let ping = r#"{"type":"ping"}"#;
    let cases: [(&[&str], Option<Unfit>); 13] = [
        (&[start, ping, text, stop], None),
        (&[start, text, &citation, stop], Some(Unfit::Foreign)),
        (&[cited, text, stop], Some(Unfit::Foreign)),
        (&[start, text, stop, &search, stop_1], Some(Unfit::Foreign)),
        (&[start, text, stop, &called, stop_1], Some(Unfit::Foreign)),
        (
            &[start, text, stop, r#"{"type":"brand_new"}"#],
            Some(Unfit::Foreign),
        ),
        (&[start, text], Some(Unfit::Malformed)),
        (&[start, text, stop, stop], Some(Unfit::Malformed)),
        (&[text, start, stop], Some(Unfit::Malformed)),
        (&[start, &second, text, stop, stop_1], Some(Unfit::Malformed)),
        (&[start, start, text, stop], Some(Unfit::Malformed)),
        (
            &[
                start,
                text,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#,
            ],
            Some(Unfit::Error),
        ),
        (&[], Some(Unfit::Empty)),
    ];
    for (events, expected) in cases {
        let body = anthropic_stream(events, END_TURN);
        let answer = collected(Api::Anthropic, true, &[body.as_bytes()], true);
        assert_eq!(answer.as_ref().err(), expected.as_ref(), "{body}");
    }
    for (end, expected) in [
        (r#""stop_reason":"brand_new""#, Unfit::Foreign),
        (r#""stop_reason":"tool_use""#, Unfit::Malformed),
        (r#""stop_reason":"pause_turn""#, Unfit::Pause),
        (
            r#""stop_reason":"refusal","stop_details":{"category":"x"}"#,
            Unfit::Refusal,
        ),
        (
            r#""stop_reason":"end_turn","container":{"id":"c"}"#,
            Unfit::Foreign,
        ),
        (r#""stop_reason":null"#, Unfit::Incomplete),
    ] {
        let body = anthropic_stream(&TEXT, end);
        let answer = collected(Api::Anthropic, true, &[body.as_bytes()], true);
        assert_eq!(answer, Err(expected), "{body}");
    }
}

#[test]
fn content_after_the_end_is_refused() {
    let end = chunk("", "", "", "\"stop\"");
    let more = chunk("", "", HELLO, "null");
    for body in [
        format!("{more}{end}{more}data: [DONE]\n\n"),
        format!("{more}{end}data: [DONE]\n\n{more}"),
    ] {
        let answer = collected(Api::OpenAi, true, &[body.as_bytes()], true);
        assert_eq!(answer, Err(Unfit::Malformed), "{body}");
    }
    let body = anthropic_stream(&TEXT, END_TURN);
    let twice = format!("{body}{body}");
    let answer = collected(Api::Anthropic, true, &[twice.as_bytes()], true);
    assert_eq!(answer, Err(Unfit::Malformed));
}

#[test]
fn line_ends_comments_and_pings_make_no_difference() {
    for (dialect, body) in [
        (Api::OpenAi, openai_stream("", "", "")),
        (Api::Anthropic, anthropic_stream(&TEXT, END_TURN)),
    ] {
        let plain = collected(dialect, true, &[body.as_bytes()], true);
        assert!(plain.is_ok());
        let commented = format!(
            ": OPENROUTER PROCESSING\n\n{}: bye\n\n",
            body.replace("\n\n", "\n\n: ping\n\n")
        );
        let named = format!("event: ping\n\n{body}");
        for other in [
            body.replace('\n', "\r\n"),
            body.replace('\n', "\r"),
            commented,
            named,
            format!("\u{feff}{body}"),
            body.trim_end().to_owned(),
        ] {
            assert_eq!(
                collected(dialect, true, &[other.as_bytes()], true),
                plain,
                "{other:?}"
            );
        }
    }
}

#[test]
fn stream_that_told_its_end_is_complete_though_its_client_has_gone() {
    let body = openai_stream("", "", "");
    assert!(collected(Api::OpenAi, true, &[body.as_bytes()], false).is_ok());
    let body = openai_body("", "", "");
    let torn = collected(Api::OpenAi, false, &[body.as_bytes()], false);
    assert_eq!(torn, Err(Unfit::Incomplete));
}

#[test]
fn event_named_error_is_one_whatever_it_says() {
    let body = format!("event: error\n{}", openai_stream("", "", ""));
    assert_eq!(
        collected(Api::OpenAi, true, &[body.as_bytes()], true),
        Err(Unfit::Error)
    );
    let body = anthropic_stream(&TEXT, END_TURN).replacen("event: message_delta", "event: error", 1);
    assert_eq!(
        collected(Api::Anthropic, true, &[body.as_bytes()], true),
        Err(Unfit::Error)
    );
}

#[test]
fn body_with_anything_beside_its_object_is_malformed() {
    let body = openai_body("", "", "");
    for other in [
        format!("{body}{body}"),
        format!("{body},"),
        format!("[{body}]"),
        body.replace("Hello", "\\ud800"),
        String::new(),
    ] {
        let answer = collected(Api::OpenAi, false, &[other.as_bytes()], true);
        assert_eq!(answer, Err(Unfit::Malformed), "{other}");
    }
    let spaced = format!("\r\n {body} \n");
    assert!(collected(Api::OpenAi, false, &[spaced.as_bytes()], true).is_ok());
    assert_eq!(
        collected(Api::OpenAi, false, &[b"{\"a\":\"\xff\"}"], true),
        Err(Unfit::Malformed)
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        collected(Api::OpenAi, false, &[deep.as_bytes()], true),
        Err(Unfit::Malformed)
    );
    let deep = format!("data: {deep}\n\n");
    assert_eq!(
        collected(Api::OpenAi, true, &[deep.as_bytes()], true),
        Err(Unfit::Malformed)
    );
}

#[test]
fn answers_that_say_nothing_are_not_kept() {
    for nothing in ["", " ", "\\n\\t"] {
        let body = openai_body("", "", "").replace("Hello", nothing);
        let answer = collected(Api::OpenAi, false, &[body.as_bytes()], true);
        assert_eq!(answer, Err(Unfit::Empty));
    }
}

#[test]
fn tool_calls_are_kept_only_where_they_are_to_be() {
    for dialect in APIS {
        for stream in [false, true] {
            let how = Replay {
                dialect,
                stream,
                include_usage: true,
                id: "1",
                created: 1,
            };
            let body = replay(&sample(), &how).unwrap().body;
            assert_eq!(collected(dialect, stream, &[&body], true), Ok(sample()));
            let mut collector = Collector::new(dialect, stream, LIMITS, false);
            collector.push(&body);
            assert_eq!(collector.finish(true), Err(Unfit::ToolCalls));
        }
    }
}

#[test]
fn answer_of_exactly_the_limit_is_kept_and_one_byte_more_is_not() {
    let body = openai_stream("", "", "");
    let bytes = collected(Api::OpenAi, true, &[body.as_bytes()], true)
        .unwrap()
        .bytes();
    for (bytes, fits) in [(bytes, true), (bytes - 1, false)] {
        let mut collector = Collector::new(Api::OpenAi, true, Limits { bytes }, false);
        collector.push(body.as_bytes());
        let answer = collector.finish(true);
        assert_eq!(answer.err(), (!fits).then_some(Unfit::TooLarge));
    }
    let beside = format!(r#","padding":"{}""#, "-".repeat(500));
    let body = openai_body(&beside, "", "");
    for (bytes, fits) in [(body.len(), true), (body.len() - 1, false)] {
        let mut collector = Collector::new(Api::OpenAi, false, Limits { bytes }, false);
        collector.push(body.as_bytes());
        let answer = collector.finish(true);
        assert_eq!(answer.err(), (!fits).then_some(Unfit::TooLarge));
    }
}

#[test]
fn endless_streams_are_let_go_of() {
    let limits = Limits { bytes: 10_000 };
    let text = chunk("", "", HELLO, "null");
    let block = TEXT.map(|data| format!("data: {data}\n\n")).concat();
    let signed = chunk(
        "",
        "",
        r#""thinking_blocks":[{"index":0,"type":"thinking","signature":"s"}]"#,
        "null",
    );
    let call = chunk(
        "",
        "",
        r#""tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]"#,
        "null",
    );
    for (dialect, piece) in [
        (Api::OpenAi, text.as_str()),
        (Api::OpenAi, "data: no line ever ends "),
        (Api::OpenAi, &signed),
        (Api::OpenAi, &call),
        (Api::Anthropic, &block),
    ] {
        let mut collector = Collector::new(dialect, true, limits, true);
        let mut pieces = 0;
        while collector.unfit().is_none() {
            collector.push(piece.as_bytes());
            pieces += 1;
            assert!(pieces < 12_000, "{piece}");
        }
        assert_eq!(collector.unfit(), Some(Unfit::TooLarge), "{piece}");
        assert_eq!(collector.finish(true), Err(Unfit::TooLarge));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_collected_or_refused(
        body in proptest::collection::vec(any::<u8>(), 0..60),
        text in r#"(data: ?|event: error|\n|\r|\{"choices":|\[DONE\]|[\[\]{}:,"a1 ]){0,30}"#,
    ) {
        for dialect in APIS {
            for is_stream in [false, true] {
                prop_assert!(collected(dialect, is_stream, &[&body], true).is_err());
                prop_assert!(collected(dialect, is_stream, &[text.as_bytes()], true).is_err());
            }
        }
    }
}
