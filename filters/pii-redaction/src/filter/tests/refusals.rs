use super::*;

fn refused(step: &Step) -> (u16, &'static str, String) {
    match &step.verdict {
        Verdict::Reply(reply) => (
            reply.status,
            reply.details,
            String::from_utf8(reply.body.clone()).unwrap(),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_denied_kind_is_refused_with_kinds_and_places_and_without_values() {
    for path in [OPENAI, ANTHROPIC] {
        let mut world = World::new(path, policy());
        world.headers(&[]);
        let body = r#"{"model":"strict","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"é: 4111 1111 1111 1111"}]}]}"#;
        let step = world.filter.request_body(body.as_bytes());
        let (status, details, text) = refused(&step);
        assert_eq!((status, details), (400, "personal_data"));
        let place = "CREDIT_CARD in messages[0].content[0].text at characters 3 to 22";
        assert!(text.contains(place), "{text}");
        assert!(!format!("{step:?}").contains("4111"), "{step:?}");
        assert_eq!(text.contains(r#""type":"error""#), path == ANTHROPIC);
    }
}

#[test]
fn what_is_denied_is_named_inside_of_nested_json_too() {
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let body = r#"{"model":"strict","messages":[{"role":"tool","tool_call_id":"c","content":"{\"a\":\"ann@example.com\"}"}]}"#;
    let (_, _, text) = refused(&world.filter.request_body(body.as_bytes()));
    assert!(
        text.contains("EMAIL_ADDRESS in messages[0].content at characters 0 to 15"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_looked_into_is_refused_unless_the_policy_lets_it_pass() {
    let pass = PiiPolicy {
        on_unscannable: OnUnscannable::Pass,
        ..policy()
    };
    for (body, reason) in [
        (
            &b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}"[..],
            "not_utf8",
        ),
        (b"--boundary\r\ncontent-disposition: form-data\r\n", "not_json"),
        (b"[1]", "not_json"),
        (b"", "not_json"),
        (b"{\"model\":\"m\",\"model\":\"n\"}", "not_json"),
    ] {
        for (policy, outcome) in [(policy(), "deny"), (pass.clone(), "pass")] {
            let mut world = World::new(OPENAI, policy);
            world.headers(&[]);
            let step = world.filter.request_body(body);
            let counter = format!("penstock.pii_unscannable.reason.{reason}.outcome.{outcome}");
            assert!(step.counts.iter().any(|count| count.name == counter), "{step:?}");
            let state = String::from_utf8(step.state[0].1.clone()).unwrap();
            assert!(state.contains(reason), "{state}");
            match outcome {
                "deny" => assert_eq!(refused(&step).0, 400),
                _ => assert_eq!((step.verdict, step.body), (Verdict::Continue, Body::Keep)),
            }
        }
    }
}

#[test]
fn a_compressed_request_is_refused_unless_the_policy_lets_it_pass() {
    let mut world = World::new(ANTHROPIC, policy());
    let step = world.headers(&[("content-encoding", "gzip")]);
    assert_eq!(refused(&step).0, 415);
    let pass = PiiPolicy {
        on_unscannable: OnUnscannable::Pass,
        ..policy()
    };
    let step = World::new(ANTHROPIC, pass).headers(&[("content-encoding", "gzip")]);
    assert_eq!(step.verdict, Verdict::Continue);
    assert_eq!(
        step.counts[0].name,
        "penstock.pii_unscannable.reason.content_encoding.outcome.pass"
    );
}

#[test]
fn attachments_pass_and_are_counted_or_are_refused() {
    let body = |model| {
        format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,AAAA"}}}}]}}]}}"#
        )
    };
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let step = world.filter.request_body(body("m").as_bytes());
    assert_eq!(step.counts[0].name, "penstock.pii_attachments");
    assert_eq!(step.state[0].1, br#"{"attachments":1}"#);
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let step = world.filter.request_body(body("strict").as_bytes());
    assert_eq!(refused(&step).0, 400);
}

#[test]
fn base64_that_is_none_is_text() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"ann@example.com"}},
        {"type":"image_url","image_url":{"url":"https://example.com/?to=ann@example.com"}},
        {"type":"redacted_thinking","data":"ann@example.com"}]}],"id":"ann@example.com",
        "tools":[{"type":"function","function":{"name":"f","parameters":{"x-note":"ann@example.com"}}}]}"#;
    let masked = World::new(OPENAI, policy()).send(body);
    assert!(!masked.contains("ann@"), "{masked}");
}

#[test]
fn more_findings_than_can_be_kept_are_refused() {
    let values: String = (0..60_000).map(|n| format!("a{n}@example.com ")).collect();
    let body = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"{values}"}},{{"role":"user","content":"x"}}]}}"#
    );
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    let step = world.filter.request_body(body.as_bytes());
    assert_eq!(refused(&step).0, 400);
}

#[test]
fn a_key_that_is_missing_or_short_is_no_key() {
    for key in [&b""[..], b"short"] {
        let error = Worker::new(config(policy()), key).unwrap_err();
        assert!(error.to_string().contains("environment variable KEY"), "{error}");
    }
}

#[test]
fn an_attachment_is_one_however_it_is_escaped() {
    let body = r#"{"model":"strict","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"DATA:image\/png;base64,iVBOR\/AAAA"}}]}]}"#;
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    assert_eq!(refused(&world.filter.request_body(body.as_bytes())).0, 400);
}

#[test]
fn a_refusal_names_no_member_that_the_caller_has_named() {
    let mut world = World::new(ANTHROPIC, policy());
    world.headers(&[]);
    let body = r#"{"model":"strict","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"4111-1111-1111-1111":{"x":"ann@example.com"}}}]}]}"#;
    let step = world.filter.request_body(body.as_bytes());
    assert!(
        refused(&step).2.contains("messages[0].content[0].input.*"),
        "{step:?}"
    );
    assert!(!format!("{step:?}").contains("4111"), "{step:?}");
}

#[test]
fn many_parts_with_json_in_them_cost_time_in_proportion() {
    let parts = vec![r#"{"type":"text","text":"{}"}"#; 20_000].join(",");
    let body = format!(r#"{{"model":"strict","messages":[{{"role":"user","content":[{parts}]}}]}}"#);
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    assert_eq!(
        world.filter.request_body(body.as_bytes()).verdict,
        Verdict::Continue
    );
}

#[test]
fn a_body_that_masking_makes_too_large_is_refused_with_the_reason() {
    let body = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#,
        "a@b.co ".repeat(100)
    );
    let limit = u64::try_from(body.len()).unwrap();
    let config = PiiRedaction {
        max_request_bytes: limit,
        ..config(policy())
    };
    let filter = Filter::new(Rc::new(Worker::new(config, KEY).unwrap()));
    let mut world = World { filter, path: OPENAI };
    world.headers(&[]);
    let (status, details, text) = refused(&world.filter.request_body(body.as_bytes()));
    assert_eq!((status, details), (413, "request_too_large"));
    assert!(text.contains("placeholders"), "{text}");
}

#[test]
fn more_texts_that_look_like_placeholders_than_can_be_kept_are_refused() {
    let alike: String = (0..30_000).map(|n| format!("[LITERAL_{n:08}] ")).collect();
    let body =
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"ann@example.com {alike}"}}]}}"#);
    let mut world = World::new(OPENAI, policy());
    world.headers(&[]);
    assert_eq!(refused(&world.filter.request_body(body.as_bytes())).0, 400);
}

#[test]
fn an_attachment_is_refused_in_whatever_alphabet_it_is_written() {
    let long = "iVBORw0KGgo-AAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ_w";
    for part in [
        format!(
            r#"{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{long}"}}}}"#
        ),
        format!(r#"{{"type":"image_url","image_url":{{"url":" data:image/png;base64,{long}"}}}}"#),
        format!(r#"{{"type":"image_url","image_url":"data:image/png;base64,{long}"}}"#),
        format!(r#"{{"type":"input_audio","input_audio":{{"data":"{long} {long}","format":"wav"}}}}"#),
        format!(r#"{{"type":"file","file":{{"file_data":"{long}"}}}}"#),
    ] {
        let body = format!(r#"{{"model":"strict","messages":[{{"role":"user","content":[{part}]}}]}}"#);
        let mut world = World::new(OPENAI, policy());
        world.headers(&[]);
        let (status, _, text) = refused(&world.filter.request_body(body.as_bytes()));
        assert_eq!(status, 400);
        assert!(text.contains("images"), "{part} {text}");
    }
}

#[test]
fn more_than_can_be_kept_does_not_pass_where_some_of_it_may_be_denied() {
    let pass = PiiPolicy {
        on_unscannable: OnUnscannable::Pass,
        ..policy()
    };
    let values: String = (0..20_001).map(|n| format!("a{n}@example.com ")).collect();
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{values}"}}]}}"#);
    let denies = PiiPolicy {
        action: PiiAction::Deny,
        ..pass.clone()
    };
    for (policy, is_refused) in [(pass, false), (denies, true)] {
        let mut world = World::new(OPENAI, policy);
        world.headers(&[]);
        let step = world.filter.request_body(body.as_bytes());
        assert_eq!(step.verdict != Verdict::Continue, is_refused);
    }
}
