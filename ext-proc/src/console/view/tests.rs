//! Pages made of data that nobody would wish for: hostile, empty, huge and many.

use std::sync::Arc;

use penstock_chat::{MicroUsd, Tokens, Usage};
use penstock_client::trail::Stop;
use penstock_config::{Exceeded, Period, routing::Strategy, slice::Kind};

use super::*;
use crate::{
    cache::{OfModel, Report, Saved},
    console::{
        CacheView, Request, Span, Spent, Summed,
        overview::{BudgetLine, LimitLine},
    },
    deciding::story::{Drawing, End, PlanStory, Source, Step, Story, TargetStory},
    health::TargetReport,
    ledger::{Group, Row, Sums},
    money::Part,
    plan::{Circuit, Turn},
    receipt::Unit,
    store::Standing,
};

/// Ends attributes, elements, scripts, comments and styles, in the spelling that each needs.
const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;--></style>{{7*7}}\u{202e}\0";
const NOW: u64 = 1_774_778_400_000;

fn visitor(text: &str) -> Visitor {
    Visitor {
        key: text.to_owned(),
        tenant: text.to_owned(),
    }
}

fn row(text: &str) -> Row {
    let some = || Some(text.to_owned());
    Row {
        id: text.to_owned(),
        started_ms: NOW,
        tenant: some(),
        key: some(),
        agent: some(),
        team: some(),
        tags: vec![(text.to_owned(), text.to_owned())],
        path: text.to_owned(),
        model: some(),
        served: Some(format!("{text}2")),
        provider: some(),
        provider_model: some(),
        targets: text.to_owned(),
        attempts: 2,
        input: Some(Tokens(1_234)),
        output: Some(Tokens(5)),
        is_estimated: true,
        cost: Some(MicroUsd(1_250)),
        cache: text.to_owned(),
        pii: text.to_owned(),
        decision: text.to_owned(),
        reason: some(),
        status: 200,
        flags: text.to_owned(),
        details: text.to_owned(),
        finish_reason: some(),
        duration_ms: 1_500,
        proxy_policy: text.to_owned(),
        service_policy: some(),
        ..Row::default()
    }
}

fn drawing(text: &str, source: Source) -> Drawing {
    Drawing {
        source,
        name: text.to_owned(),
        provider: Some(text.to_owned()),
        unit: Unit::Tokens,
        amount: 10,
        cap: 100,
        taken: 50,
    }
}

fn story(text: &str) -> Story {
    Story {
        asked: text.to_owned(),
        served: text.to_owned(),
        input: Tokens(10),
        output: Tokens(20),
        steps: vec![
            Step::Cache("miss"),
            Step::Downgraded {
                budget: text.to_owned(),
                from: text.to_owned(),
                to: text.to_owned(),
            },
            Step::NotDowngraded { to: text.to_owned() },
            Step::Reserved(vec![drawing(text, Source::Limit), drawing(text, Source::Budget)]),
            Step::Short(drawing(text, Source::Provider)),
            Step::Away(drawing(text, Source::Approval)),
            Step::Waited(text.to_owned()),
        ],
        plan: Some(PlanStory {
            strategy: vec![Strategy::Priority, Strategy::LeastCost],
            targets: vec![TargetStory {
                provider: text.to_owned(),
                model: text.to_owned(),
                price: Some((MicroUsd(2_500_000), MicroUsd(10_000_000))),
                estimate: Some(MicroUsd(125)),
            }],
            excluded: vec![(text.to_owned(), text.to_owned(), text.to_owned())],
            turn: Some(Turn::Probe),
            last_resort: true,
        }),
        end: End::Goes,
    }
}

fn request(text: &str) -> Request {
    let stop = |outcome: Option<&str>| Stop {
        provider: text.to_owned(),
        model: text.to_owned(),
        outcome: outcome.map(str::to_owned),
        first_token_ms: Some(3),
        ..Stop::default()
    };
    Request {
        row: Arc::new(row(text)),
        story: Some(Arc::new(story(text))),
        attempts: vec![stop(Some(text)), stop(None)],
        billed: vec![Part {
            provider: text.to_owned(),
            model: text.to_owned(),
            usage: Usage::default(),
            cost: None,
        }],
    }
}

fn sums(requests: u64) -> Sums {
    Sums {
        requests,
        input_tokens: requests,
        output_tokens: requests,
        cost: MicroUsd(requests),
        ..Sums::default()
    }
}

fn group(values: &[&str], requests: u64) -> Group {
    Group {
        values: values.iter().map(|value| Some((*value).to_owned())).collect(),
        sums: sums(requests),
    }
}

/// With `text` wherever something from outside may stand.
fn full(text: &str) -> Overview {
    let standing = Standing {
        used: 900,
        held: 50,
        reset_ms: 3_600_000,
    };
    Overview {
        now_ms: NOW,
        policy_version: text.to_owned(),
        is_ready: false,
        notices: vec![text.to_owned()],
        requests: vec![Arc::new(request(text))],
        under_way: 3,
        spent: Spent {
            span: Span::Day,
            sums: Some(Arc::new(Summed {
                total: sums(7),
                teams: vec![group(&[text, text], 7)],
                models: vec![group(&[text], 7)],
                times: vec![(text.to_owned(), sums(3)), (text.to_owned(), sums(4))],
            })),
            trouble: Some(text.to_owned()),
        },
        budgets: Some(vec![BudgetLine {
            name: text.to_owned(),
            owner: vec![text.to_owned(), text.to_owned()],
            amount: MicroUsd(1_000),
            period: Period::Day,
            on_exceeded: Exceeded::Refuse,
            standing,
        }]),
        targets: vec![TargetReport {
            provider: text.to_owned(),
            model: text.to_owned(),
            standing: crate::plan::Standing {
                circuit: Circuit::Open {
                    retry_after_ms: 4_000,
                },
                limited_ms: Some(9_000),
                ..crate::plan::Standing::default()
            },
            ..TargetReport::default()
        }],
        cache: Some(CacheView {
            report: Report {
                entries: Some(3),
                bytes: Some(4_096),
                embedder: Some(text.to_owned()),
                models: vec![OfModel {
                    model: text.to_owned(),
                    exact_hits: 1,
                    semantic_hits: 1,
                    misses: 2,
                    hit_rate: Some(0.5),
                    semantic: true,
                    measured_error: Some(0.01),
                    measured_error_upper: Some(0.03),
                    ..OfModel::default()
                }],
            },
            saved: vec![Saved::default()],
        }),
        limits: Some(vec![LimitLine {
            source: "strict",
            name: text.to_owned(),
            owner: vec![(text.to_owned(), text.to_owned())],
            kind: Kind::TokensPerMinute,
            cap: 1_000,
            standing,
        }]),
    }
}

/// What is left of a page when everything is taken away that is our own markup: nothing that opens an element.
fn assert_harmless(page: &str) {
    for forbidden in ["<script>", "<img", "</style>", "onerror=alert(2)>", "'><", "-->"] {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    // A document of ours and no more: each of these once.
    for once in ["<html", "<main", "</main>", "</body>"] {
        assert_eq!(page.matches(once).count(), 1, "{once}");
    }
}

#[test]
fn whatever_a_value_holds_it_stays_a_text() {
    assert_harmless(&overview(&full(HOSTILE), &visitor(HOSTILE)).0);
    let found = Found::Ended(Arc::new(self::request(HOSTILE)));
    assert_harmless(&super::request(HOSTILE, Some(&found), &visitor(HOSTILE)).0);
    let found = Found::UnderWay(Arc::new(story(HOSTILE)));
    assert_harmless(&super::request(HOSTILE, Some(&found), &visitor(HOSTILE)).0);
    assert_harmless(&super::request(HOSTILE, None, &visitor(HOSTILE)).0);
}

#[test]
fn an_id_of_any_characters_is_one_value_of_the_link() {
    let page = overview(&full("a&b=c d\"<é"), &visitor("k")).0;
    assert!(
        page.contains("href=\"/console/request?id=a%26b%3Dc+d%22%3C%C3%A9\""),
        "{page}"
    );
}

#[test]
fn nothing_there_is_told_in_words() {
    let page = overview(&Overview::default(), &visitor("k")).0;
    for words in [
        "No request has ended since the service started.",
        "The ledger is being summed up.",
        "The store of budgets does not answer",
        "The store of limits does not answer",
        "The configuration has no cache.",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let empty = Overview {
        spent: Spent {
            sums: Some(Arc::default()),
            ..Spent::default()
        },
        budgets: Some(Vec::new()),
        limits: Some(Vec::new()),
        ..Overview::default()
    };
    let page = overview(&empty, &visitor("k")).0;
    for words in [
        "Nothing was written down in this time.",
        "The configuration has no budgets",
        "The service holds no limits for anybody known.",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_largest_numbers_are_shown_whole() {
    let mut all = full("m");
    let most = Standing {
        used: u64::MAX,
        held: u64::MAX,
        reset_ms: u64::MAX,
    };
    all.now_ms = u64::MAX;
    for line in all.budgets.iter_mut().flatten() {
        (line.standing, line.amount) = (most, MicroUsd(1));
    }
    for line in all.limits.iter_mut().flatten() {
        (line.standing, line.cap) = (most, 1);
    }
    all.spent.sums = Some(Arc::new(Summed {
        total: sums(u64::MAX),
        teams: vec![group(&["t", "u"], u64::MAX), group(&["t", "v"], 1)],
        models: Vec::new(),
        times: vec![("a".to_owned(), sums(u64::MAX)), ("b".to_owned(), sums(1))],
    }));
    let page = overview(&all, &visitor("k")).0;
    assert!(page.contains("18,446,744,073,709,551,615") && page.contains("$18,446,744,073,709.55"));
    // What is more than full is drawn full, and what is there at all is seen.
    assert!(page.contains("<rect width=\"1000\"") && page.contains("<rect width=\"1\""));
    assert!(page.contains("height=\"100\"") && page.contains("height=\"1\""));
}

#[test]
fn of_many_teams_the_dearest_are_shown_and_the_others_summed() {
    let mut all = full("m");
    let names: Vec<String> = (0..500).map(|number| format!("team-{number}")).collect();
    let teams = names.iter().map(|name| group(&["acme", name], 1_000));
    all.spent.sums = Some(Arc::new(Summed {
        total: sums(500_000),
        teams: teams.collect(),
        ..Summed::default()
    }));
    let page = overview(&all, &visitor("k")).0;
    assert!(page.contains("acme / team-11") && !page.contains("acme / team-12"));
    assert!(page.contains("488 others") && page.contains("$0.488"));
}

#[test]
fn every_step_of_a_decision_is_told() {
    let found = Found::Ended(Arc::new(self::request("m")));
    let page = super::request("m", Some(&found), &visitor("k")).0;
    for words in [
        "It had no answer to this request.",
        "runs low, so m became m.",
        "10 tokens asked for, 50 tokens of 100 tokens taken",
        "ordered by priority, then least cost",
        "its circuit is half open",
        "Targets that were passed over",
        "It waited for room at m.",
        "It goes to the first target of the plan",
        "Attempt 1.",
        "It was asked once more",
        "This is what the client was given.",
        "no price is known",
        "The client saw 200",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_refusal_says_why() {
    let mut told = story("m");
    told.end = End::Answered {
        status: 429,
        reason: "budget_exceeded",
    };
    told.plan = None;
    let page = super::request("m", Some(&Found::UnderWay(Arc::new(told))), &visitor("k")).0;
    assert!(
        page.contains("Refused</span> with 429: budget_exceeded."),
        "{page}"
    );
}

#[test]
fn who_may_not_look_is_told_what_it_takes() {
    for (shut, words) in [
        (Shut::Stranger, "A key of this gateway with admin: true"),
        (Shut::Refused, "This key is not good."),
        (Shut::NotAdmin, "It takes one with admin: true"),
        (Shut::TooOften { retry_ms: 30_000 }, "Try again in 30 s."),
    ] {
        let page = sign_in(shut, true).0;
        assert!(
            page.contains(words) && !page.contains("no section keys"),
            "{page}"
        );
        assert!(!page.contains("<script"), "{page}");
    }
    assert!(sign_in(Shut::Stranger, false).0.contains("no section keys"));
}
