use std::path::Path;

use penstock_chat::{FinishReason, Tokens, Usage};
use penstock_client::{
    trail::{Stop, Trail},
    usage::{EarlierUsage, UsageRecord},
};
use penstock_config::Config;

use super::*;
use crate::{
    caller::Caller,
    receipt::Receipt,
    snapshot::{self, Snapshot},
};

const FILE: &str = "\
service: {}
providers:
- { name: openai, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: KEY } }
- { name: spare, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: KEY } }
models:
- { name: plain, targets: [ { provider: openai, model: gpt-4o }, { provider: spare, model: gpt-4o-mini } ] }
- { name: held, commit: complete, targets: [ { provider: openai, model: gpt-4o } ] }
pii: { key: { env: KEY }, patterns: [ { name: BADGE, regex: 'B-[0-9]{6}' } ] }
";
const KEYS: &str = "keys: { anonymous: { tenant: demo } }\n";

fn snapshot(more: &str) -> Snapshot {
    let text = format!("{FILE}{more}");
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
    Snapshot::new(config, None, &snapshot::Metrics::default(), None).unwrap()
}

fn stop(provider: &str, model: &str, outcome: &str) -> Stop {
    Stop {
        provider: provider.into(),
        model: model.into(),
        outcome: Some(outcome.into()),
        first_token_ms: (outcome == "200").then_some(120),
        ..Stop::default()
    }
}

/// A stream of 21 tokens that took a second, the first token after a fifth of it.
fn answered() -> Outcome {
    let mut usage = UsageRecord::new("openai", "gpt-4o-2024-08-06", Vec::new());
    usage.answered = true;
    usage.finish_reason = Some(FinishReason::Stop);
    usage.report(Some(Usage {
        input: Tokens(100),
        output: Tokens(21),
        cache_read: Tokens(60),
        ..Usage::default()
    }));
    Outcome {
        id: "1".into(),
        path: "/v1/chat/completions".into(),
        duration_ms: 1_200,
        first_byte_ms: Some(200),
        caller: Some(Caller {
            tenant: "acme".into(),
            team: Some("search".into()),
            ..Caller::default()
        }),
        receipt: Some(Receipt {
            asked: "plain".into(),
            served: "plain".into(),
            stream: true,
            input_tokens: 90,
            ..Receipt::default()
        }),
        trail: Trail(vec![stop("openai", "gpt-4o", "200")]),
        usage: Some(usage),
        status: 200,
        ..Outcome::default()
    }
}

/// What the service had to refuse with this word.
fn refused(status: u16, reason: &str) -> Outcome {
    Outcome {
        status,
        trail: Trail::default(),
        usage: None,
        receipt: Some(Receipt {
            asked: "plain".into(),
            reason: Some(reason.into()),
            ..Receipt::default()
        }),
        ..answered()
    }
}

struct Observed {
    telemetry: Telemetry,
    snapshot: Snapshot,
    registry: Registry,
}

impl Observed {
    fn new(more: &str) -> Self {
        let snapshot = snapshot(more);
        let telemetry = Telemetry::new(snapshot.config.telemetry.metrics.semconv);
        let mut registry = Registry::default();
        telemetry.register(&mut registry);
        Self {
            telemetry,
            snapshot,
            registry,
        }
    }

    fn observe(&self, outcome: &Outcome) -> &Self {
        let spent = self.snapshot.money.spent(outcome);
        self.telemetry.observe(&self.snapshot, outcome, &spent);
        self
    }

    /// The samples, without help and types, and without buckets.
    fn samples(&self) -> Vec<String> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.contains("_bucket"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }

    fn len(&self) -> usize {
        self.telemetry.gen_ai.len() + self.telemetry.counters.len()
    }
}

#[track_caller]
fn assert_samples(observed: &Observed, expected: &[&str]) {
    let found = observed.samples();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn a_stream_is_told_in_the_words_of_the_conventions_and_in_ours() {
    let observed = Observed::new(KEYS);
    observed.observe(&answered());
    const OF: &str = r#"gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="plain",gen_ai_response_model="gpt-4o""#;
    let lines = [
        format!(r#"gen_ai_client_token_usage_count{{{OF},gen_ai_token_type="input"}} 1"#),
        format!(r#"gen_ai_client_token_usage_count{{{OF},gen_ai_token_type="output"}} 1"#),
        format!(r#"gen_ai_client_token_usage_sum{{{OF},gen_ai_token_type="input"}} 100.0"#),
        format!(r#"gen_ai_client_token_usage_sum{{{OF},gen_ai_token_type="output"}} 21.0"#),
        format!("gen_ai_server_request_duration_seconds_count{{{OF}}} 1"),
        format!("gen_ai_server_request_duration_seconds_sum{{{OF}}} 1.2"),
        format!("gen_ai_server_time_per_output_token_seconds_count{{{OF}}} 1"),
        format!("gen_ai_server_time_per_output_token_seconds_sum{{{OF}}} 0.05"),
        format!("gen_ai_server_time_to_first_token_seconds_count{{{OF}}} 1"),
        format!("gen_ai_server_time_to_first_token_seconds_sum{{{OF}}} 0.12"),
        // 40 tokens at 2.50, 60 at 1.25 and 21 at 10 dollars for a million.
        r#"penstock_cost_usd_total{tenant="acme",team="search",model="plain",provider="openai"} 0.000385"#
            .into(),
        r#"penstock_requests_total{model="plain",provider="openai",outcome="ok"} 1"#.into(),
        r#"penstock_tokens_total{tenant="acme",team="search",model="plain",token_type="input"} 100"#.into(),
        r#"penstock_tokens_total{tenant="acme",team="search",model="plain",token_type="output"} 21"#.into(),
    ];
    assert_samples(&observed, &lines.each_ref().map(String::as_str));
}

#[test]
fn each_version_of_the_conventions_has_its_names() {
    let of = |semconv: &str| {
        let observed = Observed::new(&format!("telemetry: {{ metrics: {{ semconv: {semconv} }} }}\n"));
        observed.observe(&answered());
        observed.samples().join("\n")
    };
    let (old, latest) = (of("v1.36"), of("gen_ai_latest_experimental"));
    assert!(
        old.contains(r#"gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_system="openai","#)
    );
    assert!(!old.contains("gen_ai_provider_name"), "{old}");
    assert_eq!(of("v1.37"), old.replace("gen_ai_system", "gen_ai_provider_name"));
    assert!(!latest.contains("gen_ai_client_token_usage"), "{latest}");
    for (name, value) in [
        ("usage_input_tokens_total", "100"),
        ("usage_output_tokens_total", "21"),
        ("usage_cache_read_input_tokens_total", "60"),
        ("usage_cache_write_input_tokens_total", "0"),
        ("usage_reasoning_output_tokens_total", "0"),
        ("operation_input_tokens_sum", "100.0"),
        ("operation_output_tokens_sum", "21.0"),
    ] {
        let name = format!("gen_ai_client_inference_{name}{{");
        let line = latest.lines().find(|line| line.starts_with(&name));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{latest}"));
        assert!(line.ends_with(&format!("}} {value}")), "{line}");
        assert_eq!(
            line.contains(r#"gen_ai_token_modality="unknown""#),
            name.contains("usage"),
            "{line}"
        );
    }
}

#[test]
fn a_move_names_the_target_that_was_left_and_why() {
    let observed = Observed::new(KEYS);
    let mut outcome = answered();
    outcome.trail = Trail(vec![
        stop("openai", "gpt-4o", "503"),
        stop("openai", "gpt-4o", "timeout"),
        stop("spare", "gpt-4o-mini", "200"),
    ]);
    let usage = outcome.usage.as_mut().unwrap();
    (usage.provider, usage.model) = ("spare".into(), "gpt-4o-mini".into());
    usage.earlier.push(EarlierUsage {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        input_tokens: None,
        output_tokens: None,
        output_bytes: 0,
    });
    let samples = observed.observe(&outcome).samples().join("\n");
    let moves: Vec<&str> = samples
        .lines()
        .filter(|line| line.contains("fallbacks"))
        .collect();
    assert_eq!(
        moves,
        [r#"penstock_fallbacks_total{model="plain",provider="openai",reason="timeout"} 1"#]
    );
    // What ran out of time is billed too, as it was counted before.
    for line in [
        r#"gen_ai_provider_name="openai",gen_ai_request_model="plain",gen_ai_response_model="gpt-4o",gen_ai_token_type="input"} 90.0"#,
        r#"gen_ai_provider_name="spare",gen_ai_request_model="plain",gen_ai_response_model="gpt-4o-mini",gen_ai_token_type="input"} 100.0"#,
        r#"penstock_tokens_total{tenant="acme",team="search",model="plain",token_type="input"} 190"#,
        r#"penstock_requests_total{model="plain",provider="spare",outcome="ok"} 1"#,
    ] {
        assert!(samples.contains(line), "{line} in\n{samples}");
    }
}

#[test]
fn every_end_has_its_word_and_its_error() {
    let flags = |flag: &str| vec![flag.to_owned()];
    let with = |change: &dyn Fn(&mut Outcome)| {
        let mut outcome = answered();
        change(&mut outcome);
        outcome
    };
    let last = |outcome: &str, status: u16| {
        with(&|request| {
            request.trail = Trail(vec![stop("openai", "gpt-4o", outcome)]);
            request.status = status;
        })
    };
    for (name, outcome, ending, error, refusal) in [
        ("whole", answered(), "ok", None, None),
        (
            "left",
            with(&|o| o.flags = flags("DC")),
            "disconnected",
            Some("disconnected"),
            None,
        ),
        (
            "cut",
            with(&|o| o.flags = flags("UC")),
            "truncated",
            Some("cut"),
            None,
        ),
        (
            "broken",
            last("incomplete", 200),
            "truncated",
            Some("incomplete"),
            None,
        ),
        (
            "away",
            last("connect-failure", 503),
            "failed",
            Some("connect-failure"),
            None,
        ),
        ("limited", last("429", 429), "failed", Some("429"), None),
        (
            "at fault",
            last("400", 400),
            "refused",
            Some("400"),
            Some("provider"),
        ),
        ("odd", last("418", 502), "failed", Some("_other"), None),
        (
            "budget",
            refused(429, "budget_exceeded"),
            "refused",
            Some("_other"),
            Some("budget_exceeded"),
        ),
        (
            "no target",
            refused(503, "no_target"),
            "failed",
            Some("_other"),
            Some("no_target"),
        ),
        (
            "cheaper and refused",
            Outcome {
                details: "no_target".into(),
                ..refused(503, "downgraded")
            },
            "failed",
            Some("_other"),
            Some("no_target"),
        ),
        (
            "filter",
            Outcome {
                receipt: None,
                details: "token_quota".into(),
                ..refused(429, "")
            },
            "refused",
            Some("_other"),
            Some("token_quota"),
        ),
        (
            "key",
            Outcome {
                receipt: None,
                details: "ext_authz_denied".into(),
                ..refused(401, "")
            },
            "refused",
            Some("_other"),
            Some("invalid_api_key"),
        ),
        (
            "token",
            Outcome {
                receipt: None,
                details: "jwt_authn_access_denied{Jwt_is_expired}".into(),
                ..refused(401, "")
            },
            "refused",
            Some("_other"),
            Some("invalid_token"),
        ),
        (
            "who knows",
            Outcome {
                receipt: None,
                details: "something_new".into(),
                ..refused(400, "")
            },
            "refused",
            Some("_other"),
            Some("_other"),
        ),
    ] {
        let found = Ending::of(&outcome);
        assert_eq!(found.as_str(), ending, "{name}");
        assert_eq!(ending::error(&outcome, found), error, "{name}");
        assert_eq!(ending::refusal(&outcome), refusal, "{name}");
    }
}

#[test]
fn what_is_not_whole_has_no_time_for_a_token() {
    let observed = Observed::new(KEYS);
    let mut cut = answered();
    cut.flags = vec!["UC".into()];
    let mut buffered = answered();
    buffered.receipt.as_mut().unwrap().stream = false;
    let samples = observed.observe(&cut).observe(&buffered).samples();
    assert!(
        !samples.iter().any(|line| line.contains("server_time")),
        "{samples:?}"
    );
    // What is held comes all at once, whenever its tokens came.
    let mut held = answered();
    held.receipt.as_mut().unwrap().served = "held".into();
    let samples = observed.observe(&held).samples().join("\n");
    assert!(samples.contains("time_to_first_token"), "{samples}");
    assert!(!samples.contains("time_per_output_token"), "{samples}");
}

#[test]
fn answers_from_the_cache_are_requests_that_took_nothing() {
    let observed = Observed::new(KEYS);
    let mut cached = answered();
    cached.trail = Trail::default();
    cached.usage = None;
    observed.observe(&cached);
    assert_samples(
        &observed,
        &[r#"penstock_requests_total{model="plain",provider="",outcome="ok"} 1"#],
    );
}

#[test]
fn what_is_no_request_for_a_model_counts_only_if_it_is_refused() {
    let observed = Observed::new("");
    let mut list = refused(200, "");
    list.path = "/v1/models".into();
    let mut unknown = refused(404, "");
    (unknown.path, unknown.receipt, unknown.details) = ("/admin".into(), None, "unknown_path".into());
    observed.observe(&list).observe(&unknown);
    assert_samples(
        &observed,
        &[r#"penstock_refusals_total{reason="unknown_path",model="_other"} 1"#],
    );
}

#[test]
fn personal_data_is_counted_by_the_kinds_that_there_are() {
    let observed = Observed::new("");
    let mut outcome = refused(400, "personal_data");
    outcome.path = "/v1/penstock/estimate".into();
    outcome.status = 200;
    outcome.pii = [("EMAIL_ADDRESS", 2), ("BADGE", 3), ("john@example.org", 4)]
        .map(|(kind, count)| (kind.to_owned(), count))
        .into();
    observed.observe(&outcome);
    assert_samples(
        &observed,
        &[
            r#"penstock_pii_values_total{kind="EMAIL_ADDRESS"} 2"#,
            r#"penstock_pii_values_total{kind="BADGE"} 3"#,
            r#"penstock_pii_values_total{kind="_other"} 4"#,
        ],
    );
}

#[test]
fn no_caller_makes_a_series() {
    // Names of callers come from a header or a token here.
    let observed = Observed::new(
        "money: { budgets: [ { name: b, amount: 1, period: day, match: { tenant: [acme], team: [search] } } ] }\n",
    );
    let strange = |number: usize| {
        let word = format!("x{number}");
        let mut outcome = answered();
        outcome.caller = Some(Caller {
            tenant: word.clone(),
            team: Some(word.clone()),
            key: Some(word.clone()),
            agent: Some(word.clone()),
            ..Caller::default()
        });
        let receipt = outcome.receipt.as_mut().unwrap();
        (receipt.asked, receipt.served) = (word.clone(), word.clone());
        receipt.reason = Some(word.clone());
        outcome.usage.as_mut().unwrap().model = word.clone();
        outcome.trail.0.insert(0, stop(&word, &word, &word));
        outcome.pii = vec![(word.clone(), 1)];
        let mut refused = Outcome {
            status: 400,
            trail: Trail::default(),
            usage: None,
            ..outcome.clone()
        };
        refused.details = word.clone();
        refused.path = format!("/{word}");
        (outcome, refused)
    };
    let mut length = 0;
    for number in 0..10_000 {
        let (answered, refused) = strange(number);
        observed.observe(&answered).observe(&refused);
        if number == 0 {
            length = observed.len();
        }
    }
    assert_eq!(observed.len(), length, "{:#?}", observed.samples());
    let samples = observed.samples().join("\n");
    assert!(!samples.contains("\"x"), "{samples}");
    // Those that the configuration names are told apart.
    let samples = observed.observe(&answered()).samples().join("\n");
    assert!(samples.contains(r#"tenant="acme",team="search""#), "{samples}");
}

#[test]
fn tenants_of_keys_have_series_up_to_a_number() {
    let observed = Observed::new(KEYS);
    for number in 0..10_000 {
        let mut outcome = answered();
        outcome.caller.as_mut().unwrap().tenant = format!("t{number}");
        observed.observe(&outcome);
    }
    let samples = observed.samples();
    for name in ["penstock_cost_usd_total", "penstock_tokens_total"] {
        let own = || samples.iter().filter(|line| line.starts_with(name));
        // The last ones are those of all others.
        let others = own()
            .filter(|line| line.contains(r#"tenant="_other",team="_other""#))
            .count();
        assert_eq!(own().count(), series::MOST_SERIES + others, "{name}");
        assert!((1..=2).contains(&others), "{name}");
    }
    let requests = samples
        .iter()
        .find(|line| line.starts_with("penstock_requests"))
        .unwrap();
    assert!(requests.ends_with(" 10000"), "{requests}");
}

#[test]
fn a_changed_configuration_drops_the_series_of_what_is_gone() {
    let observed = Observed::new(KEYS);
    let mut outcome = answered();
    outcome.trail = Trail(vec![
        stop("openai", "gpt-4o", "503"),
        stop("spare", "gpt-4o-mini", "200"),
    ]);
    observed
        .observe(&answered())
        .observe(&outcome)
        .observe(&refused(429, "token_quota"));
    observed.telemetry.forget(&observed.snapshot.names);
    let before = observed.samples();
    assert!(before.iter().any(|line| line.contains("spare")));
    let text = FILE
        .replace(", { provider: spare, model: gpt-4o-mini }", "")
        .lines()
        .filter(|line| !line.starts_with("- { name: spare"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
    observed.telemetry.forget(&Names::new(&config));
    let after = observed.samples();
    let expected: Vec<&String> = before.iter().filter(|line| !line.contains("spare")).collect();
    assert_eq!(after.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_name_cannot_end_its_label() {
    let observed = Observed::new("");
    let text = FILE.replace("name: plain", r#"name: 'a "b" \c'"#);
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
    let snapshot = Snapshot::new(config, None, &snapshot::Metrics::default(), None).unwrap();
    let mut outcome = answered();
    outcome.receipt.as_mut().unwrap().asked = r#"a "b" \c"#.into();
    let spent = snapshot.money.spent(&outcome);
    observed.telemetry.observe(&snapshot, &outcome, &spent);
    let samples = observed.samples().join("\n");
    assert!(samples.contains(r#"model="a \"b\" \\c",provider"#), "{samples}");
}
