use std::{collections::HashMap, time::Duration};

use envoy_types::pb::{
    envoy::{
        config::core::v3::{self, HeaderValue},
        service::ext_proc::v3::{HttpBody, HttpHeaders, HttpTrailers, processing_response::Response as Said},
    },
    google::protobuf::{Struct, value::Kind},
};
use penstock_chat::MicroUsd;
use penstock_flow::LocalReply;
use penstock_plan::{Chosen, DECISION, Decision, NAMESPACE};
use prost::Message as _;

use super::*;
use crate::{
    cache::{WANTED, Wanted},
    receipt::{RECEIPT, Receipt},
    session::Part,
    verdict::Verdict,
};

mod stream;

fn header(key: &str, value: &str, raw: &[u8]) -> HeaderValue {
    HeaderValue {
        key: key.to_owned(),
        value: value.to_owned(),
        raw_value: raw.to_vec(),
    }
}

fn message(request: processing_request::Request) -> ProcessingRequest {
    ProcessingRequest {
        request: Some(request),
        ..ProcessingRequest::default()
    }
}

fn asked(headers: Vec<HeaderValue>, end_of_stream: bool) -> ProcessingRequest {
    message(processing_request::Request::RequestHeaders(HttpHeaders {
        headers: Some(HeaderMap { headers }),
        end_of_stream,
        ..HttpHeaders::default()
    }))
}

fn body(bytes: &[u8], end_of_stream: bool) -> ProcessingRequest {
    message(processing_request::Request::RequestBody(HttpBody {
        body: bytes.to_vec(),
        end_of_stream,
        ..HttpBody::default()
    }))
}

fn nobody(_: &Headers, _: &Metadata) -> Option<Caller> {
    None
}

#[test]
fn values_of_headers_are_read_as_any_envoy_sends_them() {
    let map = HeaderMap {
        headers: vec![
            header("raw", "", b"new"),
            header("text", "old", b""),
            header("both", "old", b"new"),
            header("none", "", b""),
            header("bytes", "", b"\xff\xfe"),
        ],
    };
    let headers = headers(map);
    let values = ["raw", "text", "both", "none"].map(|name| headers.get(name).unwrap_or("-").to_owned());
    assert_eq!(values, ["new", "old", "new", ""]);
    // No text, and no reason to stop.
    assert_eq!(headers.get("bytes"), None);
}

#[test]
fn a_message_is_an_event() {
    let event = event(asked(vec![header(":path", "", b"/")], true), false, true, nobody);
    assert!(
        matches!(&event, Event::Headers { headers, caller: None, end_of_stream: true, .. } if headers.get(":path") == Some("/")),
        "{event:?}"
    );
    let whole = super::event(body(b"{}", true), false, true, nobody);
    assert!(
        matches!(&whole, Event::Body(bytes) if bytes == b"{}"),
        "{whole:?}"
    );
    // Trailers follow, or more of it.
    for (is_buffered, is_whole) in [(true, true), (false, false)] {
        let event = super::event(body(b"{}", false), is_buffered, true, nobody);
        assert_eq!(matches!(event, Event::Body(_)), is_whole, "{event:?}");
    }
}

#[test]
fn what_is_not_a_whole_body_is_refused() {
    let chat = vec![
        header(":method", "", b"POST"),
        header(":path", "", b"/v1/chat/completions"),
        header("x-request-id", "", b"r"),
    ];
    let somebody = |_: &Headers, _: &Metadata| Some(Caller::default());
    let trailers = message(processing_request::Request::RequestTrailers(
        HttpTrailers::default(),
    ));
    let answered = message(processing_request::Request::ResponseHeaders(
        HttpHeaders::default(),
    ));
    let nothing = ProcessingRequest::default();
    for second in [body(b"{", false), trailers, answered, nothing] {
        let mut session = Session::default();
        let first = session.on(event(asked(chat.clone(), false), false, true, somebody), "p1");
        assert!(matches!(first, Step::Pass(Part::Headers)), "{first:?}");
        let step = session.on(event(second.clone(), false, true, nobody), "p1");
        assert!(matches!(step, Step::Refuse(_)), "{second:?}");
        // And whatever comes then is not decided either.
        let step = session.on(event(body(b"{}", true), false, true, nobody), "p1");
        assert!(!matches!(step, Step::Decide(_)), "{second:?}");
    }
}

#[test]
fn who_asks_is_read_from_metadata_of_the_first_message_only() {
    let said = |name: &str| v3::Metadata {
        filter_metadata: HashMap::from([(
            "authz".to_owned(),
            metadata::texts([("caller", Kind::StringValue(name.to_owned()))]),
        )]),
        ..v3::Metadata::default()
    };
    let caller = |_: &Headers, metadata: &Metadata| {
        metadata.text(&["authz", "caller"]).map(|tenant| Caller {
            tenant: tenant.to_owned(),
            ..Caller::default()
        })
    };
    let chat = vec![
        header(":method", "", b"POST"),
        header(":path", "", b"/v1/messages"),
        header("x-request-id", "", b"r"),
        header("caller", "", b"forged"),
    ];
    let mut session = Session::default();
    let first = ProcessingRequest {
        metadata_context: Some(said("acme")),
        ..asked(chat, false)
    };
    session.on(event(first, false, true, caller), "p1");
    let second = ProcessingRequest {
        metadata_context: Some(said("forged")),
        ..body(b"{}", true)
    };
    let Step::Decide(question) = session.on(event(second, false, true, caller), "p1") else {
        panic!("no decision")
    };
    assert_eq!(question.caller.tenant, "acme");
}

#[test]
fn fields_of_a_newer_envoy_are_passed_over() {
    let mut bytes = body(b"{}", true).encode_to_vec();
    // Field 1999 of the message: a text.
    prost::encoding::encode_key(1_999, prost::encoding::WireType::LengthDelimited, &mut bytes);
    bytes.extend_from_slice(b"\x05hello");
    let read = ProcessingRequest::decode(bytes.as_slice()).unwrap();
    assert!(matches!(event(read, false, true, nobody), Event::Body(_)));
}

#[test]
fn metadata_is_found_at_its_whole_path() {
    let inner = Kind::StructValue(metadata::texts([(
        "team",
        Kind::StringValue("search".to_owned()),
    )]));
    let said: Struct = metadata::texts([
        ("claims", inner),
        ("tenant", Kind::StringValue("acme".to_owned())),
        ("admin", Kind::BoolValue(true)),
    ]);
    let metadata = Metadata::new(Some(v3::Metadata {
        filter_metadata: HashMap::from([("jwt".to_owned(), said)]),
        ..v3::Metadata::default()
    }));
    for (path, expected) in [
        (&["jwt", "tenant"][..], Some("acme")),
        (&["jwt", "claims", "team"], Some("search")),
        (&["jwt", "claims"], None),
        (&["jwt", "admin"], None),
        (&["jwt", "tenant", "team"], None),
        (&["jwt"], None),
        (&[], None),
        (&["other", "tenant"], None),
    ] {
        assert_eq!(metadata.text(path), expected, "{path:?}");
    }
    assert_eq!(Metadata::new(None).text(&["jwt", "tenant"]), None);
}

fn receipt() -> Receipt {
    Receipt {
        asked: "large".to_owned(),
        served: "small".to_owned(),
        estimate: MicroUsd(5),
        ..Receipt::default()
    }
}

/// The text under a key of our own namespace.
fn told(answer: &ProcessingResponse, key: &str) -> Option<String> {
    let own = answer.dynamic_metadata.as_ref()?.fields.get(NAMESPACE)?;
    let Some(Kind::StructValue(own)) = &own.kind else {
        return None;
    };
    match &own.fields.get(key)?.kind {
        Some(Kind::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}

#[test]
fn a_decision_goes_with_the_body_as_metadata_and_changes_nothing_else() {
    let decision = Decision {
        alias: "small".to_owned(),
        targets: vec![Chosen {
            provider: "p".to_owned(),
            model: "a".to_owned(),
            price: None,
        }],
        policy_version: "p1".to_owned(),
        cache: None,
    };
    let wanted = Wanted {
        key: "ab".repeat(32),
        compare: None,
    };
    let answer = answer::verdict(Verdict::Go {
        decision: Box::new(decision.clone()),
        receipt: Box::new(receipt()),
        wanted: Some(Box::new(wanted.clone())),
    });
    let Some(Said::RequestBody(body)) = &answer.response else {
        panic!("{answer:?}")
    };
    assert_eq!(body.response, None);
    let read = told(&answer, DECISION).and_then(|text| Decision::from_json(text.as_bytes()));
    assert_eq!(read, Some(decision));
    let read = told(&answer, RECEIPT).and_then(|text| serde_json::from_str::<Receipt>(&text).ok());
    assert_eq!(read, Some(receipt()));
    let read = told(&answer, WANTED).and_then(|text| serde_json::from_str::<Wanted>(&text).ok());
    assert_eq!(read, Some(wanted));
}

#[test]
fn an_answer_of_another_kind_says_so_itself() {
    let reply = LocalReply {
        status: 200,
        headers: vec![("content-type", "text/event-stream".to_owned())],
        body: Vec::new(),
        details: "cache",
    };
    let answer = answer::verdict(Verdict::Reply { reply, receipt: None });
    let Some(Said::ImmediateResponse(response)) = &answer.response else {
        panic!("{answer:?}")
    };
    let headers = &response.headers.as_ref().unwrap().set_headers;
    let types: Vec<_> = headers
        .iter()
        .filter_map(|set| set.header.as_ref())
        .filter(|header| header.key == "content-type")
        .map(|header| String::from_utf8_lossy(&header.raw_value))
        .collect();
    assert_eq!(types, ["text/event-stream"]);
}

#[test]
fn a_refusal_ends_the_request_and_its_receipt_is_told() {
    let reply = LocalReply {
        status: 429,
        headers: vec![("retry-after", "3".to_owned())],
        body: b"{}".to_vec(),
        details: "limit_exceeded",
    };
    let refused = |receipt| {
        answer::verdict(Verdict::Reply {
            reply: reply.clone(),
            receipt,
        })
    };
    let answer = refused(Some(Box::new(receipt())));
    let Some(Said::ImmediateResponse(said)) = &answer.response else {
        panic!("{answer:?}")
    };
    assert_eq!(said.status.as_ref().map(|status| status.code), Some(429));
    assert_eq!(said.body, b"{}");
    assert!(said.details.ends_with("limit_exceeded"), "{}", said.details);
    let headers: Vec<(String, Vec<u8>)> = said
        .headers
        .iter()
        .flat_map(|mutation| &mutation.set_headers)
        .filter_map(|option| option.header.clone())
        .map(|header| (header.key, header.raw_value))
        .collect();
    assert!(headers.contains(&("retry-after".to_owned(), b"3".to_vec())));
    assert!(headers.contains(&("content-type".to_owned(), b"application/json".to_vec())));
    assert_eq!(told(&answer, DECISION), None);
    assert!(told(&answer, RECEIPT).is_some());
    assert_eq!(told(&refused(None), RECEIPT), None);
}

#[test]
fn every_part_is_answered_as_what_it_is() {
    let headers = answer::pass(Part::Headers).response;
    assert!(matches!(&headers, Some(Said::RequestHeaders(said)) if said.response.is_none()));
    let body = answer::pass(Part::Body).response;
    assert!(matches!(&body, Some(Said::RequestBody(said)) if said.response.is_none()));
    // A word about time is no answer.
    let wait = answer::wait(Duration::from_millis(2_500));
    assert_eq!(wait.response, None);
    let time = wait.override_message_timeout.unwrap();
    assert_eq!((time.seconds, time.nanos), (2, 500_000_000));
}
