use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use penstock_chat::Usage;
use penstock_config::slice::{
    CountedModel, Identity, Kind, Leases, Limit, Overrun, Reserve, Scope, Source, TokenQuota,
};
use penstock_flow::Verdict;
use penstock_quota::Version;

use super::*;

mod admission;
mod leases;
mod settlement;
mod streams;

const NOW_MS: u64 = 1_800_000_000_000;
/// What the test's request counts, by the tokenizer's own word.
const PROMPT: &str = "Say hello to everyone who reads this.";

/// Shared data of one process.
#[derive(Debug, Default)]
struct Memory {
    values: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
    reads: Cell<usize>,
}

impl Shared for Memory {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        self.reads.set(self.reads.get() + 1);
        let values = self.values.borrow();
        values
            .get(key)
            .map(|(value, version)| (value.clone(), Version(*version)))
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        let mut values = self.values.borrow_mut();
        let known = values.get(key).map(|(_, version)| *version);
        let matches = known == version.map(|version| version.0);
        if matches {
            values.insert(key.to_owned(), (value.to_vec(), known.unwrap_or(0) + 1));
        }
        matches
    }
}

fn limit(kind: Kind, amount: u64) -> Limit {
    Limit {
        name: "the-limit".into(),
        per: vec![Scope::Tenant],
        only: Vec::new(),
        kind,
        amount,
        reserve: Reserve::Full,
        on_overrun: Overrun::Finish,
        shadow: false,
        initial_permille: None,
    }
}

fn worker(limits: Vec<Limit>) -> Rc<Worker<Memory>> {
    configured(limits, |_| {})
}

fn configured(limits: Vec<Limit>, change: impl FnOnce(&mut TokenQuota)) -> Rc<Worker<Memory>> {
    let source = |name: &str| Source::Header(name.to_owned());
    let mut config = TokenQuota {
        policy_version: "p1".into(),
        max_request_bytes: 1 << 20,
        max_event_bytes: 1 << 16,
        models: vec![CountedModel {
            name: "default".into(),
            counted_as: "gpt-4o".into(),
            default_output_tokens: Tokens(500),
            max_output_tokens: Some(Tokens(1_000)),
        }],
        identity: Identity {
            tenant: source("x-tenant"),
            key: source("x-key"),
            agent: source("x-agent"),
        },
        tenants: vec!["acme".into()],
        limits,
        windows: 64,
        hold_ms: 120_000,
        charge_cached: false,
        leases: None,
        tells_service: false,
    };
    change(&mut config);
    Rc::new(Worker::new(config, Memory::default(), 1))
}

/// A request of tenant `acme`.
struct Sent {
    filter: Filter<Memory>,
    step: Step,
}

fn send_to(worker: &Rc<Worker<Memory>>, path: &str, body: &str, now_ms: u64) -> Sent {
    thread_local! { static ID: RefCell<u32> = const { RefCell::new(0) }; }
    let id = ID.with_borrow_mut(|id| {
        *id += 1;
        *id
    });
    let mut filter = Filter::new(Rc::clone(worker), id);
    let headers = Headers::from([
        (":method", "POST"),
        (":path", path),
        ("x-request-id", "r1"),
        ("x-tenant", "acme"),
    ]);
    let identity = worker.config().identity.clone();
    let step = filter.request_headers(&headers, false, || {
        Caller::read(&identity, &headers, |_| None, String::new())
    });
    assert_eq!(step, Step::hold());
    let step = filter.request_body(body.as_bytes(), now_ms);
    Sent { filter, step }
}

fn chat(max_tokens: u64) -> String {
    format!(
        r#"{{"model":"default","stream":true,"max_completion_tokens":{max_tokens},"messages":[{{"role":"user","content":"{PROMPT}"}}]}}"#
    )
}

fn send(worker: &Rc<Worker<Memory>>, max_tokens: u64) -> Sent {
    send_to(worker, "/v1/chat/completions", &chat(max_tokens), NOW_MS)
}

fn input() -> u64 {
    let worker = worker(Vec::new());
    let mut sent = send(&worker, 1);
    let step = sent.filter.response_headers(&ok(), || None, NOW_MS);
    header(&step, INPUT_TOKENS).parse().unwrap()
}

fn ok() -> Headers {
    Headers::from([(":status", "200"), ("content-type", "text/event-stream")])
}

fn header(step: &Step, name: &str) -> String {
    step.headers
        .iter()
        .find_map(|op| match op {
            penstock_flow::HeaderOp::Set(set, value) if set == name => Some(value.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

impl Sent {
    fn admitted(&self) -> bool {
        self.step.verdict == Verdict::Continue
    }

    /// Status, body and headers of the refusal.
    fn refusal(&self) -> (u16, String, BTreeMap<&'static str, String>) {
        let Verdict::Reply(reply) = &self.step.verdict else {
            panic!("admitted")
        };
        let body = String::from_utf8(reply.body.clone()).unwrap();
        (reply.status, body, reply.headers.iter().cloned().collect())
    }

    /// What is left of the tightest limit on tokens, as the client is told.
    fn remaining(&mut self) -> u64 {
        assert!(self.admitted(), "{:?}", self.refusal());
        let step = self.filter.response_headers(&ok(), || None, NOW_MS);
        header(&step, "x-ratelimit-remaining-tokens").parse().unwrap()
    }

    fn finish(self, input: u64, output: u64) -> Step {
        self.finish_after("p:200", input, output)
    }

    fn finish_after(mut self, attempts: &str, input: u64, output: u64) -> Step {
        let mut usage = UsageRecord::new("p", "gpt-4o-2024-08-06", Vec::new());
        usage.answered = true;
        usage.report(Some(Usage {
            input: Tokens(input),
            output: Tokens(output),
            ..Usage::default()
        }));
        usage.finish_reason = Some(penstock_chat::FinishReason::Stop);
        self.filter.response_headers(&ok(), || None, NOW_MS);
        self.filter.log(Some(usage), attempts, NOW_MS)
    }
}
