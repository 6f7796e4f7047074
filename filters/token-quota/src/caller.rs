//! Who asks, and over which way: the values that limits are kept apart by.

use std::borrow::Cow;

use penstock_config::slice::{Identity, Scope, Source};
use penstock_flow::Headers;

/// Stands for everyone who has no name. All share one window, so leaving the name out gains nothing.
const ANONYMOUS: &str = "anonymous";
/// A name longer than this, in bytes, is no name; neither is one with control characters.
const LONGEST: usize = 256;

/// Who asks, and over which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    tenant: Cow<'static, str>,
    key: Cow<'static, str>,
    agent: Cow<'static, str>,
    route: String,
}

impl Caller {
    /// Reads the names where the configuration says they are. `metadata` gives the text at a path of dynamic
    /// metadata, which no client can write.
    pub fn read(
        identity: &Identity,
        headers: &Headers,
        metadata: impl Fn(&[String]) -> Option<String>,
        route: String,
    ) -> Self {
        let name = |source: &Source| {
            let found = match source {
                Source::Metadata(path) => metadata(path),
                // Of two, one may be the client's own, in front of the one that is vouched for.
                Source::Header(name) => {
                    let mut values = headers.all(name);
                    match (values.next(), values.next()) {
                        (Some(only), None) => Some(only.to_owned()),
                        _ => None,
                    }
                }
            };
            found
                .filter(|name| !name.is_empty() && name.len() <= LONGEST && !name.contains(char::is_control))
                .map_or(Cow::Borrowed(ANONYMOUS), Cow::Owned)
        };
        Self {
            tenant: name(&identity.tenant),
            key: name(&identity.key),
            agent: name(&identity.agent),
            route,
        }
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The key's name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value of `scope` in a request for `model`.
    pub fn value<'a>(&'a self, scope: Scope, model: &'a str) -> &'a str {
        match scope {
            Scope::Tenant => &self.tenant,
            Scope::Key => &self.key,
            Scope::Agent => &self.agent,
            Scope::Model => model,
            Scope::Route => &self.route,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_missing_empty_too_long_or_given_twice_is_nobodys() {
        let source = |name: &str| Source::Header(name.to_owned());
        let identity = Identity {
            tenant: source("x-tenant"),
            key: Source::Metadata(vec!["penstock".into(), "key".into()]),
            agent: source("x-agent"),
        };
        let long = "x".repeat(LONGEST + 1);
        for (headers, tenant) in [
            (vec![("x-tenant", "acme")], "acme"),
            (vec![], ANONYMOUS),
            (vec![("x-tenant", "")], ANONYMOUS),
            (vec![("x-tenant", &*long)], ANONYMOUS),
            (vec![("x-tenant", "acme"), ("x-tenant", "globex")], ANONYMOUS),
            (vec![("x-penstock-tenant", "acme"), ("x-key", "k")], ANONYMOUS),
        ] {
            let headers: Headers = headers.into_iter().collect();
            let caller = Caller::read(&identity, &headers, |_| None, String::new());
            assert_eq!((caller.tenant(), caller.key()), (tenant, ANONYMOUS));
        }
    }
}
