//! Personal data: recognised, masked, restored.

use std::rc::Rc;

use penstock_chat::Api;
use penstock_config::slice::{
    Attachments, PiiAction, PiiPolicy, PiiRedaction, PiiResponse, Source, Unscannable,
};
use penstock_flow::{Body, Headers, Verdict};
use penstock_pii::{Custom, Manner, Masking, Passage, Placeholders, Policy, Recognizers, restore};
use penstock_pii_redaction::{Filter, Worker};

const KEY: &[u8] = b"a key of sixteen bytes or more";

/// Stands in an input for the placeholder of the address in the request, which a fuzzer cannot guess.
const STANDS_FOR_PLACEHOLDER: char = '\u{1}';

thread_local! {
    static RECOGNIZERS: Recognizers = Recognizers::new(Custom::default());
    static WORKERS: [Rc<Worker>; 2] = [PiiResponse::Pass, PiiResponse::Mask].map(worker);
}

/// Masks the lines of a text as the texts of one request. What is found must stand in the text and in order, and
/// restoring must give the text back.
pub fn recognizers(text: &str) {
    let (policy, placeholders) = (Policy::default(), Placeholders::new(KEY).unwrap());
    RECOGNIZERS.with(|recognizers| {
        let mut masking = Masking::new(recognizers, &policy, &placeholders, "acme", &[], usize::MAX);
        let texts: Vec<&str> = text.split('\u{2}').take(8).collect();
        let found = texts
            .iter()
            .map(|text| masking.look(&Passage::text(text)).unwrap());
        let found: Vec<_> = found.collect();
        masking.seal();
        let mut all = Vec::new();
        for (text, found) in texts.iter().zip(&found) {
            let mut at = 0;
            for finding in found {
                assert!(finding.span.start >= at && finding.span.start < finding.span.end);
                assert!(text.get(finding.span.clone()).is_some());
                at = finding.span.end;
            }
            let mut masked = (*text).to_owned();
            for (span, instead) in masking.replace(&Passage::text(text), found).iter().rev() {
                masked.replace_range(span.clone(), instead);
            }
            all.push(masked);
        }
        let vault = masking.into_vault();
        for (text, masked) in texts.iter().zip(&all) {
            assert_eq!(restore(&vault, masked, Manner::Text).0, *text);
        }
    });
}

/// Restores a streamed answer in one piece and in pieces of `size`: both must give the same bytes.
pub fn stream(client: Api, screens: bool, size: usize, text: &str) {
    let whole = restored(client, screens, usize::MAX, text);
    assert_eq!(whole, restored(client, screens, size.max(1), text));
}

/// Masks a request and restores its own text as if it were an answer.
pub fn request(client: Api, bytes: &[u8]) {
    let mut filter = filter(client, false);
    let step = filter.request_body(bytes);
    if step.verdict == Verdict::Continue
        && let Body::Replace(masked) = step.body
    {
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&masked).is_ok());
        let headers = Headers::from([("content-type", "application/json")]);
        filter.response_headers(&headers, false);
        if let Body::Replace(answer) = filter.response_body(&masked, true).body {
            assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&answer).is_ok());
        }
    }
}

fn restored(client: Api, screens: bool, size: usize, text: &str) -> Option<Vec<u8>> {
    let mut filter = filter(client, screens);
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"ann@example.com"}]}"#;
    let masked = match filter.request_body(body.as_bytes()).body {
        Body::Replace(masked) => String::from_utf8(masked).unwrap(),
        Body::Keep => panic!("nothing was masked"),
    };
    let (_, rest) = masked.split_once("[EMAIL").unwrap();
    let placeholder = format!("[EMAIL{}]", rest.split_once(']').unwrap().0);
    let stream = text.replace(STANDS_FOR_PLACEHOLDER, &placeholder);
    filter.response_headers(&Headers::from([("content-type", "text/event-stream")]), false);
    let mut out = Vec::new();
    let pieces = stream.as_bytes().chunks(size.min(stream.len().max(1)));
    for (piece, is_last) in pieces.map(|piece| (piece, false)).chain([(&b""[..], true)]) {
        let step = filter.response_body(piece, is_last);
        if step.verdict != Verdict::Continue {
            return None;
        }
        match step.body {
            Body::Keep => out.extend_from_slice(piece),
            Body::Replace(bytes) => out.extend(bytes),
        }
    }
    Some(out)
}

fn filter(client: Api, screens: bool) -> Filter {
    let path = match client {
        Api::OpenAi => "/v1/chat/completions",
        Api::Anthropic => "/v1/messages",
    };
    let worker = WORKERS.with(|workers| Rc::clone(&workers[usize::from(screens)]));
    let mut filter = Filter::new(worker);
    let headers = Headers::from([(":method", "POST"), (":path", path)]);
    filter.request_headers(&headers, false, || "acme".to_owned());
    filter
}

fn worker(response: PiiResponse) -> Rc<Worker> {
    let config = PiiRedaction {
        policy_version: "p1".into(),
        max_request_bytes: 1 << 20,
        max_response_bytes: 1 << 20,
        max_event_bytes: 512,
        key_env: "KEY".into(),
        tenant: Source::Header("x-tenant".into()),
        default: PiiPolicy {
            on_unscannable: Unscannable::Deny,
            attachments: Attachments::Pass,
            restore: true,
            response,
            action: PiiAction::Mask,
            threshold: 50,
            entities: Vec::new(),
        },
        models: Vec::new(),
        patterns: Vec::new(),
        deny_lists: Vec::new(),
        allow: Vec::new(),
    };
    Rc::new(Worker::new(config, KEY).unwrap())
}
