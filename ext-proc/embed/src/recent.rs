use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use hashlink::LruCache;
use sha2::{Digest as _, Sha256};

use crate::Vector;

/// The vectors of the texts that were embedded last. It holds no text.
pub(crate) struct Recent(Mutex<LruCache<Digest, Vector>>);

/// The SHA-256 of a text: two texts of the same digest would share a vector, so it must not be possible to make them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

impl Recent {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most.get())))
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Vector> {
        let mut vectors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vectors.get(digest).cloned()
    }

    pub(crate) fn keep(&self, digest: Digest, vector: Vector) {
        let mut vectors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vectors.insert(digest, vector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_that_was_used_longest_ago_goes_first() {
        let recent = Recent::new(NonZeroUsize::new(2).unwrap());
        let keep = |text| recent.keep(Digest::of(text), Vector::new(vec![1.0]).unwrap());
        let is_there = |text| recent.get(&Digest::of(text)).is_some();
        keep("a");
        keep("b");
        assert!(is_there("a"));
        keep("c");
        assert_eq!([is_there("a"), is_there("b"), is_there("c")], [true, false, true]);
    }
}
