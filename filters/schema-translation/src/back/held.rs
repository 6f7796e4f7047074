//! How much all streams of one VM hold back together.

use std::cell::Cell;
use std::rc::Rc;

/// Envoy caps a VM at 1 GiB, and reaching it ends every stream of the worker; a quarter leaves room for the rest.
const MOST: u64 = 256 << 20;

/// What the streams of one VM hold back, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Pool(Rc<Cell<u64>>);

/// One stream's share of the pool, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    pool: Pool,
    bytes: u64,
}

impl Pool {
    pub(super) fn share(&self) -> Share {
        Share {
            pool: self.clone(),
            bytes: 0,
        }
    }
}

impl Share {
    /// Sets what the stream holds, if the pool has room for it.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let others = self.pool.0.get().saturating_sub(self.bytes);
        let total = others.saturating_add(bytes);
        if total > MOST {
            return false;
        }
        self.pool.0.set(total);
        self.bytes = bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_share_the_pool_and_give_their_share_back() {
        let pool = Pool::default();
        let (mut first, mut second) = (pool.share(), pool.share());
        let half = usize::try_from(MOST / 2).unwrap();
        assert!(first.hold(half) && first.hold(half), "a share is set, not added");
        assert!(!second.hold(half + 1));
        assert!(second.hold(half));
        drop(first);
        assert!(second.hold(half * 2));
        drop(second);
        assert_eq!(pool.0.get(), 0);
    }
}
