//! What cannot be looked into does not go out, and Envoy lives on.
//!
//! The gateway is one without limits: token-quota stands in front and refuses what it cannot read in the same words.

use std::io::Write as _;
use std::sync::LazyLock;

use penstock_test_support::client::Response;
use penstock_test_support::gateway::Witness;
use penstock_test_support::{Gateway, Provider, Request};
use serde_json::json;

use super::values::{leaked, letter};
use super::world::{KEY, KEY_VARIABLE, echo, gateway, trap};
use crate::ask::{CLIENTS, Client, marker, with};
use crate::read::{failed, said};
use crate::world::provider;

/// A provider, and the gateway with two workers in front of it.
struct Place {
    primary: Provider,
    gateway: Gateway,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let primary = Provider::start("primary").unwrap();
    let models = echo("no-attachments", "", "pii: { attachments: deny }")
        + &echo("ignores", "", "pii: { action: ignore }");
    let gateway = gateway(&primary, &primary, &models, "{ enabled: false }")
        .concurrency(2)
        .start()
        .unwrap();
    Place { primary, gateway }
});

fn place() -> (&'static Place, Witness<'static>) {
    (&PLACE, PLACE.gateway.witness())
}

impl Place {
    async fn send(&self, request: Request) -> Response {
        self.gateway.send(request).await.unwrap()
    }
}

/// Sends a request that must be refused with a status, and makes sure that nobody was sent anything and that both workers live.
async fn refused(client: Client, what: &str, word: &str, request: Request, status: u16) -> Response {
    let (place, _) = place();
    let response = place.send(request).await;
    assert_eq!(response.status, status, "{client:?} {what}: {}", response.text());
    failed(client, &response).unwrap_or_else(|error| panic!("{client:?} {what}: {error}"));
    assert_eq!(leaked(&response.body), Vec::<String>::new(), "{client:?} {what}");
    // By this filter, not by the one behind it.
    let id = response.header("x-penstock-request-id").unwrap();
    let line = place.gateway.logged(id).await;
    assert!(
        line["pii"]
            .as_str()
            .is_some_and(|told| told.contains(r#""denied":true"#)),
        "{what}: {line}"
    );
    assert!(
        place.primary.requests_with(word).is_empty(),
        "{client:?} {what} was sent"
    );
    alive(what).await;
    response
}

/// Makes sure that both workers serve others and have not been rebuilt.
async fn alive(what: &str) {
    let (place, _) = place();
    for _ in 0..4 {
        let response = place.send(Client::OpenAi.ask("echo", "hello", false)).await;
        said(Client::OpenAi, &response).unwrap_or_else(|error| panic!("after {what}: {error}"));
    }
    assert_eq!(trap(&place.gateway), None, "after {what}");
}

#[tokio::test]
async fn what_is_not_json_in_utf_8_is_refused() {
    let (_, _logs) = place();
    for client in CLIENTS {
        let word = marker("unreadable");
        let whole = client.body("echo", &letter(&word), false).to_string();
        let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (what, body) in [
            ("a text", letter(&word).into_bytes()),
            ("half a body", whole.as_bytes()[..whole.len() - 1].to_vec()),
            ("two bodies", format!("{whole}{whole}").into_bytes()),
            (
                "not UTF-8",
                [&whole.as_bytes()[..whole.len() - 1], b",\"x\":\"\xff\"}"].concat(),
            ),
            ("UTF-16", utf16),
            ("a list", format!("[{whole}]").into_bytes()),
            (
                "deep nesting",
                whole.replacen('{', &format!("{{\"x\":{nested},"), 1).into_bytes(),
            ),
            (
                "a model twice",
                whole.replacen('{', "{\"model\":\"ignores\",", 1).into_bytes(),
            ),
        ] {
            refused(client, what, &word, client.raw(body), 400).await;
        }
    }
}

#[tokio::test]
async fn a_form_is_refused() {
    let (_, _logs) = place();
    for client in CLIENTS {
        let word = marker("form");
        let form = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{}\r\n--b--\r\n",
            letter(&word)
        );
        let mut request = match client {
            Client::OpenAi => Request::post_bytes("/v1/chat/completions", form),
            Client::Anthropic => Request::post_bytes("/v1/messages", form),
        };
        request = request.header("content-type", "multipart/form-data; boundary=b");
        refused(client, "a form", &word, request, 400).await;
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_body_is_refused_whether_or_not_it_says_so() {
    let (place, _logs) = place();
    for client in CLIENTS {
        let word = marker("gzip");
        let body = gzip(&client.body("echo", &letter(&word), false).to_string());
        let before = place.primary.requests_with("\u{1f}").len();
        refused(
            client,
            "gzip",
            &word,
            client.raw(body.clone()).header("content-encoding", "gzip"),
            415,
        )
        .await;
        refused(client, "gzip in secret", &word, client.raw(body), 400).await;
        assert_eq!(place.primary.requests_with("\u{1f}").len(), before);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_announced_or_not() {
    let (place, _logs) = place();
    for client in CLIENTS {
        let word = marker("large");
        let text = letter(&word) + &"x".repeat(30 << 20);
        for chunked in [false, true] {
            let request = client.ask("echo", &text, false);
            let request = if chunked { request.chunked() } else { request };
            match place.gateway.send(request).await {
                Ok(response) => {
                    let error = failed(client, &response).unwrap();
                    assert_eq!(response.status, 413, "{error:?}");
                    assert_eq!(leaked(&response.body), Vec::<String>::new());
                }
                // The answer is there, and so is the reset, before the client has sent everything.
                Err(error) => assert!(format!("{error:#}").contains("reset"), "{error:#}"),
            }
            assert!(place.primary.requests_with(&word).is_empty());
            alive("30 MB").await;
        }
    }
}

#[tokio::test]
async fn attachments_pass_or_are_refused_as_the_model_says() {
    let (place, _logs) = place();
    let image =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    for client in CLIENTS {
        let word = marker("image");
        let part = match client {
            Client::OpenAi => {
                json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{image}")}})
            }
            Client::Anthropic => {
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}})
            }
        };
        let body = |alias: &str| {
            let content = json!([part, {"type": "text", "text": letter(&word)}]);
            with(
                client.body(alias, "", false),
                "messages",
                json!([{"role": "user", "content": content}]),
            )
        };
        let request = client.request(&body("no-attachments"));
        refused(client, "an image", &word, request, 400).await;
        let response = place.send(client.request(&body("echo"))).await;
        said(client, &response).unwrap();
        let sent = place.primary.requests_with(&word).remove(0);
        assert!(sent.mentions(image));
        assert_eq!(leaked(&sent.body), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_cannot_be_looked_into_is_let_through_and_reported_where_the_policy_says_so() {
    let primary = Provider::start("primary").unwrap();
    let yaml = format!(
        "providers:\n{}models: [ {{ name: echo, targets: [ {{ provider: primary, model: fault=echo }} ] }} ]\n\
         pii: {{ key: {{ env: {KEY_VARIABLE} }}, on_unscannable: pass }}\nquota: {{ enabled: false }}\n",
        provider("primary", "openai", &format!("{}/v1", primary.url()), "")
    );
    let gateway = Gateway::builder(&yaml).env(KEY_VARIABLE, KEY).start().unwrap();
    // What comes behind wants JSON too, and refuses it in the same words.
    for (body, reason) in [(&b"hello"[..], "not_json"), (b"{\"model\":\"\xff\"}", "not_utf8")] {
        let response = gateway.send(Client::OpenAi.raw(body)).await.unwrap();
        assert_eq!(response.status, 400, "{}", response.text());
        let counter = format!("penstock.pii_unscannable.reason.{reason}.outcome.pass");
        assert_eq!(gateway.stat(&counter).await.unwrap(), 1, "{counter}");
        let id = response.header("x-penstock-request-id").unwrap();
        let line = gateway.logged(id).await;
        assert_eq!(line["pii"], json!({"unscannable": reason}).to_string(), "{line}");
    }
    let text = "mail jane.doe@example.org";
    let response = gateway
        .send(Client::OpenAi.ask("echo", text, false))
        .await
        .unwrap();
    assert_eq!(said(Client::OpenAi, &response).unwrap().text, text);
    assert!(!primary.requests()[0].mentions("jane.doe"));
}

#[tokio::test]
async fn an_answer_that_its_values_make_too_large_is_given_up_and_envoy_lives_on() {
    let primary = Provider::start("primary").unwrap();
    let yaml = format!(
        "limits: {{ request_body: 2MiB, response_body: 64KiB }}\nproviders:\n{}{}models:\n{}pii: {{ key: {{ env: {KEY_VARIABLE} }} }}\nquota: {{ enabled: false }}\n",
        provider("primary", "openai", &format!("{}/v1", primary.url()), ""),
        provider("primary-anthropic", "anthropic", &primary.url(), ""),
        echo("echo", "", ""),
    );
    let gateway = Gateway::builder(&yaml).env(KEY_VARIABLE, KEY).start().unwrap();
    let _logs = gateway.witness();
    let long = |n: u32| format!("{}{n}@{}.example.com ", "a".repeat(60), "b".repeat(60));
    let fits: String = (0..100).map(long).collect();
    let grows: String = (0..1_000).map(long).collect();
    for client in CLIENTS {
        for api in ["echo", "echo-anthropic"] {
            let response = gateway.send(client.ask(api, &grows, false)).await;
            let cut = response.map_or(true, |response| response.aborted.is_some());
            assert!(cut, "{client:?} {api}");
            let response = gateway.send(client.ask(api, &fits, false)).await.unwrap();
            assert_eq!(said(client, &response).unwrap().text, fits);
        }
    }
    assert_eq!(trap(&gateway), None);
}
