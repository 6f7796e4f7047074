//! Removing entries from Redis.

use ::redis::{cmd, pipe};

use super::super::{Selection, StoreError};
use super::query::{self, IsWhole, Keys};
use super::{Redis, lock};

/// Entries that are removed at a time.
const PAGE: usize = 500;

impl Redis {
    /// Removes what is selected: how many entries. If an index covers all entries, it is asked; otherwise every key is
    /// looked at, since nothing may be left.
    pub(super) async fn remove_selected(&self, what: &Selection) -> Result<u64, StoreError> {
        if let Some(key) = &what.key {
            return self.remove_those(what, &[self.entry_key(key)]).await;
        }
        match self.whole_index().await? {
            Some(index) => self.remove_found(&index, what).await,
            None => self.remove_scanned(what).await,
        }
    }

    /// An index that covers all entries.
    async fn whole_index(&self) -> Result<Option<String>, StoreError> {
        let dimension = lock(&self.indexed).iter().next().copied();
        let Some(dimension) = dimension else {
            return Ok(None);
        };
        let index = self.index(dimension);
        match self.link.query(cmd("FT.INFO").arg(&index)).await {
            Ok(IsWhole(true)) => Ok(Some(index)),
            Ok(IsWhole(false)) | Err(StoreError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn remove_found(&self, index: &str, what: &Selection) -> Result<u64, StoreError> {
        let (mut removed, mut passed) = (0, 0);
        loop {
            let Keys(keys) = self
                .link
                .query(&query::select(index, what, (passed, PAGE)))
                .await?;
            if keys.is_empty() {
                return Ok(removed);
            }
            let count = self.unlink(&keys).await?;
            removed += count;
            // What has expired meanwhile may still be in the index, and is found again and again.
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            passed += keys.len().saturating_sub(count);
        }
    }

    async fn remove_scanned(&self, what: &Selection) -> Result<u64, StoreError> {
        let pattern = format!("{}:e:*", literally(&self.prefix));
        let (mut removed, mut cursor) = (0, 0_u64);
        loop {
            let mut command = cmd("SCAN");
            command
                .arg(cursor)
                .arg("MATCH")
                .arg(&pattern)
                .arg("COUNT")
                .arg(PAGE);
            let (next, keys): (u64, Vec<String>) = self.link.query(&command).await?;
            removed += self.remove_those(what, &keys).await?;
            if next == 0 {
                return Ok(removed);
            }
            cursor = next;
        }
    }

    /// Removes those of `keys` whose entries are selected.
    async fn remove_those(&self, what: &Selection, keys: &[String]) -> Result<u64, StoreError> {
        if keys.is_empty() {
            return Ok(0);
        }
        let mut commands = pipe();
        for key in keys {
            commands.cmd("HMGET").arg(key).arg(&query::SELECTED);
        }
        let values: Vec<Vec<Option<String>>> = self.link.query_all(&commands).await?;
        let selected = keys
            .iter()
            .zip(&values)
            .filter(|(_, values)| query::selected(what, values));
        let selected: Vec<String> = selected.map(|(key, _)| key.clone()).collect();
        self.unlink(&selected).await
    }

    async fn unlink(&self, keys: &[String]) -> Result<u64, StoreError> {
        if keys.is_empty() {
            return Ok(0);
        }
        self.link.query(cmd("UNLINK").arg(keys)).await
    }
}

/// A pattern that matches a text and nothing else.
fn literally(text: &str) -> String {
    let escaped = text.chars().flat_map(|character| {
        let escape = matches!(character, '*' | '?' | '[' | ']' | '^' | '\\').then_some('\\');
        escape.into_iter().chain([character])
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use super::literally;

    #[test]
    fn a_pattern_of_a_text_matches_it_alone() {
        assert_eq!(literally("a*b?[c]\\"), "a\\*b\\?\\[c\\]\\\\");
    }
}
