//! What is refused of `quota`, and of what models say of how they are counted.

use crate::problems::{MODELS, PROVIDERS, assert_table, problems};

#[test]
fn fields_are_checked() {
    assert_table(
        &[
            (
                "quota: { window: 1 }",
                &["penstock.yaml:1:10: quota.window: unknown field; did you mean \"windows\"?"],
            ),
            (
                "quota: { identity: { tenant: { header: x-tenant } } }",
                &["penstock.yaml:1:10: quota.identity: unknown field; move it to the top level of the file"],
            ),
            (
                "quota: { windows: 63 }",
                &["penstock.yaml:1:19: quota.windows: must be 64 to 65536"],
            ),
            ("quota: { windows: 64 }", &[]),
            ("quota: { windows: 65536 }", &[]),
            (
                "quota: { windows: 65537 }",
                &["penstock.yaml:1:19: quota.windows: must be 64 to 65536"],
            ),
            (
                "quota: { hold: 29999ms }",
                &["penstock.yaml:1:16: quota.hold: at least 30s"],
            ),
            ("quota: { hold: 30s }", &[]),
            ("quota: { hold: 1h }", &[]),
            (
                "quota: { hold: 61m }",
                &["penstock.yaml:1:16: quota.hold: at most 1h"],
            ),
            (
                "quota: { default_output_tokens: 0 }",
                &[
                    "penstock.yaml:1:33: quota.default_output_tokens: must be more than zero; leave it out if it is not known",
                ],
            ),
            (
                "quota: { tenants: [a, '', a, other] }",
                &[
                    "penstock.yaml:1:30: quota.tenants[3]: \"other\" is what statistics call all tenants that are not listed; leave it out",
                ],
            ),
            (
                "quota: { tenants: [a, '', a] }",
                &[
                    "penstock.yaml:1:23: quota.tenants[1]: not a name; 1 to 256 bytes without control characters",
                    "penstock.yaml:1:27: quota.tenants[2]: \"a\" is listed already; keep one",
                ],
            ),
            (
                "quota: { enabled: false, windows: 1 }",
                &["penstock.yaml:1:35: quota.windows: must be 64 to 65536"],
            ),
        ],
        |text| format!("{text}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn limits_are_checked() {
    assert_table(
        &[
            (
                "{}",
                &[
                    "penstock.yaml:1:20: quota.limits[0].name: missing; give the limit a name",
                    "penstock.yaml:1:20: quota.limits[0]: limits nothing; write one of tokens_per_minute, tokens_per_hour, tokens_per_day, requests_per_minute, concurrent_requests, input_tokens",
                ],
            ),
            (
                "{ name: a b, input_tokens: 0 }",
                &[
                    "penstock.yaml:1:28: quota.limits[0].name: not a name; use letters, digits, - and _, at most 64",
                    "penstock.yaml:1:47: quota.limits[0].input_tokens: would admit nothing; write more than zero",
                ],
            ),
            (
                "{ name: a, tokens_per_day: 1000000000001, tokens_per_hour: -1 }",
                &[
                    "penstock.yaml:1:79: quota.limits[0].tokens_per_hour: wrong kind of value; write a whole number",
                ],
            ),
            (
                "{ name: a, tokens_per_day: 1000000000001 }",
                &[
                    "penstock.yaml:1:47: quota.limits[0].tokens_per_day: at most 1000000000000; leave it out if there is no limit",
                ],
            ),
            (
                "{ name: a, per: [tenat, key, key], tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:37: quota.limits[0].per[0]: unknown value \"tenat\"; did you mean \"tenant\"?",
                    "penstock.yaml:1:49: quota.limits[0].per[2]: \"key\" is listed already; keep one",
                ],
            ),
            (
                "{ name: a, match: { model: [mm], route: [stream], tenant: [], key: [a, a] }, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:48: quota.limits[0].match.model[0]: no model is named \"mm\"; did you mean \"m\"?",
                    "penstock.yaml:1:61: quota.limits[0].match.route[0]: no route is named \"stream\"; known: chat-completions, messages",
                    "penstock.yaml:1:78: quota.limits[0].match.tenant: empty, so the limit would never apply; name one or leave it out",
                    "penstock.yaml:1:91: quota.limits[0].match.key[1]: \"a\" is listed already; keep one",
                ],
            ),
            (
                "{ name: a, match: { scope: [mm] }, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].match.scope: unknown field; known: tenant, key, agent, model, route",
                ],
            ),
            (
                "{ name: a, reserve: half, on_overrun: cutt, tokens_per_day: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].reserve: unknown value \"half\"; known: full, learned",
                    "penstock.yaml:1:58: quota.limits[0].on_overrun: unknown value \"cutt\"; did you mean \"cut\"?",
                ],
            ),
            (
                "{ name: a, reserve: full, on_overrun: cut, input_tokens: 1, requests_per_minute: 1 }",
                &[
                    "penstock.yaml:1:40: quota.limits[0].reserve: only has a meaning with tokens_per_minute, tokens_per_hour or tokens_per_day; leave it out",
                    "penstock.yaml:1:58: quota.limits[0].on_overrun: only has a meaning with tokens_per_minute, tokens_per_hour or tokens_per_day; leave it out",
                ],
            ),
            (
                "{ name: a, requests_per_minute: 1 }, { name: a, input_tokens: 1 }",
                &[
                    "penstock.yaml:1:65: quota.limits[1].name: \"a\" is the name of quota.limits[0] already; choose another",
                ],
            ),
        ],
        |text| format!("quota: {{ limits: [ {text} ] }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn a_limit_that_another_hides_is_refused() {
    let hidden = |place: &str, first: &str| {
        vec![format!(
            "penstock.yaml:{place}: never reached: quota.limits[{first} holds for the same requests and refuses first; remove one"
        )]
    };
    let cases = [
        // The larger of two, in either order, and the later of two that are equal.
        (
            "tokens_per_minute: 5",
            "tokens_per_minute: 6",
            hidden(
                "4:35: quota.limits[1].tokens_per_minute",
                "0].tokens_per_minute of 5",
            ),
        ),
        (
            "tokens_per_minute: 6",
            "tokens_per_minute: 5",
            hidden(
                "3:35: quota.limits[0].tokens_per_minute",
                "1].tokens_per_minute of 5",
            ),
        ),
        (
            "tokens_per_minute: 5",
            "tokens_per_minute: 5",
            hidden(
                "4:35: quota.limits[1].tokens_per_minute",
                "0].tokens_per_minute of 5",
            ),
        ),
        // A day that admits less than a minute.
        (
            "tokens_per_minute: 6",
            "tokens_per_day: 5",
            hidden(
                "3:35: quota.limits[0].tokens_per_minute",
                "1].tokens_per_day of 5",
            ),
        ),
        ("tokens_per_minute: 5", "tokens_per_day: 6", vec![]),
        ("requests_per_minute: 6", "tokens_per_day: 5", vec![]),
        // What is written in another order is the same.
        (
            "input_tokens: 5, match: { key: [a, b], agent: [c] }",
            "input_tokens: 6, match: { agent: [c], key: [b, a] }",
            hidden("4:30: quota.limits[1].input_tokens", "0].input_tokens of 5"),
        ),
        (
            "tokens_per_hour: 5, per: [key, tenant]",
            "tokens_per_hour: 5, per: [tenant, key]",
            hidden("4:33: quota.limits[1].tokens_per_hour", "0].tokens_per_hour of 5"),
        ),
        // Where windows open apart from each other, both can be the first to refuse.
        ("tokens_per_hour: 5", "tokens_per_hour: 5, per: [key]", vec![]),
        (
            "tokens_per_hour: 5",
            "tokens_per_hour: 5, match: { key: [a] }",
            vec![],
        ),
        (
            "concurrent_requests: 5",
            "concurrent_requests: 5, per: [key]",
            hidden(
                "4:37: quota.limits[1].concurrent_requests",
                "0].concurrent_requests of 5",
            ),
        ),
        (
            "concurrent_requests: 5, per: [key]",
            "concurrent_requests: 6",
            vec![],
        ),
        (
            "input_tokens: 5",
            "input_tokens: 6, match: { key: [a] }",
            hidden("4:30: quota.limits[1].input_tokens", "0].input_tokens of 5"),
        ),
        ("input_tokens: 5, match: { key: [a] }", "input_tokens: 6", vec![]),
        (
            "input_tokens: 5, match: { key: [a, b] }",
            "input_tokens: 6, match: { key: [b, c] }",
            vec![],
        ),
        (
            "concurrent_requests: 5, per: [key]",
            "concurrent_requests: 5",
            hidden(
                "3:37: quota.limits[0].concurrent_requests",
                "1].concurrent_requests of 5",
            ),
        ),
        (
            "tokens_per_day: 5, shadow: true",
            "tokens_per_day: 5",
            hidden("3:32: quota.limits[0].tokens_per_day", "1].tokens_per_day of 5"),
        ),
        ("tokens_per_minute: 5", "tokens_per_day: 5", vec![]),
        // The looser one does not refuse what the stricter does.
        (
            "tokens_per_hour: 5, reserve: learned",
            "tokens_per_hour: 6",
            vec![],
        ),
        (
            "tokens_per_hour: 5",
            "tokens_per_hour: 6, on_overrun: cut",
            vec![],
        ),
        (
            "tokens_per_hour: 5, on_overrun: cut",
            "tokens_per_hour: 6, reserve: learned",
            hidden("4:33: quota.limits[1].tokens_per_hour", "0].tokens_per_hour of 5"),
        ),
        ("tokens_per_hour: 5, shadow: true", "tokens_per_hour: 6", vec![]),
    ];
    for (first, second, expected) in cases {
        let file = format!(
            "quota:\n  limits:\n  - {{ name: a, {first} }}\n  - {{ name: b, {second} }}\n{PROVIDERS}{MODELS}"
        );
        assert_eq!(problems(&file), expected, "{file}");
    }
}

#[test]
fn the_service_is_checked() {
    assert_table(
        &[
            (
                "{}",
                &["penstock.yaml:1:19: quota.service.url: missing; write such as http://127.0.0.1:50051"],
            ),
            (
                "{ url: 127.0.0.1 50051 }",
                &["penstock.yaml:1:26: quota.service.url: not a URL; write such as http://127.0.0.1:50051"],
            ),
            (
                "{ url: 'http://h:1/lease', tls: { server_name: x } }",
                &[
                    "penstock.yaml:1:26: quota.service.url: holds a path, which gRPC decides itself; write such as http://127.0.0.1:50051",
                ],
            ),
            (
                "{ url: 'http://h:1', tls: { server_name: x } }",
                &[
                    "penstock.yaml:1:45: quota.service.tls: means nothing with an http:// url; use https:// or leave it out",
                ],
            ),
            (
                "{ url: 'https://h:1', tls: { server_name: x }, refresh: 99ms, timeout: 31s, initial_share: 101, proxy: 'a b' }",
                &[
                    "penstock.yaml:1:75: quota.service.refresh: at least 100ms",
                    "penstock.yaml:1:90: quota.service.timeout: at most 30s",
                    "penstock.yaml:1:110: quota.service.initial_share: is a percentage, at most 100",
                    "penstock.yaml:1:122: quota.service.proxy: not a name; use letters, digits, - and _, at most 64",
                ],
            ),
        ],
        |text| format!("quota: {{ service: {text} }}\n{PROVIDERS}{MODELS}"),
    );
}

#[test]
fn what_models_say_of_their_counting_is_checked() {
    assert_table(
        &[
            (
                "default_output_tokens: 0, count_as: ''",
                &[
                    "penstock.yaml:5:39: models[0].default_output_tokens: must be more than zero; leave it out if it is not known",
                    "penstock.yaml:5:52: models[0].count_as: not a name; 1 to 256 bytes without control characters",
                ],
            ),
            (
                "default_output_tokens: 11, targets: [{ provider: openai, model: a, max_output_tokens: 10 }]",
                &[
                    "penstock.yaml:5:39: models[0].default_output_tokens: 11 is more than the max_output_tokens of 10 that any target gives",
                ],
            ),
            (
                "default_output_tokens: 11, targets: [{ provider: openai, model: a, max_output_tokens: 10 }, { provider: openai, model: b }]",
                &[],
            ),
        ],
        |text| {
            let targets = if text.contains("targets") {
                ""
            } else {
                ", targets: [{ provider: openai, model: a }]"
            };
            format!("{PROVIDERS}models:\n  - {{ name: m, {text}{targets} }}")
        },
    );
}
