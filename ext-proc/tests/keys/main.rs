//! Keys in a real Redis, as the service sees them.

#![cfg(test)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use penstock_config::{Config, Holder, Key, KeyHash};
use penstock_ext_proc::keys::{Denied, KeyMetrics, Keyring, Standing, watch};
use penstock_keys::shelf::Shelf;
use penstock_test_support::redis::{Kind, Redis};
use prometheus_client::{encoding::text::encode, registry::Registry};
use tokio::runtime::Runtime;

/// What the issue promises of a revocation.
const SOON: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

fn key(id: &str) -> Key {
    Key {
        id: id.to_owned(),
        hash: KeyHash::of(&text(id)),
        expires_ms: None,
        revoked: false,
        holder: Holder {
            tenant: "acme".to_owned(),
            ..Holder::default()
        },
    }
}

fn text(id: &str) -> String {
    format!("psk-{id}")
}

fn config(redis: &str) -> Config {
    let text = format!(
        "service: {{ redis: {{ url: '{redis}' }} }}
providers: [{{ name: p, api: openai, base_url: 'https://api.example.com/v1', credential: {{ env: KEY }} }}]
models: [{{ name: default, targets: [{{ provider: p, model: a }}] }}]
keys: {{ redis: true }}
"
    );
    Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
}

struct Watched {
    keyring: Arc<Keyring>,
    standing: Arc<Standing>,
    registry: Registry,
}

impl Watched {
    fn start(redis: &str) -> Self {
        let keyring = Arc::new(Keyring::new(&config(redis)));
        let standing = Arc::new(Standing::default());
        let metrics = KeyMetrics::default();
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let shelf = Shelf::at(redis).unwrap();
        tokio::spawn(watch(shelf, Arc::clone(&keyring), Arc::clone(&standing), metrics));
        Self {
            keyring,
            standing,
            registry,
        }
    }

    fn admit(&self, id: &str) -> Result<(), Denied> {
        let ring = self.keyring.ring();
        ring.admit(Some(&text(id)), 0).map(drop)
    }

    fn statistics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        text
    }
}

/// How long it takes until `condition` holds.
async fn until(what: &str, condition: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

#[test]
fn a_key_is_admitted_and_refused_within_a_second_of_the_change() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        let watched = Watched::start(&redis.url());
        until("first look", || watched.standing.is_ready()).await;
        assert_eq!(watched.admit("a"), Err(Denied::Unknown));
        shelf.put(&key("a")).await.unwrap();
        shelf.put(&key("b")).await.unwrap();
        assert!(until("admitted", || watched.admit("b").is_ok()).await < SOON);
        assert_eq!(watched.admit("a"), Ok(()));

        shelf.revoke("a").await.unwrap();
        let took = until("revoked", || watched.admit("a") == Err(Denied::Revoked)).await;
        assert!(took < SOON, "{took:?}");
        assert_eq!(watched.admit("b"), Ok(()));
        let statistics = watched.statistics();
        assert!(statistics.contains("penstock_keys_in_redis 2\n"), "{statistics}");
        assert!(statistics.contains("penstock_keys_redis_up 1\n"), "{statistics}");
    });
}

#[test]
fn keys_stay_in_force_while_redis_is_away_and_change_when_it_is_back() {
    let mut redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        shelf.put(&key("a")).await.unwrap();
        let watched = Watched::start(&redis.url());
        until("admitted", || watched.admit("a").is_ok()).await;
        redis.stop();
        until("away", || {
            watched.statistics().contains("penstock_keys_redis_up 0\n")
        })
        .await;
        assert_eq!(watched.admit("a"), Ok(()));
        assert!(watched.standing.is_ready() && watched.standing.describe().contains("cannot be read"));

        redis.restart().unwrap();
        until("back", || {
            watched.statistics().contains("penstock_keys_redis_up 1\n")
        })
        .await;
        Shelf::at(&redis.url()).unwrap().revoke("a").await.unwrap();
        until("revoked", || watched.admit("a") == Err(Denied::Revoked)).await;
    });
}

#[test]
fn a_service_that_starts_without_redis_is_not_ready_before_it_knows_the_keys() {
    let mut redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        Shelf::at(&redis.url()).unwrap().put(&key("a")).await.unwrap();
        redis.stop();
        let watched = Watched::start(&redis.url());
        until("tried", || {
            watched
                .statistics()
                .contains("penstock_key_reloads_total{outcome=\"failed\"}")
        })
        .await;
        assert!(!watched.standing.is_ready());
        redis.restart().unwrap();
        until("ready", || watched.standing.is_ready()).await;
        assert_eq!(watched.admit("a"), Ok(()));
    });
}
