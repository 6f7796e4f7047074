//! examples/limits

use penstock_test_support::Provider;

use super::site::{Example, FIRST};
use crate::ask::{CLIENTS, Client, with};
use crate::read::failed;

#[tokio::test]
async fn tenants_are_held_to_their_limits_and_each_to_its_own() {
    let primary = Provider::start("primary").unwrap();
    let site = Example::read("limits").provider(FIRST, &primary).start().await;
    // Without a maximum of its own, the model's default is set aside.
    let request = Client::OpenAi
        .ask("demo", "hello", false)
        .header("x-tenant", "initech");
    let response = site.send(request).await;
    assert_eq!(response.status, 200, "{}", response.text());

    let ask = async |tenant: &str, text: &str, most: u64| {
        let body = with(
            Client::OpenAi.body("demo", text, false),
            "max_tokens",
            most.into(),
        );
        site.send(Client::OpenAi.request(&body).header("x-tenant", tenant))
            .await
    };

    // No window is ever large enough for these.
    for (text, most) in [("hello", 5000), ("word ".repeat(600).as_str(), 10)] {
        let response = ask("acme", text, most).await;
        let said = failed(Client::OpenAi, &response).unwrap();
        assert_eq!(
            (response.status, said.code),
            (400, "request_exceeds_limit".into())
        );
    }

    let mut refused = None;
    for count in 1..=40 {
        let response = ask("acme", "hello", 20).await;
        if response.status == 429 {
            refused = Some((count, response));
            break;
        }
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.header("x-ratelimit-limit-requests"), Some("30"));
    }
    let (count, response) = refused.unwrap();
    assert_eq!(count, 31, "{}", response.text());
    assert!(
        failed(Client::OpenAi, &response)
            .unwrap()
            .message
            .contains("tenant-minute")
    );
    assert!(response.header("retry-after").is_some());

    for client in CLIENTS {
        let body = with(client.body("demo", "hello", false), "max_tokens", 200.into());
        let request = client.request(&body).header("x-tenant", "globex");
        let other = site.send(request).await;
        assert_eq!(other.status, 200, "{}", other.text());
    }
}
