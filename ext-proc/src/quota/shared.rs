//! Windows in Redis, which several replicas share: read, changed here, and written if nobody else was quicker.
//!
//! So there is one definition of how a window is shared out, whoever keeps it.

use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use super::pool::{Pool, Terms};
use crate::store::Link;

/// Windows of one script call, so that none keeps Redis busy for long.
const BATCH: usize = 64;
/// How often a window is tried again that another replica has changed meanwhile.
const ROUNDS: usize = 8;
/// Longest wait before the second try; it grows with each.
const STEP: Duration = Duration::from_millis(2);

/// Redis does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away;

/// Windows in Redis.
pub(super) struct Shared {
    link: Arc<Link>,
    prefix: String,
    lookup: Script,
    replace: Script,
}

impl Shared {
    pub(super) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            prefix: format!("{{{prefix}}}"),
            lookup: Script::new(include_str!("lookup.lua")),
            replace: Script::new(include_str!("replace.lua")),
        }
    }

    /// Changes the windows of `keys`. `change` is given the index of a key, its window and the time; it may be asked
    /// again for the same one, and its last answer holds. A window that others change all the time is left out.
    pub(super) async fn update<T>(
        &self,
        keys: &[&[u8]],
        terms: Terms,
        mut change: impl FnMut(usize, &mut Pool, u64) -> T,
    ) -> Result<Vec<Option<T>>, Away> {
        let mut results: Vec<Option<T>> = keys.iter().map(|_| None).collect();
        let all: Vec<usize> = (0..keys.len()).collect();
        for batch in all.chunks(BATCH) {
            let mut left = batch.to_vec();
            for round in 0..ROUNDS {
                if left.is_empty() {
                    break;
                }
                if round > 0 {
                    // Those who are in each other's way must not all come back at once.
                    let step = STEP.saturating_mul(1 << round.min(4));
                    tokio::time::sleep(step.mul_f64(fastrand::f64())).await;
                }
                left = self.round(keys, &left, terms, &mut change, &mut results).await?;
            }
        }
        Ok(results)
    }

    /// Gives those of `indexes` that have to be tried again.
    async fn round<T>(
        &self,
        keys: &[&[u8]],
        indexes: &[usize],
        terms: Terms,
        change: &mut impl FnMut(usize, &mut Pool, u64) -> T,
        results: &mut [Option<T>],
    ) -> Result<Vec<usize>, Away> {
        let names: Vec<String> = indexes
            .iter()
            .filter_map(|index| keys.get(*index))
            .map(|key| self.name(key))
            .collect();
        let mut call = self.lookup.prepare_invoke();
        for name in &names {
            call.key(name);
        }
        let answer: Vec<String> = self.link.run(&call).await.map_err(|_| Away)?;
        let (clock, kept) = answer.split_first().ok_or(Away)?;
        let now_ms = clock.parse().map_err(|_| Away)?;
        let mut call = self.replace.prepare_invoke();
        let mut changed = Vec::with_capacity(indexes.len());
        for ((index, name), pair) in indexes.iter().zip(&names).zip(kept.chunks_exact(2)) {
            let [version, value] = pair else { return Err(Away) };
            // What cannot be read was written by another version of Penstock; the window begins anew.
            let mut pool: Pool = serde_json::from_str(value).unwrap_or_default();
            changed.push((*index, change(*index, &mut pool, now_ms)));
            let value = serde_json::to_string(&pool).map_err(|_| Away)?;
            call.key(name)
                .arg(version)
                .arg(fastrand::u64(..))
                .arg(value)
                .arg(pool.keep_ms(terms, now_ms));
        }
        let written: Vec<u8> = self.link.run(&call).await.map_err(|_| Away)?;
        let mut again = Vec::new();
        for ((index, result), written) in changed.into_iter().zip(written) {
            if written == 1 {
                if let Some(place) = results.get_mut(index) {
                    *place = Some(result);
                }
            } else {
                again.push(index);
            }
        }
        Ok(again)
    }

    fn name(&self, key: &[u8]) -> String {
        let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:lease:{digits}", self.prefix)
    }
}
