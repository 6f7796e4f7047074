//! The one clock of client and provider.

use std::sync::LazyLock;
use std::time::Instant;

/// Nanoseconds since this was first asked for.
pub fn now_ns() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
