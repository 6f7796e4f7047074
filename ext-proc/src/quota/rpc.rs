//! `penstock.quota.v1.Quota` as tonic serves it: what its code generator would write, without `protoc`.

use std::convert::Infallible;
use std::sync::Arc;

use penstock_quota::wire::{
    LEASE, LeaseRequest, LeaseResponse, SERVICE, SETTLE, SettleRequest, SettleResponse,
};
use tonic::body::Body;
use tonic::codegen::http::{Request as HttpRequest, Response as HttpResponse};
use tonic::codegen::{BoxFuture, Context, Poll, Service, StdError};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::Quota;

/// The largest message that is read: several times what a right proxy sends.
const MOST_MESSAGE_BYTES: usize = 1 << 20;

/// The gRPC service.
#[derive(Clone)]
pub struct QuotaServer {
    quota: Arc<Quota>,
}

impl QuotaServer {
    /// Serves `quota`.
    pub fn new(quota: Arc<Quota>) -> Self {
        Self { quota }
    }
}

impl NamedService for QuotaServer {
    const NAME: &'static str = SERVICE;
}

impl<B> Service<HttpRequest<B>> for QuotaServer
where
    B: tonic::codegen::Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let quota = self.quota.clone();
        Box::pin(async move {
            let method = request
                .uri()
                .path()
                .strip_prefix('/')
                .and_then(|path| path.strip_prefix(SERVICE)?.strip_prefix('/'));
            match method {
                Some(LEASE) => {
                    let codec = ProstCodec::<LeaseResponse, LeaseRequest>::default();
                    let mut grpc = Grpc::new(codec).max_decoding_message_size(MOST_MESSAGE_BYTES);
                    Ok(grpc.unary(Lease(quota), request).await)
                }
                Some(SETTLE) => {
                    let codec = ProstCodec::<SettleResponse, SettleRequest>::default();
                    let mut grpc = Grpc::new(codec).max_decoding_message_size(MOST_MESSAGE_BYTES);
                    Ok(grpc.unary(Settle(quota), request).await)
                }
                _ => Ok(Status::unimplemented("").into_http()),
            }
        })
    }
}

struct Lease(Arc<Quota>);

impl UnaryService<LeaseRequest> for Lease {
    type Response = LeaseResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<LeaseRequest>) -> Self::Future {
        let quota = self.0.clone();
        Box::pin(async move { quota.lease(&request.into_inner()).await.map(Response::new) })
    }
}

struct Settle(Arc<Quota>);

impl UnaryService<SettleRequest> for Settle {
    type Response = SettleResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<SettleRequest>) -> Self::Future {
        let quota = self.0.clone();
        Box::pin(async move { quota.settle(&request.into_inner()).await.map(Response::new) })
    }
}
