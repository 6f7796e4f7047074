//! Measures how well the semantic cache tells questions that want the same answer from others, on traffic that it makes itself
//! from frames, or on pairs from a file.
//!
//! It runs what the service runs: the local embedder, the guards, and the threshold that follows the measured error. Only the
//! nearest neighbours are searched exactly instead of by an index. Figures go to standard output, one `name value unit`
//! a line; what they mean is in `docs/benchmarks.md`. Everything else goes to standard error.

mod change;
mod frame;
mod generate;
mod pairs;
mod phrase;
mod question;
mod random;
mod report;
mod run;
mod space;
mod tally;
mod vectors;

use std::num::{NonZeroU16, NonZeroUsize};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use penstock_cache::guard::{self, Reading};
use penstock_cache::judge::ByMeaning;
use penstock_cache::threshold::{FLOOR, Terms};
use penstock_embed::{Limits, MiniLm};

use question::Question;
use random::Random;
use run::Rules;
use space::Space;
use vectors::Vectors;

/// Measures hits and wrong hits of the semantic cache and prints `name value unit` lines.
///
/// Traffic comes in two parts that share neither subjects nor ways to ask. On the first, the threshold of a route is measured
/// as in operation: some would-be hits go to the provider, and its answer is compared with what was kept. On the
/// second, the threshold stays as it is, and hits are counted. A question that is not answered from the cache is kept.
///
/// `cache.wrong_hit_rate` is what part of all hits has another question's answer, `cache.paraphrase_hit_rate` what part of
/// the questions for whose answer there was an entry got that answer. Names with `.threshold_only` are the same, at the same
/// threshold, without guards: what the guards add. `cache.near_miss_caught.*` is what part of near misses of a kind did not
/// get another question's answer, of those whose other question was kept.
#[derive(Debug, Parser)]
#[command(name = "penstock-eval-cache", version)]
struct Arguments {
    /// Where `model.safetensors` and `tokenizer.json` are; `make model` fetches them.
    #[arg(long, env = "PENSTOCK_MODEL_DIR", default_value = ".venv/model")]
    model: PathBuf,
    /// Where vectors are kept from one run to the next; without it, beside this command.
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Where the choices of the traffic start.
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// How many things are asked about in each frame; there are about 116 frames.
    #[arg(long, default_value_t = 18)]
    things: usize,
    /// Counts on the pairs of a file instead: `{"a": "...", "b": "...", "same": true}` a line, with `"trap": "..."` if it is to
    /// be counted by itself. Each `a` is kept first, all of them together, then each `b` is asked. Texts that are the
    /// same, also through others, want one answer, all others different ones.
    #[arg(long, value_name = "FILE.jsonl")]
    pairs: Option<PathBuf>,
    /// Measures the threshold on the pairs of a file, instead of on the generated traffic.
    #[arg(long, value_name = "FILE.jsonl")]
    calibration: Option<PathBuf>,
    /// Measures no threshold, and takes this one.
    #[arg(long, conflicts_with = "calibration")]
    threshold: Option<f32>,
    /// The threshold before anything is measured.
    #[arg(long, default_value_t = Terms::default().start)]
    start: f32,
    /// What part of hits may be wrong.
    #[arg(long, default_value_t = 0.02)]
    max_error: f64,
    /// Measures on the part of the generated traffic that is counted otherwise, and counts on the other.
    #[arg(long)]
    swap: bool,
    /// Writes the part of the generated traffic that is counted to a file, as pairs.
    #[arg(long, value_name = "FILE.jsonl")]
    write: Option<PathBuf>,
    /// Shows so many wrong hits of each kind, and so many questions missed for each reason.
    #[arg(long, default_value_t = 0)]
    errors: usize,
    /// Fails if more than `--max-error` of hits are wrong, or fewer than 0.6 of paraphrases are found.
    #[arg(long)]
    check: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut generated = generate::traffic(arguments.seed, arguments.things)?;
    if arguments.swap {
        std::mem::swap(&mut generated.calibration, &mut generated.held_out);
    }
    if let Some(path) = &arguments.write {
        pairs::write(path, &generated.held_out)?;
    }
    let calibration = match &arguments.calibration {
        Some(path) => pairs::read(path)?,
        None => generated.calibration,
    };
    let held_out = match &arguments.pairs {
        Some(path) => pairs::read(path)?,
        None => generated.held_out,
    };
    let mut vectors = vectors(&arguments)?;
    vectors
        .learn(
            calibration
                .iter()
                .flat_map(texts)
                .chain(held_out.iter().flat_map(texts)),
        )
        .await?;
    let vectors = Arc::new(vectors);
    let threshold = match arguments.threshold {
        Some(threshold) => threshold,
        None => measure(&arguments, &calibration, &vectors).await?,
    };
    let space = Space::new(&held_out, &vectors);
    let count = |threshold, guarded| run::count(&space, Rules { threshold, guarded });
    for at in (0_u8..6).map(|step| FLOOR + 0.05 * f32::from(step)) {
        for (guarded, name) in [(true, "guarded"), (false, "threshold only")] {
            report::explain(&format!("at {at:.2}, {name}"), &count(at, guarded));
        }
    }
    let (guarded, plain) = (count(threshold, true), count(threshold, false));
    report::explain("guarded", &guarded);
    report::explain("threshold only", &plain);
    report::explain_errors(&guarded, arguments.errors);
    report::print(&guarded, &plain, threshold)?;
    let is_wrong = guarded
        .wrong_hit_rate()
        .is_some_and(|rate| rate > arguments.max_error);
    let is_blind = guarded
        .paraphrase_hit_rate()
        .is_none_or(|rate| rate < report::TO_FIND);
    if arguments.check && (is_wrong || is_blind) {
        eprintln!(
            "more than {} of hits are wrong, or fewer than {} of paraphrases found",
            arguments.max_error,
            report::TO_FIND
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn texts(question: &Question) -> impl Iterator<Item = &str> {
    [&*question.text, &*question.answer]
        .into_iter()
        .filter(|text| !text.is_empty())
}

fn vectors(arguments: &Arguments) -> anyhow::Result<Vectors> {
    let limits = Limits {
        // Nobody waits here, however long it takes.
        budget: Duration::from_secs(600),
        queue: NonZeroU16::MAX,
        ..Limits::default()
    };
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let embedder = MiniLm::load(&arguments.model, threads, limits)
        .with_context(|| format!("{}: `make model` fetches it", arguments.model.display()))?;
    let file = match &arguments.vectors {
        Some(file) => file.clone(),
        None => std::env::current_exe()?.with_extension("vectors"),
    };
    Ok(Vectors::open(Arc::new(embedder), file))
}

/// The threshold that a route with this traffic would have.
async fn measure(arguments: &Arguments, traffic: &[Question], vectors: &Arc<Vectors>) -> anyhow::Result<f32> {
    let terms = Terms {
        start: arguments.start,
        max_error: Some(arguments.max_error),
    };
    let is_alike = |one: &str, other: &str| guard::trap(&Reading::of(one), &Reading::of(other)).is_none();
    let judge = ByMeaning::new(Arc::clone(vectors) as _, is_alike);
    let space = Space::new(traffic, vectors);
    let mut random = Random::seeded(arguments.seed);
    let measured = run::measure(&space, terms, &judge, &mut random).await?;
    report::explain_threshold(&measured);
    Ok(measured.threshold())
}
