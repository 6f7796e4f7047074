//! When an answer is released, and what becomes of one that breaks afterwards: never a short success.

use tokio::task::JoinSet;

use crate::ask::{Client, WAYS, marker};
use crate::read::{failed_midstream, said};
use crate::world::{model, world};

/// Ways for an answer to break after its content has begun, and what the attempt is called when it is replaced. Event 6
/// is content of either API; the pauses let the first ones get out before.
const BREAKS: &[(&str, &str, &str)] = &[
    ("cut-late", "cut:6", "incomplete"),
    ("reset-late", "reset-midstream:6", "reset"),
    ("error-late", "error-midstream:6", "error"),
    ("malformed-late", "malformed-event:6", "malformed"),
    ("stalled", "stall:6,pause:20s", "timeout"),
];

const ORDERS: [(&str, &str, &str); 2] = [
    ("", "primary", "backup-anthropic"),
    ("-anthropic", "primary-anthropic", "backup"),
];

pub fn models() -> String {
    let mut yaml = String::new();
    for (suffix, first, second) in ORDERS {
        for (name, fault, _) in BREAKS {
            let fault = format!("fault={fault},interval:30ms");
            let targets = [(first, fault.as_str()), (second, "good")];
            yaml += &model(&format!("{name}{suffix}"), &targets, "");
            let complete = "commit: complete, timeouts: { first_token: 1500ms, answer: 1500ms }";
            yaml += &model(&format!("{name}{suffix}-complete"), &targets, complete);
        }
        for (commit, more) in [("", ""), ("-complete", "commit: complete")] {
            let targets = [(first, "fault=no-done"), (second, "good")];
            yaml += &model(&format!("no-done{suffix}{commit}"), &targets, more);
            let targets = [(first, "good"), (second, "good")];
            yaml += &model(&format!("fine{suffix}{commit}"), &targets, more);
        }
    }
    yaml
}

/// Enough words that no fault comes too late.
fn long(name: &str) -> String {
    format!("{} two three four five six seven eight nine ten", marker(name))
}

#[tokio::test]
async fn a_complete_answer_is_rescued_whatever_breaks() {
    let mut cases = JoinSet::new();
    for (suffix, first, second) in ORDERS {
        for (client, stream) in WAYS {
            for (name, _, outcome) in BREAKS {
                let faulty = stream || matches!(*name, "cut-late" | "reset-late" | "stalled");
                if faulty {
                    // Half a JSON text that ends in order is no more than that.
                    let outcome = if !stream && *name == "cut-late" {
                        "malformed"
                    } else {
                        outcome
                    };
                    let expected = format!("{first}:{outcome},{second}:200");
                    cases.spawn(rescued(
                        client,
                        stream,
                        format!("{name}{suffix}-complete"),
                        expected,
                    ));
                }
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

async fn rescued(client: Client, stream: bool, alias: String, expected: String) -> Result<(), String> {
    let (world, _logs) = world();
    let text = long("rescued");
    let told = |what: String| format!("{client:?} {alias} stream={stream}: {what}");
    let response = world.gateway.send(client.ask(&alias, &text, stream)).await;
    let response = response.map_err(|error| told(format!("{error:#}")))?;
    let answer = said(client, &response).map_err(told)?;
    if answer.text != format!("[backup] You said: {text}") {
        return Err(told(answer.text));
    }
    match response.header("x-penstock-attempts") {
        Some(attempts) if attempts == expected => Ok(()),
        attempts => Err(told(format!("attempts are {attempts:?}, not {expected}"))),
    }
}

#[tokio::test]
async fn what_a_broken_attempt_has_used_is_not_forgotten() {
    let (world, _logs) = world();
    for (suffix, first, second) in ORDERS {
        for (name, stream) in [
            ("cut-late", true),
            ("cut-late", false),
            ("reset-late", true),
            ("reset-late", false),
            ("error-late", true),
            ("stalled", true),
            ("stalled", false),
        ] {
            let alias = format!("{name}{suffix}-complete");
            let request = Client::OpenAi.ask(&alias, &long("billed"), stream);
            let response = world.gateway.send(request).await.unwrap();
            let id = response.header("x-penstock-request-id").expect("a request id");
            let line = world.gateway.logged(id).await;
            let usage: serde_json::Value =
                serde_json::from_str(line["usage"].as_str().unwrap_or_default()).unwrap_or_default();
            let earlier = usage["earlier"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(usage["provider"], second, "{alias} stream={stream}: {line}");
            assert_eq!(earlier.len(), 1, "{alias} stream={stream}: {line}");
            assert_eq!(earlier[0]["provider"], first, "{alias} stream={stream}: {line}");
            let bytes = earlier[0]["output_bytes"].as_u64();
            assert_eq!(bytes > Some(0), stream, "{alias} stream={stream}: {line}");
        }
    }
}

#[tokio::test]
async fn a_whole_answer_that_breaks_is_rescued_by_any_policy() {
    let mut cases = JoinSet::new();
    for (suffix, first, second) in ORDERS {
        for client in [Client::OpenAi, Client::Anthropic] {
            for (name, outcome) in [("cut-late", "malformed"), ("reset-late", "reset")] {
                let expected = format!("{first}:{outcome},{second}:200");
                cases.spawn(rescued(client, false, format!("{name}{suffix}"), expected));
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
async fn a_stream_that_ends_early_gets_an_error_event() {
    let (world, _logs) = world();
    for (suffix, first, _) in ORDERS {
        for client in [Client::OpenAi, Client::Anthropic] {
            for name in ["cut-late", "error-late", "malformed-late"] {
                let alias = format!("{name}{suffix}");
                let response = world.send(client.ask(&alias, &long("early"), true)).await;
                assert_eq!(response.status, 200, "{client:?} {alias}: {}", response.text());
                let error = failed_midstream(client, &response)
                    .unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
                assert!(!error.message.is_empty());
                assert!(response.text().contains("[primary] "), "{}", response.text());
                let attempts = response.header("x-penstock-attempts").unwrap_or_default();
                assert_eq!(attempts, format!("{first}:200"), "{client:?} {alias}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_is_aborted_or_ends_in_an_error() {
    never_a_short_success("reset-late").await;
}

#[tokio::test]
async fn a_stream_that_stalls_is_aborted_or_ends_in_an_error() {
    never_a_short_success("stalled").await;
}

async fn never_a_short_success(name: &str) {
    let (world, _logs) = world();
    for (suffix, _, _) in ORDERS {
        for client in [Client::OpenAi, Client::Anthropic] {
            let alias = format!("{name}{suffix}");
            // A reset may overtake the headers.
            let Ok(response) = world
                .gateway
                .send(client.ask(&alias, &long("aborted"), true))
                .await
            else {
                continue;
            };
            let told = response.aborted.is_some() || failed_midstream(client, &response).is_ok();
            assert!(told, "{client:?} {alias}: a short success: {}", response.text());
            assert!(said(client, &response).is_err());
        }
    }
}

#[tokio::test]
async fn a_stream_without_its_last_mark_is_whole_or_an_error() {
    let (world, _logs) = world();
    for (suffix, _, _) in ORDERS {
        for client in [Client::OpenAi, Client::Anthropic] {
            for commit in ["", "-complete"] {
                let text = long("mark");
                let alias = format!("no-done{suffix}{commit}");
                let response = world.send(client.ask(&alias, &text, true)).await;
                match said(client, &response) {
                    Ok(answer) => assert!(
                        answer.text.ends_with(&text),
                        "{client:?} {alias}: {}",
                        answer.text
                    ),
                    Err(_) => {
                        failed_midstream(client, &response)
                            .unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_sound_answer_is_the_same_under_both_policies() {
    let (world, _logs) = world();
    for (suffix, first, _) in ORDERS {
        for (client, stream) in WAYS {
            for commit in ["", "-complete"] {
                let text = long("fine");
                let response = world
                    .send(client.ask(&format!("fine{suffix}{commit}"), &text, stream))
                    .await;
                let answer = said(client, &response).unwrap();
                assert_eq!(answer.text, format!("[primary] You said: {text}"));
                assert_eq!(
                    response.header("x-penstock-attempts"),
                    Some(format!("{first}:200").as_str())
                );
            }
        }
    }
}
