//! What was used beyond a limit is paid by the windows that follow, to the token, whenever the requests are settled.

use std::sync::Mutex;

use penstock_quota::{Claim, Reservation, Span, Standing, Table};
use proptest::{collection::vec, prelude::*};

use crate::memory::{MINUTE, Memory, NOW, claim};
use crate::turns::{Gated, Script, run};

const LIMIT: u64 = 100;
const MINUTE_MS: u64 = 60_000;
/// Longer than any of these tests: nothing expires.
const HOLD_MS: u64 = 1_000 * MINUTE_MS;

fn table() -> Table {
    Table::new(8, HOLD_MS)
}

fn reserve(memory: &Memory, amount: u64, now_ms: u64) -> Reservation {
    let claims = [claim("a", LIMIT, amount, MINUTE)];
    table().reserve(memory, &claims, now_ms).unwrap()
}

fn settle(memory: &Memory, reservation: Reservation, used: u64, now_ms: u64) {
    assert!(table().settle(memory, reservation, &[used], now_ms));
}

/// How the window stands.
fn standing(memory: &Memory, now_ms: u64) -> Standing {
    let look = Claim {
        shadow: true,
        ..claim("a", LIMIT, 0, MINUTE)
    };
    table().reserve(memory, &[look], now_ms).unwrap().standings()[0]
}

fn remaining(memory: &Memory, now_ms: u64) -> u64 {
    standing(memory, now_ms).remaining
}

#[test]
fn what_is_held_at_the_end_of_a_window_counts_to_its_debt() {
    let memory = Memory::default();
    let (over, late) = (reserve(&memory, 50, NOW), reserve(&memory, 50, NOW));
    settle(&memory, over, 150, NOW);
    assert_eq!(remaining(&memory, NOW + MINUTE_MS), 0);
    settle(&memory, late, 50, NOW + MINUTE_MS);
    assert_eq!(remaining(&memory, NOW + MINUTE_MS), 0);
    assert_eq!(remaining(&memory, NOW + 2 * MINUTE_MS), LIMIT);
}

#[test]
fn what_is_used_and_held_beyond_the_limit_is_a_debt_though_neither_is_alone() {
    let memory = Memory::default();
    let (over, _held) = (reserve(&memory, 50, NOW), reserve(&memory, 50, NOW));
    settle(&memory, over, 80, NOW);
    assert_eq!(remaining(&memory, NOW + MINUTE_MS), LIMIT - 30);
}

#[test]
fn a_debt_of_what_was_held_is_taken_back_as_far_as_it_was_not_used() {
    for (used, left) in [(50, 70), (40, 80), (20, 100), (0, 100)] {
        let memory = Memory::default();
        let (over, late) = (reserve(&memory, 50, NOW), reserve(&memory, 50, NOW));
        settle(&memory, over, 80, NOW);
        let present = reserve(&memory, 5, NOW + MINUTE_MS);
        settle(&memory, late, used, NOW + MINUTE_MS);
        assert_eq!(remaining(&memory, NOW + MINUTE_MS), left - 5, "{used}");
        settle(&memory, present, 5, NOW + MINUTE_MS);
    }
}

#[test]
fn what_a_window_has_paid_already_is_not_taken_back() {
    let memory = Memory::default();
    let (over, late) = (reserve(&memory, 50, NOW), reserve(&memory, 50, NOW));
    settle(&memory, over, 170, NOW);
    // 120 are carried; a minute pays 100 of them, which would have been lost to nobody else.
    assert_eq!(remaining(&memory, NOW + 2 * MINUTE_MS), LIMIT - 20);
    settle(&memory, late, 0, NOW + 2 * MINUTE_MS);
    assert_eq!(remaining(&memory, NOW + 2 * MINUTE_MS), LIMIT);
}

#[test]
fn a_debt_of_a_later_window_is_not_forgiven_for_an_earlier_one() {
    let memory = Memory::default();
    let (over, late) = (reserve(&memory, 50, NOW), reserve(&memory, 50, NOW));
    settle(&memory, over, 80, NOW);
    let second = NOW + MINUTE_MS;
    let wild = reserve(&memory, 50, second);
    settle(&memory, wild, 150, second);
    let third = second + MINUTE_MS;
    assert_eq!(remaining(&memory, third), LIMIT - 80);
    // Only the 30 that the first window passed on can come back.
    settle(&memory, late, 0, third);
    assert_eq!(remaining(&memory, third), LIMIT - 50);
}

/// What one worker does at one moment.
#[derive(Clone, Debug)]
enum Step {
    Reserve(u64),
    /// Of what was reserved, so many percent were used.
    Settle(prop::sample::Index, u64),
}

/// The steps of several workers at one moment, and the time that passes then.
#[derive(Clone, Debug)]
struct Moment {
    workers: Vec<Vec<Step>>,
    pass_ms: u64,
}

fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let step = prop_oneof![
        1 => (1_u64..=60).prop_map(Step::Reserve),
        1 => (any::<prop::sample::Index>(), prop_oneof![0_u64..=100, 100_u64..400])
            .prop_map(|(which, percent)| Step::Settle(which, percent)),
    ];
    let pass_ms = prop_oneof![0_u64..50_000, Just(MINUTE_MS), 0_u64..200_000];
    let moment =
        (vec(vec(step, 0..4), 1..4), pass_ms).prop_map(|(workers, pass_ms)| Moment { workers, pass_ms });
    vec(moment, 1..12)
}

/// The books, kept without any hold: who used how much of which window, whenever it became known.
#[derive(Default)]
struct Books {
    /// When each window that was seen ends, and what was used of it.
    windows: Vec<(u64, u64)>,
}

/// A request that is not settled yet, and the place in the books of the window that it came in.
struct Open {
    reservation: Reservation,
    amount: u64,
    window: usize,
}

/// How many windows a request may outlast its own for all of what it did not use to be taken back.
const OUTLASTS: usize = 4;

impl Books {
    /// The present window, by its end.
    fn see(&mut self, ends_ms: u64) -> usize {
        if self.windows.last().is_none_or(|(last_ms, _)| *last_ms != ends_ms) {
            self.windows.push((ends_ms, 0));
        }
        self.windows.len() - 1
    }

    fn add(&mut self, window: usize, used: u64) {
        self.windows[window].1 += used;
    }

    /// Notes what was used of `amount`, which the books have been charged with.
    fn settle(&mut self, open: &Open, used: u64) {
        let unused = open.amount.saturating_sub(used);
        self.windows[open.window].1 -= unused;
        let present = self.windows.len() - 1;
        self.add(present, used.saturating_sub(open.amount));
    }

    /// What is used of the present window: its own, and what those before it have not paid.
    fn used(&self) -> u64 {
        let mut debt = 0_u64;
        let mut last_ms = 0;
        for (ends_ms, used) in &self.windows {
            if last_ms > 0 {
                let windows = (ends_ms - last_ms) / MINUTE_MS;
                debt = debt.saturating_sub(windows * LIMIT);
            }
            debt += used;
            last_ms = *ends_ms;
        }
        debt
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn debts_are_paid_to_the_token_whoever_settles_what_and_when(
        moments in moments(),
        choices in vec(any::<prop::sample::Index>(), 50),
    ) {
        let memory = Memory::default();
        let books = Mutex::new(Books::default());
        let open: Mutex<Vec<Open>> = Mutex::default();
        let mut choices = choices.iter().cycle();
        let mut now_ms = NOW;
        for moment in moments {
            let look = standing(&memory, now_ms);
            let window = books.lock().unwrap().see(now_ms + look.reset_ms);
            prop_assert_eq!(look.remaining, LIMIT.saturating_sub(books.lock().unwrap().used()));
            let (books, open) = (&books, &open);
            let take = |which: &prop::sample::Index| {
                let mut open = open.lock().unwrap();
                let count = open.len();
                (count > 0).then(|| open.remove(which.index(count)))
            };
            let scripts: Vec<Script<'_>> = moment.workers.iter().map(|steps| -> Script<'_> {
                Box::new(move |shared: &Gated<'_>| {
                    for step in steps {
                        match step {
                            Step::Reserve(amount) => {
                                let claims = [claim("a", LIMIT, *amount, Span::Window { ms: MINUTE_MS })];
                                if let Ok(reservation) = table().reserve(shared, &claims, now_ms) {
                                    books.lock().unwrap().add(window, *amount);
                                    open.lock().unwrap().push(Open { reservation, amount: *amount, window });
                                }
                            }
                            Step::Settle(which, percent) => {
                                let Some(taken) = take(which) else { continue };
                                let used = taken.amount * percent / 100;
                                books.lock().unwrap().settle(&taken, used);
                                assert!(table().settle(shared, taken.reservation, &[used], now_ms));
                            }
                        }
                    }
                })
            }).collect();
            run(&memory, &scripts, |options| choices.next().unwrap().index(options));
            // Who would outlast too many windows ends in time.
            let mut open = open.lock().unwrap();
            while let Some(at) = open.iter().position(|open| window - open.window >= OUTLASTS) {
                let taken = open.remove(at);
                books.lock().unwrap().settle(&taken, 0);
                settle(&memory, taken.reservation, 0, now_ms);
            }
            drop(open);
            prop_assert_eq!(
                remaining(&memory, now_ms),
                LIMIT.saturating_sub(books.lock().unwrap().used())
            );
            now_ms += moment.pass_ms;
        }
    }
}
