//! The scripted provider: a server that speaks OpenAI chat completions (also Azure's paths and vLLM's habits) and
//! Anthropic messages, refuses what the real ones refuse, and fails on demand.
//!
//! Its answer depends on the request ([`answer`]), its faults on the model's name ([`fault`]). Paths: anything that
//! ends in `/chat/completions`, `/v1/messages` or `/embeddings`. `GET /_requests` gives what it was asked, `DELETE /_requests`
//! forgets it. It speaks HTTP/1.1 and HTTP/2, over TLS if told to ([`tls`]), and counts words, not tokens.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub mod answer;
pub mod anthropic;
mod check;
mod embeddings;
pub mod fault;
pub mod journal;
pub mod openai;
mod prompt;
mod refusal;
mod reply;
mod sample;
mod script;
mod server;
mod socket;
pub mod tls;

pub use journal::Recorded;
pub use openai::Flavor;

use crate::wait::eventually;
use journal::Journal;
use tls::Certificate;

/// How a provider is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, which its answers start with.
    pub name: String,
    /// The only credential it takes; any will do if there is none.
    pub api_key: Option<String>,
    /// How its OpenAI API differs from OpenAI's.
    pub flavor: Flavor,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate it shows; without one it speaks no TLS.
    pub certificate: Option<Certificate>,
}

impl Options {
    /// A provider on a free loopback port that takes any credential.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            api_key: None,
            flavor: Flavor::OpenAi,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            certificate: None,
        }
    }

    /// Speaks TLS, and shows this certificate.
    pub fn tls(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Takes this credential only.
    pub fn api_key(mut self, key: &str) -> Self {
        self.api_key = Some(key.to_owned());
        self
    }

    /// Differs from OpenAI in this way.
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// Starts it.
    pub fn start(self) -> anyhow::Result<Provider> {
        Provider::new(self)
    }
}

/// A running provider; it stops when it is dropped.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    options: Arc<Options>,
    journal: Arc<Journal>,
    runtime: Option<Runtime>,
}

impl Provider {
    /// Starts a provider on a free port that takes any credential.
    pub fn start(name: &str) -> anyhow::Result<Self> {
        Options::new(name).start()
    }

    fn new(options: Options) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(format!("provider-{}", options.name))
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind(options.listen)
            .with_context(|| format!("provider cannot listen on {}", options.listen))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (options, journal) = (Arc::new(options), Arc::new(Journal::default()));
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(server::serve(listener, options.clone(), journal.clone()));
        Ok(Self {
            address,
            options,
            journal,
            runtime: Some(runtime),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port`, or with `https`.
    pub fn url(&self) -> String {
        let scheme = self.options.certificate.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}", self.address)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.journal.requests()
    }

    /// The requests so far whose body contains `marker`: tests that share a provider tell theirs apart so.
    pub fn requests_with(&self, marker: &str) -> Vec<Recorded> {
        let mut requests = self.journal.requests();
        requests.retain(|request| request.mentions(marker));
        requests
    }

    /// Waits until `count` requests with this marker have arrived, and returns them.
    pub async fn wait_for(&self, marker: &str, count: usize) -> Vec<Recorded> {
        let name = self.name();
        eventually(
            Duration::from_secs(10),
            &format!("{count} requests at {name}"),
            async || {
                let requests = self.requests_with(marker);
                (requests.len() >= count).then_some(requests)
            },
        )
        .await
    }

    /// How many connections there have been.
    pub fn connections(&self) -> u64 {
        self.journal.connections()
    }

    /// Whether the connection on which a request came is still there.
    pub fn is_connected(&self, connection: u64) -> bool {
        self.journal.is_connected(connection)
    }

    /// Forgets the requests so far and what `times` has counted.
    pub fn clear(&self) {
        self.journal.clear();
    }

    /// Closes its port and every connection, as a killed process would.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}
