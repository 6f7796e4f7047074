//! A copy of memory on disk, to begin with after a restart.
//!
//! A thread of its own writes what has happened a moment ago, in batches. Whoever stores an entry never waits for it. A
//! process that is killed loses the last few milliseconds; removals that somebody asked for are written before
//! they are reported.

mod file;
mod pending;
mod writer;

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::file::{File, FileError, Opened};
use self::pending::Pending;
use self::writer::Writer;
use super::shelf::lock;

/// How long a removal waits until it is written.
const FLUSH: Duration = Duration::from_secs(5);
/// How often it is told how far reading is.
const PROGRESS: Duration = Duration::from_secs(2);

/// The disk's side of what is in memory.
#[derive(Debug)]
pub(super) struct Disk {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<Pending>,
    /// Something is pending, or it is to end.
    wake: Condvar,
    /// A batch is written, or has failed.
    done: Condvar,
    is_failing: AtomicBool,
    errors: AtomicU64,
}

impl Disk {
    /// Opens or makes the file in `directory`, and gives each of its rows to `load`, the oldest first. None if it cannot
    /// be used, which standard error is told.
    pub(super) fn open(directory: &Path, file_bytes: u64, mut load: impl FnMut(u64, &[u8])) -> Option<Self> {
        let shared = Arc::new(Shared::default());
        let opened = File::open(directory, file_bytes).and_then(|Opened { mut file, is_anew }| {
            let mut last_id = 0;
            let read = read(&file, |id, bytes| {
                last_id = id;
                load(id, bytes);
            });
            let is_broken = matches!(read, Err(FileError::Broken(_)));
            match read {
                Err(error) if is_broken => {
                    file.begin_anew(&error)?;
                    last_id = 0;
                }
                read => read?,
            }
            let errors = u64::from(is_anew || is_broken);
            shared.errors.fetch_add(errors, Ordering::Relaxed);
            Ok((file, last_id))
        });
        let (file, last_id) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                say(&format!(
                    "has no use of {}: {error}; entries are kept in memory only",
                    directory.display()
                ));
                return None;
            }
        };
        lock(&shared.pending).written(last_id);
        let writer = Writer::new(file, shared.clone());
        let thread = std::thread::Builder::new().name("cache-disk".to_owned());
        match thread.spawn(|| writer.run()) {
            Ok(thread) => Some(Self {
                shared,
                thread: Mutex::new(Some(thread)),
            }),
            Err(error) => {
                say(&format!(
                    "has no thread to write with: {error}; entries are kept in memory only"
                ));
                None
            }
        }
    }

    /// Writes a row, soon.
    pub(super) fn keep(&self, id: u64, record: Vec<u8>) {
        lock(&self.shared.pending).keep(id, record);
        self.shared.wake.notify_one();
    }

    /// Removes a row, soon.
    pub(super) fn forget(&self, id: u64) {
        lock(&self.shared.pending).forget(id);
        self.shared.wake.notify_one();
    }

    /// Waits until what has happened is written so that even a loss of power does not undo it. Not while the disk fails.
    pub(super) fn flush(&self) {
        let mut pending = lock(&self.shared.pending);
        pending.flush();
        self.shared.wake.notify_one();
        let is_failing = || self.shared.is_failing.load(Ordering::Relaxed);
        let waits = |pending: &mut Pending| pending.is_flushing() && !pending.is_closed() && !is_failing();
        let result = self.shared.done.wait_timeout_while(pending, FLUSH, waits);
        drop(result.unwrap_or_else(PoisonError::into_inner));
    }

    /// Rows that were given up, and how often the disk failed.
    pub(super) fn losses(&self) -> (u64, u64) {
        let lost = lock(&self.shared.pending).lost();
        (lost, self.shared.errors.load(Ordering::Relaxed))
    }

    /// Writes what is pending, and ends.
    pub(super) fn close(&self) {
        self.end();
        if let Some(thread) = lock(&self.thread).take() {
            // It does not panic.
            let _ = thread.join();
        }
    }

    fn end(&self) {
        lock(&self.shared.pending).close();
        self.shared.wake.notify_one();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.end();
    }
}

/// Gives each row to `load`, and tells how far it is if that takes long.
fn read(file: &File, mut load: impl FnMut(u64, &[u8])) -> Result<(), FileError> {
    let began = Instant::now();
    let mut told = began;
    let mut rows = 0_u64;
    let total = file.count()?;
    file.rows(|id, bytes| {
        load(id, bytes);
        rows += 1;
        if told.elapsed() > PROGRESS {
            told = Instant::now();
            say(&format!("reads its entries: {rows} of {total}"));
        }
    })?;
    if told > began {
        let took = began.elapsed().as_secs_f32();
        say(&format!("has read {rows} entries in {took:.1} s"));
    }
    Ok(())
}

fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "penstock-ext-proc: the cache {what}");
}
