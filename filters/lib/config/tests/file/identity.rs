//! Where callers' names are: what is refused.

use crate::problems::{MODELS, PROVIDERS, assert_table};

#[test]
fn sources_are_checked() {
    assert_table(
        &[
            ("tenant: { metadata: [penstock, tenant] }", &[]),
            (
                "tenant: {}",
                &[
                    "penstock.yaml:1:21: identity.tenant: exactly one source; write one of { metadata: [NAMESPACE, KEY] } or { header: NAME }",
                ],
            ),
            (
                "key: { metadata: [a, b], header: x-key }",
                &[
                    "penstock.yaml:1:18: identity.key: exactly one source; write one of { metadata: [NAMESPACE, KEY] } or { header: NAME }",
                ],
            ),
            (
                "agent: { metadata: [penstock] }",
                &[
                    "penstock.yaml:1:32: identity.agent.metadata: not a path; write the filter's namespace and the keys below it, such as [penstock, tenant]",
                ],
            ),
            (
                "tenant: { header: ':path' }",
                &[
                    "penstock.yaml:1:31: identity.tenant.header: not the name of a header; write such as x-tenant",
                ],
            ),
            (
                "tenant: { header: x_tenant }",
                &[
                    "penstock.yaml:1:31: identity.tenant.header: holds an underscore, and requests with such a header are refused; write - instead",
                ],
            ),
            (
                "tenant: { header: X-Penstock-Int-Tenant }",
                &[
                    "penstock.yaml:1:31: identity.tenant.header: is removed from every request before a filter sees it; choose another",
                ],
            ),
            (
                "key: { header: x-api-key }",
                &[
                    "penstock.yaml:1:28: identity.key.header: holds a credential, which nobody has checked here; let what checks it write a name into metadata or another header",
                ],
            ),
            (
                "user: { header: x-user }",
                &[
                    "penstock.yaml:1:13: identity.user: unknown field; known: tenant, key, agent, team, region, models",
                ],
            ),
        ],
        |text| format!("identity: {{ {text} }}\n{PROVIDERS}{MODELS}"),
    );
}
