//! What is refused, with which words, and what gets through unharmed.

// Helpers of a test may do what tests may.
#![allow(clippy::unwrap_used)]

use penstock_chat::Api;
use penstock_translate::request::{InvalidRequest, inspect, translate};
use penstock_translate::target::{Flavor, Target};

fn refusal(client: Api, body: &[u8]) -> InvalidRequest {
    let error = inspect(client, body).unwrap_err();
    assert!(!error.to_string().contains("SECRET"), "{error}");
    error
}

fn target(api: Api, flavor: Flavor) -> Target<'static> {
    Target {
        api,
        flavor,
        model: "target-model",
        max_output_tokens: None,
    }
}

/// A user message follows `messages`, so that only what the case names is wrong.
fn openai(members: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"SECRET"}}]{members}}}"#)
}

fn openai_message(message: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"SECRET"}},{message}]}}"#)
}

fn anthropic(members: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"SECRET"}}]{members}}}"#)
}

fn anthropic_message(message: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"SECRET"}},{message}]}}"#)
}

#[test]
fn openai_requests_are_refused_by_field() {
    let message = openai_message;
    let part = |part: &str| openai_message(&format!(r#"{{"role":"user","content":[{part}]}}"#));
    let table = [
        (r#"{"messages":[]}"#.to_owned(), "model: is required"),
        (
            r#"{"model":"","messages":[]}"#.to_owned(),
            "model: must not be empty",
        ),
        (r#"{"model":"m"}"#.to_owned(), "messages: is required"),
        (
            r#"{"model":"m","messages":null}"#.to_owned(),
            "messages: is required",
        ),
        (
            r#"{"model":"m","messages":[]}"#.to_owned(),
            "messages: must hold at least one message",
        ),
        (
            r#"{"model":"m","messages":"SECRET"}"#.to_owned(),
            "messages: expected an array",
        ),
        (
            r#"{"model":7,"messages":[]}"#.to_owned(),
            "model: expected a string",
        ),
        (
            r#"{"model":["SECRET"],"messages":[]}"#.to_owned(),
            "model: expected a string",
        ),
        (openai(r#","model":"n""#), "model: duplicate field `model`"),
        (openai(r#","x":1,"x":2"#), "x: duplicate field"),
        (message("7"), "messages[1]: expected an object"),
        (message("{}"), "messages[1].role: is required"),
        (
            message(r#"{"role":"SECRET","content":"x"}"#),
            "messages[1].role: must be one of system, developer, user, assistant, tool, function",
        ),
        (message(r#"{"role":"user"}"#), "messages[1].content: is required"),
        (
            message(r#"{"role":"user","role":"user"}"#),
            "messages[1].role: duplicate field `role`",
        ),
        (
            message(r#"{"role":"user","content":{"a":"SECRET"}}"#),
            "messages[1].content: expected a string or an array",
        ),
        (
            message(r#"{"role":"tool","content":"x"}"#),
            "messages[1].tool_call_id: is required",
        ),
        (part("{}"), "messages[1].content[0].type: is required"),
        (part(r#""SECRET""#), "messages[1].content[0]: expected an object"),
        (
            part(r#"{"type":"text"}"#),
            "messages[1].content[0].text: is required",
        ),
        (
            part(r#"{"type":"text","text":"a","text":"b"}"#),
            "messages[1].content[0].text: duplicate field `text`",
        ),
        (
            part(r#"{"type":"image_url"}"#),
            "messages[1].content[0].image_url: is required",
        ),
        (
            part(r#"{"type":"image_url","image_url":{}}"#),
            "messages[1].content[0].image_url.url: is required",
        ),
        (
            part(r#"{"type":"image_url","image_url":"SECRET"}"#),
            "messages[1].content[0].image_url: expected an object",
        ),
        (
            part(r#"{"type":"SECRET"}"#),
            "messages[1].content[0].type: must be one of text, image_url, input_audio, file, refusal, video_url, audio_url",
        ),
        (
            message(r#"{"role":"assistant","tool_calls":{}}"#),
            "messages[1].tool_calls: expected an array",
        ),
        (
            message(r#"{"role":"assistant","tool_calls":[{}]}"#),
            "messages[1].tool_calls[0].id: is required",
        ),
        (
            message(r#"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}}]}"#),
            "messages[1].tool_calls[0].function.arguments: is required",
        ),
        (
            message(
                r#"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}"#,
            ),
            "messages[1].tool_calls[0].function.arguments: expected a string",
        ),
        (openai(r#","stream":"SECRET""#), "stream: expected a boolean"),
        (
            openai(r#","temperature":-1"#),
            "temperature: must be between 0 and 2",
        ),
        (
            openai(r#","temperature":2.01"#),
            "temperature: must be between 0 and 2",
        ),
        (openai(r#","top_p":1.5"#), "top_p: must be between 0 and 1"),
        (openai(r#","n":0"#), "n: must be between 1 and 128"),
        (openai(r#","n":1.5"#), "n: expected an integer"),
        (
            openai(r#","max_tokens":-5"#),
            "max_tokens: must be between 1 and 4294967295",
        ),
        (
            openai(r#","max_tokens":99999999999999999999999"#),
            "max_tokens: expected an integer",
        ),
        (
            openai(r#","temperature":1e999"#),
            "temperature: number out of range at line 1 column 80",
        ),
        (
            openai(r#","tools":[{"type":"function"}]"#),
            "tools[0].function: is required",
        ),
        (
            openai(r#","tools":[{"type":"function","function":{}}]"#),
            "tools[0].function.name: is required",
        ),
        (
            openai(r#","tools":[{"type":"function","function":{"name":"f","parameters":[]}}]"#),
            "tools[0].function.parameters: must be an object",
        ),
        (
            openai(r#","tool_choice":"SECRET""#),
            "tool_choice: must be none, auto, required, or an object of type function, custom or allowed_tools",
        ),
        (
            openai(r#","tool_choice":{"type":"function"}"#),
            "tool_choice.function: is required",
        ),
        (
            openai(r#","tool_choice":{"type":"function","function":7}"#),
            "tool_choice.function: expected an object",
        ),
        (
            openai(r#","response_format":{"type":"SECRET"}"#),
            "response_format.type: must be one of text, json_object, json_schema",
        ),
        (
            openai(r#","response_format":{"type":"json_schema"}"#),
            "response_format.json_schema: is required",
        ),
        (openai(r#","stop":7"#), "stop: expected a string or an array"),
    ];
    for (body, message) in table {
        assert_eq!(
            refusal(Api::OpenAi, body.as_bytes()).to_string(),
            message,
            "{body}"
        );
    }
}

#[test]
fn conversation_that_the_provider_is_to_hold_is_refused_with_a_code_for_the_sdk() {
    for thread in [
        r#"{"type":"create"}"#,
        r#"{"type":"continue","previous_message_id":"m"}"#,
    ] {
        let refused = refusal(
            Api::Anthropic,
            anthropic(&format!(r#","thread":{thread}"#)).as_bytes(),
        );
        assert_eq!(refused.code, Some("thread_unsupported_request"));
        assert_eq!(refused.field.as_deref(), Some("thread"));
    }
    assert!(inspect(Api::Anthropic, anthropic(r#","thread":null"#).as_bytes()).is_ok());
}

#[test]
fn anthropic_requests_are_refused_by_field() {
    let message = anthropic_message;
    let block = |block: &str| anthropic_message(&format!(r#"{{"role":"user","content":[{block}]}}"#));
    let answer = |block: &str| anthropic_message(&format!(r#"{{"role":"assistant","content":[{block}]}}"#));
    let table = [
        (
            answer(r#"{"type":"tool_result","tool_use_id":"a"}"#),
            "messages[1].content[0].type: only stands in a message of the user",
        ),
        (
            r#"{"model":"m","messages":[]}"#.to_owned(),
            "max_tokens: is required",
        ),
        (
            r#"{"model":"m","max_tokens":1,"messages":[]}"#.to_owned(),
            "messages: must hold at least one message",
        ),
        (
            anthropic(r#","max_tokens":1"#),
            "max_tokens: duplicate field `max_tokens`",
        ),
        (
            anthropic(r#","temperature":1.5"#),
            "temperature: must be between 0 and 1",
        ),
        (
            message(r#"{"role":"tool","content":"x"}"#),
            "messages[1].role: must be user, assistant or system",
        ),
        (message(r#"{"role":"user"}"#), "messages[1].content: is required"),
        (
            block(r#"{"type":"SECRET"}"#),
            "messages[1].content[0].type: must be a content block type such as text, image, document, thinking, tool_use or tool_result",
        ),
        (
            block(r#"{"type":"image"}"#),
            "messages[1].content[0].source: is required",
        ),
        (
            block(r#"{"type":"image","source":"SECRET"}"#),
            "messages[1].content[0].source: must be an object",
        ),
        (
            block(r#"{"type":"image","source":{"type":"base64","media_type":"image/png"}}"#),
            "messages[1].content[0].source.data: is required",
        ),
        (
            answer(r#"{"type":"thinking","thinking":"SECRET"}"#),
            "messages[1].content[0].signature: is required",
        ),
        (
            answer(r#"{"type":"tool_use","id":"a","name":"f","input":"SECRET"}"#),
            "messages[1].content[0].input: must be an object",
        ),
        (
            block(r#"{"type":"tool_result"}"#),
            "messages[1].content[0].tool_use_id: is required",
        ),
        (
            block(r#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}"#),
            "messages[1].content[0].content[0].text: is required",
        ),
        (
            block(r#"{"type":"tool_result","tool_use_id":"a","content":{"a":1}}"#),
            "messages[1].content[0].content: must be a string or an array of blocks",
        ),
        (
            anthropic(r#","system":[{"type":"image"}]"#),
            "system[0].type: must be text",
        ),
        (
            anthropic(r#","system":7"#),
            "system: expected a string or an array",
        ),
        (
            anthropic(r#","tools":[{"name":"f"}]"#),
            "tools[0].input_schema: is required",
        ),
        (
            anthropic(r#","tool_choice":{"type":"tool"}"#),
            "tool_choice.name: is required",
        ),
        (
            anthropic(r#","tool_choice":"auto""#),
            "tool_choice: expected an object",
        ),
        (
            anthropic(r#","thinking":{"type":"enabled"}"#),
            "thinking.budget_tokens: is required",
        ),
        (
            anthropic(r#","output_config":{"format":{"type":"json_schema"}}"#),
            "output_config.format.schema: is required",
        ),
    ];
    for (body, message) in table {
        assert_eq!(
            refusal(Api::Anthropic, body.as_bytes()).to_string(),
            message,
            "{body}"
        );
    }
}

#[test]
fn broken_json_is_refused_by_position() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let table: [(Vec<u8>, &str); 8] = [
        (Vec::new(), "EOF while parsing a value at line 1 column 0"),
        (b"[]".to_vec(), "expected an object"),
        (b"\"SECRET\"".to_vec(), "expected an object"),
        (b"<html>SECRET".to_vec(), "expected value at line 1 column 1"),
        (b"{\"model\":\"\xff\"}".to_vec(), "invalid UTF-8 at byte 10"),
        (
            openai(&format!(r#","x":{deep}"#)).into_bytes(),
            "more than 128 nested levels at byte 192",
        ),
        (
            deep.clone().into_bytes(),
            "more than 128 nested levels at byte 128",
        ),
        (
            openai(r#","x":"\ud800""#).into_bytes(),
            "unpaired surrogate escape at byte 66",
        ),
    ];
    for client in [Api::OpenAi, Api::Anthropic] {
        for (body, message) in &table {
            let shown = refusal(client, body).to_string();
            assert_eq!(shown, *message);
            assert!(translate(client, body, &target(Api::OpenAi, Flavor::OpenAi)).is_err());
        }
    }
}

#[test]
fn objects_and_lists_are_counted_over_the_whole_body() {
    let body = |messages: usize, parts: usize| {
        let part = r#"{"type":"text","text":""},"#.repeat(parts);
        let message = format!(r#"{{"role":"user","content":[{}]}},"#, part.trim_end_matches(','));
        let messages = message.repeat(messages);
        format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{}]}}"#,
            messages.trim_end_matches(',')
        )
    };
    for client in [Api::OpenAi, Api::Anthropic] {
        // Two for the body and its list, two for each message and its.
        let most = body(2, 99_997);
        assert!(inspect(client, most.as_bytes()).is_ok());
        for (messages, parts) in [(2, 99_998), (66_667, 1)] {
            let shown = refusal(client, body(messages, parts).as_bytes()).to_string();
            assert_eq!(shown, "more than 200000 objects and lists");
        }
    }
}

#[test]
fn null_counts_as_absent() {
    let nulls = r#","stream":null,"temperature":null,"tools":null,"tool_choice":null,"stop":null,"n":null,"user":null,"response_format":null,"max_tokens":null,"stream_options":null,"seed":null"#;
    let body = openai(nulls);
    let inspected = inspect(Api::OpenAi, body.as_bytes()).unwrap();
    assert_eq!((inspected.stream, inspected.choices), (false, 1));
    let translated = translate(
        Api::OpenAi,
        body.as_bytes(),
        &target(Api::Anthropic, Flavor::OpenAi),
    )
    .unwrap();
    assert_eq!(translated.losses, []);
}

#[test]
fn inspection_tells_what_the_gateway_needs() {
    let body = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"n":3,
        "messages":[{"role":"user","content":"q"}]}"#;
    let inspected = inspect(Api::OpenAi, body.as_bytes()).unwrap();
    assert_eq!(inspected.model, "m");
    assert!(inspected.stream && inspected.include_usage);
    assert_eq!(inspected.choices, 3);

    let body = r#"{"model":"c","max_tokens":5,"messages":[{"role":"user","content":"q"}]}"#;
    let inspected = inspect(Api::Anthropic, body.as_bytes()).unwrap();
    assert_eq!(inspected.model, "c");
    assert!(!inspected.stream && inspected.include_usage);
    assert_eq!(inspected.choices, 1);
}

#[test]
fn edits_within_one_api_leave_every_other_byte() {
    let table = [
        (
            Flavor::OpenAi,
            "{ \"x\" : 1.50, \"model\":\"a\\u0062\" ,\n \"messages\":[ {\"role\":\"user\",\"content\":\"h\\u00e9\"} ],\"max_tokens\": 5}\n",
            "{ \"x\" : 1.50, \"model\":\"target-model\" ,\n \"messages\":[ {\"role\":\"user\",\"content\":\"h\\u00e9\"} ],\"max_completion_tokens\": 5}\n",
        ),
        (
            Flavor::Vllm,
            r#"{"model":"m","messages":[{"role":"developer","content":"developer"} , {"role":"user","content":"x"}],"max_completion_tokens":5}"#,
            r#"{"model":"target-model","messages":[{"role":"system","content":"developer"},{"role":"user","content":"x"}],"max_tokens":5}"#,
        ),
        (
            Flavor::Azure,
            r#"{"stream":true,"stream_options":{"include_usage":false,"x":1},"model":"m","messages":[]}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true,"x":1},"model":"target-model","messages":[]}"#,
        ),
        (
            Flavor::OpenAi,
            r#"{"stream":true,"stream_options":null,"model":"m","max_tokens":1,"max_completion_tokens":2}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true},"model":"target-model","max_completion_tokens":2}"#,
        ),
        (
            Flavor::Vllm,
            r#"{"stream":true,"model":"m","max_tokens":1,"max_completion_tokens":2}"#,
            r#"{"stream":true,"model":"target-model","max_tokens":2,"stream_options":{"include_usage":true}}"#,
        ),
    ];
    for (flavor, body, expected) in table {
        let translated = translate(Api::OpenAi, body.as_bytes(), &target(Api::OpenAi, flavor)).unwrap();
        assert_eq!(String::from_utf8(translated.body).unwrap(), expected);
    }
    let body = r#"{ "model" : "m","thinking":{"type":"enabled","budget_tokens":2000},"x":[1.0]}"#;
    let translated = translate(
        Api::Anthropic,
        body.as_bytes(),
        &target(Api::Anthropic, Flavor::OpenAi),
    )
    .unwrap();
    let expected =
        r#"{ "model" : "target-model","thinking":{"type":"enabled","budget_tokens":2000},"x":[1.0]}"#;
    assert_eq!(String::from_utf8(translated.body).unwrap(), expected);
}
