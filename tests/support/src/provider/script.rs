//! What a provider does on the wire for one request, as a list of acts, and how a fault changes it.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::fault::{Fault, Kind};
use crate::play::Act;

/// Bytes between two pauses of `trickle`.
const TRICKLE_BYTES: usize = 16;

/// An answer before a fault hits it: each part is an event of a stream, or the whole body.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers in the order they are sent.
    pub headers: Vec<(&'static str, String)>,
    /// The events of a stream, or one part.
    pub parts: Vec<Bytes>,
    /// The parts are events: sent chunked, each on its own.
    pub stream: bool,
    /// How many events open a stream before its first content.
    pub opening: usize,
    /// The error event of this API.
    pub error_event: Bytes,
}

/// What happens on the wire.
#[derive(Clone, Debug)]
pub enum Script {
    /// The connection is reset without an answer.
    Reset,
    /// There is no answer.
    Silence,
    /// An answer.
    Respond {
        /// How long its headers are kept back.
        delay: Duration,
        /// The status.
        status: u16,
        /// Headers in the order they are sent.
        headers: Vec<(&'static str, String)>,
        /// What follows.
        acts: Vec<Act>,
        /// The length of the body, if it is announced.
        length: Option<usize>,
    },
}

impl Script {
    /// What becomes of a reply under a fault.
    pub fn of(mut reply: Reply, fault: &Fault) -> Self {
        match fault.kind {
            Some(Kind::ResetBeforeHeaders) => return Self::Reset,
            Some(Kind::Silence) => return Self::Silence,
            _ => {}
        }
        if fault.gzip {
            compress(&mut reply);
        }
        if !reply.stream && needs_parts(fault.kind) {
            halve(&mut reply);
        }
        let announced = !reply.stream && !matches!(fault.kind, Some(Kind::Cut(_) | Kind::LongLine(_)));
        let length = announced.then(|| reply.parts.iter().map(Bytes::len).sum());
        let delay = match fault.kind {
            Some(Kind::SlowHeaders(delay)) => delay,
            _ => Duration::ZERO,
        };
        let mut acts = acts(&reply, fault);
        if let Some(pause) = fault.trickle {
            acts = trickle(acts, pause);
        }
        if let Some(pause) = fault.sweep {
            acts = pause_after(acts, fault.sweep_at, pause);
        }
        Self::Respond {
            delay,
            status: reply.status,
            headers: reply.headers,
            acts,
            length,
        }
    }
}

/// Faults that need a body to have a middle.
fn needs_parts(kind: Option<Kind>) -> bool {
    matches!(
        kind,
        Some(Kind::Stall(_) | Kind::ResetMidstream(_) | Kind::Cut(_))
    )
}

fn halve(reply: &mut Reply) {
    let Some(body) = reply.parts.pop() else { return };
    let middle = body.len() / 2;
    reply.parts = vec![body.slice(..middle), body.slice(middle..)];
}

/// The position of a fault: that of the event, or the middle of a body that is no stream.
fn position(reply: &Reply, event: usize) -> usize {
    if reply.stream { event } else { event.min(1) }
}

fn acts(reply: &Reply, fault: &Fault) -> Vec<Act> {
    let mut acts = Vec::new();
    let events = &reply.parts;
    let end = match fault.kind {
        Some(Kind::NoDone) => events.len().saturating_sub(1),
        Some(Kind::Cut(n) | Kind::ResetMidstream(n)) => position(reply, n).min(events.len()),
        Some(Kind::ErrorMidstream(n)) => n.min(events.len()),
        _ => events.len(),
    };
    if let Some(Kind::SlowFirstToken(time)) = fault.kind {
        acts.push(Act::Wait(time));
    }
    for (n, event) in events.iter().take(end).enumerate() {
        match fault.kind {
            Some(Kind::Stall(at)) if position(reply, at) == n => acts.push(Act::Wait(fault.pause)),
            Some(Kind::SlowContent(time)) if reply.opening == n => acts.push(Act::Wait(time)),
            _ if n > 0 && !fault.interval.is_zero() => acts.push(Act::Wait(fault.interval)),
            _ => {}
        }
        match fault.kind {
            Some(Kind::MalformedEvent(at)) if at == n => acts.push(Act::Send(malformed(event, reply.stream))),
            _ => acts.push(Act::Send(event.clone())),
        }
    }
    match fault.kind {
        Some(Kind::ResetMidstream(_)) => {
            // Gives the bytes before it a chance to be read: a reset drops what the peer has not read yet.
            acts.push(Act::Wait(Duration::from_millis(20)));
            acts.push(Act::Reset);
        }
        Some(Kind::ErrorMidstream(_)) => acts.push(Act::Send(reply.error_event.clone())),
        _ => {}
    }
    if fault.trailers {
        acts.push(Act::Trailers);
    }
    acts
}

/// The same event with its JSON torn in half.
fn malformed(event: &Bytes, stream: bool) -> Bytes {
    let text = String::from_utf8_lossy(event);
    let text = text.trim_end();
    let half = text
        .chars()
        .take(text.chars().count() * 2 / 3)
        .collect::<String>();
    Bytes::from(if stream { half + "\n\n" } else { half })
}

fn trickle(acts: Vec<Act>, pause: Duration) -> Vec<Act> {
    let mut slow = Vec::new();
    for act in acts {
        let Act::Send(bytes) = act else {
            slow.push(act);
            continue;
        };
        for chunk in bytes.chunks(TRICKLE_BYTES) {
            slow.push(Act::Send(Bytes::copy_from_slice(chunk)));
            slow.push(Act::Wait(pause));
        }
    }
    slow
}

/// Pauses after so many bytes; what is beyond the end counts from the start again.
fn pause_after(acts: Vec<Act>, byte: usize, pause: Duration) -> Vec<Act> {
    let length = |act: &Act| match act {
        Act::Send(bytes) => bytes.len(),
        _ => 0,
    };
    let total: usize = acts.iter().map(length).sum();
    let mut left = byte % total.max(1);
    let mut slow = Vec::new();
    for act in acts {
        match act {
            Act::Send(bytes) if left > 0 && left <= bytes.len() => {
                slow.push(Act::Send(bytes.slice(..left)));
                slow.push(Act::Wait(pause));
                slow.push(Act::Send(bytes.slice(left..)));
                left = 0;
            }
            act => {
                left = left.saturating_sub(length(&act));
                slow.push(act);
            }
        }
    }
    slow
}

/// Compresses a body; the parts of a stream are flushed one by one, so that it still streams.
fn compress(reply: &mut Reply) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut parts = Vec::new();
    for part in &reply.parts {
        // Writing to a vector does not fail.
        let _ = encoder.write_all(part);
        let _ = encoder.flush();
        parts.push(Bytes::from(std::mem::take(encoder.get_mut())));
    }
    parts.push(Bytes::from(encoder.finish().unwrap_or_default()));
    reply.parts = parts;
    reply.headers.push(("content-encoding", "gzip".into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Reply {
        Reply {
            status: 200,
            headers: Vec::new(),
            parts: ["data: {\"a\":1}\n\n", "data: {\"b\":2}\n\n", "data: [DONE]\n\n"]
                .map(Bytes::from)
                .to_vec(),
            stream: true,
            opening: 1,
            error_event: Bytes::from("data: {\"error\":1}\n\n"),
        }
    }

    fn wire(reply: Reply, fault: &str) -> (Vec<Act>, Option<usize>) {
        match Script::of(reply, &Fault::parse(fault).unwrap()) {
            Script::Respond { acts, length, .. } => (acts, length),
            other => panic!("{other:?}"),
        }
    }

    fn sent(acts: &[Act]) -> String {
        let bytes = acts.iter().filter_map(|act| match act {
            Act::Send(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        });
        bytes.collect()
    }

    #[test]
    fn stream_goes_out_event_by_event_without_a_length() {
        let (acts, length) = wire(stream(), "ok");
        assert_eq!((acts.len(), length), (3, None));
    }

    #[test]
    fn cut_ends_after_so_many_events() {
        assert_eq!(sent(&wire(stream(), "fault=cut:1").0), "data: {\"a\":1}\n\n");
    }

    #[test]
    fn whole_body_that_is_cut_announces_no_length() {
        let whole = Reply {
            stream: false,
            parts: vec![Bytes::from("0123456789")],
            ..stream()
        };
        let (acts, length) = wire(whole.clone(), "fault=cut:3");
        assert_eq!((sent(&acts).as_str(), length), ("01234", None));
        assert_eq!(wire(whole, "ok").1, Some(10));
    }

    #[test]
    fn reset_comes_after_its_events() {
        let (acts, _) = wire(stream(), "fault=reset-midstream:2");
        assert_eq!(acts.last(), Some(&Act::Reset));
        assert!(sent(&acts).ends_with("\"b\":2}\n\n"));
    }

    #[test]
    fn missing_done_and_error_event_and_torn_json() {
        assert!(!sent(&wire(stream(), "fault=no-done").0).contains("DONE"));
        assert!(sent(&wire(stream(), "fault=error-midstream:1").0).ends_with("{\"error\":1}\n\n"));
        assert_eq!(
            sent(&wire(stream(), "fault=malformed-event:1").0).lines().nth(2),
            Some("data: {\"")
        );
    }

    #[test]
    fn a_sweep_pauses_after_one_byte_and_sends_them_all() {
        let whole = sent(&wire(stream(), "ok").0);
        for at in 1..whole.len() {
            let fault = Fault {
                sweep_at: at,
                ..Fault::parse("fault=sweep:1ms").unwrap()
            };
            let Script::Respond { acts, .. } = Script::of(stream(), &fault) else {
                panic!("no answer");
            };
            assert_eq!(sent(&acts), whole);
            let pause = acts.iter().position(|act| matches!(act, Act::Wait(_))).unwrap();
            assert_eq!(sent(&acts[..pause]).len(), at);
        }
    }

    #[test]
    fn trickle_sends_a_few_bytes_at_a_time() {
        let (acts, _) = wire(stream(), "fault=trickle:1ms");
        assert!(
            acts.iter()
                .all(|act| !matches!(act, Act::Send(bytes) if bytes.len() > TRICKLE_BYTES))
        );
        assert_eq!(sent(&acts), sent(&wire(stream(), "ok").0));
    }
}
