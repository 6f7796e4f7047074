use super::*;

fn counting(most_output: Option<u64>) -> Counting {
    Counting {
        counted_as: "gpt-5.5".to_owned(),
        default_output: Tokens(4_096),
        most_output: most_output.map(Tokens),
    }
}

fn body(more: &str) -> Vec<u8> {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"how are you?"}}]{more}}}"#).into_bytes()
}

#[test]
fn output_is_what_the_client_allows_and_the_targets_give() {
    for (more, most, expected) in [
        ("", None, 4_096),
        ("", Some(1_000), 1_000),
        (r#","max_completion_tokens":70"#, None, 70),
        (r#","max_tokens":70"#, None, 70),
        (r#","max_tokens":70,"max_completion_tokens":60"#, None, 60),
        (r#","max_tokens":7000"#, Some(1_000), 1_000),
        (r#","max_tokens":70,"n":3"#, None, 210),
        (r#","max_tokens":7000,"n":3"#, Some(1_000), 3_000),
        (r#","max_tokens":0"#, None, 0),
        (r#","max_tokens":18446744073709551615,"n":2"#, None, u64::MAX),
        // Of another type than documented it says nothing.
        (r#","max_tokens":"70""#, None, 4_096),
        (r#","max_tokens":-1"#, None, 4_096),
    ] {
        let counted = counting(most).count(Api::OpenAi, &body(more)).unwrap();
        assert_eq!(counted.output, Tokens(expected), "{more} {most:?}");
        assert!((1..100).contains(&counted.input.0), "{more}: {counted:?}");
    }
}

#[test]
fn both_dialects_are_counted_and_longer_prompts_are_more() {
    for client in [Api::OpenAi, Api::Anthropic] {
        let short = counting(None).count(client, &body("")).unwrap();
        let longer = String::from_utf8(body(""))
            .unwrap()
            .replace("how", "how do you do and how");
        let long = counting(None).count(client, longer.as_bytes()).unwrap();
        assert!(short.input < long.input, "{client:?}");
        // The tokenizer of a thread is used again, and keeps nothing of what it has counted.
        assert_eq!(counting(None).count(client, &body("")).unwrap(), short);
    }
}

#[test]
fn what_is_no_request_is_told_without_its_text() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"messages":[{"content":"my secret"#,
        "\u{feff}{}",
    ] {
        let invalid = counting(None).count(Api::OpenAi, body.as_bytes()).unwrap_err();
        assert!(!invalid.to_string().contains("secret"), "{invalid}");
    }
}
