//! Code that is timed inside Envoy: a filter, the probe, reads the host's clock around each call, so that nothing of
//! Envoy and of the client is in that time. `tests/bench-tokens/probes` are the filters; here is their client.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

/// The kernel spreads connections over the workers: so many are enough to reach each.
const CONNECTIONS: u32 = 64;

/// What a probe answers.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// Another number in each VM.
    vm: u64,
    /// What was counted in each part, repetition after repetition.
    pub counts: Vec<u64>,
    /// How long each count took, in nanoseconds.
    pub nanos: Vec<u64>,
}

/// A connection, which belongs to one worker for as long as it is open.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Has each of `parts` counted so many times. What `how` means is the probe's.
    pub async fn count(&mut self, how: &str, repetitions: usize, parts: &[String]) -> anyhow::Result<Answer> {
        let body = self.exchange(how, repetitions, parts.join("\0").into()).await?;
        let answer: Answer = serde_json::from_slice(&body)?;
        let all = repetitions * parts.len();
        ensure!(
            answer.counts.len() == all && answer.nanos.len() == all,
            "{} of {all} counts",
            answer.counts.len()
        );
        Ok(answer)
    }

    /// Sends a body and takes the whole answer.
    pub async fn exchange(&mut self, how: &str, repetitions: usize, body: Bytes) -> anyhow::Result<Bytes> {
        let request = Request::post("/")
            .header(HOST, "gateway.internal")
            .header("x-how", how)
            .header("x-repetitions", repetitions)
            .body(Full::new(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        ensure!(response.status() == 200, "the answer is {}", response.status());
        Ok(response.into_body().collect().await?.to_bytes())
    }
}

/// A connection to each of so many workers.
pub async fn workers(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Connection>> {
    let mut workers = BTreeMap::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address).await?;
        let body = connection.exchange("", 0, Bytes::new()).await?;
        let answer: Answer = serde_json::from_slice(&body).context("not a probe's answer")?;
        workers.entry(answer.vm).or_insert(connection);
        if workers.len() == count {
            return Ok(workers.into_values().collect());
        }
    }
    anyhow::bail!(
        "{CONNECTIONS} connections have reached {} of {count} workers",
        workers.len()
    )
}

/// As many connections as [`workers`] opens at most, for an Envoy without a probe.
pub async fn connections(address: SocketAddr) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(address).await?);
    }
    Ok(connections)
}
