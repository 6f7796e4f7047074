//! Limits that several Envoys share, each with two workers: what the quota service grants, and what happens when it is
//! away or talks nonsense.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use penstock_quota::wire::{Grant, LeaseRequest};
use penstock_test_support::client::Response;
use penstock_test_support::quota_service::{Heard, Manner, Terms};
use penstock_test_support::wait::eventually;
use penstock_test_support::{Gateway, Provider, QuotaService};
use tokio::task::JoinSet;

use crate::ask::{Client, marker};
use crate::read::said;
use crate::world::{model, provider};

/// How often an Envoy asks.
const REFRESH: Duration = Duration::from_millis(200);
/// How long anything may take that waits for grants, their end, or a connection.
const SOON: Duration = Duration::from_secs(20);
/// Requests that all Envoys together may make in a minute.
const LIMIT: usize = 60;

/// Text events of a long answer, each of two tokens.
const LONG: usize = 600;

const TERMS: Terms = Terms {
    span: None,
    valid: Duration::from_secs(30),
    headroom: 5,
};

/// A provider, and the configuration of Envoys in front of it.
struct Site {
    provider: Provider,
    yaml: String,
}

impl Site {
    /// Each Envoy asks the quota service at `url`, and admits `initial_share` percent of the limit without a grant.
    fn new(url: &str, initial_share: u32) -> Self {
        let upstream = Provider::start("primary").unwrap();
        let yaml = format!(
            "providers:
{}models:
{}{}{}identity: {{ tenant: {{ header: x-tenant }} }}
quota:
  service: {{ url: \"{url}\", refresh: {}ms, timeout: 500ms, initial_share: {initial_share} }}
  limits:
    - {{ name: minute, per: [tenant], requests_per_minute: {LIMIT} }}
    - {{ name: words, per: [tenant], match: {{ model: [long] }}, tokens_per_minute: 5000, reserve: learned, on_overrun: cut }}
",
            provider("primary", "openai", &format!("{}/v1", upstream.url()), ""),
            model("plain", &[("primary", "good")], ""),
            model("slow", &[("primary", "fault=silence")], ""),
            model(
                "long",
                &[("primary", &format!("fault=events:{LONG},interval:2ms"))],
                "count_as: gpt-4o, default_output_tokens: 10"
            ),
            REFRESH.as_millis(),
        );
        Self {
            provider: upstream,
            yaml,
        }
    }

    fn envoy(&self) -> Gateway {
        Gateway::builder(&self.yaml).concurrency(2).start().unwrap()
    }
}

/// One of the callers of an Envoy.
#[derive(Clone)]
struct Tenant {
    name: String,
    envoy: SocketAddr,
}

impl Tenant {
    /// A caller that no other test knows.
    fn new(name: &str, envoy: &Gateway) -> Self {
        Self {
            name: marker(name),
            envoy: envoy.address(),
        }
    }

    /// The same at another Envoy.
    fn at(&self, envoy: &Gateway) -> Self {
        Self {
            name: self.name.clone(),
            envoy: envoy.address(),
        }
    }

    async fn ask(&self) -> Response {
        let request = Client::OpenAi.ask("plain", &self.name, false);
        let request = request.header("x-tenant", &self.name);
        let response = request.send(self.envoy).await.unwrap();
        assert!(
            matches!(response.status, 200 | 429),
            "{} {}",
            response.status,
            response.text()
        );
        response
    }

    async fn is_admitted(&self) -> bool {
        self.ask().await.status == 200
    }

    /// How many requests are admitted before one is refused.
    async fn admitted(&self) -> usize {
        for count in 0..=LIMIT {
            if !self.is_admitted().await {
                return count;
            }
        }
        panic!("more than the limit of {LIMIT} is admitted");
    }

    /// Asks until `count` requests have been admitted.
    async fn takes(&self, count: usize) {
        let mut done = 0;
        eventually(SOON, &format!("{count} requests of {}", self.name), async || {
            done += usize::from(self.is_admitted().await);
            (done == count).then_some(())
        })
        .await;
    }

    /// Sends a request that is never answered, once it is admitted, and leaves when it has reached the provider.
    async fn leaves(&self, site: &Site) {
        let reached = || site.provider.requests_with(&self.name).len();
        let before = reached();
        let ask = || {
            let request = Client::OpenAi.ask("slow", &self.name, true);
            tokio::spawn(request.header("x-tenant", &self.name).send(self.envoy))
        };
        let mut waiting = ask();
        eventually(SOON, "a request to wait for its answer", async || {
            if waiting.is_finished() {
                waiting = ask();
            }
            (reached() > before).then_some(())
        })
        .await;
        waiting.abort();
    }
}

fn log(envoy: &Gateway) -> String {
    std::fs::read_to_string(envoy.directory().join("envoy.log")).unwrap_or_default()
}

/// How often the log says that the service is lost, and that it is back.
fn told(envoy: &Gateway) -> (usize, usize) {
    let log = log(envoy);
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    (
        lines("lost the quota service"),
        lines("the quota service is back"),
    )
}

async fn until_told(envoy: &Gateway, wanted: (usize, usize)) {
    eventually(SOON, &format!("{wanted:?} lines in the log"), async || {
        (told(envoy) == wanted).then_some(())
    })
    .await;
}

fn assert_no_trap(envoy: &Gateway, after: &str) {
    let log = log(envoy);
    let trap = log
        .lines()
        .find(|line| line.contains("wasm failed") || line.contains("Proxy-Wasm plugin in-VM backtrace"));
    assert_eq!(trap, None, "after {after}");
}

/// Waits for `count` more calls for leases.
async fn more_calls(service: &QuotaService, count: usize) -> Vec<Heard> {
    let leases = || {
        let mut heard = service.heard();
        heard.retain(|call| !call.windows.is_empty());
        heard
    };
    let before = leases().len();
    eventually(SOON, &format!("{count} more calls"), async || {
        let new = leases().split_off(before);
        (new.len() >= count).then_some(new)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_envoys_together_admit_exactly_the_limit() {
    const CLIENTS: usize = 4;
    let service = QuotaService::start(TERMS).unwrap();
    let site = Site::new(&service.url(), 0);
    let envoys = [site.envoy(), site.envoy()];
    let tenant = Tenant::new("both", &envoys[0]);

    // Nothing is admitted before the first grant, which comes in the background.
    for envoy in &envoys {
        let refused = tenant.at(envoy).ask().await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    }
    let (admitted, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS * envoys.len() {
        let tenant = tenant.at(&envoys[n % envoys.len()]);
        let (admitted, refused) = (admitted.clone(), refused.clone());
        clients.spawn(async move {
            loop {
                let counter = if tenant.is_admitted().await {
                    &admitted
                } else {
                    &refused
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    eventually(SOON, "everything to be used", async || {
        (admitted.load(Ordering::Relaxed) >= LIMIT).then_some(())
    })
    .await;
    let before = refused.load(Ordering::Relaxed);
    more_calls(&service, 6).await;
    eventually(SOON, "more to be refused", async || {
        (refused.load(Ordering::Relaxed) >= before + 100).then_some(())
    })
    .await;
    clients.shutdown().await;
    assert_eq!(admitted.load(Ordering::Relaxed), LIMIT);
    assert_eq!(site.provider.requests_with(&tenant.name).len(), LIMIT);

    let leased = service.leased(&tenant.name);
    let proxies: BTreeSet<&str> = leased.iter().map(|lease| lease.proxy.as_str()).collect();
    assert_eq!(proxies.len(), 2, "each Envoy has a name of its own: {leased:?}");
    let granted: u64 = leased.iter().map(|lease| lease.granted).sum();
    assert_eq!(granted, LIMIT as u64, "{leased:?}");
    assert!(leased.iter().all(|lease| lease.granted > 0), "{leased:?}");
}

#[tokio::test]
async fn a_stream_that_outgrows_its_grant_is_not_cut_while_the_limit_has_room() {
    let service = QuotaService::start(TERMS).unwrap();
    let site = Site::new(&service.url(), 10);
    let envoy = site.envoy();
    let tenant = Tenant::new("outgrown", &envoy);
    // Its tokens are more than twice what is granted to begin with, and come faster than grants do.
    let request = Client::OpenAi.ask("long", "say something", true);
    let request = request.header("x-tenant", &tenant.name);
    let response = request.send(tenant.envoy).await.unwrap();
    let answer = said(Client::OpenAi, &response).unwrap();
    assert_eq!(
        (answer.finish.as_str(), answer.text.split_whitespace().count()),
        ("stop", LONG)
    );
}

#[tokio::test]
async fn one_worker_of_an_envoy_asks_once_for_each_refresh() {
    const CALLS: usize = 15;
    let service = QuotaService::start(TERMS).unwrap();
    let site = Site::new(&service.url(), 50);
    let envoy = site.envoy();
    Tenant::new("pace", &envoy).takes(8).await;
    let calls = more_calls(&service, CALLS).await;
    let (first, last) = (calls.first().unwrap(), calls.last().unwrap());
    let spacing = last.at.duration_since(first.at) / u32::try_from(CALLS - 1).unwrap();
    // Timers are late on a busy machine, and never early by more than a little.
    assert!(spacing >= REFRESH * 3 / 4, "one call every {spacing:?}");
    assert!(
        calls
            .iter()
            .all(|call| (&call.proxy, call.connection) == (&first.proxy, first.connection)),
        "{calls:?}"
    );
    for worker in 0..2 {
        let name = format!("worker_{worker}.downstream_cx_total");
        assert!(
            envoy.stat(&name).await.unwrap() > 0,
            "worker {worker} had nothing to do"
        );
    }
    assert_eq!(envoy.stat("penstock.lease_failures").await.unwrap(), 0);
    assert!(envoy.stat("penstock.lease_calls").await.unwrap() >= CALLS as u64);
    assert_eq!(told(&envoy), (0, 0));
}

#[tokio::test]
async fn what_was_used_is_settled_once_in_effect() {
    let span = Some(Duration::from_secs(2));
    let service = QuotaService::start(Terms { span, ..TERMS }).unwrap();
    let site = Site::new(&service.url(), 50);
    let envoy = site.envoy();
    let tenant = Tenant::new("settled", &envoy);
    let sum = |tenant: &Tenant| {
        let entries = service.settled(&tenant.name);
        entries.iter().map(|entry| entry.used).sum::<u64>()
    };

    // Some clients leave in the middle. Each round has a window of its own.
    for round in 1..=3 {
        for _ in 0..5 {
            tenant.takes(3).await;
            tenant.leaves(&site).await;
        }
        let used = site.provider.requests_with(&tenant.name).len();
        assert_eq!(used, 20 * round);
        eventually(SOON, &format!("{used} to be settled"), async || {
            (sum(&tenant) == used as u64).then_some(())
        })
        .await;
    }
    assert!(service.settled(&tenant.name).len() >= 3);

    // The service notes what it is told, and its answer is lost: it is told again, and counts it once.
    service.behave(Manner::LosingSettlements);
    let again = Tenant::new("repeated", &envoy);
    again.takes(7).await;
    eventually(SOON, "a settlement to be repeated", async || {
        let entries = service.settled(&again.name);
        entries.iter().any(|entry| entry.times > 2).then_some(())
    })
    .await;
    service.behave(Manner::Right);
    until_told(&envoy, (1, 1)).await;
    assert_eq!(sum(&again), 7);
    assert_eq!(sum(&tenant), 60);
}

#[tokio::test]
async fn without_the_service_grants_last_until_they_expire_and_then_the_initial_share_holds() {
    let terms = Terms {
        valid: Duration::from_secs(3),
        headroom: 40,
        ..TERMS
    };
    let mut service = QuotaService::start(terms).unwrap();
    let site = Site::new(&service.url(), 10);
    let share = LIMIT / 10;
    let envoy = site.envoy();
    let _logs = envoy.witness();
    let tenant = Tenant::new("orphan", &envoy);
    tenant.takes(share + 4).await;
    more_calls(&service, 2).await;

    service.stop();
    assert!(tenant.is_admitted().await, "the grant is gone with the service");
    until_told(&envoy, (1, 0)).await;
    eventually(SOON, "the grant to expire", async || {
        (!tenant.is_admitted().await).then_some(())
    })
    .await;
    let other = Tenant::new("share", &envoy);
    assert_eq!(other.admitted().await, share);
    let failures = envoy.stat("penstock.lease_failures").await.unwrap();
    eventually(SOON, "more attempts", async || {
        let now = envoy.stat("penstock.lease_failures").await.unwrap();
        (now > failures + 2).then_some(())
    })
    .await;
    assert_eq!(told(&envoy), (1, 0));

    service.restart().unwrap();
    tenant.takes(2).await;
    other.takes(2).await;
    until_told(&envoy, (1, 1)).await;
    assert_no_trap(&envoy, "a restart of the service");
}

#[tokio::test]
async fn an_envoy_starts_without_the_service_and_admits_its_share() {
    for url in ["http://127.0.0.1:1", "http://quota.invalid:50051"] {
        let site = Site::new(url, 20);
        let envoy = site.envoy();
        let _logs = envoy.witness();
        assert_eq!(Tenant::new("alone", &envoy).admitted().await, LIMIT / 5, "{url}");
        until_told(&envoy, (1, 0)).await;
        eventually(SOON, "several attempts", async || {
            let failures = envoy.stat("penstock.lease_failures").await.unwrap();
            (failures > 3).then_some(())
        })
        .await;
        assert_eq!(Tenant::new("alone", &envoy).admitted().await, LIMIT / 5, "{url}");
        assert_eq!(told(&envoy), (1, 0), "{url}");
        assert_no_trap(&envoy, url);
    }
}

/// Everything there is, for ever, of windows that nobody has asked for.
fn strays(request: &LeaseRequest) -> Vec<Grant> {
    let all = |key: Vec<u8>, window| Grant {
        key,
        window,
        granted: u64::MAX,
        reset_ms: u64::MAX,
        valid_ms: u64::MAX,
    };
    let asked = request.windows.iter();
    let others = asked.flat_map(|window| {
        [
            all(window.key.clone(), window.window + 1),
            all(window.key.clone(), u64::MAX),
            all(window.key.clone(), 0),
            all(window.key.iter().rev().copied().collect(), window.window),
            all(vec![7; 15], window.window),
            all(Vec::new(), window.window),
        ]
    });
    others.collect()
}

fn far_too_many(_: &LeaseRequest) -> Vec<Grant> {
    vec![Grant::default(); 500_000]
}

#[tokio::test]
async fn nonsense_from_the_service_changes_nothing() {
    let service = QuotaService::start(TERMS).unwrap();
    let site = Site::new(&service.url(), 10);
    let envoy = site.envoy();
    let _logs = envoy.witness();
    let manners = [
        ("strays", Manner::Grants(strays)),
        ("far too many grants", Manner::Grants(far_too_many)),
        ("no grants", Manner::Grants(|_| Vec::new())),
        ("garbage", Manner::Bytes(vec![0xff; 3_000])),
        (
            "half a message",
            Manner::Bytes(vec![0x0a, 0x20, 0x0a, 0x10, 1, 2]),
        ),
        ("an empty message", Manner::Bytes(Vec::new())),
        ("silence", Manner::Silent),
        ("an unknown status", Manner::Status(99)),
        ("denial", Manner::Status(7)),
    ];
    for (what, manner) in manners {
        service.behave(manner);
        let tenant = Tenant::new("nonsense", &envoy);
        assert_eq!(tenant.admitted().await, LIMIT / 10, "{what}");
        more_calls(&service, 2).await;
        assert_eq!(tenant.admitted().await, 0, "{what}");
        assert_no_trap(&envoy, what);
    }
    service.behave(Manner::Right);
    Tenant::new("sense", &envoy).takes(LIMIT / 2).await;

    // No grant is more than the limit.
    service.behave(Manner::Grants(|request| {
        let windows = request.windows.iter();
        let grants = windows.map(|window| Grant {
            key: window.key.clone(),
            window: window.window,
            granted: u64::MAX,
            reset_ms: u64::MAX,
            valid_ms: u64::MAX,
        });
        grants.collect()
    }));
    let tenant = Tenant::new("greedy", &envoy);
    tenant.takes(LIMIT).await;
    more_calls(&service, 2).await;
    assert_eq!(tenant.admitted().await, 0);
    assert_no_trap(&envoy, "endless grants");
}
