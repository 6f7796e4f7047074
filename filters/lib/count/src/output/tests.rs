use super::*;

const OPENAI: &str = concat!(
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hällo\"}},{\"index\":1,\"delta\":{\"content\":\" \\u4e16\"}}]}\r\n\r\n",
    ": comment\n\n",
    "data: {\"choices\":[{\"delta\":{\"reasoning\":\"why\",\"reasoning_content\":\"why\",\"refusal\":\"No.\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"function\":{\"name\":\"find\",\"arguments\":\"{\\\"q\\\":\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":9}}\n\n",
    "data: [DONE]\n\n",
);
const OPENAI_TEXTS: &[&str] = &["Hällo", " 世", "why", "No.", "find", "{\"q\":"];

const ANTHROPIC: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[],\"usage\":{\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hmm\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}}\n\n",
    "event: ping\ndata: {\"type\":\"ping\"}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hällo\"}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"find\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":\"}}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":9}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);
const ANTHROPIC_TEXTS: &[&str] = &["Hmm", "Hällo", "find", "{\"q\":"];

const VOCABULARY: Vocabulary = Vocabulary::O200kBase;

fn sum(tokenizer: &mut Tokenizer, texts: &[&str]) -> u64 {
    texts.iter().map(|text| tokenizer.count(VOCABULARY, text)).sum()
}

fn streamed(tokenizer: &mut Tokenizer, client: Api, limit: usize, pieces: &[&[u8]]) -> u64 {
    let mut streamed = Streamed::new(client, VOCABULARY, limit);
    for piece in pieces {
        streamed.push(tokenizer, piece);
    }
    streamed.finish(tokenizer);
    streamed.tokens().0
}

/// Counts a stream whole and cut in two at every place.
fn assert_counts(client: Api, limit: usize, stream: &[u8], expected: u64) {
    let tokenizer = &mut Tokenizer::new();
    assert_eq!(streamed(tokenizer, client, limit, &[stream]), expected);
    for at in 0..=stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(
            streamed(tokenizer, client, limit, &[before, after]),
            expected,
            "cut at {at}"
        );
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(
        streamed(tokenizer, client, limit, &bytes),
        expected,
        "byte by byte"
    );
}

#[test]
fn every_piece_of_an_answer_counts_wherever_the_stream_is_cut() {
    let tokenizer = &mut Tokenizer::new();
    for (client, stream, texts) in [
        (Api::OpenAi, OPENAI, OPENAI_TEXTS),
        (Api::Anthropic, ANTHROPIC, ANTHROPIC_TEXTS),
    ] {
        let expected = sum(tokenizer, texts);
        assert!(expected >= 4);
        assert_counts(client, 4_096, stream.as_bytes(), expected);
    }
}

#[test]
fn a_malformed_event_counts_by_its_bytes() {
    let good = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    let tokenizer = &mut Tokenizer::new();
    let hi = sum(tokenizer, &["Hi"]);
    for bad in [
        &b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}\n\n"[..],
        b"data: \"some text that is no object\"\n\n",
        b"data: {\"a\":1} trailing\n\n",
        b"data: \xff\xfe not UTF-8 at all\n\n",
        b"data: {\"choices\":[{\"delta\":{\"content\":\"\\ud800\"}}]}\n\n",
    ] {
        let mut stream = good.as_bytes().to_vec();
        stream.extend(bad);
        stream.extend(good.as_bytes());
        let bytes = u64::try_from(bad.len()).unwrap().div_ceil(4);
        assert_counts(Api::OpenAi, 4_096, &stream, 2 * hi + bytes);
    }
}

#[test]
fn after_an_event_that_is_too_large_bytes_count() {
    let good = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    let large = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(200)
    );
    let stream = format!("{good}{large}{good}");
    let hi = sum(&mut Tokenizer::new(), &["Hi"]);
    let lost = u64::try_from(large.len() + good.len()).unwrap().div_ceil(4);
    assert_counts(Api::OpenAi, 100, stream.as_bytes(), hi + lost);
}

#[test]
fn the_last_event_counts_without_the_line_that_ends_it() {
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi there\"}}]}";
    let expected = sum(&mut Tokenizer::new(), &["Hi there"]);
    assert_counts(Api::OpenAi, 100, stream.as_bytes(), expected);
}

#[test]
fn the_last_event_that_says_something_is_kept() {
    let mut streamed = Streamed::new(Api::Anthropic, VOCABULARY, 4_096);
    let tokenizer = &mut Tokenizer::new();
    assert_eq!(streamed.last_event(), "");
    streamed.push(
        tokenizer,
        b"event: message_stop\ndata: {}\n\nevent: ping\ndata: {\"a\":1}\n\n: x\n\nda",
    );
    assert_eq!((streamed.last_event(), streamed.unfinished()), ("{}", Some(2)));
}

#[test]
fn a_whole_answer_counts_what_its_stream_does() {
    let tokenizer = &mut Tokenizer::new();
    let openai = r#"{"id":"c","choices":[
        {"message":{"role":"assistant","content":"Hällo","reasoning":"why","reasoning_content":"why","refusal":"No."}},
        {"message":{"content":[{"type":"text","text":" \u4e16"}],"tool_calls":[
            {"id":"call_1","function":{"name":"find","arguments":"{\"q\":"}}]}}
        ],"usage":{"completion_tokens":1}}"#;
    let anthropic = r#"{"id":"m","role":"assistant","content":[
        {"type":"thinking","thinking":"Hmm","signature":"c2ln"},{"type":"text","text":"Hällo"},
        {"type":"tool_use","id":"t","name":"find","input":{ "q": 1 }}],"usage":{"output_tokens":1}}"#;
    let anthropic_texts = ["Hmm", "Hällo", "find", "{\"q\":1}"];
    for (client, body, texts) in [
        (Api::OpenAi, openai, OPENAI_TEXTS),
        (Api::Anthropic, anthropic, &anthropic_texts),
    ] {
        let expected = Tokens(sum(tokenizer, texts));
        assert_eq!(
            answer(tokenizer, client, body.as_bytes(), VOCABULARY),
            Some(expected)
        );
    }
}

#[test]
fn what_is_no_answer_is_not_counted() {
    let tokenizer = &mut Tokenizer::new();
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "{\"error\":{\"message\":\"no\"}}",
        "\"choices\"",
        "{\"choices\":[}",
    ] {
        for client in [Api::OpenAi, Api::Anthropic] {
            assert_eq!(
                answer(tokenizer, client, body.as_bytes(), VOCABULARY),
                None,
                "{body}"
            );
        }
    }
}
