use super::*;

const BODY: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"ann@example.com"},
    {"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"card":4111111111111111}}]}]}"#;

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"created\":7,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}],\"usage\":null}}\n\n"
    )
}

fn block(kind: &str, index: u32, more: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"index\":{index}{more}}}\n\n")
}

/// What each text of an OpenAI stream comes to.
fn openai_texts(stream: &str) -> BTreeMap<&'static str, String> {
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    for data in stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: {"))
    {
        let chunk: serde_json::Value = serde_json::from_str(&format!("{{{data}")).unwrap();
        assert_eq!(chunk["id"], "c1");
        let delta = &chunk["choices"][0]["delta"];
        for (name, value) in [
            ("content", &delta["content"]),
            ("reasoning", &delta["reasoning_content"]),
            ("arguments", &delta["tool_calls"][0]["function"]["arguments"]),
            ("thinking", &delta["thinking_blocks"][0]["thinking"]),
            ("id", &delta["tool_calls"][0]["id"]),
        ] {
            texts
                .entry(name)
                .or_default()
                .push_str(value.as_str().unwrap_or_default());
        }
    }
    texts
}

#[test]
fn values_return_in_each_text_of_an_openai_stream_wherever_text_and_bytes_are_cut() {
    let masked = World::new(OPENAI, policy()).send(BODY);
    let (email, card) = (placeholder(&masked, "EMAIL"), placeholder(&masked, "CARD"));
    for cut in 0..=email.len() {
        let (head, tail) = email.split_at(cut);
        let (card_head, card_tail) = card.split_at(cut.min(card.len()));
        let stream = [
            chunk(r#"{"role":"assistant","content":""}"#, "null"),
            chunk(&format!(r#"{{"reasoning_content":"r {head}"}}"#), "null"),
            chunk(&format!(r#"{{"reasoning_content":"{tail} [EM"}}"#), "null"),
            chunk(&format!(r#"{{"content":"c {head}"}}"#), "null"),
            chunk(&format!(r#"{{"content":"{tail}! [EMAIL"}}"#), "null"),
            chunk(
                &format!(r#"{{"tool_calls":[{{"index":0,"id":"t1","function":{{"name":"f","arguments":"{{\"card\": \"{card_head}"}}}}]}}"#),
                "null",
            ),
            chunk(
                &format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":"{card_tail}\"}}"}}}}]}}"#),
                "null",
            ),
            chunk("{}", "\"tool_calls\""),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        let mut world = World::new(OPENAI, policy());
        world.send(BODY);
        let whole = world.stream([stream.as_bytes()]);
        let texts = openai_texts(&whole);
        assert_eq!(texts["reasoning"], "r ann@example.com [EM", "{cut}");
        assert_eq!(texts["content"], "c ann@example.com! [EMAIL", "{cut}");
        assert_eq!(texts["arguments"], "{\"card\": 4111111111111111}", "{cut}");
        assert_eq!(texts["id"], "t1");
        assert!(whole.ends_with("data: [DONE]\n\n"));
        for size in [1, 2, 7, 64] {
            let mut world = World::new(OPENAI, policy());
            world.send(BODY);
            assert_eq!(
                world.stream(stream.as_bytes().chunks(size)),
                whole,
                "{cut} {size}"
            );
        }
    }
}

#[test]
fn values_return_in_each_block_of_an_anthropic_stream_wherever_text_and_bytes_are_cut() {
    let masked = World::new(ANTHROPIC, policy()).send(BODY);
    let email = placeholder(&masked, "EMAIL");
    let delta = |index, delta: &str| block("content_block_delta", index, &format!(r#","delta":{{{delta}}}"#));
    for cut in 0..=email.len() {
        let (head, tail) = email.split_at(cut);
        let stream = [
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"content\":[]}}\n\n".to_owned(),
            block("content_block_start", 0, r#","content_block":{"type":"thinking","thinking":"","signature":""}"#),
            delta(0, &format!(r#""type":"thinking_delta","thinking":"k {head}""#)),
            delta(0, &format!(r#""type":"thinking_delta","thinking":"{tail}[EM""#)),
            delta(0, r#""type":"signature_delta","signature":"s1""#),
            block("content_block_stop", 0, ""),
            ": comment\n\n".to_owned(),
            delta(1, &format!(r#""type":"text_delta","text":"t {head}""#)),
            "event: ping\ndata: {\"type\": \"ping\"}\n\n".to_owned(),
            delta(1, &format!(r#""type":"text_delta","text":"{tail}[""#)),
            block("content_block_stop", 1, ""),
            delta(2, &format!(r#""type":"input_json_delta","partial_json":"{{\"a\":\"{head}""#)),
            delta(2, &format!(r#""type":"input_json_delta","partial_json":"{tail}\"}}""#)),
            block("content_block_stop", 2, ""),
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned(),
        ]
        .concat();
        let mut world = World::new(ANTHROPIC, policy());
        world.send(BODY);
        let whole = world.stream([stream.as_bytes()]);
        let mut texts = [String::new(), String::new(), String::new()];
        let mut order = Vec::new();
        for event in whole.split("\n\n").filter(|event| !event.is_empty()) {
            let Some((_, data)) = event.split_once("data: ") else {
                continue;
            };
            let event: serde_json::Value = serde_json::from_str(data).unwrap();
            order.push(format!(
                "{}{}",
                event["type"].as_str().unwrap(),
                event["delta"]["signature"]
            ));
            for field in ["text", "thinking", "partial_json"] {
                if let Some(text) = event["delta"][field].as_str() {
                    texts[usize::try_from(event["index"].as_u64().unwrap()).unwrap()].push_str(text);
                }
            }
        }
        assert_eq!(
            texts,
            [
                "k ann@example.com[EM",
                "t ann@example.com[",
                "{\"a\":\"ann@example.com\"}"
            ],
            "{cut}"
        );
        let signature = order.iter().position(|kind| kind.contains("s1")).unwrap();
        let stop = order
            .iter()
            .position(|kind| kind.starts_with("content_block_stop"))
            .unwrap();
        assert_eq!(signature + 1, stop, "all thinking stands before its signature");
        assert!(whole.contains(": comment\n\n") && whole.contains("data: {\"type\": \"ping\"}\n\n"));
        for size in [1, 3, 50] {
            let mut world = World::new(ANTHROPIC, policy());
            world.send(BODY);
            assert_eq!(
                world.stream(stream.as_bytes().chunks(size)),
                whole,
                "{cut} {size}"
            );
        }
    }
}

#[test]
fn events_without_placeholders_stay_byte_for_byte() {
    let stream = [
        "id: 1\r\nevent: x\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a [b] \\u005bx\"}}], \"x\":  1}\r\n\r\n",
        "data: not json [\n\n",
        ":keep-alive [\n\n",
        "data: {\"choices\":[],\"usage\":{\"a\":[1]}}\n\n",
        "data: [DONE]\n\n",
    ]
    .concat();
    let mut world = World::new(OPENAI, policy());
    world.send(BODY);
    assert_eq!(world.stream([stream.as_bytes()]), stream);
}

#[test]
fn other_fields_of_an_event_with_a_value_stay_as_they_are() {
    let mut world = World::new(OPENAI, policy());
    let masked = world.send(BODY);
    let email = placeholder(&masked, "EMAIL");
    let event = |text: &str| {
        format!(
            "id: 7\ndata:{{\"x\":[ 1.0e2 ],\"choices\":[{{\"index\":1 ,\"delta\":{{\"content\":\"{text}\"}}}}],\"n\":\"\\u00e9\"}}\nretry: 5\n\n"
        )
    };
    assert_eq!(world.stream([event(email).as_bytes()]), event("ann@example.com"));
}

#[test]
fn a_stream_that_is_cut_gives_what_it_has_and_nothing_more() {
    let mut world = World::new(OPENAI, policy());
    world.send(BODY);
    world.answer_headers("text/event-stream");
    let step = world
        .filter
        .response_body(chunk(r#"{"content":"a [EMAIL_"}"#, "null").as_bytes(), false);
    assert!(sent(step, "").contains(r#""content":"a ""#));
    assert_eq!(world.filter.response_trailers().verdict, Verdict::Reset);
}

#[test]
fn an_error_in_mid_stream_has_its_values_too() {
    let mut world = World::new(ANTHROPIC, policy());
    let masked = world.send(BODY);
    let email = placeholder(&masked, "EMAIL");
    let event = |text: &str| {
        format!("event: error\ndata: {{\"type\":\"error\",\"error\":{{\"message\":\"no {text}\"}}}}\n\n")
    };
    assert_eq!(world.stream([event(email).as_bytes()]), event("ann@example.com"));
}

#[test]
fn new_personal_data_is_masked_in_a_stream_wherever_it_is_cut() {
    let policy = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let text = format!(
        "{} eve@example.org {}",
        "plain words ".repeat(40),
        "and more ".repeat(60)
    );
    for size in [1, 5, 100] {
        let mut world = World::new(OPENAI, policy.clone());
        world.send(BODY);
        let pieces = text
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap());
        let mut stream: String = pieces
            .map(|piece| chunk(&format!(r#"{{"content":"{piece}"}}"#), "null"))
            .collect();
        stream.push_str(&chunk("{}", "\"stop\""));
        let out = openai_texts(&world.stream([stream.as_bytes()]))
            .remove("content")
            .unwrap();
        let (before, after) = text.split_once("eve@example.org").unwrap();
        assert!(
            out.starts_with(before) && out.ends_with(after) && out.contains("[EMAIL_"),
            "{size} {out}"
        );
        assert!(!out.contains("eve@"));
    }
}

#[test]
fn calls_that_are_streamed_side_by_side_each_get_their_values() {
    let mut world = World::new(OPENAI, policy());
    let masked = world.send(BODY);
    let (head, tail) = placeholder(&masked, "EMAIL").split_at(7);
    let call = |index: u32, text: &str| {
        chunk(
            &format!(r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":"{text}"}}}}]}}"#),
            "null",
        )
    };
    let stream = [
        call(0, head),
        call(1, "{}"),
        call(0, tail),
        chunk("{}", "\"tool_calls\""),
    ]
    .concat();
    assert_eq!(
        openai_texts(&world.stream([stream.as_bytes()]))["arguments"],
        "{}ann@example.com"
    );
}

#[test]
fn a_block_that_is_not_stopped_ends_with_the_message() {
    let mut world = World::new(ANTHROPIC, policy());
    world.send(BODY);
    let stream = [
        block(
            "content_block_delta",
            0,
            r#","delta":{"type":"text_delta","text":"a ["}"#,
        ),
        "data: {\"type\":\"message_delta\",\"delta\":{}}\n\n".to_owned(),
    ]
    .concat();
    let out = world.stream([stream.as_bytes()]);
    assert!(
        out.find(r#""text":"[""#).unwrap() < out.find("message_delta").unwrap(),
        "{out}"
    );
}

#[test]
fn values_return_in_events_that_no_api_knows_yet() {
    let openai = [
        chunk(r#"{"content":[{"type":"text","text":"E"}]}"#, "null"),
        chunk(
            r#"{"reasoning_details":[{"type":"reasoning.text","other":"E"}],"new":{"x":"E"}}"#,
            "null",
        ),
        chunk(
            r#"{"tool_calls":"E","thinking_blocks":{"x":"E"},"audio":"E"}"#,
            "null",
        ),
        "data: {\"choices\":{\"x\":\"E\"}}\n\n".to_owned(),
        "data: {\"choices\":[{\"index\":0,\"text\":\"E\"}]}\n\n".to_owned(),
        "data: [\"E\"]\n\n".to_owned(),
    ];
    let anthropic = [
        block(
            "content_block_delta",
            0,
            r#","delta":{"type":"compaction_delta","content":"E"}"#,
        ),
        block(
            "content_block_delta",
            0,
            r#","delta":{"type":"citations_delta","citation":{"cited_text":"E","encrypted_index":"ab"}}"#,
        ),
        block("message_delta", 0, r#","delta":{"stop_sequence":"E"}"#),
        block("new", 0, r#","x":["E"]"#),
        "data: {\"x\":\"E\"}\n\n".to_owned(),
    ];
    for (path, stream) in [(OPENAI, openai.concat()), (ANTHROPIC, anthropic.concat())] {
        let mut world = World::new(path, policy());
        let masked = world.send(BODY);
        let email = placeholder(&masked, "EMAIL");
        let given = stream.replace("\"E\"", &format!("\"{email}\""));
        let expected = stream.replace("\"E\"", "\"ann@example.com\"");
        assert_eq!(world.stream([given.as_bytes()]), expected);
    }
}

#[test]
fn a_transcript_has_its_values_wherever_it_is_cut() {
    let masked = World::new(OPENAI, policy()).send(BODY);
    let email = placeholder(&masked, "EMAIL");
    for cut in 0..=email.len() {
        let (head, tail) = email.split_at(cut);
        let piece = |text: &str| chunk(&format!(r#"{{"audio":{{"transcript":"{text}"}}}}"#), "null");
        let mut world = World::new(OPENAI, policy());
        world.send(BODY);
        let stream = [piece(head), piece(tail), piece(" [EM"), chunk("{}", "\"stop\"")].concat();
        let out = world.stream([stream.as_bytes()]);
        let said: Vec<_> = out
            .split("\"transcript\":\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(said.concat(), "ann@example.com [EM", "{cut}");
    }
}

#[test]
fn an_error_in_mid_stream_comes_behind_what_was_held_back() {
    let error = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
    let mut world = World::new(OPENAI, policy());
    world.send(BODY);
    let stream = [&*chunk(r#"{"content":"a [EM"}"#, "null"), error].concat();
    let out = world.stream([stream.as_bytes()]);
    assert!(
        out.find(r#""content":"[EM""#).unwrap() < out.find("overloaded").unwrap(),
        "{out}"
    );
}

#[test]
fn what_was_held_back_is_not_lost_where_its_chunk_cannot_be_edited() {
    let mut world = World::new(OPENAI, policy());
    world.send(BODY);
    let stream = "data: {\"a\":1,\"a\":2,\"choices\":[{\"index\":3,\"delta\":{\"content\":\"x [EM\"}}]}\n\n";
    let out = world.stream([stream.as_bytes()]);
    assert!(out.contains(r#""index":3,"delta":{"content":"[EM"}"#), "{out}");
}

#[test]
fn an_event_that_is_not_readable_is_cut_off_where_new_data_must_be_masked() {
    for (response, verdict) in [
        (PiiResponse::Mask, Verdict::Reset),
        (PiiResponse::Pass, Verdict::Continue),
    ] {
        let mut world = World::new(OPENAI, PiiPolicy { response, ..policy() });
        world.send(BODY);
        world.answer_headers("text/event-stream");
        let step = world.filter.response_body(b"data: {eve@example.org\n\n", false);
        assert_eq!(step.verdict, verdict);
    }
}

#[test]
fn a_text_that_goes_on_behind_another_is_still_the_same_json() {
    let mut world = World::new(OPENAI, policy());
    let masked = world.send(BODY);
    let card = placeholder(&masked, "CARD");
    let stream = [
        chunk(r#"{"content":"{\"a\": "}"#, "null"),
        chunk(r#"{"reasoning_content":"hm"}"#, "null"),
        chunk(&format!(r#"{{"content":"\"{card}\", \"{card}\""}}"#), "null"),
        chunk(r#"{"content":": 1}"}"#, "\"stop\""),
    ]
    .concat();
    let texts = openai_texts(&world.stream([stream.as_bytes()]));
    assert_eq!(
        texts["content"],
        r#"{"a": 4111111111111111, "4111111111111111": 1}"#
    );
}

#[test]
fn what_is_held_back_goes_out_with_nothing_else_of_its_event() {
    let policy = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let mut world = World::new(OPENAI, policy);
    world.send(BODY);
    let stream = [
        "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}],\"citations\":[\"eve@example.org\"]}\n\n",
        &chunk("{}", "\"stop\""),
    ]
    .concat();
    let out = world.stream([stream.as_bytes()]);
    assert!(!out.contains("eve@") && out.contains("hello"), "{out}");
    assert_eq!(out.matches("citations").count(), 1, "{out}");
}

#[test]
fn texts_that_alternate_are_each_one_text() {
    let masked = World::new(OPENAI, policy()).send(BODY);
    let (head, tail) = placeholder(&masked, "EMAIL").split_at(7);
    let stream = |head: &str, tail: &str| {
        [
            chunk(&format!(r#"{{"content":"mail {head}"}}"#), "null"),
            chunk(r#"{"reasoning_content":"hm"}"#, "null"),
            chunk(&format!(r#"{{"content":"{tail}"}}"#), "null"),
            chunk("{}", "\"stop\""),
        ]
        .concat()
    };
    let mut world = World::new(OPENAI, policy());
    world.send(BODY);
    let texts = openai_texts(&world.stream([stream(head, tail).as_bytes()]));
    assert_eq!(texts["content"], "mail ann@example.com");
    let masks = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let mut world = World::new(OPENAI, masks);
    world.send(BODY);
    let texts = openai_texts(&world.stream([stream("eve@exam", "ple.org").as_bytes()]));
    assert!(texts["content"].starts_with("mail [EMAIL_"), "{texts:?}");
}

#[test]
fn an_event_that_is_not_understood_comes_behind_what_was_held_back() {
    for event in [
        r#"{"choices":[{"index":"x","delta":{"content":"second"}}]}"#,
        r#"{"choices":null,"error":{"message":"second"}}"#,
    ] {
        let mut world = World::new(OPENAI, policy());
        world.send(BODY);
        let stream = format!("{}data: {event}\n\n", chunk(r#"{"content":"first [EM"}"#, "null"));
        let out = world.stream([stream.as_bytes()]);
        assert!(
            out.find(r#""content":"[EM""#).unwrap() < out.find("second").unwrap(),
            "{out}"
        );
    }
}

#[test]
fn calls_without_an_index_are_told_apart_by_their_place() {
    let mut world = World::new(OPENAI, policy());
    let masked = world.send(BODY);
    let email = placeholder(&masked, "EMAIL");
    let (head, tail) = email.split_at(7);
    let calls = |a: &str, b: &str| {
        chunk(
            &format!(
                r#"{{"tool_calls":[{{"function":{{"arguments":"{a}"}}}},{{"function":{{"arguments":"{b}"}}}}]}}"#
            ),
            "null",
        )
    };
    let stream = [calls("a", head), calls("b", tail), chunk("{}", "\"stop\"")].concat();
    let out = world.stream([stream.as_bytes()]);
    assert!(
        out.contains("ann@example.com") && out.contains(r#"{"arguments":"a"}"#),
        "{out}"
    );
}

#[test]
fn an_event_of_several_lines_keeps_all_that_is_not_its_data() {
    for (given, expected) in [
        (
            "id: 1\r\ndata: {\"a\":\r\n: note\r\ndata: \"E\"}\r\nretry: 5\r\n\r\n",
            "id: 1\r\ndata: {\"a\":\r\ndata: \"ann@example.com\"}\r\n: note\r\nretry: 5\r\n\r\n",
        ),
        ("data:[\"E\"]\n\n", "data:[\"ann@example.com\"]\n\n"),
        ("data: [\"E\"]  \nid\n\n", "data: [\"ann@example.com\"]  \nid\n\n"),
        ("id: 2\rdata: [\"E\"]\r\r", "data: [\"ann@example.com\"]\n\n"),
        ("\u{feff}data: [\"E\"]\n\n", "data: [\"ann@example.com\"]\n\n"),
    ] {
        let mut world = World::new(OPENAI, policy());
        let masked = world.send(BODY);
        let given = given.replace('E', placeholder(&masked, "EMAIL"));
        assert_eq!(world.stream([given.as_bytes()]), expected, "{given:?}");
    }
}

#[test]
fn calls_in_one_place_are_told_apart_by_their_id() {
    let call = |id: &str, text: &str| {
        chunk(
            &format!(r#"{{"tool_calls":[{{"index":0,"id":"{id}","function":{{"arguments":"{text}"}}}}]}}"#),
            "null",
        )
    };
    let masks = PiiPolicy {
        response: PiiResponse::Mask,
        ..policy()
    };
    let mut world = World::new(OPENAI, masks);
    world.send(BODY);
    let stream = [
        call("a", "one"),
        call("a", " more"),
        call("", "!"),
        call("b", "two"),
        chunk("{}", "\"tool_calls\""),
    ];
    let out = world.stream([stream.concat().as_bytes()]);
    let end = out.find(r#""arguments":"one more!""#).unwrap();
    assert!(end < out.find(r#""id":"b""#).unwrap(), "{out}");
    assert!(out.contains(r#""arguments":"two""#), "{out}");
}

#[test]
fn reasoning_ends_in_front_of_its_signature() {
    let masked = World::new(OPENAI, policy()).send(BODY);
    let email = placeholder(&masked, "EMAIL");
    let (head, tail) = email.split_at(6);
    let openai = |field: &str, text: &str| {
        [
            chunk(
                &format!(r#"{{"{field}":[{{"{text}":"to {head}","signature":""}}]}}"#),
                "null",
            ),
            chunk(
                &format!(r#"{{"{field}":[{{"{text}":"{tail}","signature":""}}]}}"#),
                "null",
            ),
            chunk(&format!(r#"{{"{field}":[{{"signature":"s1"}}]}}"#), "null"),
            chunk(r#"{"content":"hello"}"#, "null"),
        ]
        .concat()
    };
    let anthropic = [
        block(
            "content_block_delta",
            0,
            &format!(r#","delta":{{"thinking":"to {email}"}}"#),
        ),
        block("content_block_delta", 0, r#","delta":{"signature":"s1"}"#),
        block(
            "content_block_start",
            1,
            r#","content_block":{"type":"text","text":"hello"}"#,
        ),
    ]
    .concat();
    for (path, stream) in [
        (OPENAI, openai("thinking_blocks", "thinking")),
        (OPENAI, openai("reasoning_details", "text")),
        (OPENAI, openai("reasoning_details", "summary")),
        (ANTHROPIC, anthropic),
    ] {
        let mut world = World::new(path, policy());
        world.send(BODY);
        let out = world.stream([stream.as_bytes()]);
        let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("no {text} in {out}"));
        assert!(
            at("ann@example.com") < at("s1") && at("s1") < at("hello"),
            "{out}"
        );
    }
}
