//! What a provider calls itself and its answer is repeated in every event and kept in every log: it has a limit.

// Helpers of a test may do what tests may.
#![allow(clippy::unwrap_used)]

use penstock_chat::Api;
use penstock_sse::Decoder;
use penstock_translate::response::{self, Context};
use penstock_translate::stream::{Options, StreamState, Translator};

const APIS: [Api; 2] = [Api::OpenAi, Api::Anthropic];

/// Names as they come, as JSON strings, and as they are kept.
fn table() -> Vec<(String, String)> {
    let kept = |name: &str| (format!("\"{name}\""), name.to_owned());
    vec![
        kept("gpt-5.2"),
        kept(&"a".repeat(256)),
        (format!("\"{}\"", "a".repeat(400_000)), "a".repeat(256)),
        // The 256th byte is half of a character.
        (
            format!("\"a{}\"", "é".repeat(200)),
            format!("a{}", "é".repeat(127)),
        ),
        (r#""a\r\nb\u0000\u007f\u0085c""#.to_owned(), "a__b___c".to_owned()),
        (
            format!(r#""\n{}""#, "a".repeat(400)),
            format!("_{}", "a".repeat(255)),
        ),
    ]
}

fn answer(provider: Api, name: &str) -> String {
    match provider {
        Api::OpenAi => format!(
            r#"{{"id":{name},"model":{name},"choices":[{{"index":0,"message":{{"content":"x"}},"finish_reason":"stop"}}]}}"#
        ),
        Api::Anthropic => format!(
            r#"{{"id":{name},"model":{name},"content":[{{"type":"text","text":"x"}}],"stop_reason":"end_turn"}}"#
        ),
    }
}

fn events(provider: Api, name: &str) -> String {
    match provider {
        Api::OpenAi => {
            let chunk = format!(
                "data: {{\"id\":{name},\"model\":{name},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"x\"}}}}]}}\n\n"
            );
            let next = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";
            chunk + &next.repeat(100)
        }
        Api::Anthropic => {
            let start = format!(
                "data: {{\"type\":\"message_start\",\"message\":{{\"id\":{name},\"model\":{name}}}}}\n\n"
            );
            let next = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n";
            start + &next.repeat(100)
        }
    }
}

fn streamed(client: Api, provider: Api, stream: &str) -> (Vec<u8>, StreamState) {
    let mut translator = Translator::new(Options {
        client,
        provider,
        created: 0,
        include_usage: false,
        choices: 1,
    });
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(stream.as_bytes());
    let mut out = Vec::new();
    while let Some(frame) = decoder.next().unwrap() {
        translator.event(&frame, &mut out).unwrap();
    }
    (out, translator.state().clone())
}

#[test]
fn names_of_answers_are_short_and_printable() {
    for (client, provider) in APIS
        .into_iter()
        .flat_map(|client| APIS.map(|provider| (client, provider)))
    {
        let context = Context {
            client,
            provider,
            created: 0,
        };
        for (sent, kept) in table() {
            let answer = response::translate(&context, answer(provider, &sent).as_bytes()).unwrap();
            assert_eq!(answer.model, Some(kept), "{provider} to {client}");
            let written = answer.body.map_or(0, |body| body.len());
            assert!(written < 2_000, "{provider} to {client}: {written}");
        }
    }
}

#[test]
fn names_of_streams_are_short_and_printable() {
    for (client, provider) in APIS
        .into_iter()
        .flat_map(|client| APIS.map(|provider| (client, provider)))
    {
        for (sent, kept) in table() {
            let (out, state) = streamed(client, provider, &events(provider, &sent));
            assert_eq!(state.model, Some(kept), "{provider} to {client}");
            assert!(
                client == provider || out.len() < 150_000,
                "{provider} to {client}: {}",
                out.len()
            );
        }
    }
}
