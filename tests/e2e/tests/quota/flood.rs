//! More callers than there is room for: who is active keeps its window, and nobody gains by being many.

use penstock_test_support::{Gateway, Provider};
use tokio::task::JoinSet;

use super::world::exact;
use crate::ask::{Client, marker};
use crate::world::provider;

/// Fewest windows that can be configured. There is room for twice as many, as they never spread evenly.
const WINDOWS: u64 = 64;
const NEWCOMERS: usize = 1_500;
const AT_ONCE: usize = 50;
/// Requests of one tenant in a minute.
const LIMIT: u64 = 40;

#[tokio::test]
async fn a_flood_of_newcomers_takes_nothing_from_who_is_there() {
    let primary = Provider::start("primary").unwrap();
    let yaml = format!(
        "providers:\n{}models:\n{}identity: {{ tenant: {{ header: x-tenant }} }}
quota:
  windows: {WINDOWS}
  limits: [ {{ name: minute, per: [tenant], requests_per_minute: {LIMIT} }} ]\n",
        provider("primary", "openai", &format!("{}/v1", primary.url()), ""),
        exact("m", &[("primary", "good")], ""),
    );
    let gateway = Gateway::builder(&yaml).concurrency(2).start().unwrap();
    let address = gateway.address();
    let ask = |tenant: &str| {
        let request = Client::OpenAi.ask("m", "hello", false);
        request.header("x-tenant", tenant).send(address)
    };
    for _ in 0..LIMIT {
        assert_eq!(ask("resident").await.unwrap().status, 200);
    }
    assert_eq!(ask("resident").await.unwrap().status, 429);

    let memory = gateway.rss_kib().unwrap();
    let mut clients = JoinSet::new();
    for _ in 0..AT_ONCE {
        clients.spawn({
            let names: Vec<_> = (0..NEWCOMERS / AT_ONCE).map(|_| marker("newcomer")).collect();
            let asked: Vec<_> = names.iter().map(|name| ask(name)).collect();
            async move {
                let mut admitted = 0;
                for response in asked {
                    admitted += u64::from(response.await.unwrap().status == 200);
                }
                admitted
            }
        });
    }
    let admitted: u64 = clients.join_all().await.into_iter().sum();
    assert_eq!(
        ask("resident").await.unwrap().status,
        429,
        "the resident was forgotten"
    );
    // Those that found no place share one window.
    let most = 2 * WINDOWS + LIMIT;
    assert!(
        (WINDOWS..=most).contains(&admitted),
        "{admitted} of {NEWCOMERS}, at most {most}"
    );
    let grown = gateway.rss_kib().unwrap().saturating_sub(memory);
    assert!(grown < 64 << 10, "{grown} KiB more for {NEWCOMERS} tenants");
}
