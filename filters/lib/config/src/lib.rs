//! The one definition of `penstock.yaml`, and the slices of it that parts of Penstock are given.
//!
//! With the feature `file` (default) it reads and checks `penstock.yaml`; filters leave that out and only
//! parse their slice, which `penstock render` has written and which is therefore already checked.

pub mod slice;
