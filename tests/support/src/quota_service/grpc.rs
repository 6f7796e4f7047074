//! Its gRPC server: unary calls over HTTP/2, uncompressed (gRPC over HTTP2, read 2026-11).

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use penstock_quota::wire::{self, LeaseRequest, LeaseResponse, SettleRequest, SettleResponse};
use prost::Message;
use tokio::net::TcpListener;

use super::{Heard, Manner, State, lock};

/// gRPC's own default for the largest message.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

const OK: u32 = 0;
const INVALID_ARGUMENT: u32 = 3;
const UNIMPLEMENTED: u32 = 12;
const UNAVAILABLE: u32 = 14;

/// Accepts connections for ever.
pub async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let connection = {
            let mut state = lock(&state);
            state.connections += 1;
            state.connections
        };
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(state.clone(), connection, request));
            // A peer that goes away in the middle is part of the game.
            let _ = http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    connection: u64,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = Limited::new(request.into_body(), MAX_MESSAGE_BYTES);
    let body = body
        .collect()
        .await
        .map_or_else(|_| Bytes::new(), |body| body.to_bytes());
    let outcome = match message(&body) {
        Some(message) => act(&mut lock(&state), connection, &path, message),
        None => Err(INVALID_ARGUMENT),
    };
    let manner = lock(&state).manner.clone();
    let outcome = match manner {
        Manner::LosingSettlements if path.ends_with(wire::SETTLE) => Err(UNAVAILABLE),
        Manner::Right | Manner::Grants(_) | Manner::LosingSettlements => outcome,
        Manner::Silent => pending().await,
        Manner::Status(status) => Err(status),
        Manner::Bytes(bytes) => Ok(bytes),
    };
    Ok(respond(outcome))
}

/// The message in the body of a unary call: a flag for compression, four bytes of length, and the message.
fn message(body: &[u8]) -> Option<&[u8]> {
    let (0, rest) = body.split_first()? else {
        return None;
    };
    let (length, message) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (message.len() == length).then_some(message)
}

/// Writes a call down and does what it asks, unless the service is to misbehave.
fn act(state: &mut State, connection: u64, path: &str, message: &[u8]) -> Result<Vec<u8>, u32> {
    let at = Instant::now();
    let right = matches!(state.manner, Manner::Right | Manner::LosingSettlements);
    let method = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(wire::SERVICE)?.strip_prefix('/'));
    let (proxy, windows, closed) = match method {
        Some(wire::LEASE) => {
            let request = LeaseRequest::decode(message).map_err(|_| INVALID_ARGUMENT)?;
            (request.proxy, request.windows, Vec::new())
        }
        Some(wire::SETTLE) => {
            let request = SettleRequest::decode(message).map_err(|_| INVALID_ARGUMENT)?;
            (request.proxy, Vec::new(), request.windows)
        }
        _ => return Err(UNIMPLEMENTED),
    };
    let reply = if method == Some(wire::SETTLE) {
        for window in closed.iter().filter(|_| right) {
            state.books.settle(&proxy, window);
        }
        SettleResponse {}.encode_to_vec()
    } else {
        let grants = match state.manner {
            Manner::Grants(grants) => grants(&LeaseRequest {
                proxy: proxy.clone(),
                windows: windows.clone(),
            }),
            _ if right => windows
                .iter()
                .map(|window| state.books.lease(&proxy, window, at))
                .collect(),
            _ => Vec::new(),
        };
        LeaseResponse { grants }.encode_to_vec()
    };
    state.heard.push(Heard {
        at,
        connection,
        proxy,
        windows,
        closed,
    });
    Ok(reply)
}

fn respond(outcome: Result<Vec<u8>, u32>) -> Response<BoxBody<Bytes, Infallible>> {
    let mut frame = Vec::new();
    let status = match outcome {
        Ok(message) => {
            frame.push(0);
            frame.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
            frame.extend_from_slice(&message);
            OK
        }
        Err(status) => status,
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(status));
    let body = Full::new(Bytes::from(frame)).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
