//! What the tests of this crate share: a filter that does nothing, and the real Envoy.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use penstock_envoy::render::Filter;
use tempfile::TempDir;

/// The smallest module that Envoy takes for a filter: a memory, the ABI's version and an allocator.
const SMALLEST_FILTER: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x09\x02\x60\0\0\x60\x01\x7f\x01\x7f\
    \x03\x03\x02\0\x01\
    \x05\x03\x01\0\x01\
    \x07\x3f\x03\x06memory\x02\0\x17proxy_abi_version_0_2_1\0\0\x18proxy_on_memory_allocate\0\x01\
    \x0a\x0a\x02\x02\0\x0b\x05\0\x41\x80\x08\x0b";

pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every folder below `examples/` that has a `penstock.yaml`, by its path there.
pub fn examples() -> Vec<String> {
    let root = checkout().join("examples");
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.ends_with("penstock.yaml") {
                let name = folder.strip_prefix(&root).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A checked-in file is what was made just now; with `UPDATE_GOLDEN` it becomes that.
pub fn assert_golden(file: &Path, text: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, text).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert!(
        text == expected,
        "{} is stale; UPDATE_GOLDEN=1 cargo test -p penstock-envoy renews it",
        file.display()
    );
}

/// A directory of filters, each of which is the smallest one.
pub fn filters() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for filter in Filter::ALL {
        fs::write(directory.path().join(filter.file()), SMALLEST_FILTER).unwrap();
    }
    directory
}

/// `ENVOY`, or the one of the checkout; says so where there is none.
pub fn envoy() -> Option<PathBuf> {
    let checkout = checkout().join(".venv/bin/envoy");
    let asked = env::var_os("ENVOY").map(PathBuf::from);
    let found = asked.or_else(|| checkout.is_file().then_some(checkout));
    if found.is_none() {
        eprintln!("skipped: no Envoy; set ENVOY or install the pinned one into .venv");
    }
    found
}
