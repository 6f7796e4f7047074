//! ext_authz: who is it that asks, and may they come in.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, authorization_server::Authorization,
};
use penstock_client::Arrival;
use penstock_flow::{Headers, LocalReply};
use tonic::{Request, Response, Status};

use crate::keys::{self, Admitted, Denied, KeyMetrics, Keyring, Presented, Ring, Shown};

mod message;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorized<'r> {
    /// It goes on.
    Allowed {
        /// Who asks; none where nobody is asked for a key.
        admitted: Option<&'r Admitted>,
        /// Headers that are to be taken from it, since they hold a key of ours. What else a client shows of credentials
        /// stays: a provider that takes the client's own needs it.
        remove: Vec<&'static str>,
    },
    /// It ends here.
    Denied {
        /// The answer, in the client's dialect.
        reply: LocalReply,
        /// Why, for statistics and the ledger.
        why: Denied,
    },
}

/// Decides by the headers of a request, at a time in milliseconds since the Unix epoch.
pub fn check<'r>(headers: &Headers, ring: &'r Ring, now_ms: u64) -> Authorized<'r> {
    let Shown { presented, carriers } = Shown::read(headers);
    let admitted = if !ring.is_guarded() {
        Ok(None)
    } else {
        match presented {
            Presented::Nothing => ring.admit(None, now_ms),
            Presented::Key(text) => ring.admit(Some(text), now_ms),
            // It is for a provider, if anybody may come in without a key of ours.
            Presented::Foreign => ring.anonymous().ok_or(Denied::Unknown),
            Presented::Ambiguous => Err(Denied::Ambiguous),
        }
        .map(Some)
    };
    match admitted {
        Ok(admitted) => Authorized::Allowed {
            admitted,
            remove: carriers,
        },
        Err(why) => Authorized::Denied {
            reply: keys::refuse(&Arrival::read(headers, ring.policy_version()).client),
            why,
        },
    }
}

/// The ext_authz service.
#[derive(Clone, Debug)]
pub struct AuthorizationService {
    keyring: Arc<Keyring>,
    metrics: KeyMetrics,
}

impl AuthorizationService {
    /// Admits whom `keyring` knows.
    pub fn new(keyring: Arc<Keyring>, metrics: KeyMetrics) -> Self {
        Self { keyring, metrics }
    }

    /// The answer to one request, at a time in milliseconds since the Unix epoch.
    pub fn answer(&self, request: CheckRequest, now_ms: u64) -> CheckResponse {
        // Without an answer Envoy may be told to let the request in, so there is always one.
        let headers = message::headers(request).unwrap_or_default();
        let ring = self.keyring.ring();
        match check(&headers, &ring, now_ms) {
            Authorized::Allowed { admitted, remove } => {
                match admitted {
                    Some(admitted) => self.metrics.admitted(admitted.caller.key.is_some()),
                    None => self.metrics.unguarded(),
                }
                message::allowed(admitted, &remove)
            }
            Authorized::Denied { reply, why } => {
                self.metrics.denied(why);
                message::denied(reply, why)
            }
        }
    }
}

#[tonic::async_trait]
impl Authorization for AuthorizationService {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(self.answer(request.into_inner(), now_ms())))
    }
}

fn now_ms() -> u64 {
    // Before 1970 every key that ends has ended: no clock is set like this, and nobody gains by it.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(u64::MAX, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests;
