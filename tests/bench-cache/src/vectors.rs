//! The corpus as vectors of the local embedder. They are kept in a file beside what cargo builds, whose name is the hash of
//! all texts, so that only the first run has to embed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::num::{NonZeroU16, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;
use penstock_bench_harness::random::Random;
use penstock_embed::{Embedder, Limits, MiniLm, Vector};
use sha2::{Digest, Sha256};

use crate::corpus::{COUNT, QUERIES, corpus};

/// Components of a vector.
pub const DIMENSION: usize = 384;
/// Bytes of a vector in the file: components in single precision, the lowest byte first.
pub const VECTOR_BYTES: usize = 4 * DIMENSION;
/// Texts that are embedded however long it takes, if so many are wanted.
const LEAST: usize = 20_000;
/// Texts that are given to the embedder at once.
const BATCH: usize = 512;
/// Where there are too few vectors, others are made with these cosines to them: as far as another question of the
/// same kind is.
const NEAR: (f32, f32) = (0.75, 0.95);

/// What is stored and what is looked for.
pub struct Vectors {
    /// In the order in which they are stored.
    pub stored: Vec<Vector>,
    /// Their texts.
    pub texts: Vec<String>,
    /// Of questions in other words.
    pub queries: Vec<Vector>,
    /// How many of the stored ones are of a text. The others lie near to these.
    pub distinct: usize,
    /// Where the vectors of texts are.
    pub file: PathBuf,
}

/// Reads and embeds so many, as far as there is time.
pub async fn prepare(model: &Path, count: usize, patience: Duration) -> anyhow::Result<Vectors> {
    let corpus = corpus();
    let file = place(corpus.queries.iter().chain(&corpus.stored))?;
    let mut vectors = read(&file)?;
    let wanted: Vec<&str> = corpus
        .queries
        .iter()
        .chain(&corpus.stored)
        .map(String::as_str)
        .take(QUERIES + count)
        .collect();
    if vectors.len() < wanted.len() {
        embed(model, &file, &wanted, &mut vectors, patience).await?;
    }
    let queries: Vec<Vector> = vectors.drain(..QUERIES.min(vectors.len())).collect();
    let mut texts = corpus.stored;
    texts.truncate(count);
    let mut stored = vectors;
    stored.truncate(count);
    let distinct = stored.len();
    let mut random = Random::seeded(100);
    for number in 0..count - distinct {
        let like = stored
            .get(number % distinct.max(1))
            .context("nothing was embedded")?;
        let (low, high) = NEAR;
        let cosine = low + (high - low) * unit(&mut random);
        stored.push(near(like, cosine, &mut random)?);
    }
    Ok(Vectors {
        stored,
        texts,
        queries,
        distinct,
        file,
    })
}

/// Vectors of any direction.
pub fn random(count: usize, seed: u64) -> anyhow::Result<Vec<Vector>> {
    let mut random = Random::seeded(seed);
    (0..count).map(|_| any(&mut random)).collect()
}

async fn embed(
    model: &Path,
    file: &Path,
    wanted: &[&str],
    vectors: &mut Vec<Vector>,
    patience: Duration,
) -> anyhow::Result<()> {
    let limits = Limits {
        budget: Duration::from_secs(60),
        queue: NonZeroU16::MAX,
        recent: NonZeroUsize::MIN,
        ..Limits::default()
    };
    let cores = std::thread::available_parallelism()?;
    let model = MiniLm::load(model, cores, limits)?;
    let mut out = OpenOptions::new().append(true).create(true).open(file)?;
    let (began, before) = (Instant::now(), vectors.len());
    while let Some(texts) = wanted.get(vectors.len()..).filter(|texts| !texts.is_empty()) {
        let is_enough = vectors.len() >= LEAST + QUERIES;
        if is_enough && began.elapsed() > patience {
            break;
        }
        let batch = texts.iter().take(BATCH).map(|text| model.embed(text));
        let batch = try_join_all(batch).await?;
        let mut bytes = Vec::with_capacity(batch.len() * VECTOR_BYTES);
        for component in batch.iter().flat_map(Vector::as_slice) {
            bytes.extend_from_slice(&component.to_le_bytes());
        }
        out.write_all(&bytes)?;
        vectors.extend(batch);
        if (vectors.len() / BATCH).is_multiple_of(8) {
            let rate = (vectors.len() - before) as f64 / began.elapsed().as_secs_f64();
            eprintln!(
                "{} of {} texts embedded, {rate:.0} a second",
                vectors.len(),
                wanted.len()
            );
        }
    }
    Ok(())
}

/// `target/bench-cache/<hash>.vectors`.
fn place<'t>(texts: impl Iterator<Item = &'t String>) -> anyhow::Result<PathBuf> {
    let mut hash = Sha256::new_with_prefix("all-MiniLM-L6-v2");
    for text in texts {
        hash.update([0]);
        hash.update(text);
    }
    let name: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).context("not in a target directory")?;
    let directory = target.join("bench-cache");
    std::fs::create_dir_all(&directory)?;
    Ok(directory.join(format!("{name}.vectors")))
}

/// All that the file holds. What was cut off in mid-vector is cut off whole.
fn read(file: &Path) -> anyhow::Result<Vec<Vector>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(file)?;
    let whole = bytes.chunks_exact(VECTOR_BYTES);
    if !whole.remainder().is_empty() {
        let length = (bytes.len() - whole.remainder().len()) as u64;
        File::options().write(true).open(file)?.set_len(length)?;
    }
    whole.take(QUERIES + COUNT).map(of_bytes).collect()
}

/// A vector as it stands in the file.
pub fn of_bytes(bytes: &[u8]) -> anyhow::Result<Vector> {
    let (components, _) = bytes.as_chunks::<4>();
    let components = components.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Ok(Vector::new(components.collect())?)
}

/// A vector with this cosine to `vector`.
fn near(vector: &Vector, cosine: f32, random: &mut Random) -> anyhow::Result<Vector> {
    let any = any(random)?;
    let along = any.cosine(vector);
    let pairs = || any.as_slice().iter().zip(vector.as_slice());
    let across = Vector::new(pairs().map(|(a, b)| a - along * b).collect())?;
    let sine = (1.0 - cosine * cosine).sqrt();
    let sum = across.as_slice().iter().zip(vector.as_slice());
    Ok(Vector::new(sum.map(|(a, b)| sine * a + cosine * b).collect())?)
}

fn any(random: &mut Random) -> anyhow::Result<Vector> {
    Ok(Vector::new((0..DIMENSION).map(|_| normal(random)).collect())?)
}

/// After Box and Muller.
fn normal(random: &mut Random) -> f32 {
    let (a, b) = (unit(random).max(1e-7), unit(random));
    (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
}

/// From 0 to 1.
fn unit(random: &mut Random) -> f32 {
    random.below(1 << 24) as f32 / (1_u32 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_near_is_as_near_as_wanted() {
        let mut random = Random::seeded(1);
        let vector = any(&mut random).unwrap();
        let other = near(&vector, 0.9, &mut random).unwrap();
        assert!((vector.cosine(&other) - 0.9).abs() < 1e-4);
    }

    #[test]
    fn a_file_that_was_cut_off_is_read_up_to_there() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("vectors");
        let vectors = random(2, 3).unwrap();
        let mut bytes: Vec<u8> = vectors
            .iter()
            .flat_map(Vector::as_slice)
            .flat_map(|component| component.to_le_bytes())
            .collect();
        bytes.truncate(bytes.len() - 3);
        std::fs::write(&file, bytes).unwrap();
        let read = read(&file).unwrap();
        assert_eq!(read.len(), 1);
        assert!(read[0].cosine(&vectors[0]) > 0.999_99);
        assert_eq!(file.metadata().unwrap().len(), VECTOR_BYTES as u64);
    }
}
