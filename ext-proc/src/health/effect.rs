//! What an attempt says of its target.

use penstock_client::trail::Stop;

/// What an attempt says of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It works.
    Success,
    /// It does not.
    Failure,
    /// It refuses for its limits, which is no failure: it is spared for a while.
    Limited,
    /// Nothing: the request itself was at fault, or the client left.
    Nothing,
}

impl Effect {
    /// Of an attempt. `cut`: its answer broke off after its beginning. `client_credential`: it was asked with the
    /// client's own, so that a refusal is about the client.
    pub fn of(stop: &Stop, cut: bool, client_credential: bool) -> Self {
        let outcome = stop.outcome.as_deref().unwrap_or_default();
        match outcome.parse::<u16>() {
            Ok(200..=299) if cut => Self::Failure,
            Ok(200..=299) => Self::Success,
            Ok(401..=404 | 405 | 410 | 429) if client_credential => Self::Nothing,
            Ok(429) => Self::Limited,
            // Our credential or account, or a model that is not there.
            Ok(401..=404 | 405 | 410) => Self::Failure,
            Ok(408 | 409 | 500..=599) => Self::Failure,
            // What is wrong with one request.
            Ok(400..=499) => Self::Nothing,
            // No API answers so.
            Ok(_) => Self::Failure,
            Err(_) => match outcome {
                "connect-failure" | "timeout" | "reset" | "malformed" | "incomplete" | "error" | "stall" => {
                    Self::Failure
                }
                _ => Self::Nothing,
            },
        }
    }

    /// As metrics have it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Limited => "rate_limited",
            Self::Nothing => "no_verdict",
        }
    }
}
