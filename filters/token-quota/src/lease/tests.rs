use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use penstock_quota::wire::{Grant, Window};
use penstock_quota::{Claim, Span, Version};

use super::*;

const NOW_MS: u64 = 1_800_000_000_000;
const REFRESH_MS: u64 = 500;
const TIMEOUT_MS: u64 = 2_000;
const MINUTE_MS: u64 = 60_000;

/// Shared data of one process.
#[derive(Default)]
struct Memory(RefCell<BTreeMap<String, (Vec<u8>, u32)>>);

impl Shared for Memory {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        let values = self.0.borrow();
        values
            .get(key)
            .map(|(value, version)| (value.clone(), Version(*version)))
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        let mut values = self.0.borrow_mut();
        let known = values.get(key).map(|(_, version)| *version);
        let matches = known == version.map(|version| version.0);
        if matches {
            values.insert(key.to_owned(), (value.to_vec(), known.unwrap_or(0) + 1));
        }
        matches
    }
}

fn leases() -> Leases {
    Leases {
        cluster: "quota".into(),
        proxy: Some("here".into()),
        refresh_ms: REFRESH_MS,
        initial_permille: 100,
        timeout_ms: TIMEOUT_MS,
    }
}

/// One Envoy with some workers.
struct Proxy {
    memory: Memory,
    table: Table,
    now_ms: u64,
    tokens: u32,
}

/// What became of a turn: the tokens of its calls, by method, and what was said.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    calls: Vec<(&'static str, u32, Vec<u8>)>,
    failures: u32,
    log: Vec<String>,
}

impl Seen {
    fn tell(&mut self, step: Step) {
        for count in step.counts {
            self.failures += u32::from(count.name == metrics::LEASE_FAILURES) * count.by;
        }
        self.log.extend(step.log.into_iter().map(|line| line.text));
    }

    fn methods(&self) -> Vec<&'static str> {
        self.calls.iter().map(|(method, ..)| *method).collect()
    }

    fn the_call(&self, method: &str) -> (u32, &[u8]) {
        let mut calls = self.calls.iter().filter(|(name, ..)| *name == method);
        let (_, token, message) = calls.next().unwrap();
        assert!(calls.next().is_none());
        (*token, message)
    }

    fn asked(&self) -> (u32, LeaseRequest) {
        let (token, message) = self.the_call(wire::LEASE);
        (token, LeaseRequest::decode(message).unwrap())
    }

    fn told(&self) -> (u32, SettleRequest) {
        let (token, message) = self.the_call(wire::SETTLE);
        (token, SettleRequest::decode(message).unwrap())
    }
}

impl Proxy {
    fn new() -> Self {
        Self {
            memory: Memory::default(),
            table: Table::new(4_096, 120_000).leased(100),
            now_ms: NOW_MS,
            tokens: 0,
        }
    }

    /// Asks for `amount` of the window `name`, of which 1,000 are for all Envoys and 100 without a grant.
    fn takes(&self, name: &str, amount: u64) -> bool {
        let claim = Claim {
            key: Key::of(name, &[]),
            limit: 1_000,
            amount,
            span: Span::Window { ms: MINUTE_MS },
            shadow: false,
            share: None,
            label: name.to_owned(),
        };
        match self.table.reserve(&self.memory, &[claim], self.now_ms) {
            Ok(reservation) => {
                assert!(
                    self.table
                        .settle(&self.memory, reservation, &[amount], self.now_ms)
                );
                true
            }
            Err(_) => false,
        }
    }

    /// Carries a turn out, as the shell does; calls leave if there is a way.
    fn carry_out(&mut self, lessee: &mut Lessee, turn: Turn, leave: bool) -> Seen {
        let mut seen = Seen::default();
        seen.tell(turn.step);
        for call in turn.calls {
            self.tokens += 1;
            let token = leave.then_some(self.tokens);
            seen.calls
                .push((call.method(), self.tokens, call.message.clone()));
            seen.tell(lessee.sent(call, token));
        }
        seen
    }

    fn tick(&mut self, lessee: &mut Lessee) -> Seen {
        let turn = lessee.tick(&self.table, &self.memory, self.now_ms);
        self.carry_out(lessee, turn, true)
    }

    fn later(&mut self, ms: u64, lessee: &mut Lessee) -> Seen {
        self.now_ms += ms;
        self.tick(lessee)
    }

    fn answer(&mut self, lessee: &mut Lessee, token: u32, message: Vec<u8>) -> Seen {
        let (answer, read) = ((OK, message.len()), || Some(message));
        let turn = lessee.answered(&self.table, &self.memory, token, answer, read, self.now_ms);
        self.carry_out(lessee, turn, true)
    }

    fn fail(&mut self, lessee: &mut Lessee, token: u32) -> Seen {
        let answer = (14, 0);
        let turn = lessee.answered(&self.table, &self.memory, token, answer, || None, self.now_ms);
        self.carry_out(lessee, turn, true)
    }
}

fn lessee() -> Lessee {
    Lessee::new(&leases(), 1, 7)
}

fn grant(window: &Window, granted: u64) -> Vec<u8> {
    let grant = Grant {
        key: window.key.clone(),
        window: window.window,
        granted,
        reset_ms: 0,
        valid_ms: 10_000,
    };
    LeaseResponse { grants: vec![grant] }.encode_to_vec()
}

const NOTED: Vec<u8> = Vec::new();

#[test]
fn nothing_is_asked_where_nothing_is_used() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    for _ in 0..5 {
        assert_eq!(proxy.later(REFRESH_MS, &mut lessee), Seen::default());
    }
}

#[test]
fn a_window_in_use_is_reported_and_its_grant_raises_what_it_admits() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 100));
    assert!(!proxy.takes("a", 50));
    let (token, request) = proxy.tick(&mut lessee).asked();
    assert_eq!(request.proxy, "here");
    let [window] = &request.windows[..] else {
        panic!("{request:?}");
    };
    assert_eq!(
        (window.used, window.wanted, window.label.as_str()),
        (100, 150, "a")
    );
    let seen = proxy.answer(&mut lessee, token, grant(window, 400));
    assert_eq!(seen, Seen::default());
    assert!(proxy.takes("a", 300));
    assert!(!proxy.takes("a", 1));
}

#[test]
fn one_batch_is_under_way_at_a_time_and_the_next_keeps_the_pace() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 1));
    let (token, request) = proxy.tick(&mut lessee).asked();
    for _ in 0..3 {
        assert_eq!(proxy.later(REFRESH_MS, &mut lessee), Seen::default());
    }
    proxy.answer(&mut lessee, token, grant(&request.windows[0], 100));
    let (token, _) = proxy.later(10, &mut lessee).asked();
    proxy.answer(&mut lessee, token, grant(&request.windows[0], 100));
    assert_eq!(proxy.later(REFRESH_MS / 4, &mut lessee).methods(), [""; 0]);
    assert_eq!(proxy.later(REFRESH_MS, &mut lessee).methods(), [wire::LEASE]);
}

#[test]
fn only_one_worker_calls_and_another_takes_over_when_it_is_gone() {
    let mut proxy = Proxy::new();
    assert!(proxy.takes("a", 1));
    let mut workers: Vec<Lessee> = (0..3).map(|holder| Lessee::new(&leases(), 1, holder)).collect();
    let mut answered = 0;
    for _ in 0..20 {
        proxy.now_ms += REFRESH_MS;
        for (index, worker) in workers.iter_mut().enumerate() {
            let seen = proxy.tick(worker);
            if !seen.calls.is_empty() {
                assert_eq!(index, 0);
                let (token, request) = seen.asked();
                proxy.answer(worker, token, grant(&request.windows[0], 10));
                answered += 1;
            }
        }
    }
    assert_eq!(answered, 20);

    // Its VM traps in the middle of a call.
    workers.remove(0);
    let mut callers = BTreeSet::new();
    let mut waited_ms = 0;
    while callers.is_empty() {
        waited_ms += REFRESH_MS;
        proxy.now_ms += REFRESH_MS;
        for worker in &mut workers {
            if !proxy.tick(worker).calls.is_empty() {
                callers.insert(worker.holder);
            }
        }
    }
    assert_eq!(callers.len(), 1);
    assert!(waited_ms <= TERM_MS, "{waited_ms} ms without anybody");
}

#[test]
fn an_answer_to_a_worker_that_was_replaced_is_left_alone() {
    let (mut proxy, mut first) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 100));
    let (token, request) = proxy.tick(&mut first).asked();
    let mut second = Lessee::new(&leases(), 1, 8);
    assert_eq!(proxy.later(TERM_MS, &mut second).methods(), [wire::LEASE]);
    assert_eq!(proxy.tick(&mut first), Seen::default());
    proxy.answer(&mut first, token, grant(&request.windows[0], 400));
    assert!(!proxy.takes("a", 1));
}

#[test]
fn a_window_that_is_over_is_settled_until_the_service_has_it() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 60));
    let seen = proxy.later(MINUTE_MS, &mut lessee);
    assert_eq!(seen.methods(), [wire::SETTLE]);
    let (token, first) = seen.told();
    assert_eq!((first.proxy.as_str(), first.windows[0].used), ("here", 60));
    assert_eq!(proxy.fail(&mut lessee, token).failures, 1);
    for _ in 0..2 {
        let (token, again) = proxy.later(REFRESH_MS, &mut lessee).told();
        assert_eq!(again, first);
        assert_eq!(proxy.answer(&mut lessee, token, vec![0xff; 9]).failures, 1);
    }
    let (token, again) = proxy.later(REFRESH_MS, &mut lessee).told();
    assert_eq!(again, first);
    proxy.answer(&mut lessee, token, SettleResponse {}.encode_to_vec());
    assert_eq!(proxy.later(REFRESH_MS, &mut lessee), Seen::default());
}

#[test]
fn what_a_dead_worker_had_not_settled_is_settled_by_the_next() {
    let (mut proxy, mut first) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 60));
    let (_, told) = proxy.later(MINUTE_MS, &mut first).told();
    drop(first);
    let mut second = Lessee::new(&leases(), 1, 8);
    assert_eq!(proxy.tick(&mut second), Seen::default());
    let (_, again) = proxy.later(TERM_MS, &mut second).told();
    assert_eq!(again, told);
}

#[test]
fn a_batch_ends_when_both_calls_have_ended() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 1));
    proxy.now_ms += MINUTE_MS;
    assert!(proxy.takes("b", 1));
    let seen = proxy.tick(&mut lessee);
    assert_eq!(seen.methods(), [wire::LEASE, wire::SETTLE]);
    let (settle, _) = seen.told();
    proxy.answer(&mut lessee, settle, NOTED);
    assert_eq!(proxy.later(REFRESH_MS, &mut lessee), Seen::default());
    let (lease, _) = seen.asked();
    proxy.answer(&mut lessee, lease, Vec::new());
    assert_eq!(proxy.later(REFRESH_MS, &mut lessee).methods(), [wire::LEASE]);
}

#[test]
fn a_large_table_is_told_in_batches_one_after_the_other() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    for name in 0..1_000 {
        assert!(proxy.takes(&name.to_string(), 1));
    }
    let mut seen = proxy.tick(&mut lessee);
    let (mut keys, mut batches) = (BTreeSet::new(), 0);
    while !seen.calls.is_empty() {
        let (token, request) = seen.asked();
        assert!(request.windows.len() < BATCH + 16);
        assert!(request.encoded_len() < MOST_ANSWER_BYTES);
        let new = request.windows.into_iter().all(|window| keys.insert(window.key));
        assert!(new, "a window was told twice");
        batches += 1;
        seen = proxy.answer(&mut lessee, token, Vec::new());
    }
    assert_eq!((keys.len(), batches), (1_000, 4));
}

#[test]
fn a_batch_that_fails_does_not_keep_the_rest_waiting() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    for name in 0..600 {
        assert!(proxy.takes(&name.to_string(), 1));
    }
    let mut keys = BTreeSet::new();
    let mut seen = proxy.tick(&mut lessee);
    for _ in 0..3 {
        let (token, request) = seen.asked();
        keys.extend(request.windows.into_iter().map(|window| window.key));
        assert!(proxy.fail(&mut lessee, token).calls.is_empty());
        seen = proxy.later(REFRESH_MS, &mut lessee);
    }
    assert_eq!(keys.len(), 600);
}

#[test]
fn the_loss_of_the_service_is_told_once_and_so_is_its_return() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 1));
    let (mut lines, mut failures) = (Vec::new(), 0);
    for round in 0..10 {
        let (token, request) = proxy.later(REFRESH_MS, &mut lessee).asked();
        let seen = if (3..7).contains(&round) {
            proxy.fail(&mut lessee, token)
        } else {
            proxy.answer(&mut lessee, token, grant(&request.windows[0], 10))
        };
        failures += seen.failures;
        lines.extend(seen.log.into_iter().map(|line| (round, line)));
    }
    assert_eq!(failures, 4);
    let [(3, lost), (7, back)] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        lost.contains("lost") && lost.contains("gRPC status 14") && back.contains("back"),
        "{lines:?}"
    );
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for_and_is_no_answer_later() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 100));
    let (late, request) = proxy.tick(&mut lessee).asked();
    assert_eq!(
        proxy.later(TIMEOUT_MS + GRACE_MS - 1, &mut lessee),
        Seen::default()
    );
    let seen = proxy.later(1, &mut lessee);
    assert_eq!((seen.methods(), seen.failures), (vec![wire::LEASE], 1));
    assert!(seen.log[0].contains("no answer"), "{seen:?}");
    proxy.answer(&mut lessee, late, grant(&request.windows[0], 400));
    assert!(!proxy.takes("a", 1));
    let (token, request) = seen.asked();
    proxy.answer(&mut lessee, token, grant(&request.windows[0], 400));
    assert!(proxy.takes("a", 1));
}

#[test]
fn a_call_that_cannot_be_made_is_made_again_with_the_next_refresh() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 1));
    for round in 0..3 {
        let turn = lessee.tick(&proxy.table, &proxy.memory, proxy.now_ms);
        let seen = proxy.carry_out(&mut lessee, turn, false);
        assert_eq!((seen.methods(), seen.failures), (vec![wire::LEASE], 1));
        assert_eq!(seen.log.len(), usize::from(round == 1));
        proxy.now_ms += REFRESH_MS;
    }
    let (token, _) = proxy.tick(&mut lessee).asked();
    let back = proxy.answer(&mut lessee, token, Vec::new());
    assert_eq!(back.log.len(), 1);
}

/// All there is, of another window than `window`.
fn stray(window: &Window, key: &[u8], at: u64) -> Vec<u8> {
    let window = Window {
        key: key.to_vec(),
        window: at,
        ..window.clone()
    };
    grant(&window, u64::MAX)
}

#[test]
fn hostile_answers_change_nothing_that_was_not_asked() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 100));
    let mut seen = proxy.tick(&mut lessee);
    // A window of the same Envoy that was not in the request.
    proxy.now_ms += 1;
    assert!(proxy.takes("b", 100));
    let answers: [fn(&Window) -> Vec<u8>; 6] = [
        |window| stray(window, Key::of("b", &[]).as_bytes(), NOW_MS + 1),
        |window| stray(window, &window.key, window.window + 1),
        |window| stray(window, &[], 0),
        |window| stray(window, &[9; 4_000], window.window),
        |_| vec![0xff; 100],
        |window| [grant(window, 100), grant(window, u64::MAX)].concat(),
    ];
    for answer in answers {
        let (token, request) = seen.asked();
        let asked = request.windows.iter().find(|window| window.label == "a");
        let answer = answer(asked.unwrap());
        proxy.answer(&mut lessee, token, answer);
        assert!(!proxy.takes("a", 1));
        seen = proxy.later(REFRESH_MS, &mut lessee);
    }
}

#[test]
fn no_more_than_the_limit_is_admitted_whatever_is_granted() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 100));
    let (token, request) = proxy.tick(&mut lessee).asked();
    proxy.answer(&mut lessee, token, grant(&request.windows[0], u64::MAX));
    assert!(proxy.takes("a", 900));
    assert!(!proxy.takes("a", 1));
}

#[test]
fn an_answer_that_is_too_large_is_not_even_read() {
    let (mut proxy, mut lessee) = (Proxy::new(), lessee());
    assert!(proxy.takes("a", 1));
    let (token, _) = proxy.tick(&mut lessee).asked();
    let answer = (OK, MOST_ANSWER_BYTES + 1);
    let read = || panic!("it was read");
    let turn = lessee.answered(&proxy.table, &proxy.memory, token, answer, read, proxy.now_ms);
    let seen = proxy.carry_out(&mut lessee, turn, true);
    assert_eq!(seen.failures, 1);
    assert!(seen.log[0].contains("65537 bytes"), "{seen:?}");
}

#[test]
fn an_envoy_without_a_name_makes_up_one_that_differs_and_hides_the_seed() {
    let names: BTreeSet<String> = (0..100).map(made_up).collect();
    assert_eq!(names.len(), 100);
    assert_eq!(made_up(5), made_up(5));
    assert!(!made_up(123_456_789).contains("123456789"));
    let config = Leases {
        proxy: None,
        ..leases()
    };
    assert_eq!(Lessee::new(&config, 5, 1).proxy, made_up(5));
}

#[test]
fn the_timer_is_as_quick_as_the_refresh_and_never_slower_than_upkeep() {
    for (refresh_ms, tick_ms) in [(100, 100), (1_000, 1_000), (60_000, 1_000)] {
        let config = Leases {
            refresh_ms,
            ..leases()
        };
        assert_eq!(Lessee::tick_ms(&config), tick_ms);
    }
}
