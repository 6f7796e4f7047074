//! Questions in other words than they were asked first. No text is asked twice, so that each is embedded.

use anyhow::{Context, ensure};
use penstock_bench_harness::sample::{median, quantile};

use crate::Scale;
use crate::client::Connection;
use crate::questions::{self, COUNT, WAYS};
use crate::report::Figures;
use crate::side::World;

/// Coprime to the number of all, so that neighbours are asked far from one another.
const STRIDE: usize = 7_919;

/// Asks each round for others, and counts those that are answered by meaning.
pub async fn measure(world: &World, scale: Scale, figures: &mut Figures) -> anyhow::Result<()> {
    let firsts: Vec<_> = (0..COUNT)
        .filter_map(questions::first)
        .map(|question| questions::request(&question))
        .collect();
    world.prime(&firsts).await?;
    let mut connection = Connection::open(world.ours.address()).await?;
    let (mut all, mut p50s) = (Vec::new(), Vec::new());
    // What the service says of the same answers, and what is left for all others.
    let (mut service, mut others) = (Vec::new(), Vec::new());
    let mut next = 0;
    let mut asked = 0;
    for number in 0..scale.rounds {
        let mut times = Vec::new();
        for _ in 0..scale.asked {
            next += 1;
            let place = next * STRIDE % (COUNT * WAYS);
            let question = questions::again(place / WAYS, place % WAYS).context("no such question")?;
            let answer = connection.ask(&questions::request(&question)).await?;
            asked += 1;
            if answer.cache() == "hit-semantic" {
                let took_ms = answer.took.as_secs_f64() * 1e3;
                times.push(took_ms);
                service.extend(answer.spent_ms());
                others.extend(answer.spent_ms().map(|spent_ms| took_ms - spent_ms));
            } else {
                eprintln!("{}: {question}", answer.cache());
            }
        }
        let p50 = quantile(&times, 0.5);
        eprintln!(
            "round {}: semantic_hit     p50 {p50:6.2} ms, p99 {:6.2} ms of {}",
            number + 1,
            quantile(&times, 0.99),
            times.len()
        );
        p50s.push(p50);
        all.extend(times);
    }
    ensure!(next <= COUNT * WAYS, "questions were asked twice");
    ensure!(
        all.len() * 2 > asked,
        "of {asked} questions only {} were answered by meaning",
        all.len()
    );
    figures.at_most("semantic_hit_ms", median(&p50s), "ms", 20.0)?;
    figures.line("semantic_hit_p99_ms", quantile(&all, 0.99), "ms")?;
    figures.line("semantic_hit_service_ms", median(&service), "ms")?;
    figures.line("semantic_hit_others_ms", median(&others), "ms")?;
    figures.line("semantic_hit_count", all.len() as f64, "hits")?;
    figures.line("semantic_asked_count", asked as f64, "requests")?;
    Ok(())
}
