//! Where the names of callers are.

use http::HeaderName;

use crate::{
    problem::Problems,
    raw,
    slice::{Identity, Source},
    spanned::Spanned,
};

/// Our own namespace of dynamic metadata.
const NAMESPACE: &str = "penstock";
/// The namespace that Envoy gives to what ext_authz says.
const EXT_AUTHZ: &str = "envoy.filters.http.ext_authz";
/// The filter's namespace, and one key below it at least.
const SHORTEST_PATH: usize = 2;
const LONGEST_PATH: usize = 16;
const REMEDY: &str = "write one of { metadata: [NAMESPACE, KEY] } or { header: NAME }";
/// The listener takes these from every request, so that nobody forges them.
const REMOVED: [&str; 2] = ["x-penstock-int-", "x-envoy-"];
/// Anyone can make one up, and each would have limits of its own.
const CREDENTIALS: [&str; 5] = [
    "api-key",
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
];

impl Default for Identity {
    fn default() -> Self {
        written_by(NAMESPACE)
    }
}

/// The three names, under their own keys.
fn written_by(namespace: &str) -> Identity {
    let at = |name: &str| Source::Metadata(vec![namespace.to_owned(), name.to_owned()]);
    Identity {
        tenant: at("tenant"),
        key: at("key"),
        agent: at("agent"),
    }
}

/// `service`: whether there is one, which then says who asks.
pub(crate) fn parse(raw: Option<&raw::Identity>, service: bool, problems: &mut Problems) -> Option<Identity> {
    let default = if service {
        written_by(EXT_AUTHZ)
    } else {
        Identity::default()
    };
    let Some(raw) = raw else {
        return Some(default);
    };
    let tenant = source(raw.tenant.as_ref(), "tenant", default.tenant, problems);
    let key = source(raw.key.as_ref(), "key", default.key, problems);
    let agent = source(raw.agent.as_ref(), "agent", default.agent, problems);
    Some(Identity {
        tenant: tenant?,
        key: key?,
        agent: agent?,
    })
}

/// With keys, the service goes by the key alone. Filters that went by something else would hold one caller to the
/// limits of another.
pub(crate) fn agrees_with_keys(raw: &raw::File, problems: &mut Problems) {
    let (Some(identity), Some(_)) = (&raw.identity, &raw.keys) else {
        return;
    };
    let fields = [
        ("tenant", &identity.tenant),
        ("key", &identity.key),
        ("agent", &identity.agent),
        ("team", &identity.team),
        ("region", &identity.region),
        ("models", &identity.models),
    ];
    for (name, source) in fields {
        let Some(source) = source else { continue };
        let namespace = source.value.metadata.as_ref().and_then(|path| path.value.first());
        if namespace.is_none_or(|namespace| namespace.value != EXT_AUTHZ) {
            problems.at(
                source.referenced,
                format!("identity.{name}"),
                "with keys, callers are who their key says; leave this out, or the section keys",
            );
        }
    }
}

fn source(
    raw: Option<&Spanned<raw::Source>>,
    scope: &str,
    default: Source,
    problems: &mut Problems,
) -> Option<Source> {
    match raw {
        Some(raw) => written(raw, scope, problems),
        None => Some(default),
    }
}

/// A source that stands in the file.
pub(crate) fn written(raw: &Spanned<raw::Source>, scope: &str, problems: &mut Problems) -> Option<Source> {
    let field = format!("identity.{scope}");
    match (&raw.value.metadata, &raw.value.header) {
        (Some(path), None) => metadata(path, &format!("{field}.metadata"), problems),
        (None, Some(name)) => header(name, &format!("{field}.header"), problems),
        _ => {
            problems.at(raw.referenced, field, format!("exactly one source; {REMEDY}"));
            None
        }
    }
}

fn metadata(path: &Spanned<Vec<Spanned<String>>>, field: &str, problems: &mut Problems) -> Option<Source> {
    let keys: Vec<String> = path.value.iter().map(|key| key.value.clone()).collect();
    let valid = (SHORTEST_PATH..=LONGEST_PATH).contains(&keys.len()) && !keys.iter().any(String::is_empty);
    if !valid {
        problems.at(
            path.referenced,
            field,
            "not a path; write the filter's namespace and the keys below it, such as [penstock, tenant]",
        );
    }
    valid.then_some(Source::Metadata(keys))
}

fn header(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<Source> {
    let name = HeaderName::from_bytes(text.value.as_bytes());
    let message = match name.as_ref().map(HeaderName::as_str) {
        Err(_) => "not the name of a header; write such as x-tenant",
        Ok(name) if name.contains('_') => {
            "holds an underscore, and requests with such a header are refused; write - instead"
        }
        Ok(name) if REMOVED.iter().any(|prefix| name.starts_with(prefix)) => {
            "is removed from every request before a filter sees it; choose another"
        }
        Ok(name) if CREDENTIALS.contains(&name) => {
            "holds a credential, which nobody has checked here; let what checks it write a name into metadata or \
             another header"
        }
        Ok(name) => return Some(Source::Header(name.to_owned())),
    };
    problems.at(text.referenced, field, message);
    None
}
