//! Reads answers as strictly as an SDK would at its worst: any break of the dialect's rules is a failure.

use std::collections::BTreeMap;

use penstock_test_support::client::Response;
use serde_json::Value;

use crate::ask::Client;

/// A call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: Value,
}

/// What a model said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub text: String,
    pub thinking: String,
    pub signature: String,
    pub calls: Vec<Call>,
    pub finish: String,
    pub stop_sequence: Value,
    pub model: String,
    /// The usage object, as the dialect has it; null if there is none.
    pub usage: Value,
}

/// An error in its dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    pub kind: String,
    pub message: String,
    pub code: Value,
    pub param: Value,
}

type Read<T> = Result<T, String>;

/// A complete, successful answer.
pub fn said(client: Client, response: &Response) -> Read<Said> {
    if response.status != 200 {
        return Err(format!("status {}: {}", response.status, response.text()));
    }
    if let Some(aborted) = &response.aborted {
        return Err(format!("aborted: {aborted}, after {}", response.text()));
    }
    let kind = response.header("content-type").unwrap_or_default();
    let result = match (client, kind.starts_with("text/event-stream")) {
        (Client::OpenAi, true) => chunks(response),
        (Client::OpenAi, false) => completion(&response.json()),
        (Client::Anthropic, true) => events(response),
        (Client::Anthropic, false) => message(&response.json()),
    };
    result.map_err(|error| format!("{error}, in {}", response.text()))
}

/// An error answer with a status.
pub fn failed(client: Client, response: &Response) -> Read<Failed> {
    if response
        .header("content-type")
        .is_none_or(|kind| !kind.starts_with("application/json"))
    {
        return Err(format!("an error that is not JSON: {}", response.text()));
    }
    error_object(client, &response.json()).map_err(|error| format!("{error}, in {}", response.text()))
}

/// The error event that ends a stream; what came before it must not look finished.
pub fn failed_midstream(client: Client, response: &Response) -> Read<Failed> {
    let events = response.events();
    let last = events.last().ok_or("no events")?;
    let in_full = response.text();
    if in_full.contains("[DONE]") || in_full.contains("message_stop") {
        return Err(format!("an error, but also an orderly end: {in_full}"));
    }
    if client == Client::Anthropic && last.name != "error" {
        return Err(format!("the last event is no error: {last:?}"));
    }
    let object = serde_json::from_str(&last.data).map_err(|error| format!("{error} in {last:?}"))?;
    error_object(client, &object)
}

fn error_object(client: Client, object: &Value) -> Read<Failed> {
    if client == Client::Anthropic && object["type"] != "error" {
        return Err("type is not error".into());
    }
    let error = &object["error"];
    if client == Client::OpenAi {
        for field in ["message", "type", "param", "code"] {
            error.get(field).ok_or_else(|| format!("error without {field}"))?;
        }
    }
    Ok(Failed {
        kind: string(error, "type")?,
        message: string(error, "message")?,
        code: error["code"].clone(),
        param: error["param"].clone(),
    })
}

fn completion(body: &Value) -> Read<Said> {
    if body["object"] != "chat.completion" {
        return Err("object is not chat.completion".into());
    }
    string(body, "id")?;
    body["created"].as_u64().ok_or("no created")?;
    let choice = &body["choices"][0];
    let message = &choice["message"];
    if message["role"] != "assistant" || message.get("content").is_none() || message.get("refusal").is_none()
    {
        return Err("message lacks role, content or refusal".into());
    }
    let mut said = Said {
        text: message["content"].as_str().unwrap_or_default().to_owned(),
        thinking: message["reasoning_content"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        finish: string(choice, "finish_reason")?,
        model: string(body, "model")?,
        usage: body["usage"].clone(),
        ..Said::default()
    };
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let arguments = string(&call["function"], "arguments")?;
        said.calls.push(Call {
            id: string(call, "id")?,
            name: string(&call["function"], "name")?,
            arguments: parse(&arguments)?,
        });
    }
    Ok(said)
}

fn chunks(response: &Response) -> Read<Said> {
    let mut events = response.events();
    if events.pop().is_none_or(|event| event.data != "[DONE]") {
        return Err("the stream does not end in [DONE]".into());
    }
    let mut said = Said::default();
    let mut calls: BTreeMap<u64, (String, String, String)> = BTreeMap::new();
    let mut id = None;
    for event in events {
        let chunk = parse(&event.data)?;
        if chunk["object"] != "chat.completion.chunk" || !event.name.is_empty() {
            return Err(format!("not a chunk: {event:?}"));
        }
        if *id.get_or_insert_with(|| chunk["id"].clone()) != chunk["id"] {
            return Err("the id changes".into());
        }
        said.model = string(&chunk, "model")?;
        if chunk["usage"].is_object() {
            said.usage = chunk["usage"].clone();
        }
        let Some(choice) = chunk["choices"].as_array().ok_or("no choices")?.first() else {
            continue;
        };
        if !said.finish.is_empty() {
            return Err("content after the finish reason".into());
        }
        let delta = &choice["delta"];
        said.text.push_str(delta["content"].as_str().unwrap_or_default());
        said.thinking
            .push_str(delta["reasoning_content"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().ok_or("tool call without index")?;
            let entry = calls.entry(index).or_default();
            if let Some(id) = call["id"].as_str() {
                entry.0.push_str(id);
                entry.1.push_str(&string(&call["function"], "name")?);
            }
            entry
                .2
                .push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            said.finish = reason.to_owned();
        }
    }
    if said.finish.is_empty() {
        return Err("no finish reason".into());
    }
    for (id, name, arguments) in calls.into_values() {
        said.calls.push(Call {
            id,
            name,
            arguments: parse(&arguments)?,
        });
    }
    Ok(said)
}

fn message(body: &Value) -> Read<Said> {
    if body["type"] != "message" || body["role"] != "assistant" {
        return Err("not an assistant's message".into());
    }
    string(body, "id")?;
    let mut said = Said {
        finish: string(body, "stop_reason")?,
        stop_sequence: body["stop_sequence"].clone(),
        model: string(body, "model")?,
        usage: body["usage"].clone(),
        ..Said::default()
    };
    for block in body["content"].as_array().ok_or("no content")? {
        match block["type"].as_str() {
            Some("text") => said.text.push_str(&string(block, "text")?),
            Some("thinking") => {
                said.thinking.push_str(&string(block, "thinking")?);
                said.signature.push_str(&string(block, "signature")?);
            }
            Some("tool_use") => said.calls.push(Call {
                id: string(block, "id")?,
                name: string(block, "name")?,
                arguments: block["input"]
                    .as_object()
                    .ok_or("input is no object")?
                    .clone()
                    .into(),
            }),
            other => return Err(format!("block of type {other:?}")),
        }
    }
    Ok(said)
}

/// Reads a stream event by event, with the rules of the Streaming page of Anthropic's API reference.
fn events(response: &Response) -> Read<Said> {
    let mut said = Said::default();
    let mut open: Option<(u64, Value, String)> = None;
    let mut next_index = 0;
    let mut stage = "";
    for event in response.events() {
        let data = parse(&event.data)?;
        if data["type"] != event.name.as_str() {
            return Err(format!("event {} has type {}", event.name, data["type"]));
        }
        match (event.name.as_str(), stage) {
            ("ping", _) => {}
            ("message_start", "") => {
                stage = "content";
                let message = &data["message"];
                string(message, "id")?;
                said.model = string(message, "model")?;
                said.usage = message["usage"].clone();
                said.usage["input_tokens"]
                    .as_u64()
                    .ok_or("message_start without input_tokens")?;
            }
            ("content_block_start", "content") if open.is_none() => {
                if data["index"] != next_index {
                    return Err(format!("block {} where {next_index} is due", data["index"]));
                }
                open = Some((next_index, data["content_block"].clone(), String::new()));
            }
            ("content_block_delta", "content") => {
                let (index, block, json) = open.as_mut().ok_or("delta without a block")?;
                if data["index"] != *index {
                    return Err("delta of another block".into());
                }
                let delta = &data["delta"];
                match (block["type"].as_str(), delta["type"].as_str()) {
                    (Some("text"), Some("text_delta")) => said.text.push_str(&string(delta, "text")?),
                    (Some("thinking"), Some("thinking_delta")) => {
                        said.thinking.push_str(&string(delta, "thinking")?);
                    }
                    (Some("thinking"), Some("signature_delta")) => {
                        said.signature.push_str(&string(delta, "signature")?);
                    }
                    (Some("tool_use"), Some("input_json_delta")) => {
                        json.push_str(&string(delta, "partial_json")?)
                    }
                    (block, delta) => return Err(format!("{delta:?} in a block of {block:?}")),
                }
            }
            ("content_block_stop", "content") => {
                let (index, block, json) = open.take().ok_or("stop without a block")?;
                if data["index"] != index {
                    return Err("stop of another block".into());
                }
                next_index += 1;
                if block["type"] == "tool_use" {
                    let json = if json.is_empty() { "{}" } else { &json };
                    said.calls.push(Call {
                        id: string(&block, "id")?,
                        name: string(&block, "name")?,
                        arguments: parse(json)?,
                    });
                }
            }
            ("message_delta", "content") if open.is_none() => {
                stage = "closing";
                said.finish = string(&data["delta"], "stop_reason")?;
                said.stop_sequence = data["delta"]["stop_sequence"].clone();
                for (name, value) in data["usage"].as_object().ok_or("message_delta without usage")? {
                    said.usage[name] = value.clone();
                }
            }
            ("message_stop", "closing") => stage = "closed",
            (name, stage) => return Err(format!("{name} in stage {stage:?}")),
        }
    }
    if stage != "closed" {
        return Err(format!("the stream ends in stage {stage:?}"));
    }
    Ok(said)
}

fn string(value: &Value, key: &str) -> Read<String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("no string {key} in {value}"))
}

fn parse(text: &str) -> Read<Value> {
    serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))
}
