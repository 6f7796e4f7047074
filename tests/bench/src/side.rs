//! What is compared: bare Envoy, and Penstock for each pair of client and provider.

use std::net::SocketAddr;

use penstock_test_support::Gateway;

use crate::bootstrap;

/// One of the compared gateways, running.
pub struct Side {
    /// `bare`, or the pair's name.
    pub name: &'static str,
    /// The Envoy of its own that it is.
    pub gateway: Gateway,
}

/// The pairs of client and provider.
pub const PAIRS: [&str; 2] = ["openai-openai", "openai-anthropic"];
/// The side that the pairs are compared with.
pub const BARE: &str = "bare";

/// Starts every side with so many workers, the bare one first.
pub fn start(provider: SocketAddr, workers: u32) -> anyhow::Result<Vec<Side>> {
    let openai = penstock_yaml("openai", &format!("http://{provider}/v1"), "gpt-4o");
    let anthropic = penstock_yaml("anthropic", &format!("http://{provider}"), "claude-sonnet-4-5");
    let [to_openai, to_anthropic] = PAIRS;
    let sides: [(_, _, Rewrite); 3] = [
        (BARE, &openai, bootstrap::bare),
        (to_openai, &openai, bootstrap::penstock),
        (to_anthropic, &anthropic, bootstrap::penstock),
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

type Rewrite = fn(&str) -> anyhow::Result<String>;

fn penstock_yaml(api: &str, base_url: &str, model: &str) -> String {
    format!(
        "providers:\n  - {{ name: provider, api: {api}, base_url: \"{base_url}\" }}\n\
         models:\n  - name: bench\n    targets:\n      - {{ provider: provider, model: {model} }}\n"
    )
}
