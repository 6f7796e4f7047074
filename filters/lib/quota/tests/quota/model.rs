//! One worker against a model that keeps every reservation by itself.

use penstock_quota::{Reservation, Span, Table};
use proptest::{collection::vec, prelude::*};

use crate::memory::{Memory, NOW, claim};

const HOLD_MS: u64 = 10_000;
const LIMIT: u64 = 100;

#[derive(Clone, Debug)]
enum Step {
    Reserve(u64),
    Settle(prop::sample::Index, u64),
    Renew(prop::sample::Index),
    Forget(prop::sample::Index),
    Pass(u64),
    /// From here on the clock that is read lags behind by so much.
    Lag(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u64..=LIMIT).prop_map(Step::Reserve),
        3 => (any::<prop::sample::Index>(), 0_u64..150).prop_map(|(which, used)| Step::Settle(which, used)),
        1 => any::<prop::sample::Index>().prop_map(Step::Renew),
        1 => any::<prop::sample::Index>().prop_map(Step::Forget),
        3 => (0_u64..12_000).prop_map(Step::Pass),
        1 => (0_u64..50).prop_map(Step::Lag),
    ];
    vec(step, 1..120)
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        Just(Span::Concurrent),
        prop_oneof![Just(1_000), Just(7_000), Just(60_000)].prop_map(|ms| Span::Window { ms }),
    ]
}

/// A reservation, what it is for, and until when it is certainly held.
struct Open {
    reservation: Reservation,
    amount: u64,
    until_ms: u64,
    window: u64,
}

proptest! {
    #[test]
    fn what_is_held_and_used_never_exceeds_the_limit(steps in steps(), span in span()) {
        let (memory, table) = (Memory::default(), Table::new(8, HOLD_MS));
        let (mut clock_ms, mut lag_ms) = (NOW, 0);
        let mut open: Vec<Open> = Vec::new();
        // A number for each window that was seen, its end, and what was settled within it.
        let (mut window, mut ends_ms, mut used) = (0, 0, 0_u64);
        for step in steps {
            let now_ms = clock_ms - lag_ms;
            match step {
                Step::Pass(ms) => clock_ms += ms,
                Step::Lag(ms) => lag_ms = ms,
                Step::Forget(which) if !open.is_empty() => {
                    let _ = open.remove(which.index(open.len()));
                }
                Step::Renew(which) if !open.is_empty() => {
                    let count = open.len();
                    let renewed = &mut open[which.index(count)];
                    table.renew(&memory, &mut renewed.reservation, now_ms);
                    // What had expired may not be held anew; what had not is held longer.
                    if clock_ms < renewed.until_ms {
                        renewed.until_ms = now_ms + HOLD_MS;
                    }
                }
                Step::Settle(which, share) if !open.is_empty() => {
                    let settled = open.remove(which.index(open.len()));
                    let charge = settled.amount * share / 100;
                    prop_assert!(table.settle(&memory, settled.reservation, &[charge], now_ms));
                    if settled.window == window && now_ms < ends_ms {
                        used += charge;
                    }
                }
                Step::Reserve(amount) => {
                    let Ok(reservation) = table.reserve(&memory, &[claim("a", LIMIT, amount, span)], now_ms)
                    else {
                        continue;
                    };
                    let standing = reservation.standings()[0];
                    if let Span::Window { ms } = span {
                        prop_assert!(standing.reset_ms <= ms + 50);
                        let end = now_ms + standing.reset_ms;
                        if end != ends_ms {
                            prop_assert!(end > ends_ms);
                            (window, ends_ms, used) = (window + 1, end, 0);
                        }
                    }
                    open.push(Open { reservation, amount, until_ms: now_ms + HOLD_MS, window });
                    let held: u64 = open
                        .iter()
                        .filter(|open| open.until_ms > clock_ms && open.window == window)
                        .map(|open| open.amount)
                        .sum();
                    let counted = if span == Span::Concurrent { held } else { held + used };
                    prop_assert!(counted <= LIMIT, "{counted} held and used");
                    prop_assert!(counted + standing.remaining <= LIMIT);
                }
                _ => {}
            }
        }
        // Nothing is settled any more: after a hold's longest life and the windows of the largest debt, all is back.
        let passed_ms = HOLD_MS * 2 + 6 * match span { Span::Window { ms } => ms, Span::Concurrent => 0 };
        prop_assert!(table.reserve(&memory, &[claim("a", LIMIT, LIMIT, span)], clock_ms + passed_ms).is_ok());
    }

    #[test]
    fn the_order_of_settling_does_not_matter(
        requests in vec((1_u64..30, 0_u64..30), 1..8),
        order in any::<prop::sample::Index>(),
        refunds in any::<bool>(),
    ) {
        let left = |rotate: usize| {
            let (memory, table) = (Memory::default(), Table::new(8, HOLD_MS));
            let span = Span::Window { ms: 60_000 };
            let mut open: Vec<(Reservation, u64)> = requests
                .iter()
                .filter_map(|(amount, used)| {
                    let claim = claim("a", LIMIT, *amount, span);
                    let used = if refunds { 0 } else { *used };
                    Some((table.reserve(&memory, &[claim], NOW).ok()?, used))
                })
                .collect();
            let count = open.len().max(1);
            open.rotate_left(rotate % count);
            for (reservation, used) in open {
                assert!(table.settle(&memory, reservation, &[used], NOW));
            }
            (0..=LIMIT)
                .rev()
                .find(|amount| table.reserve(&memory, &[claim("a", LIMIT, *amount, span)], NOW).is_ok())
        };
        let count = requests.len();
        prop_assert_eq!(left(0), left(order.index(count)));
        if refunds {
            prop_assert_eq!(left(0), Some(LIMIT));
        }
    }
}
