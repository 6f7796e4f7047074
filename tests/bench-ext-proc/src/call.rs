//! gRPC over HTTP/2, with as little around it as Envoy has: what the client costs is measured along with what it asks.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use prost::Message;
use tokio::net::TcpStream;

/// As rendered for Envoy's cluster, or more: nothing waits for it.
const WINDOW: u32 = 16 << 20;
/// Before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// One connection, for any number of calls at once.
#[derive(Clone)]
pub struct Connection {
    send: SendRequest<Bytes>,
    authority: String,
}

/// A running call.
pub struct Call {
    send: SendStream<Bytes>,
    answer: Answer,
    heard: BytesMut,
}

enum Answer {
    Awaited(ResponseFuture),
    Begun(RecvStream),
}

impl Connection {
    /// Must be called in a `LocalSet`.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = h2::client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .handshake(stream)
            .await?;
        tokio::task::spawn_local(async move {
            // Whoever has a call running gets the error too.
            let _ = connection.await;
        });
        Ok(Self {
            send,
            authority: address.to_string(),
        })
    }

    /// Starts a call of a method.
    pub async fn call(&self, method: &str) -> anyhow::Result<Call> {
        let uri = http::Uri::builder()
            .scheme("http")
            .authority(self.authority.as_str())
            .path_and_query(method)
            .build()?;
        let request = http::Request::builder()
            .method(http::Method::POST)
            .uri(uri)
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .body(())?;
        let (answer, send) = self.send.clone().ready().await?.send_request(request, false)?;
        Ok(Call {
            send,
            answer: Answer::Awaited(answer),
            heard: BytesMut::new(),
        })
    }

    /// A call of one message and one answer.
    pub async fn ask<M: Message + Default>(&self, method: &str, message: &impl Message) -> anyhow::Result<M> {
        let mut call = self.call(method).await?;
        call.say(message, true)?;
        let answer = call.hear().await?;
        call.end().await?;
        answer.context("no answer")
    }
}

impl Call {
    /// Sends a message, perhaps as the last.
    pub fn say(&mut self, message: &impl Message, is_last: bool) -> anyhow::Result<()> {
        let length = message.encoded_len();
        let mut frame = BytesMut::with_capacity(PREFIX + length);
        frame.put_u8(0);
        frame.put_u32(u32::try_from(length)?);
        message.encode(&mut frame)?;
        Ok(self.send.send_data(frame.freeze(), is_last)?)
    }

    /// The next message; none at the end.
    pub async fn hear<M: Message + Default>(&mut self) -> anyhow::Result<Option<M>> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            let Some(data) = self.body().await?.data().await else {
                return Ok(None);
            };
            let data = data?;
            self.body().await?.flow_control().release_capacity(data.len())?;
            self.heard.extend_from_slice(&data);
        }
    }

    /// Sends nothing more, and waits until the call has ended well.
    pub async fn end(mut self) -> anyhow::Result<()> {
        // It may have said its last already.
        let _ = self.send.send_data(Bytes::new(), true);
        let body = self.body().await?;
        while let Some(data) = body.data().await {
            body.flow_control().release_capacity(data?.len())?;
        }
        let trailers = body.trailers().await?.context("no trailers")?;
        let status = trailers.get("grpc-status").context("no grpc-status")?;
        ensure!(
            status == "0",
            "gRPC status {status:?}: {:?}",
            trailers.get("grpc-message")
        );
        Ok(())
    }

    async fn body(&mut self) -> anyhow::Result<&mut RecvStream> {
        if let Answer::Awaited(awaited) = &mut self.answer {
            let answer = awaited.await?;
            ensure!(
                answer.status() == http::StatusCode::OK,
                "HTTP status {}",
                answer.status()
            );
            if let Some(status) = answer.headers().get("grpc-status") {
                ensure!(
                    status == "0",
                    "gRPC status {status:?}: {:?}",
                    answer.headers().get("grpc-message")
                );
            }
            self.answer = Answer::Begun(answer.into_body());
        }
        match &mut self.answer {
            Answer::Begun(body) => Ok(body),
            Answer::Awaited(_) => anyhow::bail!("no answer has begun"),
        }
    }

    fn take<M: Message + Default>(&mut self) -> anyhow::Result<Option<M>> {
        let Some(mut prefix) = self.heard.get(..PREFIX) else {
            return Ok(None);
        };
        ensure!(prefix.get_u8() == 0, "a compressed message");
        let length = usize::try_from(prefix.get_u32())?;
        if self.heard.len() < PREFIX + length {
            return Ok(None);
        }
        self.heard.advance(PREFIX);
        Ok(Some(M::decode(self.heard.split_to(length))?))
    }
}
