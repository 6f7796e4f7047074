//! `penstock render istio`

use std::{fs, io::Write as _, path::Path, process::ExitCode};

use anyhow::{Context as _, bail};
use penstock_config::Config;
use penstock_envoy::{
    binary,
    render::istio::{self, Fetch, Filters, Manifests, Options},
};

use crate::arguments::istio::{RenderIstio, Shape};

const MOUNT: &str = "mount:";

pub(crate) fn run(arguments: &RenderIstio) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.file)?;
    let configuration = fs::read_to_string(&arguments.file)
        .with_context(|| format!("cannot read {}", arguments.file.display()))?;
    let manifests = istio::manifests(&config, &options(arguments, configuration)?)?;
    for notice in &manifests.notices {
        eprintln!("penstock: {notice}");
    }
    match &arguments.output {
        Some(directory) => write(directory, &manifests)?,
        None => print(&manifests)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &RenderIstio, configuration: String) -> anyhow::Result<Options> {
    let (shape, selector) = match arguments.shape {
        Shape::Gateway if arguments.workload_selector.is_some() => {
            bail!("--workload-selector chooses sidecars; for a gateway of yours write --gateway-selector")
        }
        Shape::Sidecar if arguments.gateway_selector.is_some() => {
            bail!("--gateway-selector chooses a gateway; for sidecars write --workload-selector")
        }
        Shape::Gateway => (istio::Shape::Gateway, arguments.gateway_selector.clone()),
        Shape::Sidecar => (istio::Shape::Sidecar, arguments.workload_selector.clone()),
    };
    Ok(Options {
        shape,
        version: arguments.istio_version,
        namespace: arguments.namespace.clone(),
        selector,
        host: arguments.host.clone(),
        tls_secret: arguments.tls_secret.clone(),
        secret: arguments.secret.clone(),
        image: arguments.image.clone(),
        filters_image: arguments.filters_image.clone(),
        filters: filters(arguments)?,
        configuration,
    })
}

fn filters(arguments: &RenderIstio) -> anyhow::Result<Filters> {
    let Some(directory) = arguments.filters.strip_prefix(MOUNT) else {
        let wasm_dir = binary::wasm_dir(arguments.local.wasm_dir.as_deref());
        return Ok(Filters::Fetched(Fetch::new(&arguments.filters, &wasm_dir)?));
    };
    let directory = Path::new(directory);
    if !directory.is_absolute() {
        bail!(
            "--filters mount:{} is no absolute path; write such as mount:/usr/lib/penstock",
            directory.display()
        );
    }
    Ok(Filters::Mounted(directory.to_owned()))
}

fn write(directory: &Path, manifests: &Manifests) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for (name, text) in &manifests.files {
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    eprintln!(
        "wrote {}: kubectl apply -k {}",
        directory.display(),
        directory.display()
    );
    Ok(())
}

/// All resources as one stream of documents, for `kubectl apply -f -`; what is none is left out.
fn print(manifests: &Manifests) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let resources = manifests
        .files
        .iter()
        .filter(|(name, _)| !matches!(*name, "kustomization.yaml" | "workload-patch.yaml"));
    for (name, text) in resources {
        write!(out, "---\n# {name}\n{text}")?;
    }
    out.flush()?;
    Ok(())
}
