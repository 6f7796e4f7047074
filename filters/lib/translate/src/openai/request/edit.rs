//! Fits an OpenAI request to an OpenAI-compatible target by editing its bytes.

use std::borrow::Cow;

use penstock_chat::Tokens;
use serde_json::value::RawValue;

use crate::json::{self, Edit, Object};
use crate::loss::Losses;
use crate::request::LOWERED;
use crate::target::{Flavor, Target};

/// Anthropic's mark on messages, parts and tools, and why it is left out.
const CACHE_MARK: &[(&str, &str)] = &[("cache_control", CACHE_REASON)];
const CACHE_REASON: &str = "not known to OpenAI, which caches on its own";

/// Extensions of gateways that OpenAI and Azure refuse on a message, and why they are left out.
const MESSAGE_EXTENSIONS: &[(&str, &str)] = &[
    ("cache_control", CACHE_REASON),
    (
        "reasoning_content",
        "not known to OpenAI, which keeps its reasoning to itself",
    ),
    (
        "thinking_blocks",
        "not known to OpenAI, which keeps its reasoning to itself",
    ),
];

pub fn edit(object: &Object<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let mut edit = Edit::new(object);
    edit.set("model", json::quote(target.model));
    if object.get("stream").is_some_and(|stream| stream.get() == "true") {
        include_usage(object, &mut edit);
    }
    output_limit(object, &mut edit, target, losses);
    messages(object, &mut edit, target.flavor, losses);
    edit.apply()
}

/// Most requests hold nothing to change here, which a look at the whole text tells.
fn messages(object: &Object<'_>, edit: &mut Edit<'_, '_>, flavor: Flavor, losses: &mut Losses) {
    let raw = |name: &str| object.get(name).map_or("", RawValue::get);
    let (messages, tools) = (raw("messages"), raw("tools"));
    if flavor == Flavor::Vllm {
        if contains(messages, "developer")
            && let Some(edited) = elements(messages, system_role)
        {
            edit.set("messages", edited);
        }
        return;
    }
    if may_hold(messages, MESSAGE_EXTENSIONS)
        && let Some(edited) = elements(messages, |message| without_extensions(message, losses))
    {
        edit.set("messages", edited);
    }
    if may_hold(tools, CACHE_MARK)
        && let Some(edited) = elements(tools, |tool| without(tool, "tools[]", CACHE_MARK, losses))
    {
        edit.set("tools", edited);
    }
}

/// The usage of a stream is always asked for: quota and ledger live on it.
fn include_usage(object: &Object<'_>, edit: &mut Edit<'_, '_>) {
    let options = object
        .get("stream_options")
        .filter(|_| object.has("stream_options"));
    let Some(inner) = options.and_then(|options| Object::parse_checked(options.get()).ok()) else {
        return edit.set("stream_options", r#"{"include_usage":true}"#);
    };
    if inner
        .get("include_usage")
        .is_some_and(|value| value.get() == "true")
    {
        return;
    }
    let mut options = Edit::new(&inner);
    options.set("include_usage", "true");
    edit.set("stream_options", text(options.apply()));
}

/// One name for the limit, and no more than the target gives. Where the client gives both names, the newer one
/// counts, as it does at OpenAI.
fn output_limit(object: &Object<'_>, edit: &mut Edit<'_, '_>, target: &Target<'_>, losses: &mut Losses) {
    let (wanted, other) = match target.flavor {
        Flavor::OpenAi | Flavor::Azure => ("max_completion_tokens", "max_tokens"),
        Flavor::Vllm => ("max_tokens", "max_completion_tokens"),
    };
    let given = ["max_completion_tokens", "max_tokens"]
        .into_iter()
        .find(|name| object.has(name));
    let limit = given.and_then(|name| Some((name, object.get(name)?.get())));
    if let (Some((name, limit)), Some(Tokens(most))) = (limit, target.max_output_tokens)
        && limit.parse::<u64>().is_ok_and(|limit| limit > most)
    {
        losses.field(name, LOWERED);
        edit.remove(other);
        return edit.set(wanted, most.to_string());
    }
    match (object.get(wanted).is_some(), object.get(other).is_some()) {
        (_, false) => {}
        (false, true) => edit.rename(other, wanted),
        (true, true) => {
            if let Some((_, limit)) = limit {
                edit.set(wanted, limit.to_owned());
            }
            edit.remove(other);
        }
    }
}

/// A message with the role `system` if it has `developer`.
fn system_role(message: &str) -> Option<String> {
    if !contains(message, "developer") {
        return None;
    }
    let object = Object::parse_checked(message).ok()?;
    let role = object.get("role").and_then(json::string)?;
    if role != "developer" {
        return None;
    }
    let mut edit = Edit::new(&object);
    edit.set("role", r#""system""#);
    Some(text(edit.apply()))
}

/// A message without the extensions of gateways, if it or one of its parts has any.
fn without_extensions(message: &str, losses: &mut Losses) -> Option<String> {
    let stripped = without(message, "messages[]", MESSAGE_EXTENSIONS, losses);
    let current = stripped.as_deref().unwrap_or(message);
    if !may_hold(current, CACHE_MARK) {
        return stripped;
    }
    let object = Object::parse_checked(current).ok()?;
    let change = |part: &str| without(part, "messages[].content[]", CACHE_MARK, losses);
    let Some(content) = object
        .get("content")
        .and_then(|content| elements(content.get(), change))
    else {
        return stripped;
    };
    let mut edit = Edit::new(&object);
    edit.set("content", content);
    Some(text(edit.apply()))
}

/// An object without some of its members, if it has any of them.
fn without(
    object: &str,
    parent: &str,
    members: &[(&str, &'static str)],
    losses: &mut Losses,
) -> Option<String> {
    if !may_hold(object, members) {
        return None;
    }
    let object = Object::parse_checked(object).ok()?;
    let mut edit = Edit::new(&object);
    for (name, reason) in members {
        if object.get(name).is_some() {
            edit.remove(name);
            losses.unknown(parent, name, reason);
        }
    }
    if edit.is_empty() {
        None
    } else {
        Some(text(edit.apply()))
    }
}

/// A quick look that spares almost every text the parse: one search for the underscore that each name has. A name
/// written with escapes is not found, and is left to the provider.
fn may_hold(json: &str, members: &[(&str, &str)]) -> bool {
    let names = || members.iter().filter_map(|(name, _)| name.split_once('_'));
    memchr::memchr_iter(b'_', json.as_bytes()).any(|at| {
        let (before, after) = json.split_at(at);
        names().any(|(head, tail)| {
            before.ends_with(head) && after.get(1..).unwrap_or_default().starts_with(tail)
        })
    })
}

fn contains(json: &str, needle: &str) -> bool {
    memchr::memmem::find(json.as_bytes(), needle.as_bytes()).is_some()
}

/// An array with some of its elements changed, or nothing if none is.
fn elements(array: &str, mut change: impl FnMut(&str) -> Option<String>) -> Option<Cow<'static, str>> {
    let elements = json::elements(array)?;
    let mut changed = false;
    let edited: Vec<Cow<'_, str>> = elements
        .iter()
        .map(|element| match change(element.get()) {
            Some(edited) => {
                changed = true;
                Cow::Owned(edited)
            }
            None => Cow::Borrowed(element.get()),
        })
        .collect();
    changed.then(|| Cow::Owned(format!("[{}]", edited.join(","))))
}

/// Edits of text are text.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
