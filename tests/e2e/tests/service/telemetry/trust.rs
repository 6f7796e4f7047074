//! What goes out of the house, and what must not: into a span, or to a provider.

use penstock_test_support::Request;
use penstock_test_support::client::Response;
use penstock_test_support::collector::Collector;

use crate::ask::{Client, marker};

use super::{children_of, span_of, text, world};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn id(response: &Response) -> &str {
    response.header("x-penstock-request-id").expect("a request id")
}

fn traced(request: Request) -> Request {
    request
        .header("traceparent", &format!("00-{TRACE}-{PARENT}-01"))
        .header("tracestate", "vendor=hush")
}

#[tokio::test]
async fn a_span_holds_no_prompt_no_query_no_credential_and_no_header_of_the_client() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let prompt = marker("prompt");
    for model in ["plain", "failing", "nobody-has-this"] {
        let body = Client::OpenAi.body(model, &prompt, false).to_string();
        let request = Request::post_bytes("/v1/chat/completions?api-key=hush", body)
            .header("user-agent", "hush")
            .header("authorization", "Bearer hush")
            .header("cookie", "hush")
            .header("x-request-id", "hush")
            .header("x-client-trace-id", "hush")
            .header("x-forwarded-for", "192.0.2.1")
            .header("referer", "https://hush.example");
        let response = world.envoy.send(request).await.unwrap();
        let span = span_of(&collector, id(&response)).await;
        assert_eq!(
            text(&span.attributes, "http.url"),
            Some("/v1/chat/completions"),
            "{span:?}"
        );
        children_of(&collector, &span, 1).await;
    }
    let spans = format!("{:?}", collector.spans());
    for secret in ["hush", "192.0.2.1", prompt.as_str()] {
        assert!(!spans.contains(secret), "{secret} in {spans}");
    }
}

#[tokio::test]
async fn a_trace_goes_on_and_only_those_providers_hear_of_it_that_are_to() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, ", sample: 0, propagate: [backup]").await;
    let text = marker("traced");
    for (model, provider) in [("plain", &world.primary), ("second", &world.backup)] {
        let response = world
            .envoy
            .send(traced(Client::OpenAi.ask(model, &text, false)))
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
        // A trace that others have begun is not sampled once more.
        let span = span_of(&collector, id(&response)).await;
        assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, PARENT));
        let asked = provider.requests_with(&text);
        let heard = asked.last().unwrap().header("traceparent");
        if model == "plain" {
            assert_eq!(heard, None, "{asked:?}");
        } else {
            let attempt = children_of(&collector, &span, 3).await;
            let attempt = attempt
                .iter()
                .find(|child| child.name == "chat provider-backup")
                .unwrap();
            assert_eq!(heard, Some(format!("00-{TRACE}-{}-01", attempt.id).as_str()));
        }
    }
    // Nobody has begun this one, and none is sampled.
    let response = world
        .envoy
        .send(Client::OpenAi.ask("plain", &text, false))
        .await
        .unwrap();
    world.envoy.logged(id(&response)).await;
    let response = world
        .envoy
        .send(traced(Client::OpenAi.ask("plain", &text, false)))
        .await
        .unwrap();
    span_of(&collector, id(&response)).await;
    assert!(
        collector.spans().iter().all(|span| span.trace == TRACE),
        "{:?}",
        collector.spans()
    );
}

#[tokio::test]
async fn no_provider_hears_of_a_trace_unless_that_is_asked_for() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let text = marker("untold");
    for request in [
        Client::OpenAi.ask("failing", &text, true),
        traced(Client::OpenAi.ask("failing", &text, true)),
    ] {
        let response = world.envoy.send(request).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    let asked = [&world.primary, &world.backup]
        .map(|provider| provider.requests_with(&text))
        .concat();
    assert!(asked.len() >= 4, "{asked:?}");
    for request in asked {
        for name in ["traceparent", "tracestate", "b3", "x-b3-traceid"] {
            assert_eq!(request.header(name), None, "{request:?}");
        }
    }
}
