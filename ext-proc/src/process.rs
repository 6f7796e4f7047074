//! ext_proc: moves messages between Envoy and a [`Session`], and decides nothing.

use std::{pin::Pin, sync::Arc};

use envoy_types::pb::envoy::{
    config::core::v3::HeaderMap,
    extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode,
    service::ext_proc::v3::{
        ProcessingRequest, ProcessingResponse, external_processor_server::ExternalProcessor,
        processing_request,
    },
};
use futures_util::{FutureExt as _, Stream, stream};
use penstock_flow::Headers;
use tonic::{Request, Response, Status, Streaming};

pub(crate) mod answer;
pub(crate) mod metadata;
mod observe;

use crate::{
    caller::Caller,
    service::{Decided, Service, Waiting},
    session::{Event, Purpose, Session, Step},
};

/// The ext_proc service.
#[derive(Clone, Debug)]
pub struct Processor {
    service: Arc<Service>,
}

impl Processor {
    /// Decides with `service`.
    pub fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ExternalProcessor for Processor {
    type ProcessStream = Answers;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let stream = Conversation {
            service: Arc::clone(&self.service),
            session: Session::default(),
            messages: request.into_inner(),
            ahead: None,
            is_buffered: false,
            waiting: None,
            undelivered: None,
        };
        Ok(Response::new(Box::pin(stream::try_unfold(
            stream,
            |mut stream| async move {
                let answer = stream.next().await?;
                Ok(answer.map(|answer| (answer, stream)))
            },
        ))))
    }
}

struct Conversation {
    service: Arc<Service>,
    session: Session,
    messages: Streaming<ProcessingRequest>,
    /// The next message, if it has come already.
    ahead: Option<ProcessingRequest>,
    /// Bodies come whole.
    is_buffered: bool,
    /// A decision that is to come after Envoy has been told to wait for it.
    waiting: Option<Waiting>,
    /// The request of which Envoy has not got the decision.
    undelivered: Option<String>,
}

/// What was reserved for a decision that Envoy no longer waits for comes back.
impl Drop for Conversation {
    fn drop(&mut self) {
        if let Some(id) = self.undelivered.take() {
            self.service.release(&id);
        }
    }
}

impl Conversation {
    /// The answer to the next message; none when Envoy has said all it will.
    async fn next(&mut self) -> Result<Option<ProcessingResponse>, Status> {
        if let Some(waiting) = self.waiting.take() {
            let verdict = waiting.await;
            self.delivered()?;
            return Ok(Some(answer::verdict(verdict)));
        }
        let message = match self.ahead.take() {
            Some(message) => message,
            None => match self.messages.message().await? {
                Some(message) => message,
                None => return Ok(None),
            },
        };
        if message.observability_mode {
            observe::observe(&self.service, message, &mut self.messages).await;
            return Ok(None);
        }
        if let Some(protocol) = &message.protocol_config {
            self.is_buffered = protocol.request_body_mode() == BodySendMode::Buffered;
        }
        let snapshot = self.service.snapshot();
        let admits_unasked = !snapshot.config.needs_key();
        let event = event(message, self.is_buffered, admits_unasked, |headers, metadata| {
            snapshot.caller(headers, metadata)
        });
        match self.session.on(event, snapshot.policy_version()) {
            Step::Pass(part) => Ok(Some(answer::pass(part))),
            Step::Refuse(reply) => Ok(Some(answer::reply(reply, None))),
            Step::Fail(reason) => Err(Status::invalid_argument(reason)),
            Step::Tell(question) => Ok(Some(self.decided(Arc::clone(&self.service).tell(question)))),
            Step::Decide(question) => {
                if question.purpose == Purpose::Chat {
                    self.undelivered = Some(question.client.request_id.clone());
                }
                let decided = self.service.decide(question).await;
                if matches!(decided, Decided::Now(_)) {
                    self.delivered()?;
                }
                Ok(Some(self.decided(decided)))
            }
        }
    }

    /// Envoy still waits: what is answered now it hears. It ends its side only when it has heard all, or has given up.
    fn delivered(&mut self) -> Result<(), Status> {
        match self.messages.message().now_or_never() {
            Some(Ok(Some(message))) => self.ahead = Some(message),
            Some(Ok(None) | Err(_)) => {
                return Err(Status::cancelled("nobody waits for the decision any more"));
            }
            None => {}
        }
        self.undelivered = None;
        Ok(())
    }

    fn decided(&mut self, decided: Decided) -> ProcessingResponse {
        match decided {
            Decided::Now(verdict) => answer::verdict(*verdict),
            Decided::Later { at_most, waiting } => {
                self.waiting = Some(waiting);
                answer::wait(at_most)
            }
        }
    }
}

/// A message as the session knows it.
fn event(
    message: ProcessingRequest,
    is_buffered: bool,
    admits_unasked: bool,
    caller: impl FnOnce(&Headers, &Metadata) -> Option<Caller>,
) -> Event {
    let context = Metadata::new(message.metadata_context);
    match message.request {
        Some(processing_request::Request::RequestHeaders(part)) => {
            let headers = headers(part.headers.unwrap_or_default());
            Event::Headers {
                caller: caller(&headers, &context).map(Box::new),
                headers,
                admits_unasked,
                end_of_stream: part.end_of_stream,
            }
        }
        // A whole body without the stream's end is one that trailers follow.
        Some(processing_request::Request::RequestBody(part)) => {
            if is_buffered || part.end_of_stream {
                Event::Body(part.body)
            } else {
                Event::Piece
            }
        }
        _ => Event::Other,
    }
}

/// Envoy sends values as bytes; older ones as text.
pub(crate) fn headers(map: HeaderMap) -> Headers {
    map.headers
        .iter()
        .map(|header| {
            let value = if header.raw_value.is_empty() {
                header.value.as_bytes()
            } else {
                &header.raw_value
            };
            (header.key.as_bytes(), value)
        })
        .collect()
}

pub use metadata::{Metadata, words};

#[cfg(test)]
mod tests;
