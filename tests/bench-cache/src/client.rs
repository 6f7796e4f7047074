//! One connection that is kept open, and what is of interest in the answers on it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::HeaderMap;
use penstock_bench_harness::traffic::client;

/// A connection that is kept open.
pub struct Connection(client::Connection);

/// What came back, and when.
pub struct Answer {
    headers: HeaderMap,
    /// From the request's first byte to the answer's last.
    pub took: Duration,
    /// Of the body.
    pub bytes: usize,
}

impl Answer {
    /// What the cache had; empty where there is none.
    pub fn cache(&self) -> &str {
        self.header("x-penstock-cache")
    }

    /// What the service says that it has spent on the look, in milliseconds.
    pub fn spent_ms(&self) -> Option<f64> {
        let timing = self.header("server-timing");
        timing.strip_prefix("cache;dur=")?.parse().ok()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self(client::Connection::open(address).await?))
    }

    /// Sends a request and takes the whole answer, which must be a success.
    pub async fn ask(&mut self, body: &Bytes) -> anyhow::Result<Answer> {
        let began = Instant::now();
        let (head, mut body) = self.0.send(body).await?.into_parts();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        let took = began.elapsed();
        ensure!(bytes > 0, "the answer is empty");
        Ok(Answer {
            headers: head.headers,
            took,
            bytes,
        })
    }
}
