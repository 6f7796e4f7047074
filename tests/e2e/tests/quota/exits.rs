//! Whatever end a request comes to, it is settled: what was used is charged, and the rest comes back.

use penstock_test_support::client::Response;
use tokio::task::{JoinSet, LocalSet};

use super::world::{Tenant, billed, counted, exact, left_in, world};
use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::{failed, failed_midstream, said};

/// The text of an answer of this many events, as `events` gives it out, is twice as many tokens in any vocabulary: a
/// number and a blank each.
const EVENTS: usize = 5;
const TOKENS: u64 = 2 * EVENTS as u64;
const TEXT: &str = "0 1 2 3 4 ";

/// Providers of either API, and the one that comes next.
const ORDERS: [(&str, &str, &str); 2] = [
    ("", "primary", "backup-anthropic"),
    ("-anthropic", "primary-anthropic", "backup"),
];

/// Failures before anything was said, of the only target.
const UNSAID: &[(&str, &str)] = &[
    ("exit-400", "status:400"),
    ("exit-429", "status:429,retry-after:60"),
    ("exit-500", "status:500"),
    ("exit-reset", "reset-before-headers"),
    ("exit-error-in-200", "error-in-200"),
    ("exit-html", "html"),
];

/// Ways for a stream to break after all of its text.
const BREAKS: &[(&str, &str)] = &[
    ("exit-cut", "cut"),
    ("exit-broken", "reset-midstream"),
    ("exit-error", "error-midstream"),
    ("exit-stalled", "stall"),
];

/// Events before the text begins, by the API.
const fn opening(suffix: &str) -> usize {
    if suffix.is_empty() { 1 } else { 3 }
}

pub fn models() -> String {
    let impatient = "timeouts: { first_token: 1s, answer: 1s }";
    let patient = "timeouts: { first_token: 60s, answer: 60s }";
    let mut yaml = exact("exit-probe", &[("primary", "fault=status:400")], "")
        + &exact("exit-closed", &[("closed", "m")], "")
        + &exact("exit-strict", &[("primary-anthropic", "good")], "on_loss: reject");
    for (suffix, first, second) in ORDERS {
        let one = |name: &str, fault: &str, more: &str| {
            exact(
                &format!("{name}{suffix}"),
                &[(first, &format!("fault={fault}"))],
                more,
            )
        };
        let said = opening(suffix) + EVENTS;
        yaml += &exact(&format!("exit-good{suffix}"), &[(first, "good")], "");
        yaml += &one("exit-unheard", "silence", patient);
        yaml += &one("exit-opened", "slow-content:60s", patient);
        yaml += &one(
            "exit-left",
            &format!("events:{EVENTS},stall:{said},pause:60s"),
            "",
        );
        for (name, fault) in UNSAID {
            yaml += &one(name, fault, impatient);
        }
        yaml += &one("exit-silence", "silence", impatient);
        yaml += &one("exit-no-usage", &format!("no-usage,events:{EVENTS}"), "");
        for (name, fault) in BREAKS {
            yaml += &one(
                name,
                &format!("events:{EVENTS},{fault}:{said},pause:20s,interval:20ms"),
                "",
            );
        }
        let fault = format!("fault=events:{EVENTS},cut:{said}");
        let targets = [(first, &*fault), (second, "good")];
        yaml += &exact(&format!("exit-rescued{suffix}"), &targets, "commit: complete");
        let targets = [(first, "fault=status:503"), (second, "good")];
        yaml += &exact(&format!("exit-second{suffix}"), &targets, "");
        let targets = [(first, "fault=silence"), (second, "good")];
        yaml += &exact(&format!("exit-late{suffix}"), &targets, impatient);
    }
    yaml
}

/// One at once, so that a place that is not given back is noticed.
pub fn limits() -> String {
    let mut names = ["exit-probe", "exit-closed", "exit-strict"].join(", ");
    let own = [
        "exit-good",
        "exit-silence",
        "exit-unheard",
        "exit-opened",
        "exit-left",
        "exit-rescued",
        "exit-second",
        "exit-late",
        "exit-no-usage",
    ];
    let table = UNSAID.iter().chain(BREAKS).map(|(name, _)| *name);
    for name in own.into_iter().chain(table) {
        names += &format!(", {name}, {name}-anthropic");
    }
    format!(
        "    - {{ name: one-at-once, per: [tenant], match: {{ model: [{names}] }}, concurrent_requests: 1 }}\n"
    )
}

/// Waits until `tenant` has used so much and nothing is held, not even its place.
async fn settled(tenant: &Tenant, used: u64) {
    tenant.has_used_one_of("exit-probe", &[used]).await;
}

/// Runs cases at once, each for a tenant of its own.
async fn each_way<F: Future<Output = ()> + 'static>(case: impl Fn(Client, bool, &'static str) -> F) {
    let mut cases = JoinSet::new();
    let local = LocalSet::new();
    for (client, stream) in WAYS {
        for (suffix, _, _) in ORDERS {
            cases.spawn_local_on(case(client, stream, suffix), &local);
        }
    }
    local.run_until(cases.join_all()).await;
}

async fn ask(tenant: &Tenant, client: Client, alias: &str, stream: bool) -> Response {
    tenant.send(client.ask(alias, "say something", stream)).await
}

#[tokio::test]
async fn an_answer_costs_what_its_provider_bills() {
    let (_, _logs) = world();
    each_way(|client, stream, suffix| async move {
        let tenant = Tenant::new("exit-good");
        let response = ask(&tenant, client, &format!("exit-good{suffix}"), stream).await;
        said(client, &response).unwrap();
        settled(&tenant, billed(&response).await).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_the_second_target_costs_what_that_bills() {
    let (_, _logs) = world();
    each_way(|client, stream, suffix| async move {
        let tenant = Tenant::new("exit-second");
        let response = ask(&tenant, client, &format!("exit-second{suffix}"), stream).await;
        said(client, &response).unwrap();
        settled(&tenant, billed(&response).await).await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_that_no_provider_bills_costs_nothing() {
    let (_, _logs) = world();
    let mut cases = JoinSet::new();
    let faulty = UNSAID
        .iter()
        .flat_map(|(name, _)| ORDERS.map(|(suffix, _, _)| format!("{name}{suffix}")));
    for alias in faulty.chain(["exit-closed".to_owned()]) {
        for (client, stream) in WAYS {
            let alias = alias.clone();
            cases.spawn(async move {
                let tenant = Tenant::new("exit-unsaid");
                let response = ask(&tenant, client, &alias, stream).await;
                assert!(response.status >= 400, "{alias}: {}", response.status);
                failed(client, &response).unwrap_or_else(|error| panic!("{client:?} {alias}: {error}"));
                settled(&tenant, 0).await;
            });
        }
    }
    cases.join_all().await;
}

#[tokio::test]
async fn an_attempt_that_was_given_up_unheard_costs_its_input() {
    let (_, _logs) = world();
    each_way(|client, stream, suffix| async move {
        let tenant = Tenant::new("exit-silence");
        let response = ask(&tenant, client, &format!("exit-silence{suffix}"), stream).await;
        assert_eq!(response.status, 504, "{}", response.text());
        settled(&tenant, counted(client, "say something", stream).await).await;
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_was_given_up_unheard_costs_its_input_though_the_next_one_answers() {
    let (_, _logs) = world();
    each_way(|client, stream, suffix| async move {
        let tenant = Tenant::new("exit-late");
        let response = ask(&tenant, client, &format!("exit-late{suffix}"), stream).await;
        said(client, &response).unwrap();
        let unheard = counted(client, "say something", stream).await;
        settled(&tenant, unheard + billed(&response).await).await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_a_later_filter_costs_nothing() {
    let (_, _logs) = world();
    let tenant = Tenant::new("exit-strict");
    let mut body = Client::OpenAi.body("exit-strict", "say something", false);
    body["logit_bias"] = serde_json::json!({"50256": -100});
    let response = tenant.send(Client::OpenAi.request(&body)).await;
    let error = failed(Client::OpenAi, &response).unwrap();
    assert!(
        response.status >= 400 && !error.message.contains("limit"),
        "{error:?}"
    );
    settled(&tenant, 0).await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_word_pays_for_its_input() {
    let (world, _logs) = world();
    for name in ["exit-unheard", "exit-opened"] {
        each_way(move |client, stream, suffix| async move {
            // An answer that is not a stream has no beginning.
            if name == "exit-opened" && !stream {
                return;
            }
            let (tenant, text) = (Tenant::new(name), marker(name));
            let input = counted(client, &text, stream).await;
            let request = client.ask(&format!("{name}{suffix}"), &text, stream);
            let running = tokio::spawn({
                let tenant = tenant.clone();
                async move { tenant.send(request).await }
            });
            // The first one told what it counts.
            while world.primary.requests_with(&text).len() < 2 {
                tokio::task::yield_now().await;
            }
            running.abort();
            let _ = running.await;
            // Anthropic's API begins a stream with its own count, which may have come: one word.
            let told = name == "exit-opened" && !suffix.is_empty();
            let amounts = if told { vec![input, 1] } else { vec![input] };
            tenant.has_used_one_of("exit-probe", &amounts).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_mid_stream_pays_for_its_input_and_what_was_streamed() {
    let (_, _logs) = world();
    for client in CLIENTS {
        for (suffix, _, _) in ORDERS {
            let tenant = Tenant::new("exit-left");
            let input = input(client, suffix).await;
            let request = client.ask(&format!("exit-left{suffix}"), "say something", true);
            let mut stream = tenant.open(request).await.unwrap();
            stream.read_until(&format!("\"{} \"", EVENTS - 1)).await.unwrap();
            stream.disconnect();
            settled(&tenant, input + TOKENS).await;
        }
    }
}

/// The input of a stream that did not come to its end: Anthropic's API tells it at the beginning, in the scripted
/// provider's own way of counting; OpenAI's at the end only.
async fn input(client: Client, suffix: &str) -> u64 {
    match suffix {
        "" => counted(client, "say something", true).await,
        _ => 2,
    }
}

#[tokio::test]
async fn a_stream_that_its_provider_breaks_costs_its_input_and_what_was_streamed() {
    let (_, _logs) = world();
    let mut cases = JoinSet::new();
    for (name, _) in BREAKS {
        for client in CLIENTS {
            for (suffix, _, _) in ORDERS {
                cases.spawn(async move {
                    let tenant = Tenant::new(name);
                    let input = input(client, suffix).await;
                    let response = ask(&tenant, client, &format!("{name}{suffix}"), true).await;
                    assert_eq!(response.status, 200, "{client:?} {name}{suffix}");
                    let broken = response.aborted.is_some() || failed_midstream(client, &response).is_ok();
                    assert!(broken, "{client:?} {name}{suffix}: {}", response.text());
                    settled(&tenant, input + TOKENS).await;
                });
            }
        }
    }
    cases.join_all().await;
}

#[tokio::test]
async fn each_attempt_that_was_billed_is_paid_for() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for (suffix, _, _) in ORDERS {
            let tenant = Tenant::new("exit-rescued");
            let input = input(client, suffix).await;
            let response = ask(&tenant, client, &format!("exit-rescued{suffix}"), true).await;
            assert!(said(client, &response).unwrap().text.starts_with("[backup]"));
            let id = response.header("x-penstock-request-id").unwrap();
            let line = world.gateway.logged(id).await;
            let earlier = &left_in(&line, "usage")["earlier"][0];
            assert_eq!(earlier["output_bytes"], TEXT.len(), "{line}");
            // Nobody saw the words of the first attempt, and its provider did not count them: four bytes a token.
            let first = input + (TEXT.len() as u64).div_ceil(4);
            settled(&tenant, first + billed(&response).await).await;
        }
    }
}

#[tokio::test]
async fn an_answer_without_usage_costs_what_it_counts() {
    let (_, _logs) = world();
    each_way(|client, stream, suffix| async move {
        let tenant = Tenant::new("exit-no-usage");
        let response = ask(&tenant, client, &format!("exit-no-usage{suffix}"), stream).await;
        // A client of Anthropic's API gets from a provider of that API what is not a valid answer.
        assert_eq!((response.status, response.aborted.is_none()), (200, true));
        assert!(response.text().contains("4 "), "{}", response.text());
        // The beginning of an Anthropic stream tells its input, and a number in the place of its output that is none.
        let input = if stream {
            input(client, suffix).await
        } else {
            counted(client, "say something", stream).await
        };
        settled(&tenant, input + TOKENS).await;
    })
    .await;
}
