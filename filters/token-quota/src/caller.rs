//! Who asks, and over which way: the values that limits are kept apart by.

use std::borrow::Cow;

use penstock_client::identity;
use penstock_config::slice::{Identity, Scope, Source};
use penstock_flow::Headers;

/// Who asks, and over which way. All who have no name share one window, so leaving the name out gains nothing.
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
        let name = |source: &Source| identity::name(source, headers, &metadata);
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
    fn each_scope_has_the_value_of_its_own_source() {
        let source = |name: &str| Source::Header(name.to_owned());
        let identity = Identity {
            tenant: source("x-tenant"),
            key: Source::Metadata(vec!["penstock".into(), "key".into()]),
            agent: source("x-agent"),
        };
        let headers = Headers::from([("x-tenant", "acme"), ("x-agent", "crawler")]);
        let caller = Caller::read(
            &identity,
            &headers,
            |_| Some("k1".to_owned()),
            "messages".to_owned(),
        );
        assert_eq!((caller.tenant(), caller.key()), ("acme", "k1"));
        let values = [
            (Scope::Tenant, "acme"),
            (Scope::Key, "k1"),
            (Scope::Agent, "crawler"),
            (Scope::Model, "m"),
            (Scope::Route, "messages"),
        ];
        for (scope, value) in values {
            assert_eq!(caller.value(scope, "m"), value);
        }
    }
}
