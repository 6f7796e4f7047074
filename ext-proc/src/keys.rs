//! Keys as the service knows them: who has shown which, and who is admitted.
//!
//! A key is known by its hash and nothing else. All reasons for which one is not admitted look alike from outside;
//! statistics tell them apart.

mod keyring;
mod metrics;
mod presented;
mod refusal;
mod ring;
mod watch;

pub use keyring::Keyring;
pub use metrics::KeyMetrics;
pub use presented::{Presented, Shown};
pub use refusal::{refuse, refuse_model};
pub use ring::{Admitted, Denied, Ring};
pub use watch::{Standing, watch};
