//! Bounds of what is kept in this process, and many who use it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use penstock_cache::store::{Limits, Selection, Store, StoreError};

use crate::samples::{Random, answer, entry, key, memory, now_ms, partition};

fn entries(entries: usize) -> Limits {
    Limits {
        entries,
        ..Limits::default()
    }
}

#[tokio::test]
async fn what_was_not_used_for_longest_makes_room() {
    let store = memory(entries(3));
    let mut random = Random(1);
    let vectors: Vec<_> = (0..6).map(|_| random.vector(8)).collect();
    let put = async |number: usize| {
        let entry = entry("p", &number.to_string(), Some(vectors[number].clone()));
        store.insert(entry, now_ms()).await.unwrap();
    };
    let is_there = async |number: usize| {
        // Told by what is left, so that looking is no use.
        let selection = Selection {
            key: Some(key(&format!("p/{number}"))),
            ..Selection::default()
        };
        store.remove(&selection, now_ms()).await.unwrap() == 1
    };
    for number in [0, 1, 2] {
        put(number).await;
    }
    assert!(store.get(&key("p/0"), now_ms()).await.unwrap().is_some());
    put(3).await;
    let near = store
        .nearest(&partition("p"), &vectors[2], 0.99, 1, now_ms())
        .await
        .unwrap();
    assert_eq!(near.len(), 1, "found by meaning is used, too");
    put(4).await;
    let stats = store.stats();
    assert_eq!((stats.entries, stats.evictions), (Some(3), 2));
    for (number, expected) in [(0, false), (1, false), (2, true), (3, true), (4, true)] {
        assert_eq!(is_there(number).await, expected, "{number}");
    }
}

#[tokio::test]
async fn what_has_expired_makes_room_before_what_has_not() {
    let store = memory(entries(2));
    let long = entry("p", "long", None);
    let mut short = entry("p", "short", None);
    short.expires_ms = short.stored_ms + 1_000;
    for entry in [long.clone(), short.clone()] {
        store.insert(entry, now_ms()).await.unwrap();
    }
    assert!(
        store.get(&short.key, now_ms()).await.unwrap().is_some(),
        "used later than the other"
    );
    store
        .insert(entry("p", "new", None), short.expires_ms)
        .await
        .unwrap();
    assert!(store.get(&long.key, now_ms()).await.unwrap().is_some());
    assert_eq!((store.stats().entries, store.stats().evictions), (Some(2), 0));
}

#[tokio::test]
async fn bytes_are_bounded_and_what_is_larger_than_all_is_refused() {
    let limits = Limits {
        bytes: 100_000,
        ..Limits::default()
    };
    let store = memory(limits);
    for number in 0..500 {
        let mut entry = entry("p", &number.to_string(), Some(Random(number + 1).vector(384)));
        entry.answer = answer(&"x".repeat(usize::try_from(number * 10).unwrap()));
        store.insert(entry, now_ms()).await.unwrap();
        assert!(store.stats().bytes.unwrap() <= 100_000);
    }
    assert!(store.stats().entries.unwrap() > 10);
    let entries = store.stats().entries;
    let mut large = entry("p", "large", None);
    large.answer = answer(&"x".repeat(100_000));
    let refused = store.insert(large, now_ms()).await;
    assert!(
        matches!(refused, Err(StoreError::TooLarge { limit: 100_000, .. })),
        "{refused:?}"
    );
    assert_eq!(store.stats().entries, entries, "nothing had to go for it");
    store.remove(&Selection::default(), now_ms()).await.unwrap();
    assert_eq!((store.stats().entries, store.stats().bytes), (Some(0), Some(0)));
}

#[tokio::test]
async fn an_emptied_partition_takes_another_dimension() {
    let store = memory(Limits::default());
    let mut random = Random(2);
    store
        .insert(entry("p", "x", Some(random.vector(8))), now_ms())
        .await
        .unwrap();
    let refused = store
        .insert(entry("p", "y", Some(random.vector(4))), now_ms())
        .await;
    assert_eq!(
        refused,
        Err(StoreError::Dimension {
            dimension: 4,
            expected: 8
        })
    );
    store.remove(&Selection::default(), now_ms()).await.unwrap();
    store
        .insert(entry("p", "y", Some(random.vector(4))), now_ms())
        .await
        .unwrap();
}

/// Readers must only ever see entries that are whole and of what they asked for, and in the end all counts agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_writers_at_once_see_whole_entries() {
    let store = memory(entries(300));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut random = Random(3);
    let vectors: Arc<Vec<_>> = Arc::new((0..1_000).map(|_| random.vector(16)).collect());
    let readers = (0..3).map(|reader: u64| {
        let (store, is_over, vectors) = (store.clone(), is_over.clone(), vectors.clone());
        tokio::spawn(async move {
            let mut random = Random(100 + reader);
            let mut found = 0;
            while !is_over.load(Ordering::Relaxed) {
                let number = usize::try_from(random.next() % 1_000).unwrap();
                let name = format!("p{}", number % 3);
                if let Some(entry) = store
                    .get(&key(&format!("{name}/{number}")), now_ms())
                    .await
                    .unwrap()
                {
                    assert_eq!(entry.answer, answer(&number.to_string()));
                    found += 1;
                }
                let near = store
                    .nearest(&partition(&name), &vectors[number], 0.999, 1, now_ms())
                    .await
                    .unwrap();
                for near in near {
                    assert_eq!(
                        (near.entry.text.as_str(), near.entry.partition),
                        (&*number.to_string(), partition(&name))
                    );
                }
                tokio::task::yield_now().await;
            }
            found
        })
    });
    let readers: Vec<_> = readers.collect();
    let writers = (0..3).map(|writer: u64| {
        let (store, vectors) = (store.clone(), vectors.clone());
        tokio::spawn(async move {
            let mut random = Random(200 + writer);
            for _ in 0..3_000 {
                let number = usize::try_from(random.next() % 1_000).unwrap();
                let entry = entry(
                    &format!("p{}", number % 3),
                    &number.to_string(),
                    Some(vectors[number].clone()),
                );
                if random.next().is_multiple_of(5) {
                    let selection = Selection {
                        key: Some(entry.key),
                        ..Selection::default()
                    };
                    store.remove(&selection, now_ms()).await.unwrap();
                } else {
                    store.insert(entry, now_ms()).await.unwrap();
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    let mut found = 0;
    for reader in readers {
        found += reader.await.unwrap();
    }
    assert!(found > 0, "nothing was read meanwhile");
    let count = store.stats().entries.unwrap();
    assert!(count <= 300);
    let mut near = 0;
    for name in ["p0", "p1", "p2"] {
        near += store
            .nearest(&partition(name), &vectors[0], -1.0, 1_000, now_ms())
            .await
            .unwrap()
            .len();
    }
    assert_eq!(u64::try_from(near).unwrap(), count);
    assert_eq!(store.remove(&Selection::default(), now_ms()).await, Ok(count));
    assert_eq!(store.stats().bytes, Some(0));
}
