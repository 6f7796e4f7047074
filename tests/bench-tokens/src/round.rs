//! One round: every text counted by every side, in each of its workers, shortly after one another.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::agreement::Agreement;
use crate::side::Side;
use crate::text::Text;

/// Microseconds of every count, by the name of a text and the name of a side.
pub type Round = BTreeMap<(&'static str, &'static str), Vec<f64>>;

/// How long each worker counts before anything is timed: V8 first compiles without optimizing, and again, in the
/// background, what has run often.
const WARM_UP: Duration = Duration::from_secs(3);

/// Has every worker count for a while.
pub async fn warm_up(sides: &mut [Side], texts: &[Text]) -> anyhow::Result<()> {
    for side in sides.iter_mut().filter(|side| side.counts()) {
        for worker in &mut side.workers {
            let start = Instant::now();
            while start.elapsed() < WARM_UP {
                for text in texts {
                    worker
                        .count(text.vocabulary, text.repetitions, &text.parts)
                        .await?;
                }
            }
        }
    }
    Ok(())
}

/// Measures all sides; each round starts with another one.
pub async fn measure(
    sides: &mut [Side],
    texts: &[Text],
    number: usize,
    agreement: &mut Agreement,
) -> anyhow::Result<Round> {
    let mut round = Round::new();
    let mut counting: Vec<_> = sides.iter_mut().filter(|side| side.counts()).collect();
    let first = number % counting.len().max(1);
    counting.rotate_left(first);
    for text in texts {
        for side in &mut counting {
            for worker in &mut side.workers {
                let answer = worker
                    .count(text.vocabulary, text.repetitions, &text.parts)
                    .await?;
                let of = format!("{}, {}", text.name, text.vocabulary);
                agreement.check(&of, side.name, &text.parts, &answer.counts);
                let times = answer.nanos.iter().map(|nanos| *nanos as f64 / 1e3);
                round.entry((text.name, side.name)).or_default().extend(times);
            }
        }
    }
    Ok(round)
}
