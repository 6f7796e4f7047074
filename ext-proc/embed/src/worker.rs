//! The thread on which a local model runs, away from those of requests.
//!
//! It outlives whatever goes wrong with a batch, a panic in a library included (where panics unwind), and ends with
//! the queue.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crate::{
    EmbedError, Vector,
    queue::{Asked, Waiting},
};

/// A model that runs on the caller's thread.
pub(crate) trait Model: Send + 'static {
    /// What the model sees of a text.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError>;

    /// The numbers of each text, in order.
    fn numbers(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Runs `model` on a thread of its own, with about so many tokens in one pass.
///
/// # Errors
/// When there can be no more threads.
pub(crate) fn start(model: impl Model, mut waiting: Waiting, pass: usize) -> io::Result<()> {
    let run = move || {
        while let Some(batch) = waiting.blocking_next() {
            embed(&model, batch, pass);
        }
    };
    thread::Builder::new()
        .name("penstock-embed".to_owned())
        .spawn(run)?;
    Ok(())
}

fn embed(model: &impl Model, batch: Vec<Asked>, pass: usize) {
    let mut texts = Vec::with_capacity(batch.len());
    for asked in batch {
        match guard(|| model.tokens(&asked.text)) {
            Ok(tokens) => texts.push((tokens, asked)),
            Err(error) => asked.answer(Err(error)),
        }
    }
    // Short ones first, and each pass is bounded, so that a long text does not hold up the short ones beside it.
    texts.sort_by_key(|(tokens, _)| tokens.len());
    let mut texts = texts
        .into_iter()
        .filter(|(_, asked)| asked.is_wanted())
        .peekable();
    while let Some((first, asked)) = texts.next() {
        let mut size = first.len();
        let mut tokens = vec![first];
        let mut together = vec![asked];
        while let Some((next, asked)) = texts.next_if(|(next, _)| size.saturating_add(next.len()) <= pass) {
            size = size.saturating_add(next.len());
            tokens.push(next);
            together.push(asked);
        }
        answer(guard(|| model.numbers(&tokens)), together);
    }
}

fn answer(vectors: Result<Vec<Vec<f32>>, EmbedError>, texts: Vec<Asked>) {
    match vectors {
        Ok(vectors) if vectors.len() == texts.len() => {
            for (numbers, asked) in vectors.into_iter().zip(texts) {
                asked.answer(Vector::new(numbers).map_err(EmbedError::from));
            }
        }
        Ok(vectors) => {
            let error = format!("{} vectors of {} texts", vectors.len(), texts.len());
            answer(Err(EmbedError::Failed(error)), texts);
        }
        Err(error) => texts
            .into_iter()
            .for_each(|asked| asked.answer(Err(error.clone()))),
    }
}

/// A model is read only, so that it is the same after a panic.
fn guard<T>(step: impl FnOnce() -> Result<T, EmbedError>) -> Result<T, EmbedError> {
    catch_unwind(AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(EmbedError::Failed("the model has panicked".to_owned())))
}

#[cfg(test)]
mod tests;
