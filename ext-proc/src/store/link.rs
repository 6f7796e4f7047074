//! The connection to Redis, with a circuit: once a call fails nobody waits for it until it answers again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, ScriptInvocation};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often a store that is away is looked for.
const PROBE: Duration = Duration::from_millis(250);
/// How long a connection may take; nobody waits for it.
const CONNECT: Duration = Duration::from_secs(2);

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// It was not made.
    Unsent,
    /// It was made, and may have been carried out or not.
    InDoubt,
    /// Redis would not carry it out, and will not another time.
    Refused,
}

/// Replies of a server that is not, or no longer, the one to ask: another connection may lead to that.
const ELSEWHERE: [&str; 5] = ["LOADING", "MASTERDOWN", "MOVED", "READONLY", "CLUSTERDOWN"];
/// Replies of a server that may carry it out later: it has no room, or somebody has to set it right.
const LATER: [&str; 8] = [
    "BUSY",
    "MISCONF",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "OOM",
    "TRYAGAIN",
    "WRONGPASS",
];

/// The connection, if there is one.
pub(crate) struct Link {
    client: Client,
    timeout: Duration,
    present: ArcSwapOption<Present>,
    lost: Notify,
    made: AtomicU64,
}

struct Present {
    number: u64,
    connection: MultiplexedConnection,
}

impl Link {
    pub(super) fn new(client: Client, timeout: Duration) -> Self {
        Self {
            client,
            timeout,
            present: ArcSwapOption::empty(),
            lost: Notify::new(),
            made: AtomicU64::new(0),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.present.load().is_some()
    }

    /// Runs a script, for at most the link's time-out.
    pub(crate) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Missed> {
        let Some(present) = self.present.load_full() else {
            return Err(Missed::Unsent);
        };
        let mut connection = present.connection.clone();
        match timeout(self.timeout, script.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => match error.code() {
                // Replied: the connection is well, and nobody else's call suffers.
                Some(code) if LATER.contains(&code) => Err(Missed::Unsent),
                Some(code) if ELSEWHERE.contains(&code) => {
                    self.lose(present.number);
                    Err(Missed::Unsent)
                }
                Some(_) => Err(Missed::Refused),
                None => {
                    self.lose(present.number);
                    Err(Missed::InDoubt)
                }
            },
            Err(_) => {
                self.lose(present.number);
                Err(Missed::InDoubt)
            }
        }
    }

    /// Forgets the connection with this number; a later one is not to blame.
    fn lose(&self, number: u64) {
        let present = self.present.load_full();
        if present.is_some_and(|present| present.number == number) {
            self.present.store(None);
            self.lost.notify_one();
        }
    }

    /// Tries once to connect.
    pub(super) async fn connect(&self) -> bool {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        let attempt = async {
            let mut connection = self
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            // While it loads its data it accepts connections and nothing else.
            redis::cmd("PING").query_async::<()>(&mut connection).await?;
            Ok::<_, redis::RedisError>(connection)
        };
        let Ok(Ok(connection)) = timeout(CONNECT, attempt).await else {
            return false;
        };
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.present.store(Some(Arc::new(Present { number, connection })));
        true
    }

    /// Waits until there is a connection, and looks for one.
    pub(super) async fn restore(&self) {
        while !self.is_up() && !self.connect().await {
            sleep(PROBE).await;
        }
    }

    /// Waits until the connection is lost.
    pub(super) async fn lost(&self) {
        while self.is_up() {
            self.lost.notified().await;
        }
    }
}
