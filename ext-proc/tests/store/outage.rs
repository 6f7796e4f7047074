//! Redis goes away and comes back.

use std::time::{Duration, Instant};

use penstock_ext_proc::store::{Fail, Refused, Settings, Store};
use penstock_test_support::redis::{Kind, Redis};
use penstock_test_support::wait::eventually;

use crate::accounts::{claim, look, metrics, settings, spoil, standing, used};

const LIMIT: Duration = Duration::from_secs(20);

async fn up(store: &Store) {
    eventually(LIMIT, "the store is back", async || store.is_up().then_some(())).await;
}

#[tokio::test]
async fn each_claim_says_what_happens_meanwhile() {
    let mut server = Redis::start(Kind::Redis).unwrap();
    let store = Store::redis(&settings(server.url())).await.unwrap();
    store.settle("before", &[used("budget", 0, 60)]).await;
    store
        .reserve("known", &[claim("budget", 100, 20)], 60_000)
        .await
        .unwrap();
    server.stop();
    let mut closed = claim("closed", 10, 1);
    closed.fail = Fail::Closed;
    assert_eq!(
        store.reserve("a", &[claim("a", 10, 1), closed], 60_000).await,
        Err(Refused::Away { claim: 1 })
    );
    // Half of the cap.
    assert!(store.reserve("b", &[claim("a", 10, 5)], 60_000).await.is_ok());
    assert!(matches!(
        store.reserve("c", &[claim("a", 10, 1)], 60_000).await,
        Err(Refused::Short { claim: 0, .. })
    ));
    // Half of what was left of a budget.
    assert!(
        store
            .reserve("d", &[claim("budget", 100, 11)], 60_000)
            .await
            .is_err()
    );
    assert!(
        store
            .reserve("d", &[claim("budget", 100, 10)], 60_000)
            .await
            .is_ok()
    );
    assert_eq!(look(&store, "a").await, None);
    store.settle("b", &[used("a", 5, 3)]).await;
    server.restart().unwrap();
    up(&store).await;
    eventually(LIMIT, "the settlement arrives", async || {
        (look(&store, "a").await? == (3, 0)).then_some(())
    })
    .await;
    assert_eq!(standing(&store, "budget").await, (60, 20));
}

#[tokio::test]
async fn replicas_together_admit_no_more_than_the_cap_meanwhile() {
    const REPLICAS: u32 = 5;
    let mut server = Redis::start(Kind::Redis).unwrap();
    let settings = Settings {
        replicas: REPLICAS,
        ..settings(server.url())
    };
    let mut stores = Vec::new();
    for _ in 0..REPLICAS {
        stores.push(Store::redis(&settings).await.unwrap());
    }
    server.stop();
    let mut admitted = 0;
    for (replica, store) in stores.iter().enumerate() {
        for number in 0..20 {
            let id = format!("{replica}-{number}");
            let reserved = store.reserve(&id, &[claim("a", 13, 1)], 60_000).await;
            admitted += u32::from(reserved.is_ok());
        }
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn a_stalled_redis_costs_one_time_out_and_no_more() {
    let server = Redis::start(Kind::Redis).unwrap();
    let settings = Settings {
        timeout: Duration::from_millis(300),
        ..settings(server.url())
    };
    let store = Store::redis(&settings).await.unwrap();
    server.stall().unwrap();
    let start = Instant::now();
    for number in 0..20 {
        store
            .reserve(&number.to_string(), &[claim("a", 1_000, 1)], 60_000)
            .await
            .unwrap();
    }
    assert!(
        start.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        start.elapsed()
    );
    assert!(!store.is_up());
    server.resume().unwrap();
    up(&store).await;
}

#[tokio::test]
async fn it_need_not_be_there_at_the_start() {
    let mut server = Redis::start(Kind::Valkey).unwrap();
    server.stop();
    let store = Store::redis(&settings(server.url())).await.unwrap();
    assert!(!store.is_up());
    store.settle("early", &[used("a", 0, 5)]).await;
    server.restart().unwrap();
    eventually(LIMIT, "the settlement arrives", async || {
        (look(&store, "a").await? == (5, 0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_more_settlements_wait_than_the_bound_and_the_lost_are_counted() {
    let mut server = Redis::start(Kind::Redis).unwrap();
    server.stop();
    let settings = Settings {
        most_waiting: 3,
        ..settings(server.url())
    };
    let store = Store::redis(&settings).await.unwrap();
    for number in 0..5_u32 {
        store
            .settle(&number.to_string(), &[used("a", 0, 10_u64.pow(number))])
            .await;
    }
    let text = metrics(&store);
    for line in [
        "penstock_settlements_lost_total 2",
        "penstock_settlements_waiting 3",
        "penstock_store_up 0",
    ] {
        assert!(text.contains(line), "{text}");
    }
    server.restart().unwrap();
    eventually(LIMIT, "the newest arrive", async || {
        (look(&store, "a").await? == (11_100, 0)).then_some(())
    })
    .await;
}

/// Killed, started and stalled under load: in the end exactly what was used is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_counted_twice_when_it_is_killed_under_load() {
    for kind in [Kind::Redis, Kind::Valkey] {
        let mut server = Redis::start(kind).unwrap();
        let settings = Settings {
            timeout: Duration::from_millis(50),
            ..settings(server.url())
        };
        let mut tasks = tokio::task::JoinSet::new();
        for replica in 0..2 {
            let store = Store::redis(&settings).await.unwrap();
            for client in 0..4 {
                let store = store.clone();
                tasks.spawn(async move {
                    for number in 0..400 {
                        let id = format!("{replica}-{client}-{number}");
                        let _ = store.reserve(&id, &[claim("a", 1_000_000, 3)], 60_000).await;
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        store.settle(&id, &[used("a", 3, 2)]).await;
                        // It is told twice now and then.
                        if number % 7 == 0 {
                            store.settle(&id, &[used("a", 3, 2)]).await;
                        }
                    }
                    store
                });
            }
        }
        let look_on = Store::redis(&settings).await.unwrap();
        eventually(LIMIT, "load", async || {
            (look(&look_on, "a").await?.0 > 300).then_some(())
        })
        .await;
        server.restart().unwrap();
        eventually(LIMIT, "load after a restart", async || {
            (look(&look_on, "a").await?.0 > 1_500).then_some(())
        })
        .await;
        server.stall().unwrap();
        eventually(LIMIT, "calls run into their time-out", async || {
            look(&look_on, "a").await.is_none().then_some(())
        })
        .await;
        server.resume().unwrap();
        let stores = tasks.join_all().await;
        eventually(LIMIT, "everything arrives", async || {
            (look(&look_on, "a").await? == (2 * 4 * 400 * 2, 0)).then_some(())
        })
        .await;
        drop(stores);
    }
}

#[tokio::test]
async fn a_reservation_that_nobody_waits_for_any_more_comes_back() {
    let server = Redis::start(Kind::Redis).unwrap();
    let store = Store::redis(&settings(server.url())).await.unwrap();
    server.stall().unwrap();
    let claims = [claim("a", 10, 4)];
    let reserved = store.reserve("r", &claims, 60_000);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), reserved)
            .await
            .is_err()
    );
    server.resume().unwrap();
    // It waits behind the first.
    store.reserve("s", &[claim("a", 10, 3)], 60_000).await.unwrap();
    eventually(LIMIT, "the reservation is given back", async || {
        (look(&store, "a").await? == (0, 3)).then_some(())
    })
    .await;
    // It went after all, by another plan.
    store.settle("r", &[used("a", 0, 2)]).await;
    assert_eq!(standing(&store, "a").await, (2, 3));
}

#[tokio::test]
async fn a_settlement_that_redis_never_takes_is_counted_and_stands_in_nobodys_way() {
    let mut server = Redis::start(Kind::Redis).unwrap();
    spoil(&server.url(), "bad").await;
    let store = Store::redis(&settings(server.url())).await.unwrap();
    store.settle("first", &[used("bad", 0, 1)]).await;
    // The connection that all share is still there.
    assert!(store.is_up());
    let text = metrics(&store);
    assert!(text.contains("penstock_settlements_lost_total 1"), "{text}");
    server.stop();
    store.settle("second", &[used("bad", 0, 1)]).await;
    store.settle("third", &[used("good", 0, 5)]).await;
    server.restart().unwrap();
    eventually(LIMIT, "the one behind it arrives", async || {
        (look(&store, "good").await? == (5, 0)).then_some(())
    })
    .await;
    let text = metrics(&store);
    assert!(text.contains("penstock_settlements_lost_total 2"), "{text}");
}

#[tokio::test]
async fn a_settlement_for_which_redis_has_no_room_waits_until_it_has() {
    let server = Redis::start(Kind::Redis).unwrap();
    let store = Store::redis(&settings(server.url())).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let limit = async |connection: &mut redis::aio::MultiplexedConnection, bytes: &str| {
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg("maxmemory").arg(bytes);
        command.query_async::<()>(connection).await.unwrap();
    };
    limit(&mut connection, "1").await;
    store.settle("r", &[used("a", 0, 5)]).await;
    assert!(store.is_up());
    limit(&mut connection, "0").await;
    eventually(LIMIT, "it arrives", async || {
        (look(&store, "a").await? == (5, 0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_end_sends_what_waits_and_counts_what_it_cannot_send() {
    let mut server = Redis::start(Kind::Redis).unwrap();
    let store = Store::redis(&settings(server.url())).await.unwrap();
    server.stop();
    for number in 0..3 {
        store.settle(&number.to_string(), &[used("a", 0, 5)]).await;
    }
    let start = Instant::now();
    assert_eq!(store.finish(Duration::from_millis(200)).await, 3);
    assert!(start.elapsed() < Duration::from_secs(5));
    let text = metrics(&store);
    assert!(text.contains("penstock_settlements_lost_total 3"), "{text}");
    store.settle("r", &[used("b", 0, 5)]).await;
    server.restart().unwrap();
    assert_eq!(store.finish(LIMIT).await, 0);
    up(&store).await;
    assert_eq!(standing(&store, "b").await, (5, 0));
}
