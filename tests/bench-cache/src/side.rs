//! What is compared: a bare Envoy that asks the provider, and ours with the service behind it.

use std::net::SocketAddr;

use anyhow::Context;
use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::{NO_QUOTA, penstock_yaml};
use penstock_test_support::{Gateway, Service};

use crate::client::Connection;

/// Of the words of [`questions`](crate::questions) that ask for the same: below every one of them.
const THRESHOLD: &str = "0.8";

/// Both gateways and the service, running.
pub struct World {
    /// Without a filter but the router.
    pub bare: Gateway,
    /// As rendered.
    pub ours: Gateway,
    /// What it asks.
    pub service: Service,
}

impl World {
    /// Starts everything, with this provider.
    pub async fn start(provider: SocketAddr) -> anyhow::Result<Self> {
        let base_url = format!("http://{provider}/v1");
        let bare = penstock_yaml("openai", &base_url, "gpt-4o", NO_QUOTA);
        let bare = Gateway::builder(&bare).rewrite(bootstrap::bare_gateway).start()?;
        // Other work on this machine must not turn hits into misses.
        let cache = format!(
            "service: {{ failure_mode: deny }}\ncache: {{ threshold: {THRESHOLD}, embedder: {{ budget: 2s }} }}"
        );
        let yaml = penstock_yaml("openai", &base_url, "gpt-4o", &cache);
        let service = Service::start(&yaml).await?;
        let url = service.url();
        let yaml = yaml.replacen("service: {", &format!("service: {{ urls: ['{url}'], "), 1);
        let ours = Gateway::start(&yaml)?;
        Ok(Self { bare, ours, service })
    }

    /// Asks for answers that are not kept yet, and waits until they are.
    pub async fn prime(&self, bodies: &[bytes::Bytes]) -> anyhow::Result<()> {
        let filled = ["penstock_cache_fills_total"];
        let kept = ["penstock_cache_fills_total", "stored"];
        let (before, kept_before) = (
            self.service.metric(&filled).await?,
            self.service.metric(&kept).await?,
        );
        let mut connection = Connection::open(self.ours.address()).await?;
        for body in bodies {
            let answer = connection.ask(body).await.context("priming")?;
            anyhow::ensure!(answer.cache() == "miss", "primed twice: {}", answer.cache());
        }
        let count = bodies.len() as f64;
        self.service.until_metric(&filled, before + count).await;
        let kept = self.service.metric(&kept).await? - kept_before;
        anyhow::ensure!(
            kept >= count,
            "of {count} answers {kept} were kept\n{}",
            self.service.log_tail()
        );
        Ok(())
    }
}
