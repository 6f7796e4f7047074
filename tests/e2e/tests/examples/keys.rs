//! examples/keys

use penstock_test_support::{Provider, Request};

use super::site::{Example, FIRST, SECOND};
use crate::ask::{Client, WAYS, marker, with};
use crate::read::{failed, said};

const SEARCH: &str = "psk-0123456789012345678901234567890123456789abc";
const HR: &str = "psk-abcdefghijabcdefghijabcdefghijabcdefghij123";
const OPERATOR: &str = "psk-zyxwvutsrqzyxwvutsrqzyxwvutsrqzyxwvutsrq321";

#[tokio::test]
async fn each_team_gets_what_its_key_may_have_and_stays_where_it_must() {
    let mut eu = Provider::start("eu").unwrap();
    let us = Provider::start("us").unwrap();
    let site = Example::read("keys")
        .provider(FIRST, &eu)
        .provider(SECOND, &us)
        .key(1, SEARCH)
        .key(2, HR)
        .key(3, OPERATOR)
        .start()
        .await;
    assert_eq!(
        site.send(Client::OpenAi.ask("large", "hello", false))
            .await
            .status,
        401
    );
    for (client, stream) in WAYS {
        for key in [SEARCH, HR] {
            let response = site
                .send(client.ask("large", "hello", stream).header("x-api-key", key))
                .await;
            assert!(said(client, &response).unwrap().text.starts_with("[eu]"));
        }
        let response = site
            .send(client.ask("small", "hello", stream).header("x-api-key", HR))
            .await;
        assert_eq!(response.status, 403, "{}", response.text());
        failed(client, &response).unwrap();
    }

    // Three answers of 128,000 tokens are more than the tenant may have in any minute.
    let body = with(Client::OpenAi.body("large", "hello", false), "n", 3.into());
    let body = with(body, "max_tokens", 128_000.into());
    let response = site
        .send(Client::OpenAi.request(&body).header("x-api-key", SEARCH))
        .await;
    assert_eq!(response.status, 400, "{}", response.text());
    assert!(response.text().contains("tenant-minute"), "{}", response.text());

    let estimate = Request::post(
        "/v1/penstock/estimate",
        &Client::OpenAi.body("large", "hello", false),
    );
    let quote = site.send(estimate.header("x-api-key", SEARCH)).await.json();
    assert_eq!(quote["budgets"][0]["name"], "team-month", "{quote}");
    let usage = |tenant: &str, key: &str| {
        Request::get(&format!("/v1/penstock/usage?tenant={tenant}")).header("x-api-key", key)
    };
    assert_eq!(site.send(usage("other", SEARCH)).await.status, 403);
    assert_eq!(site.send(usage("other", OPERATOR)).await.status, 200);

    eu.stop();
    let response = site
        .send(
            Client::OpenAi
                .ask("large", "hello", false)
                .header("x-api-key", SEARCH),
        )
        .await;
    assert!(said(Client::OpenAi, &response).unwrap().text.starts_with("[us]"));
    let stays = marker("stays");
    let response = site
        .send(Client::OpenAi.ask("large", &stays, false).header("x-api-key", HR))
        .await;
    assert!(response.status >= 500, "{}", response.text());
    assert_eq!(us.requests_with(&stays).len(), 0);
}
