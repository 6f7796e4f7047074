use std::time::Instant;

use super::*;

const FILE: &str = "\
service: { data: DATA }
providers: [ { name: p, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: KEY } } ]
models: [ { name: m, targets: [ { provider: p, model: a } ] } ]
cache: { semantic: false }
";
/// The page that tells people what metrics there are.
const PAGE: &str = include_str!("../../../../docs/metrics.md");

async fn service(more: &str, data: &Path) -> Arc<Service> {
    let text = format!("{FILE}{more}\n").replace("DATA", &data.display().to_string());
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
        all.extend(names(&service(&more, data.path()).await.registry));
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

/// A Prometheus may come every second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_series_are_written_in_no_time() {
    let data = tempfile::tempdir().unwrap();
    let service = service("keys: { anonymous: { tenant: t } }", data.path()).await;
    let outcome = |tenant: usize| {
        let mut usage = penstock_client::usage::UsageRecord::new("p", "a", Vec::new());
        usage.answered = true;
        crate::outcome::Outcome {
            path: "/v1/messages".into(),
            status: 200,
            usage: Some(usage),
            caller: Some(crate::caller::Caller {
                tenant: format!("t{tenant}"),
                ..crate::caller::Caller::default()
            }),
            ..crate::outcome::Outcome::default()
        }
    };
    let snapshot = service.snapshot();
    for tenant in 0..500 {
        let outcome = outcome(tenant);
        let spent = snapshot.money.spent(&outcome);
        service.telemetry.observe(&snapshot, &outcome, &spent);
    }
    let began = Instant::now();
    let page = service.metrics_text();
    let took = began.elapsed();
    let series = page
        .lines()
        .filter(|line| line.starts_with("penstock_tokens_total{"))
        .count();
    assert_eq!(series, 1_000);
    assert!(took.as_millis() < 250, "{took:?} for {} bytes", page.len());
}
