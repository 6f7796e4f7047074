//! The filters as OCI images, in layouts that tools push and Kubernetes mounts.
//!
//! One image for each filter in the "compat" variant of the wasm image specification (a layer of the ordinary type
//! `application/vnd.oci.image.layer.v1.tar+gzip` with `plugin.wasm` in it), which Istio's agent and other wasm hosts
//! fetch and every registry takes; and one with all filters under their own names, to be mounted. The same filters make
//! the same digests: no time, no user and no machine is in them.
//!
//! Sources: wasm image specification, `spec-compat.md`; `pkg/wasm/imagefetcher.go` of istio/istio, release-1.31; OCI image
//! specification 1.1, `image-layout.md`; read 2026-11.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use oci_spec::{
    OciSpecError,
    image::{
        Arch, Descriptor, ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder, MediaType,
        OciLayoutBuilder, Os, PlatformBuilder, RootFsBuilder, SCHEMA_VERSION, Sha256Digest,
    },
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::render::{Filter, RenderError};

/// The name that wasm hosts look for.
const PLUGIN: &str = "plugin.wasm";
/// The image with all filters.
const ALL: &str = "filters";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Nodes take an image that says it is for them; a filter runs on all.
const ARCHITECTURES: [Arch; 2] = [Arch::Amd64, Arch::ARM64];

/// An image that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its layout.
    pub directory: PathBuf,
    /// What it is called by, whatever its tag: `sha256:…`.
    pub digest: String,
}

/// Why an image could not be made.
#[derive(Debug, Error)]
pub enum OciError {
    /// A filter is not where it should be.
    #[error(transparent)]
    Missing(#[from] RenderError),
    /// A file cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The layer cannot be made.
    #[error("cannot pack a layer")]
    Pack(#[source] io::Error),
    /// A document of the image cannot be made.
    #[error("cannot describe an image")]
    Describe(#[from] OciSpecError),
}

/// Writes all images into directories of `output`.
///
/// # Errors
/// When a filter is missing, or something cannot be written.
pub fn images(wasm_dir: &Path, output: &Path) -> Result<Vec<Image>, OciError> {
    let mut filters = Vec::new();
    for filter in Filter::ALL {
        filters.push((filter, read(filter, wasm_dir)?));
    }
    let mut images = Vec::new();
    for (filter, bytes) in &filters {
        let name = filter.package().trim_start_matches("penstock-");
        images.push(image(output, name, &[(PLUGIN, bytes.as_slice())])?);
    }
    let all: Vec<_> = filters
        .iter()
        .map(|(filter, bytes)| (filter.file(), bytes.as_slice()))
        .collect();
    images.push(image(output, ALL, &all)?);
    Ok(images)
}

fn read(filter: Filter, wasm_dir: &Path) -> Result<Vec<u8>, OciError> {
    let path = wasm_dir.join(filter.file());
    if !path.is_file() {
        let package = filter.package();
        return Err(RenderError::NoFilter { path, package }.into());
    }
    fs::read(&path).map_err(|source| OciError::File { path, source })
}

fn image(output: &Path, name: &str, files: &[(&str, &[u8])]) -> Result<Image, OciError> {
    let layout = Layout::new(output.join(name))?;
    let tar = packed(files).map_err(OciError::Pack)?;
    let layer = layout.blob(
        MediaType::ImageLayerGzip,
        &compressed(&tar).map_err(OciError::Pack)?,
    )?;
    let mut manifests = Vec::new();
    for architecture in ARCHITECTURES {
        let root = RootFsBuilder::default()
            .typ("layers")
            .diff_ids(vec![format!("sha256:{}", hex(&tar))])
            .build()?;
        let config = ImageConfigurationBuilder::default()
            .architecture(architecture.clone())
            .os(Os::Linux)
            .rootfs(root)
            .build()?
            .to_string()?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(layout.blob(MediaType::ImageConfig, config.as_bytes())?)
            .layers(vec![layer.clone()])
            .build()?
            .to_string()?;
        let mut described = layout.blob(MediaType::ImageManifest, manifest.as_bytes())?;
        let platform = PlatformBuilder::default()
            .architecture(architecture)
            .os(Os::Linux)
            .build()?;
        described.set_platform(Some(platform));
        manifests.push(described);
    }
    let index = index(manifests)?;
    let mut named = layout.blob(MediaType::ImageIndex, index.as_bytes())?;
    let digest = named.digest().to_string();
    let tag = ("org.opencontainers.image.ref.name".to_owned(), VERSION.to_owned());
    named.set_annotations(Some(HashMap::from([tag])));
    layout.file("index.json", self::index(vec![named])?.as_bytes())?;
    let marker = OciLayoutBuilder::default()
        .image_layout_version("1.0.0")
        .build()?;
    layout.file("oci-layout", marker.to_string()?.as_bytes())?;
    Ok(Image {
        directory: layout.directory,
        digest,
    })
}

fn index(manifests: Vec<Descriptor>) -> Result<String, OciError> {
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()?;
    Ok(index.to_string()?)
}

fn packed(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o444);
        // Zero by default: owner, group and time.
        archive.append_data(&mut header, name, *bytes)?;
    }
    archive.into_inner()
}

fn compressed(tar: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Vec::new();
    // Its header has no time by default, and 255 for a system that is not known.
    let mut encoder = GzBuilder::new()
        .operating_system(255)
        .read(tar, Compression::best());
    io::copy(&mut encoder, &mut output)?;
    Ok(output)
}

/// A directory that is one image.
struct Layout {
    directory: PathBuf,
}

impl Layout {
    fn new(directory: PathBuf) -> Result<Self, OciError> {
        let blobs = directory.join("blobs/sha256");
        // Blobs of an earlier image would stay for ever.
        if let Err(source) = fs::remove_dir_all(&blobs)
            && source.kind() != io::ErrorKind::NotFound
        {
            return Err(OciError::File { path: blobs, source });
        }
        fs::create_dir_all(&blobs).map_err(|source| OciError::File { path: blobs, source })?;
        Ok(Self { directory })
    }

    fn blob(&self, media_type: MediaType, bytes: &[u8]) -> Result<Descriptor, OciError> {
        let digest = hex(bytes);
        self.file(&format!("blobs/sha256/{digest}"), bytes)?;
        Ok(Descriptor::new(
            media_type,
            bytes.len() as u64,
            digest.parse::<Sha256Digest>()?,
        ))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<(), OciError> {
        let path = self.directory.join(name);
        fs::write(&path, bytes).map_err(|source| OciError::File { path, source })
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
