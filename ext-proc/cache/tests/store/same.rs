//! What every store does, wherever it keeps its entries.

use std::sync::Arc;
use std::time::Duration;

use penstock_cache::Entry;
use penstock_cache::store::{Limits, Near, Selection, Store, StoreError};
use penstock_embed::Vector;
use penstock_test_support::redis::Kind;

use crate::samples::{Random, TTL_MS, answer, entry, key, memory, now_ms, on_disk, partition, redis, stored};

/// A test for each store.
macro_rules! same {
    ($($name:ident)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_memory() {
                super::$name(&memory(Limits::default())).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_disk_too() {
                let directory = tempfile::tempdir().unwrap();
                let store = on_disk(directory.path());
                super::$name(&store).await;
                store.close().await;
                assert_eq!(store.stats().disk_errors, 0);
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_redis() {
                let (_server, store) = redis(Kind::Stack);
                super::$name(&store).await;
                assert_eq!(store.stats().bad_entries, 0);
            }
        }
    )*};
}

same! {
    what_was_stored_is_found_by_its_key_and_whole
    a_later_entry_of_the_same_key_takes_the_place
    what_has_expired_is_not_found
    the_nearest_come_first_and_none_below_the_floor
    another_partition_is_never_seen
    an_entry_without_a_vector_is_found_by_its_key_only
    a_vector_of_another_dimension_finds_nothing
    the_nearest_of_a_thousand_are_found
    what_is_selected_is_removed_and_nothing_else
    any_characters_in_names_are_only_names
    many_are_removed_at_once
    one_owner_flies_at_a_time
    a_flight_that_nobody_ends_ends_by_itself
    many_owners_at_once_and_one_flies
}

fn texts(near: &[Near]) -> Vec<&str> {
    near.iter().map(|near| near.entry.text.as_str()).collect()
}

async fn insert(store: &dyn Store, entry: Entry) -> Arc<Entry> {
    let kept = stored(&entry);
    store.insert(entry, now_ms()).await.unwrap();
    kept
}

async fn what_was_stored_is_found_by_its_key_and_whole(store: &dyn Store) {
    let mut wanted = entry("p", "Wie spät ist es?\u{0}\n\"", Some(Random(1).vector(8)));
    wanted.scope.namespace = "näme".to_owned();
    let kept = insert(store, wanted).await;
    assert_eq!(store.get(&kept.key, now_ms()).await, Ok(Some(kept.clone())));
    assert_eq!(store.get(&key("another"), now_ms()).await, Ok(None));
}

async fn a_later_entry_of_the_same_key_takes_the_place(store: &dyn Store) {
    let mut random = Random(2);
    let (first, second) = (random.vector(8), random.vector(8));
    insert(store, entry("p", "x", Some(first.clone()))).await;
    let mut later = entry("p", "x", Some(second.clone()));
    later.answer = answer("something else");
    let later = insert(store, later).await;
    assert_eq!(store.get(&later.key, now_ms()).await, Ok(Some(later.clone())));
    let near = store
        .nearest(&later.partition, &second, -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(near.len(), 1);
    assert_eq!((&near[0].entry, near[0].cosine > 0.999), (&later, true));
    let without = insert(store, entry("p", "x", None)).await;
    assert_eq!(store.get(&later.key, now_ms()).await, Ok(Some(without)));
    let near = store
        .nearest(&later.partition, &second, -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(texts(&near), [""; 0]);
}

async fn what_has_expired_is_not_found(store: &dyn Store) {
    let vector = Random(3).vector(8);
    let kept = insert(store, entry("p", "x", Some(vector.clone()))).await;
    for (later_ms, is_found) in [
        (0, true),
        (TTL_MS - 1, true),
        (TTL_MS, false),
        (TTL_MS + 1, false),
    ] {
        let at_ms = kept.stored_ms + later_ms;
        assert_eq!(store.get(&kept.key, at_ms).await.unwrap().is_some(), is_found);
        let near = store
            .nearest(&kept.partition, &vector, 0.9, 9, at_ms)
            .await
            .unwrap();
        assert_eq!(near.len(), usize::from(is_found));
    }
    let mut dead = entry("p", "y", Some(vector));
    dead.expires_ms = dead.stored_ms;
    let dead = insert(store, dead).await;
    assert_eq!(store.get(&dead.key, dead.stored_ms - 1).await, Ok(None));
}

async fn the_nearest_come_first_and_none_below_the_floor(store: &dyn Store) {
    let mut random = Random(4);
    let wanted = random.vector(32);
    for (text, cosine) in [("c", 0.7), ("a", 0.95), ("d", 0.5), ("b", 0.8), ("e", -0.9)] {
        let vector = random.near(&wanted, cosine);
        insert(store, entry("p", text, Some(vector))).await;
    }
    let partition = partition("p");
    let nearest = async |floor, count| {
        store
            .nearest(&partition, &wanted, floor, count, now_ms())
            .await
            .unwrap()
    };
    let near = nearest(0.6, 9).await;
    assert_eq!(texts(&near), ["a", "b", "c"]);
    for (near, cosine) in near.iter().zip([0.95_f32, 0.8, 0.7]) {
        assert!((near.cosine - cosine).abs() < 1e-3, "{} {cosine}", near.cosine);
    }
    assert_eq!(texts(&nearest(0.6, 2).await), ["a", "b"]);
    assert_eq!(texts(&nearest(0.96, 2).await), [""; 0]);
    assert_eq!(texts(&nearest(-1.0, 9).await), ["a", "b", "c", "d", "e"]);
}

async fn another_partition_is_never_seen(store: &dyn Store) {
    let vector = Random(5).vector(8);
    for tenant in ["a", "b"] {
        let mut poisoned = entry(tenant, "the same text", Some(vector.clone()));
        poisoned.scope.tenant = tenant.to_owned();
        poisoned.answer = answer(tenant);
        insert(store, poisoned).await;
    }
    for tenant in ["a", "b"] {
        let near = store
            .nearest(&partition(tenant), &vector, -1.0, 9, now_ms())
            .await
            .unwrap();
        let answers: Vec<_> = near.iter().map(|near| near.entry.answer.clone()).collect();
        assert_eq!(answers, [answer(tenant)]);
    }
    let near = store
        .nearest(&partition("c"), &vector, -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(texts(&near), [""; 0]);
}

async fn an_entry_without_a_vector_is_found_by_its_key_only(store: &dyn Store) {
    let kept = insert(store, entry("p", "x", None)).await;
    assert_eq!(store.get(&kept.key, now_ms()).await, Ok(Some(kept.clone())));
    let near = store
        .nearest(&kept.partition, &Random(6).vector(8), -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(texts(&near), [""; 0]);
}

async fn a_vector_of_another_dimension_finds_nothing(store: &dyn Store) {
    let mut random = Random(7);
    let (long, short) = (random.vector(8), random.vector(4));
    let kept = insert(store, entry("p", "x", Some(long.clone()))).await;
    let found_nothing = |result: Result<Vec<Near>, StoreError>| {
        let (dimension, expected) = (4, 8);
        match result {
            Ok(near) => assert_eq!(texts(&near), [""; 0]),
            Err(error) => assert_eq!(error, StoreError::Dimension { dimension, expected }),
        }
    };
    found_nothing(store.nearest(&kept.partition, &short, -1.0, 9, now_ms()).await);
    let _ = store.insert(entry("p", "y", Some(short)), now_ms()).await;
    let near = store
        .nearest(&kept.partition, &long, -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(texts(&near), ["x"]);
}

async fn the_nearest_of_a_thousand_are_found(store: &dyn Store) {
    let mut random = Random(8);
    let vectors: Vec<Vector> = (0..1_000).map(|_| random.vector(64)).collect();
    for (number, vector) in vectors.iter().enumerate() {
        insert(store, entry("p", &number.to_string(), Some(vector.clone()))).await;
        if number % 4 == 0 {
            insert(store, entry("another", &number.to_string(), Some(vector.clone()))).await;
        }
    }
    let partition = partition("p");
    let mut missed = 0;
    for _ in 0..100 {
        let wanted = random.vector(64);
        let best = vectors
            .iter()
            .map(|vector| vector.cosine(&wanted))
            .max_by(f32::total_cmp)
            .unwrap();
        let near = store
            .nearest(&partition, &wanted, -1.0, 1, now_ms())
            .await
            .unwrap();
        missed += usize::from((near[0].cosine - best).abs() > 1e-3);
    }
    assert!(missed <= 3, "missed {missed} of 100");
}

async fn what_is_selected_is_removed_and_nothing_else(store: &dyn Store) {
    let some = |text: &str| Some(text.to_owned());
    let mut random = Random(9);
    let begun_ms = now_ms();
    // Two of each, one of them with a vector.
    let mut fill = async || {
        for tenant in ["", "a", "b"] {
            for namespace in ["", "n"] {
                for model in ["fast", "good"] {
                    for age in [0, 1_000] {
                        let name = format!("{tenant}/{namespace}/{model}/{age}");
                        for vector in [None, Some(random.vector(8))] {
                            let text = if vector.is_some() { "with" } else { "without" };
                            let mut entry = entry(&name, text, vector);
                            entry.scope.tenant = tenant.to_owned();
                            entry.scope.namespace = namespace.to_owned();
                            entry.scope.model = model.to_owned();
                            entry.stored_ms = begun_ms - age;
                            insert(store, entry).await;
                        }
                    }
                }
            }
        }
    };
    let one = key("a/n/fast/0/with");
    let all = || Selection::default();
    let cases = [
        (
            Selection {
                tenant: some("a"),
                ..all()
            },
            16,
        ),
        (
            Selection {
                tenant: some(""),
                ..all()
            },
            16,
        ),
        (
            Selection {
                namespace: some("n"),
                ..all()
            },
            24,
        ),
        (
            Selection {
                model: some("good"),
                ..all()
            },
            24,
        ),
        (
            Selection {
                before_ms: Some(begun_ms),
                ..all()
            },
            24,
        ),
        (
            Selection {
                before_ms: Some(begun_ms - 1_000),
                ..all()
            },
            0,
        ),
        (
            Selection {
                before_ms: Some(begun_ms + 1),
                ..all()
            },
            48,
        ),
        (
            Selection {
                key: Some(one),
                ..all()
            },
            1,
        ),
        (
            Selection {
                key: Some(one),
                tenant: some("b"),
                ..all()
            },
            0,
        ),
        (
            Selection {
                key: Some(one),
                before_ms: Some(begun_ms),
                ..all()
            },
            0,
        ),
        (
            Selection {
                key: Some(key("none")),
                ..all()
            },
            0,
        ),
        (
            Selection {
                tenant: some("b"),
                namespace: some(""),
                model: some("fast"),
                before_ms: Some(begun_ms),
                key: None,
            },
            2,
        ),
        (
            Selection {
                tenant: some("c"),
                ..all()
            },
            0,
        ),
        (
            Selection {
                tenant: some("A"),
                ..all()
            },
            0,
        ),
        (all(), 48),
    ];
    for (selection, count) in cases {
        store.remove(&all(), now_ms()).await.unwrap();
        fill().await;
        assert_eq!(
            store.remove(&selection, now_ms()).await,
            Ok(count),
            "{selection:?}"
        );
        assert_eq!(store.remove(&selection, now_ms()).await, Ok(0), "{selection:?}");
        let is_there = store.get(&one, now_ms()).await.unwrap();
        let is_gone = [1, 24, 48, 16].contains(&count) && is_there.is_none();
        assert_eq!(
            store.remove(&all(), now_ms()).await,
            Ok(48 - count),
            "{selection:?} {is_gone}"
        );
        assert_eq!(store.get(&one, now_ms()).await, Ok(None));
    }
}

async fn any_characters_in_names_are_only_names(store: &dyn Store) {
    let names = [
        "a",
        "a{b}|*-",
        "*",
        "a*",
        "@tenant:{a}",
        "a b",
        "Ä",
        "ä",
        "a\\",
        "\u{0}",
        "",
        "{",
        "a,b",
        "\u{1f600}",
    ];
    let vector = Random(10).vector(8);
    for name in names {
        let mut entry = entry(name, "x", Some(vector.clone()));
        entry.scope.tenant = name.to_owned();
        entry.scope.namespace = name.to_owned();
        entry.scope.model = name.to_owned();
        insert(store, entry).await;
    }
    for name in names {
        let near = store
            .nearest(&partition(name), &vector, 0.9, 99, now_ms())
            .await
            .unwrap();
        assert_eq!(near.len(), 1, "{name:?}");
        let selection = Selection {
            tenant: Some(name.to_owned()),
            namespace: Some(name.to_owned()),
            model: Some(name.to_owned()),
            ..Selection::default()
        };
        assert_eq!(store.remove(&selection, now_ms()).await, Ok(1), "{name:?}");
    }
}

async fn many_are_removed_at_once(store: &dyn Store) {
    let mut random = Random(11);
    for number in 0..1_700 {
        let vector = (number % 2 == 0).then(|| random.vector(8));
        insert(store, entry("p", &number.to_string(), vector)).await;
    }
    let mut other = entry("q", "x", Some(random.vector(8)));
    other.scope.tenant = "b".to_owned();
    let other = insert(store, other).await;
    let selection = Selection {
        tenant: Some("a".to_owned()),
        ..Selection::default()
    };
    assert_eq!(store.remove(&selection, now_ms()).await, Ok(1_700));
    assert_eq!(store.get(&other.key, now_ms()).await, Ok(Some(other.clone())));
    let near = store
        .nearest(&partition("p"), &random.vector(8), -1.0, 9, now_ms())
        .await
        .unwrap();
    assert_eq!(texts(&near), [""; 0]);
}

async fn one_owner_flies_at_a_time(store: &dyn Store) {
    let (key, other) = (key("x"), key("y"));
    let begin = async |key, owner| store.begin_flight(key, owner, 30_000, now_ms()).await;
    assert_eq!(store.is_in_flight(&key, now_ms()).await, Ok(false));
    assert_eq!(begin(&key, "a").await, Ok(true));
    assert_eq!(begin(&key, "b").await, Ok(false));
    assert_eq!(begin(&other, "b").await, Ok(true));
    assert_eq!(store.end_flight(&key, "b").await, Ok(()));
    assert_eq!(
        store.is_in_flight(&key, now_ms()).await,
        Ok(true),
        "another cannot end it"
    );
    assert_eq!(store.end_flight(&key, "a").await, Ok(()));
    assert_eq!(store.is_in_flight(&key, now_ms()).await, Ok(false));
    assert_eq!(begin(&key, "b").await, Ok(true));
    assert_eq!(store.is_in_flight(&other, now_ms()).await, Ok(true));
}

async fn a_flight_that_nobody_ends_ends_by_itself(store: &dyn Store) {
    let key = key("x");
    assert_eq!(store.begin_flight(&key, "a", 50, now_ms()).await, Ok(true));
    while store.is_in_flight(&key, now_ms()).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(store.begin_flight(&key, "b", 30_000, now_ms()).await, Ok(true));
    store.end_flight(&key, "a").await.unwrap();
    assert_eq!(
        store.is_in_flight(&key, now_ms()).await,
        Ok(true),
        "it is another's by now"
    );
}

async fn many_owners_at_once_and_one_flies(store: &dyn Store) {
    let key = key("x");
    let owners: Vec<_> = (0..50).map(|owner: u32| owner.to_string()).collect();
    let begin = owners
        .iter()
        .map(|owner| store.begin_flight(&key, owner, 30_000, now_ms()));
    let mut flying = 0;
    for result in futures_util::future::join_all(begin).await {
        flying += usize::from(result.unwrap());
    }
    assert_eq!(flying, 1);
}
