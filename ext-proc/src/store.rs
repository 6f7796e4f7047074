//! Accounts that requests draw on: reserved before, settled after, all or none.
//!
//! An account is a cap over a window. One replica keeps them in memory; several share them in Redis. Amounts are
//! whole numbers of whatever the account counts. Times are milliseconds; the clock is the store's own.

use serde::{Deserialize, Serialize};

/// What is drawn on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Unique among all accounts: what it limits, and the values it is kept for. At most [`LONGEST_NAME`] bytes; who
    /// has more takes a hash.
    pub name: String,
    /// The window it is counted in.
    pub window: Window,
}

/// Most bytes of an account's name.
pub const LONGEST_NAME: usize = 200;

/// When an account begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// After so many milliseconds, counted from the Unix epoch by the store's clock.
    Every(u64),
    /// At `end_ms`; `start_ms` tells it from the one before. For days, weeks and months of a time zone.
    Until {
        /// Its beginning.
        start_ms: u64,
        /// Its end.
        end_ms: u64,
    },
    /// Never: it counts what is under way.
    Concurrent,
}

/// What one request takes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where from.
    pub account: Account,
    /// The most that all may use in a window.
    pub cap: u64,
    /// How much.
    pub amount: u64,
    /// What becomes of it if nobody settles it in time.
    pub unsettled: Unsettled,
    /// What happens while the shared store is away.
    pub fail: Fail,
}

/// What becomes of a reservation that nobody settles in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettled {
    /// It comes back.
    Returned,
    /// It counts as used: money may have been spent.
    Charged,
}

/// What happens while the shared store is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fail {
    /// This replica goes on by its own count, up to its local share of the cap.
    #[default]
    Open,
    /// Nothing is admitted.
    Closed,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is used in this window.
    pub used: u64,
    /// What is reserved on top of it.
    pub held: u64,
    /// Milliseconds until the window ends; zero if it has no end.
    pub reset_ms: u64,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The account of this claim has not enough left.
    Short {
        /// Index of the first claim that does not fit.
        claim: usize,
        /// How every claim's account stands.
        standings: Vec<Standing>,
    },
    /// The shared store is away, and this claim says that nothing goes on without it.
    Away {
        /// Index of the claim.
        claim: usize,
    },
}

/// What a request really took of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Where from.
    pub account: Account,
    /// What it had reserved; zero if nothing.
    pub held: u64,
    /// What it used.
    pub used: u64,
}
