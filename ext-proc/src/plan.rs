//! Where a request goes and in which order: what it needs, which targets can take it, and who of them is first.
//!
//! All of it is pure: time, chance, prices and health are arguments. It reads prompts and keeps none of their text.

pub mod chance;
pub mod decide;
pub mod needs;
mod order;
pub mod reason;
pub mod standing;

pub use self::{
    decide::{Ask, Planned, Turn, claim, plan},
    needs::Needs,
    reason::{Reason, refusal},
    standing::{Circuit, HealthView, Room, Standing},
};

#[cfg(test)]
mod tests;
