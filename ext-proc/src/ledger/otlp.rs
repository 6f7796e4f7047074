//! Tells a collector of each request: one log record, OTLP over gRPC, with the attributes of OpenTelemetry's conventions
//! for generative AI.
//!
//! Off the way of requests: records wait in a bounded queue, are sent in batches, and wait longer each time the
//! collector is away. What does not fit meanwhile is counted and lost.

mod record;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::logs::v1::{ExportLogsServiceRequest, logs_service_client::LogsServiceClient},
    logs::v1::{ResourceLogs, ScopeLogs},
};
use tokio::{
    sync::{
        mpsc::{Receiver, Sender, channel},
        watch,
    },
    task::JoinHandle,
};
use tonic::{Status, metadata::MetadataMap, transport::Channel};

use super::{
    metrics::{Lost, Metrics},
    row::Row,
};
use crate::collector::{self, CollectorError, Settings, is_worth_another_try};

/// Most records that wait.
const LONGEST_QUEUE: usize = 8_192;
/// Most records of one call.
const LARGEST_BATCH: usize = 512;
/// How long a record waits for others.
const LINGER: Duration = Duration::from_secs(1);
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
/// Between two tries at the end.
const LAST_BACK_OFF: Duration = Duration::from_millis(100);

/// Where records are left for the collector.
#[derive(Debug)]
pub struct Exporter {
    /// None after the end.
    rows: Mutex<Option<Sender<Arc<Row>>>>,
    is_ending: watch::Sender<bool>,
    /// Records that were left here and of which it is not known what became of them.
    unknown: Arc<AtomicU64>,
    task: Mutex<Option<JoinHandle<()>>>,
    metrics: Metrics,
}

impl Exporter {
    /// Starts to export on the runtime that this is called from. It connects when there is something to tell.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(settings: Settings, metrics: Metrics) -> Result<Self, CollectorError> {
        let headers = settings.metadata()?;
        let channel = settings.connect()?;
        let (rows, waiting) = channel_of_rows();
        let (is_ending, ending) = watch::channel(false);
        let unknown = Arc::new(AtomicU64::new(0));
        let task = Task {
            client: LogsServiceClient::new(channel),
            headers,
            instance: settings.instance,
            ending,
            unknown: Arc::clone(&unknown),
            metrics: metrics.clone(),
        };
        let task = tokio::spawn(task.run(waiting));
        Ok(Self {
            rows: Mutex::new(Some(rows)),
            is_ending,
            unknown,
            task: Mutex::new(Some(task)),
            metrics,
        })
    }

    pub(super) fn export(&self, row: Arc<Row>) {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rows) = rows.as_ref() else {
            self.metrics.lose(Lost::CollectorClosed, 1);
            return;
        };
        self.unknown.fetch_add(1, Ordering::Relaxed);
        if rows.try_send(row).is_err() {
            self.unknown.fetch_sub(1, Ordering::Relaxed);
            self.metrics.lose(Lost::CollectorQueueFull, 1);
        }
    }

    /// Tells what waits, for at most `limit`: how many records were not taken by then, which are lost.
    pub(super) async fn close(&self, limit: Duration) -> u64 {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The task ends when it has told all that is in the queue.
        drop(rows);
        self.is_ending.send_replace(true);
        let Some(mut task) = task else { return 0 };
        if tokio::time::timeout(limit, &mut task).await.is_err() {
            task.abort();
            let _ = task.await;
        }
        let lost = self.unknown.swap(0, Ordering::Relaxed);
        self.metrics.lose(Lost::CollectorClosed, lost);
        lost
    }
}

fn channel_of_rows() -> (Sender<Arc<Row>>, Receiver<Arc<Row>>) {
    channel(LONGEST_QUEUE)
}

struct Task {
    client: LogsServiceClient<Channel>,
    headers: MetadataMap,
    instance: String,
    ending: watch::Receiver<bool>,
    unknown: Arc<AtomicU64>,
    metrics: Metrics,
}

impl Task {
    async fn run(mut self, mut waiting: Receiver<Arc<Row>>) {
        let mut batch = Vec::new();
        while let Some(row) = waiting.recv().await {
            batch.push(row);
            let full = async {
                while batch.len() < LARGEST_BATCH {
                    let Some(row) = waiting.recv().await else { return };
                    batch.push(row);
                }
            };
            let _ = tokio::time::timeout(LINGER, full).await;
            self.deliver(&batch).await;
            let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            self.unknown.fetch_sub(count, Ordering::Relaxed);
            batch.clear();
        }
    }

    /// Tries until the collector has taken the batch or says that it never will.
    async fn deliver(&mut self, batch: &[Arc<Row>]) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let mut back_off = FIRST_BACK_OFF;
        loop {
            match self.call(batch).await {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.metrics.lose(Lost::CollectorRefused, rejected);
                    self.metrics.exported.inc_by(count.saturating_sub(rejected));
                    return;
                }
                Err(status) if is_worth_another_try(status.code()) => {
                    let jitter = back_off.mul_f64(fastrand::f64() / 2.0);
                    if *self.ending.borrow() {
                        tokio::time::sleep(LAST_BACK_OFF).await;
                        continue;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(back_off.saturating_add(jitter)) => {}
                        // A sender that is gone means the end as well.
                        _ = self.ending.changed() => {}
                    }
                    back_off = back_off.saturating_mul(2).min(LONGEST_BACK_OFF);
                }
                Err(_) => {
                    self.metrics.lose(Lost::CollectorRefused, count);
                    return;
                }
            }
        }
    }

    /// How many records the collector has rejected.
    async fn call(&mut self, batch: &[Arc<Row>]) -> Result<u64, Status> {
        let logs = ScopeLogs {
            scope: Some(collector::scope()),
            log_records: batch.iter().map(|row| record::record(row)).collect(),
            ..ScopeLogs::default()
        };
        let logs = ResourceLogs {
            resource: Some(collector::resource(&self.instance)),
            scope_logs: vec![logs],
            ..ResourceLogs::default()
        };
        let message = ExportLogsServiceRequest {
            resource_logs: vec![logs],
        };
        let response = self
            .client
            .export(collector::request(message, &self.headers))
            .await?;
        let partial = response.into_inner().partial_success.unwrap_or_default();
        Ok(u64::try_from(partial.rejected_log_records).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
