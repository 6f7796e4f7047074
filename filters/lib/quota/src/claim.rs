//! What a request asks of a limit, and how the limit stands.

use crate::Key;

/// How long a limit counts what it admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Until the window is over, which opens with its first reservation and lasts `ms`.
    Window {
        /// Milliseconds; zero counts as one.
        ms: u64,
    },
    /// Until it is settled: a limit on what is under way at once.
    Concurrent,
}

impl Span {
    /// Milliseconds of the window; zero where there is none.
    pub(crate) fn millis(self) -> u64 {
        match self {
            Self::Window { ms } => ms.max(1),
            Self::Concurrent => 0,
        }
    }
}

/// What one request asks of one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which window. The claims of one reservation have different keys.
    pub key: Key,
    /// Most that the window admits.
    pub limit: u64,
    /// What to reserve.
    pub amount: u64,
    /// How long the limit counts.
    pub span: Span,
    /// Only report what the limit would have refused: such a claim is admitted without being counted.
    pub shadow: bool,
    /// What a service that grants leases calls the window: the limit's name and the values it is counted for. Kept
    /// only in a table whose limits are leased, and no more of it than [`MOST_LABEL`](crate::MOST_LABEL) bytes.
    pub label: String,
    /// The part of the limit that is admitted without a valid grant, in thousandths, where it is not the table's.
    pub share: Option<u32>,
}

/// How a limit stands after a reservation, or instead of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Most that the window admits.
    pub limit: u64,
    /// What it still admits.
    pub remaining: u64,
    /// What it has left beyond that, and a service has not granted.
    pub ungranted: u64,
    /// Milliseconds until the window is over; zero where nothing is counted or the limit has no window.
    pub reset_ms: u64,
    /// The claim did not fit; where it was admitted all the same, the limit is a shadow.
    pub exceeded: bool,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Waiting never helps.
    #[error("{amount} exceeds the limit of {limit}")]
    Never {
        /// Index of the claim.
        claim: usize,
        /// Its limit.
        limit: u64,
        /// What it asks for.
        amount: u64,
    },
    /// There is not enough left now.
    #[error("nothing left for {retry_after_ms} ms")]
    Later {
        /// Index of the claim that has to wait longest.
        claim: usize,
        /// Milliseconds until asking again makes sense.
        retry_after_ms: u64,
        /// How each limit stands.
        standings: Vec<Standing>,
    },
    /// Other workers were always first. Nobody should ever see it; asking again at once makes sense.
    #[error("the limits changed too often to reserve")]
    Contended,
}
