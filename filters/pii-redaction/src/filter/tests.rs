use penstock_config::slice::{
    Attachments, PiiAction, PiiEntity, PiiModel, PiiPolicy, PiiRedaction, PiiResponse, Source,
    Unscannable as OnUnscannable,
};
use penstock_flow::HeaderOp;

use super::*;

mod answers;
mod identity;
mod nested;
mod refusals;
mod requests;
mod streams;

const KEY: &[u8] = b"a key of sixteen bytes or more";

fn policy() -> PiiPolicy {
    PiiPolicy {
        on_unscannable: OnUnscannable::Deny,
        attachments: Attachments::Pass,
        restore: true,
        response: PiiResponse::Pass,
        action: PiiAction::Mask,
        threshold: 50,
        entities: Vec::new(),
    }
}

fn config(default: PiiPolicy) -> PiiRedaction {
    PiiRedaction {
        policy_version: "p1".into(),
        max_request_bytes: 1 << 20,
        max_response_bytes: 1 << 20,
        max_event_bytes: 1 << 20,
        key_env: "KEY".into(),
        tenant: Source::Header("x-tenant".into()),
        default,
        models: vec![PiiModel {
            name: "strict".into(),
            policy: PiiPolicy {
                action: PiiAction::Deny,
                attachments: Attachments::Deny,
                entities: vec![PiiEntity {
                    name: "IP_ADDRESS".into(),
                    action: PiiAction::Flag,
                    threshold: 50,
                }],
                ..policy()
            },
        }],
        patterns: Vec::new(),
        deny_lists: Vec::new(),
        allow: Vec::new(),
    }
}

/// A filter under a policy, and the path of a dialect.
struct World {
    filter: Filter,
    path: &'static str,
}

const OPENAI: &str = "/v1/chat/completions";
const ANTHROPIC: &str = "/v1/messages";

impl World {
    fn new(path: &'static str, default: PiiPolicy) -> Self {
        let worker = Worker::new(config(default), KEY).unwrap();
        Self {
            filter: Filter::new(Rc::new(worker)),
            path,
        }
    }

    fn headers(&mut self, more: &[(&str, &str)]) -> Step {
        let mut headers = vec![(":method", "POST"), (":path", self.path)];
        headers.extend(more);
        let headers: Headers = headers.into_iter().collect();
        self.filter.request_headers(&headers, false, || "acme".into())
    }

    /// What a request's body becomes.
    fn send(&mut self, body: &str) -> String {
        assert_eq!(self.headers(&[]).verdict, Verdict::Hold);
        let step = self.filter.request_body(body.as_bytes());
        assert_eq!(step.verdict, Verdict::Continue, "{step:?}");
        sent(step, body)
    }

    fn answer_headers(&mut self, media: &str) -> Step {
        let headers = Headers::from([
            (":status", "200"),
            ("content-type", media),
            ("content-length", "9"),
        ]);
        self.filter.response_headers(&headers, false)
    }

    /// What a whole answer becomes.
    fn answer(&mut self, body: &str) -> String {
        self.answer_headers("application/json; charset=utf-8");
        match self.filter.reads_answer() {
            true => sent(self.filter.response_body(body.as_bytes(), true), body),
            false => body.to_owned(),
        }
    }

    /// What a stream becomes that comes in these pieces.
    fn stream<'p>(&mut self, pieces: impl IntoIterator<Item = &'p [u8]>) -> String {
        self.answer_headers("text/event-stream");
        let mut out = Vec::new();
        for piece in pieces {
            let step = self.filter.response_body(piece, false);
            assert_eq!(step.verdict, Verdict::Continue);
            match step.body {
                Body::Keep => out.extend_from_slice(piece),
                Body::Replace(bytes) => out.extend(bytes),
            }
        }
        let step = self.filter.response_body(b"", true);
        if let Body::Replace(bytes) = step.body {
            out.extend(bytes);
        }
        String::from_utf8(out).unwrap()
    }
}

fn sent(step: Step, body: &str) -> String {
    match step.body {
        Body::Keep => body.to_owned(),
        Body::Replace(bytes) => String::from_utf8(bytes).unwrap(),
    }
}

fn header<'s>(step: &'s Step, name: &str) -> Option<&'s str> {
    step.headers.iter().find_map(|op| match op {
        HeaderOp::Set(key, value) if key == name => Some(value.as_str()),
        _ => None,
    })
}

/// The first placeholder with this label in a text.
fn placeholder<'t>(text: &'t str, label: &str) -> &'t str {
    let start = text
        .find(&format!("[{label}_"))
        .unwrap_or_else(|| panic!("no {label} in {text}"));
    let end = text[start..].find(']').unwrap();
    &text[start..=start + end]
}
