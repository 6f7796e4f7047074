//! No field is dropped in silence: every top-level field of each API changes what another API's provider is sent,
//! or is named among the losses.

// Helpers of a test may do what tests may.
#![allow(clippy::panic, clippy::unwrap_used)]

use penstock_chat::Api;
use penstock_translate::request::{Translated, inspect, translate};
use penstock_translate::target::{Flavor, Target};

/// `CreateChatCompletionRequest` with the properties it inherits, from OpenAI's OpenAPI document, and the fields of
/// `CompletionCreateParams` in its Python SDK 3.52 (both read 2026-11). `model` and `messages` are in every request.
const OPENAI: &[(&str, &str)] = &[
    ("audio", r#"{"voice":"ash","format":"wav"}"#),
    ("frequency_penalty", "0.5"),
    ("function_call", r#""auto""#),
    ("functions", r#"[{"name":"g"}]"#),
    ("logit_bias", r#"{"5":-100}"#),
    ("logprobs", "true"),
    ("max_completion_tokens", "77"),
    ("max_tokens", "77"),
    ("metadata", r#"{"a":"b"}"#),
    ("modalities", r#"["text","audio"]"#),
    ("moderation", r#"{"model":"omni"}"#),
    ("n", "2"),
    ("parallel_tool_calls", "false"),
    ("prediction", r#"{"type":"content","content":"x"}"#),
    ("presence_penalty", "-1"),
    ("prompt_cache_key", r#""k""#),
    ("prompt_cache_options", r#"{"mode":"explicit"}"#),
    ("prompt_cache_retention", r#""24h""#),
    ("reasoning_effort", r#""high""#),
    ("response_format", r#"{"type":"json_object"}"#),
    (
        "response_format",
        r#"{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"#,
    ),
    (
        "response_format",
        r#"{"type":"json_schema","json_schema":{"name":"n"}}"#,
    ),
    ("safety_identifier", r#""u""#),
    ("seed", "5"),
    ("service_tier", r#""default""#),
    ("service_tier", r#""flex""#),
    ("stop", r#""x""#),
    ("stop", r#"[" "]"#),
    ("store", "true"),
    ("stream", "true"),
    ("stream_options", r#"{"include_obfuscation":true}"#),
    ("temperature", "0.5"),
    ("tool_choice", r#""required""#),
    ("tool_choice", r#"{"type":"custom","custom":{"name":"c"}}"#),
    ("tools", r#"[{"type":"function","function":{"name":"g"}}]"#),
    ("tools", r#"[{"type":"custom","custom":{"name":"g"}}]"#),
    ("top_k", "5"),
    ("top_logprobs", "3"),
    ("top_p", "0.5"),
    ("user", r#""u""#),
    ("verbosity", r#""low""#),
    ("web_search_options", r#"{"search_context_size":"low"}"#),
    ("anything_else", r#"{"a":1}"#),
];

/// `MessageCreateParams` of Anthropic's Python SDK 2.11, its beta fields that gateways meet, and what version
/// `2023-06-01` of the API takes besides (all read 2026-11). `max_tokens` is in every request.
const ANTHROPIC: &[(&str, &str)] = &[
    ("cache_control", r#"{"type":"ephemeral"}"#),
    ("container", r#""c""#),
    ("context_management", r#"{"edits":[{}]}"#),
    ("diagnostics", r#"{"previous_message_id":"m"}"#),
    ("inference_geo", r#""us""#),
    ("mcp_servers", r#"[{"type":"url"}]"#),
    ("metadata", r#"{"user_id":"u"}"#),
    ("metadata", r#"{"other":"u"}"#),
    ("output_config", r#"{"effort":"low"}"#),
    ("output_config", r#"{"effort":"none-such"}"#),
    (
        "output_config",
        r#"{"format":{"type":"json_schema","schema":{}}}"#,
    ),
    ("output_config", r#"{"other":1}"#),
    ("output_format", r#"{"type":"json_schema","schema":{}}"#),
    ("service_tier", r#""standard_only""#),
    ("speed", r#""fast""#),
    ("stop_sequences", r#"["x"]"#),
    ("stream", "true"),
    ("system", r#""s""#),
    ("temperature", "0.5"),
    ("thinking", r#"{"type":"enabled","budget_tokens":2000}"#),
    ("thinking", r#"{"type":"adaptive"}"#),
    ("thinking", r#"{"type":"adaptive","display":"omitted"}"#),
    ("thinking", r#"{"type":"between_tools"}"#),
    ("tool_choice", r#"{"type":"any"}"#),
    (
        "tool_choice",
        r#"{"type":"auto","disable_parallel_tool_use":true}"#,
    ),
    ("tools", r#"[{"name":"g","input_schema":{}}]"#),
    ("tools", r#"[{"type":"web_search_20250305","name":"web_search"}]"#),
    ("top_k", "5"),
    ("top_p", "0.5"),
    ("user_profile_id", r#""p""#),
    ("workspace_id", r#""w""#),
    ("anything_else", r#"{"a":1}"#),
];

fn request(client: Api, field: Option<(&str, &str)>) -> String {
    let tools = match client {
        Api::OpenAi => r#"[{"type":"function","function":{"name":"f"}}]"#,
        Api::Anthropic => r#"[{"name":"f","input_schema":{"type":"object"}}]"#,
    };
    let mut members = vec![
        ("model", r#""m""#),
        ("messages", r#"[{"role":"user","content":"x"}]"#),
        ("tools", tools),
    ];
    if client == Api::Anthropic {
        members.push(("max_tokens", "9000"));
    }
    if let Some((name, value)) = field {
        members.retain(|(known, _)| *known != name);
        members.push((name, value));
    }
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn translated(client: Api, body: &str, target: &Target<'_>) -> Translated {
    inspect(client, body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    translate(client, body.as_bytes(), target).unwrap()
}

fn check(client: Api, fields: &[(&str, &str)], targets: &[Target<'_>]) {
    for target in targets {
        let plain = translated(client, &request(client, None), target);
        assert_eq!(
            plain.losses,
            [],
            "the plain request loses something at {}",
            target.model
        );
        for (name, value) in fields {
            let with = translated(client, &request(client, Some((name, value))), target);
            let said = with.body != plain.body;
            let reported = !with.losses.is_empty();
            assert!(
                said || reported,
                "{name}: {value} is lost in silence at {}",
                target.model
            );
        }
    }
}

#[test]
fn every_openai_field_is_translated_or_reported() {
    let target = |model| Target {
        api: Api::Anthropic,
        flavor: Flavor::OpenAi,
        model,
        max_output_tokens: None,
    };
    check(
        Api::OpenAi,
        OPENAI,
        &[
            target("claude-sonnet-4-5"),
            target("claude-opus-5"),
            target("other"),
        ],
    );
}

#[test]
fn every_anthropic_field_is_translated_or_reported() {
    let target = |flavor, model| Target {
        api: Api::OpenAi,
        flavor,
        model,
        max_output_tokens: None,
    };
    let targets = [
        target(Flavor::OpenAi, "gpt-5.2"),
        target(Flavor::OpenAi, "gpt-4o"),
        target(Flavor::Azure, "deployment"),
        target(Flavor::Vllm, "llama"),
    ];
    check(Api::Anthropic, ANTHROPIC, &targets);
}

/// What stands inside messages and tools and has no place at the target.
#[test]
fn losses_inside_messages_name_their_field() {
    let openai =
        |content: &str| format!(r#"{{"model":"m","messages":[{{"role":"user","content":"q"}},{content}]}}"#);
    let anthropic = |content: &str| {
        format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":[{{"type":"text","text":"q"}},{content}]}}]}}"#
        )
    };
    let claude = Target {
        api: Api::Anthropic,
        flavor: Flavor::OpenAi,
        model: "claude-opus-5",
        max_output_tokens: None,
    };
    let gpt = Target {
        api: Api::OpenAi,
        flavor: Flavor::OpenAi,
        model: "gpt-5.2",
        max_output_tokens: None,
    };
    let table = [
        (
            Api::OpenAi,
            openai(r#"{"role":"user","content":"a","name":"bob"}"#),
            &claude,
            "messages[].name",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"assistant","audio":{"id":"a"}},{"role":"user","content":"a"}"#),
            &claude,
            "messages[].audio",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"function","name":"f","content":"a"}"#),
            &claude,
            "messages[].role",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"system","content":"a"},{"role":"user","content":"a"}"#),
            &claude,
            "messages[].role",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"user","content":[{"type":"video_url","video_url":{"url":"u"}}]}"#),
            &claude,
            "messages[].content[].video_url",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}"#),
            &claude,
            "messages[].content[].image_url.url",
        ),
        (
            Api::OpenAi,
            openai(r#"{"role":"user","content":[{"type":"text","text":"t","strange\n":1}]}"#),
            &claude,
            "messages[].content[].strange_",
        ),
        (
            Api::Anthropic,
            anthropic(r#"{"type":"text","text":"t","citations":[{}]}"#),
            &gpt,
            "messages[].content[].citations",
        ),
        (
            Api::Anthropic,
            anthropic(r#"{"type":"container_upload","file_id":"f"}"#),
            &gpt,
            "messages[].content[].container_upload",
        ),
        (
            Api::Anthropic,
            anthropic(r#"{"type":"tool_result","tool_use_id":"t","is_error":true}"#),
            &gpt,
            "messages[].content[].is_error",
        ),
        (
            Api::Anthropic,
            anthropic(
                r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"search_result","source":"s","title":"t","content":[]}]}"#,
            ),
            &gpt,
            "messages[].content[].content[].search_result",
        ),
        (
            Api::Anthropic,
            anthropic(r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#),
            &gpt,
            "messages[].content[].source.type",
        ),
    ];
    for (client, body, target, field) in table {
        let fields: Vec<_> = translated(client, &body, target)
            .losses
            .into_iter()
            .map(|loss| loss.field)
            .collect();
        assert!(
            fields.iter().any(|lost| lost == field),
            "{body}: {field} is not in {fields:?}"
        );
    }
}

/// An answer's citations have no other place to be reported.
#[test]
fn model_that_cites_unasked_is_named() {
    for (model, expected) in [("gpt-5-search-api", vec!["model"]), ("gpt-5.2", vec![])] {
        let target = Target {
            api: Api::OpenAi,
            flavor: Flavor::OpenAi,
            model,
            max_output_tokens: None,
        };
        let body = request(Api::Anthropic, None);
        assert_eq!(fields(Api::Anthropic, &body, &target), expected, "{model}");
        let body = request(Api::OpenAi, None);
        assert_eq!(fields(Api::OpenAi, &body, &target), [""; 0], "{model}");
    }
}

fn fields(client: Api, body: &str, target: &Target<'_>) -> Vec<String> {
    let losses = translated(client, body, target).losses;
    losses.into_iter().map(|loss| loss.field.into_owned()).collect()
}

#[test]
fn schemas_that_have_to_change_are_named() {
    let claude = Target {
        api: Api::Anthropic,
        flavor: Flavor::OpenAi,
        model: "claude-opus-5",
        max_output_tokens: None,
    };
    let format = |schema: &str| {
        let format = format!(r#"{{"type":"json_schema","json_schema":{{"name":"n","schema":{schema}}}}}"#);
        request(Api::OpenAi, Some(("response_format", &format)))
    };
    let tool = |strict: bool| {
        let tools = format!(
            r#"[{{"type":"function","function":{{"name":"f","strict":{strict},"parameters":{{"type":"object"}}}}}}]"#
        );
        request(Api::OpenAi, Some(("tools", &tools)))
    };
    let table = [
        (
            format(r#"{"type":"object","properties":{}}"#),
            vec!["response_format.json_schema.schema"],
        ),
        (
            format(r#"{"type":"object","properties":{},"additionalProperties":false}"#),
            vec![],
        ),
        (tool(true), vec!["tools[].function.parameters"]),
        (tool(false), vec![]),
    ];
    for (body, expected) in table {
        assert_eq!(fields(Api::OpenAi, &body, &claude), expected, "{body}");
    }
}
