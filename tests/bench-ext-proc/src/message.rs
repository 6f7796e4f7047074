//! What Envoy sends for a request of 1 KB, as it is configured by `penstock render envoy`.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use envoy_types::pb::envoy::config::core::v3::{
    Address, HeaderMap, HeaderValue, Metadata, Node, SocketAddress, address, socket_address::PortSpecifier,
};
use envoy_types::pb::envoy::data::accesslog::v3::HttpAccessLogEntry;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::accesslog::v3::StreamAccessLogsMessage;
use envoy_types::pb::envoy::service::accesslog::v3::stream_access_logs_message::{
    HttpAccessLogEntries, Identifier, LogEntries,
};
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest, Peer, Request},
};
use envoy_types::pb::envoy::service::ext_proc::v3::{
    HttpBody, HttpHeaders, ProcessingRequest, ProtocolConfiguration, processing_request,
};
use envoy_types::pb::google::protobuf::{Any, Struct, Timestamp};
use penstock_bench_harness::prose;
use penstock_chat::{FinishReason, Tokens, Usage};
use penstock_client::trail::{Stop, Trail};
use penstock_client::usage::UsageRecord;
use prost::Message;
use serde_json::json;

use crate::config::{ALIAS, TARGET};

/// Where ext_authz's answer goes in dynamic metadata.
const EXT_AUTHZ: &str = "envoy.filters.http.ext_authz";
/// Where ext_proc's goes.
const PENSTOCK: &str = "penstock";
const PROMPT: usize = 1_024;
/// What Envoy 1.40 has sent of a request behind Penstock's filters.
const ENTRY: &[u8] = include_bytes!("../../../ext-proc/testdata/access_log/streamed.binpb");

/// Everything that is the same for each request.
pub struct Messages {
    /// As the client sends them, but for what names the request and the key.
    headers: Vec<HeaderValue>,
    body: Vec<u8>,
    entry: HttpAccessLogEntry,
}

/// What the service has said of a request.
#[derive(Default)]
pub struct Said {
    /// ext_authz's dynamic metadata.
    pub caller: Option<Struct>,
    /// ext_proc's, of Penstock's namespace.
    pub decision: Option<Struct>,
}

impl Said {
    /// What ext_proc is told: of the namespaces that are forwarded, those that are there.
    fn forwarded(&self) -> Option<Metadata> {
        metadata([(EXT_AUTHZ, self.caller.as_ref())])
    }

    fn logged(&self) -> Option<Metadata> {
        metadata([
            (EXT_AUTHZ, self.caller.as_ref()),
            (PENSTOCK, self.decision.as_ref()),
        ])
    }
}

/// Takes Penstock's namespace out of ext_proc's dynamic metadata.
pub fn of_penstock(metadata: Option<Struct>) -> Option<Struct> {
    use envoy_types::pb::google::protobuf::value::Kind;
    match metadata?.fields.remove(PENSTOCK)?.kind? {
        Kind::StructValue(said) => Some(said),
        _ => None,
    }
}

impl Messages {
    pub fn new() -> anyhow::Result<Self> {
        let body = json!({
            "model": ALIAS,
            "max_tokens": 256,
            "temperature": 0.2,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": prose::Writer::seeded(7).write(PROMPT) },
            ],
        })
        .to_string();
        let length = body.len().to_string();
        let headers = [
            (":authority", "gateway.example.com"),
            (":path", "/v1/chat/completions"),
            (":method", "POST"),
            (":scheme", "https"),
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate"),
            ("content-length", &length),
            ("content-type", "application/json"),
            ("user-agent", "OpenAI/Python 1.99.1"),
            ("x-stainless-lang", "python"),
            ("x-stainless-package-version", "1.99.1"),
            ("x-stainless-runtime", "CPython"),
            ("x-stainless-retry-count", "0"),
            ("x-forwarded-proto", "https"),
        ];
        let headers = headers.map(|(name, value)| header(name, value)).into();
        Ok(Self {
            headers,
            body: body.into_bytes(),
            entry: entry()?,
        })
    }

    /// ext_authz: before anything else is known.
    pub fn check(&self, id: &str, key: &str) -> CheckRequest {
        let mut headers = self.headers.clone();
        headers.push(header("authorization", &format!("Bearer {key}")));
        headers.push(header("x-request-id", id));
        let http = HttpRequest {
            id: id.to_owned(),
            method: "POST".to_owned(),
            header_map: Some(HeaderMap { headers }),
            path: "/v1/chat/completions".to_owned(),
            host: "gateway.example.com".to_owned(),
            scheme: "https".to_owned(),
            size: i64::try_from(self.body.len()).unwrap_or(-1),
            protocol: "HTTP/1.1".to_owned(),
            ..HttpRequest::default()
        };
        CheckRequest {
            attributes: Some(AttributeContext {
                source: Some(peer("127.0.0.1", 40_000)),
                destination: Some(peer("127.0.0.1", 8_080)),
                request: Some(Request {
                    time: Some(now()),
                    http: Some(http),
                }),
                metadata_context: Some(Metadata::default()),
                route_metadata_context: Some(Metadata::default()),
                ..AttributeContext::default()
            }),
        }
    }

    /// ext_proc's first message: the headers as they are behind the filters before it. The key is gone, and token-quota
    /// has counted.
    pub fn headers(&self, id: &str, said: &Said) -> ProcessingRequest {
        let mut headers = self.headers.clone();
        headers.extend([
            header("x-request-id", id),
            header("x-penstock-int-input-tokens", "240"),
            header("x-penstock-int-output-tokens", "256"),
        ]);
        ProcessingRequest {
            request: Some(processing_request::Request::RequestHeaders(HttpHeaders {
                headers: Some(HeaderMap { headers }),
                ..HttpHeaders::default()
            })),
            metadata_context: said.forwarded(),
            protocol_config: Some(ProtocolConfiguration {
                request_body_mode: BodySendMode::Buffered.into(),
                ..ProtocolConfiguration::default()
            }),
            ..ProcessingRequest::default()
        }
    }

    /// ext_proc's second: the body, whole.
    pub fn body(&self, said: &Said) -> ProcessingRequest {
        ProcessingRequest {
            request: Some(processing_request::Request::RequestBody(HttpBody {
                body: self.body.clone(),
                end_of_stream: true,
                ..HttpBody::default()
            })),
            metadata_context: said.forwarded(),
            ..ProcessingRequest::default()
        }
    }

    /// The access log's entry of a request that the first target has served.
    pub fn entry(&self, id: &str, said: &Said) -> HttpAccessLogEntry {
        let mut entry = self.entry.clone();
        if let Some(common) = &mut entry.common_properties {
            common.start_time = Some(now());
            common.stream_id = id.to_owned();
            common.metadata = said.logged();
            if let Some(kept) = common.filter_state_objects.get_mut("penstock.request_id") {
                kept.value = id.as_bytes().to_vec().encode_to_vec();
            }
        }
        entry
    }
}

/// Entries as one message of the access log's stream; the first one names the node.
pub fn told(entries: Vec<HttpAccessLogEntry>, is_first: bool) -> StreamAccessLogsMessage {
    StreamAccessLogsMessage {
        identifier: is_first.then(|| Identifier {
            node: Some(Node {
                id: "bench".to_owned(),
                cluster: "penstock".to_owned(),
                ..Node::default()
            }),
            log_name: "penstock".to_owned(),
        }),
        log_entries: Some(LogEntries::HttpLogs(HttpAccessLogEntries { log_entry: entries })),
    }
}

/// What was recorded, with the first target as the one that has answered.
fn entry() -> anyhow::Result<HttpAccessLogEntry> {
    let recorded = StreamAccessLogsMessage::decode(ENTRY)?;
    let Some(LogEntries::HttpLogs(logs)) = recorded.log_entries else {
        anyhow::bail!("the recorded message has no entry");
    };
    let mut entry = logs
        .log_entry
        .into_iter()
        .next()
        .context("no entry is recorded")?;
    let common = entry.common_properties.as_mut().context("an empty entry")?;
    let (provider, model) = TARGET;
    let trail = Trail(vec![Stop {
        provider: provider.to_owned(),
        model: model.to_owned(),
        outcome: Some("200".to_owned()),
        first_token_ms: Some(320),
        ..Stop::default()
    }]);
    let mut usage = UsageRecord::new(provider, model, Vec::new());
    usage.answered = true;
    usage.finish_reason = Some(FinishReason::Stop);
    usage.output_bytes = 800;
    usage.report(Some(Usage {
        input: Tokens(240),
        output: Tokens(180),
        ..Usage::default()
    }));
    for (name, value) in [("trail", trail.to_json()), ("usage", usage.to_json())] {
        let object = Any {
            type_url: "type.googleapis.com/google.protobuf.BytesValue".to_owned(),
            value: value.encode_to_vec(),
        };
        common
            .filter_state_objects
            .insert(format!("wasm.penstock.{name}"), object);
    }
    anyhow::ensure!(
        common.filter_state_objects.contains_key("penstock.request_id"),
        "the recorded entry has no request id: {:?}",
        common.filter_state_objects.keys()
    );
    Ok(entry)
}

fn metadata<const N: usize>(namespaces: [(&str, Option<&Struct>); N]) -> Option<Metadata> {
    let filter_metadata: HashMap<String, Struct> = namespaces
        .into_iter()
        .filter_map(|(name, said)| Some((name.to_owned(), said?.clone())))
        .collect();
    (!filter_metadata.is_empty()).then(|| Metadata {
        filter_metadata,
        ..Metadata::default()
    })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or_default(),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}

fn header(name: &str, value: &str) -> HeaderValue {
    HeaderValue {
        key: name.to_owned(),
        raw_value: value.as_bytes().to_vec(),
        ..HeaderValue::default()
    }
}

fn peer(address: &str, port: u32) -> Peer {
    Peer {
        address: Some(Address {
            address: Some(address::Address::SocketAddress(SocketAddress {
                address: address.to_owned(),
                port_specifier: Some(PortSpecifier::PortValue(port)),
                ..SocketAddress::default()
            })),
        }),
        ..Peer::default()
    }
}
