//! The service to compare with: the same transport with the same settings, and nothing behind it. It admits
//! everybody, lets every message pass and forgets what it is told.

use std::io::Write;
use std::net::Ipv4Addr;
use std::time::Duration;

use envoy_types::pb::envoy::service::accesslog::v3::{
    StreamAccessLogsMessage, StreamAccessLogsResponse,
    access_log_service_server::{AccessLogService, AccessLogServiceServer},
};
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, OkHttpResponse,
    authorization_server::{Authorization, AuthorizationServer},
    check_response::HttpResponse,
};
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyResponse, HeadersResponse, ProcessingRequest, ProcessingResponse,
    external_processor_server::{ExternalProcessor, ExternalProcessorServer},
    processing_request, processing_response,
};
use envoy_types::pb::google::rpc;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// As `penstock-ext-proc` has them.
const STREAMS: u32 = 100_000;
const WINDOW: u32 = 16 << 20;
const KEEPALIVE: Duration = Duration::from_secs(30);
const LONGEST_MESSAGE: usize = 16 << 20;

/// Serves on a free port, which is printed first, until standard input ends: whoever has started it is gone then.
pub fn serve() -> anyhow::Result<()> {
    std::thread::spawn(|| {
        // An error is an end too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
            Server::builder()
                .max_concurrent_streams(STREAMS)
                .initial_stream_window_size(WINDOW)
                .initial_connection_window_size(WINDOW)
                .http2_keepalive_interval(Some(KEEPALIVE))
                .add_service(AuthorizationServer::new(Noop).max_decoding_message_size(LONGEST_MESSAGE))
                .add_service(AccessLogServiceServer::new(Noop))
                .add_service(ExternalProcessorServer::new(Noop).max_decoding_message_size(LONGEST_MESSAGE))
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await?;
            Ok(())
        })
}

struct Noop;

#[tonic::async_trait]
impl Authorization for Noop {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(CheckResponse {
            status: Some(rpc::Status::default()),
            http_response: Some(HttpResponse::OkResponse(OkHttpResponse::default())),
            ..CheckResponse::default()
        }))
    }
}

#[tonic::async_trait]
impl ExternalProcessor for Noop {
    type ProcessStream = std::pin::Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let answers = request.into_inner().map(|message| {
            use processing_response::Response::{RequestBody, RequestHeaders};
            let response = match message?.request {
                Some(processing_request::Request::RequestHeaders(_)) => {
                    RequestHeaders(HeadersResponse::default())
                }
                Some(processing_request::Request::RequestBody(_)) => RequestBody(BodyResponse::default()),
                _ => return Err(Status::invalid_argument("not asked for")),
            };
            Ok(ProcessingResponse {
                response: Some(response),
                ..ProcessingResponse::default()
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

#[tonic::async_trait]
impl AccessLogService for Noop {
    async fn stream_access_logs(
        &self,
        request: Request<Streaming<StreamAccessLogsMessage>>,
    ) -> Result<Response<StreamAccessLogsResponse>, Status> {
        let mut messages = request.into_inner();
        while messages.message().await?.is_some() {}
        Ok(Response::new(StreamAccessLogsResponse {}))
    }
}
