//! Usage: what may be asked, and what the answer is.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(NOW).unwrap()).unwrap()
}

fn caller(admin: bool) -> Caller {
    Caller {
        tenant: "acme".to_owned(),
        admin,
        ..Caller::default()
    }
}

/// Rows of two tenants, on two days.
fn filled(directory: &TempDir) -> Ledger {
    let ledger = open(directory);
    for (id, tenant, team, model, cost, days, center) in [
        ("1", "acme", Some("search"), "default", 1_000, 0, "42"),
        ("2", "acme", Some("search"), "default", 250, 1, "42"),
        ("3", "acme", Some("ads"), "small", 30, 1, "it's \"7\""),
        ("4", "acme", None, "small", 5, 40, "42"),
        ("5", "globex", Some("search"), "default", 9_000, 0, "42"),
    ] {
        ledger.record(Row {
            started_ms: NOW - 1 - days * DAY,
            tenant: Some(tenant.to_owned()),
            team: team.map(str::to_owned),
            model: Some(model.to_owned()),
            tags: vec![("cost-center".to_owned(), center.to_owned())],
            input: Some(Tokens(10)),
            output: Some(Tokens(20)),
            cost: Some(MicroUsd(cost)),
            ..row(id)
        });
    }
    ledger.flush();
    ledger
}

async fn ask(ledger: &Ledger, query: &str, admin: bool) -> Value {
    let query = Query::parse(query, &caller(admin), now()).unwrap();
    serde_json::from_slice(&ledger.usage(query).await.unwrap().to_json()).unwrap()
}

#[tokio::test]
async fn the_answer_is_a_list_with_sums() {
    let directory = TempDir::new().unwrap();
    let ledger = filled(&directory);
    let sums = |requests: u64, cost: &str, micro: u64| {
        json!({
            "requests": requests, "input_tokens": 10 * requests, "output_tokens": 20 * requests, "cached_tokens": 0,
            "reasoning_tokens": 0, "cost_usd": cost, "cost_micro_usd": micro,
        })
    };
    let with = |mut sums: Value, team: &str, model: &str| {
        sums["team"] = json!(team);
        sums["model"] = json!(model);
        sums
    };
    assert_eq!(
        ask(&ledger, "group_by=team,model", false).await,
        json!({
            "object": "list",
            "from": "2026-07-16T12:00:00Z",
            "to": "2026-08-15T12:00:00Z",
            "group_by": ["team", "model"],
            "data": [
                with(sums(2, "0.001250", 1250), "search", "default"),
                with(sums(1, "0.000030", 30), "ads", "small"),
            ],
            "total": sums(3, "0.001280", 1280),
        })
    );
}

#[tokio::test]
async fn each_question_finds_its_rows() {
    let directory = TempDir::new().unwrap();
    let ledger = filled(&directory);
    for (query, admin, expected) in [
        // Its own tenant, or everybody's.
        ("group_by=tenant", false, json!([["acme", 1280]])),
        ("group_by=tenant", true, json!([["globex", 9000], ["acme", 1280]])),
        ("group_by=tenant&tenant=acme", false, json!([["acme", 1280]])),
        ("group_by=tenant&tenant=acme", true, json!([["acme", 1280]])),
        ("group_by=tenant&tenant=nobody", true, json!([])),
        // From a moment up to another that is not in it.
        (
            "group_by=day",
            false,
            json!([["2026-08-15", 1000], ["2026-08-14", 280]]),
        ),
        (
            "group_by=day&from=2026-08-15",
            false,
            json!([["2026-08-15", 1000]]),
        ),
        ("group_by=day&to=2026-08-15", false, json!([["2026-08-14", 280]])),
        (
            "group_by=hour&from=2026-08-15",
            false,
            json!([["2026-08-15T11:00Z", 1000]]),
        ),
        (
            "group_by=minute&from=2026-08-15",
            false,
            json!([["2026-08-15T11:59Z", 1000]]),
        ),
        (
            "group_by=day&from=2026-08-15T11:59:59.999Z&to=2026-08-15T12:00:00Z",
            false,
            json!([["2026-08-15", 1000]]),
        ),
        (
            "group_by=day&from=2026-08-15T13:59:59.999%2B02:00",
            false,
            json!([["2026-08-15", 1000]]),
        ),
        // Where there is no value.
        (
            "group_by=team&from=2026-01-01&to=2026-07-10",
            false,
            json!([[null, 5]]),
        ),
        ("group_by=agent", false, json!([[null, 1280]])),
        ("group_by=tag:nothing", false, json!([[null, 1280]])),
        (
            "group_by=tag:cost-center",
            false,
            json!([["42", 1250], ["it's \"7\"", 30]]),
        ),
        ("", false, json!([])),
        // What is no SQL.
        ("group_by=tenant&tenant=acme'%20OR%201=1--", true, json!([])),
        (
            "group_by=tenant&tenant=%22%3B%20DROP%20TABLE%20requests",
            true,
            json!([]),
        ),
        ("group_by=tag:x')%20OR%20('1'='1", false, json!([[null, 1280]])),
        ("group_by=tag:%24.cost-center", false, json!([[null, 1280]])),
        ("group_by=tag:?1", false, json!([[null, 1280]])),
    ] {
        let answer = ask(&ledger, query, admin).await;
        let name = query.split('&').next().unwrap().trim_start_matches("group_by=");
        let name = form_urlencoded::parse(name.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned());
        let name = match query {
            "" => String::new(),
            _ if query.starts_with("group_by=tag:x") => "tag:x') OR ('1'='1".to_owned(),
            _ => name.unwrap(),
        };
        let data = answer["data"].as_array().unwrap();
        let found: Vec<Value> = data
            .iter()
            .map(|group| json!([group[&name], group["cost_micro_usd"]]))
            .collect();
        assert_eq!(json!(found), expected, "{query}");
    }
    assert_eq!(count(&directory, "requests"), 5);
}

#[test]
fn what_cannot_be_asked_is_told_what_can() {
    let times = "write a date such as 2026-08-01 or a time such as 2026-08-01T12:00:00Z";
    for (query, status, message) in [
        ("groupby=team", "invalid_request", "unknown parameter `groupby`; known: group_by, from, to, tenant".to_owned()),
        (
            "group_by=team,shoe",
            "invalid_request",
            "unknown group_by `shoe`; known: tenant, team, key, agent, model, served, provider, provider_model, day, hour, minute, tag:NAME".to_owned(),
        ),
        (
            "group_by=tag:",
            "invalid_request",
            "unknown group_by `tag:`; known: tenant, team, key, agent, model, served, provider, provider_model, day, hour, minute, tag:NAME".to_owned(),
        ),
        (
            "group_by=a;DROP TABLE requests",
            "invalid_request",
            "unknown group_by `a;DROP TABLE requests`; known: tenant, team, key, agent, model, served, provider, provider_model, day, hour, minute, tag:NAME".to_owned(),
        ),
        ("from=yesterday", "invalid_request", format!("from `yesterday` is no time; {times}")),
        ("from=2026-08-01T12:00:00", "invalid_request", format!("from `2026-08-01T12:00:00` is no time; {times}")),
        ("to=2026-13-01", "invalid_request", format!("to `2026-13-01` is no time; {times}")),
        (
            "from=2026-08-02&to=2026-08-01",
            "invalid_request",
            "from (2026-08-02T00:00:00Z) must be before to (2026-08-01T00:00:00Z)".to_owned(),
        ),
        ("from=2026-08-02&from=2026-08-01", "invalid_request", "from is there twice; give it once".to_owned()),
        (
            "group_by=tag:1,tag:2,tag:3,tag:4,tag:5,tag:6,tag:7,tag:8,tag:9",
            "invalid_request",
            "group_by names 9, more than 8".to_owned(),
        ),
        (
            "tenant=globex",
            "permission",
            "this key may read what its own tenant has used; leave tenant out, or use a key with admin: true".to_owned(),
        ),
    ] {
        let error = Query::parse(query, &caller(false), now()).unwrap_err();
        assert_eq!((error.kind.as_str(), error.message), (status, message), "{query}");
    }
    let long = format!("tenant={}", "x".repeat(257));
    let error = Query::parse(&long, &caller(true), now()).unwrap_err();
    assert_eq!(error.message, "tenant is of 257 bytes, more than 256");
}

#[tokio::test]
async fn more_groups_than_fit_are_told_and_still_summed() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    for index in 0..10_001_u64 {
        ledger.record(Row {
            started_ms: NOW - 1,
            tenant: Some("acme".to_owned()),
            key: Some(format!("k{index}")),
            cost: Some(MicroUsd(1)),
            ..row(&index.to_string())
        });
    }
    ledger.flush();
    let answer = ask(&ledger, "group_by=key", false).await;
    assert_eq!(answer["data"].as_array().unwrap().len(), 10_000);
    assert_eq!(
        (&answer["truncated"], &answer["total"]["requests"]),
        (&json!(true), &json!(10_001))
    );
}
