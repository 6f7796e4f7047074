//! What holds wherever accounts are kept.

use std::time::Duration;

use penstock_ext_proc::store::{Refused, Store, Unsettled, Window};
use penstock_test_support::{redis, wait::eventually};

use crate::accounts::{account, claim, look, settings, standing, used};

/// Stores that share their accounts: of two replicas, or one in memory.
async fn each(test: impl AsyncFn(&Store, &Store)) {
    let memory = Store::memory();
    test(&memory, &memory.clone()).await;
    for kind in [redis::Kind::Redis, redis::Kind::Valkey] {
        let server = redis::Redis::start(kind).unwrap();
        let settings = settings(server.url());
        let (one, other) = (
            Store::redis(&settings).await.unwrap(),
            Store::redis(&settings).await.unwrap(),
        );
        assert!(one.is_up() && other.is_up(), "{kind:?}");
        test(&one, &other).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_at_once_admit_exactly_the_cap() {
    each(async |one, other| {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..200 {
            let store = if number % 2 == 0 { one } else { other }.clone();
            tasks.spawn(async move {
                let claims = [claim("wide", 1_000, 1), claim("narrow", 100, 2)];
                store
                    .reserve(&format!("r{number}"), &claims, 60_000)
                    .await
                    .is_ok()
            });
        }
        let admitted = tasks.join_all().await.into_iter().filter(|ok| *ok).count();
        assert_eq!(admitted, 50);
        assert_eq!(standing(other, "narrow").await, (0, 100));
        assert_eq!(standing(one, "wide").await, (0, 50));
    })
    .await;
}

#[tokio::test]
async fn a_request_is_settled_once_however_often_and_by_whomever() {
    each(async |one, other| {
        let claims = [claim("a", 100, 40), claim("b", 100, 1)];
        let standings = one.reserve("r", &claims, 60_000).await.unwrap();
        assert_eq!((standings[0].held, standings[1].held), (40, 1));
        let stand = one.settle("r", &[used("a", 40, 25), used("b", 1, 1)]).await;
        let stand: Vec<_> = stand
            .iter()
            .map(|(account, standing)| (account.name.as_str(), standing.used, standing.held))
            .collect();
        assert_eq!(stand, [("a", 25, 0), ("b", 1, 0)]);
        for store in [other, one] {
            store.settle("r", &[used("a", 40, 25), used("b", 1, 1)]).await;
        }
        assert_eq!(standing(one, "a").await, (25, 0));
        assert_eq!(standing(one, "b").await, (1, 0));
        for store in [one, other] {
            store.settle("nothing reserved", &[used("a", 0, 5)]).await;
        }
        assert_eq!(standing(one, "a").await, (30, 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_taken_where_one_claim_does_not_fit() {
    each(async |one, other| {
        other.settle("before", &[used("b", 0, 95)]).await;
        let refused = one
            .reserve("r", &[claim("a", 100, 40), claim("b", 100, 6)], 60_000)
            .await;
        let Err(Refused::Short {
            claim: index,
            standings,
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!((index, standings[1].used, standings[0].held), (1, 95, 0));
        assert_eq!(look(one, "a").await, Some((0, 0)));
        let twice = [claim("b", 100, 3), claim("b", 100, 3)];
        let refused = one.reserve("r", &twice, 60_000).await;
        assert!(
            matches!(refused, Err(Refused::Short { claim: 1, .. })),
            "{refused:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_expired_reservation_comes_back_or_is_charged_and_a_late_settlement_mends_it() {
    each(async |one, other| {
        for (name, unsettled, expired) in [
            ("r", Unsettled::Returned, (0, 0)),
            ("c", Unsettled::Charged, (40, 0)),
        ] {
            let mut claim = claim(name, 100, 40);
            claim.unsettled = unsettled;
            one.reserve(name, &[claim], 50).await.unwrap();
            eventually(Duration::from_secs(5), "it expires", async || {
                let now = look(other, name).await?;
                (now == expired).then_some(())
            })
            .await;
            for store in [one, other] {
                store.settle(name, &[used(name, 40, 25)]).await;
            }
            assert_eq!(standing(one, name).await, (25, 0), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_given_up_gives_back_what_it_had_reserved_and_still_counts_if_it_went() {
    each(async |one, other| {
        let mut money = claim("a", 100, 40);
        money.unsettled = Unsettled::Charged;
        one.reserve("r", std::slice::from_ref(&money), 60_000)
            .await
            .unwrap();
        // Told twice, as by the end of a stream and then by the access log.
        one.release("r");
        one.release("r");
        eventually(Duration::from_secs(5), "it comes back", async || {
            (look(other, "a").await? == (0, 0)).then_some(())
        })
        .await;
        other.settle("r", &[used("a", 40, 25)]).await;
        assert_eq!(standing(one, "a").await, (25, 0));
        // What is settled is not given back once more.
        one.reserve("s", &[money], 60_000).await.unwrap();
        one.settle("s", &[used("a", 40, 30)]).await;
        one.release("s");
        one.release("never");
        assert_eq!(standing(one, "a").await, (55, 0));
    })
    .await;
}

#[tokio::test]
async fn a_reservation_that_comes_after_its_request_was_given_up_comes_back() {
    each(async |one, other| {
        one.release("late");
        let _ = one.reserve("late", &[claim("a", 100, 40)], 60_000).await;
        eventually(Duration::from_secs(5), "it comes back", async || {
            (look(other, "a").await? == (0, 0)).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_window_begins_anew_and_what_is_over_stays_over() {
    each(async |one, _| {
        const MS: u64 = 300;
        let mut short = claim("short", 10, 10);
        short.account.window = Window::Every(MS);
        // Until one is admitted at the beginning of a window, so that both calls fall into it.
        let first = eventually(Duration::from_secs(5), "a window with time left", async || {
            let standing = one.standings(std::slice::from_ref(&short.account)).await?;
            (standing[0].reset_ms > MS / 2).then_some(standing[0])
        })
        .await;
        assert_eq!((first.used, first.held), (0, 0));
        one.reserve("a", std::slice::from_ref(&short), 60_000)
            .await
            .unwrap();
        let Err(Refused::Short { standings, .. }) =
            one.reserve("b", std::slice::from_ref(&short), 60_000).await
        else {
            panic!("the window is full");
        };
        assert!(standings[0].reset_ms <= MS, "{standings:?}");
        eventually(Duration::from_secs(5), "the next window", async || {
            one.reserve("c", std::slice::from_ref(&short), 60_000).await.ok()
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn requests_under_way_are_counted_and_given_back() {
    each(async |one, other| {
        let mut now = claim("now", 2, 1);
        now.account = account("now", Window::Concurrent);
        for id in ["a", "b"] {
            one.reserve(id, std::slice::from_ref(&now), 60_000).await.unwrap();
        }
        assert!(
            other
                .reserve("c", std::slice::from_ref(&now), 60_000)
                .await
                .is_err()
        );
        let mut done = used("now", 1, 1);
        done.account = now.account.clone();
        other.settle("a", &[done]).await;
        assert!(other.reserve("c", &[now], 60_000).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn amounts_of_money_are_exact() {
    each(async |one, _| {
        const DOLLARS: u64 = 4_000_000_000_000_001;
        one.settle("a", &[used("m", 0, DOLLARS)]).await;
        one.reserve("b", &[claim("m", DOLLARS + 10, 10)], 60_000)
            .await
            .unwrap();
        assert!(
            one.reserve("c", &[claim("m", DOLLARS + 10, 1)], 60_000)
                .await
                .is_err()
        );
        assert_eq!(standing(one, "m").await, (DOLLARS, 10));
    })
    .await;
}
