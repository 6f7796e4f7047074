//! Requests: inspected once, translated for each target.
//!
//! [`inspect`] checks the whole shape, so that after it no translation of the same body fails. [`translate`] edits
//! the client's bytes where client and provider speak one API, and goes through the neutral form where they do not.
//! What the target cannot express is in the answer's losses.

use std::borrow::Cow;

use penstock_chat::neutral::request::Request;
use penstock_chat::{Api, Tokens};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialect::dialect;
use crate::json::{self, Object};
use crate::loss::{Feature, Loss, Losses};
use crate::target::Target;

/// What the gateway needs to know of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected<'a> {
    /// The model that the client names.
    pub model: Cow<'a, str>,
    /// Whether it wants an event stream.
    pub stream: bool,
    /// Whether it wants the usage in the stream. Anthropic's streams always tell it.
    pub include_usage: bool,
    /// How many answers it wants.
    pub choices: u32,
}

/// Why a request is not one of its API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default())]
pub struct InvalidRequest {
    /// Path of the field, such as `messages[3].content[0].type`; none if the body as a whole is wrong.
    pub field: Option<String>,
    /// What would be right. Holds nothing of the request but names.
    pub message: String,
    /// By which the API's SDK knows this refusal, and goes on in another way.
    pub code: Option<&'static str>,
}

impl InvalidRequest {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            message: message.into(),
            code: None,
        }
    }
}

impl From<json::Error> for InvalidRequest {
    fn from(error: json::Error) -> Self {
        let field = match &error {
            json::Error::Duplicate { key } => Some(key.clone()),
            _ => None,
        };
        Self {
            field,
            message: error.to_string(),
            code: None,
        }
    }
}

/// A request in neutral form.
#[derive(Clone, Debug)]
pub struct ReadRequest<'a> {
    /// What more than one API can say of it.
    pub request: Request<'a>,
    /// Where the client's body says more than that. At most [`MAX_LOSSES`](crate::loss::MAX_LOSSES): a list of so many
    /// may lack some.
    pub losses: Vec<Loss>,
}

/// A request for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The body to send.
    pub body: Vec<u8>,
    /// What it does not say.
    pub losses: Vec<Loss>,
}

/// Why a limit on output tokens is not the client's.
pub(crate) const LOWERED: &str = "lowered to the most that the target gives";

/// One API's side of the translation of requests.
pub(crate) trait RequestDialect {
    /// Checks a request of this API. The text has passed [`json::check`].
    fn inspect<'a>(&self, text: &'a str) -> Result<Inspected<'a>, InvalidRequest>;

    /// Reads a request of this API into the neutral form, after the same checks.
    fn read<'a>(&self, text: &'a str, losses: &mut Losses) -> Result<Request<'a>, InvalidRequest>;

    /// Writes a request in this API.
    fn write(&self, request: &Request<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8>;

    /// Fits a request of this API to a target of this API.
    fn edit(&self, object: &Object<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8>;

    /// The field of this API that a part of the neutral form comes from.
    fn field(&self) -> fn(Feature) -> &'static str;
}

/// Checks a client's request and tells what the gateway needs to know of it.
///
/// After an `Ok`, [`translate`] succeeds for every target.
pub fn inspect(client: Api, body: &[u8]) -> Result<Inspected<'_>, InvalidRequest> {
    dialect(client).request.inspect(json::check(body)?)
}

/// What a target cannot express of a request. Only the whole translation can tell, so this costs as much as
/// [`translate`].
pub fn losses(client: Api, body: &[u8], target: &Target<'_>) -> Result<Vec<Loss>, InvalidRequest> {
    translate(client, body, target).map(|translated| translated.losses)
}

/// Reads a client's request into the neutral form, for those who ask what it says and not how: the same request of
/// another API reads the same.
pub fn read(client: Api, body: &[u8]) -> Result<ReadRequest<'_>, InvalidRequest> {
    let reader = dialect(client).request;
    let mut losses = Losses::new(reader.field());
    let request = reader.read(json::check(body)?, &mut losses)?;
    Ok(ReadRequest {
        request,
        losses: losses.into_list(),
    })
}

/// A client's request, as the target wants it.
pub fn translate(client: Api, body: &[u8], target: &Target<'_>) -> Result<Translated, InvalidRequest> {
    let reader = dialect(client).request;
    let mut losses = Losses::new(reader.field());
    let text = json::check(body)?;
    let body = if client == target.api {
        reader.edit(&Object::parse_checked(text)?, target, &mut losses)
    } else {
        let request = reader.read(text, &mut losses)?;
        dialect(target.api).request.write(&request, target, &mut losses)
    };
    Ok(Translated {
        body,
        losses: losses.into_list(),
    })
}

/// Reads a wire type, and says where and what was expected if the text is not one.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, InvalidRequest> {
    serde_json::from_str(text).map_err(|error| explain(text, &error))
}

/// Only the failure path looks for the field's path, and only text known to come from types goes into the message.
fn explain(text: &str, error: &serde_json::Error) -> InvalidRequest {
    let line_start: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let path = json::path_at(text, line_start.saturating_add(error.column()));
    let field = if path.is_empty() { None } else { Some(path) };
    let shown = error.to_string();
    let shown = shown
        .rsplit_once(" at line ")
        .map_or(&*shown, |(message, _)| message);
    let message = if !error.is_data() {
        error.to_string()
    } else if let Some((_, expected)) = shown.rsplit_once(", expected ") {
        let expected = match expected {
            "f64" => "a number",
            "i64" | "u64" => "an integer",
            other => other,
        };
        format!("expected {expected}")
    } else {
        shown.to_owned()
    };
    InvalidRequest {
        field,
        message,
        code: None,
    }
}

/// A number within bounds.
pub(crate) fn in_range<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: Option<T>,
    least: T,
    most: T,
) -> Result<(), InvalidRequest> {
    match value {
        Some(value) if !(value >= least && value <= most) => Err(InvalidRequest::new(
            field,
            format!("must be between {least} and {most}"),
        )),
        _ => Ok(()),
    }
}

/// A required member.
pub(crate) fn required<'v, T>(
    value: Option<&'v T>,
    parent: impl FnOnce() -> String,
    name: &str,
) -> Result<&'v T, InvalidRequest> {
    value.ok_or_else(|| InvalidRequest::new(join(&parent(), name), "is required"))
}

/// A required member that must be a JSON object.
pub(crate) fn object(
    value: Option<&RawValue>,
    parent: impl FnOnce() -> String,
    name: &str,
) -> Result<(), InvalidRequest> {
    match value {
        Some(value) if !value.get().starts_with('{') => {
            Err(InvalidRequest::new(join(&parent(), name), "must be an object"))
        }
        _ => Ok(()),
    }
}

/// A path from its parts; the first may be empty.
pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

/// Whether a JSON value asks for nothing: what a field says when it is left out.
pub(crate) fn is_default(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "false" | "0" | "0.0" | "{}" | "[]")
}

/// The limit on output tokens to send: what the client asks for, or the most that the target gives.
pub(crate) fn output_limit(asked: Tokens, target: &Target<'_>, losses: &mut Losses) -> Tokens {
    match target.max_output_tokens.filter(|most| asked > *most) {
        Some(most) => {
            losses.feature(Feature::MaxOutputTokens, LOWERED);
            most
        }
        None => asked,
    }
}

/// A limit on output tokens as the neutral form has it.
pub(crate) fn tokens(count: i64) -> Tokens {
    Tokens(u64::try_from(count).unwrap_or(0))
}
