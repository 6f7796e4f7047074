//! Hears from Envoy how each request went: the server of its gRPC access log.
//!
//! Every Envoy keeps a stream open and sends entries in batches. Each becomes an [`Outcome`] and is handed on at once;
//! whoever takes it must not block. Nothing is answered: a stream that breaks is opened anew by Envoy. When the service
//! is to end, streams end with it, since Envoy never ends one.

mod entry;
mod filter_state;
mod flags;
mod metrics;

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use envoy_types::pb::envoy::service::accesslog::v3::{
    StreamAccessLogsMessage, StreamAccessLogsResponse,
    access_log_service_server::{AccessLogService, AccessLogServiceServer},
    stream_access_logs_message::{HttpAccessLogEntries, Identifier, LogEntries},
};
use envoy_types::pb::google::protobuf::value::Kind;
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming};

pub use self::{
    entry::{Part, Reading, read},
    metrics::Metrics,
};
use crate::outcome::Outcome;

/// Most bytes of one message. Envoy sends about 16 KiB, and the names of all its extensions before the first.
const LONGEST_MESSAGE: usize = 4 << 20;
/// Entries that are read without a pause: a batch of Envoy's takes a millisecond and more.
const PIECE: usize = 4;
/// Longer than Envoy keeps entries before it sends them, which is a tenth of a second.
const QUIET: Duration = Duration::from_millis(500);
/// A busy proxy is never quiet. Just behind a message is the best place to end: the next is a tenth of a second away,
/// and goes to another replica.
const LONGEST_END: Duration = Duration::from_secs(1);
/// The namespace of a node's metadata, and the key in it, that say what configuration the node has.
const NODE: (&str, &str) = ("penstock", "policy_version");

/// Who takes what was read. It must not block.
pub type Sink = Arc<dyn Fn(Outcome) + Send + Sync>;

/// Comes to its end when there is room for what another message holds.
pub type Room = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The server of Envoy's gRPC access log.
#[derive(Clone)]
pub struct AccessLog {
    sink: Sink,
    room: Room,
    metrics: Metrics,
    end: watch::Receiver<bool>,
}

impl AccessLog {
    /// Hands every outcome to `sink`, and reads the next message of a stream when there is `room`: what comes meanwhile
    /// waits at Envoy. Once `end` is true, or nobody holds its other side, a stream that brings nothing for [`QUIET`] is
    /// ended.
    pub fn new(sink: Sink, room: Room, metrics: Metrics, end: watch::Receiver<bool>) -> Self {
        Self {
            sink,
            room,
            metrics,
            end,
        }
    }

    /// As tonic serves it.
    pub fn into_server(self) -> AccessLogServiceServer<Self> {
        AccessLogServiceServer::new(self).max_decoding_message_size(LONGEST_MESSAGE)
    }

    /// Takes one message of a stream whose node has announced `policy_version`.
    fn take(&self, message: StreamAccessLogsMessage, policy_version: &mut String) {
        if let Some(identifier) = &message.identifier {
            *policy_version = announced(identifier).unwrap_or_default();
        }
        match message.log_entries {
            Some(LogEntries::HttpLogs(logs)) => {
                for entry in &logs.log_entry {
                    let Some(reading) = read(entry, policy_version) else {
                        continue;
                    };
                    self.metrics.count(&reading);
                    if let Some(outcome) = reading.outcome {
                        (self.sink)(outcome);
                    }
                }
            }
            Some(LogEntries::TcpLogs(_)) | None => {}
        }
    }
}

/// The same in messages of a few entries each.
fn pieces(message: StreamAccessLogsMessage) -> impl Iterator<Item = StreamAccessLogsMessage> {
    let StreamAccessLogsMessage {
        mut identifier,
        log_entries,
    } = message;
    let mut entries = match log_entries {
        Some(LogEntries::HttpLogs(logs)) => logs.log_entry.into_iter(),
        Some(LogEntries::TcpLogs(_)) | None => Vec::new().into_iter(),
    };
    std::iter::from_fn(move || {
        let log_entry: Vec<_> = entries.by_ref().take(PIECE).collect();
        let is_over = log_entry.is_empty() && identifier.is_none();
        (!is_over).then(|| StreamAccessLogsMessage {
            identifier: identifier.take(),
            log_entries: Some(LogEntries::HttpLogs(HttpAccessLogEntries { log_entry })),
        })
    })
}

fn announced(identifier: &Identifier) -> Option<String> {
    let metadata = identifier.node.as_ref()?.metadata.as_ref()?;
    let Some(Kind::StructValue(ours)) = metadata.fields.get(NODE.0)?.kind.as_ref() else {
        return None;
    };
    match ours.fields.get(NODE.1)?.kind.as_ref() {
        Some(Kind::StringValue(version)) => Some(entry::bounded(version, entry::LONGEST_VERSION)),
        _ => None,
    }
}

/// Waits until it is to end, and for [`QUIET`] from now or then.
async fn quiet_at_the_end(end: &mut watch::Receiver<bool>) {
    // Nobody is left to say so: it has ended.
    let _ = end.wait_for(|end| *end).await;
    tokio::time::sleep(QUIET).await;
}

#[tonic::async_trait]
impl AccessLogService for AccessLog {
    async fn stream_access_logs(
        &self,
        request: Request<Streaming<StreamAccessLogsMessage>>,
    ) -> Result<Response<StreamAccessLogsResponse>, Status> {
        let mut messages = request.into_inner();
        let mut policy_version = String::new();
        let mut end = self.end.clone();
        let mut ending: Option<Instant> = None;
        loop {
            let message = tokio::select! {
                biased;
                message = messages.message() => message?,
                () = quiet_at_the_end(&mut end) => None,
            };
            let Some(message) = message else { break };
            for piece in pieces(message) {
                self.take(piece, &mut policy_version);
                // Decisions wait for no batch.
                tokio::task::yield_now().await;
            }
            (self.room)().await;
            if *end.borrow() && ending.get_or_insert_with(Instant::now).elapsed() > LONGEST_END {
                break;
            }
        }
        Ok(Response::new(StreamAccessLogsResponse {}))
    }
}

#[cfg(test)]
mod tests;
