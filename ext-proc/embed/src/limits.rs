use std::{
    num::{NonZeroU16, NonZeroUsize},
    time::Duration,
};

/// What bounds an embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time of one text, waiting included. After it the caller goes on; a vector that comes later is kept all the
    /// same.
    pub budget: Duration,
    /// Most texts that wait.
    pub queue: NonZeroU16,
    /// Most texts that are embedded at once.
    pub batch: NonZeroU16,
    /// Most bytes of a text.
    pub largest_text: usize,
    /// Most vectors that are kept, so that the same text need not be embedded again. Each takes four bytes a dimension.
    pub recent: NonZeroUsize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            budget: Duration::from_millis(100),
            queue: const { NonZeroU16::new(128).unwrap() },
            batch: const { NonZeroU16::new(32).unwrap() },
            largest_text: 16 * 1024,
            recent: const { NonZeroUsize::new(4_096).unwrap() },
        }
    }
}
