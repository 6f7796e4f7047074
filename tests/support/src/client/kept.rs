//! A connection that is kept for many requests, one after the other.

use std::net::SocketAddr;

use anyhow::Context;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{PATIENCE, Request, Response, Streaming};
use crate::play::Play;

/// A connection of HTTP/1.1. A request on one that the other side has closed fails.
#[derive(Debug)]
pub struct Kept {
    address: SocketAddr,
    sender: SendRequest<Play>,
}

impl Kept {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Whoever sends on it hears of its end.
            let _ = connection.await;
        });
        Ok(Self { address, sender })
    }

    /// Sends a request on it, and gives the answer when its transfer has ended, well or not.
    pub async fn send(&mut self, request: Request) -> anyhow::Result<Response> {
        self.sender.ready().await.context("the connection was closed")?;
        let response = timeout(
            PATIENCE,
            self.sender.send_request(request.prepared(self.address)?),
        );
        let response = response.await.context("no headers in time")??;
        Streaming::of(response, tokio::spawn(async {})).rest().await
    }
}
