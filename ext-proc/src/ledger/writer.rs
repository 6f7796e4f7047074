//! The thread that writes: everything that has come within one flush interval in one transaction.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::{
    Clock,
    metrics::{Lost, Metrics},
    row::Row,
    schema,
};
use crate::store::Account;

/// Whoever notes something pays for waking the thread, so it is not woken for each.
const LINGER: Duration = Duration::from_millis(5);
/// Most notes of one transaction.
const LARGEST_BATCH: usize = 4_096;
/// Rows that are removed at a time, so that nothing waits long for it.
const LARGEST_REMOVAL: i64 = 500;
/// How often it is looked for what is too old, when nothing was found.
const REMOVAL: Duration = Duration::from_secs(60);
/// How soon a disk is tried again that took nothing.
const RETRY: Duration = Duration::from_secs(1);

/// What is to be written.
pub(super) enum Note {
    Row(Arc<Row>),
    Body {
        id: String,
        at_ms: u64,
        body: Vec<u8>,
        length: usize,
    },
    Flush(SyncSender<()>),
    Close,
    #[cfg(test)]
    Run(Box<dyn FnOnce(&Connection) + Send>),
}

impl Note {
    fn is_written(&self) -> bool {
        matches!(self, Self::Row(_) | Self::Body { .. })
    }

    /// Bytes that it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Row(row) => row.weight(),
            Self::Body { id, body, .. } => id.len().saturating_add(body.len()),
            _ => 0,
        }
    }
}

/// Accounts that are to be written with the next batch.
pub(super) type Accounts = Arc<Mutex<HashMap<Account, u64>>>;

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) notes: Receiver<Note>,
    pub(super) accounts: Accounts,
    pub(super) waiting_bytes: Arc<AtomicUsize>,
    pub(super) is_failing: Arc<AtomicBool>,
    pub(super) is_closing: Arc<AtomicBool>,
    pub(super) flush: Duration,
    pub(super) retention: Duration,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
}

/// What one transaction has come to.
#[derive(Default)]
struct Written {
    rows: u64,
    repeated: u64,
    bad: u64,
}

impl Writer {
    pub(super) fn run(self) {
        let mut batch: Vec<Note> = Vec::new();
        let mut due = Instant::now() + self.flush;
        let mut removal = Instant::now();
        loop {
            if self.is_closing.load(Ordering::Relaxed) {
                self.end(batch);
                return;
            }
            let left = due.saturating_duration_since(Instant::now());
            // A disk that takes nothing fills this batch, then the queue, and then what comes is lost.
            let note = if batch.len() < LARGEST_BATCH || !self.is_failing.load(Ordering::Relaxed) {
                self.next(left, !batch.is_empty())
            } else {
                std::thread::sleep(left.min(self.flush));
                Err(RecvTimeoutError::Timeout)
            };
            match note {
                Ok(Note::Flush(done)) => {
                    self.write(&mut batch);
                    let _ = done.send(());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.end(batch);
                    return;
                }
                Ok(Note::Close) => continue,
                #[cfg(test)]
                Ok(Note::Run(run)) => {
                    run(&self.connection);
                    continue;
                }
                Ok(note) => batch.push(note),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let failing = self.is_failing.load(Ordering::Relaxed);
            let full = batch.len() >= LARGEST_BATCH && !failing;
            if full || Instant::now() >= due {
                let wrote = self.write(&mut batch);
                due = Instant::now() + if wrote { self.flush } else { self.flush.max(RETRY) };
                if wrote && Instant::now() >= removal {
                    let more = self.remove();
                    removal = Instant::now() + if more { Duration::ZERO } else { REMOVAL };
                }
            }
        }
    }

    /// The next note. Notes that come close together wake this thread once: it `lingers` while it has some to write.
    fn next(&self, left: Duration, lingers: bool) -> Result<Note, RecvTimeoutError> {
        match self.notes.try_recv() {
            Ok(note) => Ok(note),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => {
                let pause = if lingers { LINGER.min(left) } else { Duration::ZERO };
                std::thread::sleep(pause);
                self.notes.recv_timeout(left.saturating_sub(pause))
            }
        }
    }

    /// Writes the batch and empties it; keeps it if the disk takes nothing.
    fn write(&self, batch: &mut Vec<Note>) -> bool {
        let accounts = std::mem::take(&mut *self.accounts.lock().unwrap_or_else(PoisonError::into_inner));
        if batch.is_empty() && accounts.is_empty() {
            return true;
        }
        let began = Instant::now();
        match self.transaction(batch, &accounts) {
            Ok(written) => {
                self.metrics.flushed(began.elapsed());
                self.metrics.rows.inc_by(written.rows);
                self.metrics.repeated.inc_by(written.repeated);
                self.metrics.lose(Lost::BadRow, written.bad);
                self.let_go(batch);
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    say("is written again");
                }
                true
            }
            Err(error) => {
                let mut newer = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
                for (account, used) in accounts {
                    newer.entry(account).or_insert(used);
                }
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    say(&format!(
                        "cannot be written: {error}; requests go on, and what does not fit in memory is counted in \
                         penstock_ledger_lost_total"
                    ));
                }
                false
            }
        }
    }

    fn transaction(
        &self,
        batch: &[Note],
        accounts: &HashMap<Account, u64>,
    ) -> Result<Written, rusqlite::Error> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut written = Written::default();
        for note in batch {
            let done = match note {
                Note::Row(row) => schema::insert(&transaction, row).map(|count| (count, true)),
                Note::Body {
                    id,
                    at_ms,
                    body,
                    length,
                } => {
                    schema::insert_body(&transaction, (id, *at_ms), body, *length).map(|count| (count, false))
                }
                _ => continue,
            };
            match done {
                Ok((1, true)) => written.rows += 1,
                Ok((_, true)) => written.repeated += 1,
                Ok((_, false)) => {}
                Err(error) if is_the_rows_own(&error) => written.bad += 1,
                Err(error) => return Err(error),
            }
        }
        for (account, used) in accounts {
            schema::save_account(&transaction, account, *used)?;
        }
        transaction.commit()?;
        Ok(written)
    }

    fn let_go(&self, batch: &mut Vec<Note>) {
        let weight = batch.iter().map(Note::weight).sum();
        self.waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
        self.metrics
            .queue
            .dec_by(i64::try_from(batch.len()).unwrap_or(i64::MAX));
        batch.clear();
    }

    /// Removes some of what is too old. Whether there may be more.
    fn remove(&self) -> bool {
        let now_ms = (self.clock)();
        let retention = u64::try_from(self.retention.as_millis()).unwrap_or(u64::MAX);
        let removed = schema::expire(
            &self.connection,
            now_ms.saturating_sub(retention),
            now_ms,
            LARGEST_REMOVAL,
        );
        removed.is_ok_and(|count| i64::try_from(count).is_ok_and(|count| count >= LARGEST_REMOVAL))
    }

    /// Writes what has come, once.
    fn end(&self, mut batch: Vec<Note>) {
        while let Ok(note) = self.notes.try_recv() {
            if note.is_written() {
                batch.push(note);
            }
        }
        if !self.write(&mut batch) {
            self.metrics
                .lose(Lost::Disk, u64::try_from(batch.len()).unwrap_or(u64::MAX));
            self.let_go(&mut batch);
        }
    }
}

/// Whether trying again cannot help.
fn is_the_rows_own(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
    )
}

fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "penstock-ext-proc: the ledger {what}");
}
