//! Fits a JSON schema to the subset that Anthropic enforces, in structured outputs and in strict tools.
//!
//! Every object must be closed, and a keyword outside of the subset is refused with the whole request ("Structured
//! outputs", section "JSON Schema limitations", Anthropic's documentation, and `transform_schema` of its Python SDK
//! 2.11, both read 2026-11). As in the SDK, such a keyword goes into the description, for the model to follow. A
//! schema that refers to itself or to another document stays as it is: Anthropic's error says so better.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Members, Tree, Writer, write_members};
use crate::loss::{Feature, Losses};

/// The largest schema that is fitted; a larger one is sent as it is. Anthropic compiles schemas into a grammar and
/// refuses far smaller ones as too complex.
const MAX_SCHEMA: usize = 256 << 10;

/// Keywords that stay as they are.
const KEPT: &[&str] = &[
    "$ref",
    "const",
    "default",
    "description",
    "required",
    "title",
    "type",
];

/// Keywords that say nothing of what is valid.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$id",
    "$schema",
    "deprecated",
    "examples",
    "readOnly",
    "writeOnly",
];

/// Formats that are enforced (`SupportedStringFormats` of the SDK).
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
];

/// The schema as Anthropic takes it; what that costs is noted for `feature`.
pub fn fit<'a>(schema: &'a RawValue, feature: Feature, losses: &mut Losses) -> Cow<'a, str> {
    let text = schema.get();
    if text.len() > MAX_SCHEMA {
        losses.feature(feature, "too large to be fitted to the target; sent as it is");
        return Cow::Borrowed(text);
    }
    let Ok(Tree::Object(members)) = serde_json::from_str(text) else {
        return Cow::Borrowed(text);
    };
    let mut fitting = Fitting::default();
    let fitted = fitting.schema(members);
    if fitting.closed {
        losses.feature(feature, "objects are closed, as the target takes no open ones");
    }
    if fitting.described {
        losses.feature(
            feature,
            "keywords that the target does not enforce are sent in descriptions",
        );
    }
    let mut out = Writer::with_capacity(text.len() + text.len() / 4);
    write_members(&fitted, &mut out);
    String::from_utf8(out.finish()).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// What fitting has changed.
#[derive(Default)]
struct Fitting {
    /// An object that was open is closed.
    closed: bool,
    /// A keyword has gone into a description.
    described: bool,
}

impl Fitting {
    /// Fits one schema and those in it. As deep as the tree, which the parser bounds.
    fn schema<'a>(&mut self, members: Members<'a>) -> Members<'a> {
        let is_object = is_object(&members);
        let refers = members.iter().any(|(name, _)| name == "$ref");
        let mut fitted: Members<'a> = Vec::with_capacity(members.len() + 1);
        let mut rest: Members<'a> = Vec::new();
        let mut open = is_object;
        for (name, value) in members {
            match (&*name, value) {
                // Nothing may stand beside a reference but definitions.
                ("description" | "title" | "default", _) if refers => {}
                ("properties" | "$defs" | "definitions", Tree::Object(schemas)) => {
                    let schemas = schemas
                        .into_iter()
                        .map(|(name, schema)| (name, self.tree(schema)));
                    fitted.push((name, Tree::Object(schemas.collect())));
                }
                ("items", value @ Tree::Object(_)) => fitted.push((name, self.tree(value))),
                ("anyOf" | "allOf", Tree::Array(schemas)) => {
                    let schemas = schemas.into_iter().map(|schema| self.tree(schema));
                    fitted.push((name, Tree::Array(schemas.collect())));
                }
                ("oneOf", Tree::Array(schemas)) if !fitted.iter().any(|(name, _)| name == "anyOf") => {
                    // That no second one matches is not enforced.
                    self.described = true;
                    let schemas = schemas.into_iter().map(|schema| self.tree(schema));
                    fitted.push((Cow::Borrowed("anyOf"), Tree::Array(schemas.collect())));
                }
                ("additionalProperties", value) => open &= value != Tree::Bool(false),
                ("enum", Tree::Array(values)) if !values.iter().any(Tree::is_container) => {
                    fitted.push((name, Tree::Array(values)));
                }
                ("format", value) if value.as_str().is_some_and(|format| FORMATS.contains(&format)) => {
                    fitted.push((name, value));
                }
                ("minItems", Tree::Number(least)) if matches!(least.as_u64(), Some(0 | 1)) => {
                    fitted.push((name, Tree::Number(least)));
                }
                (keyword, value) if KEPT.contains(&keyword) => fitted.push((name, value)),
                (keyword, _) if ANNOTATIONS.contains(&keyword) => {}
                (_, value) => rest.push((name, value)),
            }
        }
        if is_object {
            self.closed |= open;
            fitted.push((Cow::Borrowed("additionalProperties"), Tree::Bool(false)));
        }
        self.describe(rest, refers, &mut fitted);
        fitted
    }

    fn tree<'a>(&mut self, schema: Tree<'a>) -> Tree<'a> {
        match schema {
            Tree::Object(members) => Tree::Object(self.schema(members)),
            other => other,
        }
    }

    /// Puts what is not enforced behind the description.
    fn describe<'a>(&mut self, rest: Members<'a>, refers: bool, fitted: &mut Members<'a>) {
        if rest.is_empty() {
            return;
        }
        self.described = true;
        if refers {
            return;
        }
        let mut json = Writer::with_capacity(64);
        write_members(&rest, &mut json);
        let json = String::from_utf8(json.finish()).unwrap_or_default();
        let given = fitted.iter_mut().find(|(name, _)| name == "description");
        match given {
            Some((_, Tree::String(text))) => *text = Cow::Owned(format!("{text}\n\n{json}")),
            Some((_, other)) => *other = Tree::String(Cow::Owned(json)),
            None => fitted.push((Cow::Borrowed("description"), Tree::String(Cow::Owned(json)))),
        }
    }
}

/// Whether a schema describes objects, among others perhaps.
fn is_object(members: &Members<'_>) -> bool {
    members.iter().any(|(name, value)| match (&**name, value) {
        ("type", Tree::String(kind)) => kind == "object",
        ("type", Tree::Array(kinds)) => kinds.iter().any(|kind| kind.as_str() == Some("object")),
        ("properties", Tree::Object(_)) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests;
