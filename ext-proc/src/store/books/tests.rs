use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::Fail;
use super::*;

const NOW_MS: u64 = 1_800_000_000_000;
const MINUTE: Window = Window::Every(60_000);
const MONTH: Window = Window::Until {
    start_ms: NOW_MS - 1_000_000,
    end_ms: NOW_MS + 1_000_000,
};

fn account(name: &str, window: Window) -> Account {
    Account {
        name: name.to_owned(),
        window,
    }
}

fn claim(name: &str, window: Window, cap: u64, amount: u64, unsettled: Unsettled) -> Claim {
    Claim {
        account: account(name, window),
        cap,
        amount,
        unsettled,
        fail: Fail::Open,
    }
}

fn settlement(name: &str, window: Window, held: u64, used: u64) -> Settlement {
    Settlement {
        account: account(name, window),
        held,
        used,
    }
}

fn standing(books: &mut Books, name: &str, window: Window, now_ms: u64) -> (u64, u64) {
    let standings = books.standings(&[account(name, window)], now_ms);
    (standings[0].used, standings[0].held)
}

#[test]
fn all_claims_are_taken_or_none() {
    let mut books = Books::default();
    let wide = claim("wide", MINUTE, 100, 10, Unsettled::Returned);
    let narrow = claim("narrow", MINUTE, 10, 10, Unsettled::Returned);
    let both = [wide.clone(), narrow.clone()];
    assert!(books.reserve("a", &both, 1_000, NOW_MS).is_ok());
    let Err(Refused::Short { claim, standings }) = books.reserve("b", &both, 1_000, NOW_MS) else {
        panic!("it does not fit");
    };
    assert_eq!((claim, standings[0].held, standings[1].held), (1, 10, 10));
    assert_eq!(standing(&mut books, "wide", MINUTE, NOW_MS), (0, 10));
    // Two claims on one account add up.
    let twice = [narrow.clone(), narrow];
    let refused = books.reserve("c", &twice, 1_000, NOW_MS + 60_000);
    assert!(
        matches!(refused, Err(Refused::Short { claim: 1, .. })),
        "{refused:?}"
    );
}

#[test]
fn what_becomes_of_a_reservation() {
    use Unsettled::{Charged, Returned};
    // Window, what becomes of it, when it is settled and with what, when it is looked at: used and held.
    let cases = [
        ("settled in time", MINUTE, Returned, Some((500, 7)), 600, (7, 0)),
        ("under way", MINUTE, Returned, None, 999, (0, 10)),
        ("expired", MINUTE, Returned, None, 1_000, (0, 0)),
        (
            "expired, then settled",
            MINUTE,
            Returned,
            Some((1_500, 7)),
            1_600,
            (7, 0),
        ),
        ("charged", MONTH, Charged, None, 1_000, (10, 0)),
        (
            "charged, then settled",
            MONTH,
            Charged,
            Some((1_500, 7)),
            1_600,
            (7, 0),
        ),
        (
            "charged, then settled with more",
            MONTH,
            Charged,
            Some((1_500, 13)),
            1_600,
            (13, 0),
        ),
        ("at once", Window::Concurrent, Charged, None, 1_000, (0, 0)),
        (
            "at once, settled",
            Window::Concurrent,
            Returned,
            Some((500, 1)),
            600,
            (0, 0),
        ),
        (
            "in the next window",
            MINUTE,
            Returned,
            Some((60_100, 7)),
            60_200,
            (0, 0),
        ),
        (
            "more, in the next window",
            MINUTE,
            Returned,
            Some((60_100, 13)),
            60_200,
            (3, 0),
        ),
    ];
    for (name, window, unsettled, settled, at, expected) in cases {
        let mut books = Books::default();
        let hold_ms = if at > 60_000 { 120_000 } else { 1_000 };
        books
            .reserve("r", &[claim("a", window, 10, 10, unsettled)], hold_ms, NOW_MS)
            .unwrap();
        if let Some((when, used)) = settled {
            // A look ends what has expired before the settlement comes.
            standing(&mut books, "a", window, NOW_MS + when);
            for _ in 0..2 {
                books.settle("r", &[settlement("a", window, 10, used)], NOW_MS + when);
            }
        }
        assert_eq!(standing(&mut books, "a", window, NOW_MS + at), expected, "{name}");
    }
}

#[test]
fn a_settlement_without_a_reservation_counts_once() {
    let mut books = Books::default();
    for _ in 0..3 {
        books.settle("r", &[settlement("a", MINUTE, 0, 5)], NOW_MS);
    }
    assert_eq!(standing(&mut books, "a", MINUTE, NOW_MS), (5, 0));
}

#[test]
fn past_windows_make_room_and_present_ones_never_do() {
    let bounds = Bounds {
        accounts: 10,
        holds: 1_000,
        charged: 10,
        settled: 1_000,
    };
    let mut books = Books::new(bounds);
    let one = |name: u64| [claim(&name.to_string(), MINUTE, 10, 1, Unsettled::Returned)];
    for name in 0..10 {
        assert!(
            books
                .reserve(&name.to_string(), &one(name), 1_000, NOW_MS)
                .is_ok()
        );
    }
    let refused = books.reserve("more", &one(10), 1_000, NOW_MS);
    assert_eq!(refused, Err(Refused::Away { claim: 0 }));
    assert!(books.reserve("known", &one(3), 1_000, NOW_MS).is_ok());
    assert!(books.reserve("later", &one(10), 1_000, NOW_MS + 60_000).is_ok());
    assert!(books.len() <= 10);
}

#[test]
fn no_more_requests_hold_something_than_the_bound() {
    let bounds = Bounds {
        holds: 2,
        ..Bounds::default()
    };
    let mut books = Books::new(bounds);
    let claims = [claim("a", MINUTE, 10, 1, Unsettled::Returned)];
    for id in ["a", "b"] {
        assert!(books.reserve(id, &claims, 1_000, NOW_MS).is_ok());
    }
    assert_eq!(
        books.reserve("c", &claims, 1_000, NOW_MS),
        Err(Refused::Away { claim: 0 })
    );
    assert!(books.reserve("c", &claims, 1_000, NOW_MS + 1_000).is_ok());
}

#[test]
fn memory_is_flat_over_many_requests_of_many_keys() {
    let mut books = Books::default();
    for number in 0..300_000_u64 {
        let now_ms = NOW_MS + number;
        let (id, name) = (format!("r{number}"), (number % 10_000).to_string());
        let claims = [claim(&name, MINUTE, 1_000, 1, Unsettled::Returned)];
        books.reserve(&id, &claims, 1_000, now_ms).unwrap();
        books.settle(&id, &[settlement(&name, MINUTE, 1, 1)], now_ms);
    }
    assert!(books.len() <= 20_000, "{}", books.len());
    assert!(books.holds.is_empty() && books.expiries.is_empty() && books.charged.is_empty());
}

#[test]
fn dated_accounts_outlive_a_restart() {
    let mut books = Books::default();
    books.settle(
        "r",
        &[settlement("a", MONTH, 0, 5), settlement("b", MINUTE, 0, 5)],
        NOW_MS,
    );
    let exported = changes(&mut books);
    assert_eq!(exported, [(account("a", MONTH), 5)]);
    let mut next = Books::default();
    for _ in 0..2 {
        next.restore(exported.clone(), NOW_MS);
    }
    assert_eq!(standing(&mut next, "a", MONTH, NOW_MS), (5, 0));
    let mut much_later = Books::default();
    much_later.restore(exported, NOW_MS + 10_000_000);
    assert!(much_later.is_empty());
}

fn changes(books: &mut Books) -> Vec<(Account, u64)> {
    let exported = books.changes().into_iter();
    let mut exported: Vec<_> = exported
        .map(|(account, used)| (Account::clone(&account), used))
        .collect();
    exported.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    exported
}

#[test]
fn only_what_has_changed_is_exported_and_every_change_is() {
    let mut books = Books::default();
    for number in 0..100 {
        let (id, name) = (format!("r{number}"), format!("{number:03}"));
        books.settle(&id, &[settlement(&name, MONTH, 0, 5)], NOW_MS);
    }
    assert_eq!(changes(&mut books).len(), 100);
    assert!(changes(&mut books).is_empty());
    // A reservation is not what is used.
    let charged = claim("007", MONTH, 100, 10, Unsettled::Charged);
    books.reserve("a", &[charged], 1_000, NOW_MS).unwrap();
    assert!(changes(&mut books).is_empty());
    // Its expiry is, and so is what comes back.
    books.standings([], NOW_MS + 2_000);
    assert_eq!(changes(&mut books), [(account("007", MONTH), 15)]);
    books.settle("a", &[settlement("007", MONTH, 10, 1)], NOW_MS + 2_000);
    assert_eq!(changes(&mut books), [(account("007", MONTH), 6)]);
}

#[test]
fn a_mark_outlives_a_restart_before_it_is_settled() {
    let mark = claim("approval/1", MONTH, 1, 1, Unsettled::Charged);
    let mut books = Books::default();
    books
        .reserve("a", std::slice::from_ref(&mark), 600_000, NOW_MS)
        .unwrap();
    let mut next = Books::default();
    next.restore(changes(&mut books), NOW_MS);
    assert!(
        next.reserve("b", std::slice::from_ref(&mark), 600_000, NOW_MS)
            .is_err()
    );
    // One that was given back is good again.
    books.release("a", NOW_MS);
    let exported = changes(&mut books);
    assert_eq!(exported, [(mark.account.clone(), 0)]);
    let mut next = Books::default();
    next.restore(exported, NOW_MS);
    assert!(next.reserve("b", &[mark], 600_000, NOW_MS).is_ok());
}

/// One thing that happens, and when after the one before.
#[derive(Clone, Debug)]
enum Event {
    Reserve { id: usize, account: usize, amount: u64 },
    Settle { id: usize, used: u64 },
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let event = prop_oneof![
        (0..30_usize, 0..3_usize, 0..12_u64).prop_map(|(id, account, amount)| Event::Reserve {
            id,
            account,
            amount
        }),
        (0..30_usize, 0..12_u64).prop_map(|(id, used)| Event::Settle { id, used }),
    ];
    prop::collection::vec((0..400_u64, event), 1..200)
}

/// Every request has a life of its own, and an account is the sum of them, reckoned anew each time.
#[derive(Default)]
struct Model {
    requests: BTreeMap<usize, Life>,
}

#[derive(Clone, Copy)]
struct Life {
    account: usize,
    amount: u64,
    expires_ms: u64,
    settled: Option<u64>,
}

impl Model {
    fn standing(&self, account: usize, unsettled: Unsettled, now_ms: u64) -> (u64, u64) {
        let lives = self.requests.values().filter(|life| life.account == account);
        lives.fold((0, 0), |(used, held), life| match (life.settled, unsettled) {
            (Some(settled), _) => (used + settled, held),
            (None, _) if now_ms < life.expires_ms => (used, held + life.amount),
            (None, Unsettled::Charged) => (used + life.amount, held),
            (None, Unsettled::Returned) => (used, held),
        })
    }
}

proptest! {
    #[test]
    fn they_agree_with_a_model_that_adds_everything_up(events in events(), charged in any::<bool>()) {
        const CAP: u64 = 20;
        const HOLD_MS: u64 = 1_000;
        let unsettled = if charged { Unsettled::Charged } else { Unsettled::Returned };
        let (mut books, mut model, mut now_ms) = (Books::default(), Model::default(), NOW_MS);
        for (wait_ms, event) in events {
            now_ms += wait_ms;
            match event {
                Event::Reserve { id, account, amount } => {
                    if model.requests.contains_key(&id) {
                        continue;
                    }
                    let claims = [claim(&account.to_string(), MONTH, CAP, amount, unsettled)];
                    let (used, held) = model.standing(account, unsettled, now_ms);
                    let fits = amount == 0 || used + held + amount <= CAP;
                    let result = books.reserve(&id.to_string(), &claims, HOLD_MS, now_ms);
                    prop_assert_eq!(result.is_ok(), fits);
                    if fits {
                        let expires_ms = now_ms + HOLD_MS;
                        model.requests.insert(id, Life { account, amount, expires_ms, settled: None });
                    }
                }
                Event::Settle { id, used } => {
                    let Some(life) = model.requests.get_mut(&id) else { continue };
                    life.settled.get_or_insert(used);
                    let entry = settlement(&life.account.to_string(), MONTH, life.amount, used);
                    books.settle(&id.to_string(), &[entry], now_ms);
                }
            }
            for account in 0..3 {
                let expected = model.standing(account, unsettled, now_ms);
                prop_assert_eq!(standing(&mut books, &account.to_string(), MONTH, now_ms), expected);
            }
        }
    }
}

#[test]
fn what_is_released_comes_back_and_may_still_be_settled() {
    let mut books = Books::default();
    let claims = [
        claim("minute", MINUTE, 100, 10, Unsettled::Returned),
        claim("month", MONTH, 100, 10, Unsettled::Charged),
    ];
    books.reserve("a", &claims, 1_000, NOW_MS).unwrap();
    books.release("a", NOW_MS);
    books.release("never", NOW_MS);
    assert_eq!(standing(&mut books, "minute", MINUTE, NOW_MS), (0, 0));
    assert_eq!(standing(&mut books, "month", MONTH, NOW_MS), (0, 0));
    books.settle("a", &[settlement("month", MONTH, 0, 7)], NOW_MS);
    assert_eq!(standing(&mut books, "month", MONTH, NOW_MS), (7, 0));

    // Also what was charged for want of a settlement.
    books.reserve("b", &claims, 1_000, NOW_MS).unwrap();
    assert_eq!(standing(&mut books, "month", MONTH, NOW_MS + 2_000), (17, 0));
    books.release("b", NOW_MS + 2_000);
    assert_eq!(standing(&mut books, "month", MONTH, NOW_MS + 2_000), (7, 0));

    // It never undoes a settlement.
    books.reserve("c", &claims, 1_000, NOW_MS).unwrap();
    books.settle(
        "c",
        &[
            settlement("minute", MINUTE, 10, 4),
            settlement("month", MONTH, 10, 4),
        ],
        NOW_MS,
    );
    books.release("c", NOW_MS);
    assert_eq!(standing(&mut books, "month", MONTH, NOW_MS), (11, 0));
}
