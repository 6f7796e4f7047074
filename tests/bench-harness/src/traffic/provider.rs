//! A provider that costs next to nothing: fixed answers of both APIs, and streams whose events say when they were
//! sent, and whatever the prompt wants repeated.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use memchr::memmem;
use tokio::net::TcpListener;
use tokio::time::{Sleep, sleep};

use super::clock::now_ns;
use super::fixture::{self, Stream};

/// Time between the events of a stream: long enough for each to be delivered before the next.
const GAP: Duration = Duration::from_millis(1);

struct Answers {
    openai: Answer,
    anthropic: Answer,
}

struct Answer {
    document: Bytes,
    stream: Arc<Stream>,
    /// A stream with this text in every event.
    repeating: fn(&str) -> Stream,
}

/// Starts it on a free port, in the running runtime.
pub async fn start() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let answers = Arc::new(Answers {
        openai: Answer {
            document: fixture::openai_document(),
            stream: Arc::new(Stream::openai(fixture::EVENT)),
            repeating: Stream::openai,
        },
        anthropic: Answer {
            document: fixture::anthropic_document(),
            stream: Arc::new(Stream::anthropic(fixture::EVENT)),
            repeating: Stream::anthropic,
        },
    });
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&answers), request));
                // A client that leaves is not this provider's concern.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    });
    Ok(address)
}

async fn answer(
    answers: Arc<Answers>,
    request: Request<Incoming>,
) -> Result<Response<Either<Full<Bytes>, Events>>, hyper::Error> {
    let answer = if request.uri().path().ends_with("/messages") {
        &answers.anthropic
    } else {
        &answers.openai
    };
    let body = request.into_body().collect().await?.to_bytes();
    let streams = memmem::find(&body, br#""stream":true"#).is_some();
    let (kind, body) = if streams {
        let stream = match fixture::to_repeat(&body) {
            Some(text) => Arc::new((answer.repeating)(text)),
            None => Arc::clone(&answer.stream),
        };
        (
            "text/event-stream; charset=utf-8",
            Either::Right(Events::of(stream)),
        )
    } else {
        (
            "application/json",
            Either::Left(Full::new(answer.document.clone())),
        )
    };
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// The body of a stream. Between two pieces it always waits, so that each is written by itself.
struct Events {
    stream: Arc<Stream>,
    next: usize,
    gap: Pin<Box<Sleep>>,
}

impl Events {
    fn of(stream: Arc<Stream>) -> Self {
        Self {
            stream,
            next: 0,
            gap: Box::pin(sleep(GAP)),
        }
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.next == self.stream.pieces() {
            return Poll::Ready(None);
        }
        if self.gap.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.gap = Box::pin(sleep(GAP));
        let piece = self.stream.piece(self.next, now_ns());
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}
