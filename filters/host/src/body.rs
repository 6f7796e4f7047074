//! Bodies that a filter wants whole.

/// How much is here of a body that is wanted whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered {
    /// Not all of it yet: it is to be held.
    Part,
    /// All of it.
    Whole,
    /// More than is taken, whether or not more is to come.
    TooLarge,
}

impl Gathered {
    /// Looks at a body of which `size` bytes are held, the last of them if it is the `end_of_stream`; `limit` bytes are
    /// taken. Where trailers follow, no call says that a body has ended.
    pub fn of(size: usize, end_of_stream: bool, limit: u64) -> Self {
        if u64::try_from(size).is_ok_and(|size| size > limit) {
            Self::TooLarge
        } else if end_of_stream {
            Self::Whole
        } else {
            Self::Part
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_too_large_from_one_byte_over_the_limit_also_at_its_end() {
        for (size, end_of_stream, gathered) in [
            (0, false, Gathered::Part),
            (0, true, Gathered::Whole),
            (10, false, Gathered::Part),
            (10, true, Gathered::Whole),
            (11, false, Gathered::TooLarge),
            (11, true, Gathered::TooLarge),
        ] {
            assert_eq!(
                Gathered::of(size, end_of_stream, 10),
                gathered,
                "{size} {end_of_stream}"
            );
        }
    }
}
