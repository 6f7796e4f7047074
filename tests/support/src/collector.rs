//! A collector of OpenTelemetry's: takes spans and log records over OTLP/gRPC and writes them down, or misbehaves.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::{self, status::StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// Names and values of a span or a record; texts are texts, numbers are numbers.
pub type Attributes = BTreeMap<String, Value>;

/// How it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It takes everything.
    #[default]
    Right,
    /// It takes calls and never answers one.
    Silent,
    /// It has no room.
    Full,
}

/// A span that has ended.
#[derive(Clone, Debug)]
pub struct Span {
    /// Of its trace, in hexadecimal digits.
    pub trace: String,
    /// Its own, in hexadecimal digits.
    pub id: String,
    /// Of the span above it; empty at the top.
    pub parent: String,
    /// What it is called.
    pub name: String,
    /// It is that of a server: the request, not a part of it.
    pub is_server: bool,
    /// It ended in an error.
    pub is_error: bool,
    /// What it tells.
    pub attributes: Attributes,
    /// Who tells.
    pub resource: Attributes,
}

/// A log record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its severity, as a word.
    pub severity: String,
    /// What it tells.
    pub attributes: Attributes,
}

/// A running collector; it stops when it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
    _runtime: Runtime,
}

#[derive(Debug, Default)]
struct Taken {
    manner: Manner,
    calls: usize,
    spans: Vec<Span>,
    records: Vec<Record>,
}

#[derive(Clone, Debug)]
struct Service(Arc<Mutex<Taken>>);

impl Collector {
    /// Starts one on a free port.
    pub fn start() -> anyhow::Result<Self> {
        let taken = Arc::new(Mutex::new(Taken::default()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("collector")
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let service = Service(Arc::clone(&taken));
        let server = Server::builder()
            .add_service(TraceServiceServer::new(service.clone()))
            .add_service(LogsServiceServer::new(service));
        runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self {
            address,
            taken,
            _runtime: runtime,
        })
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers like this from now on.
    pub fn behave(&self, manner: Manner) {
        lock(&self.taken).manner = manner;
    }

    /// Calls that it has heard, whatever it answered.
    pub fn calls(&self) -> usize {
        lock(&self.taken).calls
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Span> {
        lock(&self.taken).spans.clone()
    }

    /// Every log record so far.
    pub fn records(&self) -> Vec<Record> {
        lock(&self.taken).records.clone()
    }
}

impl Service {
    /// How this call is answered.
    async fn hear(&self) -> Result<(), Status> {
        let manner = {
            let mut taken = lock(&self.0);
            taken.calls += 1;
            taken.manner
        };
        match manner {
            Manner::Right => Ok(()),
            Manner::Silent => std::future::pending().await,
            Manner::Full => Err(Status::resource_exhausted("full")),
        }
    }
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.hear().await?;
        for group in request.into_inner().resource_spans {
            let resource = attributes(group.resource.unwrap_or_default().attributes);
            let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
            let spans = spans.map(|span| read(span, resource.clone()));
            lock(&self.0).spans.extend(spans);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Service {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.hear().await?;
        let groups = request.into_inner().resource_logs.into_iter();
        let records = groups
            .flat_map(|group| group.scope_logs)
            .flat_map(|scope| scope.log_records)
            .map(|record| Record {
                severity: record.severity_text,
                attributes: attributes(record.attributes),
            });
        lock(&self.0).records.extend(records);
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

fn read(span: v1::Span, resource: Attributes) -> Span {
    Span {
        is_server: span.kind() == v1::span::SpanKind::Server,
        is_error: span
            .status
            .is_some_and(|status| status.code() == StatusCode::Error),
        trace: digits(&span.trace_id),
        id: digits(&span.span_id),
        parent: digits(&span.parent_span_id),
        name: span.name,
        attributes: attributes(span.attributes),
        resource,
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(list: Vec<KeyValue>) -> Attributes {
    list.into_iter()
        .map(|attribute| {
            (
                attribute.key,
                value(attribute.value.and_then(|value| value.value)),
            )
        })
        .collect()
}

fn value(any: Option<Any>) -> Value {
    match any {
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(flag)) => flag.into(),
        Some(Any::IntValue(number)) => number.into(),
        Some(Any::DoubleValue(number)) => number.into(),
        Some(Any::ArrayValue(list)) => {
            let values = list.values.into_iter().map(|AnyValue { value: any }| value(any));
            values.collect()
        }
        _ => Value::Null,
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
