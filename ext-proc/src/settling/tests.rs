use std::path::Path;

use penstock_chat::{FinishReason, MicroUsd, Tokens};
use penstock_client::{
    trail::{Stop, Trail},
    usage::UsageRecord,
};
use penstock_config::Config;

use super::*;
use crate::{receipt::Receipt, snapshot::Metrics, store::Account};

const CONFIG: &str = "
providers:
  - { name: a, api: openai, base_url: 'https://a.example/v1', limits: [{ requests_per_minute: 9, tokens_per_minute: 900 }] }
  - { name: b, api: openai, base_url: 'https://b.example/v1', limits: [{ model: x, tokens_per_minute: 900 }] }
  - { name: c, api: openai, base_url: 'https://c.example/v1' }
models:
  - { name: m, targets: [{ provider: a, model: x }, { provider: b, model: x }, { provider: c, model: x }] }
money:
  prices:
    - { provider: a, model: x, input: 1, output: 10 }
    - { provider: b, model: x, input: 2, output: 20 }
  budgets: [{ name: month, per: [tenant], amount: 1, period: month }]
quota:
  limits:
    - { name: all, strict: true, per: [tenant], requests_per_minute: 5, tokens_per_minute: 500, concurrent_requests: 2 }
service: {}
";
const STARTED: u64 = 1_774_778_400_000;

fn snapshot() -> Snapshot {
    let config = Config::from_yaml_str(CONFIG, Path::new("penstock.yaml"))
        .unwrap_or_else(|invalid| panic!("{invalid}"));
    Snapshot::new(config, None, &Metrics::default(), None).unwrap()
}

fn caller() -> Caller {
    Caller {
        tenant: "acme".to_owned(),
        ..Caller::default()
    }
}

/// What 10 input and 50 output tokens reserve, for target `a/x` first.
fn receipt(snapshot: &Snapshot) -> Receipt {
    let caller = caller();
    let ask = ask(&caller);
    let own = limits::strict(snapshot.strict_limits(), &ask);
    let provider = limits::provider(snapshot.provider("a").unwrap(), "x", &ask);
    let priced = [crate::money::Priced {
        provider: "a".to_owned(),
        model: "x".to_owned(),
        estimate: Some(MicroUsd(510)),
    }];
    let budgets = snapshot.money.claims(&caller, "m", &priced, STARTED);
    let drawn = own.into_iter().chain(provider).map(|drawn| drawn.held);
    Receipt {
        asked: "m".to_owned(),
        served: "m".to_owned(),
        input_tokens: 10,
        output_tokens: 50,
        held: drawn.chain(budgets.iter().map(|budget| budget.held())).collect(),
        ..Receipt::default()
    }
}

fn ask(caller: &Caller) -> limits::Ask<'_> {
    limits::Ask {
        caller,
        alias: "m",
        route: "chat-completions",
        input_tokens: 10,
        output_tokens: 50,
    }
}

/// Attempts as `provider:outcome`, and of the last one input and output tokens if it was answered.
fn outcome(receipt: Option<Receipt>, trail: &str, used: Option<(u64, u64)>) -> Outcome {
    let stops = trail.split_whitespace().map(|stop| {
        let (provider, outcome) = stop.split_once(':').unwrap();
        Stop {
            provider: provider.to_owned(),
            model: "x".to_owned(),
            outcome: Some(outcome.to_owned()),
            ..Stop::default()
        }
    });
    let trail = Trail(stops.collect());
    let usage = used.map(|(input, output)| {
        let mut record = UsageRecord::new(&trail.0.last().unwrap().provider, "x", Vec::new());
        record.answered = true;
        record.input_tokens = Some(Tokens(input));
        record.output_tokens = Some(Tokens(output));
        record.finish_reason = Some(FinishReason::Stop);
        record
    });
    Outcome {
        id: "r".to_owned(),
        started_ms: STARTED,
        caller: Some(caller()),
        receipt,
        trail,
        usage,
        status: 200,
        ..Outcome::default()
    }
}

/// `kind held>used` of every account, in order.
fn settled(snapshot: &Snapshot, outcome: &Outcome) -> Vec<String> {
    let spent = snapshot.money.spent(outcome);
    let entries = settlements(snapshot, outcome, &spent);
    let names: std::collections::HashSet<&Account> = entries.iter().map(|entry| &entry.account).collect();
    assert_eq!(names.len(), entries.len(), "an account twice");
    let mut told: Vec<String> = entries
        .iter()
        .map(|entry| {
            format!(
                "{} {}>{}",
                label(snapshot, &entry.account),
                entry.held,
                entry.used
            )
        })
        .collect();
    told.sort();
    told
}

fn label(snapshot: &Snapshot, account: &Account) -> String {
    let nobody = Caller::default();
    let ask = ask(&nobody);
    for name in ["a", "b"] {
        let drawn = limits::provider(snapshot.provider(name).unwrap(), "x", &ask);
        if let Some(drawn) = drawn.iter().find(|drawn| drawn.claim.account == *account) {
            return format!("{name}:{:?}", drawn.held.unit).to_lowercase();
        }
    }
    let mut words = account.name.split([':', '/']);
    let first = words.next().unwrap_or_default();
    format!("{first}:{}", words.next().unwrap_or_default())
}

#[test]
fn what_was_reserved_is_settled_by_what_was_used() {
    let snapshot = snapshot();
    let outcome = outcome(Some(receipt(&snapshot)), "a:200", Some((12, 30)));
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 1>1",
            "a:tokens 60>42",
            "budget:month 510>312",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>42",
        ]
    );
}

#[test]
fn a_fallback_is_charged_to_the_provider_that_served_it() {
    let snapshot = snapshot();
    let outcome = outcome(Some(receipt(&snapshot)), "a:503 a:503 b:200", Some((12, 30)));
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            // It was asked twice, and used nothing.
            "a:requests 1>2",
            "a:tokens 60>0",
            "b:tokens 0>42",
            "budget:month 510>624",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>42",
        ]
    );
}

#[test]
fn a_provider_without_limits_or_price_settles_what_is_held_only() {
    let snapshot = snapshot();
    let outcome = outcome(Some(receipt(&snapshot)), "a:503 c:200", Some((12, 30)));
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 1>1",
            "a:tokens 60>0",
            // Nobody knows what it costs, so it costs what was reserved.
            "budget:month 510>510",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>42",
        ]
    );
}

#[test]
fn what_was_never_sent_gives_back_all_but_that_it_was_asked() {
    let snapshot = snapshot();
    let outcome = outcome(Some(receipt(&snapshot)), "", None);
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 1>0",
            "a:tokens 60>0",
            "budget:month 510>0",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>0",
        ]
    );
}

#[test]
fn a_stream_that_was_cut_costs_what_was_streamed() {
    let snapshot = snapshot();
    let mut outcome = outcome(Some(receipt(&snapshot)), "a:200", Some((0, 0)));
    let record = outcome.usage.as_mut().unwrap();
    (record.input_tokens, record.output_tokens, record.finish_reason) = (None, None, None);
    record.output_bytes = 81;
    // A token for four bytes, and the input as it was counted before.
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 1>1",
            "a:tokens 60>31",
            "budget:month 510>220",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>31",
        ]
    );
}

#[test]
fn an_attempt_that_nobody_heard_of_costs_its_input() {
    let snapshot = snapshot();
    let outcome = outcome(Some(receipt(&snapshot)), "a:timeout", None);
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 1>1",
            "a:tokens 60>10",
            "budget:month 510>10",
            "strict:now 1>0",
            "strict:rpm 1>1",
            "strict:tpm 60>10",
        ]
    );
}

#[test]
fn without_a_receipt_budgets_and_providers_are_charged_nevertheless() {
    let snapshot = snapshot();
    let mut outcome = outcome(None, "a:503 b:200", Some((12, 30)));
    assert_eq!(
        settled(&snapshot, &outcome),
        [
            "a:requests 0>1",
            "a:tokens 0>0",
            "b:tokens 0>42",
            "budget:month 0>624",
        ]
    );
    // Nor is it known who has asked.
    outcome.caller = None;
    assert_eq!(
        settled(&snapshot, &outcome),
        ["a:requests 0>1", "a:tokens 0>0", "b:tokens 0>42"]
    );
    outcome.trail = Trail::default();
    outcome.usage = None;
    assert_eq!(settled(&snapshot, &outcome), Vec::<String>::new());
}

#[test]
fn a_provider_that_is_not_in_the_configuration_any_more_has_no_limits() {
    let snapshot = snapshot();
    let outcome = outcome(None, "gone:200", Some((12, 30)));
    assert_eq!(settled(&snapshot, &outcome), ["budget:month 0>0"]);
}
