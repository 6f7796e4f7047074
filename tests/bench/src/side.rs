//! What is compared: bare Envoy, and Penstock for each pair of client and provider.

use std::net::SocketAddr;

use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::{NO_QUOTA, penstock_yaml};
use penstock_bench_harness::memory::{self, Megabytes};
use penstock_test_support::Gateway;

/// One of the compared gateways, running.
pub struct Side {
    /// `bare`, or the pair's name.
    pub name: &'static str,
    /// The Envoy of its own that it is.
    pub gateway: Gateway,
}

/// The pairs of client and provider; the last one with limits in front.
pub const PAIRS: [&str; 3] = ["openai-openai", "openai-anthropic", "openai-openai-quota"];
/// The side that the pairs are compared with.
pub const BARE: &str = "bare";

/// Starts every side with so many workers, the bare one first.
pub fn start(provider: SocketAddr, workers: u32) -> anyhow::Result<Vec<Side>> {
    let openai = |quota| penstock_yaml("openai", &format!("http://{provider}/v1"), "gpt-4o", quota);
    let (limited, openai) = (openai(LIMITS), openai(NO_QUOTA));
    let anthropic = penstock_yaml(
        "anthropic",
        &format!("http://{provider}"),
        "claude-sonnet-4-5",
        NO_QUOTA,
    );
    let [to_openai, to_anthropic, to_openai_limited] = PAIRS;
    let sides: [(_, _, Rewrite); 4] = [
        (BARE, &openai, bootstrap::bare_gateway),
        (to_openai, &openai, bootstrap::gateway),
        (to_anthropic, &anthropic, bootstrap::gateway),
        (to_openai_limited, &limited, bootstrap::gateway),
    ];
    sides
        .into_iter()
        .map(|(name, yaml, rewrite)| {
            let gateway = Gateway::builder(yaml)
                .concurrency(workers)
                .rewrite(rewrite)
                .start()?;
            Ok(Side { name, gateway })
        })
        .collect()
}

/// Resident memory of every side, now.
pub fn resident(sides: &[Side]) -> anyhow::Result<Megabytes> {
    let gateways: Vec<_> = sides.iter().map(|side| (side.name, &side.gateway)).collect();
    memory::now(&gateways)
}

type Rewrite = fn(&str) -> anyhow::Result<String>;

/// Limits that every request is counted against and that none reaches.
const LIMITS: &str =
    "quota: { limits: [{ name: all, tokens_per_minute: 1000000000, requests_per_minute: 100000000 }] }";
