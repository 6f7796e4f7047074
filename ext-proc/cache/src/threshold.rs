//! How close two texts must be, by what it has turned out to cost.
