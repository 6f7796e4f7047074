//! Requests of few and short words, so that what could be shifted from one field into the next would be.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// What a request says, in either dialect.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    system: Vec<String>,
    /// From the user and from the assistant, in turn.
    turns: Vec<(Vec<String>, Vec<String>)>,
    last: String,
    stop: Vec<String>,
    tools: Vec<(String, Option<String>)>,
    numbers: [Option<u8>; 2],
    schema: Option<Vec<String>>,
}

fn parts(texts: &[String]) -> Value {
    texts
        .iter()
        .map(|text| json!({ "type": "text", "text": text }))
        .collect()
}

impl Said {
    fn messages(&self) -> Vec<Value> {
        let turns = self.turns.iter().flat_map(|(user, assistant)| {
            [
                json!({ "role": "user", "content": parts(user) }),
                json!({ "role": "assistant", "content": parts(assistant) }),
            ]
        });
        turns
            .chain([json!({ "role": "user", "content": self.last })])
            .collect()
    }

    fn openai(&self) -> Value {
        let mut messages = vec![json!({ "role": "system", "content": parts(&self.system) })];
        messages.extend(self.messages());
        let tools = self.tools.iter().map(|(name, description)| {
            json!({ "type": "function", "function": { "name": name, "description": description, "parameters": {} } })
        });
        let schema = self.schema.as_ref().map(|schema| {
            json!({ "type": "json_schema", "json_schema": { "name": "x", "strict": true, "schema": { "enum": schema } } })
        });
        json!({ "openai": {
            "messages": messages,
            "stop": self.stop,
            "tools": tools.collect::<Value>(),
            "temperature": self.numbers[0].map(|n| f64::from(n) / 10.0),
            "top_p": self.numbers[1].map(|n| f64::from(n) / 10.0),
            "response_format": schema,
        } })
    }

    fn anthropic(&self) -> Value {
        let tools = self.tools.iter().map(
            |(name, description)| json!({ "input_schema": {}, "description": description, "name": name }),
        );
        let format = self
            .schema
            .as_ref()
            .map(|schema| json!({ "format": { "type": "json_schema", "schema": { "enum": schema } } }));
        json!({ "anthropic": {
            "system": parts(&self.system),
            "messages": self.messages(),
            "stop_sequences": self.stop,
            "tools": tools.collect::<Value>(),
            "temperature": self.numbers[0].map(|n| f64::from(n) / 10.0),
            "top_p": self.numbers[1].map(|n| f64::from(n) / 10.0),
            "output_config": format,
        } })
    }
}

fn words() -> impl Strategy<Value = Vec<String>> {
    vec("[ab]{1,2}", 0..3)
}

fn some_words() -> impl Strategy<Value = Vec<String>> {
    vec("[ab]{1,2}", 1..3)
}

prop_compose! {
    fn said()(
        system in words(),
        turns in vec((some_words(), some_words()), 0..2),
        last in "[ab]",
        stop in words(),
        tools in vec(("[ab]{1,2}", option::of("[ab]{0,1}")), 0..2),
        numbers in [option::of(0..2_u8), option::of(0..2_u8)],
        schema in option::of(words()),
    ) -> Said {
        Said { system, turns, last, stop, tools, numbers, schema }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_request_is_the_same_in_both_dialects(said in said()) {
        let (openai, anthropic) = (read(&said.openai()).unwrap(), read(&said.anthropic()).unwrap());
        prop_assert_eq!(openai.material, anthropic.material);
        prop_assert_eq!(openai.text, anthropic.text);
    }

    #[test]
    fn two_requests_meet_only_if_they_say_the_same(one in said(), other in said()) {
        let (read_one, read_other) = (read(&one.openai()).unwrap(), read(&other.anthropic()).unwrap());
        prop_assert_eq!(read_one.key(&CONTEXT) == read_other.key(&CONTEXT), one == other);
        let mut same_text = other.clone();
        same_text.last.clone_from(&one.last);
        prop_assert_eq!(read_one.material == read_other.material, one == same_text);
    }

    #[test]
    fn json_hashes_alike_only_if_it_is_the_same(one in value(), other in value()) {
        let hash = |text: &str| {
            let mut hash = Hash::new("test");
            hash.json(text);
            hash.finish()
        };
        prop_assert_eq!(hash(&one.to_string()), hash(&reversed(&one)));
        prop_assert_eq!(hash(&one.to_string()) == hash(&other.to_string()), one == other);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in r#"(\{"model":"m","messages":\[)?[\[\]{}:,"a1 ]{0,40}"#) {
        let _ = Asked::read(Api::OpenAi, body.as_bytes());
        let _ = Asked::read(Api::Anthropic, body.as_bytes());
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1..2_i64).prop_map(Value::from),
        Just(json!(0.5)),
        "[a0]{0,1}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[ab]{0,1}", inner), 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
