//! What spans tell of each kind of request.

use penstock_test_support::client::Response;
use penstock_test_support::collector::{Collector, Span};

use crate::ask::Client;

use super::{World, children_of, record_of, span_of, text, world};

/// The id by which everybody knows the request.
fn id(response: &Response) -> &str {
    response.header("x-penstock-request-id").expect("a request id")
}

/// What a span says under each of these names; nothing where it says nothing.
fn said<'a>(span: &'a Span, names: &[&str]) -> Vec<Option<&'a str>> {
    names.iter().map(|name| text(&span.attributes, name)).collect()
}

async fn ask(world: &World, model: &str, stream: bool) -> Response {
    let request = Client::OpenAi.ask(model, "hello", stream);
    world.envoy.send(request).await.unwrap()
}

#[tokio::test]
async fn a_span_says_who_asked_whom_for_what_and_what_it_took() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    for stream in [false, true] {
        let response = ask(&world, "plain", stream).await;
        assert_eq!(response.status, 200, "{}", response.text());
        let span = span_of(&collector, id(&response)).await;
        assert_eq!(
            (span.name.as_str(), span.is_error),
            ("chat plain", false),
            "{span:?}"
        );
        assert_eq!(text(&span.resource, "service.name"), Some("penstock"));
        let names = [
            "gen_ai.operation.name",
            "gen_ai.provider.name",
            "gen_ai.request.model",
            "gen_ai.request.stream",
            "gen_ai.response.finish_reasons",
            "error.type",
            "penstock.tenant",
            "penstock.team",
            "penstock.attempts",
            "penstock.outcomes",
            "penstock.policy_version",
        ];
        let expected = [
            Some("chat"),
            Some("primary"),
            Some("plain"),
            stream.then_some("true"),
            Some("stop"),
            None,
            Some("demo"),
            Some("search"),
            Some("1"),
            Some("primary:200"),
            Some(world.envoy.policy_version()),
        ];
        assert_eq!(said(&span, &names), expected, "{span:?}");

        // The ledger says the same, in numbers.
        let record = record_of(&collector, id(&response)).await;
        for name in [
            "gen_ai.response.model",
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "penstock.cost.micro_usd",
        ] {
            let told = &record.attributes[name];
            let told = told.as_str().map_or_else(|| told.to_string(), str::to_owned);
            assert_eq!(
                text(&span.attributes, name),
                Some(told.as_str()),
                "{name}: {span:?}"
            );
        }
        let seconds = text(&span.attributes, "gen_ai.response.time_to_first_chunk");
        assert_eq!(seconds.is_some(), stream, "{span:?}");
        assert!(
            seconds.is_none_or(|seconds| seconds.parse::<f64>().is_ok()),
            "{seconds:?}"
        );
    }
}

#[tokio::test]
async fn each_attempt_and_each_question_to_the_service_has_a_span_below() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let response = ask(&world, "failing", true).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let outcomes = response.header("x-penstock-attempts").unwrap();
    let span = span_of(&collector, id(&response)).await;
    assert_eq!(text(&span.attributes, "penstock.outcomes"), Some(outcomes));
    let attempts = outcomes.split(',').count();
    assert!(attempts > 1, "{outcomes}");
    assert_eq!(
        said(&span, &["penstock.attempts", "gen_ai.provider.name"]),
        [Some(attempts.to_string().as_str()), Some("backup")]
    );
    let children = children_of(&collector, &span, attempts + 2).await;
    assert!(children.iter().all(|child| child.trace == span.trace));
    let of = |name: &str| children.iter().filter(|child| child.name.contains(name)).count();
    assert_eq!(
        (of("Authorization"), of("ExternalProcessor")),
        (1, 1),
        "{children:?}"
    );
    let tried: Vec<_> = children
        .iter()
        .filter(|child| child.name.starts_with("chat "))
        .map(|child| {
            let code = text(&child.attributes, "http.status_code").unwrap();
            let provider = text(&child.attributes, "gen_ai.provider.name").unwrap();
            assert_eq!(child.name, format!("chat provider-{provider}"), "{child:?}");
            format!("{provider}:{code}")
        })
        .collect();
    assert_eq!(tried.join(","), outcomes, "{children:?}");
}

#[tokio::test]
async fn a_refused_request_says_why() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let response = ask(&world, "nobody-has-this", false).await;
    assert_eq!(response.status, 404, "{}", response.text());
    let span = span_of(&collector, id(&response)).await;
    let names = [
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "error.type",
        "penstock.response_details",
        "penstock.attempts",
    ];
    // What a client makes up is no name of a model.
    let expected = [Some("chat"), None, Some("404"), Some("model_not_found"), None];
    assert_eq!(
        (span.name.as_str(), said(&span, &names)),
        ("chat", expected.to_vec()),
        "{span:?}"
    );
}

#[tokio::test]
async fn an_answer_that_broke_off_is_an_error_although_its_status_is_200() {
    let collector = Collector::start().unwrap();
    let world = world(&collector, "").await;
    let response = ask(&world, "cut", true).await;
    assert_eq!(response.status, 200);
    let span = span_of(&collector, id(&response)).await;
    let names = [
        "http.status_code",
        "error.type",
        "gen_ai.request.model",
        "gen_ai.provider.name",
        "gen_ai.response.finish_reasons",
    ];
    let expected = [Some("200"), Some("cut"), Some("cut"), Some("primary"), None];
    assert_eq!(said(&span, &names), expected, "{span:?}");
    let record = record_of(&collector, id(&response)).await;
    assert_eq!(record.severity, "ERROR", "{record:?}");
    assert_eq!(text(&record.attributes, "error.type"), Some("cut"));
}
