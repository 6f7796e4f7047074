//! `/v1/embeddings` of OpenAI's API: texts that share words have vectors that lie near each other.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Options;
use super::fault::{Fault, Kind};
use super::journal::Recorded;
use super::refusal::{Dialect, Refusal};
use super::reply::{headers, refuse};
use super::script::{Reply, Script};

/// Components of its vectors.
const DIMENSIONS: usize = 64;

/// Whether a path leads here.
pub fn is_at(path: &str) -> bool {
    path.split('?')
        .next()
        .unwrap_or_default()
        .ends_with("/embeddings")
}

/// Decides what happens to a request.
pub fn script(request: &Recorded, options: &Options) -> (Script, Fault) {
    let (reply, fault) = match read(request, options) {
        Err(refusal) => (refuse(&refusal, Dialect::OpenAi, None), Fault::default()),
        Ok((model, texts)) => match Fault::parse(&model) {
            Err(error) => {
                let refusal = Refusal::invalid("model", error.to_string());
                (refuse(&refusal, Dialect::OpenAi, None), Fault::default())
            }
            Ok(fault) => (reply(&model, &texts, &fault), fault),
        },
    };
    (Script::of(reply, &fault), fault)
}

fn read(request: &Recorded, options: &Options) -> Result<(String, Vec<String>), Refusal> {
    let bearer = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    if options.api_key.is_some() && bearer != options.api_key.as_deref() {
        return Err(Refusal::status(401));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::invalid("body", format!("We could not parse the JSON body: {error}")))?;
    let model = body
        .get("model")
        .and_then(Value::as_str)
        .ok_or(Refusal::invalid("model", "missing"))?;
    let texts = match body.get("input") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) if !texts.is_empty() => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(Refusal::invalid("input", "must be texts"))?,
        _ => return Err(Refusal::invalid("input", "must be a text or a list of them")),
    };
    Ok((model.to_owned(), texts))
}

fn reply(model: &str, texts: &[String], fault: &Fault) -> Reply {
    if let Some(Kind::Status(status)) = fault.kind {
        return refuse(&Refusal::status(status), Dialect::OpenAi, None);
    }
    let data = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({ "object": "embedding", "index": index, "embedding": vector(text) }));
    let body = json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": model,
        "usage": { "prompt_tokens": texts.len(), "total_tokens": texts.len() },
    });
    Reply {
        status: 200,
        headers: headers(Dialect::OpenAi, "application/json"),
        parts: vec![Bytes::from(body.to_string())],
        stream: false,
        opening: 0,
        error_event: Bytes::new(),
    }
}

/// One component for each word, whatever the case and the order; and a little, since nothing has no direction.
fn vector(text: &str) -> Vec<f64> {
    let mut vector = vec![0.001; DIMENSIONS];
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let hash = word
            .to_lowercase()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
        let place = usize::try_from(hash % DIMENSIONS as u64).unwrap_or(0);
        if let Some(component) = vector.get_mut(place) {
            *component += 1.0;
        }
    }
    vector
}
