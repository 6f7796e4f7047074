use jiff::tz::TimeZoneDatabase;
use penstock_chat::Api;
use penstock_client::Client;
use penstock_config::Period;

use super::*;
use crate::store::{Account, Claim, Fail, Standing, Unsettled, Window};

const HOUR: u64 = 3_600_000;

fn ms(time: &str) -> u64 {
    let time: jiff::Timestamp = time.parse().unwrap();
    u64::try_from(time.as_millisecond()).unwrap()
}

#[test]
fn windows_follow_the_calendar_of_their_zone() {
    let cases = [
        (
            "UTC",
            Period::Day,
            "2026-11-28T23:59:59.999Z",
            "2026-11-28T00:00:00Z",
            24,
        ),
        (
            "UTC",
            Period::Day,
            "2026-11-29T00:00:00Z",
            "2026-11-29T00:00:00Z",
            24,
        ),
        // Clocks go forward and back.
        (
            "Europe/Berlin",
            Period::Day,
            "2026-03-29T12:00:00Z",
            "2026-03-28T23:00:00Z",
            23,
        ),
        (
            "Europe/Berlin",
            Period::Day,
            "2026-10-25T12:00:00Z",
            "2026-10-24T22:00:00Z",
            25,
        ),
        // Twice the same hour, on the same day.
        (
            "Europe/Berlin",
            Period::Day,
            "2026-10-25T00:30:00Z",
            "2026-10-24T22:00:00Z",
            25,
        ),
        (
            "Europe/Berlin",
            Period::Day,
            "2026-10-25T01:30:00Z",
            "2026-10-24T22:00:00Z",
            25,
        ),
        // A day whose midnight there is not: it begins at one.
        (
            "Africa/Cairo",
            Period::Day,
            "2026-04-24T12:00:00Z",
            "2026-04-23T22:00:00Z",
            23,
        ),
        // Half hours, and the other side of the date line.
        (
            "Asia/Kolkata",
            Period::Day,
            "2026-11-28T18:30:00Z",
            "2026-11-28T18:30:00Z",
            24,
        ),
        (
            "Pacific/Kiritimati",
            Period::Day,
            "2026-12-31T10:00:00Z",
            "2026-12-31T10:00:00Z",
            24,
        ),
        // Monday to Sunday, over the turn of the year too.
        (
            "UTC",
            Period::Week,
            "2026-11-29T23:59:59Z",
            "2026-11-23T00:00:00Z",
            168,
        ),
        (
            "UTC",
            Period::Week,
            "2026-11-30T00:00:00Z",
            "2026-11-30T00:00:00Z",
            168,
        ),
        (
            "UTC",
            Period::Week,
            "2027-01-01T00:00:00Z",
            "2026-12-28T00:00:00Z",
            168,
        ),
        (
            "Europe/Berlin",
            Period::Week,
            "2026-03-29T12:00:00Z",
            "2026-03-22T23:00:00Z",
            167,
        ),
        // Months of 28, 29, 30 and 31 days.
        (
            "UTC",
            Period::Month,
            "2026-02-28T23:59:59Z",
            "2026-02-01T00:00:00Z",
            28 * 24,
        ),
        (
            "UTC",
            Period::Month,
            "2028-02-29T12:00:00Z",
            "2028-02-01T00:00:00Z",
            29 * 24,
        ),
        (
            "UTC",
            Period::Month,
            "2026-12-31T23:59:59Z",
            "2026-12-01T00:00:00Z",
            31 * 24,
        ),
        (
            "Europe/Berlin",
            Period::Month,
            "2026-12-31T23:00:00Z",
            "2026-12-31T23:00:00Z",
            31 * 24,
        ),
        (
            "Europe/Berlin",
            Period::Month,
            "2026-03-31T21:59:59Z",
            "2026-02-28T23:00:00Z",
            31 * 24 - 1,
        ),
        (
            "America/New_York",
            Period::Month,
            "2026-11-28T00:00:00Z",
            "2026-11-01T04:00:00Z",
            30 * 24 + 1,
        ),
    ];
    for (zone, period, now, start, hours) in cases {
        let tz = TimeZoneDatabase::bundled().get(zone).unwrap();
        let start_ms = ms(start);
        let expected = Window::Until {
            start_ms,
            end_ms: start_ms + hours * HOUR,
        };
        assert_eq!(
            calendar(period, &tz, ms(now)),
            expected,
            "{zone} {period:?} {now}"
        );
    }
}

#[test]
fn a_moment_outside_the_calendar_is_still_in_a_window() {
    let window = calendar(Period::Day, &jiff::tz::TimeZone::UTC, u64::MAX);
    assert_eq!(
        window,
        Window::Until {
            start_ms: 0,
            end_ms: u64::MAX
        }
    );
}

const BUDGETS: &str = "money:
  budgets:
    - { name: all, amount: 10, period: month }
    - { name: tenants, per: [tenant, key], match: { tenant: [acme, 'a/b'] }, amount: 5, period: day, timezone: Europe/Berlin, fail: closed }
    - { name: providers, per: [provider], match: { provider: [openai, claude] }, amount: 3, period: week }
    - { name: local, match: { provider: [local] }, amount: 1, period: day }
    - { name: watch, match: { model: [default] }, amount: 0.000001, period: day, on_exceeded: notify }";

/// Who asks for which alias with which targets, and the accounts and amounts that are claimed.
type Case<'a> = (Caller, &'a str, &'a [Priced], Vec<(&'a str, u64)>);

#[test]
fn each_budget_that_holds_pays_the_most_that_it_may_have_to() {
    let money = money(BUDGETS);
    let targets = [target("openai", 7), target("claude", 9), target("openai", 8)];
    let names = |caller: &Caller, alias: &str, targets: &[Priced]| -> Vec<(String, u64)> {
        let claims = money.claims(caller, alias, targets, SUNDAY);
        let claims = claims.into_iter();
        claims
            .map(|claim| (claim.claim.account.name, claim.claim.amount))
            .collect()
    };
    let owned = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), *amount))
            .collect()
    };
    let both = [("budget/providers/openai", 8), ("budget/providers/claude", 9)];
    let cases: [Case<'_>; 5] = [
        (
            caller("acme", "k"),
            "default",
            &targets,
            vec![
                ("budget/all", 9),
                ("budget/tenants/acme/k", 9),
                both[0],
                both[1],
                ("budget/watch", 9),
            ],
        ),
        (
            caller("other", "k"),
            "small",
            &targets,
            vec![("budget/all", 9), both[0], both[1]],
        ),
        (
            caller("a/b", ""),
            "small",
            &targets[..1],
            vec![
                ("budget/all", 7),
                ("budget/tenants/a%2Fb/", 7),
                ("budget/providers/openai", 7),
            ],
        ),
        (
            caller("other", "k"),
            "tiny",
            &[target("local", 2)],
            vec![("budget/all", 2), ("budget/local", 2)],
        ),
        (caller("other", "k"), "tiny", &[], vec![]),
    ];
    for (caller, alias, targets, expected) in cases {
        assert_eq!(
            names(&caller, alias, targets),
            owned(&expected),
            "{caller:?} {alias}"
        );
    }
    let claims = money.claims(&caller("acme", "k"), "default", &targets, SUNDAY);
    let expected = Claim {
        account: Account {
            name: "budget/tenants/acme/k".into(),
            window: Window::Until {
                start_ms: ms("2026-03-28T23:00:00Z"),
                end_ms: ms("2026-03-29T22:00:00Z"),
            },
        },
        cap: 5_000_000,
        amount: 9,
        unsettled: Unsettled::Charged,
        fail: Fail::Closed,
    };
    assert_eq!(claims[1].claim, expected);
    // A budget that only notifies never refuses.
    assert_eq!(claims[4].claim.cap, (1 << 53) - 1);
    let bars = |claim: usize| ["openai", "claude", "local"].map(|name| money.bars(&claims[claim], name));
    assert_eq!(
        [bars(0), bars(2), bars(3)],
        [[false; 3], [true, false, false], [false, true, false]]
    );
}

#[test]
fn no_two_callers_share_an_account_and_no_name_is_too_long() {
    let money = money("money: { budgets: [{ name: b, per: [tenant, team], amount: 1, period: day }] }");
    let account = |tenant: &str, team: &str| {
        let caller = Caller {
            tenant: tenant.into(),
            team: Some(team.into()),
            ..Caller::default()
        };
        let claims = money.claims(&caller, "default", &[target("openai", 1)], SUNDAY);
        claims[0].claim.account.name.clone()
    };
    let long = "x".repeat(300);
    let names = [
        account("a", "b/c"),
        account("a/b", "c"),
        account("a", "b%2Fc"),
        account("a", ""),
        account(&long, "a"),
        account(&long, "b"),
        account(&format!("{long}/"), "b"),
        account("#", "#"),
    ];
    let distinct: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    for name in &names {
        assert!(name.len() <= crate::store::LONGEST_NAME, "{name}");
        let account = Account {
            name: name.clone(),
            window: Window::Concurrent,
        };
        assert_eq!(
            money.budget_of(&account).map(|(index, _)| index),
            Some(0),
            "{name}"
        );
    }
}

#[test]
fn what_has_no_price_is_not_paid_from_a_budget_that_refuses() {
    let budgets = money(BUDGETS);
    assert!(budgets.needs_price(&caller("x", ""), "tiny", "local"));
    let watched = money("money: { budgets: [{ name: b, amount: 1, period: day, on_exceeded: notify }] }");
    assert!(!watched.needs_price(&caller("x", ""), "tiny", "local"));
    let other =
        money("money: { budgets: [{ name: b, match: { provider: [openai] }, amount: 1, period: day }] }");
    assert!(!other.needs_price(&caller("x", ""), "tiny", "local"));
    assert!(other.needs_price(&caller("x", ""), "tiny", "openai"));
    let approved = money("money: { approve_above: 1, approve_key: { env: K } }");
    assert!(approved.needs_price(&caller("x", ""), "tiny", "local"));
}

#[test]
fn a_cheaper_model_is_served_from_its_percentage_on() {
    let money = money(
        "money:
  budgets: [{ name: b, amount: 0.001, period: day, downgrade_at: 80 }]
  downgrades: { default: small, small: tiny }",
    );
    let due = |used: u64, held: u64, amount: u64| {
        let claims = money.claims(&caller("x", ""), "default", &[target("openai", amount)], SUNDAY);
        money.due(
            &claims,
            &[Standing {
                used,
                held,
                reset_ms: 1,
            }],
        )
    };
    for (used, held, amount, expected) in [
        (799, 0, 0, None),
        (800, 0, 0, Some(0)),
        (0, 799, 0, None),
        (0, 700, 100, Some(0)),
        (700, 50, 49, None),
        (700, 50, 50, Some(0)),
        (u64::MAX, u64::MAX, u64::MAX, Some(0)),
    ] {
        assert_eq!(due(used, held, amount), expected, "{used} {held} {amount}");
    }
    let chain = |asked: &'static str, low: &[&str]| {
        let served = money.served(asked, |alias| low.contains(&alias).then_some(0));
        (served.alias.to_owned(), served.because_of)
    };
    for (asked, low, expected, because) in [
        ("default", &[][..], "default", None),
        ("default", &["default"], "small", Some(0)),
        ("default", &["default", "small"], "tiny", Some(0)),
        ("default", &["small"], "default", None),
        ("default", &["default", "small", "tiny"], "tiny", Some(0)),
        ("tiny", &["tiny"], "tiny", None),
    ] {
        assert_eq!(
            chain(asked, low),
            (expected.to_owned(), because),
            "{asked} {low:?}"
        );
    }
}

#[test]
fn each_threshold_is_told_once() {
    let percents = [50, 80, 100];
    for (before, after, expected) in [
        (0, 0, &[][..]),
        (0, 499, &[]),
        (0, 500, &[50]),
        (499, 500, &[50]),
        (500, 501, &[]),
        (500, 500, &[]),
        (400, 1_000, &[50, 80, 100]),
        (999, 5_000, &[100]),
        (1_000, u64::MAX, &[]),
        (0, u64::MAX, &[50, 80, 100]),
    ] {
        assert_eq!(
            crossed(before, after, 1_000, &percents),
            expected,
            "{before} {after}"
        );
    }
    let money = money(
        "money: { budgets: [{ name: b, per: [tenant], amount: 0.001, period: day, thresholds: [50, 80, 100] }] }",
    );
    let claims = money.claims(&caller("x", ""), "default", &[target("openai", 1)], SUNDAY);
    let account = &claims[0].claim.account;
    let mut told = Vec::new();
    for used in 0..1_200 {
        told.extend(
            money
                .after(account, used, used + 1)
                .into_iter()
                .map(|event| event.threshold),
        );
    }
    assert_eq!(told, percents);
    let event = &money.after(account, 0, 500)[0];
    assert_eq!(
        serde_json::to_string(event).unwrap(),
        r#"{"event":"budget_threshold","budget":"b","threshold":50,"account":"budget/b/x","ends_ms":1774828800000}"#
    );
}

#[test]
fn a_refusal_names_the_budget_and_its_end_but_no_amount() {
    let money = money("money: { budgets: [{ name: acme-day, amount: 0.001, period: day }] }");
    let cases = [
        (100, 950, 0, Some("61"), Some("false"), "has not enough left"),
        (100, 0, 950, Some("1"), None, "reserved by requests under way"),
        (1_001, 0, 0, None, Some("false"), "more than the whole budget"),
    ];
    for (amount, used, held, retry, again, words) in cases {
        for (dialect, kind) in [
            (Api::OpenAi, r#""type":"insufficient_quota""#),
            (Api::Anthropic, r#""type":"rate_limit_error""#),
        ] {
            let client = Client {
                dialect,
                ..Client::unknown("p")
            };
            let claims = money.claims(&caller("x", ""), "default", &[target("openai", amount)], SUNDAY);
            let reply = money.refuse(
                &client,
                &claims[0],
                Standing {
                    used,
                    held,
                    reset_ms: 60_001,
                },
            );
            let body = String::from_utf8(reply.body).unwrap();
            let header = |name: &str| {
                let found = reply.headers.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!((reply.status, reply.details), (429, "budget_exceeded"));
            assert_eq!(
                (header("retry-after"), header("x-should-retry")),
                (retry, again),
                "{body}"
            );
            assert!(
                body.contains(kind) && body.contains("acme-day") && body.contains(words),
                "{body}"
            );
            assert!(!body.contains("950") && !body.contains("0.001"), "{body}");
        }
    }
}

#[test]
fn an_estimate_tells_prices_and_what_is_left_of_ones_own() {
    let money = money(
        "money: { budgets: [
        { name: own, per: [tenant], amount: 0.001, period: day },
        { name: shared, amount: 0.5, period: day }] }",
    );
    let targets = [Priced {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        estimate: Some(MicroUsd(600)),
    }];
    let claims = money.claims(&caller("x", ""), "default", &targets, SUNDAY);
    let quote = |used: u64| {
        let standing = Standing {
            used,
            held: 100,
            reset_ms: 1_500,
        };
        let tokens = (Tokens(40), Tokens(50), 0);
        let quote = money.quote(
            ("default", "small"),
            tokens,
            &targets,
            &claims,
            &[standing, standing],
            Vec::new(),
            None,
        );
        serde_json::from_slice::<serde_json::Value>(&quote.to_json()).unwrap()
    };
    let passing = quote(300);
    assert_eq!(passing["would_pass"], true);
    assert_eq!(passing["served_model"], "small");
    assert_eq!(passing["estimate_usd"], "0.000600");
    assert_eq!(passing["targets"][0]["price_usd"]["input"], "2.500000");
    assert_eq!(passing["budgets"][0]["remaining_usd"], "0.000600");
    assert_eq!(passing["budgets"][0]["resets_in_seconds"], 2);
    assert_eq!(passing["budgets"][1]["remaining_usd"], serde_json::Value::Null);
    let refused = quote(301);
    assert_eq!(refused["would_pass"], false);
    assert_eq!(
        refused["reasons"],
        serde_json::json!(["the budget own has not enough left"])
    );
}

#[test]
fn only_budgets_that_all_share_have_a_gauge() {
    let money = money(
        "money: { budgets: [{ name: all, amount: 0.001, period: day }, { name: each, per: [tenant], amount: 1, period: day }] }",
    );
    let metrics = MoneyMetrics::default();
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    for claim in money.claims(&caller("x", ""), "default", &[target("openai", 1)], SUNDAY) {
        let account = &claim.claim.account;
        metrics.stands(
            &money,
            account,
            Standing {
                used: 250,
                held: 0,
                reset_ms: 0,
            },
        );
        metrics.refused(&money, &claim);
    }
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(
        text.contains("penstock_budget_used_ratio{budget=\"all\"} 0.25"),
        "{text}"
    );
    assert!(!text.contains("used_ratio{budget=\"each\"}"), "{text}");
    assert!(
        text.contains("penstock_budget_refusals_total{budget=\"each\"} 1"),
        "{text}"
    );
}
