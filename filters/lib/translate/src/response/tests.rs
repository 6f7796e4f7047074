//! A measured answer says what the whole one says, and leaves to the whole what it cannot measure.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

const APIS: [Api; 2] = [Api::OpenAi, Api::Anthropic];

fn goldens(api: Api) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/response/{api}"));
    let goldens: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert!(goldens.len() > 8);
    goldens
}

fn within(api: Api) -> Context {
    Context {
        client: api,
        provider: api,
        created: 0,
    }
}

/// Whether it was measured, after a look at whether the measure is right.
fn measured(api: Api, text: &str) -> bool {
    let context = within(api);
    let answer = unchanged(&context, text);
    if let Some(answer) = &answer {
        let whole = rewritten(&context, text);
        assert_eq!(whole.as_ref(), Ok(answer), "{text}");
    }
    answer.is_some()
}

/// Every value of a document, as a path to it.
fn paths(value: &Value, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, inner)| paths(inner, &format!("{path}/{name}"), all)),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .for_each(|(index, inner)| paths(inner, &format!("{path}/{index}"), all)),
        _ => {}
    }
}

#[test]
fn whole_answers_are_measured_unless_their_content_is_in_parts() {
    for api in APIS {
        for (name, text) in goldens(api) {
            let is_answer = rewritten(&within(api), &text).is_ok();
            let expected = is_answer && name != "content-parts";
            assert_eq!(measured(api, &text), expected, "{api} {name}");
        }
    }
}

#[test]
fn other_values_in_the_place_of_any_change_both_readings_alike() {
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(2.5),
        json!(""),
        json!("stop"),
        json!("a \"quote\",\n\u{e9} \u{1f600}"),
        json!([]),
        json!([null]),
        json!([[], "x"]),
        json!([{"text": "part"}, {"text": "s"}]),
        json!({}),
        json!({"text": "x", "type": "text"}),
        json!({"type": "tool_use"}),
        json!({"function": {}, "message": {"content": "x"}}),
    ];
    for api in APIS {
        let (mut tried, mut answers) = (0, 0);
        for (_, text) in goldens(api) {
            let document: Value = serde_json::from_str(&text).unwrap();
            let mut all = Vec::new();
            paths(&document, "", &mut all);
            for path in &all {
                for other in &others {
                    let mut changed = document.clone();
                    *changed.pointer_mut(path).unwrap() = other.clone();
                    tried += 1;
                    answers += usize::from(measured(api, &changed.to_string()));
                }
            }
        }
        assert!(answers > 1000 && answers < tried, "{answers} of {tried}");
    }
}

#[test]
fn further_members_anywhere_change_both_readings_alike() {
    let members = [
        r#""id":"x","#,
        r#""model":"","#,
        r#""choices":null,"#,
        r#""content":"more","#,
        r#""content":1e999,"#,
        r#""delta":{},"#,
        r#""reasoning":"more","#,
        r#""reasoning_content":"","#,
        r#""refusal":"no","#,
        r#""usage":{"prompt_tokens":1,"input_tokens":1},"#,
        r#""usage":[1,2,3],"#,
        r#""prompt_tokens":1e999,"#,
        r#""stop_reason":7,"#,
        r#""stop_reason":"\u0045ND","#,
        r#""unknown":1e999,"#,
        r#""input":null,"#,
        r#""index":1.0,"#,
    ];
    for api in APIS {
        let mut answers = 0;
        for (_, text) in goldens(api) {
            for (at, _) in text.match_indices('{') {
                for member in members {
                    let (before, after) = text.split_at(at + 1);
                    answers += usize::from(measured(api, &format!("{before}{member}{after}")));
                }
            }
        }
        assert!(answers > 100, "{answers}");
    }
}

#[test]
fn an_answer_that_is_cut_or_goes_on_after_its_end_is_not_measured() {
    for api in APIS {
        for (_, text) in goldens(api) {
            let text = text.trim_end();
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                assert!(!measured(api, &text[..end]));
            }
            assert!(!measured(api, &format!("{text}}}")));
        }
    }
}

#[test]
fn an_array_in_the_place_of_the_answer_is_not_measured() {
    for api in APIS {
        assert!(!measured(
            api,
            r#"["id","m",[{"type":"text"}],null,null,null,null]"#
        ));
    }
}
