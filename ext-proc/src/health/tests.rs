use std::{path::Path, sync::LazyLock};

use penstock_chat::Tokens;
use penstock_client::trail::{Remaining, Stop, Trail};
use proptest::prelude::*;

use super::*;
use crate::plan::{Ask, Circuit, Needs, Planned, claim};

const FILE: &str = "providers:
  - { name: a, api: openai, base_url: 'https://a.example/v1', credential: { env: A } }
  - { name: b, api: openai, base_url: 'https://b.example/v1', credential: { env: B } }
  - { name: own, api: openai, base_url: 'https://own.example/v1', credential: { client: true } }
models:
  - { name: m, targets: [{ provider: a, model: x }, { provider: b, model: x }] }
  - { name: n, targets: [{ provider: a, model: x }, { provider: own, model: x }] }
service: {}
health: { consecutive_failures: 3, error_rate: 50, min_requests: 10, window: 10s, open: 2s, open_at_most: 8s, probe: 5s }
";

static CONFIG: LazyLock<Config> = LazyLock::new(|| config(FILE));

fn config(text: &str) -> Config {
    match Config::from_yaml_str(text, Path::new("penstock.yaml")) {
        Ok(config) => config,
        Err(invalid) => panic!("{invalid}"),
    }
}

fn health() -> Health {
    Health::new(&CONFIG, Metrics::default(), None)
}

fn stop(target: &str, outcome: &str) -> Stop {
    let (provider, model) = target.split_once('/').unwrap();
    Stop {
        provider: provider.to_owned(),
        model: model.to_owned(),
        outcome: Some(outcome.to_owned()).filter(|outcome| !outcome.is_empty()),
        ..Stop::default()
    }
}

fn went(stops: Vec<Stop>) -> Outcome {
    Outcome {
        trail: Trail(stops),
        status: 200,
        duration_ms: 100,
        ..Outcome::default()
    }
}

fn circuit(health: &Health, target: &str, now_ms: u64) -> String {
    let (provider, model) = target.split_once('/').unwrap();
    match health.standing(provider, model, now_ms).circuit {
        Circuit::Closed => "closed".to_owned(),
        Circuit::Due => "due".to_owned(),
        Circuit::Open { retry_after_ms } => format!("open {retry_after_ms}"),
    }
}

fn plan(health: &Health, alias: &str, now_ms: u64) -> (Vec<String>, Planned) {
    let routing = CONFIG
        .routing
        .iter()
        .find(|routing| routing.alias == alias)
        .unwrap();
    let needs = Needs::default();
    let ask = Ask {
        region: None,
        pin: None,
        needs: &needs,
        input: Tokens(0),
        output: Tokens(0),
        caller: 0,
        cost: &|_| None,
        barred: &[],
        draw: 0,
        now_ms,
    };
    let planned = claim(routing, health, &ask);
    let names = planned.targets.iter().map(|index| {
        format!(
            "{}/{}",
            routing.targets[*index].provider, routing.targets[*index].model
        )
    });
    (names.collect(), planned)
}

/// Lines of `time: what happens → how the circuit of a/x is afterwards`. What happens is an outcome of a request of
/// 100 ms, `cut`, `probe` (a plan is made whose first target is taken) or nothing.
fn assert_course(course: &str) {
    let health = health();
    for line in course.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, rest) = line.split_once(':').unwrap();
        let (event, expected) = rest.split_once("→").unwrap();
        let now_ms = time.trim().parse().unwrap();
        match event.trim() {
            "" => {}
            "plan" => {
                plan(&health, "m", now_ms);
            }
            "cut" => {
                let mut outcome = went(vec![stop("a/x", "200")]);
                outcome.flags = vec!["UC".to_owned()];
                health.observe(&outcome, now_ms);
            }
            "long 200" => {
                let mut outcome = went(vec![stop("a/x", "200")]);
                outcome.duration_ms = 60_000;
                health.observe(&outcome, now_ms);
            }
            outcome => {
                let outcome = if outcome == "unheard" { "" } else { outcome };
                health.observe(&went(vec![stop("a/x", outcome)]), now_ms);
            }
        }
        assert_eq!(circuit(&health, "a/x", now_ms), expected.trim(), "{line}");
    }
}

#[test]
fn failures_in_a_row_open_it_and_a_success_closes_it() {
    assert_course(
        "
        100000: 500     → closed
        100001: timeout → closed
        100002: 200     → closed
        100003: cut     → closed
        100004: 503     → closed
        100005: reset   → open 2000
        100006: 500     → open 1999
        102004:         → open 1
        102005:         → due
        102005: plan    → open 5000
        102200: 200     → closed
        ",
    );
}

#[test]
fn probes_that_fail_wait_longer_each_time_up_to_the_most() {
    assert_course(
        "
        100000: 500  → closed
        100000: 500  → closed
        100000: 500  → open 2000
        102000: plan → open 5000
        102001: plan → open 4999
        102200: 500  → open 4000
        106200: plan → open 5000
        106400: 500  → open 8000
        114400: plan → open 5000
        114600: 500  → open 8000
        122600: plan → open 5000
        122800: 200  → closed
        123000: 500  → closed
        123000: 500  → closed
        123000: 500  → open 2000
        ",
    );
}

#[test]
fn a_probe_that_says_nothing_is_followed_by_the_next() {
    assert_course(
        "
        100000: 500  → closed
        100000: 500  → closed
        100000: 500  → open 2000
        102000: plan → open 5000
        106999:      → open 1
        107000:      → due
        107000: plan → open 5000
        107200: 400  → due
        107300: plan → open 5000
        107500: cancelled → due
        107600: plan → open 5000
        107800: unheard → due
        107900: plan → open 5000
        108100: 429  → due
        108200: plan → due
        ",
    );
}

#[test]
fn what_began_before_says_nothing_of_what_is_now() {
    assert_course(
        "
        100000: 500      → closed
        100000: 500      → closed
        100000: 500      → open 2000
        100050: 200      → open 1950
        102500: long 200 → due
        102600: 200      → closed
        102650: 500      → closed
        102650: 500      → closed
        102650: 500      → closed
        ",
    );
}

#[test]
fn a_part_of_failures_within_the_window_opens_it() {
    let pairs = |start: u64, count: u64| {
        (0..count).fold(String::new(), |lines, index| {
            let time = start + index * 100;
            lines + &format!("{time}: 200 → closed\n{time}: 500 → closed\n")
        })
    };
    // The tenth attempt makes them enough.
    assert_course(&format!(
        "{}100500: 200 → closed\n100500: 500 → open 2000\n",
        pairs(100_000, 4)
    ));
    assert_course(&format!(
        "{}100500: 200 → closed\n100500: 200 → closed\n100501: 500 → closed\n",
        pairs(100_000, 4)
    ));
    // What is older than the window is forgotten.
    assert_course(&format!(
        "{}112000: 200 → closed\n112000: 500 → closed\n",
        pairs(100_000, 4)
    ));
}

#[test]
fn each_outcome_has_its_effect() {
    use Effect::{Failure, Limited, Nothing, Success};
    let cases = [
        ("200", Success, Success),
        ("302", Failure, Failure),
        ("400", Nothing, Nothing),
        ("413", Nothing, Nothing),
        ("422", Nothing, Nothing),
        ("401", Failure, Nothing),
        ("402", Failure, Nothing),
        ("403", Failure, Nothing),
        ("404", Failure, Nothing),
        ("408", Failure, Failure),
        ("429", Limited, Nothing),
        ("500", Failure, Failure),
        ("529", Failure, Failure),
        ("599", Failure, Failure),
        ("connect-failure", Failure, Failure),
        ("timeout", Failure, Failure),
        ("reset", Failure, Failure),
        ("malformed", Failure, Failure),
        ("incomplete", Failure, Failure),
        ("error", Failure, Failure),
        ("stall", Failure, Failure),
        ("cancelled", Nothing, Nothing),
        ("", Nothing, Nothing),
    ];
    for (outcome, ours, the_clients) in cases {
        let stop = stop("a/x", outcome);
        assert_eq!(Effect::of(&stop, false, false), ours, "{outcome}");
        assert_eq!(Effect::of(&stop, false, true), the_clients, "{outcome}");
    }
    assert_eq!(Effect::of(&stop("a/x", "200"), true, false), Failure);
    assert_eq!(Effect::of(&stop("a/x", "400"), true, false), Nothing);
}

#[test]
fn only_the_last_attempt_can_have_been_cut() {
    let health = health();
    let mut outcome = went(vec![stop("b/x", "200"), stop("a/x", "200")]);
    outcome.flags = vec!["UC".to_owned()];
    for _ in 0..3 {
        health.observe(&outcome, 100_000);
    }
    assert_eq!(circuit(&health, "a/x", 100_000), "open 2000");
    assert_eq!(circuit(&health, "b/x", 100_000), "closed");
    assert_eq!(health.open_circuits(), ["a/x"]);
}

#[test]
fn of_many_at_once_one_takes_the_probe() {
    let health = health();
    for _ in 0..3 {
        health.observe(&went(vec![stop("a/x", "500")]), 100_000);
    }
    let take = || health.claim("a", "x", Turn::Probe, 102_000);
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
        threads
            .into_iter()
            .map(|thread| usize::from(thread.join().unwrap()))
            .sum()
    });
    assert_eq!(taken, 1);
    // Nothing is due before its time, and nothing of what is well.
    assert!(!health.claim("a", "x", Turn::Probe, 101_000));
    assert!(!health.claim("b", "x", Turn::Probe, 102_000));
}

#[test]
fn a_client_cannot_close_its_provider_to_others_with_a_wrong_credential() {
    let health = health();
    for outcome in ["401", "403", "429"].repeat(10) {
        health.observe(&went(vec![stop("own/x", outcome)]), 100_000);
    }
    assert_eq!(health.standing("own", "x", 100_000).circuit, Circuit::Closed);
    assert_eq!(health.standing("own", "x", 100_000).limited_ms, None);
}

#[test]
fn what_refuses_for_its_limits_is_spared_until_its_time() {
    let refused = |retry_after_ms, reset_ms| {
        let health = health();
        let mut stop = stop("a/x", "429");
        stop.retry_after_ms = retry_after_ms;
        stop.remaining.reset_ms = reset_ms;
        health.observe(&went(vec![stop]), 100_000);
        health
    };
    let cases = [
        (Some(3_000), Some(9_000), 3_000),
        (None, Some(9_000), 9_000),
        (None, None, 5_000),
        (Some(86_400_000), None, 600_000),
    ];
    for (retry_after_ms, reset_ms, expected) in cases {
        let health = refused(retry_after_ms, reset_ms);
        assert_eq!(health.standing("a", "x", 100_000).limited_ms, Some(expected));
        assert_eq!(health.standing("a", "x", 100_000 + expected).limited_ms, None);
        assert_eq!(plan(&health, "m", 100_000).0, ["b/x", "a/x"]);
        assert_eq!(plan(&health, "m", 100_000 + expected).0, ["a/x", "b/x"]);
        // An answer that had begun before the refusal is no sign that it is over.
        health.observe(&went(vec![stop("a/x", "200")]), 100_050);
        assert!(health.standing("a", "x", 100_050).limited_ms.is_some());
        health.observe(&went(vec![stop("a/x", "200")]), 100_200);
        assert_eq!(health.standing("a", "x", 100_200).limited_ms, None);
    }
}

#[test]
fn what_is_left_of_limits_comes_back_by_and_by() {
    let health = health();
    let mut stop = stop("a/x", "200");
    stop.remaining = Remaining {
        requests: Some(1),
        tokens: Some(Tokens(100)),
        token_limit: Some(Tokens(1_100)),
        reset_ms: Some(10_000),
    };
    health.observe(&went(vec![stop.clone()]), 100_100);
    let tokens = |now_ms| health.standing("a", "x", now_ms).room.tokens;
    assert_eq!(tokens(100_000), Some(Tokens(100)));
    assert_eq!(tokens(105_000), Some(Tokens(600)));
    assert_eq!(tokens(110_000), None);
    assert_eq!(plan(&health, "m", 101_000).0, ["b/x", "a/x"]);
    assert_eq!(plan(&health, "m", 110_000).0, ["a/x", "b/x"]);
    // What was said earlier does not replace what was said later.
    stop.remaining.tokens = Some(Tokens(900));
    let mut earlier = went(vec![stop]);
    earlier.duration_ms = 50_000;
    health.observe(&earlier, 100_200);
    assert_eq!(tokens(100_000), Some(Tokens(100)));
}

#[test]
fn the_time_to_the_first_token_is_an_average_that_is_forgotten() {
    let health = health();
    let known = |now_ms| health.standing("a", "x", now_ms).first_token_ms;
    let mut stop = stop("a/x", "200");
    assert_eq!(known(100_000), None);
    stop.first_token_ms = Some(1_000);
    health.observe(&went(vec![stop.clone()]), 100_000);
    assert_eq!(known(100_000), Some(1_000));
    stop.first_token_ms = Some(2_000);
    health.observe(&went(vec![stop]), 100_000);
    assert_eq!(known(159_999), Some(1_200));
    assert_eq!(known(160_000), None);
    assert!(health.claim("a", "x", Turn::Trial, 160_000));
    assert!(!health.claim("a", "x", Turn::Trial, 160_001));
    assert!(health.claim("a", "x", Turn::Trial, 190_000));
}

#[test]
fn a_new_configuration_keeps_what_is_known_of_unchanged_providers() {
    let health = health();
    for target in ["a/x", "b/x"].repeat(3) {
        health.observe(&went(vec![stop(target, "500")]), 100_000);
    }
    let moved = FILE.replace("https://b.example", "https://elsewhere.example") + "access_log: none\n";
    let after = Health::new(&config(&moved), Metrics::default(), Some(&health));
    assert_eq!(circuit(&after, "a/x", 100_000), "open 2000");
    assert_eq!(circuit(&after, "b/x", 100_000), "closed");
    // What the old one hears of, the new one knows.
    health.observe(&went(vec![stop("a/x", "200")]), 100_200);
    assert_eq!(circuit(&after, "a/x", 100_200), "closed");
}

#[test]
fn metrics_tell_of_targets_of_the_configuration_only() {
    let metrics = Metrics::default();
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    let health = Health::new(&config(FILE), metrics.clone(), None);
    let text = || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    };
    assert!(text().contains("penstock_circuit_open{provider=\"a\",model=\"x\"} 0"));
    for _ in 0..3 {
        health.observe(&went(vec![stop("a/x", "500"), stop("forged/z", "500")]), 1_000);
    }
    let told = text();
    assert!(told.contains("penstock_circuit_open{provider=\"a\",model=\"x\"} 1"));
    assert!(told.contains("penstock_target_attempts_total{provider=\"a\",model=\"x\",effect=\"failure\"} 3"));
    assert!(!told.contains("forged"));
    let fewer = FILE.replace("{ provider: b, model: x }", "{ provider: b, model: y }");
    Health::new(&config(&fewer), metrics, Some(&health));
    assert!(!text().contains("provider=\"b\",model=\"x\""));
    assert!(text().contains("provider=\"b\",model=\"y\""));
}

/// One request every 4 s, of which the first target is gone for 60 s.
#[test]
fn an_outage_of_a_minute_is_answered_and_over_within_one_probe_interval() {
    let (began_ms, ended_ms) = (1_020_000, 1_080_000);
    let health = health();
    let longest_open_ms = 8_000;
    let mut tried = 0;
    let mut firsts_after = Vec::new();
    for now_ms in (1_000_000..1_140_000).step_by(4_000) {
        let (names, planned) = plan(&health, "m", now_ms);
        let away = (began_ms..ended_ms).contains(&now_ms);
        let mut stops = Vec::new();
        for name in &names {
            let answers = name == "b/x" || !away;
            stops.push(stop(name, if answers { "200" } else { "connect-failure" }));
            if answers {
                break;
            }
        }
        let answered = stops.last().and_then(|stop| stop.outcome.as_deref()) == Some("200");
        assert!(answered, "{now_ms}: {names:?} {:?}", planned.excluded);
        if away {
            tried += usize::from(names.first().is_some_and(|name| name == "a/x"));
        }
        if now_ms >= ended_ms {
            firsts_after.push((now_ms, names.first().cloned()));
        }
        health.observe(&went(stops), now_ms + 100);
    }
    // Three to open it; then 2, 4, 8, 8, … seconds, at requests that come every 4.
    assert!((4..=9).contains(&tried), "{tried}");
    let back = firsts_after
        .iter()
        .find(|(_, first)| first.as_deref() == Some("a/x"))
        .map(|(now_ms, _)| *now_ms)
        .unwrap();
    assert!(back <= ended_ms + longest_open_ms + 4_000, "{back}");
    assert!(
        firsts_after
            .iter()
            .filter(|(now_ms, _)| *now_ms >= back)
            .all(|(_, first)| first.as_deref() == Some("a/x"))
    );
}

/// The same, of all targets at once: nothing can answer, and everything is back with the first request.
#[test]
fn with_every_circuit_open_requests_still_try() {
    let health = health();
    for target in ["a/x", "b/x"].repeat(3) {
        health.observe(&went(vec![stop(target, "500")]), 100_000);
    }
    let (names, planned) = plan(&health, "m", 100_100);
    assert!(planned.last_resort);
    assert_eq!(names, ["a/x", "b/x"]);
    health.observe(&went(vec![stop("a/x", "500"), stop("b/x", "200")]), 100_300);
    assert_eq!(circuit(&health, "a/x", 100_300), "open 1700");
    assert_eq!(plan(&health, "m", 100_300).0, ["b/x"]);
}

proptest! {
    /// However attempts go, a target that is well again is first again, and nobody else is kept from it.
    #[test]
    fn a_target_always_comes_back(
        outcomes in proptest::collection::vec(
            (proptest::sample::select(vec!["200", "500", "429", "400", "timeout", "cancelled", ""]), 1_u64..5_000, 0_u64..20_000),
            0..60,
        ),
    ) {
        let health = health();
        let mut now_ms = 1_000_000;
        for (outcome, pause_ms, duration_ms) in outcomes {
            now_ms += pause_ms;
            plan(&health, "m", now_ms);
            let mut outcome = went(vec![stop("a/x", outcome)]);
            outcome.duration_ms = duration_ms;
            health.observe(&outcome, now_ms);
        }
        // The longest that it is open, limited, or waits for a probe.
        now_ms += 20_000;
        let (names, _) = plan(&health, "m", now_ms);
        prop_assert_eq!(names.first().map(String::as_str), Some("a/x"));
        health.observe(&went(vec![stop("a/x", "200")]), now_ms + 100);
        prop_assert_eq!(circuit(&health, "a/x", now_ms + 100), "closed");
    }
}
