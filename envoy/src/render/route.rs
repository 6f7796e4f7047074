//! Routes: which cluster an attempt goes to, how often another follows, and how long each may take.

use std::time::Duration;

use penstock_config::{Config, ROUTES, Route, slice::Model};

use super::{
    cluster,
    node::{Node, extension, list, map, typed},
    service,
};

/// Set by the front instance on what is to be sent to a provider, and on nothing else.
const HOLD: &str = "x-penstock-int-hold";
const BACK_OFF: Duration = Duration::from_millis(25);
const LONGEST_BACK_OFF: Duration = Duration::from_millis(250);
/// The shortest time that a stream may be idle, whatever its route; longer ones double it.
const IDLE_STEP: Duration = Duration::from_secs(3_600);
/// What deadlines of Envoy are longer than those that the filters keep, which can say more.
const MARGIN: Duration = Duration::from_secs(5);

/// The name of the routes.
pub(super) const NAME: &str = "penstock";

pub(super) fn configuration(config: &Config) -> Node {
    let silence = config
        .limits
        .stream_stall
        .max(longest(config, |model| model.first_token_ms));
    let answer = longest(config, |model| model.answer_ms);
    map! {
        "name" => NAME,
        "virtual_hosts" => list![map! {
            "name" => "penstock",
            "domains" => list!["*"],
            // Despite its name, also what the filters of a provider's cluster may hold of an answer. A filter that
            // puts more than this in the place of a body is called back by Envoy in the middle of doing so, which
            // it cannot survive. The front instance refuses requests beyond their own limit.
            "request_body_buffer_limit" => cluster::body_buffer(config),
            "routes" => routes(config, silence, answer),
        }],
    }
}

fn routes(config: &Config, silence: Duration, answer: Duration) -> Vec<Node> {
    let mut routes = vec![
        chat(
            config,
            "stream",
            map! { "string_match" => map! { "exact" => "stream" } },
            silence,
        ),
        chat(config, "answer", map! { "present_match" => true }, answer),
    ];
    // What a request is on before the front instance has settled where it goes. The names are for limits.
    routes.extend(ROUTES.map(|Route { name, path }| nowhere(name, map! { "path" => path })));
    routes.push(nowhere("unknown", map! { "prefix" => "/" }));
    routes
}

fn nowhere(name: &str, path: Node) -> Node {
    map! {
        "name" => name,
        "match" => path,
        "direct_response" => map! { "status" => 404_u32 },
    }
}

/// Longer than any route's own, so that a route's deadline is the one that ends a request. In wide steps: it stands in
/// the listener, whose connections are drained for it, and a further target should not be the reason.
pub(super) fn stream_idle_timeout(config: &Config) -> Duration {
    let longest = longest(config, |model| model.answer_ms)
        .max(config.limits.stream_stall)
        .max(longest(config, |model| model.first_token_ms));
    let decision = config
        .service
        .as_ref()
        .map(|service| service::longest_wait(config, service));
    // Nothing moves while the service decides.
    let least = (idle_timeout(config, longest) + MARGIN).max(decision.unwrap_or_default() + MARGIN);
    let steps = least.as_secs().div_ceil(IDLE_STEP.as_secs());
    IDLE_STEP.saturating_mul(u32::try_from(steps.next_power_of_two()).unwrap_or(u32::MAX))
}

fn chat(config: &Config, name: &str, hold: Node, silence: Duration) -> Node {
    let header = map! { "name" => HOLD }.with_all(hold);
    map! {
        "name" => name,
        "match" => map! { "prefix" => "/", "headers" => list![header] },
        "route" => map! {
            "inline_cluster_specifier_plugin" => map! { "extension" => cluster_specifier(config) },
            // A stream may last for hours; each attempt has deadlines of its own.
            "timeout" => "0s",
            "idle_timeout" => idle_timeout(config, silence),
            "retry_policy" => map! {
                "retry_on" => "retriable-headers,connect-failure,refused-stream,reset",
                "retriable_headers" => list![map! { "name" => "x-penstock-int-retry", "present_match" => true }],
                "num_retries" => retries(config),
                "refresh_cluster_on_retry" => true,
                // Data that a filter holds does not reset this timer, so it must outlast the wait for the first token.
                "per_try_idle_timeout" => silence + MARGIN,
                "retry_back_off" => map! {
                    "base_interval" => BACK_OFF,
                    "max_interval" => LONGEST_BACK_OFF,
                },
                "rate_limited_retry_back_off" => map! {
                    "reset_headers" => list![map! { "name" => "x-penstock-int-wait", "format" => "SECONDS" }],
                    "max_interval" => longest_wait(config) + MARGIN,
                },
            },
        },
    }
}

/// The cluster that the filters have named last, looked up again for every attempt.
fn cluster_specifier(config: &Config) -> Node {
    let clusters = config
        .providers
        .iter()
        .map(|provider| (provider.cluster(), to_cluster(&provider.cluster())))
        .collect();
    extension(
        "envoy.router.cluster_specifier_plugin.matcher",
        "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier",
        map! {
            "cluster_matcher" => map! {
                "matcher_tree" => map! {
                    "input" => extension(
                        "next",
                        "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
                        map! { "key" => "wasm.penstock.next" },
                    ),
                    "exact_match_map" => map! { "map" => Node::Map(clusters) },
                },
                "on_no_match" => to_cluster(cluster::EXHAUSTED),
            },
        },
    )
}

fn to_cluster(name: &str) -> Node {
    map! {
        "action" => map! {
            "name" => name,
            "typed_config" => typed(
                "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction",
                map! { "cluster" => name },
            ),
        },
    }
}

/// Attempts of the longest plan, and one that finds it at its end.
fn retries(config: &Config) -> u32 {
    let attempts = config.models.iter().map(attempts).max().unwrap_or(1);
    attempts.saturating_add(1)
}

fn attempts(model: &Model) -> u32 {
    let targets = u32::try_from(model.targets.len()).unwrap_or(u32::MAX);
    targets.saturating_mul(model.retry.same_target.saturating_add(1))
}

/// A client hears nothing while attempt after attempt fails, so all of them fit in.
fn idle_timeout(config: &Config, silence: Duration) -> Duration {
    (silence + MARGIN + longest_wait(config) + MARGIN).saturating_mul(retries(config))
}

fn longest_wait(config: &Config) -> Duration {
    let seconds = config.models.iter().map(|model| model.retry.max_wait_s);
    Duration::from_secs(seconds.max().unwrap_or(0))
}

fn longest(config: &Config, millis: impl Fn(&Model) -> u64) -> Duration {
    Duration::from_millis(config.models.iter().map(millis).max().unwrap_or(0))
}
