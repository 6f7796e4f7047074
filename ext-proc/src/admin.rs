//! What operators ask the service over HTTP: `/healthz`, `/readyz`, `/metrics`, and the console.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, body::Incoming, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{console, service::Service};

/// Of the OpenMetrics text format, which Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Connections at once. Each takes a file, of which those for Envoy need theirs; who comes later waits.
const CONNECTIONS: usize = 64;
/// What a request's headers may take, the wait for the next request included.
const HEADERS: Duration = Duration::from_secs(3);
/// What a connection may take as a whole, however slowly it reads.
const LONGEST: Duration = Duration::from_secs(300);

/// Answers on `listener` until the process ends.
pub async fn serve(listener: TcpListener, service: Arc<Service>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // Nobody closes it.
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        // A connection that could not be taken says nothing about the next; without a file for it, neither can be.
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let service = Arc::clone(&service);
                async move { Ok::<_, Infallible>(answer(request, peer.ip(), &service).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .serve_connection(TokioIo::new(stream), answer);
            // Whoever has left, or takes so long, does not want an answer.
            let _ = tokio::time::timeout(LONGEST, connection).await;
            drop(place);
        });
    }
}

async fn answer(request: Request<Incoming>, peer: IpAddr, service: &Arc<Service>) -> Response<Full<Bytes>> {
    if console::is_at(request.uri().path()) {
        return console::answer(request, peer, service).await;
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return text(StatusCode::METHOD_NOT_ALLOWED, TEXT, "use GET\n".to_owned());
    }
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => {
            let (ready, lines) = service.readiness();
            let status = if ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            text(status, TEXT, lines)
        }
        "/metrics" => text(StatusCode::OK, OPEN_METRICS, service.metrics_text()),
        "/" => text(
            StatusCode::OK,
            TEXT,
            "/healthz\n/readyz\n/metrics\n/console\n".to_owned(),
        ),
        _ => text(
            StatusCode::NOT_FOUND,
            TEXT,
            "there is nothing at this path; see /\n".to_owned(),
        ),
    }
}

fn text(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        hyper::header::CONTENT_TYPE,
        hyper::header::HeaderValue::from_static(content_type),
    );
    response
}
