//! What the fuzz targets have in common: run one input through one parser and check what must always hold.
//!
//! `cargo +nightly fuzz run --fuzz-dir . <target>` in this folder; the files of `filters/lib/translate/testdata` make good seeds.

pub mod pii;

use penstock_chat::{Api, Tokens};
use penstock_sse::{DecodeError, Decoder};
use penstock_translate::stream::{End, Options, Translator};
use penstock_translate::target::{Flavor, Target};
use penstock_translate::{error, request, response};

const APIS: [Api; 2] = [Api::OpenAi, Api::Anthropic];

/// Small enough that a fuzzer reaches it.
const MAX_EVENT: usize = 512;

/// Decodes `bytes` in one piece and cut after `cut` bytes: both must say the same.
pub fn sse_decoder(cut: usize, bytes: &[u8]) {
    let cut = cut.min(bytes.len());
    let (left, right) = bytes.split_at(cut);
    assert_eq!(decode(&[bytes]), decode(&[left, right]));
}

fn decode(pieces: &[&[u8]]) -> Vec<Result<(Vec<u8>, String, bool), DecodeError>> {
    let mut decoder = Decoder::new(MAX_EVENT);
    let mut seen = Vec::new();
    for piece in pieces.iter().map(Some).chain([None]) {
        if let Some(piece) = piece {
            decoder.push(piece);
        }
        loop {
            let lent = if piece.is_some() {
                decoder.next()
            } else {
                decoder.finish()
            };
            match lent {
                Ok(Some(frame)) => seen.push(Ok((
                    frame.raw.to_vec(),
                    frame.data.into_owned(),
                    frame.terminated,
                ))),
                Ok(None) => break,
                Err(error @ DecodeError::EventTooLarge { .. }) => {
                    seen.push(Err(error));
                    return seen;
                }
                Err(error) => seen.push(Err(error)),
            }
        }
    }
    seen
}

/// Translates a stream for both clients. A complete one must be readable as the client's, and complete there too.
pub fn stream(provider: Api, bytes: &[u8]) {
    for client in APIS {
        let (out, end) = translate(client, provider, bytes);
        if end == Some(End::Complete) && client != provider {
            assert_eq!(translate(client, client, &out).1, Some(End::Complete));
        }
    }
}

fn translate(client: Api, provider: Api, bytes: &[u8]) -> (Vec<u8>, Option<End>) {
    let mut decoder = Decoder::new(1 << 20);
    let mut translator = Translator::new(Options {
        client,
        provider,
        created: 0,
        include_usage: false,
        choices: 1,
    });
    let mut out = Vec::new();
    decoder.push(bytes);
    for last in [false, true] {
        while let Ok(Some(frame)) = if last { decoder.finish() } else { decoder.next() } {
            if translator.event(&frame, &mut out).is_err() {
                return (out, None);
            }
        }
    }
    let end = translator.end(&mut out);
    (out, Some(end))
}

/// Translates an answer for both clients. What a client gets must be an answer of its API.
pub fn response(provider: Api, bytes: &[u8]) {
    for client in APIS {
        let context = |client, provider| response::Context {
            client,
            provider,
            created: 0,
        };
        if let Ok(answer) = response::translate(&context(client, provider), bytes)
            && let Some(body) = answer.body
        {
            let read = response::translate(&context(client, client), &body);
            assert_eq!(
                read.map(|read| read.output_text_bytes > 0),
                Ok(answer.output_text_bytes > 0)
            );
        }
    }
}

/// Reads an error of both providers and writes it for both clients, where it must be JSON.
pub fn provider_error(status: u16, bytes: &[u8]) {
    for provider in APIS {
        let error = error::parse(provider, status, bytes);
        assert!(!error.message.is_empty() && error.message.len() <= error::MAX_MESSAGE);
        for client in APIS {
            let rendered = error::render(client, &error);
            assert_eq!(rendered.body.first(), Some(&b'{'));
            error::render_event(client, &error, &mut Vec::new());
        }
    }
}

/// Reads a request and translates it for every kind of target.
pub fn request(client: Api, bytes: &[u8]) {
    let _ = request::inspect(client, bytes).is_ok();
    for (api, flavor) in [
        (Api::OpenAi, Flavor::OpenAi),
        (Api::OpenAi, Flavor::Azure),
        (Api::OpenAi, Flavor::Vllm),
        (Api::Anthropic, Flavor::OpenAi),
    ] {
        let target = Target {
            api,
            flavor,
            model: "model",
            max_output_tokens: Some(Tokens(1024)),
        };
        let _ = request::translate(client, bytes, &target).is_ok();
    }
}
