//! Credentials: each provider gets its own and nobody else's; a new one is taken up, a missing one passed over.

use std::time::Duration;

use penstock_test_support::wait::eventually;

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::said;
use crate::world::{model, world};

pub fn models() -> String {
    [
        model("keyless", &[("keyless", "good"), ("backup", "good")], ""),
        model("client-key", &[("client", "good")], ""),
        model(
            "client-key-then-ours",
            &[("client", "fault=status:429"), ("backup", "good")],
            "",
        ),
        model(
            "ours-then-client-key",
            &[("primary", "fault=status:429"), ("client", "good")],
            "",
        ),
        model(
            "ours-then-none",
            &[("primary", "fault=status:429"), ("open", "good")],
            "",
        ),
        model(
            "every-provider",
            &[
                ("primary", "fault=status:429"),
                ("primary-anthropic", "fault=status:429"),
                ("azure", "fault=status:429"),
                ("backup-anthropic", "fault=status:429"),
                ("open", "good"),
            ],
            "",
        ),
        model("rotating", &[("rotating", "good")], ""),
    ]
    .concat()
}

/// Every header in which a credential may travel.
const PLACES: [&str; 4] = ["authorization", "x-api-key", "api-key", "proxy-authorization"];

#[tokio::test]
async fn each_attempt_carries_its_own_credential_only() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let text = marker("credential");
        let request = client
            .ask("every-provider", &text, stream)
            .header("authorization", "Bearer key-of-client")
            .header("x-api-key", "key-of-client")
            .header("api-key", "key-of-client");
        let response = world.send(request).await;
        said(client, &response).unwrap();
        let asked = |provider: &penstock_test_support::Provider| {
            let mut seen = Vec::new();
            for request in provider.requests_with(&text) {
                for place in PLACES {
                    seen.extend(request.header(place).map(|value| format!("{place}: {value}")));
                }
            }
            seen
        };
        assert_eq!(
            asked(&world.primary),
            [
                "authorization: Bearer key-of-primary",
                "x-api-key: key-of-primary"
            ]
        );
        assert_eq!(asked(&world.azure), ["api-key: key-of-azure"]);
        assert_eq!(asked(&world.backup), ["x-api-key: key-of-backup"]);
        assert_eq!(asked(&world.open), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_clients_credential_goes_where_configured_and_nowhere_else() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for alias in ["client-key", "client-key-then-ours", "ours-then-client-key"] {
            let text = marker("own");
            let request = client
                .ask(alias, &text, false)
                .header("authorization", "Bearer key-of-client");
            let response = world.send(request).await;
            said(client, &response).unwrap();
            let asked = world.open.requests_with(&text);
            assert_eq!(
                asked[0].header("authorization"),
                Some("Bearer key-of-client"),
                "{client:?} {alias}"
            );
            for request in world.primary.requests_with(&text) {
                assert_eq!(request.header("authorization"), Some("Bearer key-of-primary"));
            }
            for request in world.backup.requests_with(&text) {
                assert_eq!(request.header("authorization"), Some("Bearer key-of-backup"));
            }
        }
    }
}

#[tokio::test]
async fn an_anthropic_clients_key_is_passed_on_from_either_header() {
    let (world, _logs) = world();
    for (name, value) in [
        ("x-api-key", "key-of-client"),
        ("authorization", "Bearer key-of-client"),
    ] {
        let text = marker("either");
        let request = Client::Anthropic
            .ask("client-key", &text, false)
            .header(name, value);
        said(Client::Anthropic, &world.send(request).await).unwrap();
        let asked = &world.open.requests_with(&text)[0];
        assert_eq!(
            asked.header("authorization"),
            Some("Bearer key-of-client"),
            "{name}"
        );
        assert_eq!(asked.header("x-api-key"), None);
    }
}

#[tokio::test]
async fn a_missing_credential_falls_over_to_the_next_target() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let response = world.send(client.ask("keyless", "hello", stream)).await;
        said(client, &response).unwrap();
        assert_eq!(
            response.header("x-penstock-attempts"),
            Some("keyless:401,backup:200")
        );
    }
}

#[tokio::test]
async fn a_rotated_credential_is_used_without_a_restart() {
    let (world, _logs) = world();
    let key_seen = async |wanted: &str| {
        eventually(
            Duration::from_secs(15),
            &format!("{wanted} reaches the provider"),
            async || {
                let text = marker("rotation");
                world.send(Client::OpenAi.ask("rotating", &text, false)).await;
                let asked = world.open.requests_with(&text);
                let key = asked.first()?.header("authorization")?.to_owned();
                (key == format!("Bearer {wanted}")).then_some(())
            },
        )
        .await;
    };
    key_seen("first-key").await;
    world.gateway.rotate_secret("rotating", "second-key").unwrap();
    key_seen("second-key").await;
    world.gateway.rotate_secret("rotating", "third-key").unwrap();
    key_seen("third-key").await;
}
