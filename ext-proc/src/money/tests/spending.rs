use penstock_chat::{FinishReason, Usage};
use penstock_client::{
    trail::{Stop, Trail},
    usage::{EarlierUsage, UsageRecord},
};

use super::*;
use crate::{outcome::Outcome, receipt::Receipt, store::Settlement};

fn stop(provider: &str, model: &str, outcome: &str) -> Stop {
    Stop {
        provider: provider.into(),
        model: model.into(),
        outcome: Some(outcome.into()),
        ..Stop::default()
    }
}

fn outcome(trail: Vec<Stop>, usage: Option<UsageRecord>) -> Outcome {
    Outcome {
        started_ms: SUNDAY,
        caller: Some(caller("acme", "k")),
        receipt: Some(Receipt {
            served: "default".into(),
            input_tokens: 1_000,
            ..Receipt::default()
        }),
        trail: Trail(trail),
        usage,
        ..Outcome::default()
    }
}

fn answered(model: &str, usage: Option<Usage>, bytes: u64, whole: bool) -> UsageRecord {
    let mut record = UsageRecord::new("openai", model, Vec::new());
    record.answered = true;
    record.report(usage);
    record.output_bytes = bytes;
    record.finish_reason = whole.then_some(FinishReason::Stop);
    record
}

fn used(input: u64, output: u64) -> Option<Usage> {
    Some(Usage {
        input: Tokens(input),
        output: Tokens(output),
        ..Usage::default()
    })
}

#[test]
fn what_is_billed_is_charged_and_estimated_where_nobody_said() {
    // gpt-4o: 2.50 and 10 dollars, so 2,500 micro-dollars for the thousand tokens that were counted.
    let money = money("");
    let ok = || vec![stop("openai", "gpt-4o", "200")];
    let cases = [
        (
            "stated",
            outcome(ok(), Some(answered("gpt-4o", used(100, 20), 4_000, true))),
            250 + 200,
        ),
        (
            "cut",
            outcome(ok(), Some(answered("gpt-4o", used(100, 1), 401, false))),
            250 + 1_010,
        ),
        (
            "nothing stated",
            outcome(ok(), Some(answered("gpt-4o", None, 401, true))),
            2_500 + 1_010,
        ),
        (
            "zero stated",
            outcome(ok(), Some(answered("gpt-4o", used(0, 0), 4, true))),
            2_500 + 10,
        ),
        (
            "dated",
            outcome(ok(), Some(answered("gpt-4o-2024-08-06", used(100, 0), 0, true))),
            250,
        ),
        ("refused", outcome(vec![stop("openai", "gpt-4o", "429")], None), 0),
        (
            "timeout",
            outcome(vec![stop("openai", "gpt-4o", "timeout")], None),
            2_500,
        ),
        ("not asked", outcome(vec![], None), 0),
        (
            "nothing heard",
            outcome(vec![stop("openai", "gpt-4o", "no-answer")], None),
            0,
        ),
        (
            "client left",
            Outcome {
                flags: vec!["DC".into()],
                ..outcome(vec![stop("openai", "gpt-4o", "no-answer")], None)
            },
            2_500,
        ),
    ];
    for (name, outcome, expected) in cases {
        let spent = money.spent(&outcome);
        assert_eq!(spent.total(), Some(MicroUsd(expected)), "{name}");
    }
}

#[test]
fn kinds_of_tokens_have_prices_of_their_own() {
    // claude-opus-5: 5 dollars, 0.50 from the cache, 6.25 to it, 25 out.
    let usage = Usage {
        input: Tokens(1_000),
        output: Tokens(200),
        cache_read: Tokens(600),
        cache_write: Tokens(300),
        reasoning: Tokens(150),
    };
    let mut record = answered("claude-opus-5", Some(usage), 0, true);
    record.provider = "claude".into();
    let outcome = outcome(vec![stop("claude", "claude-opus-5", "200")], Some(record));
    let expected = 100 * 5 + 600 / 2 + 300 * 25 / 4 + 200 * 25;
    assert_eq!(money("").spent(&outcome).total(), Some(MicroUsd(expected)));
}

#[test]
fn earlier_attempts_are_paid_where_they_were_made() {
    let money = money(
        "money: { budgets: [
        { name: each, per: [provider], amount: 1, period: day },
        { name: all, per: [tenant], amount: 1, period: day }] }",
    );
    let mut record = answered("gpt-4o", used(100, 20), 0, true);
    record.earlier = vec![EarlierUsage {
        provider: "claude".into(),
        model: "claude-opus-5".into(),
        input_tokens: None,
        output_tokens: Some(Tokens(1)),
        output_bytes: 40,
    }];
    let trail = vec![
        stop("claude", "claude-opus-5", "reset"),
        stop("openai", "gpt-4o", "200"),
    ];
    let mut outcome = outcome(trail, Some(record));
    let claims = money.claims(&caller("acme", "k"), "default", &[target("openai", 900)], SUNDAY);
    let receipt = outcome.receipt.as_mut().unwrap();
    receipt.held = claims.iter().map(BudgetClaim::held).collect();
    let spent = money.spent(&outcome);
    let (claude, openai) = (5_000 + 250, 250 + 200);
    let settled: Vec<(String, u64, u64)> = money
        .settlements(&outcome, &spent)
        .into_iter()
        .map(|Settlement { account, held, used }| (account.name, held, used))
        .collect();
    // Nothing was reserved at the provider that it was not to come to.
    let expected = [
        ("budget/each/openai".to_owned(), 900, openai),
        ("budget/all/acme".to_owned(), 900, claude + openai),
        ("budget/each/claude".to_owned(), 0, claude),
    ];
    assert_eq!(settled, expected);
}

#[test]
fn without_the_service_budgets_are_charged_afterwards() {
    let money = money("money: { budgets: [{ name: all, amount: 1, period: day }] }");
    let mut outcome = outcome(
        vec![stop("openai", "gpt-4o", "200")],
        Some(answered("gpt-4o", used(100, 20), 0, true)),
    );
    outcome.receipt = None;
    let settled = money.settlements(&outcome, &money.spent(&outcome));
    assert_eq!((settled.len(), settled[0].held, settled[0].used), (1, 0, 450));
}

#[test]
fn what_has_no_price_costs_what_was_reserved() {
    let money = money("money: { budgets: [{ name: all, amount: 1, period: day }] }");
    let mut outcome = outcome(
        vec![stop("local", "my-model", "200")],
        Some(UsageRecord {
            provider: "local".into(),
            ..answered("my-model", used(100, 20), 0, true)
        }),
    );
    let claims = money.claims(&caller("acme", "k"), "default", &[target("local", 77)], SUNDAY);
    outcome.receipt.as_mut().unwrap().held = claims.iter().map(BudgetClaim::held).collect();
    let spent = money.spent(&outcome);
    assert_eq!(spent.total(), None);
    let settled = money.settlements(&outcome, &spent);
    assert_eq!((settled.len(), settled[0].held, settled[0].used), (1, 77, 77));
}

#[test]
fn an_override_holds_whatever_name_the_provider_reports() {
    let money = money("money: { prices: [{ provider: local, model: my-model, input: 1, output: 1 }] }");
    let record = |reported: &str| UsageRecord {
        provider: "local".into(),
        ..answered(reported, used(100, 20), 0, true)
    };
    for (reported, trail, expected) in [
        ("my-model", vec![stop("local", "my-model", "200")], Some(120)),
        (
            "org/My-Model-7B",
            vec![stop("local", "my-model", "200")],
            Some(120),
        ),
        ("gpt-4o", vec![stop("local", "my-model", "200")], Some(120)),
        (
            "org/My-Model-7B",
            vec![stop("local", "my-model", "503"), stop("local", "other", "200")],
            None,
        ),
        (
            "my-model",
            vec![stop("local", "other", "503"), stop("local", "my-model", "200")],
            Some(120),
        ),
    ] {
        let spent = money.spent(&outcome(trail, Some(record(reported))));
        assert_eq!(spent.total(), expected.map(MicroUsd), "{reported}");
    }
}
