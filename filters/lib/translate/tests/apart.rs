//! Reader and writer apart say of every golden stream what the translator says of it.

// Helpers of a test may do what tests may.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use penstock_chat::Api;
use penstock_chat::neutral::response::Event;
use penstock_sse::Decoder;
use penstock_translate::stream::{End, EventReader, EventWriter, Options, Translator};

const CREATED: u64 = 1_760_000_001;

/// The stream for a client, if it is complete.
fn together(provider: Api, client: Api, input: &[u8]) -> Option<Vec<u8>> {
    let mut translator = Translator::new(Options {
        client,
        provider,
        created: CREATED,
        include_usage: true,
        choices: 1,
    });
    let (mut decoder, mut out) = (Decoder::new(1 << 20), Vec::new());
    decoder.push(input);
    while let Some(frame) = decoder.next().unwrap() {
        translator.event(&frame, &mut out).ok()?;
    }
    (translator.end(&mut out) == End::Complete).then_some(out)
}

/// The same by way of a reader and a writer, if the end mark has come.
fn apart(provider: Api, client: Api, input: &[u8]) -> Option<Vec<u8>> {
    let mut reader = EventReader::new(provider);
    let mut writer = EventWriter::new(client, CREATED, true);
    let (mut decoder, mut out) = (Decoder::new(1 << 20), Vec::new());
    decoder.push(input);
    while let Some(frame) = decoder.next().unwrap() {
        let mut each = |event: &Event<'_>| writer.write(event, &mut out).unwrap();
        reader.read(&frame, &mut each).ok()?;
    }
    writer.write(&Event::End, &mut out).unwrap();
    reader.is_over().then_some(out)
}

#[test]
fn reader_and_writer_apart_make_what_the_translator_makes() {
    let mut compared = 0;
    for (provider, client) in [(Api::OpenAi, Api::Anthropic), (Api::Anthropic, Api::OpenAi)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/stream/{provider}"));
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            let (Some(together), Some(apart)) = (
                together(provider, client, &input),
                apart(provider, client, &input),
            ) else {
                continue;
            };
            compared += 1;
            let text = |bytes| String::from_utf8(bytes).unwrap();
            assert_eq!(text(apart), text(together), "{}", path.display());
        }
    }
    assert!(compared > 10, "{compared}");
}
