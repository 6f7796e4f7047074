use penstock_chat::{Api, Tokens};
use penstock_count::{family, request};
use penstock_tokens::Tokenizer;
use proptest::prelude::*;
use serde_json::json;

fn count(body: &[u8], most: u64) -> penstock_count::Counted {
    request(
        &mut Tokenizer::new(),
        Api::OpenAi,
        body,
        &family("gpt-4o"),
        Tokens(most),
    )
    .unwrap()
}

#[test]
fn a_huge_prompt_stops_early_and_still_tells_the_rest() {
    let message = json!({"role": "user", "content": "tell me more ".repeat(100_000)});
    let body =
        json!({"messages": [message, message, message], "model": "m", "max_tokens": 9, "n": 2}).to_string();
    let counted = count(body.as_bytes(), 1_000);
    assert!(!counted.complete && counted.tokens > Tokens(1_000), "{counted:?}");
    assert!(counted.tokens < Tokens(100_000), "{counted:?}");
    assert_eq!((counted.max_output, counted.choices), (Some(Tokens(9)), 2));
    let whole = count(body.as_bytes(), u64::MAX);
    assert!(whole.complete && whole.tokens > Tokens(900_000));
}

#[test]
fn as_much_as_was_asked_about_is_complete() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "one two three"}]}).to_string();
    let Tokens(tokens) = count(body.as_bytes(), u64::MAX).tokens;
    assert!(count(body.as_bytes(), tokens).complete);
    for most in 0..tokens {
        let counted = count(body.as_bytes(), most);
        assert!(
            !counted.complete && counted.tokens > Tokens(most),
            "{most}: {counted:?}"
        );
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in [
        &b""[..],
        b"[]",
        b"null",
        b"\"text\"",
        b"{",
        b"{} {}",
        b"{\"messages\":[}",
        b"\xff{}",
    ] {
        let counted = request(
            &mut Tokenizer::new(),
            Api::OpenAi,
            body,
            &family("gpt-4o"),
            Tokens(9),
        );
        assert!(counted.is_err(), "{body:?}");
    }
}

#[test]
fn nesting_to_the_limit_is_counted() {
    let deep = |open: &str, close: &str, levels: usize| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"tools":[{{"type":"function","function":
            {{"name":"f","parameters":{{"properties":{}{{}}{}}}}}}}]}}"#,
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    for (open, close, levels) in [
        (r#"{"a":"#, "}", 122),
        (r#"{"a":{"properties":"#, "}}", 61),
        (r#"{"a":{"items":"#, "}}", 61),
        ("[", "]", 122),
    ] {
        let body = deep(open, close, levels);
        penstock_translate::request::inspect(Api::OpenAi, body.as_bytes()).unwrap();
        assert!(count(body.as_bytes(), u64::MAX).tokens > Tokens(20), "{open}");
    }
}

proptest! {
    #[test]
    fn no_body_is_too_broken(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("1e999"), Just("null"),
                Just("\"messages\":"), Just("\"content\":"), Just("\"type\":"), Just("\"image\""), Just("\"source\":"),
                Just("\"data\":"), Just("\"tools\":"), Just("\"parameters\":"), Just("\"properties\":"), Just("\"x\""),
                Just("\"\\u0041\""),
            ],
            0..60,
        ),
    ) {
        let body = format!("{{{}}}", pieces.concat());
        for client in [Api::OpenAi, Api::Anthropic] {
            for model in ["gpt-4o", "claude"] {
                let _ = request(&mut Tokenizer::new(), client, body.as_bytes(), &family(model), Tokens(50));
            }
        }
    }
}
