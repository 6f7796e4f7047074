//! Watches the keys in Redis. While Redis is away, those that are known stay in force.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use penstock_keys::shelf::{Content, Shelf, ShelfError};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{KeyMetrics, Keyring, metrics::Reload};

/// Between two looks at the version. A key that is revoked is refused within a second.
const LOOK: Duration = Duration::from_millis(250);
/// Everything is read this often whatever the version says, in case something has changed it that does not raise it.
const WHOLE: Duration = Duration::from_secs(60);

/// How the keys in Redis stand.
#[derive(Debug, Default)]
pub struct Standing(AtomicU8);

const UNREAD: u8 = 0;
const CURRENT: u8 = 1;
const STALE: u8 = 2;

impl Standing {
    /// Whether they have been read at all. Before that every holder of one would be refused, so nobody should be sent
    /// here.
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Relaxed) != UNREAD
    }

    /// A line for operators.
    pub fn describe(&self) -> &'static str {
        match self.0.load(Ordering::Relaxed) {
            UNREAD => "the keys in Redis have not been read yet",
            CURRENT => "the keys in Redis are known",
            _ => "the keys in Redis cannot be read; those that were known stay in force",
        }
    }

    fn current(&self) {
        self.0.store(CURRENT, Ordering::Relaxed);
    }

    /// Whether this is news.
    fn failed(&self) -> bool {
        let was = self
            .0
            .compare_exchange(CURRENT, STALE, Ordering::Relaxed, Ordering::Relaxed);
        was.is_ok()
    }
}

/// Watches `shelf` until the process ends, and hands what it holds to `keyring` whenever it has changed.
pub async fn watch(shelf: Shelf, keyring: Arc<Keyring>, standing: Arc<Standing>, metrics: KeyMetrics) {
    let mut known: Option<(u64, Instant)> = None;
    let mut told = false;
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !keyring.uses_shelf() {
            known = None;
            continue;
        }
        let result = look(&shelf, known).await;
        metrics.redis_up.set(match &result {
            Err(ShelfError::Redis(_)) => 0,
            _ => 1,
        });
        match result {
            Ok(None) => {}
            Ok(Some((version, content))) => {
                metrics.reloaded(Reload::Done);
                metrics.in_redis.set(gauge(content.keys.len()));
                metrics.unreadable.set(gauge(content.unreadable));
                if content.unreadable > 0 {
                    eprintln!(
                        "penstock-ext-proc: {} entries of penstock:keys in Redis are no keys and are left out",
                        content.unreadable
                    );
                }
                let keyring = Arc::clone(&keyring);
                let taken = tokio::task::spawn_blocking(move || keyring.take_shelf(content.keys)).await;
                known = taken.ok().map(|()| (version, Instant::now()));
                standing.current();
                told = false;
            }
            Err(error) => {
                known = None;
                metrics.reloaded(match error {
                    ShelfError::TooMany { .. } => Reload::TooMany,
                    _ => Reload::Failed,
                });
                if standing.failed() || !told {
                    told = true;
                    eprintln!(
                        "penstock-ext-proc: the keys in Redis cannot be read: {}",
                        reason(&error)
                    );
                }
            }
        }
    }
}

/// Everything, if it is not `known` already. The version is read first: what changes meanwhile is read the next time.
async fn look(shelf: &Shelf, known: Option<(u64, Instant)>) -> Result<Option<(u64, Content)>, ShelfError> {
    let version = shelf.version().await?;
    if known.is_some_and(|(last, read)| last == version && read.elapsed() < WHOLE) {
        return Ok(None);
    }
    Ok(Some((version, shelf.load().await?)))
}

fn reason(error: &ShelfError) -> String {
    match error {
        ShelfError::Redis(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
