//! The local embedder, on questions as people ask them.

use super::{cache, keep, world_with};
use crate::ask::Client;

#[tokio::test]
async fn people_ask_the_same_in_other_words() {
    let world = world_with("threshold: 0.8, embedder: { budget: 10s }", "").await;
    let ask = |text: &str| Client::OpenAi.ask("plain", text, false);
    for kept in [
        "How do I reset my password?",
        "How do I enable 2FA on my account?",
        "What is the capital of France?",
    ] {
        keep(&world, ask(kept)).await;
    }
    for (text, expected) in [
        ("How can I reset my password?", "hit-semantic"),
        ("What's the capital of France?", "hit-semantic"),
        ("How do I disable 2FA on my account?", "miss"),
        ("What is the capital of Spain?", "miss"),
        ("How do I reset my router?", "miss"),
    ] {
        let response = world.envoy.send(ask(text)).await.unwrap();
        assert_eq!(
            cache(&response),
            expected,
            "{text}: {:?}",
            response.header("x-penstock-cache-similarity")
        );
    }
}
