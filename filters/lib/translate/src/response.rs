//! Whole answers on their way back.
//!
//! Within one API nothing is rewritten: the answer is only measured for what Penstock wants to know of it. Between
//! APIs it goes through the neutral form, of several choices the first; so does what cannot be measured, an error for
//! one, so that there is one definition of what an answer is.
//!
//! What the client's API has no place for is left out without a report of its own, as the request has told already:
//! - further choices, log probabilities, audio, moderation results and OpenAI's citations come only to a request that
//!   asks for them, by fields that are losses (`n`, `logprobs`, `modalities`, `moderation`, `web_search_options`); the
//!   models that search unasked are a loss of the field `model`;
//! - Anthropic's citations, server tool blocks and containers need tools or marks that no OpenAI client can name
//!   without a refusal or a loss.
//!
//! What a provider adds unasked says nothing of the answer's content and goes unreported: filter results of Azure,
//! `system_fingerprint`, `service_tier`, and the inventions of compatible providers.

use std::borrow::Cow;

use penstock_chat::neutral::response::Answer as NeutralAnswer;
use penstock_chat::{Api, FinishReason, Usage};

use crate::dialect::dialect;
use crate::error::{ApiError, Malformed};
use crate::json;

/// Who answers whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The dialect to answer in.
    pub client: Api,
    /// The dialect of the answer.
    pub provider: Api,
    /// Unix seconds, for OpenAI's `created`.
    pub created: u64,
}

/// What the client gets, and what the answer tells about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body; `None` if the provider's is to go through unchanged.
    pub body: Option<Vec<u8>>,
    /// What was used.
    pub usage: Option<Usage>,
    /// Why the first choice stopped.
    pub finish: Option<FinishReason>,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// Text, reasoning and tool arguments of all choices, in bytes.
    pub output_text_bytes: u64,
}

/// Why there is nothing for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The body is not an answer of the provider's API.
    #[error("malformed answer: {0}")]
    Malformed(#[from] Malformed),
    /// The body is an error object, whatever the status says.
    #[error("the provider answered with an error of kind `{}`", .0.kind.as_str())]
    Provider(ApiError),
}

/// What a provider's folder makes of a body.
#[derive(Debug)]
pub(crate) struct ReadAnswer<'a> {
    pub answer: NeutralAnswer<'a>,
    /// Content of the choices that are not in `answer`.
    pub other_content_bytes: u64,
}

/// What a provider's folder makes of a body whose content nobody asks for.
#[derive(Debug)]
pub(crate) struct Measured<'a> {
    /// As [`NeutralAnswer::model`].
    pub model: Cow<'a, str>,
    /// As [`Answer::finish`].
    pub finish: Option<FinishReason>,
    /// As [`Answer::usage`].
    pub usage: Option<Usage>,
    /// As [`Answer::output_text_bytes`].
    pub content_bytes: u64,
}

/// Reads a whole answer into the neutral form: of several choices the first, and nothing that form has no place for.
pub fn read(provider: Api, body: &[u8]) -> Result<NeutralAnswer<'_>, AnswerError> {
    let text = json::check(body).map_err(|_| Malformed::whole("body that is not JSON"))?;
    (dialect(provider).read_answer)(text).map(|read| read.answer)
}

/// Writes a whole answer for a client; `created` is in Unix seconds.
///
/// Fails only where a tool call's arguments are no JSON object and the client's API has no other place for them.
pub fn write(client: Api, created: u64, answer: &NeutralAnswer<'_>) -> Result<Vec<u8>, AnswerError> {
    let context = Context {
        client,
        provider: client,
        created,
    };
    (dialect(client).write_answer)(&context, answer)
}

/// Translates a whole answer.
pub fn translate(context: &Context, body: &[u8]) -> Result<Answer, AnswerError> {
    let text = json::check(body).map_err(|_| Malformed::whole("body that is not JSON"))?;
    match unchanged(context, text) {
        Some(answer) => Ok(answer),
        None => rewritten(context, text),
    }
}

/// An answer that goes on as it came, where a measure of it is enough.
fn unchanged(context: &Context, text: &str) -> Option<Answer> {
    if context.client != context.provider {
        return None;
    }
    let measured = (dialect(context.provider).measure_answer)(text)?;
    Some(Answer {
        body: None,
        usage: measured.usage,
        finish: measured.finish,
        output_text_bytes: measured.content_bytes,
        model: stated(measured.model),
    })
}

/// Any answer, by way of the neutral form.
fn rewritten(context: &Context, text: &str) -> Result<Answer, AnswerError> {
    let read = (dialect(context.provider).read_answer)(text)?;
    let answer = read.answer;
    let written = match context.client == context.provider {
        true => None,
        false => Some((dialect(context.client).write_answer)(context, &answer)?),
    };
    let content_bytes = answer.content.iter().map(|content| content.content_bytes());
    Ok(Answer {
        body: written,
        usage: answer.usage,
        finish: answer.finish,
        output_text_bytes: content_bytes.fold(read.other_content_bytes, u64::saturating_add),
        model: stated(answer.model),
    })
}

fn stated(model: Cow<'_, str>) -> Option<String> {
    Some(model).filter(|model| !model.is_empty()).map(Cow::into_owned)
}

#[cfg(test)]
mod tests;
