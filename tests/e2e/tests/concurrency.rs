//! Many requests at once, with one worker and with two: nobody's failure becomes another's.

use std::sync::Arc;

use penstock_test_support::{Gateway, Provider};
use tokio::task::JoinSet;

use crate::ask::{WAYS, marker};
use crate::read::said;
use crate::world::{model, provider};

/// Requests in flight at once.
const REQUESTS: usize = 200;

const FAULTS: [&str; 5] = [
    "status:429",
    "status:503",
    "reset-before-headers",
    "error-in-200",
    "slow-headers:20s",
];

async fn all_fall_back(workers: u32) {
    let primary = Provider::start("primary").unwrap();
    let backup = Provider::start("backup").unwrap();
    let mut models = String::new();
    for (n, fault) in FAULTS.iter().enumerate() {
        for (suffix, first, second) in [
            ("", "primary", "backup-anthropic"),
            ("-a", "primary-anthropic", "backup"),
        ] {
            let targets = [(first, &*format!("fault={fault}")), (second, "good")];
            models += &model(
                &format!("m{n}{suffix}"),
                &targets,
                "timeouts: { first_token: 3s, answer: 10s }",
            );
        }
    }
    let yaml = format!(
        "providers:\n{}{}{}{}models:\n{models}",
        provider("primary", "openai", &format!("{}/v1", primary.url()), ""),
        provider("primary-anthropic", "anthropic", &primary.url(), ""),
        provider("backup", "openai", &format!("{}/v1", backup.url()), ""),
        provider("backup-anthropic", "anthropic", &backup.url(), ""),
    );
    let yaml = yaml + &model("plain", &[("backup", "good")], "");
    let gateway = Arc::new(Gateway::builder(&yaml).concurrency(workers).start().unwrap());
    for (client, stream) in WAYS {
        let response = gateway.send(client.ask("plain", "hello", stream)).await.unwrap();
        assert_eq!(said(client, &response).unwrap().text, "[backup] You said: hello");
    }
    let mut requests = JoinSet::new();
    for n in 0..REQUESTS {
        let gateway = gateway.clone();
        requests.spawn(async move {
            let (client, stream) = WAYS[n % WAYS.len()];
            let suffix = if n % 8 < 4 { "" } else { "-a" };
            let alias = format!("m{}{suffix}", n % FAULTS.len());
            let text = marker("many");
            let response = gateway.send(client.ask(&alias, &text, stream)).await;
            let response = response.map_err(|error| format!("{alias}: {error:#}"))?;
            let answer = said(client, &response).map_err(|error| format!("{alias}: {error}"))?;
            let expected = format!("[backup] You said: {text}");
            (answer.text == expected)
                .then_some(())
                .ok_or(format!("{alias}: {}", answer.text))
        });
    }
    let failures: Vec<_> = requests
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {REQUESTS} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    for worker in 0..workers {
        let connections = gateway
            .stat(&format!("worker_{worker}.downstream_cx_total"))
            .await
            .unwrap();
        assert!(connections > 0, "worker {worker} had nothing to do");
    }
}

#[tokio::test]
async fn two_hundred_fallbacks_at_once_all_succeed_with_one_worker() {
    all_fall_back(1).await;
}

#[tokio::test]
async fn two_hundred_fallbacks_at_once_all_succeed_with_two_workers() {
    all_fall_back(2).await;
}

#[tokio::test]
async fn a_provider_killed_in_mid_use_is_replaced() {
    let mut primary = Provider::start("primary").unwrap();
    let backup = Provider::start("backup").unwrap();
    let yaml = format!(
        "providers:\n{}{}models:\n{}",
        provider("primary", "openai", &format!("{}/v1", primary.url()), ""),
        provider("backup", "anthropic", &backup.url(), ""),
        model("m", &[("primary", "good"), ("backup", "good")], ""),
    );
    let gateway = Gateway::start(&yaml).unwrap();
    for (client, stream) in WAYS {
        let response = gateway.send(client.ask("m", "hello", stream)).await.unwrap();
        assert_eq!(said(client, &response).unwrap().text, "[primary] You said: hello");
    }
    primary.stop();
    for (client, stream) in WAYS {
        let response = gateway.send(client.ask("m", "hello", stream)).await.unwrap();
        assert_eq!(
            said(client, &response).unwrap().text,
            "[backup] You said: hello",
            "{client:?} {stream}"
        );
    }
}
