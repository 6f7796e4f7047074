//! `reserve: learned`: who always asks for much and uses little is not starved.

use super::world::{Tenant, at_most, billed, exact, number, world};
use crate::ask::Client;
use crate::read::said;

const LIMIT: u64 = 50_000;
const ASKED: u64 = 32_000;

pub fn models() -> String {
    exact("learned", &[("primary", "good")], "") + &exact("unlearned", &[("primary", "good")], "")
}

pub fn limits() -> String {
    format!(
        "    - {{ name: learned, per: [tenant], match: {{ model: [learned] }}, tokens_per_hour: {LIMIT}, reserve: learned }}
    - {{ name: unlearned, per: [tenant], match: {{ model: [unlearned] }}, tokens_per_hour: {LIMIT} }}\n"
    )
}

#[tokio::test]
async fn reservations_come_down_to_what_answers_really_take() {
    let (_, _logs) = world();
    let client = Client::OpenAi;
    for (alias, learns) in [("learned", true), ("unlearned", false)] {
        let tenant = Tenant::new(alias);
        let ask = async || {
            let body = at_most(client, alias, "hello", false, ASKED);
            let response = tenant.send(client.request(&body)).await;
            said(client, &response).unwrap();
            response
        };
        let mut used = 0;
        let mut learned_after = None;
        for n in 0..100 {
            let response = ask().await;
            let reserved = LIMIT - used - number(&response, "x-ratelimit-remaining-tokens").unwrap();
            used += billed(&response).await;
            tenant.has_used(used).await;
            if reserved < 1_000 {
                learned_after = Some(n);
                break;
            }
            assert!(learns || reserved >= ASKED, "{reserved}");
        }
        assert_eq!(learned_after.is_some(), learns, "{alias}: {learned_after:?}");
        if !learns {
            continue;
        }
        // Many at once fit now, where one and a half did before.
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let tenant = tenant.clone();
            let body = at_most(client, alias, "hello", false, ASKED);
            requests.spawn(async move { tenant.send(client.request(&body)).await.status });
        }
        assert!(requests.join_all().await.iter().all(|status| *status == 200));
    }
}
