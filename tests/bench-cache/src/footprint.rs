//! What the embedded store takes in memory and on disk, and how long it takes to fill and to read again. In a process of
//! its own, since memory that was freed before would be used again and not count.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use penstock_cache::store::{Memory, Store};
use penstock_embed::Vector;

use crate::corpus::{QUERIES, corpus};
use crate::entry::{self, ANSWER_BYTES, now_ms};
use crate::lookup::LARGE;
use crate::report::{Figures, thousands};
use crate::vectors::{VECTOR_BYTES, of_bytes};

/// What the other process is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    vectors: PathBuf,
    entries: usize,
}

/// Measures in another process, which prints the figures.
pub fn spawn(vectors: &Path, entries: usize) -> anyhow::Result<()> {
    let status = Command::new(std::env::current_exe()?)
        .arg("footprint")
        .arg(vectors)
        .arg(entries.to_string())
        .status()?;
    ensure!(status.success(), "the process that fills stores ended: {status}");
    Ok(())
}

/// Fills a store in memory, then one on disk, and reads that again.
pub async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    let mut texts = corpus().stored;
    texts.truncate(arguments.entries);
    texts.shrink_to_fit();
    let payload = texts.iter().map(|text| text.len() + ANSWER_BYTES).sum::<usize>();
    let count = arguments.entries as f64;
    let per_entry = |bytes: f64| bytes / count;
    figures.line("payload_per_entry_bytes", per_entry(payload as f64), "bytes")?;

    let before = resident_bytes()?;
    let store = Memory::open(LARGE, None, now_ms());
    fill(&store, arguments, &texts).await?;
    let grown = resident_bytes()? - before;
    figures.line("resident_per_entry_bytes", per_entry(grown), "bytes")?;
    figures.line("bytes_per_entry", per_entry(grown - payload as f64), "bytes")?;
    let counted = store.stats().bytes.context("it does not count")? as f64;
    figures.line("counted_per_entry_bytes", per_entry(counted), "bytes")?;
    drop(store);

    let directory = tempfile::tempdir()?;
    let store = Memory::open(LARGE, Some(directory.path()), now_ms());
    let took = fill(&store, arguments, &texts).await?;
    figures.line("insert_rate_per_s", count / took, "entries/s")?;
    let began = Instant::now();
    store.close().await;
    figures.line("close_s", began.elapsed().as_secs_f64(), "s")?;
    figures.line("lost_writes", store.stats().lost_writes as f64, "entries")?;
    drop(store);
    let file = directory.path().join("cache.sqlite").metadata()?.len();
    figures.line("file_bytes_per_entry", per_entry(file as f64), "bytes")?;
    let began = Instant::now();
    let store = Memory::open(LARGE, Some(directory.path()), now_ms());
    let size = thousands(arguments.entries);
    figures.line(&format!("load_{size}_s"), began.elapsed().as_secs_f64(), "s")?;
    let loaded = store.stats().entries.unwrap_or_default();
    figures.line("loaded_entries", loaded as f64, "entries")?;
    store.close().await;
    Ok(())
}

/// Stores all, reading vectors as it goes: how many seconds storing alone took.
async fn fill(store: &Memory, arguments: &Arguments, texts: &[String]) -> anyhow::Result<f64> {
    let mut file = BufReader::new(File::open(&arguments.vectors)?);
    let start = SeekFrom::Start((QUERIES * VECTOR_BYTES) as u64);
    file.seek(start)?;
    let mut took = 0.0;
    for (number, text) in texts.iter().enumerate() {
        let vector = match next(&mut file)? {
            Some(vector) => vector,
            // Those that there are again: what they say does not matter here.
            None => {
                file.seek(start)?;
                next(&mut file)?.context("no vectors")?
            }
        };
        let entry = entry::entry(number, text, vector);
        let began = Instant::now();
        store.insert(entry, now_ms()).await?;
        took += began.elapsed().as_secs_f64();
    }
    Ok(took)
}

fn next(file: &mut impl Read) -> anyhow::Result<Option<Vector>> {
    let mut bytes = [0; VECTOR_BYTES];
    match file.read_exact(&mut bytes) {
        Ok(()) => of_bytes(&bytes).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn resident_bytes() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("no VmRSS")?
        .parse()?;
    Ok(kib * 1024.0)
}
