//! Providers over TLS: who is trusted, by which name, and what HTTP/2 has that HTTP/1.1 has not.

use std::sync::LazyLock;

use penstock_test_support::gateway::Witness;
use penstock_test_support::provider::Options;
use penstock_test_support::provider::tls::Authority;
use penstock_test_support::{Gateway, Provider};
use tokio::task::JoinSet;

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::{failed, failed_midstream, said};
use crate::world::{model, provider};

/// The name in the certificate of `modern`.
const NAME: &str = "provider.test";

/// What the only target does before its trailers, and what the attempt is called once it is replaced.
const BREAKS: &[(&str, &str)] = &[
    ("cut:1", "incomplete"),
    ("cut:6", "incomplete"),
    ("error-midstream:6", "error"),
    ("malformed-event:6", "malformed"),
    ("error-in-200", "error"),
    ("status:429", "429"),
    ("empty-200", "incomplete"),
    ("redirect", "307"),
];

struct Tls {
    /// HTTP/2, named [`NAME`].
    modern: Provider,
    /// HTTP/1.1, known by its address.
    classic: Provider,
    /// HTTP/2, named `localhost`, which is also how it is found.
    local: Provider,
    gateway: Gateway,
    /// Takes over; speaks no TLS.
    _backup: Provider,
}

static TLS: LazyLock<Tls> = LazyLock::new(Tls::start);

fn tls() -> (&'static Tls, Witness<'static>) {
    (&TLS, TLS.gateway.witness())
}

/// The alias of a model that does `fault` and then sends trailers.
fn ending(fault: &str, suffix: &str, commit: &str) -> String {
    format!("{fault}{suffix}-{commit}")
}

impl Tls {
    fn start() -> Self {
        let authority = Authority::new().unwrap();
        let serve = |name: &str, certificate| Options::new(name).tls(certificate).start().unwrap();
        let modern = serve("modern", authority.certificate(NAME).unwrap());
        let classic = authority.certificate("127.0.0.1").unwrap().without_http2();
        let classic = serve("classic", classic);
        let local = serve("local", authority.certificate("localhost").unwrap());
        let backup = Provider::start("backup").unwrap();

        let trusted = format!("tls: {{ ca_file: secrets/ca.pem, server_name: {NAME} }}");
        let by_url = "tls: { ca_file: secrets/ca.pem }";
        let misnamed = "tls: { ca_file: secrets/ca.pem, server_name: other.test }";
        let stranger = format!("tls: {{ ca_file: secrets/other.pem, server_name: {NAME} }}");
        let localhost = format!("https://localhost:{}/v1", local.address().port());
        let openai = |provider: &Provider| format!("{}/v1", provider.url());
        let providers = [
            provider("modern", "openai", &openai(&modern), &trusted),
            provider("modern-anthropic", "anthropic", &modern.url(), &trusted),
            provider("classic", "openai", &openai(&classic), by_url),
            provider("classic-anthropic", "anthropic", &classic.url(), by_url),
            provider("local", "openai", &localhost, by_url),
            provider("misnamed", "openai", &openai(&modern), misnamed),
            provider("stranger", "anthropic", &modern.url(), &stranger),
            provider("backup", "openai", &openai(&backup), ""),
        ];
        let mut models = String::new();
        for alias in [
            "modern",
            "modern-anthropic",
            "classic",
            "classic-anthropic",
            "local",
        ] {
            models += &model(alias, &[(alias, "good")], "");
        }
        for alias in ["misnamed", "stranger"] {
            models += &model(alias, &[(alias, "good"), ("backup", "good")], "");
        }
        for (suffix, first) in [("", "modern"), ("-anthropic", "modern-anthropic")] {
            for commit in ["first_event", "complete"] {
                let faults = BREAKS.iter().map(|(fault, _)| *fault);
                for fault in faults.chain(["events:10"]) {
                    let target = format!("fault={fault},trailers,interval:10ms");
                    let targets = [(first, target.as_str()), ("backup", "good")];
                    let commit_field = format!("commit: {commit}");
                    models += &model(&ending(fault, suffix, commit), &targets, &commit_field);
                }
            }
        }
        for (alias, fault) in [
            ("only-empty", "empty-200"),
            ("only-redirect", "redirect"),
            ("only-refused", "status:401"),
        ] {
            models += &model(alias, &[("modern", &format!("fault={fault},trailers"))], "");
        }
        let gateway = Gateway::builder(&format!("providers:\n{}models:\n{models}", providers.concat()))
            .secret("ca.pem", authority.pem())
            .secret("other.pem", Authority::new().unwrap().pem())
            .start()
            .unwrap();
        Self {
            modern,
            classic,
            local,
            gateway,
            _backup: backup,
        }
    }
}

#[tokio::test]
async fn a_trusted_provider_is_asked_by_its_name_in_the_best_protocol() {
    let (tls, _logs) = tls();
    for (client, stream) in WAYS {
        for (alias, provider, server_name, version) in [
            ("modern", &tls.modern, Some(NAME), "HTTP/2.0"),
            ("modern-anthropic", &tls.modern, Some(NAME), "HTTP/2.0"),
            ("classic", &tls.classic, None, "HTTP/1.1"),
            ("classic-anthropic", &tls.classic, None, "HTTP/1.1"),
            ("local", &tls.local, Some("localhost"), "HTTP/2.0"),
        ] {
            let text = marker("trusted");
            let response = tls.gateway.send(client.ask(alias, &text, stream)).await.unwrap();
            let answer = said(client, &response).unwrap_or_else(|error| panic!("{alias}: {error}"));
            assert_eq!(answer.text, format!("[{}] You said: {text}", provider.name()));
            let asked = &provider.requests_with(&text)[0];
            assert_eq!(asked.server_name.as_deref(), server_name, "{alias}");
            assert_eq!(format!("{:?}", asked.version), version, "{alias}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_cannot_prove_who_it_is_is_passed_over() {
    let (tls, _logs) = tls();
    for (client, stream) in WAYS {
        for alias in ["misnamed", "stranger"] {
            let text = marker("impostor");
            let response = tls.gateway.send(client.ask(alias, &text, stream)).await.unwrap();
            said(client, &response).unwrap_or_else(|error| panic!("{alias}: {error}"));
            let expected = format!("{alias}:connect-failure,backup:200");
            assert_eq!(response.header("x-penstock-attempts"), Some(expected.as_str()));
            assert!(tls.modern.requests_with(&text).is_empty(), "{alias}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_ends_in_trailers_is_whole() {
    let (tls, _logs) = tls();
    for (client, stream) in WAYS {
        for suffix in ["", "-anthropic"] {
            for commit in ["first_event", "complete"] {
                let alias = ending("events:10", suffix, commit);
                let response = tls
                    .gateway
                    .send(client.ask(&alias, "hello", stream))
                    .await
                    .unwrap();
                let answer = said(client, &response)
                    .unwrap_or_else(|error| panic!("{client:?} {alias} stream={stream}: {error}"));
                assert_eq!(
                    answer.text, "0 1 2 3 4 5 6 7 8 9 ",
                    "{client:?} {alias} stream={stream}"
                );
                let expected = format!("modern{suffix}:200");
                assert_eq!(response.header("x-penstock-attempts"), Some(expected.as_str()));
            }
        }
    }
}

/// Whether a fault hits an answer that is not streamed.
fn hits_whole(fault: &str) -> bool {
    !fault.contains("event") && !fault.contains("midstream") && fault != "cut:1"
}

async fn replaced(client: Client, stream: bool, alias: String, expected: String) -> Result<(), String> {
    let (tls, _logs) = tls();
    let told = |what: String| format!("{client:?} {alias} stream={stream}: {what}");
    let text = format!("{} two three four five six seven eight", marker("replaced"));
    let response = tls.gateway.send(client.ask(&alias, &text, stream)).await;
    let response = response.map_err(|error| told(format!("{error:#}")))?;
    let answer = said(client, &response).map_err(told)?;
    if answer.text != format!("[backup] You said: {text}") {
        return Err(told(answer.text));
    }
    match response.header("x-penstock-attempts") {
        Some(attempts) if attempts == expected => Ok(()),
        attempts => Err(told(format!("attempts are {attempts:?}, not {expected}"))),
    }
}

#[tokio::test]
async fn what_fails_before_its_release_and_ends_in_trailers_is_replaced() {
    let mut cases = JoinSet::new();
    for (client, stream) in WAYS {
        for suffix in ["", "-anthropic"] {
            for (fault, outcome) in BREAKS {
                for commit in ["first_event", "complete"] {
                    let released = stream && commit == "first_event" && fault.ends_with('6');
                    if released || !(stream || hits_whole(fault)) {
                        continue;
                    }
                    // Half a JSON text that ends in order is no more than that.
                    let outcome = match (stream, *fault) {
                        (false, "cut:6") => "malformed",
                        _ => outcome,
                    };
                    let expected = format!("modern{suffix}:{outcome},backup:200");
                    cases.spawn(replaced(client, stream, ending(fault, suffix, commit), expected));
                }
            }
        }
    }
    all(cases).await;
}

/// Runs every case, and names all that are wrong.
async fn all(cases: JoinSet<Result<(), String>>) {
    let failures: Vec<_> = cases
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(
        failures.is_empty(),
        "{} cases failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn a_released_stream_that_breaks_before_its_trailers_is_no_short_success() {
    let (tls, _logs) = tls();
    for client in CLIENTS {
        for suffix in ["", "-anthropic"] {
            for fault in ["cut:6", "error-midstream:6", "malformed-event:6"] {
                let alias = ending(fault, suffix, "first_event");
                let text = format!("{} two three four five six seven eight", marker("short"));
                let response = tls.gateway.send(client.ask(&alias, &text, true)).await.unwrap();
                assert_eq!(response.status, 200);
                match fault {
                    // Envoy lets no filter add a body to trailers, so nothing can be said any more.
                    "cut:6" => assert!(
                        response.aborted.is_some(),
                        "{client:?} {alias}: {}",
                        response.text()
                    ),
                    _ => {
                        assert_eq!(response.aborted, None, "{client:?} {alias}");
                        failed_midstream(client, &response).unwrap();
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_plan_that_ends_in_trailers_alone_is_answered_in_the_dialect() {
    let (tls, _logs) = tls();
    for (client, stream) in WAYS {
        for alias in ["only-empty", "only-redirect", "only-refused"] {
            let response = tls
                .gateway
                .send(client.ask(alias, "hello", stream))
                .await
                .unwrap();
            let error = failed(client, &response).unwrap_or_else(|error| panic!("{alias}: {error}"));
            assert_eq!(response.status, 502, "{alias}: {error:?}");
        }
    }
}
