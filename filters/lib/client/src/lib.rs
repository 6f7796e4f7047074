//! What every filter has to know of a request alike: who asks and what for, how it is refused in the client's own dialect,
//! and what its attempts have used.
//!
//! Every filter that stands before the provider reads a request's headers with [`Arrival`] and refuses with
//! [`Client`], so that a request meets the same checks and the same words whichever of them is configured.
//! Nothing here looks into a body or at anything that other requests have left.

mod arrival;
mod client;
mod endpoint;
pub mod excess;
pub mod identity;
mod printable;
pub mod time;
pub mod trail;
pub mod usage;

pub use arrival::Arrival;
pub use client::{Client, body_too_large};
pub use endpoint::Endpoint;
pub use printable::printable;
