//! What compares texts by meaning, as the configuration names it.

use std::{path::Path, sync::Arc};

use penstock_config::Embedder as Config;
use penstock_embed::Embedder;

pub(super) fn open(config: &Config, model: Option<&Path>) -> anyhow::Result<Arc<dyn Embedder>> {
    let _ = (config, model);
    anyhow::bail!("none")
}
