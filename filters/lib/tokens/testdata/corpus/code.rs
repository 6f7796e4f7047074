//! Tides.
use std::{collections::HashMap, fmt};

#[derive(Debug, Clone, PartialEq)]
pub struct Tide<'a> { harbour: &'a str, metres: f32 }

impl<'a> fmt::Display for Tide<'a> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:+.2} m", self.harbour, self.metres)
    }
}

pub fn highest<'a>(tides: &[Tide<'a>]) -> Option<&'a str> {
    let mut by: HashMap<_, Vec<_>> = HashMap::new();
    for t in tides { by.entry(t.harbour).or_default().push(t.metres); }
    by.into_iter().max_by(|(_, a), (_, b)| a[0].total_cmp(&b[0])).map(|(k, _)| k) // 'static? no
}
