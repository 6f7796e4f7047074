//! What happens to a limit while nobody can be asked how it stands.

use serde::Serialize;

/// What happens to a limit while nobody can be asked how it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fail {
    /// A part of it is admitted.
    #[default]
    Open,
    /// Nothing is admitted.
    Closed,
}

/// As they are written.
pub(crate) const FAILS: [(&str, Fail); 2] = [("open", Fail::Open), ("closed", Fail::Closed)];

pub(crate) fn is_open(fail: &Fail) -> bool {
    *fail == Fail::Open
}
