//! How bytes move: trailers, HTTP/2, clients that leave.

use std::time::Duration;

use penstock_test_support::Gateway;
use penstock_test_support::provider::Options;
use penstock_test_support::provider::tls::Authority;
use penstock_test_support::wait::eventually;
use serde_json::json;

use super::values::{leaked, letter};
use super::world::{KEY, KEY_VARIABLE, echo, trap, with_tool, world};
use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::said;
use crate::world::{model, provider};

pub fn models() -> String {
    echo("slow", "piece:1,interval:5ms", "")
        + &echo("endless", "piece:1,interval:50ms", "")
        + &echo("unfinished", "piece:7,no-done", "")
}

#[tokio::test]
async fn a_client_that_leaves_in_mid_stream_leaves_nothing_behind() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for api in ["", "-anthropic"] {
            let word = marker("leaves");
            let text = letter(&word);
            let request = client.ask(&format!("endless{api}"), &text, true);
            let mut streaming = request.open(world.gateway.address()).await.unwrap();
            streaming.next().await.unwrap().expect("a beginning");
            streaming.next().await.unwrap().expect("more of it");
            streaming.disconnect();
            let connection = world.primary.wait_for(&word, 1).await.remove(0).connection;
            eventually(Duration::from_secs(10), "the provider is left too", async || {
                (!world.primary.is_connected(connection)).then_some(())
            })
            .await;
            let after = world.send(client.ask(&format!("slow{api}"), &text, true)).await;
            assert_eq!(said(client, &after).unwrap().text, text);
        }
    }
    assert_eq!(trap(&world.gateway), None);
}

#[tokio::test]
async fn a_value_is_given_on_while_the_stream_goes_on() {
    let (world, _logs) = world();
    for client in CLIENTS {
        for api in ["", "-anthropic"] {
            let text = format!("jane.doe@example.org {}", "word ".repeat(40));
            let request = client.ask(&format!("endless{api}"), &text, true);
            let mut streaming = request.open(world.gateway.address()).await.unwrap();
            // Two seconds before the answer ends.
            let seen = streaming.read_until("jane.doe@example.org").await.unwrap();
            assert!(!seen.contains("word word"), "{seen}");
            streaming.disconnect();
        }
    }
}

#[tokio::test]
async fn requests_over_http_2_with_trailers_are_masked() {
    let (world, _logs) = world();
    for (client, stream) in WAYS {
        let word = marker("h2");
        let text = letter(&word);
        let response = world
            .send(client.ask("echo", &text, stream).with_trailers())
            .await;
        assert_eq!(said(client, &response).unwrap().text, text);
        assert_eq!(
            leaked(&world.primary.requests_with(&word)[0].body),
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn requests_that_trickle_in_are_masked() {
    let (world, _logs) = world();
    for client in CLIENTS {
        let word = marker("trickle");
        let text = letter(&word);
        let request = client
            .ask("echo", &text, false)
            .trickled(11, Duration::from_millis(1));
        let response = world.send(request.chunked()).await;
        assert_eq!(said(client, &response).unwrap().text, text);
        assert_eq!(
            leaked(&world.primary.requests_with(&word)[0].body),
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn answers_over_http_2_that_end_in_trailers_are_restored() {
    let authority = Authority::new().unwrap();
    let modern = Options::new("modern")
        .tls(authority.certificate("provider.test").unwrap())
        .start()
        .unwrap();
    let trusted = "tls: { ca_file: secrets/ca.pem, server_name: provider.test }";
    let yaml = format!(
        "providers:\n{}{}models:\n{}pii: {{ key: {{ env: {KEY_VARIABLE} }}, patterns: [ {{ name: BADGE, regex: 'B\"\\d{{4}}\\\\Ω', score: 0.9 }} ], deny_lists: [ {{ name: PROJECT, words: [bluebird] }} ] }}\n",
        provider("modern", "openai", &format!("{}/v1", modern.url()), trusted),
        provider("modern-anthropic", "anthropic", &modern.url(), trusted),
        (1..=20)
            .flat_map(|piece| ["", "-anthropic"].map(|api| (piece, api)))
            .map(|(piece, api)| {
                let fault = format!("fault=echo,piece:{piece},trailers");
                model(
                    &format!("ends-{piece}{api}"),
                    &[(&format!("modern{api}"), &fault)],
                    "",
                )
            })
            .collect::<String>(),
    );
    let gateway = Gateway::builder(&yaml)
        .secret("ca.pem", authority.pem())
        .env(KEY_VARIABLE, KEY)
        .start()
        .unwrap();
    for (client, stream) in WAYS {
        for piece in 1..=20 {
            for api in ["", "-anthropic"] {
                let word = marker("trailers");
                let text = letter(&word);
                let alias = format!("ends-{piece}{api}");
                let case = format!("{client:?} {alias} {stream}");
                let response = gateway.send(client.ask(&alias, &text, stream)).await.unwrap();
                assert_eq!(
                    said(client, &response)
                        .unwrap_or_else(|error| panic!("{case}: {error}"))
                        .text,
                    text,
                    "{case}"
                );
                let body = with_tool(client, client.body(&alias, &text, stream));
                let response = gateway.send(client.request(&body)).await.unwrap();
                let said = said(client, &response).unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(said.calls[0].arguments, json!({"city": text}), "{case}");
                for request in modern.requests_with(&word) {
                    assert_eq!(leaked(&request.body), Vec::<String>::new());
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_of_a_stream_that_does_not_say_that_it_ends() {
    let (world, _logs) = world();
    let text = format!("{} jane.doe@example.org [EMAIL", marker("unfinished"));
    let response = world.send(Client::OpenAi.ask("unfinished", &text, true)).await;
    assert_eq!(said(Client::OpenAi, &response).unwrap().text, text);
}
