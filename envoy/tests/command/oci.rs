//! Images of the filters: what stands in them, and that the same filters make the same images.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::Path,
};

use flate2::read::GzDecoder;
use penstock_envoy::{oci, render::Filter};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::filters;

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A blob, whose digest and size are as its descriptor says.
fn blob(layout: &Path, descriptor: &Value, seen: &mut BTreeSet<String>) -> Vec<u8> {
    let digest = descriptor["digest"]
        .as_str()
        .unwrap()
        .strip_prefix("sha256:")
        .unwrap();
    let bytes = fs::read(layout.join("blobs/sha256").join(digest)).unwrap();
    assert_eq!(sha256(&bytes), digest);
    assert_eq!(descriptor["size"], bytes.len());
    seen.insert(digest.to_owned());
    bytes
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Files of an image, by their names, after every digest in it has been checked.
fn files(layout: &Path, expected: &str) -> BTreeMap<String, Vec<u8>> {
    assert_eq!(
        json(&fs::read(layout.join("oci-layout")).unwrap())["imageLayoutVersion"],
        "1.0.0"
    );
    let mut seen = BTreeSet::new();
    let top = json(&fs::read(layout.join("index.json")).unwrap());
    let named = &top["manifests"][0];
    assert_eq!(named["digest"], expected);
    assert_eq!(
        named["annotations"]["org.opencontainers.image.ref.name"],
        env!("CARGO_PKG_VERSION")
    );
    let index = json(&blob(layout, named, &mut seen));
    let mut found = BTreeMap::new();
    let mut architectures = Vec::new();
    for descriptor in index["manifests"].as_array().unwrap() {
        architectures.push(descriptor["platform"]["architecture"].clone());
        let manifest = json(&blob(layout, descriptor, &mut seen));
        assert_eq!(
            manifest["mediaType"],
            "application/vnd.oci.image.manifest.v1+json"
        );
        assert_eq!(
            manifest["config"]["mediaType"],
            "application/vnd.oci.image.config.v1+json"
        );
        let config = json(&blob(layout, &manifest["config"], &mut seen));
        assert_eq!(config["architecture"], descriptor["platform"]["architecture"]);
        let layers = manifest["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 1);
        assert_eq!(
            layers[0]["mediaType"],
            "application/vnd.oci.image.layer.v1.tar+gzip"
        );
        let mut tar = Vec::new();
        GzDecoder::new(&blob(layout, &layers[0], &mut seen)[..])
            .read_to_end(&mut tar)
            .unwrap();
        assert_eq!(
            config["rootfs"]["diff_ids"][0],
            format!("sha256:{}", sha256(&tar))
        );
        for entry in tar::Archive::new(&tar[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            assert_eq!(entry.header().mtime().unwrap(), 0);
            found.insert(entry.path().unwrap().to_string_lossy().into_owned(), bytes);
        }
    }
    assert_eq!(architectures, ["amd64", "arm64"]);
    let there: BTreeSet<_> = fs::read_dir(layout.join("blobs/sha256"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, seen, "a blob that nothing names");
    found
}

#[test]
fn each_image_holds_its_filter_and_one_holds_all() {
    let (here, output) = (filters(), tempfile::tempdir().unwrap());
    for filter in Filter::ALL {
        let path = here.path().join(filter.file());
        let bytes = [fs::read(&path).unwrap(), filter.package().into()].concat();
        fs::write(path, bytes).unwrap();
    }
    let images = oci::images(here.path(), output.path()).unwrap();
    let (all, single) = images.split_last().unwrap();
    for (filter, image) in Filter::ALL.into_iter().zip(single) {
        let name = filter.package().trim_start_matches("penstock-");
        assert_eq!(image.directory, output.path().join(name));
        let files = files(&image.directory, &image.digest);
        let bytes = fs::read(here.path().join(filter.file())).unwrap();
        assert_eq!(files, BTreeMap::from([("plugin.wasm".to_owned(), bytes)]));
    }
    let files = files(&all.directory, &all.digest);
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let mut expected = Filter::ALL.map(Filter::file);
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn the_same_filters_make_the_same_images_and_others_do_not() {
    let (here, one, other) = (
        filters(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let digests = |output: &Path| -> Vec<String> {
        let images = oci::images(here.path(), output).unwrap();
        images.into_iter().map(|image| image.digest).collect()
    };
    let before = digests(one.path());
    let path = here.path().join(Filter::TokenQuota.file());
    let bytes = fs::read(&path).unwrap();
    // Written again: a later time, the same bytes.
    fs::write(&path, &bytes).unwrap();
    assert_eq!(digests(other.path()), before);
    fs::write(&path, [bytes.as_slice(), b"x"].concat()).unwrap();
    let after = digests(one.path());
    for (index, filter) in Filter::ALL.into_iter().enumerate() {
        assert_eq!(after[index] == before[index], filter != Filter::TokenQuota);
    }
}
