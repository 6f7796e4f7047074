//! What is decided about a request.

use penstock_flow::LocalReply;
use penstock_plan::Decision;

use crate::{cache::Wanted, receipt::Receipt};

/// What is decided about a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It goes to these targets.
    Go {
        /// Where.
        decision: Box<Decision>,
        /// What is reserved.
        receipt: Box<Receipt>,
        /// What is to become of the answer; none if it is not kept.
        wanted: Option<Box<Wanted>>,
    },
    /// The service answers it.
    Reply {
        /// The answer, in the client's dialect.
        reply: LocalReply,
        /// What is to be remembered of a request that was refused.
        receipt: Option<Box<Receipt>>,
    },
}
