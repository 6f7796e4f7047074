//! The thread that writes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::file::{File, FileError};
use super::{Shared, lock, say};

/// Whoever stores an entry pays for waking the thread, so what comes close together is written together.
const LINGER: Duration = Duration::from_millis(20);
/// How soon a disk is tried again that took nothing.
const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    file: File,
    shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn new(file: File, shared: Arc<Shared>) -> Self {
        Self { file, shared }
    }

    pub(super) fn run(mut self) {
        loop {
            let pending = lock(&self.shared.pending);
            let idle = self.shared.wake.wait_while(pending, |pending| pending.is_idle());
            let mut pending = idle.unwrap_or_else(PoisonError::into_inner);
            let is_urgent = pending.is_closed() || pending.is_flushing();
            let wait = if self.is_failing() { RETRY } else { LINGER };
            if !is_urgent || (self.is_failing() && !pending.is_closed()) {
                let closing = self.shared.wake.wait_timeout_while(pending, wait, |pending| {
                    !pending.is_closed() && (!pending.is_flushing() || self.is_failing())
                });
                (pending, _) = closing.unwrap_or_else(PoisonError::into_inner);
            }
            drop(pending);
            self.write();
            let mut pending = lock(&self.shared.pending);
            if pending.is_closed() {
                pending.give_up_all();
                drop(pending);
                self.shared.done.notify_all();
                self.file.close();
                return;
            }
        }
    }

    /// Writes what is pending, or keeps it for later.
    fn write(&mut self) {
        let batch = lock(&self.shared.pending).take();
        match self.file.write(&batch) {
            Ok(()) => {
                lock(&self.shared.pending).wrote(&batch);
                if self.shared.is_failing.swap(false, Ordering::Relaxed) {
                    say("is written to disk again");
                }
            }
            Err(error) => {
                let is_broken = matches!(error, FileError::Broken(_));
                let begun = if is_broken {
                    self.file.begin_anew(&error)
                } else {
                    Err(error)
                };
                let mut pending = lock(&self.shared.pending);
                pending.take_back(batch);
                if is_broken {
                    pending.start_over();
                }
                drop(pending);
                self.shared.errors.fetch_add(1, Ordering::Relaxed);
                let was_failing = self.shared.is_failing.swap(true, Ordering::Relaxed);
                if let Err(error) = begun
                    && !was_failing
                {
                    say(&format!(
                        "cannot be written to disk: {error}; entries are kept in memory"
                    ));
                }
            }
        }
        self.shared.done.notify_all();
    }

    fn is_failing(&self) -> bool {
        self.shared.is_failing.load(Ordering::Relaxed)
    }
}
