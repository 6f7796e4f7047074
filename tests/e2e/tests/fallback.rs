//! Every row of the fallback table: the client gets the next provider's answer, and is told what happened.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::{failed, said};
use crate::world::{model, world};

/// Faults that send a request to the next target: name, fault, outcome of the failed attempts.
const MOVES_ON: &[(&str, &str, &[&str])] = &[
    ("rate-limited", "status:429", &["429"]),
    ("rate-limited-for-long", "status:429,retry-after:3600", &["429"]),
    ("server-error", "status:500", &["500", "500"]),
    ("unavailable", "status:503", &["503", "503"]),
    ("overloaded", "status:529", &["529", "529"]),
    ("unauthorized", "status:401", &["401"]),
    ("forbidden", "status:403", &["403"]),
    ("no-such-model", "status:404", &["404"]),
    ("reset", "reset-before-headers", &["reset"]),
    ("silent", "silence", &["timeout"]),
    ("slow-headers", "slow-headers:20s", &["timeout"]),
    ("slow-token", "slow-first-token:20s", &["timeout"]),
    ("error-in-200", "error-in-200", &["error"]),
    ("html", "html", &["malformed"]),
    ("bad-gateway-page", "html:502", &["502", "502"]),
];

/// Answers that are headers and nothing else.
const WITHOUT_BODY: &[(&str, &str, &[&str])] = &[
    ("redirect", "redirect", &["307"]),
    ("empty", "empty-200", &["incomplete"]),
];

/// Faults that only streams have.
const MOVES_ON_STREAMING: &[(&str, &str, &[&str])] = &[
    ("opened-then-slow", "slow-content:20s", &["timeout"]),
    ("opened-then-error", "error-midstream:1", &["error"]),
    ("opened-then-cut", "cut:1", &["incomplete"]),
    ("opened-then-reset", "reset-midstream:1", &["reset"]),
    ("malformed-at-once", "malformed-event:0", &["malformed"]),
];

/// The deadline of silent attempts.
const IMPATIENT: &str = "timeouts: { first_token: 1s, answer: 1s }";

/// The API of the target that fails, and of the one that answers.
const ORDERS: [(&str, &str, &str); 2] = [
    ("", "primary", "backup-anthropic"),
    ("-anthropic", "primary-anthropic", "backup"),
];

pub fn models() -> String {
    let mut yaml = String::new();
    for (suffix, first, second) in ORDERS {
        for (name, fault, _) in [MOVES_ON, WITHOUT_BODY, MOVES_ON_STREAMING].concat() {
            let targets = [(first, format!("fault={fault}")), (second, "good".into())];
            let targets: Vec<_> = targets
                .iter()
                .map(|(provider, model)| (*provider, model.as_str()))
                .collect();
            yaml += &model(&format!("{name}{suffix}"), &targets, IMPATIENT);
        }
        let only = |fault: &str| {
            model(
                &format!("only-{fault}{suffix}"),
                &[(first, &format!("fault={fault}"))],
                "",
            )
        };
        yaml += &only("context-length");
        yaml += &model(
            &format!("refused{suffix}"),
            &[(first, "fault=content-policy"), (second, "good")],
            "",
        );
        yaml += &model(
            &format!("too-long{suffix}"),
            &[
                (first, "fault=context-length window 8000"),
                (second, "same-size window 8000"),
                (second, "large window 200000"),
            ],
            "",
        );
        for (name, fault) in [
            ("torn", "split:1"),
            ("gzipped", "gzip"),
            ("slow-events", "events:10,interval:200ms"),
            ("large", "big:2000000"),
        ] {
            yaml += &model(
                &format!("{name}{suffix}"),
                &[(first, &format!("fault={fault}")), (second, "good")],
                "",
            );
        }
    }
    yaml += &model("torn-odd", &[("primary", "fault=split:7")], "");
    yaml += &model("silent-forever", &[("primary", "fault=silence")], "");
    yaml += &model("closed", &[("closed", "m"), ("backup", "good")], "");
    yaml += &model("nowhere", &[("nowhere", "m"), ("backup", "good")], "");
    yaml += &model(
        "three",
        &[
            ("primary", "fault=status:429"),
            ("closed", "m"),
            ("backup-anthropic", "good"),
        ],
        "",
    );
    yaml += &model(
        "recovers",
        &[
            ("primary", "fault=status:503,times:1,key:recovers"),
            ("backup", "good"),
        ],
        "",
    );
    yaml += &model(
        "waits",
        &[
            ("primary", "fault=status:429,retry-after:1,times:1,key:waits"),
            ("backup", "good"),
        ],
        "",
    );
    yaml
}

fn attempts(first: &str, outcomes: &[&str], second: &str) -> String {
    let mut attempts: Vec<_> = outcomes
        .iter()
        .map(|outcome| format!("{first}:{outcome}"))
        .collect();
    attempts.push(format!("{second}:200"));
    attempts.join(",")
}

/// One case: what is wrong with it, if anything is.
async fn moves_on(client: Client, stream: bool, alias: String, expected: String) -> Result<(), String> {
    let (world, _logs) = world();
    let text = marker("moves");
    let response = world.gateway.send(client.ask(&alias, &text, stream)).await;
    let told = |what: String| format!("{client:?} {alias} stream={stream}: {what}");
    let response = response.map_err(|error| told(format!("{error:#}")))?;
    let answer = said(client, &response).map_err(told)?;
    if answer.text != format!("[backup] You said: {text}") {
        return Err(told(answer.text));
    }
    let attempts = response.header("x-penstock-attempts").unwrap_or("none");
    if attempts != expected {
        return Err(told(format!("attempts are {attempts}, not {expected}")));
    }
    Ok(())
}

/// Runs every case at once, and names all that are wrong.
async fn all_move_on(faults: &[(&str, &str, &[&str])], ways: &[(Client, bool)]) {
    let mut cases = JoinSet::new();
    for (suffix, first, second) in ORDERS {
        for (client, stream) in ways {
            for (name, _, outcomes) in faults {
                let expected = attempts(first, outcomes, second);
                cases.spawn(moves_on(*client, *stream, format!("{name}{suffix}"), expected));
            }
        }
    }
    let failures: Vec<_> = cases
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(
        failures.is_empty(),
        "{} cases failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn each_failure_moves_on_to_the_next_target() {
    all_move_on(MOVES_ON, &WAYS).await;
}

#[tokio::test]
async fn a_failure_while_a_stream_opens_moves_on_to_the_next_target() {
    all_move_on(
        MOVES_ON_STREAMING,
        &[(Client::OpenAi, true), (Client::Anthropic, true)],
    )
    .await;
}

#[tokio::test]
async fn an_answer_without_a_body_moves_on_to_the_next_target() {
    all_move_on(WITHOUT_BODY, &WAYS).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_passed_over() {
    for (client, stream) in WAYS {
        for alias in ["closed", "nowhere"] {
            let expected = format!("{alias}:connect-failure,backup:200");
            moves_on(client, stream, alias.into(), expected).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_long_plan_is_followed_to_its_end() {
    for (client, stream) in WAYS {
        let expected = "primary:429,closed:connect-failure,backup-anthropic:200";
        moves_on(client, stream, "three".into(), expected.into())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_server_error_is_tried_again_on_the_same_target() {
    let (world, _logs) = world();
    let response = world.send(Client::OpenAi.ask("recovers", "hello", false)).await;
    said(Client::OpenAi, &response).unwrap();
    assert_eq!(
        response.header("x-penstock-attempts"),
        Some("primary:503,primary:200")
    );
}

#[tokio::test]
async fn a_short_retry_after_is_waited_out() {
    let (world, _logs) = world();
    let start = Instant::now();
    let response = world.send(Client::OpenAi.ask("waits", "hello", true)).await;
    said(Client::OpenAi, &response).unwrap();
    assert_eq!(
        response.header("x-penstock-attempts"),
        Some("primary:429,primary:200")
    );
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn moving_on_does_not_wait_for_retry_after() {
    let (world, _logs) = world();
    let start = Instant::now();
    let response = world
        .send(Client::OpenAi.ask("rate-limited-for-long", "hello", false))
        .await;
    said(Client::OpenAi, &response).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_prompt_too_long_goes_to_a_larger_window_only() {
    let (world, _logs) = world();
    for (suffix, first, second) in ORDERS {
        for (client, stream) in WAYS {
            let response = world
                .send(client.ask(&format!("too-long{suffix}"), "hello", stream))
                .await;
            said(client, &response).unwrap();
            assert_eq!(
                response.header("x-penstock-attempts"),
                Some(format!("{first}:400,{second}:200").as_str())
            );
            assert_eq!(response.header("x-penstock-model"), Some("large"));
        }
        for client in CLIENTS {
            let response = world
                .send(client.ask(&format!("only-context-length{suffix}"), "hello", false))
                .await;
            let error = failed(client, &response).unwrap();
            assert_eq!(
                (response.status, error.kind.as_str()),
                (400, "invalid_request_error")
            );
            if client == Client::OpenAi {
                assert_eq!(error.code, "context_length_exceeded", "{suffix}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_prompt_is_not_shown_to_another_provider() {
    let (world, _logs) = world();
    for (suffix, first, _) in ORDERS {
        for (client, stream) in WAYS {
            let text = marker("refused");
            let response = world
                .send(client.ask(&format!("refused{suffix}"), &text, stream))
                .await;
            let error = failed(client, &response).unwrap();
            assert_eq!(response.status, 400);
            assert!(
                error.message.contains("safety system") || error.message.contains("content filter"),
                "{error:?}"
            );
            assert_eq!(
                response.header("x-penstock-attempts"),
                Some(format!("{first}:400").as_str())
            );
            assert!(world.backup.requests_with(&text).is_empty());
        }
    }
}

#[tokio::test]
async fn the_answer_says_who_gave_it() {
    let (world, _logs) = world();
    let response = world
        .send(Client::OpenAi.ask("rate-limited", "hello", true))
        .await;
    assert_eq!(response.header("x-penstock-provider"), Some("backup-anthropic"));
    assert_eq!(response.header("x-penstock-model"), Some("good"));
    assert_eq!(
        response.header("x-penstock-policy"),
        Some(world.gateway.policy_version())
    );
}
