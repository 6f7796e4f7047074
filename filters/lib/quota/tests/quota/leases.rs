//! Limits that several Envoys share.

use std::collections::BTreeMap;

use penstock_quota::{
    Claim, Key, MOST_LABEL, Refused, Report, Reservation, Shared, Span, Table, elect,
    wire::{Closed, Grant, Window},
};
use proptest::{collection::vec, prelude::*};

use crate::memory::{MINUTE, Memory, NOW, claim};

const HOLD_MS: u64 = 30_000;

/// A tenth of each limit without a grant.
fn table() -> Table {
    Table::new(64, HOLD_MS).leased(100)
}

fn reserve(memory: &Memory, amount: u64, now_ms: u64) -> Result<Reservation, Refused> {
    table().reserve(memory, &[claim("a", 1_000, amount, MINUTE)], now_ms)
}

fn report(memory: &Memory, now_ms: u64) -> Report {
    table().report(memory, 0, usize::MAX, now_ms)
}

fn the_window(memory: &Memory, now_ms: u64) -> Window {
    let [window] = report(memory, now_ms).windows.try_into().unwrap();
    window
}

fn grant(memory: &Memory, granted: u64, reset_ms: u64, now_ms: u64) {
    let window = the_window(memory, now_ms);
    let grant = Grant {
        key: window.key,
        window: window.window,
        granted,
        reset_ms,
        valid_ms: 10_000,
    };
    assert!(table().grant(memory, &grant, now_ms));
}

#[test]
fn without_a_grant_a_share_is_admitted() {
    let memory = Memory::default();
    let held = reserve(&memory, 60, NOW).unwrap();
    assert_eq!(held.standings()[0].remaining, 40);
    assert_eq!(held.standings()[0].limit, 1_000);
    assert!(reserve(&memory, 41, NOW).is_err());
    assert!(reserve(&memory, 40, NOW).is_ok());
}

#[test]
fn what_is_left_of_a_limit_beyond_its_grant_is_told_apart() {
    let memory = Memory::default();
    let standing = |amount| match reserve(&memory, amount, NOW) {
        Ok(reservation) => reservation.standings()[0],
        Err(Refused::Later { standings, .. }) => standings[0],
        Err(other) => panic!("{other:?}"),
    };
    let left = |amount| (standing(amount).remaining, standing(amount).ungranted);
    let held = reserve(&memory, 60, NOW).unwrap();
    assert_eq!(left(41), (40, 900));
    grant(&memory, 60, 0, NOW);
    assert_eq!(left(1), (0, 940));
    assert!(table().settle(&memory, held, &[999], NOW));
    assert_eq!(left(1), (0, 1));
    grant(&memory, 1_000, 0, NOW);
    assert_eq!(left(2), (1, 0));
}

#[test]
fn a_table_of_its_own_knows_no_leases() {
    let memory = Memory::default();
    let alone = Table::new(64, HOLD_MS);
    let _held = alone
        .reserve(&memory, &[claim("a", 1_000, 900, MINUTE)], NOW)
        .unwrap();
    assert_eq!(alone.report(&memory, 0, usize::MAX, NOW), Report::default());
}

#[test]
fn a_grant_counts_while_it_is_valid() {
    let memory = Memory::default();
    let _held = reserve(&memory, 100, NOW).unwrap();
    grant(&memory, 300, 0, NOW);
    let _more = reserve(&memory, 200, NOW + 9_999).unwrap();
    assert!(reserve(&memory, 1, NOW + 9_999).is_err());
    grant(&memory, 5_000, 0, NOW + 9_999);
    assert!(reserve(&memory, 701, NOW + 10_000).is_err());
    assert!(reserve(&memory, 1, NOW + 20_000).is_err());
    grant(&memory, 2_000, 0, NOW + 20_000);
    assert!(reserve(&memory, 700, NOW + 20_000).is_ok());
}

#[test]
fn no_grant_is_valid_for_ever() {
    let memory = Memory::default();
    let day = Span::Window { ms: 86_400_000 };
    let reserve = |amount, now_ms| table().reserve(&memory, &[claim("a", 1_000, amount, day)], now_ms);
    let _held = reserve(100, NOW).unwrap();
    let window = the_window(&memory, NOW);
    let grant = Grant {
        key: window.key,
        window: window.window,
        granted: u64::MAX,
        reset_ms: 0,
        valid_ms: u64::MAX,
    };
    assert!(table().grant(&memory, &grant, NOW));
    let _more = reserve(700, NOW + 599_999).unwrap();
    assert!(reserve(1, NOW + 600_000).is_err());
}

#[test]
fn what_lacks_a_grant_is_wanted_and_soon_worth_asking_for() {
    let memory = Memory::default();
    let soon = |refused| {
        matches!(
            refused,
            Err(Refused::Later {
                retry_after_ms: 1_000,
                ..
            })
        )
    };
    assert!(soon(reserve(&memory, 500, NOW)));
    assert!(soon(reserve(&memory, 400, NOW + 5)));
    let window = the_window(&memory, NOW + 5);
    assert_eq!(
        (window.used, window.held, window.wanted, window.age_ms),
        (0, 0, 500, 5)
    );
    grant(&memory, 600, 0, NOW + 5);
    assert!(reserve(&memory, 500, NOW + 6).is_ok());
    assert_eq!(the_window(&memory, NOW + 6).wanted, 0);
}

#[test]
fn what_no_grant_can_help_is_not_wanted() {
    let memory = Memory::default();
    let reservation = reserve(&memory, 100, NOW).unwrap();
    assert!(table().settle(&memory, reservation, &[950], NOW));
    assert!(reserve(&memory, 51, NOW).is_err());
    assert_eq!(the_window(&memory, NOW).wanted, 0);
    assert!(matches!(reserve(&memory, 1_001, NOW), Err(Refused::Never { .. })));
}

#[test]
fn totals_of_the_window_are_reported() {
    let memory = Memory::default();
    let first = reserve(&memory, 50, NOW).unwrap();
    let _second = reserve(&memory, 20, NOW).unwrap();
    assert!(table().settle(&memory, first, &[30], NOW + 10));
    let expected = Window {
        key: Key::of("test", &["a"]).as_bytes().to_vec(),
        label: "a".to_owned(),
        span_ms: 60_000,
        limit: 1_000,
        window: NOW,
        age_ms: 10,
        used: 30,
        held: 20,
        wanted: 0,
    };
    assert_eq!(the_window(&memory, NOW + 10), expected);
    assert_eq!(the_window(&memory, NOW + 10), expected);
}

#[test]
fn a_label_is_cut_between_characters() {
    let memory = Memory::default();
    let claim = Claim {
        label: "ä".repeat(MOST_LABEL),
        ..claim("a", 1_000, 1, MINUTE)
    };
    let _held = table().reserve(&memory, &[claim], NOW).unwrap();
    assert_eq!(the_window(&memory, NOW).label, "ä".repeat(MOST_LABEL / 2));
}

#[test]
fn a_window_ends_when_the_service_says() {
    let memory = Memory::default();
    let held = reserve(&memory, 100, NOW).unwrap();
    grant(&memory, 100, 20_000, NOW + 1_000);
    assert!(reserve(&memory, 1, NOW + 20_999).is_err());
    let next = reserve(&memory, 100, NOW + 21_000).unwrap();
    assert_eq!(next.standings()[0].reset_ms, 60_000);
    // What was held of the window that is over is not given back to this one.
    assert!(table().settle(&memory, held, &[0], NOW + 21_000));
    assert!(reserve(&memory, 1, NOW + 21_000).is_err());
}

#[test]
fn what_outlasts_a_window_that_the_service_ends_is_charged_once() {
    let hour = Span::Window { ms: 3_600_000 };
    for (settled_ms, used) in [(2_000, 60), (100_000, 130)] {
        let memory = Memory::default();
        let held = table()
            .reserve(&memory, &[claim("a", 1_000, 100, hour)], NOW)
            .unwrap();
        grant(&memory, 100, 1_000, NOW);
        assert!(table().settle(&memory, held, &[used], NOW + settled_ms));
        let report = report(&memory, NOW + settled_ms);
        assert_eq!(report.closed[0].used, 100);
        let late: u64 = report.windows.iter().map(|window| window.used).sum();
        assert_eq!(late, used.saturating_sub(100));
    }
}

#[test]
fn no_grant_makes_a_window_longer_than_its_span() {
    let memory = Memory::default();
    let reservation = reserve(&memory, 100, NOW).unwrap();
    assert!(table().settle(&memory, reservation, &[100], NOW));
    grant(&memory, 100, u64::MAX, NOW + 1_000);
    assert!(reserve(&memory, 100, NOW + 60_999).is_err());
    assert!(reserve(&memory, 100, NOW + 61_000).is_ok());
}

#[test]
fn grants_for_windows_that_are_over_or_unknown_change_nothing() {
    let memory = Memory::default();
    let _held = reserve(&memory, 100, NOW).unwrap();
    let window = the_window(&memory, NOW);
    let _next = reserve(&memory, 100, NOW + 60_000).unwrap();
    let late = Grant {
        key: window.key,
        window: window.window,
        granted: 1_000,
        reset_ms: 0,
        valid_ms: 10_000,
    };
    assert!(!table().grant(&memory, &late, NOW + 60_000));
    for key in [&[][..], &[1; 15], &[1; 16], &[1; 17]] {
        let stray = Grant {
            key: key.to_vec(),
            ..late.clone()
        };
        assert!(!table().grant(&memory, &stray, NOW + 60_000));
    }
    assert!(reserve(&memory, 1, NOW + 60_000).is_err());
}

#[test]
fn a_window_that_is_over_is_reported_until_it_is_noted() {
    let memory = Memory::default();
    let settled = reserve(&memory, 60, NOW).unwrap();
    let _held_to_the_end = reserve(&memory, 10, NOW + 50_000).unwrap();
    assert!(table().settle(&memory, settled, &[40], NOW + 50_000));
    assert_eq!(report(&memory, NOW + 50_000).closed, []);
    let closed = Closed {
        key: Key::of("test", &["a"]).as_bytes().to_vec(),
        label: "a".to_owned(),
        span_ms: 60_000,
        window: NOW,
        used: 50,
    };
    for late_ms in [60_000, 90_000, 300_000] {
        let report = report(&memory, NOW + late_ms);
        assert_eq!((report.windows, report.closed), (vec![], vec![closed.clone()]));
    }
    assert!(table().noted(&memory, &closed, NOW + 300_000));
    assert!(!table().noted(&memory, &closed, NOW + 300_000));
    assert_eq!(report(&memory, NOW + 300_000), Report::default());
}

#[test]
fn a_window_of_which_nothing_was_used_hides_none_that_was() {
    let memory = Memory::default();
    let settled = reserve(&memory, 60, NOW).unwrap();
    assert!(table().settle(&memory, settled, &[40], NOW));
    let unused = reserve(&memory, 60, NOW + 60_000).unwrap();
    assert!(table().settle(&memory, unused, &[0], NOW + 60_000));
    let [closed] = report(&memory, NOW + 120_000).closed.try_into().unwrap();
    assert_eq!((closed.window, closed.used), (NOW, 40));
}

#[test]
fn a_debt_is_reported_once() {
    let memory = Memory::default();
    let wild = reserve(&memory, 100, NOW).unwrap();
    assert!(table().settle(&memory, wild, &[1_300], NOW));
    assert_eq!(the_window(&memory, NOW).used, 1_300);
    let later = NOW + 60_000;
    let report = report(&memory, later);
    assert_eq!(report.closed[0].used, 1_300);
    assert_eq!(report.windows[0].used, 0);
    // The service knows of the debt, so what it grants comes on top.
    grant(&memory, 50, 0, later);
    let reservation = reserve(&memory, 50, later).unwrap();
    assert!(reserve(&memory, 1, later).is_err());
    assert!(table().settle(&memory, reservation, &[50], later));
    assert_eq!(the_window(&memory, later).used, 50);
    assert!(table().noted(&memory, &report.closed[0], later));
    assert_eq!(self::report(&memory, later + 60_000).closed[0].used, 50);
}

#[test]
fn what_a_late_settlement_gives_back_is_no_more_to_be_had_than_before() {
    let memory = Memory::default();
    let over = reserve(&memory, 50, NOW).unwrap();
    let late = reserve(&memory, 50, NOW + 50_000).unwrap();
    assert!(table().settle(&memory, over, &[970], NOW + 50_000));
    let later = NOW + 60_000;
    let [closed] = report(&memory, later).closed.try_into().unwrap();
    assert_eq!(closed.used, 1_020);
    grant(&memory, 50, 0, later);
    assert!(table().settle(&memory, late, &[40], later));
    // The service has granted 50, on top of a debt of 20 of which half is gone.
    assert_eq!(the_window(&memory, later).used, 0);
    let _all = reserve(&memory, 50, later).unwrap();
    assert!(reserve(&memory, 1, later).is_err());
}

#[test]
fn claims_without_a_place_share_a_lease() {
    let memory = Memory::default();
    let table = Table::new(1, HOLD_MS).leased(100);
    let reserve = |name: &str, amount| table.reserve(&memory, &[claim(name, 100, amount, MINUTE)], NOW);
    for name in 0..16 {
        let _held = reserve(&name.to_string(), 1).unwrap();
    }
    let _late = reserve("late", 10).unwrap();
    assert!(reserve("later", 1).is_err());
    let report = table.report(&memory, 0, usize::MAX, NOW);
    let shared = report
        .windows
        .iter()
        .find(|window| window.label == "shared")
        .unwrap();
    assert_eq!((shared.held, shared.wanted), (10, 11));
    let grant = Grant {
        key: shared.key.clone(),
        window: shared.window,
        granted: 11,
        reset_ms: 0,
        valid_ms: 1_000,
    };
    assert!(table.grant(&memory, &grant, NOW));
    assert!(reserve("later", 1).is_ok());
}

#[test]
fn a_report_in_parts_has_every_window_once() {
    let (memory, table) = (Memory::default(), Table::new(256, HOLD_MS).leased(1_000));
    for name in 0..200 {
        let _held = table
            .reserve(&memory, &[claim(&name.to_string(), 10, 1, MINUTE)], NOW)
            .unwrap();
    }
    let mut seen = BTreeMap::new();
    let mut from = 0;
    loop {
        let report = table.report(&memory, from, 20, NOW);
        assert!(report.windows.len() < 20 + 16);
        for window in report.windows {
            *seen.entry(window.key).or_insert(0) += 1;
        }
        from = report.next;
        if from == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 200);
    assert!(seen.values().all(|times| *times == 1));
}

#[test]
fn the_elected_stays_until_it_asks_no_more() {
    let memory = Memory::default();
    assert!(elect(&memory, 7, NOW, 5_000));
    assert!(!elect(&memory, 8, NOW + 4_999, 5_000));
    assert!(elect(&memory, 7, NOW + 4_999, 5_000));
    assert!(!elect(&memory, 8, NOW + 9_998, 5_000));
    assert!(elect(&memory, 8, NOW + 9_999, 5_000));
    assert!(!elect(&memory, 7, NOW + 10_000, 5_000));
}

#[test]
fn a_spoiled_or_impossible_reign_ends() {
    let memory = Memory::default();
    assert!(elect(&memory, 7, NOW, 5_000));
    memory.spoil(b"");
    assert!(elect(&memory, 8, NOW, 5_000));
    memory.spoil(&[0xff; 40]);
    assert!(elect(&memory, 7, NOW, 5_000));
    assert!(elect(&memory, 8, NOW * 2, 5_000));
    assert!(elect(&memory, 7, NOW, 5_000));
    assert_eq!(
        memory
            .read("penstock.quota.refresher")
            .map(|(value, _)| value.is_empty()),
        Some(false)
    );
}

/// A service that grants each proxy what it wants, as long as there is some.
#[derive(Default)]
struct Service {
    granted: BTreeMap<(usize, Vec<u8>), u64>,
}

impl Service {
    fn lease(&mut self, proxy: usize, window: &Window, valid_ms: u64) -> Grant {
        let others: u64 = self
            .granted
            .iter()
            .filter(|((other, key), _)| *other != proxy && *key == window.key)
            .map(|(_, granted)| granted)
            .sum();
        let need = (window.used + window.held).max(window.wanted) + 5;
        let own = self.granted.entry((proxy, window.key.clone())).or_default();
        *own = need.min(window.limit - others).max(*own);
        Grant {
            key: window.key.clone(),
            window: window.window,
            granted: *own,
            reset_ms: 0,
            valid_ms,
        }
    }
}

proptest! {
    #[test]
    fn proxies_together_never_exceed_what_they_share(
        steps in vec((0_usize..3, 1_u64..40, 0_u64..=100, any::<bool>(), any::<bool>()), 1..120),
        span in prop_oneof![Just(Span::Window { ms: 3_600_000 }), Just(Span::Concurrent)],
    ) {
        let table = Table::new(8, HOLD_MS * 1_000).leased(0);
        let proxies: [Memory; 3] = Default::default();
        let mut service = Service::default();
        let mut total = 0;
        for (step, (proxy, amount, percent, settle, lease)) in steps.into_iter().enumerate() {
            let now_ms = NOW + step as u64 * 100;
            let memory = &proxies[proxy];
            if let Ok(reservation) = table.reserve(memory, &[claim("a", 100, amount, span)], now_ms) {
                total += amount;
                prop_assert!(total <= 100);
                if settle {
                    let used = amount * percent / 100;
                    prop_assert!(table.settle(memory, reservation, &[used], now_ms));
                    total -= if span == Span::Concurrent { amount } else { amount - used };
                }
            }
            if lease {
                for window in table.report(memory, 0, 10, now_ms).windows {
                    table.grant(memory, &service.lease(proxy, &window, 1_000), now_ms);
                }
            }
        }
    }
}

#[test]
fn a_claim_may_have_an_initial_share_of_its_own() {
    let memory = Memory::default();
    let closed = |amount| Claim {
        share: Some(0),
        ..claim("closed", 1_000, amount, MINUTE)
    };
    assert!(table().reserve(&memory, &[closed(1)], NOW).is_err());
    // Another claim keeps the table's.
    assert!(
        table()
            .reserve(&memory, &[claim("open", 1_000, 100, MINUTE)], NOW)
            .is_ok()
    );
    let window = table()
        .report(&memory, 0, 4_096, NOW)
        .windows
        .into_iter()
        .find(|window| window.label == "closed");
    let window = window.unwrap();
    assert_eq!(window.wanted, 1);
    let grant = Grant {
        key: window.key,
        window: window.window,
        granted: 5,
        reset_ms: 0,
        valid_ms: 1_000,
    };
    assert!(table().grant(&memory, &grant, NOW));
    assert!(table().reserve(&memory, &[closed(5)], NOW).is_ok());
    assert!(table().reserve(&memory, &[closed(1)], NOW + 1_000).is_err());
}
