use std::ops::Range;

use crate::Entity;

/// How sure a recogniser is, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(pub u8);

impl Score {
    /// The shape fits much that is no personal data: only words around it make it worth a finding.
    pub const WEAK: Self = Self(20);
    /// A checksum that one in ten passes, or a shape that is not rare.
    pub const LIKELY: Self = Self(45);
    /// A shape or a checksum that little else has.
    pub const STRONG: Self = Self(70);
    /// A shape and a checksum that nothing else has.
    pub const CERTAIN: Self = Self(95);
    /// What counts as found unless the configuration says otherwise.
    pub const THRESHOLD: Self = Self(50);

    const RAISE: u8 = 40;
    const LOWER: u8 = 40;

    pub(crate) fn raised(self) -> Self {
        Self(self.0.saturating_add(Self::RAISE).min(100))
    }

    pub(crate) fn lowered(self) -> Self {
        Self(self.0.saturating_sub(Self::LOWER))
    }
}

/// Personal data found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of which kind.
    pub entity: Entity,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// How sure it is.
    pub score: Score,
}
