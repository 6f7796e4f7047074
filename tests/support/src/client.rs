//! An HTTP client that shows tests everything: each header, each piece of the body, and how the transfer ended.
//!
//! One connection per request, no redirects, no retries, no decompression. HTTP/1.1, or HTTP/2 if told to.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::play::{Act, Play};

mod kept;

pub use kept::Kept;

/// The longest time between two pieces of an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request to send.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    acts: Vec<Act>,
    length: Option<usize>,
    http2: bool,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The name; empty if there is none.
    pub name: String,
    /// The data lines, joined.
    pub data: String,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What arrived of the body.
    pub body: Bytes,
    /// How the transfer failed, if it did not end in order.
    pub aborted: Option<String>,
}

/// An answer whose body is still coming.
#[derive(Debug)]
pub struct Streaming {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    body: Incoming,
    connection: JoinHandle<()>,
}

impl Request {
    /// `GET path`.
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            acts: Vec::new(),
            length: None,
            http2: false,
        }
    }

    /// `DELETE path`.
    pub fn delete(path: &str) -> Self {
        Self {
            method: "DELETE",
            ..Self::get(path)
        }
    }

    /// `POST path` with JSON.
    pub fn post(path: &str, body: &Value) -> Self {
        Self::post_bytes(path, body.to_string())
    }

    /// `POST path` with any bytes, called JSON.
    pub fn post_bytes(path: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let length = Some(body.len());
        Self {
            method: "POST",
            acts: vec![Act::Send(body)],
            length,
            ..Self::get(path)
        }
        .header("content-type", "application/json")
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Does not announce the body's length.
    pub fn chunked(mut self) -> Self {
        self.length = None;
        self
    }

    /// Speaks HTTP/2, and ends in trailers.
    pub fn with_trailers(mut self) -> Self {
        self.http2 = true;
        self.acts.push(Act::Trailers);
        self.chunked()
    }

    /// Sends the body in pieces of so many bytes, with a pause after each.
    pub fn trickled(mut self, piece: usize, pause: Duration) -> Self {
        let whole: Vec<u8> = self
            .acts
            .drain(..)
            .flat_map(|act| {
                if let Act::Send(bytes) = act {
                    bytes.to_vec()
                } else {
                    Vec::new()
                }
            })
            .collect();
        for chunk in whole.chunks(piece.max(1)) {
            self.acts.push(Act::Send(Bytes::copy_from_slice(chunk)));
            self.acts.push(Act::Wait(pause));
        }
        self
    }

    /// Sends it, and gives the answer as soon as its headers are there.
    pub async fn open(self, address: SocketAddr) -> anyhow::Result<Streaming> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        let http2 = self.http2;
        let (connection, response) = send(stream, self.prepared(address)?, http2).await?;
        Ok(Streaming::of(response, connection))
    }

    fn prepared(self, address: SocketAddr) -> anyhow::Result<hyper::Request<Play>> {
        let uri = if self.http2 {
            format!("http://{address}{}", self.path)
        } else {
            self.path.clone()
        };
        let mut request = hyper::Request::builder().method(self.method).uri(uri);
        if !self.http2 && !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", address.to_string());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Play::new(self.acts, self.length))?)
    }

    /// Sends it, and gives the answer when its transfer has ended, well or not.
    pub async fn send(self, address: SocketAddr) -> anyhow::Result<Response> {
        self.open(address).await?.rest().await
    }
}

impl Streaming {
    fn of(response: hyper::Response<Incoming>, connection: JoinHandle<()>) -> Self {
        let (head, body) = response.into_parts();
        let text =
            |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter();
        Self {
            status: head.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            body,
            connection,
        }
    }

    /// The next piece of the body; none at an orderly end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        loop {
            match timeout(PATIENCE, self.body.frame())
                .await
                .context("no data in time")?
            {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Reads until the body so far contains `text`.
    pub async fn read_until(&mut self, text: &str) -> anyhow::Result<String> {
        let mut read = String::new();
        while !read.contains(text) {
            let piece = self
                .next()
                .await?
                .with_context(|| format!("the body ended before {text:?}"))?;
            read.push_str(&String::from_utf8_lossy(&piece));
        }
        Ok(read)
    }

    /// Reads to the end, well or not.
    pub async fn rest(mut self) -> anyhow::Result<Response> {
        let mut body = Vec::new();
        let aborted = loop {
            match self.next().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => break None,
                Err(error) => break Some(format!("{error:#}")),
            }
        };
        Ok(Response {
            status: self.status,
            headers: self.headers,
            body: body.into(),
            aborted,
        })
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Closes the connection, as a client does that has seen enough.
    pub fn disconnect(self) {
        self.connection.abort();
    }
}

impl Response {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as complete events. Knows LF only: this is what Penstock writes.
    pub fn events(&self) -> Vec<Event> {
        let text = self.text();
        let complete = text.rsplit_once("\n\n").map_or("", |(events, _)| events);
        complete
            .split("\n\n")
            .filter(|block| !block.trim().is_empty())
            .map(event)
            .collect()
    }
}

/// Sends a request on a connection of its own, whose failure also ends the body: tests look for it there.
async fn send(
    stream: TcpStream,
    request: hyper::Request<Play>,
    http2: bool,
) -> anyhow::Result<(JoinHandle<()>, hyper::Response<Incoming>)> {
    let io = TokioIo::new(stream);
    let (connection, response) = if http2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
        let connection = tokio::spawn(async move {
            let _ = connection.await;
        });
        (connection, timeout(PATIENCE, sender.send_request(request)).await)
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        let connection = tokio::spawn(async move {
            let _ = connection.await;
        });
        (connection, timeout(PATIENCE, sender.send_request(request)).await)
    };
    Ok((connection, response.context("no headers in time")??))
}

fn event(block: &str) -> Event {
    let mut event = Event {
        name: String::new(),
        data: String::new(),
    };
    for line in block.lines() {
        if let Some(name) = line.strip_prefix("event:") {
            event.name = name.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            if !event.data.is_empty() {
                event.data.push('\n');
            }
            event.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        }
    }
    event
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, value)| value.as_str())
}
