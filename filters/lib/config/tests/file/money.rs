//! Prices, budgets and downgrades: what is refused, and what becomes of the rest.

use std::path::Path;

use penstock_chat::MicroUsd;
use penstock_config::{Budget, Config, Credential, Exceeded, Money, OnAway, Payer, Period};

use crate::problems::{PROVIDERS, SERVICE, assert_table};

const MODELS: &str = "\
models:
  - { name: large, targets: [{ provider: openai, model: gpt-5.5 }] }
  - { name: small, targets: [{ provider: openai, model: gpt-5.4-mini }] }
  - { name: tiny, targets: [{ provider: claude, model: claude-haiku-5-5 }] }
";

fn config(text: &str) -> Config {
    let text = format!("{text}\n{PROVIDERS}{MODELS}{SERVICE}");
    Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
}

fn money(text: &str) -> Money {
    config(text).money.unwrap()
}

#[test]
fn prices_are_checked() {
    assert_table(
        &[
            ("{ provider: openai, model: gpt-5.5, input: 0, output: 0 }", &[]),
            (
                "{}",
                &[
                    "penstock.yaml:1:19: money.prices[0].provider: missing; write a provider's name",
                    "penstock.yaml:1:19: money.prices[0].model: missing; write the model's name at the provider",
                    "penstock.yaml:1:19: money.prices[0].input: missing; write dollars for a million tokens, 0 if it costs nothing",
                    "penstock.yaml:1:19: money.prices[0].output: missing; write dollars for a million tokens, 0 if it costs nothing",
                ],
            ),
            (
                "{ provider: opnai, model: x, input: 1, output: 1 }",
                &[
                    "penstock.yaml:1:31: money.prices[0].provider: no provider is named \"opnai\"; did you mean \"openai\"?",
                ],
            ),
            (
                "{ provider: openai, model: gpt-5.6, input: 1, output: 1 }",
                &[
                    "penstock.yaml:1:46: money.prices[0].model: openai has no target with the model \"gpt-5.6\"; did you mean \"gpt-5.5\"?",
                ],
            ),
            (
                "{ provider: openai, model: gpt-5.5, input: -1, output: 1e3, reasoning: 0.0000001, cached_input: 1000000.000001 }",
                &[
                    "penstock.yaml:1:62: money.prices[0].input: not an amount in dollars such as 2.50; write dollars with at most six places after the point, such as 2.50",
                    "penstock.yaml:1:74: money.prices[0].output: not an amount in dollars such as 2.50; write dollars with at most six places after the point, such as 2.50",
                    "penstock.yaml:1:90: money.prices[0].reasoning: more than six places after the point; write dollars with at most six places after the point, such as 2.50",
                    "penstock.yaml:1:115: money.prices[0].cached_input: at most 1000000 dollars",
                ],
            ),
            (
                "{ provider: openai, model: gpt-5.5, input: 1, output: 1 }, { provider: openai, model: gpt-5.5, input: 1, output: 1 }",
                &[
                    "penstock.yaml:1:78: money.prices[1]: money.prices[0] is for the same model already; keep one",
                ],
            ),
        ],
        |text| format!("money: {{ prices: [{text}] }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn budgets_are_checked() {
    assert_table(
        &[
            ("{ name: a, amount: 0.000001, period: day }", &[]),
            (
                "{}",
                &[
                    "penstock.yaml:1:20: money.budgets[0].name: missing; give the budget a name",
                    "penstock.yaml:1:20: money.budgets[0].amount: missing; write dollars such as 500.00",
                    "penstock.yaml:1:20: money.budgets[0].period: missing; write day, week or month",
                ],
            ),
            (
                "{ name: a, amount: 0.00, period: hour }",
                &[
                    "penstock.yaml:1:39: money.budgets[0].amount: would admit nothing; write more than zero",
                    "penstock.yaml:1:53: money.budgets[0].period: unknown value \"hour\"; known: day, week, month",
                ],
            ),
            (
                "{ name: a, amount: 1000000000.01, period: day }",
                &["penstock.yaml:1:39: money.budgets[0].amount: at most 1000000000 dollars"],
            ),
            (
                "{ name: a, amount: 1, period: day, per: [tenant, agent, tenant] }",
                &[
                    "penstock.yaml:1:69: money.budgets[0].per[1]: unknown value \"agent\"; known: tenant, key, team, provider",
                    "penstock.yaml:1:76: money.budgets[0].per[2]: \"tenant\" is listed already; keep one",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, match: { provider: [cloude], model: [larg], tenant: [] } }",
                &[
                    "penstock.yaml:1:75: money.budgets[0].match.provider[0]: no provider is named \"cloude\"; did you mean \"claude\"?",
                    "penstock.yaml:1:92: money.budgets[0].match.model[0]: no model is named \"larg\"; did you mean \"large\"?",
                    "penstock.yaml:1:107: money.budgets[0].match.tenant: empty, so the budget would never apply; name one or leave it out",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, timezone: Europe/Berln }",
                &[
                    "penstock.yaml:1:65: money.budgets[0].timezone: no time zone is named \"Europe/Berln\"; did you mean \"Europe/Berlin\"?",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, timezone: '+02:00' }",
                &[
                    "penstock.yaml:1:65: money.budgets[0].timezone: no time zone is named \"+02:00\"; write a name such as Europe/Berlin",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, thresholds: [0, 50, 50, 40, 101] }",
                &[
                    "penstock.yaml:1:68: money.budgets[0].thresholds[0]: must be 1 to 100",
                    "penstock.yaml:1:75: money.budgets[0].thresholds[2]: must be more than the one before it; write them in ascending order, each once",
                    "penstock.yaml:1:79: money.budgets[0].thresholds[3]: must be more than the one before it; write them in ascending order, each once",
                    "penstock.yaml:1:83: money.budgets[0].thresholds[4]: must be 1 to 100",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, downgrade_at: 80 }",
                &[
                    "penstock.yaml:1:69: money.budgets[0].downgrade_at: there is no cheaper model for any; name one in money.downgrades or leave it out",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day, on_exceeded: block, fail: close }",
                &[
                    "penstock.yaml:1:68: money.budgets[0].on_exceeded: unknown value \"block\"; known: refuse, notify",
                    "penstock.yaml:1:81: money.budgets[0].fail: unknown value \"close\"; did you mean \"closed\"?",
                ],
            ),
            (
                "{ name: a, amount: 1, period: day }, { name: a, amount: 1, period: day }",
                &[
                    "penstock.yaml:1:65: money.budgets[1].name: \"a\" is the name of money.budgets[0] already; choose another",
                ],
            ),
        ],
        |text| format!("money: {{ budgets: [{text}] }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn no_more_budgets_than_every_request_can_look_at() {
    let budgets = |count: usize| {
        let list = (0..count).map(|index| format!("{{ name: b{index}, amount: 1, period: day }}"));
        list.collect::<Vec<_>>().join(", ")
    };
    let file = |text: &str| format!("money: {{ budgets: [{text}] }}\n{PROVIDERS}{MODELS}{SERVICE}");
    assert_table(&[(&budgets(256), &[])], file);
    assert_table(
        &[(
            &budgets(257),
            &[
                "penstock.yaml:1:19: money.budgets: 257 budgets; at most 256, use per for one amount that each of many has",
            ],
        )],
        file,
    );
}

#[test]
fn a_cycle_of_downgrades_is_printed() {
    assert_table(
        &[
            ("large: small, small: tiny", &[]),
            (
                "large: large",
                &[
                    "penstock.yaml:1:24: money.downgrades.large: leads back to itself: large -> large; remove one step",
                ],
            ),
            (
                "large: small, small: tiny, tiny: large",
                &[
                    "penstock.yaml:1:24: money.downgrades.large: leads back to itself: large -> small -> tiny -> large; remove one step",
                ],
            ),
            (
                "large: small, small: tiny, tiny: small",
                &[
                    "penstock.yaml:1:38: money.downgrades.small: leads back to itself: small -> tiny -> small; remove one step",
                ],
            ),
            (
                "larg: small, small: tinny",
                &[
                    "penstock.yaml:1:24: money.downgrades.larg: no model is named \"larg\"; did you mean \"large\"?",
                    "penstock.yaml:1:44: money.downgrades.small: no model is named \"tinny\"; did you mean \"tiny\"?",
                ],
            ),
        ],
        |text| format!("money: {{ downgrades: {{ {text} }} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn approval_needs_an_amount_and_a_key_that_is_not_in_the_file() {
    assert_table(
        &[
            ("approve_above: 1.00, approve_key: { env: KEY }", &[]),
            ("approve_above: 0, approve_key: { file: secrets/approve }", &[]),
            (
                "approve_above: 1.00",
                &[
                    "penstock.yaml:1:25: money.approve_key: missing, and approvals are signed with it; write one of { env: NAME } or { file: PATH }",
                ],
            ),
            (
                "approve_key: { env: KEY }",
                &[
                    "penstock.yaml:1:23: money.approve_key: means nothing without approve_above; write the amount or leave it out",
                ],
            ),
            (
                "approve_above: 1, approve_key: hunter2",
                &[
                    "penstock.yaml:1:41: money.approve_key: a secret must not stand in this file; write one of { env: NAME }, { file: PATH } or { client: true }",
                ],
            ),
            (
                "approve_above: 1, approve_key: { client: true }",
                &[
                    "penstock.yaml:1:41: money.approve_key: approvals are not signed with a caller's credential; write one of { env: NAME } or { file: PATH }",
                ],
            ),
        ],
        |text| format!("money: {{ {text} }}\n{PROVIDERS}{MODELS}{SERVICE}"),
    );
}

#[test]
fn what_is_written_is_what_is_meant() {
    let money = money(
        "money:
  prices: [{ provider: openai, model: gpt-5.5, input: 2.50, cached_input: 0.1, output: 15 }]
  budgets:
    - name: acme-month
      per: [key]
      match: { tenant: [acme], model: [large] }
      amount: 500.00
      period: month
      timezone: Europe/Berlin
      thresholds: [50, 80, 100]
      downgrade_at: 80
      on_exceeded: notify
      fail: closed
  downgrades: { large: small }
  approve_above: 1.00
  approve_key: { env: KEY }",
    );
    let price = &money.prices[0];
    let rates = [
        price.input,
        price.cached_input,
        price.cache_write,
        price.output,
        price.reasoning,
    ];
    assert_eq!(
        rates.map(|rate| rate.0),
        [2_500_000, 100_000, 2_500_000, 15_000_000, 15_000_000]
    );
    let budget = Budget {
        name: "acme-month".into(),
        per: vec![Payer::Key],
        only: vec![(Payer::Tenant, vec!["acme".into()])],
        models: vec!["large".into()],
        amount: MicroUsd(500_000_000),
        period: Period::Month,
        timezone: "Europe/Berlin".into(),
        thresholds: vec![50, 80, 100],
        downgrade_at: Some(80),
        on_exceeded: Exceeded::Notify,
        fail: OnAway::Closed,
    };
    assert_eq!(money.budgets, [budget]);
    assert_eq!(
        (money.downgrades[0].from.as_str(), money.downgrades[0].to.as_str()),
        ("large", "small")
    );
    let approval = money.approval.unwrap();
    assert_eq!(
        (approval.above, approval.key),
        (MicroUsd(1_000_000), Credential::Env("KEY".into()))
    );
}

#[test]
fn a_file_without_money_is_the_policy_that_it_was() {
    let bare = config("");
    assert!(bare.money.is_none());
    assert!(!serde_json::to_string(&bare).unwrap().contains("money"));
    let priced = config("money: { prices: [{ provider: openai, model: gpt-5.5, input: 1, output: 1 }] }");
    assert_ne!(bare.policy_version(), priced.policy_version());
}
