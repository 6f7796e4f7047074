//! Answers on their way in and out again.

mod collect;
mod recorded;
mod round_trip;

use penstock_chat::{Api, Tokens, Usage};

use super::*;

const LIMITS: Limits = Limits { bytes: 1 << 20 };

const APIS: [Api; 2] = [Api::OpenAi, Api::Anthropic];

/// What becomes of a body that comes in these pieces.
fn collected(dialect: Api, is_stream: bool, pieces: &[&[u8]], ended: bool) -> Result<Answer, Unfit> {
    let mut collector = Collector::new(dialect, is_stream, LIMITS, true);
    for piece in pieces {
        collector.push(piece);
    }
    collector.finish(ended)
}

fn usage() -> Usage {
    Usage {
        input: Tokens(25),
        output: Tokens(9),
        cache_read: Tokens(16),
        cache_write: Tokens(4),
        reasoning: Tokens(3),
    }
}

/// One with everything that both dialects can say.
fn sample() -> Answer {
    Answer {
        model: "claude-sonnet-4-5".to_owned(),
        content: vec![
            Content::Thinking {
                text: "Is it 42? Grüße.".to_owned(),
                signature: Some("EqQBsig==".to_owned()),
            },
            Content::RedactedThinking("Ec4Bopaque".to_owned()),
            Content::Text(
                "Grüße, \"你好\" 😀\r\n\tand so on, word by word, until the line is long enough".to_owned(),
            ),
            Content::ToolCall {
                id: "toolu_1".to_owned(),
                name: "get_weather".to_owned(),
                arguments: r#"{"city": "Zürich \\ \" ","n":1.10}"#.to_owned(),
            },
            Content::ToolCall {
                id: "toolu_2".to_owned(),
                name: "now".to_owned(),
                arguments: "{}".to_owned(),
            },
        ],
        finish: Finish::ToolCalls,
        usage: Some(usage()),
    }
}

#[test]
fn text_is_all_that_the_user_reads() {
    let mut answer = sample();
    answer.content = vec![
        Content::Text("a".to_owned()),
        Content::RedactedThinking("x".to_owned()),
        Content::Text("b".to_owned()),
    ];
    assert_eq!(answer.text(), "ab");
}

#[test]
fn memory_counts_every_text() {
    let mut answer = sample();
    let before = answer.bytes();
    answer.content.push(Content::Text("12345".to_owned()));
    assert_eq!(answer.bytes(), before + size_of::<Content>() + 5);
    answer.finish = Finish::StopSequence(Some("123".to_owned()));
    assert_eq!(answer.bytes(), before + size_of::<Content>() + 8);
}

#[test]
fn tokens_that_nobody_counted_are_not_known() {
    let mut answer = sample();
    assert_eq!(answer.output_tokens(), Some(Tokens(9)));
    answer.usage = Some(Usage::default());
    assert_eq!(answer.output_tokens(), None);
    answer.usage = None;
    assert_eq!(answer.output_tokens(), None);
}

#[test]
fn tokens_that_nobody_counted_are_no_more_than_bytes() {
    let mut answer = sample();
    answer.content = vec![Content::Text("Grüße".to_owned())];
    assert_eq!(answer.most_output_tokens(), Tokens(9));
    answer.usage = None;
    assert_eq!(answer.most_output_tokens(), Tokens(7));
}

#[test]
fn stored_forms_are_the_same_answer() {
    let mut plain = sample();
    plain.finish = Finish::StopSequence(None);
    for answer in [sample(), plain, Answer::default()] {
        let json = serde_json::to_vec(&answer).unwrap();
        assert_eq!(serde_json::from_slice::<Answer>(&json).unwrap(), answer);
        let bytes = postcard::to_allocvec(&answer).unwrap();
        assert_eq!(postcard::from_bytes::<Answer>(&bytes).unwrap(), answer);
    }
}
