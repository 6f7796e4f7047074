//! What is written down of every request, in a file of the service's own and at a collector.
//!
//! Nothing here is on the way of a request: what is to be written goes into a bounded queue, and what does not fit is
//! counted and lost. One thread writes, a batch for each flush interval; a batch that is committed survives the end of the
//! process, whatever ends it.

mod metrics;
pub mod otlp;
mod report;
mod row;
mod schema;
mod usage;
mod writer;

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use self::{
    metrics::Lost,
    writer::{Accounts, Note, Writer},
};
pub use self::{
    metrics::Metrics,
    report::{Group, Report, Sums, UsageError},
    row::Row,
    schema::SchemaError,
    usage::{Dimension, Query},
};
use crate::store::Account;

const FILE: &str = "ledger.sqlite";
const LOCK: &str = "ledger.lock";
/// Most notes that wait for the thread.
const LONGEST_QUEUE: usize = 16_384;
/// Most bytes that wait in memory, about.
const MOST_WAITING: usize = 64 << 20;
/// Most bytes that are kept of one body.
const LONGEST_BODY: usize = 256 << 10;
/// Most accounts that wait to be written: more than the store keeps, for what has changed is handed over once.
const MOST_ACCOUNTS: usize = 262_144;
/// Most rows a minute of requests that nobody known has made and no provider was asked for: whoever reaches the port can
/// make any number of them.
const MOST_OF_NOBODY: u32 = 60;
/// The longest that the end waits for the disk, and for the collector.
const LONGEST_END: Duration = Duration::from_secs(2);
/// Between two looks whether a full queue has room.
const LOOK: Duration = Duration::from_millis(5);
/// Most questions that are answered at once.
const MOST_READERS: usize = 4;

/// Milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How a ledger is kept.
#[derive(Clone)]
pub struct Options {
    /// The directory that holds it, made if it is not there.
    pub directory: PathBuf,
    /// How long a row is kept.
    pub retention: Duration,
    /// The most that is lost when the service is killed.
    pub flush: Duration,
    /// What time it is.
    pub clock: Clock,
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or its lock cannot be had.
    #[error("cannot use the directory {}", directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Both would write budgets over each other's.
    #[error("{} is in use by another penstock-ext-proc; give each its own service.data, or let them share Redis", directory.display())]
    InUse {
        /// Which directory.
        directory: PathBuf,
    },
    /// The file cannot be used.
    #[error("cannot use {} as a ledger: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: SchemaError,
    },
    /// The system gives no thread.
    #[error("cannot start the thread that writes the ledger")]
    Thread(#[source] io::Error),
}

/// What is written down of every request.
pub struct Ledger {
    notes: SyncSender<Note>,
    waiting_bytes: Arc<AtomicUsize>,
    is_failing: Arc<AtomicBool>,
    is_closing: Arc<AtomicBool>,
    accounts: Accounts,
    saved: Vec<(Account, u64)>,
    collector: Option<otlp::Exporter>,
    /// Disconnected when the thread has ended; none once that was waited for.
    end: Mutex<Option<Receiver<()>>>,
    /// The present minute, and the rows of nobody's in it.
    of_nobody: Mutex<(u64, u32)>,
    file: PathBuf,
    readers: Arc<Semaphore>,
    clock: Clock,
    metrics: Metrics,
    // Held as long as the ledger is.
    _lock: fs::File,
}

impl Ledger {
    /// Opens the ledger in a directory, of which no other process may have one.
    ///
    /// # Errors
    /// When another has it, or it cannot be read and written.
    pub fn open(options: Options, metrics: Metrics) -> Result<Self, OpenError> {
        let directory = &options.directory;
        let lock = lock(directory)?;
        let file = directory.join(FILE);
        let unusable = |source: SchemaError| OpenError::File {
            file: file.clone(),
            source,
        };
        let connection = schema::open(&file).map_err(unusable)?;
        let saved =
            schema::accounts(&connection, (options.clock)()).map_err(|error| unusable(error.into()))?;
        let (notes, received) = mpsc::sync_channel(LONGEST_QUEUE);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let is_failing = Arc::new(AtomicBool::new(false));
        let is_closing = Arc::new(AtomicBool::new(false));
        let accounts = Accounts::default();
        let writer = Writer {
            connection,
            notes: received,
            accounts: Arc::clone(&accounts),
            waiting_bytes: Arc::clone(&waiting_bytes),
            is_failing: Arc::clone(&is_failing),
            is_closing: Arc::clone(&is_closing),
            flush: options.flush,
            retention: options.retention,
            clock: Arc::clone(&options.clock),
            metrics: metrics.clone(),
        };
        let (ended, end) = mpsc::sync_channel(0);
        std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                let _ended: SyncSender<()> = ended;
                writer.run();
            })
            .map_err(OpenError::Thread)?;
        Ok(Self {
            notes,
            waiting_bytes,
            is_failing,
            is_closing,
            accounts,
            saved,
            collector: None,
            end: Mutex::new(Some(end)),
            of_nobody: Mutex::default(),
            file,
            readers: Arc::new(Semaphore::new(MOST_READERS)),
            clock: options.clock,
            metrics,
            _lock: lock,
        })
    }

    /// Tells a collector too.
    #[must_use]
    pub fn with_collector(mut self, collector: otlp::Exporter) -> Self {
        self.collector = Some(collector);
        self
    }

    /// Writes a row down, within a flush interval, and says that it will; one of too many that nobody known has made is
    /// passed over. Never waits.
    pub fn record(&self, row: impl Into<Arc<Row>>) -> bool {
        let row = row.into();
        if row.is_of_nobody() && !self.takes_one_of_nobody() {
            self.metrics.passed_over.inc();
            return false;
        }
        if let Some(collector) = &self.collector {
            collector.export(Arc::clone(&row));
        }
        self.note(Note::Row(row));
        true
    }

    /// Writes down what was asked, as it left pii-redaction: at most its first 256 KiB. Never waits.
    pub fn record_body(&self, id: &str, body: &[u8]) {
        let kept = body.get(..LONGEST_BODY).unwrap_or(body);
        self.note(Note::Body {
            id: id.to_owned(),
            at_ms: (self.clock)(),
            body: kept.to_vec(),
            length: body.len(),
        });
    }

    /// Writes down how accounts with a beginning and an end stand, with the next batch.
    pub fn save_accounts(&self, accounts: Vec<(Account, u64)>) {
        let mut waiting = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        for (account, used) in accounts {
            if waiting.len() < MOST_ACCOUNTS || waiting.contains_key(&account) {
                waiting.insert(account, used);
            } else {
                self.metrics.lose(Lost::QueueFull, 1);
            }
        }
    }

    /// How accounts stood when the ledger was opened: those whose windows were not over then.
    pub fn load_accounts(&self) -> Vec<(Account, u64)> {
        self.saved.clone()
    }

    /// What was used. Answers within a few seconds or not at all.
    ///
    /// # Errors
    /// When too many ask, it takes too long, or the file cannot be read.
    pub async fn usage(&self, query: Query) -> Result<Report, UsageError> {
        report::run(&self.file, query, &self.readers).await
    }

    /// Whether the disk takes what is written.
    pub fn is_healthy(&self) -> bool {
        !self.is_failing.load(Ordering::Relaxed)
    }

    fn takes_one_of_nobody(&self) -> bool {
        let minute = (self.clock)() / 60_000;
        let mut present = self.of_nobody.lock().unwrap_or_else(PoisonError::into_inner);
        if present.0 != minute {
            *present = (minute, 0);
        }
        present.1 = present.1.saturating_add(1);
        present.1 <= MOST_OF_NOBODY
    }

    /// Waits until all is written that has come so far, for two seconds at most. Blocks.
    pub fn flush(&self) {
        let until = Instant::now() + LONGEST_END;
        let left = || until.saturating_duration_since(Instant::now());
        let (done, flushed) = mpsc::sync_channel(1);
        let mut note = Note::Flush(done);
        // Where the disk takes nothing, the queue stays full.
        while let Err(TrySendError::Full(back)) = self.notes.try_send(note) {
            if left().is_zero() {
                return;
            }
            note = back;
            std::thread::sleep(LOOK);
        }
        let _ = flushed.recv_timeout(left());
    }

    /// Writes all that has come so far and ends, within two seconds: how much was lost for want of time. Blocks.
    pub fn close(&self) -> u64 {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(end) = end else { return 0 };
        self.is_closing.store(true, Ordering::Relaxed);
        // Where the queue is full, the thread looks at the flag before long.
        let _ = self.notes.try_send(Note::Close);
        match end.recv_timeout(LONGEST_END) {
            Err(RecvTimeoutError::Timeout) => {
                let lost = u64::try_from(self.metrics.queue.get()).unwrap_or_default();
                self.metrics.lose(Lost::Disk, lost);
                lost
            }
            // What the thread could not write it has counted.
            Ok(()) | Err(RecvTimeoutError::Disconnected) => 0,
        }
    }

    /// Tells the collector what waits for it, within two seconds: how many records were lost.
    pub async fn close_collector(&self) -> u64 {
        match &self.collector {
            Some(collector) => collector.close(LONGEST_END).await,
            None => 0,
        }
    }

    fn note(&self, note: Note) {
        let weight = note.weight();
        let waiting = self.waiting_bytes.fetch_add(weight, Ordering::Relaxed);
        self.metrics.queue.inc();
        let sent = if waiting.saturating_add(weight) > MOST_WAITING {
            Err(self.full())
        } else {
            self.notes.try_send(note).map_err(|error| match error {
                TrySendError::Full(_) => self.full(),
                TrySendError::Disconnected(_) => Lost::Closed,
            })
        };
        if let Err(reason) = sent {
            self.waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
            self.metrics.queue.dec();
            self.metrics.lose(reason, 1);
        }
    }

    fn full(&self) -> Lost {
        if self.is_healthy() {
            Lost::QueueFull
        } else {
            Lost::Disk
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// Locks a directory, which is made if it is not there. The lock goes with the process, however that ends.
fn lock(directory: &Path) -> Result<fs::File, OpenError> {
    let unusable = |source| OpenError::Directory {
        directory: directory.to_owned(),
        source,
    };
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(unusable)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(directory.join(LOCK)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::InUse {
            directory: directory.to_owned(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(unusable(source)),
    }
}

#[cfg(test)]
mod tests;
