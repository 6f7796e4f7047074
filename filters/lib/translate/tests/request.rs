//! Golden translations: `testdata/request/*.json`, each one request, its targets, what they get and what is lost.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use penstock_chat::{Api, Tokens};
use penstock_translate::request::{inspect, losses, translate};
use penstock_translate::target::{Flavor, Target};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/request")
}

fn target(of: &Value) -> Target<'_> {
    let (api, flavor) = match of["api"].as_str().unwrap() {
        "openai" => (Api::OpenAi, Flavor::OpenAi),
        "azure" => (Api::OpenAi, Flavor::Azure),
        "vllm" => (Api::OpenAi, Flavor::Vllm),
        "anthropic" => (Api::Anthropic, Flavor::OpenAi),
        other => panic!("unknown target {other}"),
    };
    Target {
        api,
        flavor,
        model: of["model"].as_str().unwrap(),
        max_output_tokens: of["max_output_tokens"].as_u64().map(Tokens),
    }
}

/// With `UPDATE_GOLDEN=1` the files are written anew, for a reviewer to read the difference.
#[test]
fn requests_become_what_each_target_wants() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut names: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 10, "golden files are missing");
    for path in names {
        let text = fs::read_to_string(&path).unwrap();
        let mut golden: Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let client = if golden["client"] == "openai" {
            Api::OpenAi
        } else {
            Api::Anthropic
        };
        let body = serde_json::to_vec_pretty(&golden["request"]).unwrap();
        inspect(client, &body).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in golden["targets"].as_array_mut().unwrap() {
            let owned = case.clone();
            let target = target(&owned);
            let translated = translate(client, &body, &target).unwrap();
            assert_eq!(losses(client, &body, &target).unwrap(), translated.losses);
            let sent: Value = serde_json::from_slice(&translated.body).unwrap();
            let lost: Vec<Value> = translated
                .losses
                .iter()
                .map(|loss| Value::from(format!("{}: {}", loss.field, loss.reason)))
                .collect();
            if update {
                case["body"] = sent;
                case["losses"] = Value::from(lost);
                continue;
            }
            let what = format!("{} for {}", path.display(), target.model);
            assert_eq!(
                sent,
                case["body"],
                "{what}: {}",
                serde_json::to_string_pretty(&sent).unwrap()
            );
            assert_eq!(Value::from(lost), case["losses"], "{what}");
        }
        if update {
            fs::write(&path, serde_json::to_string_pretty(&golden).unwrap() + "\n").unwrap();
        }
    }
}
