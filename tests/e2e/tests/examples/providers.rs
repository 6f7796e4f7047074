//! examples/providers

use penstock_test_support::Provider;
use penstock_test_support::provider::Options;

use super::site::Example;
use crate::ask::{CLIENTS, WAYS, marker};
use crate::read::said;

const OPENAI: &str = "https://api.openai.com";
const ANTHROPIC: &str = "https://api.anthropic.com";

#[tokio::test]
async fn each_provider_covers_for_the_other_with_its_own_key() {
    let mut openai = Options::new("openai").api_key("key-of-openai").start().unwrap();
    let anthropic = Options::new("anthropic")
        .api_key("key-of-anthropic")
        .start()
        .unwrap();
    let site = Example::read("providers")
        .provider(OPENAI, &openai)
        .provider(ANTHROPIC, &anthropic)
        .env("OPENAI_API_KEY", "key-of-openai")
        .env("ANTHROPIC_API_KEY", "key-of-anthropic")
        .start()
        .await;
    let by_openai = ["gpt-5.4", "gpt-5.4-mini"];
    let by_anthropic = ["claude-sonnet-5-5", "claude-haiku-5-5", "default"];
    for (client, stream) in WAYS {
        for model in by_openai {
            let response = site.send(client.ask(model, "hello", stream)).await;
            assert!(said(client, &response).unwrap().text.starts_with("[openai]"));
        }
        for model in by_anthropic {
            let response = site.send(client.ask(model, "hello", stream)).await;
            assert!(said(client, &response).unwrap().text.starts_with("[anthropic]"));
        }
    }
    openai.stop();
    for client in CLIENTS {
        for model in by_openai {
            let response = site.send(client.ask(model, "hello", false)).await;
            assert!(said(client, &response).unwrap().text.starts_with("[anthropic]"));
        }
    }
}

#[tokio::test]
async fn targets_of_a_provider_whose_key_is_missing_are_passed_over() {
    let openai = Options::new("openai").api_key("key-of-openai").start().unwrap();
    let anthropic: Provider = Options::new("anthropic")
        .api_key("key-of-anthropic")
        .start()
        .unwrap();
    let site = Example::read("providers")
        .provider(OPENAI, &openai)
        .provider(ANTHROPIC, &anthropic)
        .env("OPENAI_API_KEY", "key-of-openai")
        .start()
        .await;
    for (client, stream) in WAYS {
        let text = marker("passed");
        let response = site.send(client.ask("default", &text, stream)).await;
        assert!(said(client, &response).unwrap().text.starts_with("[openai]"));
        assert_eq!(
            response.header("x-penstock-attempts"),
            Some("anthropic:401,openai:200")
        );
    }
}
