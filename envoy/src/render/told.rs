//! What spans and access logs read of a request: format strings for what the filters and the service have left.

use penstock_config::{Config, ROUTES, slice::Source};

/// Where ext_authz puts what it says of the caller.
const EXT_AUTHZ: &str = "envoy.filters.http.ext_authz";
/// Filter state that keeps who calls, where a header says it: no provider is sent that, so it is gone at the end.
pub(super) const KEPT: [&str; 4] = [
    "penstock.tenant",
    "penstock.key",
    "penstock.agent",
    "penstock.team",
];
/// `response.flags` of a client that has left: `DC` and `DR` (`CoreResponseFlag` of Envoy 1.40's `stream_info.h`).
const LEFT: &str = "[16384, 268435456]";
/// The client had its answer, or the beginning of one, and it broke off through no doing of the client's.
const CUT: &str = "(response.flags in LEFT ? false : (response.flags != 0 || !filter_state['wasm.penstock.attempts'].endsWith(':200')))";

/// Where the names of a caller are; none where nobody says.
pub(super) struct Caller {
    pub(super) tenant: Option<String>,
    pub(super) key: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) team: Option<String>,
}

/// A value that a filter keeps as text.
pub(super) fn text(name: &str) -> String {
    format!("%FILTER_STATE(wasm.penstock.{name}:PLAIN)%")
}

/// A value that a filter keeps as text, as a number of JSON.
pub(super) fn number(name: &str) -> String {
    format!("%TYPED_CEL(int(filter_state['wasm.penstock.{name}']))%")
}

/// A value that a filter keeps as `true`; false where it keeps nothing.
pub(super) fn flag(name: &str) -> String {
    format!("%TYPED_CEL('wasm.penstock.{name}' in filter_state)%")
}

/// The first of these headers of the answer that is there, as a number of JSON.
pub(super) fn header_number(names: &[&str]) -> String {
    let choices: Vec<String> = names
        .iter()
        .map(|name| format!("'{name}' in response.headers ? int(response.headers['{name}']) : "))
        .collect();
    format!("%TYPED_CEL({}null)%", choices.concat())
}

/// `chat` if that was asked for, and nothing else.
pub(super) fn operation() -> String {
    format!("%CEL({} ? 'chat' : '')%", is_chat())
}

/// `chat` and the model once that is known, or else the method.
pub(super) fn span_name() -> String {
    // The quotes are those of JSON, in which the expression has none of its own.
    format!(
        r#"%COALESCE({{"operators":[{{"command":"FILTER_STATE","param":"wasm.penstock.operation:PLAIN"}},{{"command":"CEL","param":"{} ? 'chat' : request.method"}}]}})%"#,
        is_chat()
    )
}

/// Seconds to the first content of a stream, from the start of its attempt.
pub(super) fn first_chunk() -> String {
    "%CEL(filter_state['wasm.penstock.stream'] == 'true' ? double(filter_state['wasm.penstock.first_token_ms']) / 1000.0 : '')%"
        .to_owned()
}

/// The status of an error, or that the answer broke off.
pub(super) fn error() -> String {
    format!(
        "%CEL(response.code >= 400 ? response.code : ({} ? 'cut' : ''))%",
        cut()
    )
}

/// Whether the answer broke off; null for a good one in which no provider had a part.
pub(super) fn truncated() -> String {
    format!("%TYPED_CEL(response.code < 400 && {})%", cut())
}

fn cut() -> String {
    CUT.replace("LEFT", LEFT)
}

fn is_chat() -> String {
    let paths = ROUTES.map(|route| format!("b'{}'", route.path));
    format!("filter_state['penstock.path'] in [{}]", paths.join(", "))
}

pub(super) fn caller(config: &Config) -> Caller {
    let identity = &config.identity;
    let [tenant, key, agent, team] = KEPT;
    Caller {
        tenant: said(&identity.tenant, tenant),
        key: said(&identity.key, key),
        agent: said(&identity.agent, agent),
        team: match (&config.keys, &config.attributes.team) {
            (Some(_), _) => Some(format!("%DYNAMIC_METADATA({EXT_AUTHZ}:team)%")),
            (None, Some(source)) => said(source, team),
            (None, None) => None,
        },
    }
}

/// Headers that name the caller, and the filter state that keeps each.
pub(super) fn headers(config: &Config) -> Vec<(&'static str, &str)> {
    let identity = &config.identity;
    let sources = [
        Some(&identity.tenant),
        Some(&identity.key),
        Some(&identity.agent),
        config.attributes.team.as_ref(),
    ];
    let kept = KEPT.into_iter().zip(sources);
    kept.filter_map(|(key, source)| match source? {
        Source::Header(name) => Some((key, name.as_str())),
        Source::Metadata(_) => None,
    })
    .collect()
}

fn said(source: &Source, kept: &str) -> Option<String> {
    match source {
        Source::Header(_) => Some(format!("%FILTER_STATE({kept}:PLAIN)%")),
        // Of such a path Envoy's format has no notion.
        Source::Metadata(path) if path.iter().any(|key| key.contains([':', ')', '%'])) => None,
        Source::Metadata(path) => Some(format!("%DYNAMIC_METADATA({})%", path.join(":"))),
    }
}
