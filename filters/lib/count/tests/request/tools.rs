use penstock_chat::Api;
use serde_json::{Value, json};

use super::{count, texts, tokens};

fn weather() -> Value {
    json!({
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    })
}

fn request(tools: Value) -> Value {
    json!({"model": "m", "tools": tools, "messages": [
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ]})
}

/// OpenAI's cookbook, "How to count tokens with tiktoken" (read 2026-11): what the API itself has billed.
#[test]
fn the_cookbook_is_met_to_the_token() {
    let body = request(json!([{"type": "function", "function": weather()}]));
    assert_eq!(tokens(Api::OpenAi, "gpt-4o", &body), 101);
    assert_eq!(tokens(Api::OpenAi, "gpt-4", &body), 105);
    assert_eq!(tokens(Api::OpenAi, "gpt-3.5-turbo", &body), 105);
}

#[test]
fn a_tool_costs_the_same_in_either_dialect() {
    let openai = request(json!([{"type": "function", "function": weather()}]));
    let mut tool = weather();
    tool["input_schema"] = tool.as_object_mut().unwrap().remove("parameters").unwrap();
    let mut anthropic = openai.clone();
    anthropic["tools"] = json!([tool]);
    assert_eq!(
        tokens(Api::Anthropic, "gpt-4o", &anthropic),
        tokens(Api::OpenAi, "gpt-4o", &openai)
    );
    let older = {
        let mut body = request(json!([]));
        body["functions"] = json!([weather()]);
        body
    };
    assert_eq!(
        tokens(Api::OpenAi, "gpt-4o", &older),
        tokens(Api::OpenAi, "gpt-4o", &openai)
    );
}

#[test]
fn nested_parameters_cost_what_flat_ones_do_and_their_names() {
    let tool = |parameters: Value| {
        request(json!([{"type": "function", "function": {"name": "f", "parameters": parameters}}]))
    };
    let inner = json!({"type": "object", "properties": {"a": {"type": "string", "description": "An A."}}});
    let flat = tokens(Api::OpenAi, "gpt-4o", &tool(inner.clone()));
    let nested = tool(json!({"type": "object", "properties": {"o": inner}}));
    assert_eq!(
        tokens(Api::OpenAi, "gpt-4o", &nested),
        flat + 3 + 3 + texts(&["o:object:"])
    );
    let list = tool(json!({"type": "object", "properties": {"l": {"type": "array", "items": inner}}}));
    assert_eq!(
        tokens(Api::OpenAi, "gpt-4o", &list),
        flat + 3 + 3 + texts(&["l:array:", ":object:"])
    );
}

#[test]
fn empty_lists_of_values_take_nothing_away() {
    let tool = |parameters: Value| {
        request(json!([{"type": "function", "function": {"name": "f", "parameters": parameters}}]))
    };
    let mut parameters = json!({"type": "string"});
    let mut before = tokens(Api::OpenAi, "gpt-4o", &tool(parameters.clone()));
    for _ in 0..20 {
        parameters = json!({"type": "array", "enum": [], "items": parameters});
        let now = tokens(Api::OpenAi, "gpt-4o", &tool(parameters.clone()));
        assert!(now >= before, "{now} after {before}");
        before = now;
    }
}

#[test]
fn the_prompt_for_tools_is_added_once_and_not_corrected() {
    let tools = json!([{"name": "f", "input_schema": {"type": "object"}}, {"name": "g", "input_schema": {"type": "object"}}]);
    let body = |tools: Value, choice: Value| json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}], "tools": tools, "tool_choice": choice});
    for (choice, fixed) in [
        (json!(null), 496),
        (json!({"type": "auto"}), 496),
        (json!({"type": "none"}), 496),
        (json!({"type": "any"}), 588),
        (json!({"type": "tool", "name": "f"}), 588),
    ] {
        let counted = count(
            Api::Anthropic,
            "claude-sonnet-4-5",
            &body(tools.clone(), choice.clone()),
        );
        assert_eq!(counted.fixed.0, fixed, "{choice}");
        let without = count(
            Api::Anthropic,
            "claude-sonnet-4-5",
            &body(json!([]), choice.clone()),
        );
        assert_eq!(without.fixed.0, 0, "{choice}");
        assert_eq!(
            counted.tokens.0 - fixed,
            without.tokens.0 + texts(&[&tools.to_string()])
        );
    }
    let openai = json!({"model": "m", "messages": [], "tools": tools, "tool_choice": "required"});
    assert_eq!(count(Api::OpenAi, "claude-sonnet-4-5", &openai).fixed.0, 588);
}

#[test]
fn tools_in_json_cost_the_same_however_they_are_spaced() {
    let tools = json!([{"name": "f", "description": "é\n", "input_schema": {"type": "object"}}]);
    let family = penstock_count::family("claude-sonnet-5");
    let compact = format!(r#"{{"model":"m","messages":[],"tools":{tools}}}"#);
    let spaced = compact.replace(',', " ,\n\t").replace('é', "\\u00e9");
    let mut tokenizer = penstock_tokens::Tokenizer::new();
    let mut count = |body: &str| {
        let most = penstock_chat::Tokens(u64::MAX);
        penstock_count::request(&mut tokenizer, Api::Anthropic, body.as_bytes(), &family, most).unwrap()
    };
    assert_eq!(count(&compact), count(&spaced));
}
