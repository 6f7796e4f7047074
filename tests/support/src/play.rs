//! A body that is sent act by act, with pauses.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{HeaderMap, HeaderValue};
use tokio::time::{Sleep, sleep};

/// Stands in a body for the time of its sending: 16 digits of microseconds since 1970.
pub const STAMP: &str = "@@@@@@@@@@@@@@@@";

/// One thing done after the headers are out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// These bytes go out at once.
    Send(Bytes),
    /// Nothing for a time.
    Wait(Duration),
    /// The body fails here.
    Reset,
    /// The body ends in trailers. HTTP/1.1 leaves them out unless the other side has asked for them.
    Trailers,
}

/// A body that plays acts.
#[derive(Debug)]
pub struct Play {
    acts: VecDeque<Act>,
    pause: Option<Pin<Box<Sleep>>>,
    length: Option<usize>,
}

impl Play {
    /// Plays these acts; `length` is announced if it is given.
    pub fn new(acts: impl Into<VecDeque<Act>>, length: Option<usize>) -> Self {
        Self {
            acts: acts.into(),
            pause: None,
            length,
        }
    }

    /// Sends everything at once.
    pub fn whole(bytes: Bytes) -> Self {
        let length = bytes.len();
        Self::new([Act::Send(bytes)], Some(length))
    }
}

impl Body for Play {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.acts.pop_front() {
                None => return Poll::Ready(None),
                Some(Act::Send(bytes)) if bytes.is_empty() => {}
                Some(Act::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(stamped(bytes))))),
                Some(Act::Trailers) => return Poll::Ready(Some(Ok(Frame::trailers(trailers())))),
                Some(Act::Wait(time)) => self.pause = Some(Box::pin(sleep(time))),
                Some(Act::Reset) => {
                    return Poll::Ready(Some(Err(io::Error::other("reset in the middle"))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.acts.is_empty() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, |length| SizeHint::with_exact(length as u64))
    }
}

/// What a provider may say at the end, and something that it must not.
fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-provider-checksum", HeaderValue::from_static("1"));
    trailers.insert("x-penstock-int-retry", HeaderValue::from_static("1"));
    trailers
}

/// Puts the time in the place of the stamp, if there is one.
fn stamped(bytes: Bytes) -> Bytes {
    let Some(at) = memchr::memmem::find(&bytes, STAMP.as_bytes()) else {
        return bytes;
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    let mut bytes = bytes.to_vec();
    if let Some(place) = bytes.get_mut(at..at + STAMP.len()) {
        place.copy_from_slice(format!("{now:016}").as_bytes());
    }
    Bytes::from(bytes)
}
