//! The same texts in this process: quick to start, for use while something is being made faster. Time is that of the
//! processor, so that other work on the machine matters less.

use penstock_bench_harness::sample::quantile;
use penstock_pii::{Custom, Masking, Passage, Placeholders, Policy, Recognizers};
use rustix::time::{ClockId, clock_gettime};

use crate::report;
use crate::round::Round;
use crate::text::Text;

/// Prints the least of so many times of each text, and how many values were replaced to standard error.
pub fn print(texts: &[Text], rounds: u32) -> anyhow::Result<()> {
    let recognizers = Recognizers::new(Custom::default());
    let policy = Policy::default();
    let placeholders = Placeholders::new(b"a key of sixteen")?;
    let mut round = Round::new();
    for text in texts {
        let mut times = Vec::new();
        let mut replaced = 0;
        for part in text.parts.iter().cycle().take(text.parts.len() * rounds as usize) {
            let start = processor_us();
            let mut masking = Masking::new(&recognizers, &policy, &placeholders, "bench", &[], usize::MAX);
            let passage = Passage::text(part);
            let found = masking.look(&passage).unwrap_or_default();
            masking.seal();
            replaced = masking.replace(&passage, &found).len();
            times.push(processor_us() - start);
        }
        eprintln!("{} {}: {replaced} replaced", text.name, text.size.name());
        round.insert((text.name, text.size), quantile(&times, 0.0));
    }
    report::times(texts, &[round])
}

/// What this thread has used of the processor.
fn processor_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
