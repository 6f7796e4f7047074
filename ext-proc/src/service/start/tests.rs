use std::time::Instant;

use penstock_chat::{FinishReason, Tokens, Usage};
use penstock_client::{
    trail::{Stop, Trail},
    usage::UsageRecord,
};

use super::*;
use crate::{outcome::Outcome, receipt::Receipt};

const FILE: &str = "\
service: { data: DATA }
providers: [ { name: p, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: KEY } } ]
models: [ { name: m, targets: [ { provider: p, model: a } ] } ]
cache: { semantic: false }
";
const MODEL: &str = "models: [ { name: m, targets: [ { provider: p, model: a } ] } ]";
/// The page that tells people what metrics there are.
const PAGE: &str = include_str!("../../../../docs/metrics.md");

async fn service_of(file: &str, data: &Path) -> Arc<Service> {
    let text = file.replace("DATA", &data.display().to_string());
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap();
    Service::start(config, None).await.unwrap()
}

/// The names of all metrics in a registry, those too that have no series yet: only its debugging output has them.
fn names(registry: &Registry) -> Vec<String> {
    let text = format!("{registry:?}");
    let (mut prefix, mut names) = (String::new(), Vec::new());
    for piece in text.split("prefix: ").skip(1) {
        if let Some(given) = piece.strip_prefix("Some(Prefix(\"") {
            prefix = format!("{}_", given.split('"').next().unwrap());
        } else {
            prefix.clear();
        }
        for descriptor in piece.split("Descriptor { name: \"").skip(1) {
            let (name, rest) = descriptor.split_once('"').unwrap();
            let rest = rest.split_once(", unit: ").unwrap().1;
            let unit = match rest {
                rest if rest.starts_with("Some(Seconds)") => "_seconds",
                rest if rest.starts_with("Some(Bytes)") => "_bytes",
                rest if rest.starts_with("None") => "",
                rest => panic!("a unit that is not known: {rest:.20}"),
            };
            names.push(format!("{prefix}{name}{unit}"));
        }
    }
    names
}

/// Whether the page has a name, as Prometheus knows it.
fn is_told(name: &str) -> bool {
    [name.to_owned(), format!("{name}_total")]
        .iter()
        .any(|name| PAGE.contains(&format!("`{name}`")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_is_on_the_page_that_tells_of_them() {
    let mut all = Vec::new();
    for semconv in ["v1.37", "gen_ai_latest_experimental"] {
        let data = tempfile::tempdir().unwrap();
        let more = format!("telemetry: {{ metrics: {{ semconv: {semconv} }} }}");
        all.extend(names(
            &service_of(&format!("{FILE}{more}\n"), data.path()).await.registry,
        ));
    }
    for expected in [
        "gen_ai_client_token_usage",
        "penstock_cache_memory_bytes",
        "penstock_requests",
    ] {
        assert!(all.iter().any(|name| name == expected), "{expected} in {all:?}");
    }
    let untold: Vec<&String> = all.iter().filter(|name| !is_told(name)).collect();
    assert!(untold.is_empty(), "docs/metrics.md does not tell of {untold:?}");
}

#[test]
fn every_statistic_of_a_filter_is_on_that_page() {
    let sources = [
        include_str!("../../../../filters/host/src/timed.rs"),
        include_str!("../../../../filters/pii-redaction/src/metrics.rs"),
        include_str!("../../../../filters/schema-translation/src/metrics.rs"),
        include_str!("../../../../filters/token-quota/src/metrics.rs"),
    ];
    let mut count = 0;
    for source in sources {
        for piece in source.split("\"penstock.").skip(1) {
            let end = piece.find(['.', '"']).unwrap();
            let name = format!("penstock_{}", piece.get(..end).unwrap());
            assert!(is_told(&name), "docs/metrics.md does not tell of {name}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// Streams of many models, with every metric that one has.
fn streams(count: usize) -> Vec<Outcome> {
    let stream = |number: usize| {
        let mut usage = UsageRecord::new("p", "a", Vec::new());
        usage.answered = true;
        usage.finish_reason = Some(FinishReason::Stop);
        usage.report(Some(Usage {
            input: Tokens(100),
            output: Tokens(20),
            ..Usage::default()
        }));
        let receipt = Receipt {
            asked: format!("m{number}"),
            served: format!("m{number}"),
            stream: true,
            ..Receipt::default()
        };
        let stop = Stop {
            provider: "p".into(),
            model: "a".into(),
            outcome: Some("200".into()),
            first_token_ms: Some(100),
            ..Stop::default()
        };
        Outcome {
            path: "/v1/messages".into(),
            status: 200,
            duration_ms: 1_000,
            first_byte_ms: Some(100),
            usage: Some(usage),
            receipt: Some(receipt),
            trail: Trail(vec![stop]),
            ..Outcome::default()
        }
    };
    (0..count).map(stream).collect()
}

/// A Prometheus may come every second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_series_are_written_in_no_time() {
    const MODELS: usize = 125;
    let data = tempfile::tempdir().unwrap();
    let mut models = String::from("models:\n");
    for number in 0..MODELS {
        models.push_str(&format!(
            "- {{ name: m{number}, targets: [ {{ provider: p, model: a }} ] }}\n"
        ));
    }
    let file = FILE.replace(&format!("{MODEL}\n"), &models);
    let service = service_of(&file, data.path()).await;
    let snapshot = service.snapshot();
    for outcome in streams(MODELS) {
        let spent = snapshot.money.spent(&outcome);
        service.telemetry.observe(&snapshot, &outcome, &spent);
    }
    let began = Instant::now();
    let page = service.metrics_text();
    let took = began.elapsed();
    // Of each: five histograms, a request, and tokens of two kinds.
    let series = |line: &&str| {
        let name = line.split('{').next().unwrap_or_default();
        line.contains("model=\"m") && (name.ends_with("_total") || name.ends_with("_count"))
    };
    assert_eq!(page.lines().filter(series).count(), 8 * MODELS);
    eprintln!("{} series, {} bytes: {took:?}", 8 * MODELS, page.len());
    assert!(took.as_secs() < 2, "{took:?} for {} bytes", page.len());
}
