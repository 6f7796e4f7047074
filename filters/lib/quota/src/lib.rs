//! Limits: reserve, settle, refund, over windows that all workers of one Envoy share.
//!
//! A request *reserves* what it may cost over every limit that applies, all or none; when it ends, what it
//! really cost is *settled* and the rest goes back. A reservation that is never settled (the VM trapped) comes
//! back by itself once it is no longer renewed. Windows are fixed: one opens with its first reservation and
//! lasts its span. What is used beyond a limit is a debt that the next windows pay.
//!
//! All state is in a [`Shared`] store of values that are replaced by compare-and-swap, under a number of keys
//! that is fixed for ever: a flood of new names evicts what is idle and never what is active, and names
//! without a place share one window, which is stricter than one each and never looser.
//!
//! Where several Envoys share limits, a service grants each of them a part: see [`Table::leased`] and [`wire`].
//!
//! Amounts are whole numbers of whatever a limit counts (tokens, requests); times are milliseconds since the
//! Unix epoch and come in as arguments. Nothing here reads a clock, draws a random number or calls a host.

mod account;
mod bucket;
mod claim;
mod code;
mod debt;
mod histogram;
mod hold;
mod key;
mod lease;
mod settle;
mod shared;
mod table;
pub mod wire;

pub use claim::{Claim, Refused, Span, Standing};
pub use hold::Reservation;
pub use key::Key;
pub use lease::{MOST_LABEL, Report, elect};
pub use shared::{Shared, Version, update};
pub use table::Table;
