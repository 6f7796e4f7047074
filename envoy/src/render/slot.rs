//! A place in a chain of filters. What stands there is written in place, or read by Envoy from a file of its own (ECDS):
//! then it changes for the requests that follow, and neither listener nor cluster is replaced for it.

use super::{
    Context, RenderError,
    discovery::{Kind, Resource, ResourceFile},
    node::{self, Node, list, map, typed},
};

/// Stands, in a file, for a filter that the configuration does without: the chain of a listener cannot change.
const NOTHING: &str = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
/// A filter that some requests pass over.
pub(super) const CONDITIONAL: &str = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";

/// A place in a chain of filters.
pub(super) struct Slot {
    /// The filter's name: Envoy names what the filter says of a request by it, and the file's resource.
    name: String,
    /// What its file is called.
    file: ResourceFile,
    /// What may stand there.
    message: &'static str,
    /// What stands there, if anything does.
    filter: Option<Node>,
}

impl Slot {
    pub(super) fn new(
        name: impl Into<String>,
        file: ResourceFile,
        message: &'static str,
        filter: Option<Node>,
    ) -> Self {
        Self {
            name: name.into(),
            file,
            message,
            filter,
        }
    }

    /// What is written into the chain.
    pub(super) fn placed(self, context: &Context<'_>) -> Option<Node> {
        let Some(directory) = &context.discovery else {
            return self.filter;
        };
        let types = [self.message, NOTHING];
        Some(map! {
            "name" => self.name,
            "config_discovery" => map! {
                "config_source" => self.file.source(directory),
                "type_urls" => types.map(|message| Node::from(node::type_url(message))).to_vec(),
            },
        })
    }

    /// What is written into its file.
    pub(super) fn resource(self, kind: Kind) -> Result<Resource, RenderError> {
        let content = match self.filter {
            Some(filter) => filter.entry("typed_config"),
            None => Some(typed(NOTHING, map! {})),
        };
        let resource = typed(
            "envoy.config.core.v3.TypedExtensionConfig",
            map! { "name" => self.name.as_str(), "typed_config" => content.unwrap_or(Node::Null) },
        );
        let chain = match kind {
            Kind::UpstreamFilter => "upstream_http_filter",
            _ => "http_filter",
        };
        let told_by = format!("extension_config_discovery.{chain}.{}", self.name);
        Resource::new(kind, self.file, told_by, list![resource])
    }
}
