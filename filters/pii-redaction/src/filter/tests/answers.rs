use super::*;

const BODY: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"ann@example.com \"bob\"@x"},
    {"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"card":4111111111111111}}]}]}"#;

/// What an answer with the placeholders of an e-mail address and a number becomes, and what it was.
fn restored(path: &'static str, answer: impl Fn(&str, &str) -> String) -> (String, String) {
    let mut world = World::new(path, policy());
    let masked = world.send(BODY);
    let (email, card) = (placeholder(&masked, "EMAIL"), placeholder(&masked, "CARD"));
    let answer = answer(email, card);
    (world.answer(&answer), answer)
}

#[test]
fn values_return_in_every_text_of_an_openai_answer_and_all_else_stays_byte_for_byte() {
    let (answer, _) = restored(OPENAI, |email, card| {
        format!(
            r#"{{ "id":"x","choices":[{{"index":0,"message":{{"content":"To {email}\u0021","reasoning_content":"{lower}","thinking_blocks":[{{"thinking":"{lower} {email}"}}],
            "tool_calls":[{{"id":"c","function":{{"name":"f","arguments":"{{\"to\":\"{email}\", \"card\":\"{card}\"}}"}}}}]}}}}] }}"#,
            lower = email.to_lowercase()
        )
    });
    assert!(answer.contains(r#""content":"To ann@example.com!""#), "{answer}");
    assert!(
        answer.contains(r#""reasoning_content":"ann@example.com""#),
        "{answer}"
    );
    assert!(
        answer.contains(r#"{\"to\":\"ann@example.com\", \"card\":4111111111111111}"#),
        "{answer}"
    );
    assert!(
        answer.contains(r#"] ann@example.com"}]"#),
        "signed text only takes what is exact: {answer}"
    );
    assert!(answer.starts_with(r#"{ "id":"x","choices":[{"index":0,"#) && answer.ends_with("}}] }"));
}

#[test]
fn values_return_in_every_text_of_an_anthropic_answer() {
    let (answer, given) = restored(ANTHROPIC, |email, card| {
        format!(
            r#"{{"content":[{{"type":"text","text":"{email}"}},{{"type":"tool_use","id":"t","name":"f","input":{{"{email}":["{card}","no. {card}"]}}}},
            {{"type":"thinking","thinking":"{email}","signature":"abc"}}]}}"#
        )
    });
    let email = placeholder(&given, "EMAIL");
    let card = placeholder(&given, "CARD");
    let expected = given
        .replace(email, "ann@example.com")
        .replace(&format!("\"{card}\""), "4111111111111111")
        .replace(card, "4111111111111111");
    assert_eq!(answer, expected);
}

#[test]
fn an_answer_without_placeholders_or_that_is_no_json_passes_as_it_is() {
    for answer in ["{\"a\": [1, 2] }", "[broken", "plain", ""] {
        let (restored, given) = restored(OPENAI, |_, _| answer.to_owned());
        assert_eq!(restored, given);
    }
}

#[test]
fn masks_stay_where_the_policy_says_so() {
    let mut world = World::new(
        OPENAI,
        PiiPolicy {
            restore: false,
            ..policy()
        },
    );
    let masked = world.send(BODY);
    let answer = format!(
        r#"{{"choices":[{{"message":{{"content":"{}"}}}}]}}"#,
        placeholder(&masked, "EMAIL")
    );
    assert_eq!(world.answer(&answer), answer);
}

#[test]
fn new_personal_data_of_the_model_is_masked_if_the_policy_says_so() {
    let mut world = World::new(
        OPENAI,
        PiiPolicy {
            response: PiiResponse::Mask,
            ..policy()
        },
    );
    let masked = world.send(BODY);
    let email = placeholder(&masked, "EMAIL").to_owned();
    let answer = format!(r#"{{"choices":[{{"message":{{"content":"{email}, eve@example.org"}}}}]}}"#);
    let answer = world.answer(&answer);
    assert!(
        answer.contains("ann@example.com, [EMAIL_") && !answer.contains("eve@"),
        "{answer}"
    );
}

#[test]
fn a_number_of_the_model_is_masked_as_a_string() {
    let policy = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    for (path, answer) in [
        (
            OPENAI,
            r#"{"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{\"n\": 4012888888881881, \"s\": \"a\\\" 4012888888881881\"}"}}]}}]}"#,
        ),
        (
            ANTHROPIC,
            r#"{"content":[{"type":"tool_use","input":{"n": 4012888888881881, "s": "a\" 4012888888881881"}}]}"#,
        ),
    ] {
        let mut world = World::new(path, policy.clone());
        world.send(BODY);
        let screened = world.answer(answer);
        let card = placeholder(&screened, "CARD");
        let quote = if path == OPENAI { "\\\"" } else { "\"" };
        let expected = answer
            .replacen("4012888888881881", &format!("{quote}{card}{quote}"), 1)
            .replace("4012888888881881", card);
        assert_eq!(screened, expected);
    }
}

#[test]
fn an_answer_that_cannot_be_looked_into_is_cut_off_where_new_data_must_be_masked() {
    for (response, verdict) in [
        (PiiResponse::Mask, Verdict::Reset),
        (PiiResponse::Pass, Verdict::Continue),
    ] {
        let mut world = World::new(OPENAI, PiiPolicy { response, ..policy() });
        world.send(BODY);
        let headers = Headers::from([("content-type", "application/json"), ("content-encoding", "br")]);
        let step = world.filter.response_headers(&headers, false);
        assert_eq!(step.verdict, verdict);
        assert!(!world.filter.reads_answer());
    }
}

#[test]
fn a_text_that_looks_like_the_placeholder_of_a_number_is_not_taken_for_one() {
    let number = r#"{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"card":4111111111111111}}]}"#;
    let body = |text: &str| {
        format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"{text}"}},{number}]}}"#
        )
    };
    let masked = World::new(ANTHROPIC, policy()).send(&body("x"));
    let card = placeholder(&masked, "CARD");
    let mut world = World::new(ANTHROPIC, policy());
    let masked = world.send(&body(card));
    let literal = placeholder(&masked, "LITERAL");
    let answer = world.answer(&format!(
        r#"{{"content":[{{"type":"text","text":"{literal}"}}]}}"#
    ));
    assert!(answer.contains(card), "{answer}");
}

#[test]
fn what_is_not_readable_is_cut_off_where_new_data_must_be_masked() {
    for (response, verdict) in [
        (PiiResponse::Mask, Verdict::Reset),
        (PiiResponse::Pass, Verdict::Continue),
    ] {
        let mut world = World::new(OPENAI, PiiPolicy { response, ..policy() });
        world.send(BODY);
        world.answer_headers("application/json");
        assert_eq!(
            world
                .filter
                .response_body(b"\xef\xbb\xbf{\"a\":\"[bob@example.org\"}", true)
                .verdict,
            verdict
        );
    }
}

#[test]
fn the_placeholder_of_a_number_may_name_a_member() {
    let (answer, _) = restored(ANTHROPIC, |_, card| {
        format!(
            r#"{{"content":[{{"type":"tool_use","name":"f","input":{{"{card}":"{card}","s":"{{\"{card}\" : \"{card}\"}}"}}}}]}}"#
        )
    });
    let expected = r#"{"content":[{"type":"tool_use","name":"f","input":{"4111111111111111":4111111111111111,"s":"{\"4111111111111111\" : 4111111111111111}"}}]}"#;
    assert_eq!(answer, expected);
}

#[test]
fn values_return_in_fields_that_no_api_knows_yet() {
    let (answer, given) = restored(OPENAI, |email, _| {
        format!(
            r#"{{"choices":[{{"text":"{email}","message":{{"reasoning_details":[{{"type":"reasoning.text","text":"{email}","signature":"s"}}],"audio":{{"transcript":"{email}"}},
            "annotations":[{{"url_citation":{{"title":"{email}"}}}}],"new":"{email}"}}}}],"new":{{"{email}":"{email}"}}}}"#
        )
    });
    assert_eq!(
        answer,
        given.replace(placeholder(&given, "EMAIL"), "ann@example.com")
    );
}

#[test]
fn nothing_says_again_in_pieces_what_was_masked() {
    let answer = r#"{"choices":[{"logprobs":{"content":[{"token":"eve@","bytes":[101]},{"token":"example.org"}]},"message":{"content":"eve@example.org"}}]}"#;
    let mut world = World::new(
        OPENAI,
        PiiPolicy {
            response: PiiResponse::Mask,
            ..policy()
        },
    );
    world.send(BODY);
    let screened = world.answer(answer);
    assert!(
        screened.starts_with(r#"{"choices":[{"logprobs":null,"message":{"content":"[EMAIL_"#),
        "{screened}"
    );
}

#[test]
fn the_name_of_a_field_tells_what_new_data_it_holds() {
    let answer = r#"{"content":[{"type":"tool_use","name":"f","input":{"password":"hunter2!Xy","other":"hunter2!Xz"}}]}"#;
    let mut world = World::new(
        ANTHROPIC,
        PiiPolicy {
            response: PiiResponse::Mask,
            ..policy()
        },
    );
    world.send(BODY);
    let screened = world.answer(answer);
    assert!(
        !screened.contains("hunter2!Xy") && screened.contains("hunter2!Xz"),
        "{screened}"
    );
}

#[test]
fn an_answer_whose_coding_is_none_is_read() {
    let mut world = World::new(OPENAI, policy());
    let masked = world.send(BODY);
    let headers = Headers::from([
        ("content-type", "application/json"),
        ("content-encoding", " Identity"),
    ]);
    world.filter.response_headers(&headers, false);
    let body = format!(r#"{{"x":"{}"}}"#, placeholder(&masked, "EMAIL"));
    let step = world.filter.response_body(body.as_bytes(), true);
    assert_eq!(sent(step, &body), r#"{"x":"ann@example.com"}"#);
}

#[test]
fn an_answer_that_its_values_make_too_large_is_given_up() {
    let value = format!("{}@example.com", "a".repeat(60));
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{value}"}}]}}"#);
    for (limit, verdict) in [(2_000, Verdict::Reset), (1 << 20, Verdict::Continue)] {
        let config = PiiRedaction {
            max_response_bytes: limit,
            ..config(policy())
        };
        let worker = Rc::new(Worker::new(config, KEY).unwrap());
        for media in ["application/json", "text/event-stream"] {
            for text in [0, 1] {
                let filter = Filter::new(Rc::clone(&worker));
                let mut world = World { filter, path: OPENAI };
                let masked = world.send(&body);
                let many = placeholder(&masked, "EMAIL").repeat(40);
                let answer = match (media, text) {
                    ("application/json", 0) => {
                        format!(r#"{{"choices":[{{"message":{{"content":"{many}"}}}}]}}"#)
                    }
                    ("application/json", _) => format!(
                        "[{}0]",
                        format!("\"{}\",", placeholder(&masked, "EMAIL")).repeat(40)
                    ),
                    (_, 0) => format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{many}\"}}}}]}}\n\n"),
                    _ => format!("data: {{\"new\":\"{many}\"}}\n\n"),
                };
                world.answer_headers(media);
                let step = world.filter.response_body(answer.as_bytes(), true);
                assert_eq!(step.verdict, verdict, "{media} {text}");
                let counted = step
                    .counts
                    .iter()
                    .any(|count| count.name.contains("answer_too_large"));
                assert_eq!(counted, verdict == Verdict::Reset);
            }
        }
    }
}

#[test]
fn a_placeholder_that_is_made_late_is_not_taken_for_one_in_an_earlier_text() {
    let body = |text: &str| {
        format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"{text}"}},
            {{"role":"assistant","content":[{{"type":"tool_use","id":"i","name":"f","input":{{"a":111222333}}}}]}},{{"role":"user","content":"BSN 111222333"}}]}}"#
        )
    };
    let masked = World::new(ANTHROPIC, policy()).send(&body("x"));
    let number = placeholder(&masked, "BSN");
    assert!(masked.contains(&format!(r#""a":"{number}""#)), "{masked}");
    let mut world = World::new(ANTHROPIC, policy());
    let masked = world.send(&body(number));
    let literal = placeholder(&masked, "LITERAL");
    let answer = world.answer(&format!(
        r#"{{"content":[{{"type":"text","text":"{literal}"}}]}}"#
    ));
    assert!(answer.contains(number), "{answer}");
}

#[test]
fn a_negative_number_of_the_model_is_masked_as_a_string() {
    let policy = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let mut world = World::new(OPENAI, policy);
    world.send(BODY);
    let answer = r#"{"x":{"card":-4012888888881881,"n":4.012888888881881e15},"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{\"n\": -4012888888881881, \"a\":\"x\\neve@example.org\"}"}}]}}]}"#;
    let screened = world.answer(answer);
    let screened: serde_json::Value = serde_json::from_str(&screened).unwrap();
    assert!(
        screened["x"]["card"].is_string() && screened["x"]["n"].is_string(),
        "{screened}"
    );
    let arguments = screened["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str();
    let arguments: serde_json::Value = serde_json::from_str(arguments.unwrap()).unwrap();
    assert!(arguments["n"].is_string(), "{arguments}");
    assert!(
        arguments["a"].as_str().unwrap().starts_with("x\n[EMAIL_"),
        "{arguments}"
    );
}

#[test]
fn new_data_in_words_gets_no_quotes_that_were_not_there() {
    let masks = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    for text in [
        "[eve@example.org](mailto:eve@example.org)",
        "[1, 2] and eve@example.org",
        "{ eve@example.org }",
    ] {
        let mut world = World::new(OPENAI, masks.clone());
        world.send(BODY);
        let screened = world.answer(&format!(
            r#"{{"choices":[{{"message":{{"content":"{text}"}}}}]}}"#
        ));
        let email = placeholder(&screened, "EMAIL");
        assert!(
            screened.contains(&text.replace("eve@example.org", email)),
            "{screened}"
        );
    }
    let mut world = World::new(OPENAI, masks);
    let masked = world.send(BODY);
    let card = placeholder(&masked, "CARD");
    let answer =
        format!(r#"{{"choices":[{{"message":{{"content":"see: eve@example.org \"{card}\" and"}}}}]}}"#);
    let screened = world.answer(&answer);
    assert!(screened.contains(r#" \"4111111111111111\" and"#), "{screened}");
}

#[test]
fn a_password_that_is_a_number_leaves_the_json_around_it_whole() {
    let masks = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let note = "n".repeat(90);
    for value in ["84736251", "-84736251"] {
        let mut world = World::new(OPENAI, masks.clone());
        world.send(BODY);
        let answer = format!(
            r#"{{"choices":[{{"message":{{"tool_calls":[{{"function":{{"arguments":"{{\"note\":\"{note}\",\"password\":{value}}}"}}}}]}}}}]}}"#
        );
        let screened: serde_json::Value = serde_json::from_str(&world.answer(&answer)).unwrap();
        let arguments = screened["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str();
        let arguments: serde_json::Value = serde_json::from_str(arguments.unwrap()).unwrap();
        assert_eq!(arguments["note"], note);
        assert!(!arguments["password"].is_null(), "{arguments}");
    }
}
