//! What is compared: bare Envoy, and an Envoy for each way to count.

use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::penstock_yaml;
use penstock_bench_harness::probe::{self, Connection};
use penstock_test_support::Gateway;

/// One of the compared Envoys, running.
pub struct Side {
    /// Whose counting it is.
    pub name: &'static str,
    /// The Envoy.
    pub gateway: Gateway,
    /// A connection to each of its workers; to the bare one, just as many.
    pub workers: Vec<Connection>,
}

/// Envoy without a filter.
pub const BARE: &str = "bare";
/// penstock-tokens.
pub const OURS: &str = "tokens";
/// What ours is compared with.
pub const OTHERS: [&str; 2] = ["tiktoken", "bpe"];
/// Worker threads of each Envoy.
pub const WORKERS: u32 = 2;

type Rewrite = fn(&str) -> anyhow::Result<String>;

/// In the order in which they are started. The first to count is the one that the others must agree with.
const SIDES: [(&str, Rewrite); 4] = [
    (BARE, bootstrap::bare),
    ("tiktoken", |rendered| {
        bootstrap::probe(rendered, "probe_tiktoken.wasm")
    }),
    ("bpe", |rendered| bootstrap::probe(rendered, "probe_bpe.wasm")),
    (OURS, |rendered| bootstrap::probe(rendered, "probe_tokens.wasm")),
];

/// Starts all of them. Nothing has counted anything yet.
pub async fn start() -> anyhow::Result<Vec<Side>> {
    // Any configuration: only the listener of what is rendered from it is used.
    let yaml = penstock_yaml("openai", "http://127.0.0.1:9/v1", "any", "");
    let mut sides = Vec::new();
    for (name, rewrite) in SIDES {
        let gateway = Gateway::builder(&yaml)
            .concurrency(WORKERS)
            .rewrite(rewrite)
            .start()?;
        let workers = if name == BARE {
            probe::connections(gateway.address()).await?
        } else {
            probe::workers(gateway.address(), WORKERS as usize).await?
        };
        sides.push(Side {
            name,
            gateway,
            workers,
        });
    }
    Ok(sides)
}

impl Side {
    /// True of all but the bare one.
    pub fn counts(&self) -> bool {
        self.name != BARE
    }
}

/// The Envoys by their names.
pub fn gateways(sides: &[Side]) -> Vec<(&'static str, &Gateway)> {
    sides.iter().map(|side| (side.name, &side.gateway)).collect()
}
