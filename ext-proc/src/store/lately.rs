//! What this replica has reserved in the shared store and nobody has settled here: a release must name the accounts,
//! and the shared store knows them by account only.
//!
//! It is bounded: beyond the bound what would expire first is forgotten, and goes by its expiry.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Account;

/// Requests by id, with the accounts that each has drawn on.
#[derive(Debug)]
pub(super) struct Lately {
    most: usize,
    requests: HashMap<Arc<str>, Request>,
    expiries: BTreeSet<(u64, Arc<str>)>,
}

#[derive(Debug)]
struct Request {
    expires_ms: u64,
    accounts: Vec<Account>,
}

impl Lately {
    /// Keeps at most `most` requests.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            requests: HashMap::new(),
            expiries: BTreeSet::new(),
        }
    }

    /// Notes that `id` has drawn on `accounts` until `expires_ms`.
    pub(super) fn note(&mut self, id: &str, accounts: Vec<Account>, expires_ms: u64, now_ms: u64) {
        let mut accounts = accounts;
        accounts.extend(self.take(id));
        while self
            .expiries
            .first()
            .is_some_and(|(until_ms, _)| *until_ms <= now_ms || self.requests.len() >= self.most)
        {
            if let Some((_, id)) = self.expiries.pop_first() {
                self.requests.remove(&id);
            }
        }
        let id: Arc<str> = id.into();
        self.expiries.insert((expires_ms, id.clone()));
        let request = Request { expires_ms, accounts };
        self.requests.insert(id, request);
    }

    /// What `id` has drawn on, which is forgotten; nothing if that is not known.
    pub(super) fn take(&mut self, id: &str) -> Vec<Account> {
        let Some((id, request)) = self.requests.remove_entry(id) else {
            return Vec::new();
        };
        self.expiries.remove(&(request.expires_ms, id));
        request.accounts
    }
}

#[cfg(test)]
mod tests {
    use super::super::Window;
    use super::*;

    fn account(name: &str) -> Account {
        Account {
            name: name.to_owned(),
            window: Window::Concurrent,
        }
    }

    #[test]
    fn what_is_taken_is_forgotten() {
        let mut lately = Lately::new(10);
        lately.note("r", vec![account("a")], 1_000, 0);
        lately.note("r", vec![account("b")], 2_000, 0);
        assert_eq!(lately.take("r"), [account("b"), account("a")]);
        assert!(lately.take("r").is_empty());
        assert!(lately.expiries.is_empty());
    }

    #[test]
    fn no_more_are_kept_than_the_bound_and_none_beyond_its_expiry() {
        let mut lately = Lately::new(10);
        for number in 0..100_u64 {
            lately.note(&number.to_string(), vec![account("a")], 1_000 - number, 0);
            assert!(lately.requests.len() <= 10 && lately.expiries.len() <= 10);
        }
        // What expires first has gone first, the newest excepted.
        assert!(!lately.take("0").is_empty() && !lately.take("99").is_empty());
        lately.note("last", vec![account("a")], 3_000, 2_000);
        assert_eq!((lately.requests.len(), lately.expiries.len()), (1, 1));
    }
}
