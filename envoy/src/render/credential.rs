//! Credentials: what Envoy injects, and the files in which it finds where the secrets are.
//!
//! A secret is one resource of a file-based SDS: one that is missing leaves Envoy running, and a changed
//! one is taken up while it runs. The rendered files name an environment variable or a file, never a secret.

use std::path::{Path, PathBuf};

use penstock_config::{Api, Credential, Flavor, Provider};

use super::{
    Context, RenderError, absolute, discovery,
    node::{self, Node, extension, list, map, typed},
};

/// The filter that puts the credential in, where the provider has one of ours.
pub(super) fn injector(context: &Context<'_>, provider: &Provider) -> Result<Option<Node>, RenderError> {
    let Some((path, _)) = file(context, provider)? else {
        return Ok(None);
    };
    let source = map! { "path" => path.as_path() };
    let source = match &provider.credential {
        Credential::None | Credential::Client | Credential::Env(_) => source,
        Credential::File(_) => match directory(context, provider)? {
            // Kubernetes swaps a symbolic link beside the file and never touches the file itself.
            Some(directory) if context.elsewhere || directory.is_dir() => {
                source.with("watched_directory", map! { "path" => directory.as_path() })
            }
            // To watch what is not there stops Envoy from starting.
            _ => source,
        },
    };
    let (header, prefix) = header(provider);
    let generic = map! {
        "credential" => map! {
            "name" => provider.cluster(),
            "sds_config" => map! {
                "resource_api_version" => "V3",
                "path_config_source" => source,
                // A secret that never comes must not keep the listener from opening.
                "initial_fetch_timeout" => "2s",
            },
        },
        "header" => header,
        "header_value_prefix" => prefix,
    };
    Ok(Some(extension(
        "envoy.filters.http.credential_injector",
        "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
        map! {
            // All attempts share one header map: what the last provider was given must not reach this one.
            "overwrite" => true,
            // Without a credential the provider answers 401, which moves on to the next target; Envoy's own would not.
            "allow_request_without_credential" => true,
            "credential" => extension(
                "envoy.http.injected_credentials.generic",
                "envoy.extensions.http.injected_credentials.generic.v3.Generic",
                generic,
            ),
        },
    )))
}

/// What a user should know about secrets that are not there.
pub(super) fn notices(context: &Context<'_>) -> Result<Vec<String>, RenderError> {
    let mut notices = Vec::new();
    for provider in &context.config.providers {
        if let Some(directory) = directory(context, provider)?
            && !context.elsewhere
            && !directory.is_dir()
        {
            notices.push(format!(
                "provider {:?}: no directory {}; a credential that appears there later is only taken up by a new rendering",
                provider.name,
                directory.display()
            ));
        }
    }
    Ok(notices)
}

/// The directory of a credential's file.
fn directory(context: &Context<'_>, provider: &Provider) -> Result<Option<PathBuf>, RenderError> {
    let Credential::File(file) = &provider.credential else {
        return Ok(None);
    };
    let file = absolute(context.config.resolve(file))?;
    Ok(file.parent().map(Path::to_owned))
}

/// Where each provider wants its credential.
/// Sources: API references of OpenAI, Azure OpenAI and Anthropic ("Authentication"), read 2026-11.
fn header(provider: &Provider) -> (&'static str, &'static str) {
    match (provider.api, provider.flavor) {
        (Api::Anthropic, _) => ("x-api-key", ""),
        (Api::OpenAi, Flavor::Azure) => ("api-key", ""),
        (Api::OpenAi, Flavor::OpenAi | Flavor::Vllm) => ("authorization", "Bearer "),
    }
}

/// One file for each secret of ours.
pub(super) fn files(context: &Context<'_>) -> Result<Vec<(PathBuf, String)>, RenderError> {
    let mut files = Vec::new();
    for provider in &context.config.providers {
        files.extend(file(context, provider)?);
    }
    Ok(files)
}

/// The file that says where a provider's secret is, unless there is none of ours.
fn file(context: &Context<'_>, provider: &Provider) -> Result<Option<(PathBuf, String)>, RenderError> {
    let source = match &provider.credential {
        Credential::Env(name) => map! { "environment_variable" => name.as_str() },
        Credential::File(path) => {
            let path = absolute(context.config.resolve(path))?;
            map! { "filename" => path.as_path() }
        }
        Credential::None | Credential::Client => return Ok(None),
    };
    let resources = map! {
        "resources" => list![typed(
            "envoy.extensions.transport_sockets.tls.v3.Secret",
            map! { "name" => provider.cluster(), "generic_secret" => map! { "secret" => source } },
        )],
    };
    let content = node::yaml(&resources)?;
    let name = match context.discovery {
        None => format!("{}.yaml", provider.cluster()),
        // What watches the secret does not see that this file changes: another source is another file, which its
        // cluster is then told of.
        Some(_) => format!(
            "{}{}-{}.yaml",
            discovery::SECRET,
            provider.cluster(),
            discovery::content_hash(&content)
        ),
    };
    Ok(Some((context.secret_dir.join(name), content)))
}
