//! schema-translation: lets a client of one chat API use providers of another, and moves on when one fails.
//!
//! One module in two roles. The *front* instance stands among Envoy's downstream filters and settles the plan
//! of each request; the *back* instance stands in each provider's cluster, where Envoy runs it once an
//! attempt, and translates, watches the answer and says what comes next. Envoy does the retrying.
//!
//! It refuses to show a cut stream as a success, to let a header of the client's reach a provider that is
//! not meant for it, and to drop in silence what a provider cannot express. It keeps nothing between requests.

pub mod back;
mod classify;
mod cost;
pub mod credential;
mod decided;
pub mod front;
mod header;
mod metrics;
mod models;
mod remaining;
#[cfg(target_arch = "wasm32")]
mod shell;
pub mod state;
