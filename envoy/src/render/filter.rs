//! Our own filters, as Envoy is given them.

use penstock_config::Provider;
use serde::Serialize;

use super::{
    Context, RenderError,
    discovery::ResourceFile,
    node::{Node, extension, list, map, typed},
    slot::Slot,
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

/// The front instance of schema-translation.
pub(super) fn front(context: &Context<'_>) -> Result<Slot, RenderError> {
    let filter = Filter::SchemaTranslation;
    let name = format!("{}.front", filter.vm());
    let front = wasm(context, filter, &name, "front", None, &context.config.front())?;
    let file = ResourceFile::filter("front");
    Ok(Slot::new(filter.vm(), file, WASM, Some(front)))
}

/// The back instance of schema-translation, for one provider.
pub(super) fn back(context: &Context<'_>, provider: &Provider) -> Result<Slot, RenderError> {
    let filter = Filter::SchemaTranslation;
    let name = format!("{}.back", filter.vm());
    let back = wasm(
        context,
        filter,
        &name,
        "back",
        None,
        &context.config.back(provider),
    )?;
    let file = ResourceFile::filter(&provider.cluster());
    let name = format!("{}.{}", filter.vm(), provider.cluster());
    Ok(Slot::new(name, file, WASM, Some(back)))
}

/// Not there without a quota.
pub(super) fn token_quota(context: &Context<'_>) -> Result<Slot, RenderError> {
    let filter = Filter::TokenQuota;
    let slice = context.config.token_quota();
    let quota = slice.map(|slice| wasm(context, filter, filter.vm(), "quota", None, &slice));
    let file = ResourceFile::filter("token-quota");
    Ok(Slot::new(filter.vm(), file, WASM, quota.transpose()?))
}

/// Not there where nobody asks for it. The key reaches the VM from Envoy's environment: a config dump shows its name
/// and no more.
pub(super) fn pii_redaction(context: &Context<'_>) -> Result<Slot, RenderError> {
    let filter = Filter::PiiRedaction;
    let slice = context.config.pii_redaction();
    let pii = slice.map(|slice| {
        let key = Some(slice.key_env.as_str());
        wasm(context, filter, filter.vm(), "pii", key, &slice)
    });
    let file = ResourceFile::filter("pii-redaction");
    Ok(Slot::new(filter.vm(), file, WASM, pii.transpose()?))
}

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

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
        WASM,
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
