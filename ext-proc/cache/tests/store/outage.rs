//! Redis that goes away, comes back, is emptied, or has no query engine.

use std::time::{Duration, Instant};

use penstock_cache::store::{Redis, Selection, Settings, Store, StoreError};
use penstock_test_support::redis::{Kind, Redis as Server};

use crate::samples::{Random, entry, now_ms, redis, stored};

/// With the limit that a service has.
fn quick(server: &Server) -> Redis {
    Redis::new(redis::Client::open(server.url()).unwrap(), Settings::default())
}

/// Every call fails, and soon.
async fn fails(store: &Redis) {
    let vector = Random(1).vector(8);
    let entry = entry("p", "x", Some(vector.clone()));
    let began = Instant::now();
    let calls = [
        store.get(&entry.key, now_ms()).await.err(),
        store
            .nearest(&entry.partition, &vector, 0.9, 1, now_ms())
            .await
            .err(),
        store.insert(entry.clone(), now_ms()).await.err(),
        store.remove(&Selection::default(), now_ms()).await.err(),
        store.begin_flight(&entry.key, "a", 1_000, now_ms()).await.err(),
        store.end_flight(&entry.key, "a").await.err(),
        store.is_in_flight(&entry.key, now_ms()).await.err(),
    ];
    for error in &calls {
        let error = error.as_ref();
        assert!(
            error.is_some_and(|error| matches!(error, StoreError::Away | StoreError::Slow { .. })),
            "{error:?}"
        );
    }
    // One or two of the calls may wait, for 100 ms at most.
    assert!(
        began.elapsed() < Duration::from_millis(600),
        "{:?}",
        began.elapsed()
    );
}

async fn until_it_answers(store: &Redis) {
    let key = entry("p", "x", None).key;
    while store.get(&key, now_ms()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_is_away_every_call_fails_quickly_and_then_it_is_found_again() {
    let mut server = Server::start(Kind::Stack).unwrap();
    let store = quick(&server);
    let vector = Random(2).vector(8);
    let wanted = entry("p", "x", Some(vector.clone()));
    until_it_answers(&store).await;
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    server.stop();
    fails(&store).await;
    server.restart().unwrap();
    until_it_answers(&store).await;
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    assert_eq!(store.get(&wanted.key, now_ms()).await, Ok(Some(stored(&wanted))));
    let near = store
        .nearest(&wanted.partition, &vector, 0.9, 1, now_ms())
        .await
        .unwrap();
    assert_eq!(near.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_that_it_never_answers_ends() {
    let server = Server::start(Kind::Stack).unwrap();
    let store = quick(&server);
    let vector = Random(3).vector(8);
    let wanted = entry("p", "x", Some(vector.clone()));
    until_it_answers(&store).await;
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    server.stall().unwrap();
    let began = Instant::now();
    let result = store.nearest(&wanted.partition, &vector, 0.9, 1, now_ms()).await;
    assert!(
        matches!(result, Err(StoreError::Slow { limit_ms: 100 })),
        "{result:?}"
    );
    assert!(began.elapsed() < Duration::from_millis(400));
    fails(&store).await;
    server.resume().unwrap();
    until_it_answers(&store).await;
    assert_eq!(store.get(&wanted.key, now_ms()).await, Ok(Some(stored(&wanted))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_never_there_is_found_later() {
    let mut server = Server::start(Kind::Redis).unwrap();
    server.stop();
    let store = quick(&server);
    fails(&store).await;
    server.restart().unwrap();
    until_it_answers(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_gone_is_made_again() {
    let (server, store) = redis(Kind::Stack);
    let vector = Random(4).vector(8);
    let wanted = entry("p", "x", Some(vector.clone()));
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    assert_eq!(store.get(&wanted.key, now_ms()).await, Ok(None));
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    // What was stored before the index is found as soon as the engine has come to it.
    while store
        .nearest(&wanted.partition, &vector, 0.9, 1, now_ms())
        .await
        .unwrap()
        .is_empty()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    store.insert(wanted.clone(), now_ms()).await.unwrap();
    assert_eq!(
        store.remove(&Selection::default(), now_ms()).await,
        Ok(1),
        "without an index, too"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_query_engine_the_same_requests_are_answered() {
    for kind in [Kind::Redis, Kind::Valkey] {
        let (_server, store) = redis(kind);
        let vector = Random(5).vector(8);
        let wanted = entry("p", "x", Some(vector.clone()));
        store.insert(wanted.clone(), now_ms()).await.unwrap();
        assert_eq!(store.get(&wanted.key, now_ms()).await, Ok(Some(stored(&wanted))));
        let near = store.nearest(&wanted.partition, &vector, 0.9, 1, now_ms()).await;
        assert_eq!(near.map(|near| near.len()), Err(StoreError::NoIndex));
        let selection = Selection {
            tenant: Some("a".to_owned()),
            ..Selection::default()
        };
        assert_eq!(store.remove(&selection, now_ms()).await, Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_somebody_changed_or_moved_is_not_served() {
    let (server, store) = redis(Kind::Stack);
    let vector = Random(6).vector(8);
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (mine, theirs) = (
        entry("mine", "x", Some(vector.clone())),
        entry("theirs", "x", Some(vector.clone())),
    );
    for entry in [&mine, &theirs] {
        store.insert(entry.clone(), now_ms()).await.unwrap();
    }
    let place = |entry: &penstock_cache::Entry| format!("penstock:cache:e:{}", entry.key);
    let moved: Vec<u8> = redis::cmd("HGET")
        .arg(place(&theirs))
        .arg("record")
        .query_async(&mut connection)
        .await
        .unwrap();
    let mut changed: Vec<u8> = redis::cmd("HGET")
        .arg(place(&mine))
        .arg("record")
        .query_async(&mut connection)
        .await
        .unwrap();
    changed[100] ^= 1;
    for (number, record) in [moved, changed, Vec::new()].into_iter().enumerate() {
        redis::cmd("HSET")
            .arg(place(&mine))
            .arg("record")
            .arg(record)
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
        assert_eq!(store.get(&mine.key, now_ms()).await, Ok(None));
        let near = store
            .nearest(&mine.partition, &vector, 0.9, 1, now_ms())
            .await
            .unwrap();
        assert_eq!(near.len(), 0);
        assert_eq!(
            store.stats().bad_entries,
            2 * (u64::try_from(number).unwrap() + 1)
        );
    }
    // A partition that somebody changed in the index alone.
    let partition = mine.partition.to_string();
    redis::cmd("HSET")
        .arg(place(&theirs))
        .arg("partition")
        .arg(partition)
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    let near = store
        .nearest(&mine.partition, &vector, 0.9, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(near.len(), 0);
}
