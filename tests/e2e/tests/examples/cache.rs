//! examples/cache

use penstock_test_support::Provider;

use super::site::{Example, FIRST, Site};
use crate::ask::{Client, WAYS};
use crate::read::said;

async fn ask(site: &Site, model: &str, text: &str, language: &str) -> String {
    let request = Client::OpenAi
        .ask(model, text, false)
        .header("accept-language", language);
    let response = site.send(request).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.header("x-penstock-cache").unwrap_or("none").to_owned()
}

#[tokio::test]
async fn the_same_is_answered_once_and_each_model_has_its_own_rule() {
    let primary = Provider::start("primary").unwrap();
    let site = Example::read("cache").provider(FIRST, &primary).start().await;
    let question = "How do I reset my password?";
    for (model, kept) in [("faq", 1.0), ("code", 2.0)] {
        assert_eq!(ask(&site, model, question, "en").await, "miss");
        site.service()
            .until_metric(&["penstock_cache_fills_total", "stored"], kept)
            .await;
        assert_eq!(ask(&site, model, question, "en").await, "hit-exact");
    }
    assert_eq!(primary.requests_with(question).len(), 2);
    // The file says that a faq's answer depends on the language, and nobody else's does.
    assert_eq!(ask(&site, "faq", question, "de").await, "miss");
    assert_eq!(ask(&site, "code", question, "de").await, "hit-exact");
    assert_eq!(ask(&site, "fresh", question, "en").await, "none");
    assert_eq!(ask(&site, "fresh", question, "en").await, "none");
    for (client, stream) in WAYS {
        let request = client.ask("code", question, stream);
        let response = site.send(request).await;
        let answer = said(client, &response).unwrap();
        assert!(answer.text.contains(question), "{answer:?}");
    }
}
