//! Nothing that may reach a model is free, wherever in a request it stands.

use penstock_chat::{Api, Tokens};
use penstock_count::{family, request};
use penstock_tokens::Tokenizer;
use penstock_translate::request::inspect;
use serde_json::{Value, json};

use super::tokens;

const TEXT: &str =
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";

/// A token for each word, of which the text has sixteen, but for those of the value that it takes the place of.
const LEAST: u64 = 10;

/// Puts the text at a JSON pointer, where `null` stands, and tells what it adds.
fn added(client: Api, model: &str, body: &Value, pointer: &str, value: Value) -> u64 {
    let mut with = body.clone();
    *with.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    let bytes = serde_json::to_vec(&with).unwrap();
    inspect(client, &bytes).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    tokens(client, model, &with).saturating_sub(tokens(client, model, body))
}

fn assert_counts(client: Api, body: &Value, pointers: &[&str]) {
    for model in ["gpt-4o", "claude-opus-5", "unknown"] {
        for pointer in pointers {
            for value in [json!(TEXT), json!({ "deep": [{ "er": TEXT }] }), json!([TEXT])] {
                let mut with = body.clone();
                *with.pointer_mut(pointer).unwrap() = value.clone();
                // Typed fields take only one of these.
                if inspect(client, &serde_json::to_vec(&with).unwrap()).is_ok() {
                    let added = added(client, model, body, pointer, value.clone());
                    assert!(added >= LEAST, "{model}: {pointer} with {value} adds {added}");
                }
            }
        }
    }
}

#[test]
fn in_openais_requests() {
    let body = json!({"model": "m", "documents": null, "prediction": null, "chat_template_kwargs": null,
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "description": null, "schema": {"$x": null}}},
    "tool_choice": {"type": "custom", "custom": null},
    "tools": [
        {"type": "function", "x": null, "function": {"name": "", "description": null, "x": null, "parameters": {
            "x": null, "description": null, "type": null, "title": null, "additionalProperties": null, "properties": {
                "a": {"description": null, "type": null, "enum": null, "x": null, "title": null, "anyOf": null,
                    "additionalProperties": null, "properties": {"b": null}, "items": {"description": null}},
                "c": [{"description": null}], "d": {"properties": null, "items": null},
            }}}},
        {"type": "custom", "custom": {"name": null, "format": null}},
    ],
    "messages": [{
        "role": "user", "name": null, "x": null, "refusal": null, "reasoning_content": null, "tool_call_id": null,
        "function_call": {"arguments": null}, "audio": {"id": null},
        "thinking_blocks": [{"type": "thinking", "thinking": "", "x": null}],
        "tool_calls": [{"id": "", "x": null, "function": {"name": "", "arguments": "", "x": null}},
            {"id": "", "type": "custom", "custom": {"name": "", "input": "", "x": null}}],
        "content": [{"type": "text", "text": "", "x": null}, {"type": "refusal", "refusal": ""},
            {"type": "image_url", "image_url": {"url": "data:", "x": null}},
            {"type": "file", "file": {"filename": null, "file_id": null, "x": null}},
            {"type": "input_audio", "input_audio": {"data": "", "x": null}}, {"type": "video_url", "video_url": {"x": null}}],
    }]});
    assert_counts(
        Api::OpenAi,
        &body,
        &[
            "/documents",
            "/prediction",
            "/chat_template_kwargs",
            "/response_format/json_schema/description",
            "/response_format/json_schema/schema/$x",
            "/tool_choice/custom",
            "/tools/0/x",
            "/tools/0/function/name",
            "/tools/0/function/description",
            "/tools/0/function/x",
            "/tools/0/function/parameters/x",
            "/tools/0/function/parameters/description",
            "/tools/0/function/parameters/type",
            "/tools/0/function/parameters/title",
            "/tools/0/function/parameters/additionalProperties",
            "/tools/0/function/parameters/properties/a/description",
            "/tools/0/function/parameters/properties/a/type",
            "/tools/0/function/parameters/properties/a/enum",
            "/tools/0/function/parameters/properties/a/x",
            "/tools/0/function/parameters/properties/a/title",
            "/tools/0/function/parameters/properties/a/anyOf",
            "/tools/0/function/parameters/properties/a/additionalProperties",
            "/tools/0/function/parameters/properties/d/properties",
            "/tools/0/function/parameters/properties/a/properties/b",
            "/tools/0/function/parameters/properties/d/items",
            "/tools/0/function/parameters/properties/a/items/description",
            "/tools/0/function/parameters/properties/c",
            "/tools/0/function/parameters/properties/c/0/description",
            "/tools/1/custom/name",
            "/tools/1/custom/format",
            "/messages/0/name",
            "/messages/0/x",
            "/messages/0/refusal",
            "/messages/0/reasoning_content",
            "/messages/0/tool_call_id",
            "/messages/0/function_call/arguments",
            "/messages/0/audio/id",
            "/messages/0/thinking_blocks/0/thinking",
            "/messages/0/thinking_blocks/0/x",
            "/messages/0/tool_calls/0/id",
            "/messages/0/tool_calls/0/x",
            "/messages/0/tool_calls/0/function/name",
            "/messages/0/tool_calls/0/function/arguments",
            "/messages/0/tool_calls/0/function/x",
            "/messages/0/tool_calls/1/custom/name",
            "/messages/0/tool_calls/1/custom/input",
            "/messages/0/tool_calls/1/custom/x",
            "/messages/0/content/0/text",
            "/messages/0/content/0/x",
            "/messages/0/content/1/refusal",
            "/messages/0/content/2/image_url/x",
            "/messages/0/content/3/file/filename",
            "/messages/0/content/3/file/file_id",
            "/messages/0/content/3/file/x",
            "/messages/0/content/4/input_audio/x",
            "/messages/0/content/5/video_url/x",
        ],
    );
}

#[test]
fn in_anthropics_requests() {
    let nested = json!({"type": "document", "title": null, "context": null, "x": null,
        "source": {"type": "content", "content": [{"type": "text", "text": null, "x": null, "content": [{"content": [{"content": null}]}]}]}});
    let body = json!({"model": "m", "max_tokens": 1, "x": null, "mcp_servers": null, "system": [{"type": "text", "text": "", "x": null}],
        "output_config": {"format": {"type": "json_schema", "schema": {"x": null}}},
        "tools": [{"name": "", "description": null, "input_schema": {"x": null}, "input_examples": null}, {"type": "web_search_1", "name": "s", "x": null}],
        "messages": [{"role": "user", "x": null, "content": [
            {"type": "text", "text": "", "citations": null},
            nested,
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "", "x": null}},
            {"type": "tool_result", "tool_use_id": "", "content": [{"type": "text", "text": ""}, {"type": "search_result", "source": null, "x": null, "content": [{"text": null}]}]},
            {"type": "web_search_tool_result", "tool_use_id": null, "content": [{"type": null, "url": null, "title": null, "encrypted_content": null}]},
            {"type": "mcp_tool_result", "content": {"x": null}},
            {"type": "server_tool_use", "name": null, "input": {"x": null}, "data": null},
        ]}, {"role": "assistant", "content": [{"type": "tool_use", "id": "", "name": "", "input": {"x": null}},
            {"type": "thinking", "thinking": "", "signature": ""}, {"type": "redacted_thinking", "data": ""}]}]});
    assert_counts(
        Api::Anthropic,
        &body,
        &[
            "/x",
            "/mcp_servers",
            "/system/0/text",
            "/system/0/x",
            "/output_config/format/schema/x",
            "/tools/0/name",
            "/tools/0/description",
            "/tools/0/input_schema/x",
            "/tools/0/input_examples",
            "/tools/1/x",
            "/messages/0/x",
            "/messages/0/content/0/text",
            "/messages/0/content/0/citations",
            "/messages/0/content/1/title",
            "/messages/0/content/1/context",
            "/messages/0/content/1/x",
            "/messages/0/content/1/source/content",
            "/messages/0/content/1/source/content/0/text",
            "/messages/0/content/1/source/content/0/x",
            "/messages/0/content/1/source/content/0/type",
            "/messages/0/content/1/source/content/0/content/0/content/0/content",
            "/messages/0/content/2/source/data",
            "/messages/0/content/2/source/x",
            "/messages/0/content/3/tool_use_id",
            "/messages/0/content/3/content",
            "/messages/0/content/3/content/0/text",
            "/messages/0/content/3/content/1/source",
            "/messages/0/content/3/content/1/x",
            "/messages/0/content/3/content/1/content/0/text",
            "/messages/0/content/4/tool_use_id",
            "/messages/0/content/4/content/0/type",
            "/messages/0/content/4/content/0/url",
            "/messages/0/content/4/content/0/title",
            "/messages/0/content/4/content/0/encrypted_content",
            "/messages/0/content/5/content",
            "/messages/0/content/5/content/x",
            "/messages/0/content/6/name",
            "/messages/0/content/6/input/x",
            "/messages/0/content/6/data",
            "/messages/1/content/0/id",
            "/messages/1/content/0/name",
            "/messages/1/content/0/input/x",
            "/messages/1/content/1/thinking",
            "/messages/1/content/2/data",
        ],
    );
}

#[test]
fn not_even_what_is_said_twice() {
    let schema = |twice: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"tools":[{{"type":"function","function":
            {{"name":"f","parameters":{{"properties":{{"a":{{{twice}"description":"","type":"string"}}}}}}}}}}]}}"#
        )
    };
    let count = |body: String| {
        inspect(Api::OpenAi, body.as_bytes()).unwrap();
        let most = Tokens(u64::MAX);
        let counted = request(
            &mut Tokenizer::new(),
            Api::OpenAi,
            body.as_bytes(),
            &family("gpt-4o"),
            most,
        );
        counted.unwrap().tokens.0
    };
    let twice = schema(&format!(r#""description":"{TEXT}","#));
    assert!(count(twice) >= count(schema("")) + LEAST);
}
