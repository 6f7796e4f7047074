//! The provider's HTTP server: carries requests in and plays scripts out.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::Options;
use super::journal::{Journal, Recorded};
use super::reply;
use super::script::Script;
use super::socket::{Manners, Socket};
use crate::play::{Act, Play};

/// The largest request that is taken.
const MAX_BODY_BYTES: usize = 64 << 20;

/// Accepts connections for ever.
pub async fn serve(listener: TcpListener, options: Arc<Options>, journal: Arc<Journal>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (options, journal) = (options.clone(), journal.clone());
        tokio::spawn(async move {
            let manners = Arc::new(Manners::default());
            let socket = Socket::new(stream, manners.clone());
            let mut visit = Visit {
                connection: journal.connect(),
                options: options.clone(),
                journal: journal.clone(),
                manners,
                server_name: None,
            };
            let connection = visit.connection;
            match &options.certificate {
                None => converse(socket, visit).await,
                // A client that does not trust the certificate leaves here.
                Some(certificate) => {
                    if let Ok(stream) = TlsAcceptor::from(certificate.config()).accept(socket).await {
                        visit.server_name = stream.get_ref().1.server_name().map(str::to_owned);
                        converse(stream, visit).await;
                    }
                }
            }
            journal.disconnect(connection);
        });
    }
}

/// Answers the requests of one connection, in the version of HTTP that its client begins with.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, visit: Visit) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new());
    http.http2().timer(TokioTimer::new());
    let service = service_fn(|request| visit.clone().answer(request));
    // A peer that goes away in the middle is part of the game.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

/// One request on one connection.
#[derive(Clone)]
struct Visit {
    options: Arc<Options>,
    journal: Arc<Journal>,
    manners: Arc<Manners>,
    connection: u64,
    server_name: Option<String>,
}

impl Visit {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Play>, io::Error> {
        if request.uri().path() == "/_requests" {
            return Ok(self.books(request.method()));
        }
        let request = self.receive(request).await?;
        let (script, fault) = reply::script(&request, &self.options, &self.journal);
        self.journal.record(request);
        self.manners.split(fault.split.unwrap_or(0));
        match script {
            Script::Silence => pending().await,
            Script::Reset => {
                self.manners.reset();
                Err(io::Error::other("reset before headers"))
            }
            Script::Respond {
                delay,
                status,
                headers,
                acts,
                length,
            } => {
                if !delay.is_zero() {
                    sleep(delay).await;
                }
                if acts.contains(&Act::Reset) {
                    // Only a body that fails closes the connection early, and then it is to be a reset.
                    self.manners.reset();
                }
                let mut response = Response::new(Play::new(acts, length));
                *response.status_mut() = StatusCode::from_u16(status).map_err(io::Error::other)?;
                for (name, value) in headers {
                    response
                        .headers_mut()
                        .append(name, value.parse().map_err(io::Error::other)?);
                }
                Ok(response)
            }
        }
    }

    /// The requests so far, for tests in other processes.
    fn books(&self, method: &Method) -> Response<Play> {
        let body = match *method {
            Method::DELETE => {
                self.journal.clear();
                Bytes::new()
            }
            _ => Bytes::from(self.journal.to_json().to_string()),
        };
        let mut response = Response::new(Play::whole(body));
        let json = hyper::header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
        response
    }

    async fn receive(&self, request: Request<Incoming>) -> Result<Recorded, io::Error> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES)
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        let mut headers: Vec<_> = head
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        if let Some(authority) = head.uri.authority() {
            // HTTP/2 has it elsewhere, and means the same.
            headers.push(("host".to_owned(), authority.to_string()));
        }
        let path = head.uri.path_and_query().map(ToString::to_string);
        Ok(Recorded {
            method: head.method.to_string(),
            version: head.version,
            server_name: self.server_name.clone(),
            path: path.unwrap_or_default(),
            headers,
            body,
            connection: self.connection,
            at: SystemTime::now(),
        })
    }
}
