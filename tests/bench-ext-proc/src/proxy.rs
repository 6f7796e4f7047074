//! One worker of an Envoy: one connection for all that it asks, and one stream of the access log.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use envoy_types::pb::envoy::data::accesslog::v3::HttpAccessLogEntry;
use envoy_types::pb::envoy::service::auth::v3::{CheckResponse, check_response::HttpResponse};
use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingResponse, processing_response};
use prost::Message;

use crate::call::{Call, Connection};
use crate::config::{KEYS, key};
use crate::message::{Messages, Said, of_penstock, told};

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const PROCESS: &str = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const LOG: &str = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
/// As rendered: entries are told when there are so many bytes of them, or after so long.
const FLUSH_BYTES: usize = 64 << 10;
const FLUSH: Duration = Duration::from_millis(100);
/// No divisor of the number of keys: each key asks once before one asks again.
const STRIDE: u64 = 7_919;

/// Proxies of this run: no two give a request the same id.
static PROXIES: AtomicU64 = AtomicU64::new(0);

/// One worker of an Envoy. Lives in a `LocalSet`.
pub struct Proxy {
    number: u64,
    connection: Connection,
    messages: Messages,
    log: RefCell<Log>,
    /// Whether the service says something of a request, and does not only let it pass.
    decides: bool,
    requests: Cell<u64>,
}

struct Log {
    stream: Call,
    entries: Vec<HttpAccessLogEntry>,
    bytes: usize,
    is_first: bool,
}

impl Proxy {
    /// Connects to a service.
    pub async fn open(address: SocketAddr, decides: bool) -> anyhow::Result<Rc<Self>> {
        let connection = Connection::open(address).await?;
        let stream = connection.call(LOG).await?;
        let proxy = Rc::new(Self {
            number: PROXIES.fetch_add(1, Ordering::Relaxed),
            connection,
            messages: Messages::new()?,
            log: RefCell::new(Log {
                stream,
                entries: Vec::new(),
                bytes: 0,
                is_first: true,
            }),
            decides,
            requests: Cell::new(0),
        });
        let weak = Rc::downgrade(&proxy);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(FLUSH).await;
                let Some(proxy) = weak.upgrade() else { return };
                // What was not told is missed at the end.
                let _ = proxy.log.borrow_mut().flush();
            }
        });
        Ok(proxy)
    }

    /// Asks for one request all that is to be asked, and tells how it went. Gives the time until it was decided.
    pub async fn request(&self) -> anyhow::Result<Duration> {
        let number = self.requests.replace(self.requests.get() + 1);
        let id = format!("{:08x}-0000-4000-8000-{number:012x}", self.number);
        let key = key((self.number + number).wrapping_mul(STRIDE) % KEYS);
        let began = Instant::now();
        let mut said = Said {
            caller: self.check(&id, &key).await?,
            decision: None,
        };
        let mut call = self.connection.call(PROCESS).await?;
        call.say(&self.messages.headers(&id, &said), false)?;
        let answer: ProcessingResponse = call.hear().await?.context("headers were not answered")?;
        ensure!(
            matches!(
                answer.response,
                Some(processing_response::Response::RequestHeaders(_))
            ),
            "not an answer to headers: {answer:?}"
        );
        call.say(&self.messages.body(&said), false)?;
        let answer: ProcessingResponse = call.hear().await?.context("the body was not answered")?;
        let took = began.elapsed();
        ensure!(
            matches!(
                answer.response,
                Some(processing_response::Response::RequestBody(_))
            ),
            "not let through: {answer:?}"
        );
        said.decision = of_penstock(answer.dynamic_metadata);
        ensure!(
            said.decision.is_some() == self.decides && said.caller.is_some() == self.decides,
            "decided or not, and it should be the other way round"
        );
        call.end().await?;
        let entry = self.messages.entry(&id, &said);
        self.log.borrow_mut().push(entry)?;
        Ok(took)
    }

    async fn check(
        &self,
        id: &str,
        key: &str,
    ) -> anyhow::Result<Option<envoy_types::pb::google::protobuf::Struct>> {
        let answer: CheckResponse = self.connection.ask(CHECK, &self.messages.check(id, key)).await?;
        match answer.http_response {
            Some(HttpResponse::OkResponse(_)) => Ok(answer.dynamic_metadata),
            other => bail!("not admitted: {other:?}"),
        }
    }

    /// Tells what is not told yet, and waits until the service has taken it.
    pub async fn close(self: Rc<Self>) -> anyhow::Result<()> {
        let Some(proxy) = Rc::into_inner(self) else {
            bail!("requests are still under way");
        };
        let mut log = proxy.log.into_inner();
        log.flush()?;
        log.stream.end().await
    }
}

impl Log {
    fn push(&mut self, entry: HttpAccessLogEntry) -> anyhow::Result<()> {
        self.bytes += entry.encoded_len();
        self.entries.push(entry);
        if self.bytes >= FLUSH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.entries);
        self.bytes = 0;
        self.stream.say(&told(entries, self.is_first), false)?;
        self.is_first = false;
        Ok(())
    }
}
