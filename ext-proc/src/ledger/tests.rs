//! What a ledger keeps, whatever happens to its process and its disk.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
    sync::atomic::AtomicU64,
    time::Instant,
};

use penstock_chat::{MicroUsd, Tokens};
use penstock_client::{
    trail::{Stop, Trail},
    usage::{EarlierUsage, UsageRecord},
};
use tempfile::TempDir;

use super::*;
use crate::{caller::Caller, outcome::Outcome, receipt::Receipt, store::Window};

mod usage;

const FLUSH: Duration = Duration::from_millis(20);
const DAY: u64 = 86_400_000;
/// 2026-08-15T12:00:00Z.
const NOW: u64 = 1_786_795_200_000;

fn clock(ms: u64) -> Clock {
    Arc::new(move || ms)
}

fn options(directory: &TempDir) -> Options {
    Options {
        directory: directory.path().join("data"),
        retention: Duration::from_millis(90 * DAY),
        flush: FLUSH,
        clock: clock(NOW),
    }
}

fn open(directory: &TempDir) -> Ledger {
    Ledger::open(options(directory), Metrics::default()).unwrap()
}

fn row(id: &str) -> Row {
    Row {
        id: id.to_owned(),
        started_ms: NOW,
        attempts: 1,
        ..Row::default()
    }
}

/// Rows as SQLite's own tool would see them.
fn count(directory: &TempDir, table: &str) -> i64 {
    let connection = schema::open_to_read(&directory.path().join("data").join(FILE)).unwrap();
    connection
        .query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
        .unwrap()
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn outcome() -> Outcome {
    let mut usage = UsageRecord::new("backup", "gpt-4o-2024-08-06", Vec::new());
    usage.answered = true;
    usage.input_tokens = Some(Tokens(12));
    usage.output_tokens = Some(Tokens(34));
    usage.cache_read_tokens = Some(Tokens(5));
    usage.reasoning_tokens = Some(Tokens(6));
    usage.first_token_ms = Some(250);
    let stop = |provider: &str, outcome: &str| Stop {
        provider: provider.to_owned(),
        model: "gpt-4o".to_owned(),
        outcome: Some(outcome.to_owned()),
        ..Stop::default()
    };
    Outcome {
        id: "r1".to_owned(),
        started_ms: NOW,
        duration_ms: 900,
        first_byte_ms: Some(300),
        path: "/v1/chat/completions".to_owned(),
        caller: Some(Caller {
            tenant: "acme".to_owned(),
            key: Some("acme-prod".to_owned()),
            team: Some("search".to_owned()),
            tags: vec![
                ("cost-center".to_owned(), "41".to_owned()),
                ("cost-center".to_owned(), "42".to_owned()),
            ],
            ..Caller::default()
        }),
        receipt: Some(Receipt {
            asked: "default".to_owned(),
            served: "small".to_owned(),
            reason: Some("budget".to_owned()),
            input_tokens: 11,
            decided_ms: 2,
            policy_version: "s1".to_owned(),
            ..Receipt::default()
        }),
        trail: Trail(vec![stop("primary", "503"), stop("backup", "200")]),
        usage: Some(usage),
        status: 200,
        flags: vec!["UC".to_owned()],
        details: "via_upstream".to_owned(),
        pii: vec![("CREDIT_CARD".to_owned(), 1), ("EMAIL_ADDRESS".to_owned(), 2)],
        policy_version: "p1".to_owned(),
    }
}

#[test]
fn a_row_says_who_what_where_and_how_it_went() {
    let expected = Row {
        id: "r1".to_owned(),
        started_ms: NOW,
        tenant: Some("acme".to_owned()),
        key: Some("acme-prod".to_owned()),
        team: Some("search".to_owned()),
        tags: vec![("cost-center".to_owned(), "42".to_owned())],
        path: "/v1/chat/completions".to_owned(),
        model: Some("default".to_owned()),
        served: Some("small".to_owned()),
        provider: Some("backup".to_owned()),
        provider_model: Some("gpt-4o-2024-08-06".to_owned()),
        targets: "primary/gpt-4o:503,backup/gpt-4o:200".to_owned(),
        attempts: 2,
        input: Some(Tokens(12)),
        output: Some(Tokens(34)),
        cached: Some(Tokens(5)),
        reasoning: Some(Tokens(6)),
        cost: Some(MicroUsd(1250)),
        cache: "none".to_owned(),
        pii: "CREDIT_CARD=1,EMAIL_ADDRESS=2".to_owned(),
        decision: "downgraded".to_owned(),
        reason: Some("budget".to_owned()),
        status: 200,
        flags: "UC".to_owned(),
        details: "via_upstream".to_owned(),
        is_cut: true,
        decided_ms: Some(2),
        first_byte_ms: Some(300),
        first_token_ms: Some(250),
        duration_ms: 900,
        proxy_policy: "p1".to_owned(),
        service_policy: Some("s1".to_owned()),
        ..Row::default()
    };
    assert_eq!(Row::new(&outcome(), Some(MicroUsd(1250)), 1), expected);
}

#[test]
fn every_billed_attempt_counts_and_what_is_not_reported_is_estimated() {
    let earlier = |input: Option<u64>, output: Option<u64>, output_bytes| EarlierUsage {
        provider: "a".to_owned(),
        model: "m".to_owned(),
        input_tokens: input.map(Tokens),
        output_tokens: output.map(Tokens),
        output_bytes,
    };
    for (earlier, answered, expected, is_estimated) in [
        (vec![], true, Some((12, 34)), false),
        (vec![], false, None, false),
        (vec![earlier(Some(10), Some(1), 0)], true, Some((22, 35)), false),
        (vec![earlier(None, None, 9)], true, Some((23, 37)), true),
        (vec![earlier(None, None, 0)], false, Some((11, 0)), true),
        (
            vec![earlier(Some(u64::MAX), Some(0), 0)],
            true,
            Some((1_000_000_000_000, 34)),
            false,
        ),
    ] {
        let mut outcome = outcome();
        let usage = outcome.usage.as_mut().unwrap();
        usage.earlier = earlier.clone();
        usage.answered = answered;
        let row = Row::new(&outcome, None, 1);
        let counted = row
            .input
            .zip(row.output)
            .map(|(input, output)| (input.0, output.0));
        assert_eq!(
            (counted, row.is_estimated),
            (expected, is_estimated),
            "{earlier:?}"
        );
    }
}

#[test]
fn the_decision_is_a_word() {
    type Change = fn(&mut Outcome);
    let cases: [(Change, &str, Option<&str>); 5] = [
        (|_| {}, "downgraded", Some("budget")),
        (
            |outcome| outcome.receipt.as_mut().unwrap().reason = None,
            "admitted",
            None,
        ),
        (
            |outcome| {
                outcome.receipt.as_mut().unwrap().served = "default".to_owned();
                outcome.trail = Trail::default();
                outcome.status = 429;
            },
            "refused",
            Some("budget"),
        ),
        (|outcome| outcome.receipt = None, "undecided", None),
        (
            |outcome| {
                *outcome = Outcome {
                    status: 401,
                    ..Outcome::default()
                };
            },
            "refused",
            None,
        ),
    ];
    for (index, (change, decision, reason)) in cases.into_iter().enumerate() {
        let mut outcome = outcome();
        change(&mut outcome);
        let row = Row::new(&outcome, None, 1);
        assert_eq!(
            (row.decision.as_str(), row.reason.as_deref()),
            (decision, reason),
            "{index}"
        );
    }
}

#[test]
fn only_paths_that_are_served_are_kept() {
    for (path, kept) in [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/v1/models", "/v1/models"),
        ("/v1/models/my-own-words", "/v1/models/{model}"),
        ("/v1/penstock/usage", "/v1/penstock/usage"),
        ("/v1/penstock/usage/me", "other"),
        ("/my/own/words", "other"),
        ("", "other"),
    ] {
        let outcome = Outcome {
            path: path.to_owned(),
            ..Outcome::default()
        };
        assert_eq!(Row::new(&outcome, None, NOW).path, kept, "{path}");
    }
}

#[test]
fn nobody_fills_the_disk_with_requests_of_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&now);
    let options = Options {
        clock: Arc::new(move || clock.load(Ordering::Relaxed)),
        ..options(&directory)
    };
    let ledger = Ledger::open(options, Metrics::default()).unwrap();
    let fill = |minute: &str| {
        for number in 0..1_000 {
            let mut refused = row(&format!("{minute}-{number}"));
            refused.attempts = 0;
            ledger.record(refused);
        }
    };
    fill("first");
    now.fetch_add(60_000, Ordering::Relaxed);
    fill("second");
    // Those of somebody, and those that a provider was asked for, are all written.
    for number in 0..100 {
        let mut known = row(&format!("known-{number}"));
        (known.tenant, known.attempts) = (Some("acme".to_owned()), 0);
        ledger.record(known);
        ledger.record(row(&format!("went-{number}")));
    }
    ledger.close();
    assert_eq!(count(&directory, "requests"), 2 * 60 + 2 * 100);
    assert_eq!(ledger.metrics.passed_over.get(), 2 * 940);
}

#[test]
fn the_end_does_not_wait_for_a_disk_that_takes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(&directory);
    let (stuck, go_on) = mpsc::channel::<()>();
    let (began, is_stuck) = mpsc::channel::<()>();
    ledger.note(Note::Run(Box::new(move |_| {
        began.send(()).unwrap();
        let _ = go_on.recv();
    })));
    is_stuck.recv().unwrap();
    for _ in 0..LONGEST_QUEUE * 2 {
        ledger.record(row("r"));
    }
    let start = Instant::now();
    ledger.flush();
    let lost = ledger.close();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(lost >= u64::try_from(LONGEST_QUEUE).unwrap(), "{lost}");
    assert!(ledger.metrics.lost(Lost::Disk) >= lost);
    drop(stuck);
}

#[test]
fn a_row_is_on_disk_within_a_flush_interval() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    ledger.record(Row::new(&outcome(), Some(MicroUsd(1250)), NOW));
    until("written", || count(&directory, "requests") == 1);
    let connection = schema::open_to_read(&directory.path().join("data").join(FILE)).unwrap();
    let found: (String, String, i64, i64, String, i64) = connection
        .query_row(
            "SELECT tenant, tags, output_tokens, cost_micro_usd, service_policy, cut FROM requests",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                ))
            },
        )
        .unwrap();
    let expected = ("acme", r#"{"cost-center":"42"}"#, 34, 1250, "s1", 1);
    assert_eq!(
        (
            found.0.as_str(),
            found.1.as_str(),
            found.2,
            found.3,
            found.4.as_str(),
            found.5
        ),
        expected
    );
}

#[test]
fn an_outcome_that_arrives_twice_is_one_row() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    for batch in [["a", "b", "a"], ["b", "c", "a"]] {
        for id in batch {
            ledger.record(row(id));
        }
        ledger.flush();
    }
    assert_eq!(count(&directory, "requests"), 3);
    assert_eq!((ledger.metrics.rows.get(), ledger.metrics.repeated.get()), (3, 3));
    assert_eq!(ledger.metrics.queue.get(), 0);
    assert_eq!(ledger.waiting_bytes.load(Ordering::Relaxed), 0);
}

#[test]
fn only_its_owner_may_read_it() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    ledger.record(row("a"));
    ledger.flush();
    let data = directory.path().join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in fs::read_dir(&data).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn two_services_cannot_have_one_directory() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    let second = Ledger::open(options(&directory), Metrics::default());
    let Err(OpenError::InUse { .. }) = second else {
        panic!("it was opened twice");
    };
    drop(ledger);
    open(&directory);
}

#[test]
fn a_file_of_a_later_release_is_left_alone() {
    let directory = TempDir::new().unwrap();
    drop(open(&directory));
    let file = directory.path().join("data").join(FILE);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Ledger::open(options(&directory), Metrics::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains("it has version 99"), "{error}");
}

#[test]
fn accounts_survive_until_their_windows_are_over() {
    let directory = TempDir::new().unwrap();
    let account = |name: &str, end_ms| Account {
        name: name.to_owned(),
        window: Window::Until { start_ms: 1, end_ms },
    };
    let endless = Account {
        name: "c".to_owned(),
        window: Window::Concurrent,
    };
    let ledger = open(&directory);
    ledger.save_accounts(vec![
        (account("a", NOW + 1), 5),
        (account("b", NOW), 6),
        (endless, 7),
    ]);
    ledger.flush();
    ledger.save_accounts(vec![(account("a", NOW + 1), 8)]);
    drop(ledger);
    assert_eq!(open(&directory).load_accounts(), [(account("a", NOW + 1), 8)]);
}

#[test]
fn what_is_too_old_goes_in_small_steps() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    for index in 0..1_200 {
        ledger.record(Row {
            started_ms: NOW - 91 * DAY,
            ..row(&format!("old-{index}"))
        });
    }
    ledger.record(Row {
        started_ms: NOW - 89 * DAY,
        ..row("young")
    });
    ledger.flush();
    until("removed", || count(&directory, "requests") == 1);
    let connection = schema::open_to_read(&directory.path().join("data").join(FILE)).unwrap();
    let left: String = connection
        .query_row("SELECT id FROM requests", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, "young");
}

#[test]
fn a_disk_that_takes_nothing_costs_nothing_until_memory_is_full() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    ledger.note(Note::Run(Box::new(|connection| {
        connection.pragma_update(None, "query_only", true).unwrap();
    })));
    ledger.record(row("a"));
    until("noticed", || !ledger.is_healthy());
    assert_eq!(ledger.metrics.lost(Lost::Disk), 0);
    for index in 0..30_000 {
        ledger.record(row(&format!("more-{index}")));
    }
    let lost = ledger.metrics.lost(Lost::Disk);
    assert!((9_000..=14_000).contains(&lost), "{lost}");
}

#[test]
fn a_full_disk_that_has_room_again_takes_what_has_waited() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    let small = |connection: &rusqlite::Connection| {
        connection.pragma_update(None, "max_page_count", 20).unwrap();
    };
    let large = |connection: &rusqlite::Connection| {
        connection
            .pragma_update(None, "max_page_count", 1_000_000)
            .unwrap();
    };
    ledger.note(Note::Run(Box::new(small)));
    for index in 0..500 {
        ledger.record(Row {
            details: "x".repeat(500),
            ..row(&format!("r{index}"))
        });
    }
    until("noticed", || !ledger.is_healthy());
    ledger.note(Note::Run(Box::new(large)));
    until("written", || ledger.is_healthy());
    assert_eq!(count(&directory, "requests"), 500);
    assert_eq!(ledger.metrics.lost(Lost::Disk), 0);
}

#[test]
fn a_body_is_kept_to_its_bound_and_once() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    ledger.record_body("a", &vec![b'x'; LONGEST_BODY + 5]);
    ledger.record_body("a", b"again");
    ledger.flush();
    let connection = schema::open_to_read(&directory.path().join("data").join(FILE)).unwrap();
    let found: (i64, i64) = connection
        .query_row("SELECT length, LENGTH(body) FROM bodies", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let bound = i64::try_from(LONGEST_BODY).unwrap();
    assert_eq!(found, (bound + 5, bound));
}

#[test]
fn what_comes_after_the_end_is_counted() {
    let directory = TempDir::new().unwrap();
    let ledger = open(&directory);
    ledger.record(row("a"));
    ledger.close();
    ledger.record(row("b"));
    assert_eq!(count(&directory, "requests"), 1);
    assert_eq!(ledger.metrics.lost(Lost::Closed), 1);
}

const KILLED: &str = "PENSTOCK_TEST_LEDGER";

/// The process that the test below kills.
#[test]
#[ignore = "runs until it is killed"]
fn child() {
    let Ok(directory) = std::env::var(KILLED) else {
        return;
    };
    let options = Options {
        directory: PathBuf::from(directory),
        retention: Duration::from_millis(90 * DAY),
        flush: Duration::from_millis(500),
        clock: clock(NOW),
    };
    let ledger = Ledger::open(options, Metrics::default()).unwrap();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Should the parent be gone, so is this.
    for _ in 0..20_000 {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        ledger.record(row(&id.to_string()));
        let mut out = io::stdout().lock();
        writeln!(out, "wrote {id}").unwrap();
        out.flush().unwrap();
        drop(out);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_service_that_is_killed_loses_at_most_its_last_second() {
    let directory = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["ledger::tests::child", "--exact", "--ignored", "--nocapture"])
        .env(KILLED, directory.path().join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut written = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if let Some((_, id)) = line.split_once("wrote ") {
            written.push((Instant::now(), id.parse::<u64>().unwrap()));
        }
        if written
            .first()
            .is_some_and(|(first, _)| first.elapsed() > Duration::from_millis(2_700))
        {
            break;
        }
    }
    child.kill().unwrap();
    let killed = Instant::now();
    child.wait().unwrap();
    let due = written
        .iter()
        .filter(|(at, _)| killed - *at > Duration::from_secs(1))
        .count();
    let found = count(&directory, "requests");
    assert!(due > 100, "{due}");
    assert!(
        found >= i64::try_from(due).unwrap(),
        "{found} of {due}, {} in all",
        written.len()
    );
    // Without a hole, and the file can be used at once.
    let ledger = open(&directory);
    let connection = schema::open_to_read(&ledger.file).unwrap();
    let last: i64 = connection
        .query_row("SELECT MAX(CAST(id AS INTEGER)) FROM requests", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(last + 1, found);
}
