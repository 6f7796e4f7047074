//! Real threads that fight over the same windows.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use penstock_quota::{Claim, Span, Table, update};

use crate::memory::{MINUTE, Memory, NOW, claim};

const WORKERS: u64 = 8;

/// Runs `work` in all workers at once and sums up what it returns.
fn crowd(work: impl Fn(u64) -> u64 + Sync) -> u64 {
    let (start, sum) = (Barrier::new(WORKERS as usize), AtomicU64::new(0));
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (start, sum, work) = (&start, &sum, &work);
            scope.spawn(move || {
                start.wait();
                sum.fetch_add(work(worker), Ordering::Relaxed);
            });
        }
    });
    sum.into_inner()
}

#[test]
fn of_200_at_once_exactly_50_are_admitted_over_several_limits() {
    for round in 0..20 {
        let (memory, table) = (Memory::default(), Table::new(64, 30_000).with_seed(round));
        let claims = [
            claim("tenant", 500, 10, MINUTE),
            claim("key", 90, 1, MINUTE),
            claim("model", 60, 1, Span::Concurrent),
            Claim {
                shadow: true,
                ..claim("trial", 20, 1, MINUTE)
            },
        ];
        let admitted = crowd(|_| {
            let admitted = (0..200 / WORKERS).filter(|_| table.reserve(&memory, &claims, NOW).is_ok());
            admitted.count() as u64
        });
        assert_eq!(admitted, 50);
    }
}

#[test]
fn two_thousand_updates_of_one_value_are_all_there() {
    let memory = Memory::default();
    crowd(|_| {
        for _ in 0..250 {
            assert!(update(&memory, "count", |old| {
                let count = old.map_or(0, |old| u64::from_le_bytes(old.try_into().unwrap()));
                Some((count + 1).to_le_bytes().to_vec())
            }));
        }
        0
    });
    let mut found = 0;
    update(&memory, "count", |old| {
        found = u64::from_le_bytes(old.unwrap().try_into().unwrap());
        None
    });
    assert_eq!(found, 2_000);
}

#[test]
fn what_all_of_them_used_is_counted_once_each() {
    let (memory, table) = (Memory::default(), Table::new(8, 30_000));
    let used = crowd(|worker| {
        let mut used = 0;
        for request in 0..200 {
            let claims = [
                claim("a", 1_000_000, 1_000, MINUTE),
                claim(&worker.to_string(), 1_000_000, 1_000, MINUTE),
            ];
            let mut reservation = table.reserve(&memory, &claims, NOW).unwrap();
            if request % 3 == 0 {
                table.renew(&memory, &mut reservation, NOW + 25_000);
            }
            let amount = (worker * 31 + request * 7) % 900;
            assert!(table.settle(&memory, reservation, &[amount, amount], NOW));
            used += amount;
        }
        used
    });
    let look = claim("a", 1_000_000, 1_000_000 - used, MINUTE);
    let reservation = table.reserve(&memory, &[look], NOW).unwrap();
    assert_eq!(reservation.standings()[0].remaining, 0);
}
