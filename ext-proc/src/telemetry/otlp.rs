//! Sends a collector every metric that `/metrics` shows: OTLP over gRPC, with OpenTelemetry's own names.
//!
//! Values are sums since the start, so nothing is kept for a collector that is away: the next call tells all. It is
//! said once that it is away, and once that it is back.

mod metric;
mod text;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::{ExportMetricsServiceRequest, metrics_service_client::MetricsServiceClient},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::{Status, metadata::MetadataMap, transport::Channel};

use crate::collector::{self, CollectorError, Settings};

/// Most points of one call: a histogram takes some 400 bytes, and collectors take calls of 4 MiB.
const MOST_POINTS: usize = 4_000;

/// What `/metrics` shows; none once there is no service any more.
pub type Read = Box<dyn Fn() -> Option<String> + Send>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfExport {
    outcome: &'static str,
}

/// How often the collector was told.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    exports: Family<OfExport, Counter>,
}

impl Metrics {
    /// Makes it known.
    pub fn register(&self, registry: &mut Registry) {
        // An alert needs a zero to rise from.
        for taken in [true, false] {
            self.count(taken, 0);
        }
        registry.register(
            "penstock_metrics_exports",
            "Times that a collector was to be sent all metrics, by whether it took them",
            self.exports.clone(),
        );
    }

    fn count(&self, taken: bool, by: u64) {
        let outcome = if taken { "taken" } else { "failed" };
        self.exports.get_or_create(&OfExport { outcome }).inc_by(by);
    }
}

/// Tells a collector until it is dropped.
#[derive(Debug)]
pub struct Exporter {
    end: Mutex<Option<oneshot::Sender<()>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Exporter {
    /// Starts to tell what `read` says, every `interval`, on the runtime that this is called from.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(
        settings: Settings,
        interval: Duration,
        metrics: Metrics,
        read: Read,
    ) -> Result<Self, CollectorError> {
        let headers = settings.metadata()?;
        let client = MetricsServiceClient::new(settings.connect()?);
        let (end, ended) = oneshot::channel();
        let task = Task {
            client,
            headers,
            instance: settings.instance,
            started: SystemTime::now(),
            metrics,
            is_away: false,
        };
        Ok(Self {
            end: Mutex::new(Some(end)),
            task: Mutex::new(Some(tokio::spawn(task.run(interval, read, ended)))),
        })
    }

    /// Tells once more, for at most `limit`.
    pub async fn close(&self, limit: Duration) {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(end);
        let Some(mut task) = task else { return };
        if tokio::time::timeout(limit, &mut task).await.is_err() {
            task.abort();
        }
    }
}

struct Task {
    client: MetricsServiceClient<Channel>,
    headers: MetadataMap,
    instance: String,
    started: SystemTime,
    metrics: Metrics,
    is_away: bool,
}

impl Task {
    async fn run(mut self, interval: Duration, read: Read, mut ended: oneshot::Receiver<()>) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first one comes at once.
        ticks.tick().await;
        loop {
            let is_over = tokio::select! {
                _ = ticks.tick() => false,
                _ = &mut ended => true,
            };
            let Some(text) = read() else { return };
            let told = self.tell(&text).await;
            self.note(told);
            if is_over {
                return;
            }
        }
    }

    async fn tell(&mut self, text: &str) -> Result<(), Status> {
        let metrics = metric::metrics(&text::families(text), self.started, SystemTime::now());
        for metrics in calls(metrics) {
            let metrics = ScopeMetrics {
                scope: Some(collector::scope()),
                metrics,
                ..ScopeMetrics::default()
            };
            let metrics = ResourceMetrics {
                resource: Some(collector::resource(&self.instance)),
                scope_metrics: vec![metrics],
                ..ResourceMetrics::default()
            };
            let message = ExportMetricsServiceRequest {
                resource_metrics: vec![metrics],
            };
            let call = collector::request(message, &self.headers);
            let response = self.client.export(call).await?.into_inner();
            let partial = response.partial_success.unwrap_or_default();
            if partial.rejected_data_points > 0 {
                let message = format!("it rejected {} points", partial.rejected_data_points);
                return Err(Status::invalid_argument(message));
            }
        }
        Ok(())
    }

    fn note(&mut self, told: Result<(), Status>) {
        self.metrics.count(told.is_ok(), 1);
        match &told {
            Ok(()) if self.is_away => {
                eprintln!("penstock-ext-proc: telemetry.metrics.otlp: the collector takes metrics again");
            }
            Err(status) if !self.is_away => {
                eprintln!(
                    "penstock-ext-proc: telemetry.metrics.otlp: the collector takes no metrics, which is told once: {}",
                    status.code()
                );
            }
            _ => {}
        }
        self.is_away = told.is_err();
    }
}

/// Metrics in calls of a bounded size. A metric is not taken apart.
fn calls(metrics: Vec<Metric>) -> Vec<Vec<Metric>> {
    let mut calls: Vec<Vec<Metric>> = Vec::new();
    let mut points = MOST_POINTS;
    for metric in metrics {
        points = points.saturating_add(metric::points(&metric));
        match calls.last_mut() {
            Some(call) if points <= MOST_POINTS => call.push(metric),
            _ => {
                points = metric::points(&metric);
                calls.push(vec![metric]);
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests;
