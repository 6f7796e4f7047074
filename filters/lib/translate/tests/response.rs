//! Golden answers: every input in `testdata/response/<provider>/` for a client of the other API.
//!
//! What comes out of `x.json` stands in `x.to-<client>.json`, with what the translator said of the answer.
//! `UPDATE_GOLDEN=1` writes these files anew; read the difference before you commit it.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use penstock_chat::{Api, FinishReason, Tokens};
use penstock_translate::error::ErrorKind;
use penstock_translate::response::{AnswerError, Context, translate};
use proptest::prelude::*;

fn context(client: Api, provider: Api) -> Context {
    Context {
        client,
        provider,
        created: 1_760_000_001,
    }
}

fn inputs(provider: Api) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/response/{provider}"));
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().contains(".to-"))
        .collect();
    files.sort();
    assert!(files.len() > 8);
    files
}

fn read(provider: Api, name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/response/{provider}/{name}.json")))
        .unwrap()
}

#[test]
fn answers_come_out_as_the_golden_files_say() {
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (provider, client) in [(Api::OpenAi, Api::Anthropic), (Api::Anthropic, Api::OpenAi)] {
        for path in inputs(provider) {
            let actual = match translate(&context(client, provider), &fs::read(&path).unwrap()) {
                Ok(mut answer) => {
                    let body = String::from_utf8(answer.body.take().unwrap()).unwrap();
                    assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
                    format!("{body}\n{answer:?}\n")
                }
                Err(error) => format!("{error:?}\n"),
            };
            let golden = path.with_extension(format!("to-{client}.txt"));
            if bless {
                fs::write(&golden, &actual).unwrap();
            }
            let expected = fs::read_to_string(&golden).unwrap_or_default();
            assert_eq!(actual, expected, "{}", golden.display());
        }
    }
}

#[test]
fn within_one_api_the_body_is_left_alone_and_read_the_same() {
    for provider in [Api::OpenAi, Api::Anthropic] {
        let other = if provider == Api::OpenAi {
            Api::Anthropic
        } else {
            Api::OpenAi
        };
        for path in inputs(provider) {
            let body = fs::read(&path).unwrap();
            let same = translate(&context(provider, provider), &body);
            let Ok(mut translated) = translate(&context(other, provider), &body) else {
                continue;
            };
            translated.body = None;
            assert_eq!(same, Ok(translated), "{}", path.display());
        }
    }
}

#[test]
fn bytes_of_all_choices_count_and_the_first_gives_the_reason() {
    let answer = translate(
        &context(Api::OpenAi, Api::OpenAi),
        &read(Api::OpenAi, "two-choices"),
    )
    .unwrap();
    assert_eq!(answer.output_text_bytes, 9);
    assert_eq!(answer.finish, Some(FinishReason::Stop));
    assert_eq!(answer.usage.unwrap().input, Tokens(25));
}

#[test]
fn arguments_that_are_no_object_fail_only_where_the_client_needs_one() {
    let body = read(Api::OpenAi, "tool-bad-arguments");
    assert!(translate(&context(Api::OpenAi, Api::OpenAi), &body).is_ok());
    let failed = translate(&context(Api::Anthropic, Api::OpenAi), &body);
    assert!(matches!(failed, Err(AnswerError::Malformed(_))));
}

#[test]
fn error_inside_a_success_is_the_providers_error() {
    for (provider, kind) in [
        (Api::OpenAi, ErrorKind::RateLimit),
        (Api::Anthropic, ErrorKind::Overloaded),
    ] {
        match translate(&context(Api::OpenAi, provider), &read(provider, "error")) {
            Err(AnswerError::Provider(error)) => assert_eq!(error.kind, kind),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_no_answer_is_an_error_that_quotes_nothing() {
    let deep = "[".repeat(10_000);
    let inputs: [&[u8]; 10] = [
        b"",
        b"<html>secret</html>",
        b"null",
        b"[]",
        b"{}",
        b"\"secret\"",
        br#"{"choices":[{"message":{"tool_calls":"secret"}}],"content":"secret"}"#,
        br#"{"choices":[{"index":"secret"}],"content":[{"type":"text"},"secret"]}"#,
        b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}],\"content\":[{\"text\":\"\xff\"}]}",
        deep.as_bytes(),
    ];
    for input in inputs {
        for provider in [Api::OpenAi, Api::Anthropic] {
            let error = translate(&context(Api::OpenAi, provider), input).unwrap_err();
            assert!(matches!(error, AnswerError::Malformed(_)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}

proptest! {
    #[test]
    fn text_survives_both_ways(text in any::<String>(), thinking in any::<String>(), argument in any::<String>()) {
        let arguments = serde_json::json!({"a": argument}).to_string();
        let input = serde_json::json!({
            "id": "chatcmpl-1", "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
                "content": text, "reasoning_content": thinking,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}],
            }}],
        });
        let there = translate(&context(Api::Anthropic, Api::OpenAi), input.to_string().as_bytes()).unwrap();
        let back = translate(&context(Api::OpenAi, Api::Anthropic), &there.body.unwrap()).unwrap();
        let back: serde_json::Value = serde_json::from_slice(&back.body.unwrap()).unwrap();
        let message = &back["choices"][0]["message"];
        prop_assert_eq!(message["content"].as_str().unwrap_or_default(), text.as_str());
        prop_assert_eq!(message["reasoning_content"].as_str().unwrap_or_default(), thinking.as_str());
        prop_assert_eq!(message["tool_calls"][0]["function"]["arguments"].as_str().unwrap(), arguments.as_str());
        prop_assert_eq!(there.output_text_bytes, u64::try_from(text.len() + thinking.len() + arguments.len()).unwrap());
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for provider in [Api::OpenAi, Api::Anthropic] {
            let _ = translate(&context(Api::OpenAi, provider), &body).is_ok();
        }
    }
}
