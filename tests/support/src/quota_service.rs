//! A quota service as Envoys lease limits from, after `proto/penstock/quota/v1/quota.proto`.
//!
//! It shares each limit out among the proxies that ask, writes down all that it is told, and can be away or misbehave.
//! Its gRPC is written by hand, so that it can also answer what no right server would.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use penstock_quota::wire::{Closed, Grant, LeaseRequest, Window};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

mod books;
mod grpc;

use books::Books;
pub use books::{Leased, Settled};

/// How long the port of a stopped service may take to become free.
const PORT_LIMIT: Duration = Duration::from_secs(5);

/// What it grants.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long windows last, whatever the limit says.
    pub span: Option<Duration>,
    /// How long a grant is valid.
    pub valid: Duration,
    /// How much more is granted than is needed.
    pub headroom: u64,
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Manner {
    /// As it should.
    Right,
    /// Not at all.
    Silent,
    /// With this gRPC status.
    Status(u32),
    /// As it should, but that it has noted a settlement is lost on the way back.
    LosingSettlements,
    /// With these bytes for a message.
    Bytes(Vec<u8>),
    /// With these grants, whatever is asked.
    Grants(fn(&LeaseRequest) -> Vec<Grant>),
}

/// A call that it has heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When.
    pub at: Instant,
    /// Over which of its connections.
    pub connection: u64,
    /// Who called.
    pub proxy: String,
    /// What is in use, if it was a call for leases.
    pub windows: Vec<Window>,
    /// What is over, if it was a settlement.
    pub closed: Vec<Closed>,
}

/// A running service; it stops when it is dropped. What it knows outlives a restart.
#[derive(Debug)]
pub struct QuotaService {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    books: Books,
    heard: Vec<Heard>,
    connections: u64,
}

impl QuotaService {
    /// Starts one on a free port.
    pub fn start(terms: Terms) -> anyhow::Result<Self> {
        let state = State {
            manner: Manner::Right,
            books: Books::new(terms),
            heard: Vec::new(),
            connections: 0,
        };
        let mut service = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: Arc::new(Mutex::new(state)),
            runtime: None,
        };
        service.restart()?;
        Ok(service)
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers like this from now on.
    pub fn behave(&self, manner: Manner) {
        self.state().manner = manner;
    }

    /// Closes its port and every connection, as a killed process would.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Listens again where it did before.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.stop();
        let start = Instant::now();
        let listener = loop {
            match std::net::TcpListener::bind(self.address) {
                Err(_) if start.elapsed() < PORT_LIMIT => std::thread::sleep(Duration::from_millis(10)),
                bound => {
                    break bound
                        .with_context(|| format!("quota service cannot listen on {}", self.address))?;
                }
            }
        };
        listener.set_nonblocking(true)?;
        self.address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("quota-service")
            .enable_all()
            .build()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(grpc::serve(listener, self.state.clone()));
        self.runtime = Some(runtime);
        Ok(())
    }

    /// The calls so far, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.state().heard.clone()
    }

    /// What each proxy was granted last of the windows whose label contains `label`.
    pub fn leased(&self, label: &str) -> Vec<Leased> {
        self.state().books.leased(label)
    }

    /// What was settled of the windows whose label contains `label`: one entry for each proxy and window.
    pub fn settled(&self, label: &str) -> Vec<Settled> {
        self.state().books.settled(label)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for QuotaService {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
