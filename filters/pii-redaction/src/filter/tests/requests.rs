use super::*;

#[test]
fn values_are_masked_in_every_text_of_an_openai_request_and_nothing_else_changes() {
    let body = r#"{ "model":"m","user":"ann@example.com", "messages":[{"role":"user","content":"I am ann\u0040example.com\n"},
        {"role":"user","name":"ann@example.com","content":[{"type":"text","text":"ann@example.com"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA4111111111111111"}}]},
        {"role":"assistant","tool_calls":[{"id":"ann@example.com","type":"function","function":{"name":"f","arguments":"{\"to\": \"ann\\u0040example.com\", \"n\": 1}"}}]},
        {"role":"tool","tool_call_id":"c","content":"{\"ann@example.com\": [\"x ann@example.com\"]}"}],
        "tools":[{"type":"function","function":{"name":"f","description":"e.g. ann@example.com","parameters":{"properties":{"a":{"pattern":"ann@example.com"}}}}}]}"#;
    let masked = World::new(OPENAI, policy()).send(body);
    let email = placeholder(&masked, "EMAIL").to_owned();
    let expected = body
        .replace(r"ann\u0040example.com", &email)
        .replace(r"ann\\u0040example.com", &email)
        .replace("ann@example.com", &email)
        .replace(&format!(r#""id":"{email}""#), r#""id":"ann@example.com""#)
        .replace(
            &format!(r#""pattern":"{email}""#),
            r#""pattern":"ann@example.com""#,
        );
    assert_eq!(masked, expected);
}

#[test]
fn values_are_masked_in_every_text_of_an_anthropic_request_and_nothing_else_changes() {
    let body = r#"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"ann@example.com"}],"metadata":{"user_id":"ann@example.com"},
        "messages":[{"role":"user","content":[{"type":"text","text":"ann@example.com"},
          {"type":"document","source":{"type":"text","media_type":"text/plain","data":"ann@example.com"}},
          {"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"{\"a\":\"ann@example.com\"}"}]}]},
         {"role":"assistant","content":[{"type":"thinking","thinking":"ann@example.com?","signature":"ann@example.com"},
          {"type":"tool_use","id":"i","name":"f","input":{"to":["ann@example.com"],"ann@example.com":true}}]}],
        "tools":[{"name":"f","description":"ann@example.com","input_schema":{"properties":{"a":{"description":"ann@example.com","enum":["ann@example.com"]}}}}]}"#;
    let masked = World::new(ANTHROPIC, policy()).send(body);
    let email = placeholder(&masked, "EMAIL").to_owned();
    let expected = body.replace("ann@example.com", &email).replace(
        &format!(r#""signature":"{email}""#),
        r#""signature":"ann@example.com""#,
    );
    assert_eq!(masked, expected);
}

#[test]
fn numbers_become_strings_where_they_are_data_and_stay_numbers_where_they_steer() {
    let body = r#"{"model":"m","seed":4111111111111111,"messages":[{"role":"assistant","content":"","tool_calls":[
        {"id":"c","type":"function","function":{"name":"f","arguments":"{\"card\":4111111111111111,\"n\":2}"}}]}]}"#;
    let masked = World::new(OPENAI, policy()).send(body);
    let card = placeholder(&masked, "CARD").to_owned();
    let expected = body.replace(r#"\"card\":4111111111111111"#, &format!(r#"\"card\":\"{card}\""#));
    assert_eq!(masked, expected);
    serde_json::from_str::<serde_json::Value>(&masked).unwrap();
}

#[test]
fn a_number_is_recognised_however_it_is_written_and_comes_back_as_a_number() {
    for (written, number) in [
        ("4111111111111111", 4_111_111_111_111_111_u64),
        ("4111111111111111.0", 4_111_111_111_111_111),
        ("4.111111111111111e15", 4_111_111_111_111_111),
        ("41111111111111.11E+2", 4_111_111_111_111_111),
    ] {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"assistant","tool_calls":[{{"id":"c","function":{{"name":"f","arguments":"{{\"card\":{written}}}"}}}}]}}]}}"#
        );
        let mut world = World::new(OPENAI, policy());
        let masked: serde_json::Value = serde_json::from_str(&world.send(&body)).unwrap();
        let answer = serde_json::json!({"choices": [{"message": masked["messages"][0]}]}).to_string();
        assert!(answer.contains("[CARD_"), "{answer}");
        let answer = world.answer(&answer);
        assert!(answer.contains(&format!(r#"{{\"card\":{number}}}"#)), "{answer}");
    }
}

#[test]
fn what_no_api_knows_yet_is_looked_into() {
    let body = r#"{"model":"m","ssn":219099999,"new":{"card":4111111111111111,"ann@example.com":["ann@example.com"]},"metadata":{"ann@example.com":"x"},
        "messages":[{"role":"user","audio":{"id":"a","transcript":"ann@example.com"},"new":[4111111111111111],"cache_control":{"new":"ann@example.com"},
        "content":[{"type":"text","text":"t","name":"ann@example.com","detail":"ann@example.com"},{"type":"new","card":4111111111111111}]}],
        "tools":[{"type":"function","function":{"name":"f","strict":{"x":"ann@example.com"},"parameters":{"type":{"x":"ann@example.com"}}}}],
        "tool_choice":{"type":"function","function":{"name":"f","x":"ann@example.com"}}}"#;
    for path in [OPENAI, ANTHROPIC] {
        let masked = World::new(path, policy()).send(body);
        let found: Vec<_> = ["ann@", "4111", "219099999"]
            .into_iter()
            .filter(|value| masked.contains(value))
            .collect();
        assert_eq!(found, [""; 0], "{masked}");
        serde_json::from_str::<serde_json::Value>(&masked).unwrap();
    }
}

#[test]
fn the_name_of_a_tool_is_the_same_everywhere() {
    let body = r#"{"model":"m","max_tokens":9,"tools":[{"name":"ann@example.com"}],"tool_choice":{"type":"tool","name":"ann@example.com"},
        "messages":[{"role":"assistant","content":[{"name":"ann@example.com","type":"tool_use","id":"i","input":{}}]}]}"#;
    assert_eq!(World::new(ANTHROPIC, policy()).send(body), body);
}

#[test]
fn what_stands_for_good_for_a_value_stands_for_it_where_nothing_tells_what_it_is() {
    for (action, expected) in [(PiiAction::Redact, "[SSN]"), (PiiAction::Hash, "[SSN#")] {
        let policy = PiiPolicy { action, ..policy() };
        let body = r#"{"model":"m","messages":[{"role":"user","content":"my social security number is 219-09-9999"},{"role":"user","content":"219-09-9999"},
            {"role":"tool","tool_call_id":"c","content":"{\"x\": \"219-09-9999\"}"}]}"#;
        let sent = World::new(OPENAI, policy).send(body);
        assert_eq!(sent.matches(expected).count(), 3, "{sent}");
    }
}

#[test]
fn what_was_found_is_reported_by_kind_and_count_and_never_by_value() {
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let body = r#"{"model":"m","messages":[{"role":"user","content":"ann@example.com bob@example.org 4111 1111 1111 1111"}]}"#;
    let step = world.filter.request_body(body.as_bytes());
    assert_eq!(
        step.state,
        [(
            "penstock.pii",
            br#"{"found":{"CREDIT_CARD":1,"EMAIL_ADDRESS":2}}"#.to_vec()
        )]
    );
    let counts: Vec<_> = step.counts.iter().map(|count| (&*count.name, count.by)).collect();
    assert_eq!(
        counts,
        [
            (
                "penstock.pii_entities.entity.EMAIL_ADDRESS.action.mask.direction.request",
                2
            ),
            (
                "penstock.pii_entities.entity.CREDIT_CARD.action.mask.direction.request",
                1
            ),
        ]
    );
    assert_eq!(
        header(&step, "content-length").map(str::parse),
        Some(Ok(sent(step.clone(), body).len()))
    );
    let step = world.answer_headers("application/json");
    assert_eq!(
        header(&step, "x-penstock-pii"),
        Some("EMAIL_ADDRESS=2, CREDIT_CARD=1")
    );
    assert!(step.headers.contains(&HeaderOp::Remove("content-length".into())));
}

#[test]
fn a_request_without_personal_data_passes_untouched_both_ways() {
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let step = world
        .filter
        .request_body(br#"{"model":"m","messages":[{"role":"user","content":"[EMAIL_00000000] hello"}]}"#);
    assert_eq!(step, Step::go_on());
    assert_eq!(world.answer_headers("application/json"), Step::go_on());
    assert!(!world.filter.reads_answer());
}

#[test]
fn the_placeholder_of_a_value_is_the_same_in_the_next_turn() {
    let turn = |content: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{content}"}}]}}"#);
        World::new(OPENAI, policy()).send(&body)
    };
    let first = turn("ann@example.com");
    let second = turn("bob@example.org and ann@example.com");
    assert!(second.contains(placeholder(&first, "EMAIL")));
}

#[test]
fn other_endpoints_pass() {
    for path in ["/v1/models", "/v1/embeddings"] {
        let mut world = World::new(OPENAI, policy());
        world.path = path;
        assert_eq!(world.headers(&[]), Step::go_on());
    }
}

#[test]
fn only_base64_is_passed_over_as_base64() {
    let long = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";
    let line = "QUJD".repeat(19);
    for (part, is_text) in [
        (
            format!(r#"{{"type":"file","file":{{"file_data":"{line}\r\n{line}\r\nQUI="}}}}"#),
            false,
        ),
        (
            format!(r#"{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{long}"}}}}"#),
            false,
        ),
        (
            format!(r#"{{"type":"file","file":{{"file_data":"{long}=="}}}}"#),
            false,
        ),
        (
            format!(r#"{{"type":"redacted_thinking","data":"{long}-_{long}"}}"#),
            false,
        ),
        (
            format!(r#"{{"type":"image_url","image_url":{{"url":"data:ann@example.com;base64,{long}"}}}}"#),
            true,
        ),
        (
            r#"{"type":"image_url","image_url":{"url":"data:x;base64,4111-1111-1111-1111"}}"#.to_owned(),
            true,
        ),
        (
            r#"{"type":"file","file":{"file_data":"SSN-219-09-9999-and-card-4111-1111-1111-1111"}}"#
                .to_owned(),
            true,
        ),
        (
            r#"{"type":"redacted_thinking","data":"SSN-219-09-9999-and-card-4111-1111-1111-1111"}"#
                .to_owned(),
            true,
        ),
        (
            r#"{"type":"text","text":"hi","data":"SSN-219-09-9999-and-card-4111-1111-1111-1111"}"#.to_owned(),
            true,
        ),
        (
            r#"{"type":"custom","data":"Karte aus\n4111111111111111\n5500000000000004\nund mehr davon"}"#
                .to_owned(),
            true,
        ),
        (
            r#"{"type":"redacted_thinking","data":"abcdefghijabcdefghijabcdefghij+4111111111111111"}"#
                .to_owned(),
            true,
        ),
        (
            format!(
                r#"{{"type":"image_url","image_url":{{"url":"data:image/png;name=ann@example.com;base64,{long}"}}}}"#
            ),
            true,
        ),
    ] {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}"#);
        let masked = World::new(OPENAI, policy()).send(&body);
        assert_eq!(masked != body, is_text, "{masked}");
        assert!(
            !masked.contains("ann@") && !masked.contains("4111-1111"),
            "{masked}"
        );
    }
}

#[test]
fn what_steers_is_a_number_and_stays_one() {
    let body = r#"{"model":"m","max_tokens":16000,"seed":"ann@example.com","logit_bias":["ann@example.com"],
        "thinking":{"type":"enabled","budget_tokens":1002003},"tools":[{"type":"web_search","name":"w","max_uses":1002003,"note":"ann@example.com"},
        {"name":"f","input_schema":{"minimum":"ann@example.com","maximum":1002003,"required":[["x"]]}}],
        "messages":[{"role":"user","content":"MRN: 1002003"}]}"#;
    let masked = World::new(ANTHROPIC, policy()).send(body);
    assert!(
        !masked.contains("ann@") && !masked.contains("MRN: 1002003"),
        "{masked}"
    );
    for steers in [
        r#""budget_tokens":1002003"#,
        r#""max_uses":1002003"#,
        r#""maximum":1002003"#,
    ] {
        assert!(masked.contains(steers), "{masked}");
    }
}

#[test]
fn what_is_only_reported_hides_nothing() {
    let flags = PiiPolicy {
        entities: vec![PiiEntity {
            name: "URL_CREDENTIALS".into(),
            action: PiiAction::Flag,
            threshold: 50,
        }],
        ..policy()
    };
    let body = r#"{"model":"m","messages":[{"role":"user","content":"password: hunter2Secret!"},{"role":"user","content":"https://bob:hunter2Secret!@host.example/x"}]}"#;
    let sent = World::new(OPENAI, flags).send(body);
    assert!(
        !sent.contains("hunter2") && sent.contains("https://bob:[PASSWORD_"),
        "{sent}"
    );
}

#[test]
fn a_value_is_known_elsewhere_as_it_was_written() {
    let body = serde_json::json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "c",
        "content": "{\"password\":\"s3cr\\\\et9Xq\"}\n{\"x\":\"s3cr\\\\et9Xq\"}"}]});
    let sent = World::new(OPENAI, policy()).send(&body.to_string());
    assert!(!sent.contains("s3cr"), "{sent}");
}

#[test]
fn a_list_of_values_with_a_long_name_costs_time_in_proportion() {
    let name = "password ".repeat(28);
    let values = vec!["1"; 100_000].join(",");
    let body = format!(r#"{{"model":"m","metadata":{{"{name}":[{values}]}},"messages":[]}}"#);
    let started = std::time::Instant::now();
    World::new(OPENAI, policy()).send(&body);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
