//! Two services and a real Redis: what one learns of targets, the other knows.

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc, time::Duration};

    use penstock_client::trail::{Stop, Trail};
    use penstock_config::Config;
    use penstock_ext_proc::{outcome::Outcome, service::Service};
    use penstock_test_support::{
        redis::{Kind, Redis},
        wait::eventually,
    };
    use tempfile::TempDir;

    const LIMIT: Duration = Duration::from_secs(20);

    async fn service(directory: &TempDir, url: &str) -> Arc<Service> {
        let text = format!(
            "service: {{ redis: {{ url: '{url}' }} }}
providers: [{{ name: a, api: openai, base_url: 'http://127.0.0.1:9/v1' }}]
models: [{{ name: m, targets: [{{ provider: a, model: x }}] }}]
health: {{ consecutive_failures: 3, open: 60s, open_at_most: 60s }}
"
        );
        let file = directory.path().join("penstock.yaml");
        let config = Config::from_yaml_str(&text, Path::new(&file)).unwrap();
        Service::start(config, None).await.unwrap()
    }

    fn went(id: u64, outcome: &str) -> Outcome {
        Outcome {
            id: format!("r{id}"),
            status: 503,
            duration_ms: 10,
            trail: Trail(vec![Stop {
                provider: "a".into(),
                model: "x".into(),
                outcome: Some(outcome.into()),
                ..Stop::default()
            }]),
            ..Outcome::default()
        }
    }

    fn metric(service: &Service, name: &str) -> f64 {
        let text = service.metrics_text();
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    }

    async fn hears(service: &Service) {
        eventually(LIMIT, "news to be heard", async || {
            (metric(service, "penstock_health_news_up") == 1.0).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_one_replica_learns_of_a_target_all_know() {
        let mut redis = Redis::start(Kind::Redis).unwrap();
        let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let one = service(&here, &redis.url()).await;
        let other = service(&there, &redis.url()).await;
        hears(&one).await;
        hears(&other).await;
        for id in 0..3 {
            one.outcome(went(id, "500"));
        }
        eventually(LIMIT, "the circuit to open on the other", async || {
            (other.snapshot().health.open_circuits() == ["a/x"]).then_some(())
        })
        .await;
        // Counted once, where it was told.
        assert_eq!(metric(&one, "penstock_target_attempts_total"), 3.0);
        assert_eq!(metric(&other, "penstock_target_attempts_total"), 0.0);
        assert_eq!(metric(&one, "penstock_health_news_total{outcome=\"heard\"}"), 0.0);

        // Without Redis each learns alone, and says so.
        redis.stop();
        eventually(LIMIT, "news to fail", async || {
            other.outcome(went(10, "200"));
            let lost = metric(&other, "penstock_health_news_total{outcome=\"lost\"}");
            (lost >= 1.0 && metric(&other, "penstock_health_news_up") == 0.0).then_some(())
        })
        .await;
        assert!(other.snapshot().health.open_circuits().is_empty());
        assert_eq!(one.snapshot().health.open_circuits(), ["a/x"]);

        redis.restart().unwrap();
        hears(&one).await;
        eventually(LIMIT, "the circuit to close on the first", async || {
            other.outcome(went(11, "200"));
            one.snapshot().health.open_circuits().is_empty().then_some(())
        })
        .await;
    }
}
