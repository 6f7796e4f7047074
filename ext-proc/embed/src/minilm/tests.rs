use std::{env, fs, path::PathBuf, time::Duration};

use serde::Deserialize;

use super::*;

/// Computed once, in double precision, by another implementation: transformers' `BertTokenizer` (the one in Python) and
/// BERT's formulas in numpy.
#[derive(Deserialize)]
struct Oracle {
    texts: Vec<Text>,
    cosines: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    tokens: usize,
    /// Of the vector's components.
    first: Vec<f32>,
}

fn directory() -> PathBuf {
    let directory = env::var_os("PENSTOCK_MODEL_DIR")
        .expect("PENSTOCK_MODEL_DIR names no directory: `make model` fetches the weights there");
    directory.into()
}

fn model() -> MiniLm {
    let limits = Limits {
        budget: Duration::from_secs(60),
        ..Limits::default()
    };
    MiniLm::load(&directory(), NonZeroUsize::MIN, limits).unwrap()
}

#[tokio::test]
async fn vectors_are_those_of_another_implementation_alone_and_in_a_batch() {
    let oracle: Oracle = serde_json::from_str(include_str!("../../testdata/minilm.json")).unwrap();
    let model = model();
    let mut vectors = Vec::new();
    for Text { text, first, .. } in &oracle.texts {
        let vector = model.embed(text).await.unwrap();
        assert_eq!(vector.dimension(), 384);
        for (found, expected) in vector.as_slice().iter().zip(first) {
            assert!((found - expected).abs() < 1e-4, "{text}: {found} {expected}");
        }
        vectors.push(vector);
    }
    for (a, cosines) in vectors.iter().zip(&oracle.cosines) {
        for (b, expected) in vectors.iter().zip(cosines) {
            assert!((a.cosine(b) - expected).abs() < 1e-4);
        }
    }

    let bert = files::bert(&directory()).unwrap();
    let tokenizer = files::tokenizer(&directory()).unwrap();
    let tokens: Vec<Vec<u32>> = oracle
        .texts
        .iter()
        .map(|text| {
            tokenizer
                .encode_fast(text.text.as_str(), true)
                .unwrap()
                .get_ids()
                .to_vec()
        })
        .collect();
    let lengths: Vec<usize> = oracle.texts.iter().map(|text| text.tokens).collect();
    assert_eq!(tokens.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
    for (numbers, alone) in bert.forward(&tokens).unwrap().into_iter().zip(vectors) {
        assert!(Vector::new(numbers).unwrap().cosine(&alone) > 0.999_999);
    }
}

#[tokio::test]
async fn what_the_model_would_not_see_whole_has_no_vector() {
    let model = model();
    assert!(model.embed(&"word ".repeat(254)).await.is_ok());
    let too_long = EmbedError::TooLong {
        tokens: 257,
        limit: 256,
    };
    assert_eq!(model.embed(&"word ".repeat(255)).await, Err(too_long));
    for (text, words) in [("it works 🎉", 1), ("东 and 🎉", 2), (&"x".repeat(101), 1)] {
        assert_eq!(model.embed(text).await, Err(EmbedError::Unknown { words }));
    }
    assert!(model.embed(&"x".repeat(100)).await.is_ok());
}

#[test]
fn a_missing_or_another_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let load = || {
        let loaded = MiniLm::load(directory.path(), NonZeroUsize::MIN, Limits::default());
        loaded.err().unwrap().to_string()
    };
    let missing = load();
    fs::write(directory.path().join("tokenizer.json"), "{}").unwrap();
    let other = load();
    for message in [missing, other] {
        assert!(
            message.contains("tokenizer.json") && message.contains("make model"),
            "{message}"
        );
    }
}
