use super::*;

#[test]
fn an_answer_in_an_unknown_coding_moves_on_once_its_body_is_there() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    let headers = Headers::from([(":status", "200"), ("content-encoding", "br")]);
    assert_eq!(back.response_headers(&headers, false, 1_100), Step::hold());
    let step = back.response_body(b"x", true, 1_200);
    assert_eq!(
        (summary(&step).as_str(), header(&step, header::RETRY)),
        ("a:malformed", Some("1"))
    );
}

#[test]
fn a_whole_answer_passes_unchanged_within_one_api_and_is_written_anew_across() {
    for (client, unchanged) in [(Api::OpenAi, true), (Api::Anthropic, false)] {
        let mut back = sent(&plan(client, false, Commit::FirstEvent));
        let headers = Headers::from([(":status", "200"), ("content-type", "application/json")]);
        assert_eq!(back.response_headers(&headers, false, 1_100), Step::hold());
        let step = back.response_body(DOCUMENT.as_bytes(), true, 1_200);
        assert_eq!(step.body == Body::Keep, unchanged, "{client}");
        assert_eq!(summary(&step), "a:200");
    }
}

#[test]
fn an_answer_that_is_none_moves_on() {
    let json = [(":status", "200"), ("content-type", "application/json")];
    let html = [(":status", "200"), ("content-type", "text/html")];
    for (headers, body, attempts) in [
        (json, "<html>", "a:malformed"),
        (html, "<html>", "a:malformed"),
        (json, r#"{"error":{"message":"m"}}"#, "a:error"),
    ] {
        let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
        let first = back.response_headers(&Headers::from(headers), false, 1_100);
        let step = match first.verdict {
            Verdict::Hold => back.response_body(body.as_bytes(), true, 1_200),
            _ => first,
        };
        assert_eq!(
            (summary(&step).as_str(), header(&step, header::RETRY)),
            (attempts, Some("1")),
            "{headers:?}"
        );
    }
}

#[test]
fn an_answer_that_is_compressed_unasked_arrives_plain() {
    let document = [
        (":status", "200"),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let stream = [
        (":status", "200"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "gzip"),
    ];
    for (headers, plain, streams) in [(document, DOCUMENT, false), (stream, OK_STREAM, true)] {
        let coded = gzip(plain);
        let step_size = if streams { 7 } else { coded.len() };
        let mut back = sent(&plan(Api::OpenAi, streams, Commit::FirstEvent));
        back.response_headers(&Headers::from(headers), false, 1_100);
        let (out, last) = play(&mut back, coded.chunks(step_size));
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#""finish_reason":"stop""#), "{text}");
        if !streams {
            assert!(
                last.headers
                    .contains(&HeaderOp::Remove("content-encoding".into()))
            );
            assert_eq!(
                header(&last, "content-length"),
                Some(text.len().to_string().as_str())
            );
        }
    }
}

#[test]
fn a_compression_bomb_moves_on() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    let headers = Headers::from([(":status", "200"), ("content-encoding", "gzip")]);
    back.response_headers(&headers, false, 1_100);
    let step = back.response_body(&gzip(&" ".repeat(10_000_000)), true, 1_200);
    assert_eq!(
        (summary(&step).as_str(), header(&step, header::RETRY)),
        ("a:malformed", Some("1"))
    );
}

#[test]
fn an_answer_without_a_body_moves_on_and_leaves_its_error_behind() {
    for (headers, attempts) in [
        ([(":status", "200"), ("content-length", "0")], "a:incomplete"),
        ([(":status", "302"), ("location", "/")], "a:302"),
    ] {
        let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
        let step = back.response_headers(&Headers::from(headers), true, 1_100);
        assert_eq!(
            (summary(&step).as_str(), header(&step, header::RETRY)),
            (attempts, Some("1"))
        );
        assert_eq!(step.body, Body::Keep, "there is no body to replace");
        assert!(kept(&step, state::ERROR).is_some());
    }
}

#[test]
fn an_answer_beyond_the_limit_moves_on_and_the_rest_is_dropped() {
    let mut back = sent(&plan(Api::OpenAi, false, Commit::FirstEvent));
    back.response_headers(&Headers::from([(":status", "200")]), false, 1_100);
    assert_eq!(back.wants(), Wants::Whole(100_000));
    assert_eq!(header(&back.response_too_large(), header::RETRY), Some("1"));
    assert_eq!(
        back.response_body(b"more", true, 1_300).body,
        Body::Replace(Vec::new())
    );
}
