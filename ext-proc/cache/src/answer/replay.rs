//! A stored answer, said again.

use std::borrow::Cow;

use penstock_chat::neutral::response as neutral;
use penstock_chat::{Api, FinishReason};
use penstock_translate::response;
use penstock_translate::stream::EventWriter;

use super::pieces::streamed;
use super::{Answer, Content, Finish};

/// How a client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay<'a> {
    /// The client's dialect.
    pub dialect: Api,
    /// Whether as an event stream.
    pub stream: bool,
    /// Whether an OpenAI client wants the usage in the stream.
    pub include_usage: bool,
    /// The id of this replay; gets the prefix that ids have in the dialect.
    pub id: &'a str,
    /// Unix seconds, for OpenAI's `created`.
    pub created: u64,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The value of `content-type`.
    pub content_type: &'static str,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why an answer cannot be replayed: it has a tool call whose arguments are no JSON object. [`super::Collector`] makes
/// no such answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored answer that cannot be said in the dialect of {0}")]
pub struct Unsayable(pub Api);

/// An answer in the dialect and mode of a client. The usage is that of the answer when it was made.
pub fn replay(answer: &Answer, how: &Replay<'_>) -> Result<Replayed, Unsayable> {
    let neutral = neutral(answer, how.id);
    match how.stream {
        true => stream(&neutral, how),
        false => response::write(how.dialect, how.created, &neutral)
            .map(|body| Replayed {
                content_type: "application/json",
                body,
            })
            .map_err(|_| Unsayable(how.dialect)),
    }
}

fn stream(answer: &neutral::Answer<'_>, how: &Replay<'_>) -> Result<Replayed, Unsayable> {
    let mut writer = EventWriter::new(how.dialect, how.created, how.include_usage);
    let (mut body, mut outcome) = (Vec::new(), Ok(()));
    let mut write = |event: &neutral::Event<'_>| {
        if outcome.is_ok() {
            outcome = writer.write(event, &mut body);
        }
    };
    streamed(answer, &mut write);
    write(&neutral::Event::End);
    outcome.map_err(|_| Unsayable(how.dialect))?;
    Ok(Replayed {
        content_type: "text/event-stream",
        body,
    })
}

fn neutral<'a>(answer: &'a Answer, id: &'a str) -> neutral::Answer<'a> {
    let (finish, stop_sequence) = match &answer.finish {
        Finish::Stop => (FinishReason::Stop, None),
        Finish::StopSequence(sequence) => (FinishReason::StopSequence, sequence.as_deref()),
        Finish::ToolCalls => (FinishReason::ToolCalls, None),
    };
    neutral::Answer {
        id: Cow::Borrowed(id),
        model: Cow::Borrowed(&answer.model),
        content: answer.content.iter().map(content).collect(),
        finish: Some(finish),
        stop_sequence: stop_sequence.map(Cow::Borrowed),
        usage: answer.usage,
    }
}

fn content(content: &Content) -> neutral::Content<'_> {
    match content {
        Content::Text(text) => neutral::Content::Text(text.into()),
        Content::Thinking { text, signature } => neutral::Content::Thinking {
            text: text.into(),
            signature: signature.as_deref().map(Into::into),
        },
        Content::RedactedThinking(data) => neutral::Content::RedactedThinking(data.into()),
        Content::ToolCall { id, name, arguments } => neutral::Content::ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        },
    }
}
