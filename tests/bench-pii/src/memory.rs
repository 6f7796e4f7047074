//! Memory of the real filter, in Envoys that answer by themselves.

use std::net::SocketAddr;

use bytes::Bytes;
use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::{NO_QUOTA, penstock_yaml};
use penstock_bench_harness::memory::settled;
use penstock_bench_harness::sample::median;
use penstock_bench_harness::traffic::client::Connection;
use penstock_bench_harness::traffic::fixture;
use penstock_test_support::Gateway;

use crate::text::{Size, english};

/// Megabytes (2^20 bytes), medians over the starts.
pub struct Memory {
    /// With two workers, over bare Envoy.
    pub over_bare: f64,
    /// What each further worker adds, over bare Envoy.
    pub per_worker: f64,
}

/// The settings under which the filter works.
pub const PII: &str = "pii: { key: { env: PENSTOCK_PII_KEY } }";
/// Its key, by the name of the variable.
pub const KEY: (&str, &str) = ("PENSTOCK_PII_KEY", "0123456789abcdef0123456789abcdef");

/// Names of the Envoys, bare and with the filter, by their number of workers.
const WORKERS: [(u32, &str, &str); 3] = [
    (1, "bare with 1", "pii with 1"),
    (2, "bare with 2", "pii with 2"),
    (3, "bare with 3", "pii with 3"),
];
/// The kernel spreads connections over the workers: so many are enough to reach each.
const CONNECTIONS: u32 = 48;
const PROMPTS: u64 = 4;

/// Starts Envoys so many times, has them work, and waits until their memory is settled.
pub async fn measure(starts: u32) -> anyhow::Result<Memory> {
    let (mut over_bare, mut per_worker) = (Vec::new(), Vec::new());
    for number in 1..=starts {
        let mut gateways = Vec::new();
        for (workers, bare, filter) in WORKERS {
            gateways.push((bare, start(workers, bootstrap::bare)?));
            let with_filter = |rendered: &str| bootstrap::filter(rendered, "penstock.pii-redaction");
            gateways.push((filter, start(workers, with_filter)?));
        }
        for (name, gateway) in &gateways {
            let prompts = match name.starts_with("pii") {
                true => work(),
                // Envoy answers by itself before a long request is there, and closes the connection.
                false => vec![fixture::request(false)],
            };
            send(gateway.address(), &prompts).await?;
        }
        let gateways: Vec<_> = gateways.iter().map(|(name, gateway)| (*name, gateway)).collect();
        let resident = settled(&gateways).await?;
        eprintln!("start {number}: resident {resident:.1?} MB");
        let over = WORKERS.map(|(_, bare, filter)| {
            let of = |name: &str| resident.get(name).copied().unwrap_or(f64::NAN);
            of(filter) - of(bare)
        });
        let [one, two, three] = over;
        over_bare.push(two);
        per_worker.push((three - one) / 2.0);
    }
    Ok(Memory {
        over_bare: median(&over_bare),
        per_worker: median(&per_worker),
    })
}

fn start(workers: u32, rewrite: fn(&str) -> anyhow::Result<String>) -> anyhow::Result<Gateway> {
    let yaml = penstock_yaml(
        "openai",
        "http://127.0.0.1:9/v1",
        "any",
        &format!("{NO_QUOTA}\n{PII}"),
    );
    let (name, key) = KEY;
    Gateway::builder(&yaml)
        .concurrency(workers)
        .env(name, key)
        .rewrite(rewrite)
        .start()
}

/// Prompts of 10 KB and of 100 KB, with values in them.
fn work() -> Vec<Bytes> {
    let seeds = 0..PROMPTS;
    seeds
        .flat_map(|seed| [Size::Small, Size::Middle].map(|size| english(seed, size.bytes(), true)))
        .map(|prompt| fixture::request_of(&prompt, false))
        .collect()
}

/// Sends each over many connections.
async fn send(address: SocketAddr, requests: &[Bytes]) -> anyhow::Result<()> {
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address).await?;
        for request in requests {
            connection.exchange(request).await?;
        }
    }
    Ok(())
}
