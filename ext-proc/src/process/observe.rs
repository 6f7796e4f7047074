//! The other use of ext_proc: Envoy shows a request and its answer, and waits for nothing.

use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingRequest, processing_request::Request};
use penstock_plan::NAMESPACE;
use tonic::Streaming;

use super::{Metadata, headers};
use crate::{
    cache::{Observed, Seen, WANTED},
    service::Service,
    snapshot::Snapshot,
};

/// Looks on until Envoy has shown all, and keeps what is wanted.
pub(super) async fn observe(
    service: &Arc<Service>,
    first: ProcessingRequest,
    messages: &mut Streaming<ProcessingRequest>,
) {
    let Some(cache) = service.cache() else { return };
    let snapshot = service.snapshot();
    let most = usize::try_from(snapshot.config.limits.request_body.0).unwrap_or(usize::MAX);
    let mut observed = Observed::default();
    let mut next = Some(first);
    while let Some(message) = next {
        if let Some(seen) = seen(message, &snapshot) {
            let length = observed.length(&seen);
            service
                .read(length, || observed.on(seen, cache, &snapshot, most))
                .await;
        }
        // Envoy leaves the stream open for a while after the answer's end.
        if observed.is_over() {
            break;
        }
        next = messages.message().await.ok().flatten();
    }
    if let Some(filled) = observed.end() {
        service.fill(filled).await;
    }
}

fn seen(message: ProcessingRequest, snapshot: &Snapshot) -> Option<Seen> {
    let context = Metadata::new(message.metadata_context);
    Some(match message.request? {
        Request::RequestHeaders(part) => {
            let headers = headers(part.headers.unwrap_or_default());
            let caller = snapshot.caller(&headers, &context).map(Box::new);
            let wanted = context.text(&[NAMESPACE, WANTED]);
            let wanted = wanted.and_then(|json| serde_json::from_str(json).ok());
            Seen::Request(headers, caller, wanted)
        }
        Request::RequestBody(part) => Seen::Asked(part.body, part.end_of_stream),
        Request::ResponseHeaders(part) => Seen::Answer(headers(part.headers.unwrap_or_default())),
        Request::ResponseBody(part) => Seen::Said(part.body, part.end_of_stream),
        Request::RequestTrailers(_) | Request::ResponseTrailers(_) => return None,
    })
}
