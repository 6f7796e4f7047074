//! schema-translation, in either role.

use penstock_config::slice::SchemaTranslation;

use super::{
    Context, RenderError,
    node::{Node, extension, map, typed},
};

/// Both roles share one VM in each worker: equal id, equal code.
const VM: &str = "penstock.schema-translation";

pub(super) fn schema_translation(
    context: &Context<'_>,
    slice: &SchemaTranslation,
) -> Result<Node, RenderError> {
    let role = match slice {
        SchemaTranslation::Front(_) => "front",
        SchemaTranslation::Back(_) => "back",
    };
    let configuration = serde_json::to_string_pretty(slice)?;
    Ok(extension(
        VM,
        "envoy.extensions.filters.http.wasm.v3.Wasm",
        map! {
            "config" => map! {
                "name" => format!("{VM}.{role}"),
                "root_id" => role,
                // A trap ends the requests of that worker; the next one gets a new VM.
                "failure_policy" => "FAIL_RELOAD",
                // Without it, a filter that holds headers is never given the body.
                "allow_on_headers_stop_iteration" => true,
                "vm_config" => map! {
                    "vm_id" => VM,
                    "runtime" => "envoy.wasm.runtime.v8",
                    "code" => map! { "local" => map! { "filename" => context.wasm.as_path() } },
                },
                "configuration" => typed(
                    "google.protobuf.StringValue",
                    map! { "value" => Node::Block(configuration) },
                ),
            },
        },
    ))
}
