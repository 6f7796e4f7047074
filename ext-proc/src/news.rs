//! What replicas tell one another of targets, over a channel of Redis.
//!
//! Envoy's workers each tell one replica how requests went, so alone most replicas would never learn that a target
//! fails. Telling is one push into a bounded queue; a task publishes what has gathered, ten times a second. Nothing
//! waits for Redis: while it is away, what there would be to tell is dropped, and each replica learns alone. Nothing is
//! said of callers or of what they wrote.

use std::time::Duration;

use futures_util::StreamExt as _;
use penstock_client::trail::Trail;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use redis::{Client, aio::MultiplexedConnection};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::outcome::Outcome;

/// Between two messages.
const GATHER: Duration = Duration::from_millis(100);
/// Requests that wait to be told of. With more in a tenth of a second, those that are left tell enough.
const MOST_WAITING: usize = 2_048;
/// Largest message that is read, in bytes. What [`MOST_WAITING`] requests make, with a few attempts each, is less.
const LARGEST: usize = 4 << 20;
/// What one call of Redis may take. Nobody waits for it.
const CALL: Duration = Duration::from_secs(2);
/// Before Redis is tried again.
const BACK_OFF: Duration = Duration::from_millis(500);

/// How one request went, as far as it is about targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(rename = "d")]
    duration_ms: u64,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<u64>,
    #[serde(rename = "c", default, skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
    #[serde(rename = "t")]
    trail: Trail,
}

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    /// Whose it is.
    from: u64,
    news: Vec<Item>,
}

/// Tells other replicas. Clones tell for the same one.
#[derive(Clone, Debug)]
pub struct News {
    queue: mpsc::Sender<Item>,
    metrics: Metrics,
}

/// Both ways of the channel, which are yet to be opened.
#[derive(Debug)]
pub struct Channel {
    client: Client,
    name: String,
    from: u64,
    queue: mpsc::Receiver<Item>,
    metrics: Metrics,
}

/// What operators see of it.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    items: Family<Outcomes, Counter>,
    up: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcomes {
    outcome: &'static str,
}

impl News {
    /// By the Redis at `url`; `prefix` is what the names of all its keys begin with.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &str, prefix: &str, metrics: Metrics) -> Result<(Self, Channel), redis::RedisError> {
        let client = Client::open(url)?;
        // Channels are common to all databases of a Redis.
        let database = client.get_connection_info().redis_settings().db();
        let (sender, queue) = mpsc::channel(MOST_WAITING);
        let news = Self {
            queue: sender,
            metrics: metrics.clone(),
        };
        let channel = Channel {
            client,
            name: format!("{{{prefix}}}:health:{database}"),
            from: fastrand::u64(..),
            queue,
            metrics,
        };
        Ok((news, channel))
    }

    /// Tells how a request went, soon. Returns at once.
    pub fn tell(&self, outcome: &Outcome) {
        if outcome.trail.0.is_empty() {
            return;
        }
        let item = Item {
            duration_ms: outcome.duration_ms,
            first_byte_ms: outcome.first_byte_ms,
            is_cut: outcome.is_cut(),
            trail: outcome.trail.clone(),
        };
        if self.queue.try_send(item).is_err() {
            self.metrics.add("lost", 1);
        }
    }
}

impl Channel {
    /// Tells and listens from now on. `hear` takes what others tell, until it says no.
    pub fn open(self, hear: impl Fn(&Outcome) -> bool + Send + 'static) {
        let listening = listen(
            self.client.clone(),
            self.name.clone(),
            self.from,
            self.metrics.clone(),
            hear,
        );
        tokio::spawn(listening);
        tokio::spawn(publish(self));
    }
}

/// Publishes what has gathered, until nobody tells any more.
async fn publish(mut channel: Channel) {
    let mut connection = None;
    let mut news = Vec::new();
    loop {
        if channel.queue.recv_many(&mut news, MOST_WAITING).await == 0 {
            return;
        }
        sleep(GATHER).await;
        while news.len() < MOST_WAITING {
            let Ok(item) = channel.queue.try_recv() else { break };
            news.push(item);
        }
        let count = news.len();
        let message = Message {
            from: channel.from,
            news: std::mem::take(&mut news),
        };
        // Strings and numbers always serialise.
        let text = serde_json::to_string(&message).unwrap_or_default();
        if connection.is_none() {
            connection = connected(&channel.client).await;
        }
        let sent = match &mut connection {
            Some(connection) => send(connection, &channel.name, &text).await,
            None => false,
        };
        channel.metrics.add(if sent { "told" } else { "lost" }, count);
        if !sent {
            connection = None;
        }
    }
}

async fn connected(client: &Client) -> Option<MultiplexedConnection> {
    timeout(CALL, client.get_multiplexed_async_connection())
        .await
        .ok()?
        .ok()
}

async fn send(connection: &mut MultiplexedConnection, channel: &str, text: &str) -> bool {
    let mut command = redis::cmd("PUBLISH");
    let publish = command.arg(channel).arg(text).query_async::<()>(connection);
    matches!(timeout(CALL, publish).await, Ok(Ok(())))
}

/// Listens until `hear` says no.
async fn listen(
    client: Client,
    name: String,
    from: u64,
    metrics: Metrics,
    hear: impl Fn(&Outcome) -> bool + Send + 'static,
) {
    loop {
        let subscribed = timeout(CALL, async {
            let mut channel = client.get_async_pubsub().await?;
            channel.subscribe(&name).await?;
            Ok::<_, redis::RedisError>(channel)
        })
        .await;
        if let Ok(Ok(channel)) = subscribed {
            metrics.up.set(1);
            let mut messages = channel.into_on_message();
            while let Some(message) = messages.next().await {
                for outcome in read(message.get_payload_bytes(), from) {
                    metrics.add("heard", 1);
                    if !hear(&outcome) {
                        return;
                    }
                }
            }
        }
        metrics.up.set(0);
        sleep(BACK_OFF).await;
    }
}

/// What another replica tells; nothing of what is one's own or makes no sense.
fn read(message: &[u8], own: u64) -> Vec<Outcome> {
    if message.len() > LARGEST {
        return Vec::new();
    }
    match serde_json::from_slice::<Message>(message) {
        Ok(message) if message.from != own => message.news.into_iter().map(Item::into_outcome).collect(),
        Ok(_) | Err(_) => Vec::new(),
    }
}

impl Item {
    fn into_outcome(self) -> Outcome {
        Outcome {
            duration_ms: self.duration_ms,
            first_byte_ms: self.first_byte_ms,
            trail: self.trail,
            // As `Outcome::is_cut` has it.
            status: 200,
            flags: self.is_cut.then(|| "UC".to_owned()).into_iter().collect(),
            ..Outcome::default()
        }
    }
}

impl Metrics {
    /// Makes them known.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "penstock_health_news",
            "Requests of which replicas tell one another, by what became of the news",
            self.items.clone(),
        );
        registry.register(
            "penstock_health_news_up",
            "Whether news of other replicas arrive; always 0 without Redis",
            self.up.clone(),
        );
    }

    fn add(&self, outcome: &'static str, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.items.get_or_create(&Outcomes { outcome }).inc_by(count);
    }
}

#[cfg(test)]
mod tests {
    use penstock_client::trail::Stop;

    use super::*;

    fn outcome(flags: &[&str]) -> Outcome {
        Outcome {
            id: "secret".into(),
            path: "/v1/messages".into(),
            duration_ms: 1_200,
            first_byte_ms: Some(300),
            status: 200,
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            trail: Trail(vec![Stop {
                provider: "a".into(),
                model: "x".into(),
                outcome: Some("200".into()),
                ..Stop::default()
            }]),
            ..Outcome::default()
        }
    }

    #[tokio::test]
    async fn what_is_told_is_what_health_learns_from_and_no_more() {
        let (news, mut channel) = News::new("redis://127.0.0.1:1/3", "p", Metrics::default()).unwrap();
        assert_eq!(channel.name, "{p}:health:3");
        for flags in [&["UC"][..], &[], &["DC"]] {
            let told = outcome(flags);
            news.tell(&told);
            let item = channel.queue.recv().await.unwrap();
            let text = serde_json::to_string(&Message {
                from: 1,
                news: vec![item],
            })
            .unwrap();
            assert!(!text.contains("secret") && !text.contains("v1"), "{text}");
            let heard = read(text.as_bytes(), 2);
            assert_eq!(heard.len(), 1);
            assert_eq!(heard[0].is_cut(), told.is_cut());
            assert_eq!(
                (heard[0].duration_ms, heard[0].first_byte_ms, &heard[0].trail),
                (told.duration_ms, told.first_byte_ms, &told.trail)
            );
            assert!(read(text.as_bytes(), 1).is_empty());
        }
        news.tell(&Outcome::default());
        assert!(channel.queue.try_recv().is_err());
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        for text in ["", "{}", "[]", r#"{"from":1,"news":[{"d":-1,"t":[]}]}"#] {
            assert!(read(text.as_bytes(), 2).is_empty(), "{text}");
        }
    }

    #[tokio::test]
    async fn more_than_waits_is_dropped_and_counted() {
        let (news, _channel) = News::new("redis://127.0.0.1:1", "p", Metrics::default()).unwrap();
        for _ in 0..MOST_WAITING + 5 {
            news.tell(&outcome(&[]));
        }
        let lost = news
            .metrics
            .items
            .get_or_create(&Outcomes { outcome: "lost" })
            .get();
        assert_eq!(lost, 5);
    }
}
