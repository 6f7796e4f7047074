//! What the filter adds to the events of a stream when the request has a value to restore.

use std::net::SocketAddr;

use penstock_bench_harness::bootstrap;
use penstock_bench_harness::config::{NO_QUOTA, penstock_yaml};
use penstock_bench_harness::sample::median;
use penstock_bench_harness::traffic::fixture::{self, EVENTS};
use penstock_bench_harness::traffic::{client, provider};
use penstock_test_support::Gateway;

use crate::memory::{KEY, PII};

/// What the filter adds in each round, in microseconds.
#[derive(Default)]
pub struct Events {
    /// Where every event gives a value back.
    pub restored: Vec<f64>,
    /// Where none does.
    pub plain: Vec<f64>,
}

const STREAMS: usize = 3;
const VALUE: &str = "DE89 3704 0044 0532 0130 00";

/// Compares the gateway with the filter and the one without it in so many rounds.
pub async fn measure(rounds: u32) -> anyhow::Result<Events> {
    let provider = provider::start().await?;
    let start = |more: &str| {
        let yaml = penstock_yaml("openai", &format!("http://{provider}/v1"), "gpt-4o", more);
        let (name, key) = KEY;
        Gateway::builder(&yaml)
            .env(name, key)
            .rewrite(bootstrap::gateway)
            .start()
    };
    let without = start(NO_QUOTA)?;
    let with = start(&format!("{NO_QUOTA}\n{PII}"))?;
    let prompt = |more: &str| format!("{}\nThe account is {VALUE}. {more}", fixture::prompt());
    let mut events = Events::default();
    for number in 0..=rounds {
        for (more, added) in [
            (fixture::repeat(&format!(" {VALUE} ")), &mut events.restored),
            (String::new(), &mut events.plain),
        ] {
            let prompt = prompt(&more);
            let (first, second) = match number % 2 {
                0 => (&with, &without),
                _ => (&without, &with),
            };
            let first = delay(first.address(), &prompt).await?;
            let second = delay(second.address(), &prompt).await?;
            let (with, without) = match number % 2 {
                0 => (first, second),
                _ => (second, first),
            };
            eprintln!("events, round {number}: {with:.1} us, without the filter {without:.1} us");
            // In the first, V8 has not optimized yet.
            if number > 0 {
                added.push(with - without);
            }
        }
    }
    let restored = with.stat("restored").await?;
    let expected = u64::from(rounds + 1) * (STREAMS * EVENTS) as u64;
    anyhow::ensure!(
        restored == expected,
        "{restored} of {expected} values were restored"
    );
    Ok(events)
}

/// The median time of an event from the provider to the client.
async fn delay(address: SocketAddr, prompt: &str) -> anyhow::Result<f64> {
    let request = fixture::request_of(prompt, true);
    let mut delays = Vec::new();
    for _ in 0..STREAMS {
        let stream = client::event_delays(address, &request).await?;
        delays.extend(stream.iter().map(|delay| delay.as_secs_f64() * 1e6));
    }
    Ok(median(&delays))
}
