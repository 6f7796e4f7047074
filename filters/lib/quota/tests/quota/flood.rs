//! More names than there are places.

use penstock_quota::{Claim, Refused, Reservation, Span, Table};
use proptest::prelude::*;

use crate::memory::{MINUTE, Memory, NOW, claim};

const HOLD_MS: u64 = 30_000;

fn reserve(table: &Table, memory: &Memory, claim: Claim, now_ms: u64) -> Result<Reservation, Refused> {
    table.reserve(memory, &[claim], now_ms)
}

#[test]
fn a_flood_evicts_nothing_active_and_never_grows() {
    let (memory, table) = (Memory::default(), Table::new(256, HOLD_MS).with_seed(7));
    let active: Vec<String> = (0..128).map(|name| format!("active {name}")).collect();
    for name in &active {
        let reservation = reserve(&table, &memory, claim(name, 1_000, 700, MINUTE), NOW).unwrap();
        assert!(table.settle(&memory, reservation, &[600], NOW));
    }
    let mut most = 0;
    for name in 0..100_000 {
        let now_ms = NOW + name / 2_000;
        let newcomer = claim(&format!("new {name}"), 1_000, 10, MINUTE);
        if let Ok(reservation) = reserve(&table, &memory, newcomer, now_ms) {
            assert!(table.settle(&memory, reservation, &[u64::from(name % 3 == 0) * 10], now_ms));
        }
        if name == 50_000 {
            most = memory.bytes();
        }
    }
    // 32 buckets and those of the shared windows.
    assert!(memory.keys() <= 32 + 8, "{} keys", memory.keys());
    assert!(
        memory.bytes() <= most + most / 50,
        "{} after {most} bytes",
        memory.bytes()
    );
    for name in &active {
        assert!(reserve(&table, &memory, claim(name, 1_000, 401, MINUTE), NOW + 100).is_err());
        assert!(reserve(&table, &memory, claim(name, 1_000, 400, MINUTE), NOW + 100).is_ok());
    }
}

#[test]
fn as_many_windows_as_were_asked_for_have_a_place() {
    let (memory, table) = (Memory::default(), Table::new(4_096, HOLD_MS).with_seed(42));
    let mut apart = 0;
    for name in 0..4_096 {
        let newcomer = claim(&name.to_string(), 10, 10, MINUTE);
        apart += u32::from(reserve(&table, &memory, newcomer, NOW).is_ok());
    }
    assert!(apart >= 4_070, "{apart} of 4096");
}

#[test]
fn names_without_a_place_share_one_window() {
    let (memory, table) = (Memory::default(), Table::new(1, HOLD_MS));
    for name in 0..16 {
        let _held = reserve(&table, &memory, claim(&name.to_string(), 100, 1, MINUTE), NOW).unwrap();
    }
    let late = |name: &str, amount| reserve(&table, &memory, claim(name, 100, amount, MINUTE), NOW);
    let first = late("late 1", 60).unwrap();
    assert!(late("late 2", 60).is_err());
    let _second = late("late 2", 40).unwrap();
    assert!(late("late 3", 1).is_err());
    assert!(table.settle(&memory, first, &[20], NOW));
    assert!(late("late 3", 40).is_ok());
    // Another limit has another window.
    assert!(reserve(&table, &memory, claim("late 4", 99, 99, MINUTE), NOW).is_ok());
}

#[test]
fn a_name_that_finds_a_place_counts_what_it_had_in_the_shared_window() {
    for span in [MINUTE, Span::Concurrent] {
        let (memory, table) = (Memory::default(), Table::new(1, HOLD_MS));
        let mut others = Vec::new();
        for name in 0..16 {
            others.push(reserve(&table, &memory, claim(&name.to_string(), 100, 1, span), NOW).unwrap());
        }
        let mut shared = reserve(&table, &memory, claim("late", 100, 70, span), NOW).unwrap();
        for other in others {
            assert!(table.settle(&memory, other, &[0], NOW));
        }
        let late = |amount, now_ms| reserve(&table, &memory, claim("late", 100, amount, span), now_ms);
        assert!(late(31, NOW).is_err());
        let own = late(30, NOW).unwrap();
        assert!(late(1, NOW).is_err());
        if span == Span::Concurrent {
            let later = NOW + HOLD_MS;
            table.renew(&memory, &mut shared, later);
            assert!(late(31, later + HOLD_MS / 2).is_err());
            assert!(late(30, later + HOLD_MS / 2).is_ok());
        }
        assert!(table.settle(&memory, own, &[0], NOW));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whether or not a name has its own place, it never gets more than its limit within one window.
    #[test]
    fn no_name_gets_more_for_having_no_place(
        steps in prop::collection::vec((0_u64..40, 1_u64..60, 0_u64..3_000, any::<bool>()), 1..300),
    ) {
        let (memory, table) = (Memory::default(), Table::new(1, 1_000_000));
        let mut admitted = vec![0; 40];
        let mut now_ms = NOW;
        for (name, amount, pass_ms, refund) in steps {
            // All within one minute, so that no window ends.
            now_ms = (now_ms + pass_ms / 20).min(NOW + 59_000);
            let newcomer = claim(&name.to_string(), 100, amount, MINUTE);
            if let Ok(reservation) = reserve(&table, &memory, newcomer, now_ms) {
                if refund {
                    prop_assert!(table.settle(&memory, reservation, &[0], now_ms));
                } else {
                    admitted[name as usize] += amount;
                }
            }
        }
        prop_assert!(admitted.iter().all(|sum| *sum <= 100), "{admitted:?}");
    }
}
