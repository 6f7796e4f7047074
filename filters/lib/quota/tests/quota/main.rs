//! What limits promise, whatever the workers do.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod crowd;
mod debts;
mod flood;
mod interleaving;
mod learning;
mod leases;
mod memory;
mod model;
mod passing;
mod turns;
mod windows;
mod wire;
