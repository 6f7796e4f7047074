//! Plans of unusual shapes: one provider twice, many targets, nowhere else to go.

use std::time::{Duration, Instant};

use crate::ask::{WAYS, marker};
use crate::read::said;
use crate::world::{model, world};

/// Targets of the longest plan; all but the last one fail.
const MANY: usize = 12;

pub fn models() -> String {
    let mut yaml = String::new();
    for (suffix, provider) in [("", "primary"), ("-anthropic", "primary-anthropic")] {
        let shared = [(provider, "fault=status:404"), (provider, "other")];
        yaml += &model(&format!("shared{suffix}"), &shared, "");
    }
    let failing: Vec<_> = (1..MANY)
        .map(|n| {
            let provider = ["primary", "primary-anthropic", "closed", "backup"][n % 4];
            (provider, format!("fault=status:429,key:target-{n}"))
        })
        .collect();
    let mut many: Vec<_> = failing
        .iter()
        .map(|(provider, model)| (*provider, model.as_str()))
        .collect();
    many.push(("backup-anthropic", "good"));
    yaml += &model("many-targets", &many, "");
    for n in 0..WAYS.len() {
        let limited = format!("fault=status:429,retry-after:1,times:1,key:only-left-{n}");
        let only_left = [("closed", "m"), ("primary", limited.as_str())];
        yaml += &model(&format!("only-left-{n}"), &only_left, "");
    }
    yaml
}

#[tokio::test]
async fn another_model_of_the_same_provider_is_another_target() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        for (suffix, provider) in [("", "primary"), ("-anthropic", "primary-anthropic")] {
            let text = marker("shared");
            let response = world
                .send(client.ask(&format!("shared{suffix}"), &text, stream))
                .await;
            said(client, &response).unwrap();
            let expected = format!("{provider}:404,{provider}:200");
            assert_eq!(response.header("x-penstock-attempts"), Some(expected.as_str()));
            assert_eq!(response.header("x-penstock-model"), Some("other"));
            let asked = world.primary.requests_with(&text);
            assert_eq!(asked[1].json()["model"], "other");
        }
    }
}

#[tokio::test]
async fn every_target_of_a_long_plan_is_asked_once() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let text = marker("many");
        let response = world.send(client.ask("many-targets", &text, stream)).await;
        let answer = said(client, &response).unwrap();
        assert_eq!(answer.text, format!("[backup] You said: {text}"));
        let attempts = response.header("x-penstock-attempts").unwrap_or_default();
        assert_eq!(attempts.split(',').count(), MANY, "{attempts}");
        assert!(attempts.ends_with(",backup-anthropic:200"), "{attempts}");
    }
}

#[tokio::test]
async fn the_only_target_left_is_waited_for() {
    let (world, _logs) = world();
    for (n, (client, stream)) in WAYS.into_iter().enumerate() {
        let start = Instant::now();
        let response = world
            .send(client.ask(&format!("only-left-{n}"), "hello", stream))
            .await;
        said(client, &response).unwrap();
        assert_eq!(
            response.header("x-penstock-attempts"),
            Some("closed:connect-failure,primary:429,primary:200")
        );
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    }
}
