//! Errors at the end of a plan, in the client's dialect and with a status that its SDK understands.

use penstock_test_support::Request;

use crate::ask::{CLIENTS, Client, WAYS};
use crate::read::failed;
use crate::world::{model, world};

/// A fault, statuses, and kinds of error in OpenAI's and in Anthropic's dialect.
type Exhausted = (
    &'static str,
    &'static [u16],
    &'static [&'static str],
    &'static [&'static str],
);

/// What the only target does, the status that the client gets, and what each dialect calls it.
const EXHAUSTED: &[Exhausted] = &[
    (
        "status:429,retry-after:60",
        &[429],
        &["requests", "rate_limit_error", "rate_limit_exceeded"],
        &["rate_limit_error"],
    ),
    ("status:500", &[500, 502], &["server_error"], &["api_error"]),
    (
        "status:503",
        &[503, 529],
        &["server_error"],
        &["overloaded_error", "api_error"],
    ),
    (
        "status:529",
        &[503, 529],
        &["server_error", "overloaded_error"],
        &["overloaded_error"],
    ),
    ("status:401", &[502, 503, 500], &["server_error"], &["api_error"]),
    ("status:403", &[502, 503, 500], &["server_error"], &["api_error"]),
    (
        "reset-before-headers",
        &[502, 503],
        &["server_error"],
        &["api_error", "overloaded_error"],
    ),
    (
        "silence",
        &[504],
        &["server_error", "timeout_error"],
        &["timeout_error", "api_error"],
    ),
    (
        "error-in-200",
        &[502, 503, 529],
        &["server_error", "overloaded_error"],
        &["overloaded_error", "api_error"],
    ),
    ("html", &[502], &["server_error"], &["api_error"]),
    ("html:502", &[502], &["server_error"], &["api_error"]),
    ("empty-200", &[502], &["server_error"], &["api_error"]),
    ("redirect", &[502], &["server_error"], &["api_error"]),
];

pub fn models() -> String {
    let mut yaml = String::new();
    for (n, (fault, ..)) in EXHAUSTED.iter().enumerate() {
        for (suffix, provider) in [("", "primary"), ("-anthropic", "primary-anthropic")] {
            let targets = [(provider, &*format!("fault={fault}"))];
            yaml += &model(
                &format!("exhausted-{n}{suffix}"),
                &targets,
                "timeouts: { first_token: 700ms, answer: 700ms }",
            );
        }
    }
    yaml += &model("all-closed", &[("closed", "a"), ("nowhere", "b")], "");
    yaml += &model("forging", &[("primary", "fault=forge"), ("backup", "good")], "");
    let forged = [("primary", "fault=status:400,forge"), ("backup", "good")];
    yaml += &model("forging-error", &forged, "");
    for (name, many) in [
        ("many-headers", "headers:200,header-bytes:50"),
        ("large-headers", "headers:20,header-bytes:3000"),
    ] {
        let targets = [("primary", &*format!("fault={many}")), ("backup", "good")];
        yaml += &model(name, &targets, "");
    }
    yaml += &model("endless-line", &[("primary", "fault=long-line:1048576")], "");
    yaml += &model(
        "endless-line-anthropic",
        &[("primary-anthropic", "fault=long-line:1048576")],
        "",
    );
    yaml
}

#[tokio::test]
async fn the_last_error_of_an_exhausted_plan_is_told_in_the_clients_words() {
    let (world, _logs) = world();
    let mut failures = Vec::new();
    for (client, stream) in WAYS {
        for (n, (fault, statuses, openai, anthropic)) in EXHAUSTED.iter().enumerate() {
            for suffix in ["", "-anthropic"] {
                let request = client.ask(&format!("exhausted-{n}{suffix}"), "hello", stream);
                let kinds = if client == Client::OpenAi {
                    openai
                } else {
                    anthropic
                };
                let told = match world.gateway.send(request).await {
                    Err(error) => format!("{error:#}"),
                    Ok(response) => {
                        let error = failed(client, &response);
                        let right = error
                            .as_ref()
                            .is_ok_and(|error| kinds.contains(&error.kind.as_str()));
                        if right && statuses.contains(&response.status) {
                            continue;
                        }
                        format!("{} {error:?}", response.status)
                    }
                };
                failures.push(format!("{client:?} {fault}{suffix} stream={stream}: {told}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn a_providers_retry_after_reaches_the_client() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let response = world.send(client.ask("exhausted-0", "hello", false)).await;
        assert_eq!(
            (response.status, response.header("retry-after")),
            (429, Some("60"))
        );
    }
}

#[tokio::test]
async fn a_plan_of_unreachable_providers_ends_in_an_error_of_the_dialect() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let response = world.send(client.ask("all-closed", "hello", stream)).await;
        failed(client, &response).unwrap();
        assert!(matches!(response.status, 502 | 503), "{}", response.status);
        let expected = "closed:connect-failure,nowhere:connect-failure";
        assert_eq!(response.header("x-penstock-attempts"), Some(expected));
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_dialect() {
    let (world, _logs) = world();
    let response = world.send(Request::get("/v1/nothing")).await;
    assert_eq!(response.status, 404);
    failed(Client::OpenAi, &response).unwrap();
    let response = world
        .send(Request::get("/v1/messages/nothing").header("anthropic-version", "2023-06-01"))
        .await;
    assert_eq!(response.status, 404);
    failed(Client::Anthropic, &response).unwrap();
    let response = world.send(Request::get("/v1/chat/completions")).await;
    assert_eq!(response.status, 405);
    failed(Client::OpenAi, &response).unwrap();
}

#[tokio::test]
async fn a_line_without_end_is_an_error_and_not_a_leak() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in ["endless-line", "endless-line-anthropic"] {
            let response = world.send(client.ask(alias, "hello", true)).await;
            assert_eq!(response.status, 502, "{client:?} {alias}");
            failed(client, &response).unwrap();
        }
    }
}
