//! Workers that get in each other's way at every read and write of the shared data: all orders of a few steps, and
//! many random orders of many.

use std::{collections::BTreeMap, sync::Mutex};

use penstock_quota::{Claim, Reservation, Span, Table, elect, wire::Grant};
use proptest::{collection::vec, prelude::*};

use crate::memory::{MINUTE, Memory, NOW, claim};
use crate::turns::{Gated, Script, every_order, run, some_orders};

/// What has been promised: never more than is held, since it is told late of what is taken and early of what is
/// given back.
#[derive(Default)]
struct Promised(Mutex<BTreeMap<[u8; 16], u64>>);

impl Promised {
    fn reserve(&self, table: &Table, shared: &Gated<'_>, claims: &[Claim]) -> Option<Reservation> {
        let reservation = table.reserve(shared, claims, NOW).ok()?;
        let mut promised = self.0.lock().unwrap();
        for claim in claims {
            let sum = promised.entry(*claim.key.as_bytes()).or_default();
            *sum += claim.amount;
            assert!(*sum <= claim.limit, "{sum} of {} promised", claim.limit);
        }
        Some(reservation)
    }

    fn settle(
        &self,
        table: &Table,
        shared: &Gated<'_>,
        claims: &[Claim],
        reservation: Reservation,
        used: &[u64],
    ) {
        for (claim, used) in claims.iter().zip(used) {
            *self.0.lock().unwrap().get_mut(claim.key.as_bytes()).unwrap() -= claim.amount - used;
        }
        assert!(table.settle(shared, reservation, used, NOW));
    }

    fn of(&self, claim: &Claim) -> u64 {
        self.0
            .lock()
            .unwrap()
            .get(claim.key.as_bytes())
            .copied()
            .unwrap_or(0)
    }
}

/// What the window of `claim` still admits.
fn remaining(memory: &Memory, table: &Table, of: &Claim) -> u64 {
    let look = Claim {
        amount: 0,
        shadow: true,
        ..of.clone()
    };
    table.reserve(memory, &[look], NOW).unwrap().standings()[0].remaining
}

#[test]
fn two_workers_that_open_one_window_lose_nothing() {
    let orders = every_order(|choose| {
        let (memory, table, promised) = (Memory::default(), Table::new(8, 30_000), Promised::default());
        let claims = [claim("a", 10, 4, MINUTE)];
        let script = || -> Script<'_> {
            Box::new(|shared| {
                assert!(promised.reserve(&table, shared, &claims).is_some());
            })
        };
        run(&memory, &[script(), script()], choose);
        assert_eq!(remaining(&memory, &table, &claims[0]), 2);
    });
    // Each reads and writes once, and whoever is late does both again.
    assert_eq!(orders, 6);
}

#[test]
fn of_three_workers_two_are_admitted_where_two_fit() {
    every_order(|choose| {
        let (memory, table, promised) = (Memory::default(), Table::new(8, 30_000), Promised::default());
        let claims = [claim("a", 9, 4, MINUTE)];
        let script = || -> Script<'_> {
            Box::new(|shared| {
                promised.reserve(&table, shared, &claims);
            })
        };
        run(&memory, &[script(), script(), script()], choose);
        assert_eq!(promised.of(&claims[0]), 8);
        assert_eq!(remaining(&memory, &table, &claims[0]), 1);
    });
}

#[test]
fn over_two_limits_one_of_two_is_admitted_where_one_fits() {
    every_order(|choose| {
        let (memory, table, promised) = (Memory::default(), Table::new(64, 30_000), Promised::default());
        let claims = [claim("a", 7, 4, MINUTE), claim("b", 9, 5, MINUTE)];
        let script = || -> Script<'_> {
            Box::new(|shared| {
                promised.reserve(&table, shared, &claims);
            })
        };
        run(&memory, &[script(), script()], choose);
        assert_eq!(claims.each_ref().map(|claim| promised.of(claim)), [4, 5]);
        assert_eq!(
            claims.each_ref().map(|claim| remaining(&memory, &table, claim)),
            [3, 4]
        );
    });
}

#[test]
fn a_settlement_amid_a_reservation_is_not_lost() {
    every_order(|choose| {
        let (memory, table, promised) = (Memory::default(), Table::new(8, 30_000), Promised::default());
        let claims = [claim("a", 10, 6, MINUTE)];
        let first = table.reserve(&memory, &claims, NOW).unwrap();
        let mut renewed = table.reserve(&memory, &[claim("a", 10, 1, MINUTE)], NOW).unwrap();
        let settle: Script<'_> = Box::new(|shared| {
            assert!(table.settle(shared, first.clone(), &[2], NOW));
        });
        let late = Mutex::new(&mut renewed);
        let renew: Script<'_> = Box::new(|shared| {
            table.renew(shared, &mut late.lock().unwrap(), NOW + 20_000);
        });
        let reserve: Script<'_> = Box::new(|shared| {
            promised.reserve(&table, shared, &claims);
        });
        run(&memory, &[settle, renew, reserve], choose);
        let reserved = promised.of(&claims[0]);
        assert_eq!(remaining(&memory, &table, &claims[0]), 10 - 2 - 1 - reserved);
    });
}

#[test]
fn a_place_that_is_freed_amid_it_doubles_no_limit() {
    for span in [MINUTE, Span::Concurrent] {
        some_orders(600, |choose| {
            let (memory, table, promised) = (Memory::default(), Table::new(1, 30_000), Promised::default());
            let mut last = None;
            for name in 0..16 {
                last = Some(
                    table
                        .reserve(&memory, &[claim(&name.to_string(), 9, 1, span)], NOW)
                        .unwrap(),
                );
            }
            let claims = [claim("late", 9, 5, span)];
            let free: Script<'_> = Box::new(|shared| {
                assert!(table.settle(shared, last.clone().unwrap(), &[0], NOW));
            });
            let reserve = || -> Script<'_> {
                Box::new(|shared| {
                    promised.reserve(&table, shared, &claims);
                })
            };
            run(&memory, &[free, reserve(), reserve()], choose);
            assert_eq!(promised.of(&claims[0]), 5);
        });
    }
}

#[test]
fn a_grant_amid_a_reservation_is_not_lost() {
    every_order(|choose| {
        let (memory, table) = (Memory::default(), Table::new(8, 30_000).leased(100));
        let reserve = |shared: &Gated<'_>| table.reserve(shared, &[claim("a", 100, 6, MINUTE)], NOW).is_ok();
        let _held = table
            .reserve(&memory, &[claim("a", 100, 3, MINUTE)], NOW)
            .unwrap();
        let window = table.report(&memory, 0, 1, NOW).windows.remove(0);
        let grant = Grant {
            key: window.key,
            window: window.window,
            granted: 50,
            reset_ms: 0,
            valid_ms: 10_000,
        };
        let refresh: Script<'_> = Box::new(|shared| assert!(table.grant(shared, &grant, NOW)));
        let claim_twice: Script<'_> = Box::new(move |shared| {
            assert!(reserve(shared));
            reserve(shared);
        });
        run(&memory, &[refresh, claim_twice], choose);
        let held = table.report(&memory, 0, 1, NOW).windows.remove(0).held;
        assert!(held == 9 || held == 15);
        let rest = claim("a", 100, 50 - held, MINUTE);
        assert!(table.reserve(&memory, &[rest], NOW).is_ok());
    });
}

#[test]
fn one_of_two_is_elected() {
    every_order(|choose| {
        let (memory, elected) = (Memory::default(), Mutex::new(0));
        let script = |holder| -> Script<'_> {
            let elected = &elected;
            Box::new(move |shared| *elected.lock().unwrap() += u32::from(elect(shared, holder, NOW, 5_000)))
        };
        run(&memory, &[script(1), script(2)], choose);
        assert_eq!(*elected.lock().unwrap(), 1);
    });
}

/// One request of a worker: which limits, how much of each, and what is used in the end, or never settled.
#[derive(Clone, Debug)]
struct Request {
    claims: Vec<(usize, u64)>,
    used_percent: Option<u64>,
}

const LIMITS: [u64; 3] = [20, 35, 50];

fn request() -> impl Strategy<Value = Request> {
    let limits = proptest::sample::subsequence(vec![0, 1, 2], 1..=3);
    (
        limits,
        vec(1_u64..20, 3),
        proptest::option::weighted(0.8, 0_u64..=100),
    )
        .prop_map(|(limits, amounts, used_percent)| Request {
            claims: limits.into_iter().zip(amounts).collect(),
            used_percent,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn in_any_order_no_limit_is_exceeded_and_no_update_lost(
        workers in vec(vec(request(), 1..6), 2..5),
        choices in vec(any::<prop::sample::Index>(), 100),
    ) {
        let (memory, table, promised) = (Memory::default(), Table::new(8, 30_000), Promised::default());
        let (table, promised) = (&table, &promised);
        let scripts: Vec<Script<'_>> = workers
            .iter()
            .map(|requests| -> Script<'_> {
                Box::new(move |shared| {
                    for request in requests {
                        let claims: Vec<Claim> = request
                            .claims
                            .iter()
                            .map(|(limit, amount)| claim(&limit.to_string(), LIMITS[*limit], *amount, MINUTE))
                            .collect();
                        let reservation = promised.reserve(table, shared, &claims);
                        if let (Some(reservation), Some(percent)) = (reservation, request.used_percent) {
                            let used: Vec<u64> =
                                claims.iter().map(|claim| claim.amount * percent / 100).collect();
                            promised.settle(table, shared, &claims, reservation, &used);
                        }
                    }
                })
            })
            .collect();
        let mut choices = choices.iter().cycle();
        run(&memory, &scripts, |options| choices.next().unwrap().index(options));
        for (index, limit) in LIMITS.iter().enumerate() {
            let claim = claim(&index.to_string(), *limit, 0, MINUTE);
            prop_assert_eq!(remaining(&memory, table, &claim), limit - promised.of(&claim));
        }
    }
}
