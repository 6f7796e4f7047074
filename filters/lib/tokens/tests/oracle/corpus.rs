use std::fs;
use std::path::{Path, PathBuf};

use crate::Comparison;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if !path.is_dir() {
            files.push(path);
        } else if !path.ends_with("target") {
            files.extend(self::files(&path));
        }
    }
    files
}

#[test]
fn each_file_of_the_corpus() {
    let files = files(&Path::new(CRATE).join("testdata/corpus"));
    assert!(files.len() > 15);
    let mut comparison = Comparison::default();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        comparison.same(&text);
        comparison.same(&text.replace('\n', "\r\n"));
        comparison.same(&text.to_uppercase());
        comparison.same(&text.replace(' ', ""));
    }
}

#[test]
fn each_source_of_the_repository() {
    let root = Path::new(CRATE).join("../../..");
    let mut comparison = Comparison::default();
    for directory in ["docs", "envoy", "filters", "tests"] {
        for file in files(&root.join(directory)) {
            // What is no text is skipped.
            if let Ok(text) = fs::read_to_string(file) {
                comparison.same(&text);
            }
        }
    }
}
