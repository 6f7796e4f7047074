//! Keys in a real Redis.

#![cfg(test)]

use penstock_config::{Holder, Key, KeyHash};
use penstock_keys::shelf::{Content, Shelf, ShelfError};
use penstock_test_support::redis::{Kind, Redis};
use tokio::runtime::Runtime;

fn key(id: &str) -> Key {
    Key {
        id: id.to_owned(),
        hash: KeyHash::of(id),
        expires_ms: Some(5),
        revoked: false,
        holder: Holder {
            tenant: "acme".to_owned(),
            models: Some(vec!["default".to_owned()]),
            ..Holder::default()
        },
    }
}

fn sorted(mut content: Content) -> Vec<Key> {
    content.keys.sort_by(|a, b| a.id.cmp(&b.id));
    content.keys
}

/// What somebody else writes there.
async fn raw(redis: &Redis, command: &[&str]) {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut it = redis::cmd(command[0]);
    for word in &command[1..] {
        it.arg(*word);
    }
    let _: redis::Value = it.query_async(&mut connection).await.unwrap();
}

#[test]
fn keys_are_put_found_and_revoked_and_each_change_is_told() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        assert_eq!(shelf.load().await.unwrap(), Content::default());
        assert_eq!(shelf.version().await.unwrap(), 0);
        shelf.put(&key("a")).await.unwrap();
        shelf.put(&key("b")).await.unwrap();
        assert_eq!(shelf.version().await.unwrap(), 2);
        assert_eq!(sorted(shelf.load().await.unwrap()), [key("a"), key("b")]);

        shelf.revoke("a").await.unwrap();
        assert_eq!(shelf.version().await.unwrap(), 3);
        let revoked = Key {
            revoked: true,
            ..key("a")
        };
        assert_eq!(sorted(shelf.load().await.unwrap()), [revoked, key("b")]);
    });
}

#[test]
fn an_id_and_a_key_are_there_once() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        shelf.put(&key("a")).await.unwrap();
        let same_id = Key {
            hash: KeyHash::of("other"),
            ..key("a")
        };
        let same_hash = Key {
            id: "b".to_owned(),
            ..key("a")
        };
        let faulty = Key {
            id: "a b".to_owned(),
            ..key("c")
        };
        assert!(matches!(shelf.put(&same_id).await, Err(ShelfError::Taken { .. })));
        assert!(matches!(
            shelf.put(&same_hash).await,
            Err(ShelfError::Taken { .. })
        ));
        assert!(matches!(shelf.put(&faulty).await, Err(ShelfError::Faulty(_))));
        assert!(matches!(shelf.revoke("b").await, Err(ShelfError::Missing { .. })));
        assert_eq!(shelf.version().await.unwrap(), 1);
    });
}

#[test]
fn what_is_no_key_is_left_out_and_counted() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        shelf.put(&key("a")).await.unwrap();
        let digits = KeyHash::of("x").to_hex();
        let json = serde_json::to_string(&key("not-x")).unwrap();
        raw(&redis, &["HSET", "penstock:keys", &digits, &json]).await;
        raw(&redis, &["HSET", "penstock:keys", "zz", "{}"]).await;
        raw(&redis, &["HSET", "penstock:keys", "\u{e9}", "not json"]).await;
        let content = shelf.load().await.unwrap();
        assert_eq!((content.keys, content.unreadable), (vec![key("a")], 3));
    });
}

#[test]
fn a_key_that_another_tool_has_put_there_is_revoked_by_its_id() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        let json = serde_json::to_string(&key("theirs")).unwrap();
        let digits = key("theirs").hash.to_hex();
        raw(&redis, &["HSET", "penstock:keys", &digits, &json]).await;
        shelf.revoke("theirs").await.unwrap();
        let content = shelf.load().await.unwrap();
        assert!(content.keys.iter().all(|key| key.revoked) && content.keys.len() == 1);
    });
}

#[test]
fn more_keys_than_can_be_watched_over_are_not_read() {
    let redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let fill = "for i = 1, 100001 do redis.call('HSET', KEYS[1], i, '{}') end";
        raw(&redis, &["EVAL", fill, "1", "penstock:keys"]).await;
        let shelf = Shelf::at(&redis.url()).unwrap();
        let loaded = shelf.load().await;
        assert!(matches!(loaded, Err(ShelfError::TooMany { count: 100_001 })));
        assert!(matches!(
            shelf.put(&key("a")).await,
            Err(ShelfError::TooMany { .. })
        ));
    });
}

#[test]
fn a_redis_that_is_away_is_an_error_and_one_that_is_back_answers() {
    let mut redis = Redis::start(Kind::Redis).unwrap();
    Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::at(&redis.url()).unwrap();
        shelf.put(&key("a")).await.unwrap();
        redis.stop();
        assert!(matches!(shelf.version().await, Err(ShelfError::Redis(_))));
        assert!(matches!(shelf.load().await, Err(ShelfError::Redis(_))));
        redis.restart().unwrap();
        let mut tries = 0;
        while let Err(error) = shelf.version().await {
            tries += 1;
            assert!(tries < 100, "{error}");
        }
        assert_eq!(shelf.load().await.unwrap().keys, [key("a")]);
    });
}
