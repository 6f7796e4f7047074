//! Whether two answers are the same answer, so that it can be counted how often the cache would have been wrong.
//!
//! In doubt they are not: a wrong "same" lets wrong hits pass, a wrong "different" only costs hits. What answers say
//! appears in no error.

use std::sync::Arc;

use async_trait::async_trait;
use penstock_embed::{EmbedError, Embedder};
use unicode_normalization::UnicodeNormalization;

/// The cosine from which on two answers mean the same, if nothing else speaks against it.
pub const SAME: f32 = 0.9;

/// An answer in more pieces than this is not looked at: each costs a run of the embedder.
const MOST_PIECES: usize = 24;

/// Compares answers.
#[async_trait]
pub trait Judge: Send + Sync {
    /// Whether somebody who wanted `fresh` could be given `kept` instead.
    ///
    /// # Errors
    /// When they cannot be compared now. Then nothing is known, and nothing is to be counted.
    async fn same(&self, kept: &str, fresh: &str) -> Result<bool, EmbedError>;
}

/// The judge by default: the same text but for how it is written, or the same meaning.
///
/// Answers longer than the embedder sees are compared sentence by sentence: each sentence of either must have one that is
/// the same in the other, in whatever order. A mean over the whole would not do, since one wrong sentence in
/// thirty hardly turns it. A sentence that is too long itself is the same only as the same text.
pub struct ByMeaning<Alike> {
    embedder: Arc<dyn Embedder>,
    alike: Alike,
}

impl<Alike> ByMeaning<Alike>
where
    Alike: Fn(&str, &str) -> bool + Send + Sync,
{
    /// `alike` says whether the guards let two texts pass as one, for what meaning does not see.
    pub fn new(embedder: Arc<dyn Embedder>, alike: Alike) -> Self {
        Self { embedder, alike }
    }

    /// Whether two texts that the embedder sees whole mean the same.
    async fn close(&self, kept: &str, fresh: &str) -> Result<bool, EmbedError> {
        if normal(kept) == normal(fresh) {
            return Ok(true);
        }
        if !(self.alike)(kept, fresh) {
            return Ok(false);
        }
        let kept = self.embedder.embed(kept).await?;
        let fresh = self.embedder.embed(fresh).await?;
        Ok(kept.cosine(&fresh) >= SAME)
    }

    /// Whether each of these sentences has one that is the same among the others.
    async fn covers(&self, sentences: &[&str], others: &[&str]) -> Result<bool, EmbedError> {
        for sentence in sentences {
            // Each is compared with all the others, and somebody waits for this thread.
            tokio::task::yield_now().await;
            if !self.is_among(sentence, others).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_among(&self, sentence: &str, others: &[&str]) -> Result<bool, EmbedError> {
        for other in others {
            match self.close(sentence, other).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                // What cannot be seen is the same only as text, whatever the others are.
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl<Alike> Judge for ByMeaning<Alike>
where
    Alike: Fn(&str, &str) -> bool + Send + Sync,
{
    async fn same(&self, kept: &str, fresh: &str) -> Result<bool, EmbedError> {
        match self.close(kept, fresh).await {
            Err(error) if is_refusal(&error) => {}
            verdict => return verdict,
        }
        let (kept, fresh) = (sentences(kept), sentences(fresh));
        if kept.len().max(fresh.len()) > MOST_PIECES {
            return Ok(false);
        }
        Ok(self.covers(&fresh, &kept).await? && self.covers(&kept, &fresh).await?)
    }
}

/// Whether the embedder does not take this text, now or later.
fn is_refusal(error: &EmbedError) -> bool {
    matches!(
        error,
        EmbedError::TooLarge { .. } | EmbedError::TooLong { .. } | EmbedError::Unknown { .. }
    )
}

/// What of a text does not depend on how it is written: letters and digits in compatible form (NFKC) and lower case, and
/// one space for all that lies between them.
///
/// Marks that say something are kept: those of arithmetic and comparison, of currency, and a full stop, comma or minus
/// at a digit.
pub fn normal(text: &str) -> String {
    let text: Vec<char> = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut normal = String::new();
    let mut gap = false;
    for (index, character) in text.iter().enumerate() {
        let next_is_digit = text.get(index + 1).is_some_and(char::is_ascii_digit);
        let says = match character {
            '.' | ',' | ':' | '/' => {
                next_is_digit && normal.ends_with(|last: char| last.is_ascii_digit()) && !gap
            }
            '-' | '\u{2212}' => next_is_digit,
            '+' | '*' | '=' | '<' | '>' | '^' | '%' | '$' | '€' | '£' | '¥' | '#' | '_' => true,
            // Also signs of their own, as emoji, and marks that are part of a letter in some scripts.
            _ => character.is_alphanumeric() || !(character.is_ascii() || is_mark(*character)),
        };
        if says {
            if gap && !normal.is_empty() {
                normal.push(' ');
            }
            normal.push(*character);
        }
        gap = !says;
    }
    normal
}

/// Marks outside ASCII that only separate or quote.
fn is_mark(character: char) -> bool {
    character.is_whitespace()
        || matches!(character,
            '\u{2010}'..='\u{2027}' | '\u{200b}'..='\u{200f}' | '\u{3001}' | '\u{3002}' | '\u{300c}'..='\u{300f}'
            | '«' | '»' | '‹' | '›' | '¿' | '¡' | '·' | '\u{feff}')
}

/// The sentences of a text. One ends at a line's end, and at a full stop, question mark or exclamation mark before a space.
fn sentences(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(split_sentences)
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

fn split_sentences(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = line;
    while let Some(end) = end_of_sentence(rest) {
        let (sentence, behind) = rest.split_at(end);
        sentences.push(sentence);
        rest = behind;
    }
    sentences.push(rest);
    sentences
}

/// Where the first sentence ends, in bytes; none if it is the last.
fn end_of_sentence(text: &str) -> Option<usize> {
    text.char_indices()
        .zip(text.chars().skip(1))
        .find(|((_, character), next)| {
            matches!(character, '。' | '！' | '？')
                || matches!(character, '.' | '!' | '?') && next.is_whitespace()
        })
        .map(|((index, character), _)| index + character.len_utf8())
}

#[cfg(test)]
mod tests;
