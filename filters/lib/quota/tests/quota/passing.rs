//! Workers that get in each other's way while time passes: windows end and reservations expire amid what they do.

use std::sync::Mutex;

use penstock_quota::{Reservation, Span, Table};
use proptest::{collection::vec, prelude::*};

use crate::memory::{Memory, NOW, claim};
use crate::turns::{Gated, Script, run};

const LIMIT: u64 = 100;
const HOLD_MS: u64 = 10_000;
/// Longest time that an operation takes: what a worker knows of the time is that much too old, but not by a window.
const LONGEST_MS: u64 = 900;

#[derive(Clone, Debug)]
enum Step {
    Reserve(u64),
    /// The worker's oldest reservation ends; of it, so many percent were used.
    Settle(u64),
    Renew,
    Forget,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u64..=LIMIT).prop_map(Step::Reserve),
        3 => (0_u64..=100).prop_map(Step::Settle),
        1 => Just(Step::Renew),
        1 => Just(Step::Forget),
        3 => (0_u64..12_000).prop_map(Step::Pass),
    ];
    vec(step, 1..12)
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        Just(Span::Concurrent),
        prop_oneof![Just(1_000), Just(7_000), Just(60_000)].prop_map(|ms| Span::Window { ms }),
    ]
}

/// The time, which passes while operations are under way.
struct Clock(Mutex<Times>);

struct Times {
    now_ms: u64,
    /// When each worker began what it is doing.
    began_ms: Vec<Option<u64>>,
}

impl Clock {
    fn new(workers: usize) -> Self {
        Self(Mutex::new(Times {
            now_ms: NOW,
            began_ms: vec![None; workers],
        }))
    }

    fn now_ms(&self) -> u64 {
        self.0.lock().unwrap().now_ms
    }

    fn pass(&self, ms: u64) {
        let mut times = self.0.lock().unwrap();
        let oldest_ms = times.began_ms.iter().flatten().min();
        let latest_ms = oldest_ms.map_or(u64::MAX, |oldest_ms| oldest_ms + LONGEST_MS);
        times.now_ms = (times.now_ms + ms).min(latest_ms).max(times.now_ms);
    }

    /// Does something that begins now, and for which it is the same time until it is done.
    fn doing<T>(&self, worker: usize, what: impl FnOnce(u64) -> T) -> T {
        let now_ms = {
            let mut times = self.0.lock().unwrap();
            times.began_ms[worker] = Some(times.now_ms);
            times.now_ms
        };
        let done = what(now_ms);
        self.0.lock().unwrap().began_ms[worker] = None;
        done
    }
}

/// What was promised to a request: never more than is held of it, since it is noted late and struck out early.
struct Promise {
    /// Which request, by its worker and its place among that one's.
    id: (usize, usize),
    /// When its window ends; zero where the limit has none.
    ends_ms: u64,
    amount: u64,
    /// From then on it may have come back. None: it was used.
    until_ms: Option<u64>,
}

#[derive(Default)]
struct Promises(Mutex<Vec<Promise>>);

struct Open {
    id: (usize, usize),
    reservation: Reservation,
    amount: u64,
}

impl Promises {
    fn note(&self, promise: Promise, clock: &Clock) {
        let mut list = self.0.lock().unwrap();
        let ends_ms = promise.ends_ms;
        list.push(promise);
        let now_ms = clock.now_ms();
        let sum: u64 = list
            .iter()
            .filter(|promise| {
                promise.ends_ms == ends_ms && promise.until_ms.is_none_or(|until| until > now_ms)
            })
            .map(|promise| promise.amount)
            .sum();
        assert!(sum <= LIMIT, "{sum} promised");
    }

    fn strike(&self, id: (usize, usize)) -> Option<Promise> {
        let mut list = self.0.lock().unwrap();
        let at = list.iter().position(|promise| promise.id == id)?;
        Some(list.swap_remove(at))
    }
}

/// One worker.
struct Worker<'a> {
    number: usize,
    table: &'a Table,
    promises: &'a Promises,
    clock: &'a Clock,
    span: Span,
}

impl Worker<'_> {
    fn go(&self, shared: &Gated<'_>, steps: &[Step]) {
        let mut open: Vec<Open> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            if let Step::Pass(ms) = step {
                self.clock.pass(*ms);
                continue;
            }
            self.clock.doing(self.number, |now_ms| match step {
                Step::Reserve(amount) => {
                    open.extend(self.reserve(shared, (self.number, at), *amount, now_ms));
                }
                Step::Settle(percent) if !open.is_empty() => {
                    self.settle(shared, open.remove(0), *percent, now_ms);
                }
                Step::Renew if !open.is_empty() => {
                    self.table.renew(shared, &mut open[0].reservation, now_ms);
                }
                Step::Forget if !open.is_empty() => drop(open.remove(0)),
                _ => {}
            });
        }
    }

    fn reserve(&self, shared: &Gated<'_>, id: (usize, usize), amount: u64, now_ms: u64) -> Option<Open> {
        let claims = [claim("a", LIMIT, amount, self.span)];
        let reservation = self.table.reserve(shared, &claims, now_ms).ok()?;
        let ends_ms = match self.span {
            Span::Concurrent => 0,
            Span::Window { .. } => now_ms + reservation.standings()[0].reset_ms,
        };
        let promise = Promise {
            id,
            ends_ms,
            amount,
            until_ms: Some(now_ms + HOLD_MS),
        };
        self.promises.note(promise, self.clock);
        Some(Open {
            id,
            reservation,
            amount,
        })
    }

    fn settle(&self, shared: &Gated<'_>, open: Open, percent: u64, now_ms: u64) {
        let used = open.amount * percent / 100;
        let promise = self.promises.strike(open.id);
        assert!(self.table.settle(shared, open.reservation, &[used], now_ms));
        let later_ms = self.clock.now_ms();
        let held = |promise: &Promise| {
            later_ms < promise.ends_ms && promise.until_ms.is_some_and(|until_ms| until_ms > later_ms)
        };
        // What was held to its end, in its window, is used of it.
        if let Some(promise) = promise.filter(held) {
            let used = Promise {
                amount: used,
                until_ms: None,
                ..promise
            };
            self.promises.note(used, self.clock);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn while_time_passes_no_limit_is_exceeded_and_all_comes_back(
        scripts in vec(steps(), 2..5),
        span in span(),
        choices in vec(any::<prop::sample::Index>(), 100),
    ) {
        let (memory, table, promises) = (Memory::default(), Table::new(8, HOLD_MS), Promises::default());
        let clock = Clock::new(scripts.len());
        let (table, promises, clock) = (&table, &promises, &clock);
        let scripts: Vec<Script<'_>> = scripts
            .iter()
            .enumerate()
            .map(|(number, steps)| -> Script<'_> {
                let worker = Worker { number, table, promises, clock, span };
                Box::new(move |shared| worker.go(shared, steps))
            })
            .collect();
        let mut choices = choices.iter().cycle();
        run(&memory, &scripts, |options| choices.next().unwrap().index(options));
        // After a hold's longest life, and the windows that what expired and was used all the same is paid in.
        let window_ms = match span { Span::Window { ms } => ms, Span::Concurrent => 0 };
        let passed_ms = HOLD_MS * 2 + 60 * window_ms;
        let now_ms = clock.now_ms() + passed_ms;
        prop_assert!(table.reserve(&memory, &[claim("a", LIMIT, LIMIT, span)], now_ms).is_ok());
    }
}
