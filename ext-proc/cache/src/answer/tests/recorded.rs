//! What becomes of the recorded bodies and streams of `penstock-translate`.
//!
//! `testdata/answers.txt` has a line for each; `UPDATE_GOLDEN=1` writes it anew, for a reviewer to read the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../filters/lib/translate/testdata")
}

fn recorded() -> Vec<(String, Api, bool, Vec<u8>)> {
    let mut all = Vec::new();
    for (kind, is_stream) in [("response", false), ("stream", true)] {
        for dialect in APIS {
            let mut files: Vec<PathBuf> = fs::read_dir(folder().join(kind).join(dialect.as_str()))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| !path.to_string_lossy().contains(".to-"))
                .collect();
            files.sort();
            assert!(files.len() > 8);
            for path in files {
                let name = path.strip_prefix(folder()).unwrap().display().to_string();
                all.push((name, dialect, is_stream, fs::read(path).unwrap()));
            }
        }
    }
    all
}

/// Those streams that are kept, and those that go wrong on their way.
fn streams() -> impl Iterator<Item = (String, Api, Vec<u8>)> {
    recorded()
        .into_iter()
        .filter_map(|(name, dialect, is_stream, body)| {
            let wrong = name.contains("error-in-the-middle") || name.contains("malformed");
            let told = is_stream && (wrong || collected(dialect, true, &[&body], true).is_ok());
            told.then_some((name, dialect, body))
        })
}

#[test]
fn recorded_answers_are_kept_or_refused_as_the_golden_file_says() {
    let mut actual = String::new();
    for (name, dialect, is_stream, body) in recorded() {
        match collected(dialect, is_stream, &[&body], true) {
            Ok(answer) => writeln!(actual, "{name}: {answer:?}").unwrap(),
            Err(unfit) => writeln!(actual, "{name}: {}", unfit.as_str()).unwrap(),
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/answers.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &actual).unwrap();
    }
    assert_eq!(actual, fs::read_to_string(golden).unwrap_or_default());
}

#[test]
fn recorded_streams_are_read_the_same_wherever_they_are_cut_in_two() {
    for (name, dialect, body) in streams() {
        let whole = collected(dialect, true, &[&body], true);
        for at in 0..=body.len() {
            let (before, after) = body.split_at(at);
            let pieces = collected(dialect, true, &[before, after], true);
            assert_eq!(pieces, whole, "{name} {at}");
        }
    }
}

#[test]
fn part_of_a_recorded_stream_is_never_an_answer() {
    for (name, dialect, body) in streams() {
        let last = body.trim_ascii_end().len();
        for at in 0..last {
            let part = collected(dialect, true, &[&body[..at]], true);
            assert!(part.is_err(), "{name} {at} {part:?}");
        }
    }
}

#[test]
fn answer_of_a_stream_is_that_of_the_whole_body() {
    let of = |kind: &str, is_stream, name: &str| {
        let body = fs::read(folder().join(kind).join(name)).unwrap();
        let dialect = if name.starts_with("openai") {
            Api::OpenAi
        } else {
            Api::Anthropic
        };
        let mut answer = collected(dialect, is_stream, &[&body], true).unwrap();
        answer.usage = None;
        answer
    };
    for name in ["openai/reasoning-vllm", "anthropic/stop-sequence"] {
        let mut whole = of("response", false, &format!("{name}.json"));
        let mut streamed = of("stream", true, &format!("{name}.sse"));
        // Recorded with other words and names.
        whole.model.clear();
        streamed.model.clear();
        if let [Content::Thinking { text, .. }, ..] = whole.content.as_mut_slice() {
            "Think twice.".clone_into(text);
        }
        assert_eq!(whole, streamed, "{name}");
    }
}
