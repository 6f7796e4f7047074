//! What an endpoint says. Source: OpenAI's API reference, "Create embeddings", read 2026-11-28.

use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    /// What JSON has no number for comes as null. Wider than is needed: whether serde_json takes a number that is too large
    /// for single precision depends on features that other crates choose.
    embedding: Vec<Option<f64>>,
}

/// Why it is no answer. It tells nothing of what was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the endpoint's answer is no list of embeddings")]
    Json,
    #[error("the endpoint gave {found} vectors for {expected} texts")]
    Count { found: usize, expected: usize },
    #[error("the endpoint gave no vector, or more than one, for text {index}")]
    Index { index: usize },
}

/// The numbers of each text, in the order of the texts. What is no number is NaN.
pub(super) fn parse(body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, AnswerError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| AnswerError::Json)?;
    if answer.data.len() != texts {
        return Err(AnswerError::Count {
            found: answer.data.len(),
            expected: texts,
        });
    }
    let mut items = answer.data;
    items.sort_by_key(|item| item.index);
    let number = |(position, item): (usize, Item)| {
        if item.index != position {
            return Err(AnswerError::Index { index: position });
        }
        Ok(item.embedding.into_iter().map(single).collect())
    };
    items.into_iter().enumerate().map(number).collect()
}

/// In single precision; infinite where that does not reach.
#[allow(clippy::cast_possible_truncation, reason = "that is what is wanted")]
fn single(number: Option<f64>) -> f32 {
    number.unwrap_or(f64::NAN) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Result<Vec<Vec<f32>>, AnswerError>;

    #[test]
    fn vectors_come_in_the_order_of_their_texts_and_each_once() {
        let cases: [(&str, Numbers); 6] = [
            (
                r#"{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1.5]}]}"#,
                Ok(vec![vec![1.5], vec![2.0]]),
            ),
            (
                r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
                Err(AnswerError::Index { index: 1 }),
            ),
            (
                r#"{"data":[{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
                Err(AnswerError::Index { index: 0 }),
            ),
            (
                r#"{"data":[{"index":0,"embedding":[1]}]}"#,
                Err(AnswerError::Count {
                    found: 1,
                    expected: 2,
                }),
            ),
            (
                r#"{"data":[{"index":0,"embedding":"AAAA"}]}"#,
                Err(AnswerError::Json),
            ),
            ("upstream connect error", Err(AnswerError::Json)),
        ];
        for (body, expected) in cases {
            assert_eq!(parse(body.as_bytes(), 2), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_number_is_none_of_the_vector() {
        let body = r#"{"data":[{"index":0,"embedding":[null,1e39,-1e39]}]}"#;
        let numbers = parse(body.as_bytes(), 1).unwrap().remove(0);
        assert!(numbers.iter().all(|number| !number.is_finite()), "{numbers:?}");
    }
}
