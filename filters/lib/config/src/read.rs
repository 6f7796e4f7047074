//! Text into [`raw`] structs: the shape is checked here, the meaning elsewhere.

use serde_saphyr::{Error, Location};

use crate::{problem::Problems, raw, suggest};

/// What several sections use, and is easily looked for in one of them.
const TOP_LEVEL: [&str; 2] = ["identity", "pii"];

/// The file as it is written, or the first place where its shape is wrong.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<raw::File> {
    let mut field = String::new();
    let options = serde_saphyr::options! { strict_booleans: true };
    let parsed = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error: serde_path_to_error::Error<Error>| {
            field = path(&error.path().to_string());
            error.into_inner()
        })
    });
    parsed
        .map_err(|error| {
            let error = error.without_snippet();
            let location = error.location().unwrap_or(Location::UNKNOWN);
            problems.at(location, field, describe(error));
        })
        .ok()
}

/// `Spanned` is a struct with a field `value` to serde, and a key that could not be read is `?`; nobody wrote those. Neither does
/// serde know a key that is `Spanned` itself.
fn path(path: &str) -> String {
    match path {
        "." | "?" => String::new(),
        _ => path
            .trim_end_matches(".?")
            .replace(".value", "")
            .replace(".?", ".*"),
    }
}

/// Says what is wrong without the value that is wrong: it may be a secret in the wrong place.
fn describe(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, .. } if TOP_LEVEL.contains(&field.as_str()) => {
            "unknown field; move it to the top level of the file".to_owned()
        }
        Error::SerdeUnknownField { field, expected, .. } => format!(
            "unknown field; {}",
            suggest::remedy(field, expected.iter().copied())
        ),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("wrong kind of value; write {expected}")
        }
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("{key:?} is given twice; keep one"),
            None => "a key is given twice; keep one".to_owned(),
        },
        other => without_place(&other.to_string()),
    }
}

/// The parser's own sentence, less the place that stands in front of it already.
fn without_place(sentence: &str) -> String {
    let sentence = sentence.split(" at line ").next().unwrap_or(sentence);
    match sentence {
        "expected sequence start" => "wrong kind of value; write a list".to_owned(),
        "expected mapping start" => "wrong kind of value; write a mapping (name: value)".to_owned(),
        "expected string scalar" => "wrong kind of value; write a single word or text".to_owned(),
        "invalid floating point" => "wrong kind of value; write a number".to_owned(),
        "invalid u64" => "wrong kind of value; write a whole number".to_owned(),
        other => other.to_owned(),
    }
}
