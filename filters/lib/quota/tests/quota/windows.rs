//! One worker: how a window fills, ends and pays its debts.

use penstock_quota::{Claim, Key, Refused, Reservation, Shared, Span, Standing, Table, Version, update};

use crate::memory::{MINUTE, Memory, NOW, claim};

const HOLD_MS: u64 = 30_000;

fn table() -> Table {
    Table::new(64, HOLD_MS)
}

fn reserve(memory: &Memory, claim: Claim, now_ms: u64) -> Result<Reservation, Refused> {
    table().reserve(memory, &[claim], now_ms)
}

fn settle(memory: &Memory, reservation: Reservation, used: u64, now_ms: u64) {
    assert!(table().settle(memory, reservation, &[used], now_ms));
}

/// What the window `a` of 100 a minute still admits.
fn remaining(memory: &Memory, now_ms: u64) -> u64 {
    let shadow = Claim {
        shadow: true,
        ..claim("a", 100, 0, MINUTE)
    };
    reserve(memory, shadow, now_ms).unwrap().standings()[0].remaining
}

fn retry_after_ms(refused: Result<Reservation, Refused>) -> u64 {
    match refused {
        Err(Refused::Later { retry_after_ms, .. }) => retry_after_ms,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_window_refuses_until_it_is_over() {
    let memory = Memory::default();
    let first = reserve(&memory, claim("a", 100, 60, MINUTE), NOW).unwrap();
    let standing = Standing {
        limit: 100,
        remaining: 40,
        ungranted: 0,
        reset_ms: 60_000,
        exceeded: false,
    };
    assert_eq!(first.standings(), [standing]);
    settle(&memory, first, 50, NOW + 1_000);
    let refused = Refused::Later {
        claim: 0,
        retry_after_ms: 58_000,
        standings: vec![Standing {
            remaining: 50,
            reset_ms: 58_000,
            exceeded: true,
            ..standing
        }],
    };
    assert_eq!(
        reserve(&memory, claim("a", 100, 60, MINUTE), NOW + 2_000),
        Err(refused)
    );
    assert!(reserve(&memory, claim("a", 100, 60, MINUTE), NOW + 59_999).is_err());
    assert!(reserve(&memory, claim("a", 100, 60, MINUTE), NOW + 60_000).is_ok());
}

#[test]
fn more_than_the_limit_is_refused_for_ever() {
    let memory = Memory::default();
    let never = Refused::Never {
        claim: 1,
        limit: 100,
        amount: 101,
    };
    let claims = [claim("b", 10, 1, MINUTE), claim("a", 100, 101, MINUTE)];
    assert_eq!(table().reserve(&memory, &claims, NOW), Err(never));
    assert_eq!(memory.keys(), 0);
}

#[test]
fn a_refused_reservation_takes_nothing_anywhere() {
    let memory = Memory::default();
    let _full = reserve(&memory, claim("b", 1, 1, MINUTE), NOW).unwrap();
    for order in [[0, 1], [1, 0]] {
        let claims = [claim("a", 100, 60, MINUTE), claim("b", 1, 1, MINUTE)];
        let claims = order.map(|index| claims[index].clone());
        assert!(table().reserve(&memory, &claims, NOW).is_err());
        assert_eq!(remaining(&memory, NOW), 100);
    }
}

#[test]
fn the_longest_wait_is_named() {
    let memory = Memory::default();
    let hour = Span::Window { ms: 3_600_000 };
    for claim in [claim("a", 1, 1, MINUTE), claim("b", 1, 1, hour)] {
        let reservation = reserve(&memory, claim, NOW).unwrap();
        settle(&memory, reservation, 1, NOW);
    }
    let claims = [
        claim("a", 1, 1, MINUTE),
        claim("b", 1, 1, hour),
        claim("c", 5, 1, MINUTE),
    ];
    let Err(Refused::Later {
        claim,
        retry_after_ms,
        standings,
    }) = table().reserve(&memory, &claims, NOW)
    else {
        panic!("admitted");
    };
    assert_eq!((claim, retry_after_ms), (1, 3_600_000));
    assert_eq!(
        standings
            .iter()
            .map(|standing| standing.remaining)
            .collect::<Vec<_>>(),
        [0, 0, 5]
    );
    assert!(!standings[2].exceeded);
}

#[test]
fn what_only_others_under_way_hold_is_worth_asking_for_soon() {
    let memory = Memory::default();
    let _held = reserve(&memory, claim("a", 100, 100, MINUTE), NOW).unwrap();
    assert_eq!(
        retry_after_ms(reserve(&memory, claim("a", 100, 1, MINUTE), NOW)),
        1_000
    );
}

#[test]
fn a_refund_restores_exactly() {
    let memory = Memory::default();
    let kept = reserve(&memory, claim("a", 100, 30, MINUTE), NOW).unwrap();
    let refunded = reserve(&memory, claim("a", 100, 40, MINUTE), NOW).unwrap();
    assert_eq!(remaining(&memory, NOW), 30);
    settle(&memory, refunded, 0, NOW + 5);
    assert_eq!(remaining(&memory, NOW + 5), 70);
    settle(&memory, kept, 0, NOW + 6);
    assert_eq!(remaining(&memory, NOW + 6), 100);
}

#[test]
fn what_is_not_named_at_the_end_is_charged_in_full() {
    let memory = Memory::default();
    let reservation = reserve(&memory, claim("a", 100, 30, MINUTE), NOW).unwrap();
    assert!(table().settle(&memory, reservation, &[], NOW));
    assert_eq!(remaining(&memory, NOW), 70);
}

#[test]
fn what_is_never_settled_comes_back() {
    let memory = Memory::default();
    let hour = Span::Window { ms: 3_600_000 };
    for span in [hour, Span::Concurrent] {
        let _lost = reserve(&memory, claim("lost", 10, 10, span), NOW).unwrap();
        let again = |now_ms| reserve(&memory, claim("lost", 10, 10, span), now_ms);
        assert!(again(NOW + HOLD_MS).is_err());
        let _also_lost = again(NOW + HOLD_MS * 3 / 2).unwrap();
        assert!(again(NOW + HOLD_MS * 3 / 2).is_err());
    }
}

#[test]
fn what_is_renewed_stays() {
    let memory = Memory::default();
    let mut stream = reserve(&memory, claim("a", 2, 1, Span::Concurrent), NOW).unwrap();
    let _lost = reserve(&memory, claim("a", 2, 1, Span::Concurrent), NOW).unwrap();
    let mut now_ms = NOW;
    for _ in 0..10 {
        now_ms = stream.renew_at_ms();
        table().renew(&memory, &mut stream, now_ms);
    }
    let _second = reserve(&memory, claim("a", 2, 1, Span::Concurrent), now_ms).unwrap();
    assert!(reserve(&memory, claim("a", 2, 1, Span::Concurrent), now_ms).is_err());
    settle(&memory, stream, 1, now_ms);
    assert!(reserve(&memory, claim("a", 2, 1, Span::Concurrent), now_ms).is_ok());
}

#[test]
fn what_expired_is_held_anew_where_there_is_room() {
    let memory = Memory::default();
    let late = NOW + HOLD_MS * 2;
    let mut slow = reserve(&memory, claim("a", 1, 1, Span::Concurrent), NOW).unwrap();
    table().renew(&memory, &mut slow, late);
    assert!(reserve(&memory, claim("a", 1, 1, Span::Concurrent), late + HOLD_MS).is_err());
    settle(&memory, slow, 1, late + HOLD_MS);
    assert!(reserve(&memory, claim("a", 1, 1, Span::Concurrent), late + HOLD_MS).is_ok());
}

#[test]
fn what_expired_is_not_held_anew_where_others_took_its_place() {
    let memory = Memory::default();
    let late = NOW + HOLD_MS * 2;
    let mut slow = reserve(&memory, claim("a", 1, 1, Span::Concurrent), NOW).unwrap();
    let other = reserve(&memory, claim("a", 1, 1, Span::Concurrent), late).unwrap();
    table().renew(&memory, &mut slow, late);
    settle(&memory, other, 1, late);
    let _third = reserve(&memory, claim("a", 1, 1, Span::Concurrent), late).unwrap();
    settle(&memory, slow, 1, late);
    assert!(reserve(&memory, claim("a", 1, 1, Span::Concurrent), late).is_err());
}

#[test]
fn a_settlement_after_the_hold_expired_still_charges() {
    let memory = Memory::default();
    let slow = reserve(&memory, claim("a", 100, 40, MINUTE), NOW).unwrap();
    assert_eq!(remaining(&memory, NOW + 50_000), 100);
    settle(&memory, slow, 30, NOW + 50_000);
    assert_eq!(remaining(&memory, NOW + 50_000), 70);

    let slower = reserve(&memory, claim("a", 100, 40, MINUTE), NOW + 60_000).unwrap();
    settle(&memory, slower, 30, NOW + 120_000);
    assert_eq!(remaining(&memory, NOW + 120_000), 70);
}

#[test]
fn a_window_that_is_over_gives_nothing_back_and_passes_on_what_went_over() {
    let memory = Memory::default();
    let start = |now_ms| reserve(&memory, claim("a", 100, 40, MINUTE), now_ms).unwrap();
    let opening = start(NOW);
    settle(&memory, opening, 0, NOW);
    let (under, over) = (start(NOW + 50_000), start(NOW + 50_000));
    settle(&memory, under, 10, NOW + 61_000);
    assert_eq!(remaining(&memory, NOW + 61_000), 100);
    settle(&memory, over, 55, NOW + 61_000);
    assert_eq!(remaining(&memory, NOW + 61_000), 85);
}

#[test]
fn a_debt_is_paid_by_the_windows_that_follow() {
    let memory = Memory::default();
    let wild = reserve(&memory, claim("a", 100, 40, MINUTE), NOW).unwrap();
    settle(&memory, wild, 270, NOW + 10);
    assert_eq!(remaining(&memory, NOW + 10), 0);
    let again = |amount, now_ms| reserve(&memory, claim("a", 100, amount, MINUTE), now_ms);
    assert_eq!(retry_after_ms(again(30, NOW + 10)), 120_000 - 10);
    assert_eq!(retry_after_ms(again(31, NOW + 10)), 180_000 - 10);
    assert_eq!(remaining(&memory, NOW + 60_000), 0);
    assert_eq!(remaining(&memory, NOW + 120_000), 30);
    assert!(again(30, NOW + 120_000).is_ok());
    assert_eq!(remaining(&memory, NOW + 180_000), 100);
}

#[test]
fn an_absurd_report_locks_nobody_out_for_long() {
    const MINUTE_MS: u64 = 60_000;
    const HOUR_MS: u64 = 60 * MINUTE_MS;
    const DAY_MS: u64 = 24 * HOUR_MS;
    // Sixty windows, and no more of them than a day has.
    for (ms, windows) in [(MINUTE_MS, 60), (HOUR_MS, 24), (DAY_MS, 1), (7 * DAY_MS, 1)] {
        let memory = Memory::default();
        let span = Span::Window { ms };
        let ask = |amount, now_ms| reserve(&memory, claim("a", 100, amount, span), now_ms);
        let wild = ask(1, NOW).unwrap();
        settle(&memory, wild, 1_000_000_000_000, NOW);
        let over_ms = NOW + (windows + 1) * ms;
        assert!(ask(1, over_ms - 1).is_err(), "{ms}");
        assert!(ask(100, over_ms).is_ok(), "{ms}");
    }
}

#[test]
fn a_shadow_limit_reports_and_lets_through() {
    let memory = Memory::default();
    let shadow = Claim {
        shadow: true,
        ..claim("a", 100, 60, MINUTE)
    };
    let fits = reserve(&memory, shadow.clone(), NOW).unwrap();
    let exceeds = reserve(&memory, shadow.clone(), NOW).unwrap();
    assert_eq!(
        [&fits, &exceeds].map(|reservation| reservation.standings()[0].exceeded),
        [false, true]
    );
    assert_eq!(exceeds.amounts().collect::<Vec<_>>(), [0]);
    settle(&memory, exceeds, 60, NOW);
    assert_eq!(remaining(&memory, NOW), 40);
    let huge = Claim {
        amount: 101,
        ..shadow
    };
    assert!(reserve(&memory, huge, NOW).unwrap().standings()[0].exceeded);
}

#[test]
fn a_clock_that_steps_back_opens_no_second_window() {
    let memory = Memory::default();
    let _held = reserve(&memory, claim("a", 100, 100, MINUTE), NOW).unwrap();
    for back_ms in [1, 500, 59_000] {
        assert!(reserve(&memory, claim("a", 100, 1, MINUTE), NOW - back_ms).is_err());
    }
}

#[test]
fn a_clock_that_was_wrong_by_years_locks_nobody_out() {
    let memory = Memory::default();
    let ahead = reserve(&memory, claim("a", 100, 100, MINUTE), NOW * 2).unwrap();
    settle(&memory, ahead, 100, NOW * 2);
    let _held = reserve(&memory, claim("a", 100, 100, MINUTE), NOW).unwrap();
    assert!(reserve(&memory, claim("a", 100, 1, MINUTE), NOW + 1).is_err());
}

#[test]
fn a_changed_limit_holds_at_once() {
    let memory = Memory::default();
    let _held = reserve(&memory, claim("a", 100, 60, MINUTE), NOW).unwrap();
    assert!(reserve(&memory, claim("a", 60, 1, MINUTE), NOW).is_err());
    assert!(reserve(&memory, claim("a", 200, 140, MINUTE), NOW).is_ok());
}

#[test]
fn spoiled_values_are_started_anew_and_then_count() {
    for with in [
        &b""[..],
        b"\x01",
        b"\x01garbage that is not a bucket",
        &[0xff; 300],
    ] {
        let memory = Memory::default();
        let lost = reserve(&memory, claim("a", 100, 100, MINUTE), NOW).unwrap();
        memory.spoil(with);
        let _second = reserve(&memory, claim("a", 100, 100, MINUTE), NOW).unwrap();
        assert!(reserve(&memory, claim("a", 100, 1, MINUTE), NOW).is_err());
        settle(&memory, lost, 100, NOW);
    }
}

#[test]
fn keys_differ_wherever_the_parts_are_cut() {
    let keys = [
        Key::of("limit", &["ab", "c"]),
        Key::of("limit", &["a", "bc"]),
        Key::of("limit", &["abc"]),
        Key::of("limit", &["abc", ""]),
        Key::of("limita", &["bc"]),
        Key::of("limit", &["", "abc"]),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[..index].contains(key));
    }
    assert_eq!(Key::from_bytes(*keys[0].as_bytes()), keys[0]);
}

#[test]
fn a_key_is_the_same_in_every_proxy_and_release() {
    let digits: String = Key::of("tenant-minute", &["acme", "fast"])
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(digits, "07eaa59a336cdfa42ac0901c460eef63");
}

#[test]
fn a_store_that_takes_nothing_is_given_up_on() {
    /// Every write comes too late.
    struct Late(Memory);

    impl Shared for Late {
        fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
            self.0.read(key)
        }

        fn write(&self, _: &str, _: &[u8], _: Option<Version>) -> bool {
            false
        }
    }

    let memory = Memory::default();
    let mut reservation = reserve(&memory, claim("a", 100, 40, MINUTE), NOW).unwrap();
    let late = Late(memory);
    let claims = [claim("a", 100, 40, MINUTE), claim("b", 100, 40, MINUTE)];
    assert_eq!(table().reserve(&late, &claims, NOW), Err(Refused::Contended));
    table().renew(&late, &mut reservation, NOW + HOLD_MS);
    table().learn(&late, claims[0].key, 1, NOW);
    assert!(!update(&late, "x", |_| Some(Vec::new())));
    assert!(!table().settle(&late, reservation, &[1], NOW));
}

#[test]
fn an_update_that_is_left_writes_nothing() {
    let memory = Memory::default();
    assert!(update(&memory, "x", |old| old.map(<[u8]>::to_vec)));
    assert_eq!(memory.keys(), 0);
    assert!(update(&memory, "x", |old| old.is_none().then(|| b"1".to_vec())));
    assert_eq!(memory.read("x").unwrap().0, b"1");
}
