//! What must stay somewhere stays there, whatever fails.

use sha2::{Digest, Sha256};

use crate::ask::{WAYS, marker};
use crate::world::model;

use super::world::World;

const KEY: &str = "psk-0123456789012345678901234567890123456789abc";

#[tokio::test]
async fn not_even_the_last_fallback_leaves_the_region() {
    let digest = Sha256::digest(KEY.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = format!(
        "models:\n{}keys:\n  list: [ {{ id: eu, hash: \"sha256:{hash}\", tenant: acme, region: eu }} ]\n",
        model(
            "plain",
            &[
                ("primary", "fault=status:500"),
                ("primary", "fault=reset-before-headers"),
                ("backup", "good")
            ],
            "retry: { same_target: 0 }"
        )
    );
    let world = World::start_with(
        "failure_mode: static_plan",
        &more,
        ["region: eu-west-1", "region: us-east-1"],
    )
    .await;
    for (client, stream) in WAYS {
        let text = marker("stays");
        let request = client.ask("plain", &text, stream).header("x-api-key", KEY);
        let response = world.envoy.send(request).await.unwrap();
        assert!(response.status >= 500, "{} {}", response.status, response.text());
        assert_eq!(world.primary.requests_with(&text).len(), 2);
        assert_eq!(world.backup.requests_with(&text).len(), 0);
    }
}

#[tokio::test]
async fn without_the_service_nothing_goes_where_some_key_forbids_it() {
    let digest = Sha256::digest(KEY.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = format!(
        "models:\n{}keys:\n  anonymous: {{ tenant: guests }}\n  list: [ {{ id: eu, hash: \"sha256:{hash}\", tenant: acme, region: eu }} ]\n",
        model("plain", &[("backup", "good"), ("primary", "good")], "")
    );
    let mut world = World::start_with(
        "failure_mode: static_plan, timeout: 300ms",
        &more,
        ["region: eu-west-1", "region: us-east-1"],
    )
    .await;
    world.service.kill();
    let text = marker("withheld");
    for (client, stream) in WAYS {
        let request = client.ask("plain", &text, stream).header("x-api-key", KEY);
        let response = world.envoy.send(request).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    assert_eq!(world.backup.requests_with(&text).len(), 0);
    assert_eq!(world.primary.requests_with(&text).len(), 4);
}
