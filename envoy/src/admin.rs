//! The few questions that are asked of Envoy's admin interface, and of the service's.

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Envoy's admin answers at once or hangs.
const TIMEOUT: Duration = Duration::from_secs(2);
/// More than any answer that is asked for here.
const LARGEST_ANSWER: u64 = 64 << 10;

/// Envoy's admin interface.
#[derive(Clone, Copy, Debug)]
pub struct Admin(pub SocketAddr);

impl Admin {
    /// Envoy has its configuration and takes requests.
    pub fn is_ready(&self) -> bool {
        self.answers("/ready")
    }

    /// `path` is there, and all is well.
    pub fn answers(&self, path: &str) -> bool {
        self.request("GET", path)
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// What is said at `path`, headers included.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn text(&self, path: &str) -> io::Result<String> {
        self.request("GET", path)
    }

    /// Lets listeners go; requests that run go on.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub fn close_listeners(&self) -> io::Result<()> {
        self.request("POST", "/drain_listeners?skip_exit").map(drop)
    }

    /// Requests that clients wait for; `None` when Envoy does not say.
    pub fn active_requests(&self) -> Option<u64> {
        const STAT: &str = "http.penstock.downstream_rq_active: ";
        let path = "/stats?filter=^http\\.penstock\\.downstream_rq_active$";
        let answer = self.request("GET", path).ok()?;
        let line = answer.lines().find_map(|line| line.strip_prefix(STAT))?;
        line.trim().parse().ok()
    }

    /// The statistics that `path` asks for, as text.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub fn statistics(&self, path: &str) -> io::Result<BTreeMap<String, String>> {
        let answer = self.text(path)?;
        let lines = answer.lines().filter_map(|line| line.split_once(": "));
        Ok(lines
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect())
    }

    fn request(&self, method: &str, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.0, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            self.0
        )?;
        let mut answer = String::new();
        stream.take(LARGEST_ANSWER).read_to_string(&mut answer)?;
        Ok(answer)
    }
}
