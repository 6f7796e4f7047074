//! What a provider was asked, and how often.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use hyper::Version;
use serde_json::{Value, json};

/// Requests that are kept; older ones are forgotten.
const KEPT: usize = 4096;
/// Bytes of bodies that are kept, over all requests.
const KEPT_BYTES: usize = 256 << 20;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// The version of HTTP.
    pub version: Version,
    /// The server that the client of a TLS connection asked for.
    pub server_name: Option<String>,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Which of the provider's connections it came on, from 1.
    pub connection: u64,
    /// When it was complete.
    pub at: SystemTime,
}

impl Recorded {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body contains this text.
    pub fn mentions(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }

    fn to_json(&self) -> Value {
        let at = self
            .at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_micros();
        json!({
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": String::from_utf8_lossy(&self.body),
            "json": self.json(),
            "connection": self.connection,
            "at_us": u64::try_from(at).unwrap_or(u64::MAX),
        })
    }
}

/// The memory of one provider.
#[derive(Debug, Default)]
pub struct Journal {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<Recorded>,
    bytes: usize,
    hits: HashMap<String, u32>,
    connections: u64,
    open: HashSet<u64>,
}

impl Journal {
    /// Notes a request.
    pub fn record(&self, request: Recorded) {
        self.with(|state| {
            state.bytes += request.body.len();
            state.requests.push_back(request);
            while state.requests.len() > KEPT || state.bytes > KEPT_BYTES {
                let Some(oldest) = state.requests.pop_front() else {
                    break;
                };
                state.bytes -= oldest.body.len();
            }
        });
    }

    /// Counts one more request with this key, and returns how many came before it.
    pub fn hit(&self, key: &str) -> u32 {
        self.with(|state| {
            let hits = state.hits.entry(key.to_owned()).or_default();
            *hits += 1;
            *hits - 1
        })
    }

    /// Counts a connection, and returns its number.
    pub fn connect(&self) -> u64 {
        self.with(|state| {
            state.connections += 1;
            state.open.insert(state.connections);
            state.connections
        })
    }

    /// Notes that a connection has ended.
    pub fn disconnect(&self, connection: u64) {
        self.with(|state| state.open.remove(&connection));
    }

    /// Whether this connection is still there.
    pub fn is_connected(&self, connection: u64) -> bool {
        self.with(|state| state.open.contains(&connection))
    }

    /// How many connections there have been.
    pub fn connections(&self) -> u64 {
        self.with(|state| state.connections)
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.with(|state| state.requests.iter().cloned().collect())
    }

    /// Forgets requests and counts.
    pub fn clear(&self) {
        self.with(|state| {
            state.requests.clear();
            state.bytes = 0;
            state.hits.clear();
        });
    }

    /// The requests so far as a JSON array.
    pub fn to_json(&self) -> Value {
        self.requests().iter().map(Recorded::to_json).collect()
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
