//! Virtual keys: how they are made, how they are written down, and where Redis keeps what is known of them.
//!
//! A key's text exists once, when it is made, and is never stored; everything here that is kept holds its hash.
//! What the command and the service share is here; who is admitted is the service's.

pub mod client;
pub mod expiry;
pub mod line;
pub mod secret;
pub mod shelf;
