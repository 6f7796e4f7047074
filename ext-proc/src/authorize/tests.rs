use std::{collections::HashMap, path::Path};

use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, HeaderValue},
    service::auth::v3::{
        AttributeContext, attribute_context, attribute_context::HttpRequest, check_response::HttpResponse,
    },
};
use envoy_types::pb::google::protobuf::value::Kind;
use penstock_config::{Config, KeyHash};

use super::*;

const KEY: &str = "psk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const OTHER: &str = "psk-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn config(keys: &str) -> Config {
    let text = format!(
        "service: {{}}
providers: [{{ name: p, api: openai, base_url: 'https://api.example.com/v1', credential: {{ env: KEY }} }}]
models: [{{ name: default, targets: [{{ provider: p, model: a }}] }}]
{keys}
"
    );
    Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
}

fn guarded(more: &str) -> String {
    let hash = KeyHash::of(KEY);
    format!("keys: {{ {more} list: [{{ id: k, hash: '{hash}', tenant: acme, agent: crawler }}] }}")
}

const ANONYMOUS: &str = "anonymous: { tenant: demo },";

fn service(keys: &str) -> AuthorizationService {
    AuthorizationService::new(Arc::new(Keyring::new(&config(keys))), KeyMetrics::default())
}

fn raw(headers: &[(&str, &[u8])]) -> CheckRequest {
    let headers = headers.iter().map(|(key, value)| HeaderValue {
        key: (*key).to_owned(),
        raw_value: value.to_vec(),
        ..HeaderValue::default()
    });
    request(HttpRequest {
        header_map: Some(HeaderMap {
            headers: headers.collect(),
        }),
        ..HttpRequest::default()
    })
}

fn request(http: HttpRequest) -> CheckRequest {
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(attribute_context::Request {
                http: Some(http),
                ..Default::default()
            }),
            ..AttributeContext::default()
        }),
    }
}

/// Status (200 for those who are let in), tenant or reason, and the headers that are taken away.
fn outcome(service: &AuthorizationService, request: CheckRequest) -> (i32, String, Vec<String>) {
    let response = service.answer(request, 0);
    let mut said = response
        .dynamic_metadata
        .map(|said| said.fields)
        .unwrap_or_default();
    let mut text = |name: &str| match said.remove(name)?.kind? {
        Kind::StringValue(text) => Some(text),
        _ => None,
    };
    match response.http_response.unwrap() {
        HttpResponse::OkResponse(ok) => {
            assert_eq!(response.status.unwrap().code, 0);
            (200, text("tenant").unwrap_or_default(), ok.headers_to_remove)
        }
        HttpResponse::DeniedResponse(denied) => {
            assert_eq!(response.status.unwrap().code, 16);
            (
                denied.status.unwrap().code,
                text("denied").unwrap_or_default(),
                Vec::new(),
            )
        }
        HttpResponse::ErrorResponse(_) => panic!("no decision"),
    }
}

/// Name, configuration, headers; status, tenant or reason, headers that are taken away.
type Case<'a> = (
    &'a str,
    String,
    Vec<(&'a str, &'a [u8])>,
    i32,
    &'a str,
    &'a [&'a str],
);

#[test]
fn who_shows_what_is_admitted_as_whom() {
    let bearer = |key: &str| format!("Bearer {key}").into_bytes();
    let (key, other, foreign) = (bearer(KEY), bearer(OTHER), bearer("sk-x"));
    let (key, other, foreign): (&[u8], &[u8], &[u8]) = (&key, &other, &foreign);
    let auth = |value| vec![("authorization", value)];
    let none = String::new;
    let cases: Vec<Case<'_>> = vec![
        ("key", guarded(""), auth(key), 200, "acme", &["authorization"]),
        ("no key", guarded(""), vec![], 401, "missing", &[]),
        ("another key", guarded(""), auth(other), 401, "unknown", &[]),
        (
            "a provider's key",
            guarded(""),
            auth(foreign),
            401,
            "unknown",
            &[],
        ),
        (
            "a key and a provider's",
            guarded(""),
            vec![("authorization", key), ("x-api-key", b"sk-ant-x")],
            200,
            "acme",
            &["authorization"],
        ),
        (
            "two keys",
            guarded(""),
            vec![("authorization", key), ("x-api-key", OTHER.as_bytes())],
            401,
            "ambiguous",
            &[],
        ),
        ("anonymous", guarded(ANONYMOUS), vec![], 200, "demo", &[]),
        (
            "anonymous with a provider's key",
            guarded(ANONYMOUS),
            auth(foreign),
            200,
            "demo",
            &[],
        ),
        (
            "a wrong key is not anonymous",
            guarded(ANONYMOUS),
            auth(other),
            401,
            "unknown",
            &[],
        ),
        (
            "a key where others are anonymous",
            guarded(ANONYMOUS),
            auth(key),
            200,
            "acme",
            &["authorization"],
        ),
        ("nobody is asked", none(), auth(key), 200, "", &["authorization"]),
        ("nobody is asked, no key", none(), vec![], 200, "", &[]),
    ];
    for (name, keys, mut headers, status, said, removed) in cases {
        headers.extend([(":method", &b"POST"[..]), (":path", b"/v1/chat/completions")]);
        let expected = (
            status,
            said.to_owned(),
            removed.iter().map(|name| (*name).to_owned()).collect(),
        );
        assert_eq!(outcome(&service(&keys), raw(&headers)), expected, "{name}");
    }
}

#[test]
fn headers_that_come_as_a_map_are_read_too() {
    let http = HttpRequest {
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        headers: HashMap::from([("x-api-key".to_owned(), KEY.to_owned())]),
        ..HttpRequest::default()
    };
    let (status, tenant, removed) = outcome(&service(&guarded("")), request(http.clone()));
    assert_eq!(
        (status, &*tenant, removed),
        (200, "acme", vec!["x-api-key".to_owned()])
    );

    let without = HttpRequest {
        headers: HashMap::new(),
        ..http
    };
    let response = service(&guarded("")).answer(request(without), 0);
    let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else {
        panic!("not denied");
    };
    assert!(
        denied.body.contains("\"authentication_error\""),
        "{}",
        denied.body
    );
}

#[test]
fn a_request_of_which_nothing_is_known_is_denied() {
    let empty = CheckRequest::default();
    let no_http = CheckRequest {
        attributes: Some(AttributeContext::default()),
    };
    let no_headers = request(HttpRequest::default());
    let strange = raw(&[("", b""), ("authorization", b"\xff\xfe"), (":path", b"\xff")]);
    for (request, why) in [
        (empty, "missing"),
        (no_http, "missing"),
        (no_headers, "missing"),
        (strange, "ambiguous"),
    ] {
        let (status, said, _) = outcome(&service(&guarded("")), request);
        assert_eq!((status, &*said), (401, why));
    }
}

#[test]
fn every_denial_looks_the_same_from_outside() {
    let keys = format!(
        "keys: {{ list: [{{ id: a, hash: '{}', tenant: t, revoked: true }}, {{ id: b, hash: '{}', tenant: t, expires: 1970-01-01T00:00:00Z }}] }}",
        KeyHash::of(KEY),
        KeyHash::of(OTHER)
    );
    let service = service(&keys);
    let unknown = KEY.replace('A', "C");
    let bodies: Vec<_> = [Some(KEY), Some(OTHER), Some(unknown.as_str()), None]
        .into_iter()
        .map(|key| {
            let mut headers: Vec<(&str, &[u8])> = vec![(":path", b"/v1/chat/completions")];
            headers.extend(key.map(|key| ("x-api-key", key.as_bytes())));
            let response = service.answer(raw(&headers), 0);
            response.http_response
        })
        .collect();
    assert!(matches!(bodies[0], Some(HttpResponse::DeniedResponse(_))));
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    let why = |key: &str| outcome(&service, raw(&[("x-api-key", key.as_bytes())])).1;
    assert_eq!(
        (why(KEY), why(OTHER)),
        ("revoked".to_owned(), "expired".to_owned())
    );
}
