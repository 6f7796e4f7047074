//! examples/two-tier: two sidecars, one gateway behind them.

use std::time::Duration;

use penstock_test_support::client::Response;
use penstock_test_support::wait::eventually;
use penstock_test_support::{Gateway, Provider, Request, Service};

use super::site::{Example, FIRST, SECOND};
use crate::ask::{Client, WAYS, marker};
use crate::read::{failed, said};

const WORKLOAD: &str = "psk-0123456789012345678901234567890123456789abc";
const GATEWAY: &str = "http://127.0.0.1:8080";
const LEASES: &str = "http://127.0.0.1:50051";
/// Requests of a tenant in a minute, as the sidecar's file says.
const LIMIT: usize = 60;

struct Tiers {
    primary: Provider,
    backup: Provider,
    service: Service,
    gateway: Gateway,
    sidecars: [Gateway; 2],
}

impl Tiers {
    async fn start() -> Self {
        let primary = Provider::start("primary").unwrap();
        let backup = Provider::start("backup").unwrap();
        let site = Example::read("two-tier/gateway")
            .provider(FIRST, &primary)
            .provider(SECOND, &backup)
            .key(1, WORKLOAD)
            .start()
            .await;
        let (gateway, service) = (site.envoy, site.service.unwrap());
        let sidecar = || {
            Example::read("two-tier/sidecar")
                .address(GATEWAY, &format!("http://{}", gateway.address()))
                .address(LEASES, &service.url())
                .env("PENSTOCK_PII_KEY", "key-of-the-placeholders-of-these-tests")
                .secret("gateway", WORKLOAD)
                .envoy(None)
        };
        let sidecars = [sidecar(), sidecar()];
        Self {
            primary,
            backup,
            service,
            gateway,
            sidecars,
        }
    }
}

async fn ask(sidecar: &Gateway, request: Request, tenant: &str) -> Response {
    sidecar.send(request.header("x-tenant", tenant)).await.unwrap()
}

/// The same as an SDK does it: what waits for the sidecar's next grant is sent again.
async fn ask_again(sidecar: &Gateway, request: Request, tenant: &str) -> Response {
    eventually(Duration::from_secs(30), "a grant", async || {
        let response = ask(sidecar, request.clone(), tenant).await;
        let waits = response.status == 429 && response.header("retry-after") == Some("1");
        (!waits).then_some(response)
    })
    .await
}

#[tokio::test]
async fn personal_data_stays_in_the_pod_and_fallback_keys_and_money_are_the_gateways() {
    let mut tiers = Tiers::start().await;
    let [sidecar, _] = &tiers.sidecars;
    for (client, stream) in WAYS {
        for (model, answered_by, provider) in [
            ("default", "[primary]", "gateway"),
            ("claude", "[backup]", "gateway-anthropic"),
        ] {
            let mark = marker("tiers");
            let text = format!("{mark}: write to jane.doe@example.org");
            let response = ask_again(sidecar, client.ask(model, &text, stream), "shop").await;
            let answer = said(client, &response).unwrap().text;
            assert!(
                answer.starts_with(answered_by) && answer.contains(&text),
                "{answer}"
            );
            assert_eq!(
                response.header("x-penstock-attempts"),
                Some(format!("{provider}:200").as_str())
            );
            let asked = [
                tiers.primary.requests_with(&mark),
                tiers.backup.requests_with(&mark),
            ]
            .concat();
            assert_eq!(asked.len(), 1);
            for asked in asked {
                assert!(
                    !asked.mentions("jane.doe") && !format!("{asked:?}").contains("psk-"),
                    "{asked:?}"
                );
            }
        }
    }
    let usage = || Request::get("/v1/penstock/usage?group_by=team").header("x-api-key", WORKLOAD);
    let report = eventually(
        Duration::from_secs(10),
        "eight requests in the ledger",
        async || {
            let report = tiers.gateway.send(usage()).await.unwrap().json();
            (report["data"][0]["requests"].as_u64() >= Some(8)).then_some(report)
        },
    )
    .await;
    assert_eq!(report["data"][0]["team"], "checkout", "{report}");

    tiers.primary.stop();
    let response = ask_again(sidecar, Client::OpenAi.ask("default", "hello", false), "shop").await;
    assert!(
        said(Client::OpenAi, &response)
            .unwrap()
            .text
            .starts_with("[backup]")
    );
    assert_eq!(response.header("x-penstock-attempts"), Some("gateway:200"));

    // Whoever reaches the gateway past a sidecar needs a key.
    let stranger = tiers
        .gateway
        .send(Client::OpenAi.ask("default", "hello", false))
        .await
        .unwrap();
    assert_eq!(stranger.status, 401, "{}", stranger.text());
}

#[tokio::test]
async fn sidecars_share_a_limit_and_keep_a_part_of_it_without_the_service() {
    let mut tiers = Tiers::start().await;
    let mut admitted = [0, 0];
    let refused = eventually(Duration::from_secs(50), "the end of the limit", async || {
        let mut refused = Vec::new();
        for (sidecar, admitted) in tiers.sidecars.iter().zip(&mut admitted) {
            let response = ask(sidecar, Client::OpenAi.ask("default", "hello", false), "shared").await;
            match response.status {
                200 => *admitted += 1,
                429 => refused.push(response),
                other => panic!("{other}: {}", response.text()),
            }
        }
        (admitted.iter().sum::<usize>() >= LIMIT && refused.len() == 2).then_some(refused)
    })
    .await;
    assert_eq!(admitted.iter().sum::<usize>(), LIMIT, "{admitted:?}");
    assert!(admitted.iter().all(|count| *count > 0), "{admitted:?}");
    for response in refused {
        assert!(
            failed(Client::OpenAi, &response)
                .unwrap()
                .message
                .contains("tenant-minute")
        );
    }
    tiers
        .service
        .until_metric(&["penstock_quota_calls_total", "ok"], 1.0)
        .await;

    // A window that nobody has a grant for: the initial share of ten percent, and the gateway says that it cannot decide.
    tiers.service.kill();
    let [sidecar, _] = &tiers.sidecars;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(
            ask(sidecar, Client::OpenAi.ask("default", "hello", false), "later")
                .await
                .status,
        );
    }
    assert_eq!(statuses, [503, 503, 503, 503, 503, 503, 429, 429]);
}
