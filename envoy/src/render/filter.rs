//! Our own filters, as Envoy is given them.

use penstock_config::slice::{PiiRedaction, SchemaTranslation, TokenQuota};
use serde::Serialize;

use super::{
    Context, RenderError,
    node::{Node, extension, list, map, typed},
};

/// A filter that is compiled to wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Translates, in either role.
    SchemaTranslation,
    /// Counts tokens and holds callers to their limits.
    TokenQuota,
    /// Keeps personal data from going out.
    PiiRedaction,
}

impl Filter {
    /// Every one that there is.
    pub const ALL: [Self; 3] = [Self::SchemaTranslation, Self::TokenQuota, Self::PiiRedaction];

    /// Its file within [`Options::wasm_dir`](super::Options::wasm_dir).
    pub fn file(self) -> &'static str {
        match self {
            Self::SchemaTranslation => "penstock_schema_translation.wasm",
            Self::TokenQuota => "penstock_token_quota.wasm",
            Self::PiiRedaction => "penstock_pii_redaction.wasm",
        }
    }

    /// The package that is built to it.
    pub fn package(self) -> &'static str {
        match self {
            Self::SchemaTranslation => "penstock-schema-translation",
            Self::TokenQuota => "penstock-token-quota",
            Self::PiiRedaction => "penstock-pii-redaction",
        }
    }

    /// Instances with equal ids share one VM in each worker, and what its filters share is theirs alone.
    fn vm(self) -> &'static str {
        match self {
            Self::SchemaTranslation => "penstock.schema-translation",
            Self::TokenQuota => "penstock.token-quota",
            Self::PiiRedaction => "penstock.pii-redaction",
        }
    }
}

pub(super) fn schema_translation(
    context: &Context<'_>,
    slice: &SchemaTranslation,
) -> Result<Node, RenderError> {
    let role = match slice {
        SchemaTranslation::Front(_) => "front",
        SchemaTranslation::Back(_) => "back",
    };
    let name = format!("{}.{role}", Filter::SchemaTranslation.vm());
    wasm(context, Filter::SchemaTranslation, &name, role, None, slice)
}

pub(super) fn token_quota(context: &Context<'_>, slice: &TokenQuota) -> Result<Node, RenderError> {
    let name = Filter::TokenQuota.vm();
    wasm(context, Filter::TokenQuota, name, "quota", None, slice)
}

/// The key reaches the VM from Envoy's environment: a config dump shows its name and no more.
pub(super) fn pii_redaction(context: &Context<'_>, slice: &PiiRedaction) -> Result<Node, RenderError> {
    let name = Filter::PiiRedaction.vm();
    wasm(
        context,
        Filter::PiiRedaction,
        name,
        "pii",
        Some(&slice.key_env),
        slice,
    )
}

fn wasm(
    context: &Context<'_>,
    filter: Filter,
    name: &str,
    root: &str,
    secret_env: Option<&str>,
    slice: &impl Serialize,
) -> Result<Node, RenderError> {
    let code = context.code.source(filter)?;
    let configuration = serde_json::to_string_pretty(slice)?;
    let vm = map! {
        "vm_id" => filter.vm(),
        "runtime" => "envoy.wasm.runtime.v8",
        "code" => code,
    };
    let vm = match secret_env {
        Some(name) => vm.with("environment_variables", map! { "host_env_keys" => list![name] }),
        None => vm,
    };
    Ok(extension(
        filter.vm(),
        "envoy.extensions.filters.http.wasm.v3.Wasm",
        map! {
            "config" => map! {
                "name" => name,
                "root_id" => root,
                // A trap ends the requests of that worker; the next one gets a new VM.
                "failure_policy" => "FAIL_RELOAD",
                // Without it, a filter that holds headers is never given the body.
                "allow_on_headers_stop_iteration" => true,
                "vm_config" => vm,
                "configuration" => typed(
                    "google.protobuf.StringValue",
                    map! { "value" => Node::Block(configuration) },
                ),
            },
        },
    ))
}
