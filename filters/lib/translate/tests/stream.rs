//! Golden streams: every input in `testdata/stream/<provider>/` for both clients, at every split.
//!
//! The expected output of `x.sse` stands in `x.to-<client>.sse`, followed by a comment line with what the translator
//! said of it. `UPDATE_GOLDEN=1` writes these files anew; read the difference before you commit it.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use penstock_chat::Api;
use penstock_sse::Decoder;
use penstock_translate::stream::{End, Options, StreamError, Translator};
use proptest::prelude::*;

fn options(client: Api, provider: Api, include_usage: bool) -> Options {
    Options {
        client,
        provider,
        created: 1_760_000_001,
        include_usage,
        choices: 1,
    }
}

/// What came out of a stream.
#[derive(Debug, PartialEq)]
struct Outcome {
    out: Vec<u8>,
    end: Result<End, StreamError>,
    /// Number of the first event with content.
    committed: Option<usize>,
    summary: String,
}

fn run(options: Options, pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(1 << 20);
    let mut translator = Translator::new(options);
    let mut out = Vec::new();
    let (mut committed, mut count, mut error) = (None, 0, None);
    for index in 0..=pieces.len() {
        if let Some(piece) = pieces.get(index) {
            decoder.push(piece);
        }
        loop {
            let lent = if index < pieces.len() {
                decoder.next()
            } else {
                decoder.finish()
            };
            let Some(frame) = lent.unwrap() else { break };
            match translator.event(&frame, &mut out) {
                Ok(progress) if progress.content => {
                    committed.get_or_insert(count);
                }
                Ok(_) => {}
                Err(failed) => {
                    error.get_or_insert(failed);
                }
            }
            count += 1;
        }
    }
    let end = match error {
        Some(error) => {
            assert_eq!(translator.end(&mut Vec::new()), End::Incomplete);
            Err(error)
        }
        None => Ok(translator.end(&mut out)),
    };
    let state = translator.state();
    let mut summary = String::new();
    write!(summary, ": {end:?}, content from event {committed:?}, {state:?}").unwrap();
    Outcome {
        out,
        end,
        committed,
        summary,
    }
}

fn inputs(provider: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/stream")
        .join(provider);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().contains(".to-"))
        .collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

const PAIRS: [(Api, Api); 4] = [
    (Api::OpenAi, Api::OpenAi),
    (Api::OpenAi, Api::Anthropic),
    (Api::Anthropic, Api::OpenAi),
    (Api::Anthropic, Api::Anthropic),
];

#[test]
fn streams_come_out_as_the_golden_files_say() {
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (provider, client) in PAIRS {
        for path in inputs(provider.as_str()) {
            let input = fs::read(&path).unwrap();
            let outcome = run(options(client, provider, false), &[&input]);
            let mut actual = outcome.out;
            actual.extend_from_slice(outcome.summary.as_bytes());
            actual.push(b'\n');
            let golden = path.with_extension(format!("to-{client}.sse"));
            if bless {
                fs::write(&golden, &actual).unwrap();
            }
            let expected = fs::read(&golden).unwrap_or_default();
            let (actual, expected) = (
                String::from_utf8(actual).unwrap(),
                String::from_utf8(expected).unwrap(),
            );
            assert_eq!(actual, expected, "{}", golden.display());
        }
    }
}

/// What a client of the same API gets for one chunk, by whether it asked for usage.
#[test]
fn chunks_go_on_without_what_the_client_did_not_ask_for() {
    const AZURE: &str = r#"{"choices":[],"id":"","object":"","prompt_filter_results":[{"prompt_index":0}]}"#;
    const CONTENT: &str = r#""choices":[{"index":0,"delta":{"content":"a \"usage\":null b"}}]"#;
    let table = [
        (AZURE.to_owned(), None, None),
        (r#"{"id":"a","choices":[],"usage":null}"#.to_owned(), None, None),
        (r#"{"id":"a"}"#.to_owned(), None, None),
        (
            r#"{"choices":[],"usage":{"prompt_tokens":5}}"#.to_owned(),
            None,
            Some(r#"{"choices":[],"usage":{"prompt_tokens":5}}"#.to_owned()),
        ),
        (
            r#"{"choices":[],"usage":{"prompt_tokens":5},"moderation":{"input":{}}}"#.to_owned(),
            Some(r#"{"choices":[],"moderation":{"input":{}}}"#.to_owned()),
            Some(r#"{"choices":[],"usage":{"prompt_tokens":5},"moderation":{"input":{}}}"#.to_owned()),
        ),
        (
            format!(r#"{{{CONTENT} , "usage" : null , "x":1}}"#),
            Some(format!(r#"{{{CONTENT}  , "x":1}}"#)),
            Some(format!(r#"{{{CONTENT} , "usage" : null , "x":1}}"#)),
        ),
        (
            format!(r#"{{ "usage":{{"usage":1}}, {CONTENT}}}"#),
            Some(format!(r#"{{ {CONTENT}}}"#)),
            Some(format!(r#"{{ "usage":{{"usage":1}}, {CONTENT}}}"#)),
        ),
        (
            format!("{{{CONTENT},\ndata: \"usage\":null}}"),
            Some(format!("{{{CONTENT}}}")),
            Some(format!("{{{CONTENT},\ndata: \"usage\":null}}")),
        ),
        (
            format!(r#"{{{CONTENT}}}"#),
            Some(format!(r#"{{{CONTENT}}}"#)),
            Some(format!(r#"{{{CONTENT}}}"#)),
        ),
    ];
    for (data, without_usage, with_usage) in table {
        for (include_usage, expected) in [(false, without_usage), (true, with_usage)] {
            let input = format!("data: {data}\n\n");
            let outcome = run(
                options(Api::OpenAi, Api::OpenAi, include_usage),
                &[input.as_bytes()],
            );
            let expected = expected.map_or(String::new(), |expected| format!("data: {expected}\n\n"));
            assert_eq!(
                String::from_utf8(outcome.out).unwrap(),
                expected,
                "{data} {include_usage}"
            );
        }
    }
}

#[test]
fn output_does_not_depend_on_where_the_input_was_cut() {
    for (provider, client) in PAIRS {
        for path in inputs(provider.as_str()) {
            let input = fs::read(&path).unwrap();
            let options = options(client, provider, true);
            let whole = run(options, &[&input]);
            for cut in 0..=input.len() {
                let (left, right) = input.split_at(cut);
                assert_eq!(
                    run(options, &[left, right]),
                    whole,
                    "{} cut at {cut}",
                    path.display()
                );
            }
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            assert_eq!(run(options, &bytes), whole, "{}", path.display());
        }
    }
}

#[test]
fn within_one_api_the_bytes_are_the_providers_if_the_client_asked_for_usage() {
    for api in [Api::OpenAi, Api::Anthropic] {
        for name in [
            "text",
            "tools",
            "refusal",
            "unknown",
            "comments-crlf",
            "two-choices",
            "thinking",
        ] {
            let path =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/stream/{api}/{name}.sse"));
            let Ok(input) = fs::read(&path) else { continue };
            let outcome = run(options(api, api, true), &[&input]);
            assert_eq!(outcome.end, Ok(End::Complete));
            assert_eq!(outcome.out, input, "{}", path.display());
        }
    }
}

fn read(api: Api, name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/stream/{api}/{name}.sse"))).unwrap()
}

#[test]
fn usage_chunk_goes_only_to_a_client_that_asked() {
    for provider in [Api::OpenAi, Api::Anthropic] {
        let input = read(provider, "tools");
        for asked in [false, true] {
            let out = run(options(Api::OpenAi, provider, asked), &[&input]).out;
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out.contains("prompt_tokens"), asked, "{provider}: {out}");
            assert!(out.ends_with("data: [DONE]\n\n"));
        }
    }
}

#[test]
fn text_that_looks_like_a_usage_member_is_not_edited() {
    let input =
        br#"data: {"choices":[{"index":0,"delta":{"content":"\"usage\":null"},"finish_reason":"stop"}]}

"#;
    let outcome = run(options(Api::OpenAi, Api::OpenAi, false), &[input]);
    assert!(outcome.out.starts_with(input));
}

#[test]
fn fewer_choices_than_asked_without_an_end_mark_are_incomplete() {
    let both = read(Api::OpenAi, "two-choices");
    let one = read(Api::OpenAi, "no-done");
    let asked = |choices| Options {
        choices,
        ..options(Api::OpenAi, Api::OpenAi, false)
    };
    assert_eq!(run(asked(2), &[&both]).end, Ok(End::Complete));
    assert_eq!(run(asked(2), &[&one]).end, Ok(End::Incomplete));
    assert_eq!(run(asked(1), &[&one]).end, Ok(End::Complete));
    assert_eq!(run(asked(2), &[&one, b"data: [DONE]\n\n"]).end, Ok(End::Complete));
}

#[test]
fn choice_that_began_and_did_not_stop_makes_the_stream_incomplete() {
    let input = String::from_utf8(read(Api::OpenAi, "two-choices")).unwrap();
    let unfinished = input.replace("\"length\"", "null");
    for client in [Api::OpenAi, Api::Anthropic] {
        let options = options(client, Api::OpenAi, false);
        assert_eq!(run(options, &[input.as_bytes()]).end, Ok(End::Complete));
        let outcome = run(options, &[unfinished.as_bytes()]);
        assert_eq!(outcome.end, Ok(End::Incomplete));
        let out = String::from_utf8(outcome.out).unwrap();
        assert!(!out.contains("[DONE]") && !out.contains("message_stop"));
    }
}

#[test]
fn stream_cut_inside_an_event_is_judged_by_what_came_before() {
    let cut = b"data: {\"choices\":[],\"usa";
    let finished = read(Api::OpenAi, "no-done");
    let unfinished = read(Api::OpenAi, "cut");
    for client in [Api::OpenAi, Api::Anthropic] {
        let options = options(client, Api::OpenAi, false);
        let outcome = run(options, &[&finished, cut]);
        assert_eq!(outcome, run(options, &[&finished]));
        assert_eq!(run(options, &[&unfinished, cut]).end, Ok(End::Incomplete));
    }
}

#[test]
fn event_that_fails_halfway_leaves_nothing_behind() {
    let chunk = |delta: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    let call = r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#;
    let begun = chunk(&format!("{{{call}}}"));
    let failing = chunk(&format!(r#"{{"content":"halfway",{call}}}"#));
    let options = options(Api::Anthropic, Api::OpenAi, false);
    let outcome = run(options, &[begun.as_bytes(), failing.as_bytes()]);
    assert!(matches!(outcome.end, Err(StreamError::Malformed(_))));
    assert!(!String::from_utf8(outcome.out).unwrap().contains("halfway"));
}

#[test]
fn huge_and_wrong_numbers_are_errors_or_ignored() {
    let table: &[(Api, &str, bool)] = &[
        (Api::OpenAi, r#"{"choices":[{"index":127,"delta":{}}]}"#, true),
        (Api::OpenAi, r#"{"choices":[{"index":128,"delta":{}}]}"#, false),
        (
            Api::OpenAi,
            r#"{"choices":[{"index":18446744073709551615,"delta":{}}]}"#,
            false,
        ),
        (Api::OpenAi, r#"{"choices":[{"index":-1,"delta":{}}]}"#, false),
        (
            Api::OpenAi,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":18446744073709551615}]}}]}"#,
            true,
        ),
        (
            Api::OpenAi,
            r#"{"choices":[],"usage":{"prompt_tokens":-1}}"#,
            true,
        ),
        (Api::OpenAi, r#"{"choices":[],"usage":"none"}"#, true),
        (Api::OpenAi, r#"{"choices":null}"#, true),
        (Api::OpenAi, r#"{"choices":[{"delta":null}]}"#, true),
        (
            Api::OpenAi,
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}"#,
            true,
        ),
        (Api::OpenAi, r#"{"choices":{}}"#, false),
        (Api::OpenAi, r#"[]"#, false),
        (Api::OpenAi, r#"null"#, false),
        (
            Api::OpenAi,
            r#"{"choices":[{"index":0,"delta":{"content":"\ud800"}}]}"#,
            false,
        ),
        (
            Api::Anthropic,
            r#"{"type":"content_block_delta","index":18446744073709551615,"delta":{"type":"input_json_delta","partial_json":"{"}}"#,
            true,
        ),
        (
            Api::Anthropic,
            r#"{"type":"content_block_stop","index":1e3}"#,
            false,
        ),
        (Api::Anthropic, r#"{"type":"message_start"}"#, true),
        (
            Api::Anthropic,
            r#"{"type":"message_start","message":{"usage":{"input_tokens":18446744073709551615,"cache_read_input_tokens":1}}}"#,
            true,
        ),
        (Api::Anthropic, r#"{"type":7}"#, true),
        (Api::Anthropic, r#"{}"#, true),
        (Api::Anthropic, r#""text""#, false),
    ];
    for (provider, data, fine) in table {
        for client in [Api::OpenAi, Api::Anthropic] {
            let outcome = run(
                options(client, *provider, false),
                &[format!("data: {data}\n\n").as_bytes()],
            );
            let failed = matches!(outcome.end, Err(StreamError::Malformed(_)));
            assert_eq!(!failed, *fine, "{data}");
            if let Err(error) = outcome.end {
                assert!(!error.to_string().contains("text"), "{error} quotes the event");
            }
        }
    }
}

#[test]
fn the_output_that_a_message_begins_with_is_no_count() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/stream/anthropic/no-usage.sse");
    let input = fs::read(path).unwrap();
    for client in [Api::OpenAi, Api::Anthropic] {
        let outcome = run(options(client, Api::Anthropic, false), &[&input]);
        assert!(
            outcome
                .summary
                .contains("usage: Some(Usage { input: Tokens(142), output: Tokens(0)"),
            "{}",
            outcome.summary
        );
    }
}

#[test]
fn deep_nesting_is_an_error_or_skipped_and_never_a_crash() {
    for data in [
        "[".repeat(200_000),
        format!(r#"{{"x":{}"#, "[".repeat(200_000)),
        format!(r#"{{"choices":[{{"delta":{{"content":{}"#, "[".repeat(200_000)),
    ] {
        for (provider, client) in PAIRS {
            let outcome = run(
                options(client, provider, false),
                &[format!("data: {data}\n\n").as_bytes()],
            );
            assert!(matches!(outcome.end, Err(StreamError::Malformed(_))));
        }
    }
}

#[test]
fn tool_calls_beyond_the_limit_are_refused() {
    let mut input = String::new();
    for call in 0..1100 {
        writeln!(input, r#"data: {{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{call},"id":"c{call}","function":{{"name":"f","arguments":"{{}}"}}}}]}}}}]}}"#).unwrap();
        input.push('\n');
    }
    let outcome = run(options(Api::Anthropic, Api::OpenAi, false), &[input.as_bytes()]);
    assert!(matches!(outcome.end, Err(StreamError::Malformed(_))));
}

#[test]
fn late_fragment_of_a_closed_tool_call_is_an_error_and_not_lost() {
    let chunk = |delta: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    let call = |arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let input = [
        chunk(&call("{")),
        chunk(r#"{"content":"text"}"#),
        chunk(&call("}")),
    ]
    .concat();
    let outcome = run(options(Api::Anthropic, Api::OpenAi, false), &[input.as_bytes()]);
    assert!(matches!(outcome.end, Err(StreamError::Malformed(_))));
}

/// The text, reasoning and tool arguments that a client of an API reads from a stream.
fn said(api: Api, stream: &[u8]) -> [String; 3] {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(stream);
    let mut said = [const { String::new() }; 3];
    while let Some(frame) = decoder.next().unwrap() {
        let Ok(event) = serde_json::from_str::<serde_json::Value>(&frame.data) else {
            continue;
        };
        let delta = match api {
            Api::OpenAi => &event["choices"][0]["delta"],
            Api::Anthropic => &event["delta"],
        };
        let fields = match api {
            Api::OpenAi => [
                &delta["content"],
                &delta["reasoning_content"],
                &delta["tool_calls"][0]["function"]["arguments"],
            ],
            Api::Anthropic => [&delta["text"], &delta["thinking"], &delta["partial_json"]],
        };
        for (said, field) in said.iter_mut().zip(fields) {
            said.push_str(field.as_str().unwrap_or_default());
        }
    }
    said
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Thinking(String),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![
        any::<String>().prop_map(Piece::Text),
        any::<String>().prop_map(Piece::Thinking)
    ];
    proptest::collection::vec(piece, 0..12)
}

fn openai_stream(pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let delta = match piece {
            Piece::Text(text) => serde_json::json!({"content": text}),
            Piece::Thinking(text) => serde_json::json!({"reasoning_content": text}),
        };
        let chunk = serde_json::json!({"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta}]});
        penstock_sse::write(None, chunk.to_string().as_bytes(), &mut out);
    }
    penstock_sse::write(
        None,
        br#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        &mut out,
    );
    out
}

proptest! {
    #[test]
    fn what_the_model_said_is_what_the_client_reads(pieces in pieces()) {
        let input = openai_stream(&pieces);
        let said_by_model = said(Api::OpenAi, &input);
        let to_anthropic = run(options(Api::Anthropic, Api::OpenAi, false), &[&input]);
        prop_assert_eq!(&to_anthropic.end, &Ok(End::Complete));
        prop_assert_eq!(&said(Api::Anthropic, &to_anthropic.out), &said_by_model);
        let back = run(options(Api::OpenAi, Api::Anthropic, false), &[&to_anthropic.out]);
        prop_assert_eq!(&back.end, &Ok(End::Complete));
        prop_assert_eq!(&said(Api::OpenAi, &back.out), &said_by_model);
        let bytes: usize = said_by_model.iter().map(String::len).sum();
        let stated = format!("output_text_bytes: {bytes} ");
        prop_assert!(to_anthropic.summary.contains(&stated));
    }

    #[test]
    fn arbitrary_bytes_never_panic(provider in 0..2, client in 0..2, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let api = |n| if n == 0 { Api::OpenAi } else { Api::Anthropic };
        let input: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
        run(options(api(client), api(provider), false), &[&input]);
    }
}
