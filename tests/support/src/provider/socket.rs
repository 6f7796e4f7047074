//! A connection that can misbehave: it writes in small pieces, or ends in a reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a request tells its connection to do.
#[derive(Debug, Default)]
pub struct Manners {
    split: AtomicUsize,
    reset: AtomicBool,
}

impl Manners {
    /// The largest write from now on; 0 is no limit.
    pub fn split(&self, bytes: usize) {
        self.split.store(bytes, Ordering::Relaxed);
    }

    /// The connection ends in a reset instead of an orderly close.
    pub fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

/// A TCP connection with manners.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    manners: Arc<Manners>,
}

impl Socket {
    /// Wraps a connection.
    pub fn new(stream: TcpStream, manners: Arc<Manners>) -> Self {
        // Each write is to be a segment of its own.
        let _ = stream.set_nodelay(true);
        Self { stream, manners }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.manners.reset.load(Ordering::Relaxed) {
            // Lingering for no time makes the kernel send a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let most = match self.manners.split.load(Ordering::Relaxed) {
            0 => buf.len(),
            most => most.min(buf.len()),
        };
        Pin::new(&mut self.stream).poll_write(cx, buf.get(..most).unwrap_or(buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.manners.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
