//! The connection. Once a call fails nobody waits for Redis until it is looked for again, which one caller does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisResult, cmd};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::StoreError;
use super::lock;

/// How long a Redis that is away is not looked for.
const AWAY: Duration = Duration::from_millis(250);
/// How long a connection may take to be made; callers only wait for as long as for any call.
const CONNECT: Duration = Duration::from_secs(2);

/// Replies of a server that is not, or no longer, the one to ask: another connection may lead to that.
const ELSEWHERE: [&str; 5] = ["LOADING", "MASTERDOWN", "MOVED", "READONLY", "CLUSTERDOWN"];

#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    timeout: Duration,
    state: Arc<Mutex<State>>,
    /// Held by who connects.
    connecting: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    present: Option<Present>,
    /// How many connections were made.
    made: u64,
    away_since: Option<Instant>,
}

#[derive(Clone)]
struct Present {
    number: u64,
    connection: MultiplexedConnection,
}

impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Present")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn new(client: Client, timeout: Duration) -> Self {
        Self {
            client,
            timeout,
            state: Arc::default(),
            connecting: Arc::default(),
        }
    }

    /// Runs a command.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.timeout;
        let mut present = self.present_by(deadline).await?;
        let answer = timeout_at(deadline, command.query_async(&mut present.connection)).await;
        self.result(present.number, answer)
    }

    /// Runs several.
    pub(super) async fn query_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.timeout;
        let mut present = self.present_by(deadline).await?;
        let answer = timeout_at(deadline, commands.query_async(&mut present.connection)).await;
        self.result(present.number, answer)
    }

    fn result<T>(&self, number: u64, answer: Result<RedisResult<T>, Elapsed>) -> Result<T, StoreError> {
        let error = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            // Replied, or not understood: the connection is well, and nobody else's call suffers.
            Ok(Err(error)) => match (error.kind(), error.code()) {
                (_, Some(code)) if ELSEWHERE.contains(&code) => StoreError::Away,
                (_, Some(_)) | (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, None) => {
                    return Err(StoreError::Refused(error.to_string()));
                }
                _ => StoreError::Away,
            },
            Err(_) => self.slow(),
        };
        let mut state = lock(&self.state);
        // A later connection is not to blame.
        if state
            .present
            .as_ref()
            .is_some_and(|present| present.number == number)
        {
            state.present = None;
            state.away_since = Some(Instant::now());
        }
        Err(error)
    }

    fn slow(&self) -> StoreError {
        let limit_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        StoreError::Slow { limit_ms }
    }

    async fn present_by(&self, deadline: Instant) -> Result<Present, StoreError> {
        let present = timeout_at(deadline, self.present()).await;
        present.unwrap_or_else(|_| Err(self.slow()))
    }

    async fn present(&self) -> Result<Present, StoreError> {
        if let Some(present) = self.known()? {
            return Ok(present);
        }
        let guard = self.connecting.clone().lock_owned().await;
        if let Some(present) = self.known()? {
            return Ok(present);
        }
        let (client, state) = (self.client.clone(), self.state.clone());
        // On its own, so that it goes on when this caller no longer waits.
        let attempt = tokio::spawn(async move {
            let result = timeout(CONNECT, connect(&client)).await;
            let mut state = lock(&state);
            drop(guard);
            let Ok(Ok(connection)) = result else {
                state.away_since = Some(Instant::now());
                return None;
            };
            state.made += 1;
            state.away_since = None;
            let number = state.made;
            state.present = Some(Present { number, connection });
            state.present.clone()
        });
        attempt.await.ok().flatten().ok_or(StoreError::Away)
    }

    /// The connection, if there is one; none if it is to be looked for.
    fn known(&self) -> Result<Option<Present>, StoreError> {
        let state = lock(&self.state);
        match (&state.present, state.away_since) {
            (Some(present), _) => Ok(Some(present.clone())),
            (None, Some(since)) if since.elapsed() < AWAY => Err(StoreError::Away),
            (None, _) => Ok(None),
        }
    }
}

async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(None);
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    // While it loads its data it accepts connections and nothing else.
    cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(connection)
}
