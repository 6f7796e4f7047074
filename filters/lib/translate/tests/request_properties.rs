//! What holds for any request: whatever passes inspection translates for every target into a valid request.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use penstock_chat::{Api, Tokens};
use penstock_translate::json;
use penstock_translate::request::{inspect, translate};
use penstock_translate::target::{Flavor, Target};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

fn targets() -> Vec<Target<'static>> {
    let openai = [Flavor::OpenAi, Flavor::Azure, Flavor::Vllm].map(|flavor| (Api::OpenAi, flavor, "gpt-5.2"));
    let anthropic = ["claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-5", "other"]
        .map(|model| (Api::Anthropic, Flavor::OpenAi, model));
    openai
        .into_iter()
        .chain(anthropic)
        .flat_map(|(api, flavor, model)| {
            [None, Some(Tokens(2_000))].map(|max_output_tokens| Target {
                api,
                flavor,
                model,
                max_output_tokens,
            })
        })
        .collect()
}

/// The golden requests, to be damaged.
static CORPUS: LazyLock<Vec<(Api, Value)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/request");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path| {
        let golden: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let client = if golden["client"] == "openai" {
            Api::OpenAi
        } else {
            Api::Anthropic
        };
        (client, golden["request"].clone())
    };
    paths.into_iter().map(read).collect()
});

/// Every value within a value, by pointer.
fn pointers(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, inner)| pointers(inner, format!("{at}/{name}"), into));
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, inner)| pointers(inner, format!("{at}/{index}"), into));
        }
        _ => {}
    }
    into.push(at);
}

fn replacement() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("text"),
        json!("assistant"),
        json!("user"),
        json!("system"),
        json!("tool"),
        json!("image_url"),
        json!("data:image/png;base64,AA"),
        json!("data:;base64,"),
        json!("é\u{1f600}\n\"\\"),
        json!([]),
        json!({}),
        json!([{}]),
        json!([""]),
        json!({"type": "text", "text": "t"}),
        json!([{"type": "text", "text": ""}]),
        json!({"type": "tool_use", "id": "", "name": "", "input": {}}),
        json!({"role": "assistant", "content": []}),
        json!({"role": "system", "content": "later"}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_passes_inspection_becomes_a_valid_request_for_every_target(
        which in any::<Index>(),
        damage in prop::collection::vec((any::<Index>(), replacement()), 0..4),
    ) {
        let (client, mut request) = CORPUS[which.index(CORPUS.len())].clone();
        for (place, value) in damage {
            let mut places = Vec::new();
            pointers(&request, String::new(), &mut places);
            *request.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        }
        let body = request.to_string();
        let inspected = inspect(client, body.as_bytes());
        for target in targets() {
            let translated = translate(client, body.as_bytes(), &target);
            if inspected.is_err() {
                // The same API is edited without a second look; another API never gets what is wrong.
                prop_assert!(client == target.api || translated.is_err());
                continue;
            }
            let translated = translated.unwrap();
            let sent = json::check(&translated.body).unwrap();
            let again = inspect(target.api, &translated.body);
            prop_assert!(again.is_ok(), "{:?}: {}", again, sent);
            prop_assert_eq!(&*again.unwrap().model, target.model);
            for loss in &translated.losses {
                let fit = |c: char| c.is_ascii_graphic();
                prop_assert!(!loss.field.is_empty() && loss.field.chars().all(fit), "{}", loss.field);
                prop_assert!(loss.reason.chars().all(|c| c.is_ascii_graphic() || c == ' '));
            }
            if target.api == Api::Anthropic && client == Api::OpenAi {
                check_anthropic(&serde_json::from_str(sent).unwrap())?;
            }
        }
    }

    #[test]
    fn conversations_survive_the_way_there_and_back(turns in prop::collection::vec(turn(), 1..4), system in "[a-z]{0,3}") {
        let mut messages = Vec::new();
        if !system.is_empty() {
            messages.push(json!({"role": "system", "content": system}));
        }
        messages.extend(turns.into_iter().flatten());
        messages.push(json!({"role": "user", "content": "last"}));
        let request = json!({"model": "m", "max_completion_tokens": 50, "temperature": 0.5, "stop": ["x"], "user": "u", "messages": messages});
        let there = Target { api: Api::Anthropic, flavor: Flavor::OpenAi, model: "claude-sonnet-4-5", max_output_tokens: None };
        let sent = translate(Api::OpenAi, request.to_string().as_bytes(), &there).unwrap();
        prop_assert_eq!(sent.losses, vec![]);
        let back = Target { api: Api::OpenAi, flavor: Flavor::OpenAi, model: "m", max_output_tokens: None };
        let returned = translate(Api::Anthropic, &sent.body, &back).unwrap();
        prop_assert_eq!(returned.losses, vec![]);
        prop_assert_eq!(serde_json::from_slice::<Value>(&returned.body).unwrap(), request);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for client in [Api::OpenAi, Api::Anthropic] {
            let _ = inspect(client, &bytes);
            for target in targets() {
                let _ = translate(client, &bytes, &target);
            }
        }
    }
}

/// What Anthropic demands beyond the shape.
fn check_anthropic(sent: &Value) -> Result<(), TestCaseError> {
    let messages = sent["messages"].as_array().unwrap();
    prop_assert_eq!(&messages[0]["role"], "user");
    for pair in messages.windows(2) {
        prop_assert_ne!(&pair[0]["role"], &pair[1]["role"]);
    }
    for message in messages {
        let content = message["content"].as_array().unwrap();
        prop_assert!(!content.is_empty());
        let is_result = |block: &Value| block["type"] == "tool_result";
        let results = content.iter().filter(|block| is_result(block)).count();
        prop_assert!(content.iter().take(results).all(is_result));
        prop_assert!(content.iter().all(|block| block["text"] != ""));
    }
    if let Some(budget) = sent["thinking"]["budget_tokens"].as_u64() {
        prop_assert!(budget >= 1_024 && budget < sent["max_tokens"].as_u64().unwrap());
        prop_assert!(sent["temperature"].is_null());
    }
    Ok(())
}

/// A user message, and an answer with or without a call and its result.
fn turn() -> impl Strategy<Value = Vec<Value>> {
    let user = prop_oneof![
        ".{1,5}".prop_map(|text| json!({"role": "user", "content": text})),
        "[a-z]{1,5}".prop_map(|text| json!({"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": format!("https://example.com/{text}")}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]})),
    ];
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":[1,2.50]}"}});
    let answer = prop_oneof![
        "[a-z]{1,5}".prop_map(|text| vec![json!({"role": "assistant", "content": text})]),
        ".{1,5}".prop_map(move |result| vec![
            json!({"role": "assistant", "content": null, "tool_calls": [call("call_1"), call("call_2")]}),
            json!({"role": "tool", "tool_call_id": "call_1", "content": result}),
            json!({"role": "tool", "tool_call_id": "call_2", "content": "ok"}),
            json!({"role": "user", "content": "thanks"}),
            json!({"role": "assistant", "content": "bye"}),
        ]),
    ];
    (user, answer).prop_map(|(user, answer)| [vec![user], answer].concat())
}
