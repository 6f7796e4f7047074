//! The load: one request at a time on each connection.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::clock::now_ns;
use super::fixture::{EVENTS, STAMP, STAMP_DIGITS};

/// A connection that is kept open.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Sends a request, and takes the head of its answer, which must be a success.
    pub async fn send(&mut self, body: &Bytes) -> anyhow::Result<Response<Incoming>> {
        let request = Request::post("/v1/chat/completions")
            .header(HOST, "gateway.internal")
            .header(AUTHORIZATION, "Bearer sk-bench")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.clone()))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        ensure!(response.status() == 200, "the answer is {}", response.status());
        Ok(response)
    }

    /// Sends a request and takes the whole answer.
    pub async fn exchange(&mut self, body: &Bytes) -> anyhow::Result<()> {
        let mut answer = self.send(body).await?.into_body();
        let mut bytes = 0;
        while let Some(frame) = answer.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        ensure!(bytes > 0, "the answer is empty");
        Ok(())
    }
}

/// The time of each request, one after the other on one connection, for so long.
pub async fn latencies(address: SocketAddr, body: &Bytes, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    connection.exchange(body).await?;
    let mut latencies = Vec::new();
    let end = Instant::now() + time;
    loop {
        let start = Instant::now();
        if start >= end {
            return Ok(latencies);
        }
        connection.exchange(body).await?;
        latencies.push(start.elapsed());
    }
}

/// Requests a second over so many connections, for so long.
pub async fn rate(
    address: SocketAddr,
    body: &Bytes,
    connections: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in open {
        let body = body.clone();
        tasks.spawn(async move {
            let mut answers = 0_u32;
            while start.elapsed() < time {
                connection.exchange(&body).await?;
                answers += 1;
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = 0;
    while let Some(ended) = tasks.join_next().await {
        answers += ended??;
    }
    Ok(f64::from(answers) / start.elapsed().as_secs_f64())
}

/// The time of each event of a stream, from the provider's write to its arrival here.
pub async fn event_delays(address: SocketAddr, body: &Bytes) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    let mut answer = connection.send(body).await?.into_body();
    let mut delays = Vec::new();
    let mut unread = BytesMut::new();
    while let Some(frame) = answer.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let arrived = now_ns();
        unread.extend_from_slice(&data);
        while let Some(sent) = next_stamp(&mut unread)? {
            delays.push(Duration::from_nanos(arrived.saturating_sub(sent)));
        }
    }
    ensure!(
        delays.len() == EVENTS,
        "{} of {EVENTS} events have arrived",
        delays.len()
    );
    Ok(delays)
}

/// Takes the next send time out of `unread`, once it is there whole.
fn next_stamp(unread: &mut BytesMut) -> anyhow::Result<Option<u64>> {
    let Some(at) = memchr::memchr(STAMP, unread) else {
        unread.clear();
        return Ok(None);
    };
    unread.advance(at);
    let Some(digits) = unread.get(1..=STAMP_DIGITS) else {
        return Ok(None);
    };
    let sent = std::str::from_utf8(digits)?
        .parse()
        .context("an event without its time")?;
    unread.advance(1 + STAMP_DIGITS);
    Ok(Some(sent))
}
