//! A stream of ext_proc over a real connection, to its ordinary end or without it.

use std::{path::Path, time::Duration};

use envoy_types::pb::envoy::{
    config::core::v3::HeaderValue,
    service::ext_proc::v3::{
        HttpBody, HttpHeaders, external_processor_client::ExternalProcessorClient,
        external_processor_server::ExternalProcessorServer, processing_response::Response as Answer,
    },
};
use penstock_config::Config;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{
    Code,
    transport::{Channel, Server},
};

use super::super::*;

/// One request at a time.
const FILE: &str = "\
service: {}
providers: [ { name: p, api: openai, base_url: 'https://api.openai.com/v1', credential: { client: true } } ]
models: [ { name: m, targets: [ { provider: p, model: a } ] } ]
quota: { limits: [ { name: one, strict: true, concurrent_requests: 1 } ] }
";

async fn client(directory: &tempfile::TempDir) -> ExternalProcessorClient<Channel> {
    let file: &Path = &directory.path().join("penstock.yaml");
    let config = Config::from_yaml_str(FILE, file).unwrap();
    let service = Service::start(config, None).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().add_service(ExternalProcessorServer::new(Processor::new(service)));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    ExternalProcessorClient::connect(url).await.unwrap()
}

fn messages(id: &str) -> [ProcessingRequest; 2] {
    let header = |(key, value): (&str, &str)| HeaderValue {
        key: key.to_owned(),
        value: value.to_owned(),
        ..HeaderValue::default()
    };
    let headers = [
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        ("x-request-id", id),
    ];
    let headers = HttpHeaders {
        headers: Some(HeaderMap {
            headers: headers.map(header).to_vec(),
        }),
        ..HttpHeaders::default()
    };
    let body = HttpBody {
        body: br#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#.to_vec(),
        end_of_stream: true,
        ..HttpBody::default()
    };
    [
        processing_request::Request::RequestHeaders(headers),
        processing_request::Request::RequestBody(body),
    ]
    .map(|request| ProcessingRequest {
        request: Some(request),
        ..ProcessingRequest::default()
    })
}

/// The answer to the body of a request whose proxy waits for it.
async fn asks(client: &mut ExternalProcessorClient<Channel>, id: &str) -> Answer {
    let (send, receive) = mpsc::channel(2);
    for message in messages(id) {
        send.send(message).await.unwrap();
    }
    let mut answers = client
        .process(ReceiverStream::new(receive))
        .await
        .unwrap()
        .into_inner();
    answers.message().await.unwrap().unwrap();
    answers.message().await.unwrap().unwrap().response.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reserved_for_a_proxy_that_no_longer_waits_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut client = client(&directory).await;
    let ended = stream::iter(messages("gave-up"));
    let mut answers = client.process(ended).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    assert_eq!(answers.message().await.unwrap_err().code(), Code::Cancelled);
    tokio::time::timeout(Duration::from_secs(10), async {
        while !matches!(asks(&mut client, "next").await, Answer::RequestBody(_)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    // One that waits keeps what it has.
    assert!(matches!(
        asks(&mut client, "another").await,
        Answer::ImmediateResponse(_)
    ));
}
