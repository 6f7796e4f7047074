//! The leaves of a JSON text and the rules that hold for them, without a tree and without recursion.

use std::ops::Range;

use crate::rule::Rule;

/// A part of a JSON text that is looked into.
#[derive(Clone)]
pub(crate) struct Leaf<'a> {
    /// Where it stands, without quotes.
    pub span: Range<usize>,
    /// Its text as written, without quotes.
    pub raw: &'a str,
    /// Name of the member that it is the value of, as written; empty for a name.
    pub name: &'a str,
    pub rule: Rule,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The name of a member.
    Name,
    String,
    Number,
    /// The whole of what says again, in pieces, what stands elsewhere.
    Repetition,
}

/// How far the type of a block is looked for, in bytes. One that comes later is as if there were none.
const NEAR: usize = 16 << 10;

#[derive(Clone, Copy)]
struct Level<'a> {
    rule: Rule,
    /// Of the member that is being read; the rule of its value.
    name: &'a str,
    value: Rule,
    is_object: bool,
    /// The next string is a name.
    awaits_name: bool,
}

/// Tells each leaf of a text that is right JSON and not deeper than what the stack may hold, in its order.
pub(crate) fn walk<'a>(source: &'a str, root: Rule, mut tell: impl FnMut(Leaf<'a>)) {
    let bytes = source.as_bytes();
    let mut levels: Vec<Level<'a>> = Vec::new();
    let top = Level {
        rule: root,
        name: "",
        value: root,
        is_object: false,
        awaits_name: false,
    };
    let mut level = top;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let span = at + 1..string_end(bytes, at + 1);
                let raw = source.get(span.clone()).unwrap_or_default();
                at = span.end + 1;
                let (kind, name, rule) = match std::mem::take(&mut level.awaits_name) {
                    true => {
                        level.name = raw;
                        level.value = level.rule.member(raw);
                        (Kind::Name, "", level.rule)
                    }
                    false => (Kind::String, level.name, level.value),
                };
                // Names are looked into where they are data.
                if rule == Rule::Data || kind == Kind::String && !matches!(rule, Rule::Skip | Rule::Words) {
                    tell(Leaf {
                        span,
                        raw,
                        name,
                        rule,
                        kind,
                    });
                }
                continue;
            }
            b'{' | b'[' if level.value == Rule::Repetition => {
                let span = at..value_end(bytes, at);
                at = span.end;
                tell(Leaf {
                    raw: source.get(span.clone()).unwrap_or_default(),
                    span,
                    name: level.name,
                    rule: Rule::Repetition,
                    kind: Kind::Repetition,
                });
                continue;
            }
            b'{' | b'[' => {
                let is_object = byte == b'{';
                let rule = match level.value {
                    Rule::Source if is_object => Rule::of_source(type_of(source, at + 1)),
                    Rule::Block if is_object => Rule::of_block(type_of(near(source, at), at + 1)),
                    // None is known to have anything in it.
                    Rule::Words if is_object => Rule::Data,
                    Rule::Skip | Rule::Text => Rule::Data,
                    rule => rule,
                };
                levels.push(level);
                level = Level {
                    rule,
                    name: level.name,
                    value: rule.element(),
                    is_object,
                    awaits_name: is_object,
                };
            }
            b'}' | b']' => level = levels.pop().unwrap_or(top),
            b',' => level.awaits_name = level.is_object,
            b'-' | b'0'..=b'9' => {
                let rest = bytes.get(at..).unwrap_or_default();
                let len = rest
                    .iter()
                    .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
                    .count();
                if !matches!(level.value, Rule::Skip | Rule::Words | Rule::Steer) {
                    tell(Leaf {
                        span: at..at + len,
                        raw: source.get(at..at + len).unwrap_or_default(),
                        name: level.name,
                        rule: level.value,
                        kind: Kind::Number,
                    });
                }
                at += len;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// The place of the quote that ends the string whose first character is at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
            return bytes.len();
        };
        match rest.get(found) {
            Some(b'"') => return at + found,
            _ => at += found + 2,
        }
    }
}

/// One past the end of the object or list that starts at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_u32;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1),
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' if depth <= 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// A text up to where the type of a block at a place is looked for: blocks may stand in blocks.
fn near(source: &str, at: usize) -> &str {
    let end = (at + NEAR..at + NEAR + 4).find(|end| source.is_char_boundary(*end));
    end.and_then(|end| source.get(..end)).unwrap_or(source)
}

/// The `type` of the object whose first member is at `at`, wherever in it that stands; empty if it has none.
fn type_of(source: &str, mut at: usize) -> &str {
    let bytes = source.as_bytes();
    let mut last = "";
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                let text = source.get(at + 1..end).unwrap_or_default();
                let rest = source.get(end + 1..).unwrap_or_default().trim_ascii_start();
                let is_name = rest.starts_with(':');
                if last == "type" && !is_name {
                    return text;
                }
                last = if is_name { text } else { "" };
                at = end + 1;
            }
            b'{' | b'[' => at = value_end(bytes, at),
            b'}' | b']' => break,
            _ => at += 1,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(source: &str, root: Rule) -> Vec<String> {
        serde_json::from_str::<serde::de::IgnoredAny>(source).unwrap();
        let mut leaves = Vec::new();
        walk(source, root, |leaf| {
            assert_eq!(&source[leaf.span], leaf.raw);
            leaves.push(format!("{}={} {:?}", leaf.name, leaf.raw, leaf.rule));
        });
        leaves
    }

    #[test]
    fn each_text_of_an_openai_request_is_told_and_nothing_else() {
        let request = r#"{"model": "m", "user": "u1", "temperature": 0.5, "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "name": "n", "content": [{"type": "text", "text": "t\"x"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"filename": "f", "file_data": "AAAA", "file_id": "i"}}]},
            {"role": "assistant", "content": null, "reasoning_content": "r", "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c", "type": "custom", "custom": {"name": "f", "input": "i"}}],
             "thinking_blocks": [{"type": "thinking", "thinking": "k", "signature": "s"}]},
            {"role": "tool", "tool_call_id": "c", "content": "o"}],
            "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters":
                {"type": "object", "required": ["a"], "properties": {"description": {"type": "string", "description": "p", "enum": ["e"], "pattern": "x"}}}}}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "j", "description": "jd", "schema": {"title": "jt"}}},
            "metadata": {"k": "v"}, "stop": ["z"], "new": {"field": "w"}}"#;
        let expected = [
            "user=u1 Text",
            "content=s Content",
            "name=n Text",
            r#"text=t\"x Text"#,
            "url=data:image/png;base64,AAAA Link",
            "data=AAAA Binary",
            "filename=f Text",
            "file_data=AAAA Binary",
            "reasoning_content=r Text",
            "arguments={} Json",
            "input=i Text",
            "thinking=k Signed",
            "content=o Content",
            "description=d Text",
            "description=p Text",
            "enum=e Data",
            "description=jd Text",
            "title=jt Text",
            "=k Data",
            "k=v Data",
            "stop=z Data",
            "=field Data",
            "field=w Data",
        ];
        assert_eq!(leaves(request, Rule::Request), expected);
    }

    #[test]
    fn each_text_of_an_anthropic_request_is_told_and_nothing_else() {
        let request = r#"{"model": "m", "max_tokens": 5, "system": [{"type": "text", "text": "s", "cache_control": {"type": "x"}}],
            "metadata": {"user_id": "u"}, "tool_choice": {"type": "tool", "name": "f"}, "messages": [
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "document", "title": "dt", "context": "dc", "source": {"data": "plain", "media_type": "text/plain", "type" : "text"}},
                {"type": "document", "source": {"type": "url", "url": "u"}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "in"}]}},
                {"type": "tool_result", "tool_use_id": "i", "content": "c", "is_error": false},
                {"type": "tool_result", "tool_use_id": "i", "content": [{"type": "text", "text": "c2"}]},
                {"type": "search_result", "source": "src", "title": "st", "content": [{"type": "text", "text": "c3"}]}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "k", "signature": "g"}, {"type": "redacted_thinking", "data": "d"},
                {"type": "tool_use", "id": "i", "name": "f", "input": {"a": 1, "b": [true, -2.5e3, {"c": "x"}]}}]}],
            "tools": [{"name": "f", "description": "d", "input_schema": {"properties": {"a": {"description": "p"}}}, "input_examples": [{"q": 7}]}]}"#;
        let expected = [
            "text=s Text",
            "=type Data",
            "type=x Data",
            "=user_id Data",
            "user_id=u Data",
            "data=AAAA Binary",
            "title=dt Text",
            "context=dc Text",
            "data=plain Text",
            "url=u Text",
            "text=in Text",
            "content=c Content",
            "text=c2 Text",
            "source=src Source",
            "title=st Text",
            "text=c3 Text",
            "thinking=k Signed",
            "data=d Sealed",
            "=a Data",
            "a=1 Data",
            "=b Data",
            "b=-2.5e3 Data",
            "=c Data",
            "c=x Data",
            "description=d Text",
            "description=p Text",
            "=q Data",
            "q=7 Data",
        ];
        assert_eq!(leaves(request, Rule::Request), expected);
    }

    #[test]
    fn a_name_is_passed_over_where_it_is_that_of_a_tool() {
        let blocks = r#"[{"name": "f", "input": {}, "type" :"tool_use"}, {"type": "server_tool_use", "name": "f"},
            {"x": {"type": "tool_use"}, "name": "n"}, {"name": "tool_use", "type": "other"}]"#;
        assert_eq!(
            leaves(blocks, Rule::Content),
            [
                "=type Data",
                "type=tool_use Data",
                "name=n Text",
                "name=tool_use Text"
            ]
        );
    }

    #[test]
    fn what_says_again_in_pieces_is_one_whole() {
        let choice = r#"{"logprobs": {"content": [{"token": "]a\"", "bytes": [1]}]}, "finish_reason": "x"}"#;
        assert_eq!(
            leaves(choice, Rule::Choice),
            [r#"logprobs={"content": [{"token": "]a\"", "bytes": [1]}]} Repetition"#]
        );
        assert_eq!(leaves(r#"{"logprobs": null}"#, Rule::Choice), [""; 0]);
    }

    #[test]
    fn brackets_quotes_and_commas_in_strings_are_text() {
        assert_eq!(
            leaves(r#"{"a]}\"": "x,{[\\", "": {}, "b": [[], ["y"]]}"#, Rule::Data),
            [
                r#"=a]}\" Data"#,
                r#"a]}\"=x,{[\\ Data"#,
                "= Data",
                "=b Data",
                "b=y Data"
            ]
        );
    }
}
