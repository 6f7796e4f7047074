//! Counts what token-quota has not: where it is switched off, and requests that are only asked about.

use std::cell::Cell;

use penstock_chat::{Api, Tokens};
use penstock_count::Calibration;
use penstock_tokens::{Tokenizer, Vocabulary};
use penstock_translate::request::InvalidRequest;

thread_local! {
    static TOKENIZER: Cell<Tokenizer> = Cell::default();
}

/// What a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Input tokens.
    pub input: Tokens,
    /// The most output tokens of all choices.
    pub output: Tokens,
}

/// How a model is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The model whose way of counting holds for it.
    pub counted_as: String,
    /// What an answer is taken to need where the client says nothing.
    pub default_output: Tokens,
    /// The most that any of its targets gives, if that is known of all.
    pub most_output: Option<Tokens>,
}

impl Counting {
    /// Counts a request of the API `client`.
    ///
    /// # Errors
    /// When it is no request.
    pub fn count(&self, client: Api, body: &[u8]) -> Result<Counted, InvalidRequest> {
        let family = penstock_count::family(&self.counted_as);
        let counted = TOKENIZER.with(|cell| {
            let mut tokenizer = cell.take();
            let counted = penstock_count::request(&mut tokenizer, client, body, &family, Tokens(u64::MAX));
            cell.set(tokenizer);
            counted
        })?;
        let each = counted.max_output.unwrap_or(self.default_output);
        let each = self.most_output.map_or(each, |most| each.min(most));
        Ok(Counted {
            input: Calibration::new(family.initial_factor_permille).request(&counted),
            output: Tokens(each.0.saturating_mul(counted.choices.into())),
        })
    }
}

/// What a text takes, as OpenAI's newer models count.
pub fn text(text: &str) -> Tokens {
    TOKENIZER.with(|cell| {
        let mut tokenizer = cell.take();
        let tokens = tokenizer.count(Vocabulary::O200kBase, text);
        cell.set(tokenizer);
        Tokens(tokens)
    })
}

#[cfg(test)]
mod tests;
