//! What a collector is told of metrics, and what happens when it does not listen.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{metric::Data, number_data_point},
};
use prometheus_client::{
    metrics::{gauge::Gauge, histogram::Histogram},
    registry::Unit,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, transport::Server};

use super::*;

/// Answers each call with the next of these, and then takes everything.
#[derive(Clone, Default)]
struct Collector {
    answers: Arc<Mutex<Vec<Result<i64, Code>>>>,
    taken: Arc<Mutex<Vec<Vec<Metric>>>>,
    keys: Arc<Mutex<Vec<String>>>,
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let key = request.metadata().get("api-key").unwrap().to_str().unwrap();
        self.keys.lock().unwrap().push(key.to_owned());
        let answer = self.answers.lock().unwrap().pop();
        let rejected_data_points = answer.unwrap_or(Ok(0)).map_err(|code| Status::new(code, "no"))?;
        let metrics = request.into_inner().resource_metrics;
        let metrics = metrics.into_iter().flat_map(|metrics| metrics.scope_metrics);
        let metrics = metrics.flat_map(|metrics| metrics.metrics).collect();
        self.taken.lock().unwrap().push(metrics);
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points,
                ..ExportMetricsPartialSuccess::default()
            }),
        }))
    }
}

impl Collector {
    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.serve(listener);
        address
    }

    fn serve(&self, listener: TcpListener) {
        let server = Server::builder().add_service(MetricsServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    }

    fn calls(&self) -> usize {
        self.keys.lock().unwrap().len()
    }
}

fn exporter(
    address: SocketAddr,
    metrics: &Metrics,
    read: impl Fn() -> Option<String> + Send + 'static,
) -> Exporter {
    let settings = Settings {
        url: format!("http://{address}"),
        headers: "api-key=s3cret".to_owned(),
        ca: None,
        server_name: None,
        instance: "127.0.0.1:8081".to_owned(),
    };
    Exporter::start(
        settings,
        Duration::from_millis(50),
        metrics.clone(),
        Box::new(read),
    )
    .unwrap()
}

async fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {what}");
}

fn count(metrics: &Metrics, outcome: &'static str) -> u64 {
    metrics.exports.get_or_create(&OfExport { outcome }).get()
}

fn shown(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
    text
}

/// Attributes as text.
fn attributes(pairs: &[KeyValue]) -> String {
    let pairs = pairs.iter().map(|pair| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
        match value {
            Some(Value::StringValue(text)) => format!("{}={text}", pair.key),
            other => panic!("{other:?}"),
        }
    });
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_collector_is_told_all_that_the_page_shows_in_opentelemetrys_names() {
    let mut registry = Registry::default();
    let usage =
        Family::<Vec<(String, String)>, Histogram>::new_with_constructor(|| Histogram::new([1.0, 4.0]));
    let labels = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        pairs.collect::<Vec<_>>()
    };
    for tokens in [1.0, 3.0, 4.0, 9.0] {
        usage
            .get_or_create(&labels(&[
                ("gen_ai_request_model", "a \\\"b\\\" \\\\c"),
                ("error_type", ""),
            ]))
            .observe(tokens);
    }
    registry.register("gen_ai_client_token_usage", "Tokens", usage);
    let duration = Histogram::new([0.5]);
    duration.observe(0.25);
    registry.register_with_unit("gen_ai_server_request_duration", "Time", Unit::Seconds, duration);
    let requests = Family::<Vec<(String, String)>, Counter>::default();
    requests.get_or_create(&labels(&[("outcome", "ok")])).inc_by(3);
    registry.register("penstock_requests", "Requests", requests);
    registry.register(
        "penstock_nothing",
        "No series",
        Family::<Vec<(String, String)>, Counter>::default(),
    );
    let waiting: Gauge = Gauge::default();
    waiting.set(-2);
    registry.register("penstock_settlements_waiting", "Waiting", waiting);

    let collector = Collector::default();
    let metrics = Metrics::default();
    let text = shown(&registry);
    let exporter = exporter(collector.start().await, &metrics, move || Some(text.clone()));
    until("told", || !collector.taken.lock().unwrap().is_empty()).await;
    exporter.close(Duration::from_secs(5)).await;
    assert!(collector.keys.lock().unwrap().iter().all(|key| key == "s3cret"));

    let told = collector.taken.lock().unwrap().remove(0);
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for metric in &told {
        let points = match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => {
                assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
                numbers(&sum.data_points)
            }
            Data::Gauge(gauge) => numbers(&gauge.data_points),
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2);
                let points = histogram.data_points.iter().map(|point| {
                    assert!(
                        point.start_time_unix_nano > 0 && point.start_time_unix_nano < point.time_unix_nano
                    );
                    format!(
                        "{} {:?} {:?} {} {:?}",
                        attributes(&point.attributes),
                        point.explicit_bounds,
                        point.bucket_counts,
                        point.count,
                        point.sum
                    )
                });
                points.collect::<Vec<_>>().join("; ")
            }
            other => panic!("{other:?}"),
        };
        found.insert(format!("{} {}", metric.name, metric.unit), points);
    }
    let expected = [
        (
            "gen_ai.client.token.usage {token}",
            r#"gen_ai.request.model=a "b" \c [1.0, 4.0] [1, 2, 1] 4 Some(17.0)"#,
        ),
        ("gen_ai.server.request.duration s", " [0.5] [1, 0] 1 Some(0.25)"),
        ("penstock.requests ", "outcome=ok 3"),
        ("penstock.settlements_waiting ", " -2"),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(name, points)| (name.to_owned(), points.to_owned()))
        .into();
    assert_eq!(found, expected);
    assert!(count(&metrics, "taken") >= 1);
}

fn numbers(points: &[opentelemetry_proto::tonic::metrics::v1::NumberDataPoint]) -> String {
    let points = points.iter().map(|point| match point.value {
        Some(number_data_point::Value::AsDouble(value)) => {
            format!("{} {value}", attributes(&point.attributes))
        }
        other => panic!("{other:?}"),
    });
    points.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_collector_that_is_away_is_told_all_later() {
    // Nobody listens there any more.
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let metrics = Metrics::default();
    let exporter = exporter(address, &metrics, || {
        Some("# HELP penstock_x X.\n# TYPE penstock_x counter\npenstock_x_total 7\n".to_owned())
    });
    until("failed", || count(&metrics, "failed") >= 2).await;
    let collector = Collector::default();
    collector.serve(TcpListener::bind(address).await.unwrap());
    until("told", || count(&metrics, "taken") >= 1).await;
    let Some(Data::Sum(sum)) = collector.taken.lock().unwrap()[0][0].data.clone() else {
        panic!("no sum");
    };
    assert_eq!(numbers(&sum.data_points), " 7");
    exporter.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn what_a_collector_refuses_counts_as_failed() {
    let collector = Collector::default();
    // From its end.
    *collector.answers.lock().unwrap() = vec![Ok(1), Err(Code::PermissionDenied)];
    let metrics = Metrics::default();
    let exporter = exporter(collector.start().await, &metrics, || {
        Some("# HELP penstock_x X.\n# TYPE penstock_x gauge\npenstock_x 7\n".to_owned())
    });
    until("told", || count(&metrics, "taken") >= 1).await;
    assert_eq!(count(&metrics, "failed"), 2);
    exporter.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn the_end_is_told_and_not_waited_for_long() {
    let collector = Collector::default();
    let metrics = Metrics::default();
    let there = exporter(collector.start().await, &metrics, || {
        Some("# HELP penstock_x X.\n# TYPE penstock_x gauge\npenstock_x 7\n".to_owned())
    });
    there.close(Duration::from_secs(5)).await;
    let calls = collector.calls();
    assert!(calls >= 1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(collector.calls(), calls);

    // It takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = exporter(listener.local_addr().unwrap(), &metrics, || {
        Some("# HELP penstock_x X.\n# TYPE penstock_x gauge\npenstock_x 7\n".to_owned())
    });
    let began = std::time::Instant::now();
    silent.close(Duration::from_millis(200)).await;
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn many_series_are_told_in_several_calls() {
    let mut page = String::new();
    for metric in 0..7 {
        page.push_str(&format!(
            "# HELP penstock_m{metric} M.\n# TYPE penstock_m{metric} gauge\n"
        ));
        for series in 0..1_500 {
            page.push_str(&format!("penstock_m{metric}{{series=\"{series}\"}} 1\n"));
        }
    }
    let now = SystemTime::now();
    let calls = calls(metric::metrics(&text::families(&page), now, now));
    let points = calls
        .iter()
        .map(|call| call.iter().map(metric::points).sum::<usize>());
    let points: Vec<usize> = points.collect();
    assert_eq!(points, [3_000, 3_000, 3_000, 1_500]);
}
