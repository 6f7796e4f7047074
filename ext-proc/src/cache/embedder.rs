//! What compares texts by meaning, as the configuration names it.

use std::{num::NonZeroUsize, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use penstock_config::{Embedder as Config, EmbeddingEndpoint};
use penstock_embed::{Embedder, Endpoint, EndpointSettings, Limits};

/// Bytes. Some endpoints cut longer texts off without a word, and texts that begin alike would mean the same.
const LARGEST_TEXT: usize = 2_048;

pub(super) fn open(config: &Config, model: Option<&Path>) -> anyhow::Result<Arc<dyn Embedder>> {
    match config {
        Config::Local { budget, .. } => local(*budget, model),
        Config::Endpoint(endpoint) => asked(endpoint),
    }
}

/// What its vectors can be compared with. A model of one name may be another at another provider.
pub(super) fn name(config: &Config, own: &str) -> String {
    match config.endpoint() {
        Some(endpoint) => format!("{own} of {} in {:?}", endpoint.provider, endpoint.dimensions),
        None => own.to_owned(),
    }
}

fn limits(budget: Duration) -> Limits {
    Limits {
        budget,
        ..Limits::default()
    }
}

fn asked(endpoint: &EmbeddingEndpoint) -> anyhow::Result<Arc<dyn Embedder>> {
    let base_url = format!("http://{}/v1", endpoint.url.authority());
    let settings = EndpointSettings {
        dimensions: endpoint
            .dimensions
            .and_then(|dimensions| NonZeroUsize::new(usize::try_from(dimensions).ok()?)),
        ..EndpointSettings::new(base_url, &endpoint.model)
    };
    let limits = Limits {
        largest_text: LARGEST_TEXT,
        ..limits(endpoint.budget)
    };
    let embedder = Endpoint::start(settings, limits).context("cache.embedder.url")?;
    Ok(Arc::new(embedder))
}

#[cfg(feature = "minilm")]
fn local(budget: Duration, model: Option<&Path>) -> anyhow::Result<Arc<dyn Embedder>> {
    const REMEDY: &str =
        "run `make model` and set PENSTOCK_MODEL_DIR or cache.embedder.path, or write cache.semantic: false";
    let directory =
        model.with_context(|| format!("cache.embedder: nothing says where its weights are; {REMEDY}"))?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let embedder = penstock_embed::MiniLm::load(directory, cores, limits(budget))
        .with_context(|| format!("cache.embedder cannot be loaded; {REMEDY}"))?;
    Ok(Arc::new(embedder))
}

#[cfg(not(feature = "minilm"))]
fn local(_: Duration, _: Option<&Path>) -> anyhow::Result<Arc<dyn Embedder>> {
    anyhow::bail!(
        "cache.embedder: this build has no local model (cargo feature `minilm`); name a provider, or write cache.semantic: false"
    )
}
