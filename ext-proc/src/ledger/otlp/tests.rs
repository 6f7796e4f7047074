//! What a collector is told, and what happens when it does not listen.

use std::{net::SocketAddr, sync::Mutex};

use opentelemetry_proto::tonic::{
    collector::logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    common::v1::any_value::Value,
    logs::v1::LogRecord,
};
use penstock_chat::{MicroUsd, Tokens};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, transport::Server};

use super::*;

/// Answers each call with the next of these, and then takes everything.
#[derive(Clone, Default)]
struct Collector {
    answers: Arc<Mutex<Vec<Result<i64, Code>>>>,
    taken: Arc<Mutex<Vec<LogRecord>>>,
    headers: Arc<Mutex<Vec<String>>>,
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let key = request
            .metadata()
            .get("api-key")
            .map(|value| value.to_str().unwrap().to_owned());
        self.headers.lock().unwrap().extend(key);
        let answer = self.answers.lock().unwrap().pop();
        let rejected_log_records = answer.unwrap_or(Ok(0)).map_err(|code| Status::new(code, "no"))?;
        let logs = request.into_inner().resource_logs;
        let records = logs
            .into_iter()
            .flat_map(|logs| logs.scope_logs)
            .flat_map(|logs| logs.log_records);
        self.taken.lock().unwrap().extend(records);
        Ok(Response::new(ExportLogsServiceResponse {
            partial_success: Some(ExportLogsPartialSuccess {
                rejected_log_records,
                ..ExportLogsPartialSuccess::default()
            }),
        }))
    }
}

impl Collector {
    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder().add_service(LogsServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        address
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

fn exporter(address: SocketAddr) -> Exporter {
    let settings = Settings {
        url: format!("http://{address}"),
        headers: "api-key=secret, x-team = search".to_owned(),
        ca: None,
        server_name: None,
        instance: "replica-1".to_owned(),
    };
    Exporter::start(settings, Metrics::default()).unwrap()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .expect(what);
}

fn row() -> Arc<Row> {
    Arc::new(Row {
        id: "r1".to_owned(),
        started_ms: 1_000,
        path: "/v1/messages".to_owned(),
        tenant: Some("acme".to_owned()),
        model: Some("default".to_owned()),
        provider: Some("openai".to_owned()),
        provider_model: Some("gpt-4o-2024-08-06".to_owned()),
        input: Some(Tokens(12)),
        output: Some(Tokens(34)),
        cost: Some(MicroUsd(1_250)),
        first_token_ms: Some(250),
        finish_reason: Some("stop".to_owned()),
        tags: vec![("cost-center".to_owned(), "42".to_owned())],
        status: 200,
        ..Row::default()
    })
}

fn attribute<'a>(record: &'a LogRecord, key: &str) -> Option<&'a Value> {
    let found = record.attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

#[tokio::test]
async fn a_collector_is_told_in_the_words_of_the_conventions() {
    let collector = Collector::default();
    let exporter = exporter(collector.start().await);
    exporter.export(row());
    until("told", || exporter.metrics.exported.get() == 1).await;
    let record = collector.taken.lock().unwrap()[0].clone();
    let text = |value: &str| Some(Value::StringValue(value.to_owned()));
    for (key, expected) in [
        ("gen_ai.operation.name", text("chat")),
        ("gen_ai.provider.name", text("openai")),
        ("gen_ai.request.model", text("default")),
        ("gen_ai.response.model", text("gpt-4o-2024-08-06")),
        ("gen_ai.usage.input_tokens", Some(Value::IntValue(12))),
        ("gen_ai.usage.output_tokens", Some(Value::IntValue(34))),
        (
            "gen_ai.response.time_to_first_chunk",
            Some(Value::DoubleValue(0.25)),
        ),
        ("penstock.request_id", text("r1")),
        ("penstock.tenant", text("acme")),
        ("penstock.tag.cost-center", text("42")),
        ("penstock.cost.micro_usd", Some(Value::IntValue(1_250))),
        ("error.type", None),
        ("gen_ai.usage.cache_read.input_tokens", None),
        ("penstock.team", None),
    ] {
        assert_eq!(attribute(&record, key).cloned(), expected, "{key}");
    }
    assert_eq!(record.time_unix_nano, 1_000_000_000);
    assert_eq!(record.severity_text, "INFO");
    assert_eq!(*collector.headers.lock().unwrap(), ["secret"]);
}

#[tokio::test]
async fn how_a_request_ended_is_its_severity() {
    for (status, is_cut, severity, error) in [
        (200, false, "INFO", None),
        (200, true, "ERROR", Some("cut")),
        (0, false, "INFO", None),
        (401, false, "WARN", Some("authentication")),
        (503, false, "ERROR", Some("upstream")),
    ] {
        let row = Row {
            status,
            is_cut,
            ..Row::default()
        };
        let record = record::record(&row);
        assert_eq!(record.severity_text, severity, "{status}");
        let expected = error.map(|error| Value::StringValue(error.to_owned()));
        assert_eq!(attribute(&record, "error.type").cloned(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_gets_it_later() {
    let collector = Collector::default();
    *collector.answers.lock().unwrap() = vec![Err(Code::Unavailable)];
    let exporter = exporter(collector.start().await);
    exporter.export(row());
    until("told", || collector.taken() == 1).await;
    assert_eq!(collector.headers.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_waits_is_told_at_the_end_and_what_cannot_be_is_counted() {
    // Within a back-off of a second.
    let collector = Collector::default();
    *collector.answers.lock().unwrap() = vec![Err(Code::Unavailable)];
    let there = exporter(collector.start().await);
    there.export(row());
    until("away", || collector.headers.lock().unwrap().len() == 1).await;
    there.export(row());
    assert_eq!(there.close(Duration::from_secs(20)).await, 0);
    assert_eq!((collector.taken(), there.metrics.exported.get()), (2, 2));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // It takes connections and says nothing.
    let away = exporter(listener.local_addr().unwrap());
    for _ in 0..3 {
        away.export(row());
    }
    let began = std::time::Instant::now();
    assert_eq!(away.close(Duration::from_millis(300)).await, 3);
    assert!(began.elapsed() < Duration::from_secs(5));
    away.export(row());
    assert_eq!(away.metrics.lost(Lost::CollectorClosed), 4);
}

#[tokio::test]
async fn what_a_collector_refuses_is_counted_and_not_sent_again() {
    let collector = Collector::default();
    // From its end.
    *collector.answers.lock().unwrap() = vec![Ok(1), Err(Code::InvalidArgument)];
    let exporter = exporter(collector.start().await);
    exporter.export(row());
    until("refused", || exporter.metrics.lost(Lost::CollectorRefused) == 1).await;
    exporter.export(row());
    until("rejected", || exporter.metrics.lost(Lost::CollectorRefused) == 2).await;
    assert_eq!(exporter.metrics.exported.get(), 0);
}

#[tokio::test]
async fn a_queue_has_an_end() {
    // Nobody listens there any more.
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let exporter = exporter(address);
    let row = row();
    for _ in 0..20_000 {
        exporter.export(Arc::clone(&row));
    }
    let lost = exporter.metrics.lost(Lost::CollectorQueueFull);
    assert!((11_000..=12_000).contains(&lost), "{lost}");
}
