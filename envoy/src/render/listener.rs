//! The listener: what is accepted from clients, and the filters it passes.

use std::time::Duration;

use penstock_config::Config;

use super::{
    Context, RenderError, access_log, cache,
    discovery::ResourceFile,
    filter, local_reply,
    node::{Node, extension, list, map},
    route, service,
    slot::Slot,
    told, tracing,
};

/// Headers of a request; Envoy's own default, written down because the 431 names it.
pub(super) const HEADERS_KIB: u32 = 60;
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECTION_IDLE: Duration = Duration::from_secs(3_600);
/// More than a request may have: the filter that refuses a larger one is to see the piece that makes it so, and an
/// answer waits here for a slow client. While a provider waits for one, the filter cannot tell it from one that has
/// stalled.
const ROOM: u64 = 1 << 20;
/// After an aborted answer; the second that Envoy waits by default is one that the client does not know of it.
const DELAYED_CLOSE: Duration = Duration::from_millis(100);
/// A whole request, however slowly its body comes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);
/// What other streams of a connection may send while one fills its window and is not read.
const SHARED_WINDOW: u64 = 1 << 20;
/// More than the 100 of Envoy's "Configuring Envoy as an edge proxy" (read 2026-11): an application may send all of its
/// requests over one connection.
const STREAMS: u32 = 1_000;

pub(super) fn listener(context: &Context<'_>) -> Result<Node, RenderError> {
    Ok(map! {
        "name" => "penstock",
        "address" => context.listen,
        "per_connection_buffer_limit_bytes" => stream_buffer(context.config),
        "filter_chains" => list![map! {
            "filters" => list![extension(
                "envoy.filters.network.http_connection_manager",
                "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                connection_manager(context)?,
            )],
        }],
    })
}

fn connection_manager(context: &Context<'_>) -> Result<Node, RenderError> {
    let routes = match &context.discovery {
        None => ("route_config", route::configuration(context.config)),
        Some(directory) => (
            "rds",
            map! {
                "route_config_name" => route::NAME,
                "config_source" => ResourceFile::routes().source(directory),
            },
        ),
    };
    let manager = map! {
        "stat_prefix" => "penstock",
        "codec_type" => "AUTO",
        "server_name" => "penstock",
        "use_remote_address" => true,
        "generate_request_id" => true,
        "preserve_external_request_id" => false,
        "normalize_path" => true,
        "merge_slashes" => true,
        "path_with_escaped_slashes_action" => "KEEP_UNCHANGED",
        "max_request_headers_kb" => HEADERS_KIB,
        "request_headers_timeout" => HEADERS_TIMEOUT,
        "request_timeout" => REQUEST_TIMEOUT,
        "stream_idle_timeout" => route::stream_idle_timeout(context.config),
        "delayed_close_timeout" => DELAYED_CLOSE,
        "common_http_protocol_options" => map! {
            "idle_timeout" => CONNECTION_IDLE,
            "headers_with_underscores_action" => "REJECT_REQUEST",
        },
        "http2_protocol_options" => map! {
            "max_concurrent_streams" => STREAMS,
            "initial_stream_window_size" => stream_buffer(context.config),
            "initial_connection_window_size" => stream_buffer(context.config).saturating_add(SHARED_WINDOW),
        },
        "early_header_mutation_extensions" => list![extension(
            "envoy.http.early_header_mutation.header_mutation",
            "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            map! { "mutations" => list![remove("x-penstock-int-"), remove("x-envoy-")] },
        )],
        routes.0 => routes.1,
        "http_filters" => filters(context)?,
        "local_reply_config" => local_reply::configuration(context.config),
        "access_log" => access_log::access_log(context)?,
    };
    Ok(match &context.config.telemetry.traces {
        Some(traces) => manager.with("tracing", tracing::tracing(context.config, traces)),
        None => manager,
    })
}

/// What Envoy holds of one stream, in bytes: of a request for our filters, beyond which it answers 413 itself, and of
/// an answer for a slow client, beyond which the provider is read no further.
///
/// HTTP/1.1 takes it from the listener, HTTP/2 from the stream's window (Envoy's FAQ "How do I configure flow control?"
/// and `source/common/http/http2/codec_impl.cc`, read 2026-11), so the 64 KiB that the page for edge proxies advises
/// would be the largest request. `request_body_buffer_limit` comes too late, with the route that the filters choose.
///
/// No window bounds the memory, not the connection's either: both open again as soon as a filter has taken the data.
/// Unfinished requests of a connection take up to [`STREAMS`] times this, as those of as many connections of HTTP/1.1
/// do, until [`REQUEST_TIMEOUT`].
fn stream_buffer(config: &Config) -> u64 {
    // At most 129 MiB by configuration; a window of HTTP/2 may have 2 GiB.
    config.limits.request_body.0.saturating_add(ROOM)
}

/// In the order of the request; an answer passes them from the last to the first.
fn filters(context: &Context<'_>) -> Result<Vec<Node>, RenderError> {
    let slots = slots(context)?.into_iter();
    let mut filters: Vec<Node> = slots.filter_map(|slot| slot.placed(context)).collect();
    filters.push(extension(
        "envoy.filters.http.router",
        "envoy.extensions.filters.http.router.v3.Router",
        map! { "suppress_envoy_headers" => true },
    ));
    Ok(filters)
}

/// The places in front of the router. Which there are follows from nothing that changes while Envoy runs.
pub(super) fn slots(context: &Context<'_>) -> Result<Vec<Slot>, RenderError> {
    let config = context.config;
    let mut slots = vec![Slot::new(
        "envoy.filters.http.set_filter_state",
        ResourceFile::filter("log"),
        SET_FILTER_STATE,
        Some(for_the_log(config)),
    )];
    let service = config.service.as_ref();
    // In front of all that tells callers apart.
    slots.extend(service.map(|service| service::ext_authz(config, service)));
    // In front of all that costs something: who is over a limit is refused before anything else is done.
    slots.push(filter::token_quota(context)?);
    // In front of all that looks at a prompt; nothing behind it sees personal data.
    slots.push(filter::pii_redaction(context)?);
    // Behind all that counts and masks, so that what it decides by is what will be sent.
    if let Some(service) = service {
        slots.extend(service::ext_proc(config, service));
        slots.push(cache::fill(config, service));
    }
    slots.push(filter::front(context)?);
    Ok(slots)
}

/// Headers that steer Envoy or our filters are no client's to send.
fn remove(prefix: &str) -> Node {
    map! {
        "remove_on_match" => map! {
            "key_matcher" => map! { "prefix" => prefix, "ignore_case" => true },
        },
    }
}

const SET_FILTER_STATE: &str = "envoy.extensions.filters.http.set_filter_state.v3.Config";

/// Keeps for the access log what every attempt overwrites or removes: the path that the client asked for, without
/// the query, which may hold a secret, the request id, and names of the caller that stand in headers. And the policy, which
/// may change before the log is written.
fn for_the_log(config: &Config) -> Node {
    let mut values = vec![
        kept(access_log::CLIENT_PATH, "%PATH(NQ:PATH)%"),
        kept(access_log::REQUEST_ID, "%REQ(X-REQUEST-ID)%"),
        kept(access_log::POLICY_VERSION, config.policy_version()),
    ];
    let names = told::headers(config).into_iter();
    values.extend(names.map(|(key, header)| kept(key, &format!("%REQ({header})%"))));
    extension(
        "envoy.filters.http.set_filter_state",
        SET_FILTER_STATE,
        map! { "on_request_headers" => values },
    )
}

fn kept(key: &str, format: &str) -> Node {
    map! {
        "object_key" => key,
        "factory_key" => "envoy.string",
        "format_string" => map! {
            "text_format_source" => map! { "inline_string" => format },
        },
    }
}
