//! What a request has cost, from what its attempts have used and the prices of the decision.

use penstock_chat::{MicroUsd, Tokens, Usage};
use penstock_client::usage::{EarlierUsage, UsageRecord};
use penstock_plan::{Attempt, Decision};

/// What the last of `attempts` has cost and, as far as that is known, those before it; nothing if the last one's price
/// or usage is not known. `record` is of an answer that is complete.
pub(crate) fn cost(decision: &Decision, attempts: &[Attempt], record: &UsageRecord) -> Option<MicroUsd> {
    let (last, before) = attempts.split_last()?;
    let usage = Usage {
        input: record.input_tokens?,
        output: record.output_tokens?,
        cache_read: record.cache_read_tokens.unwrap_or_default(),
        cache_write: record.cache_write_tokens.unwrap_or_default(),
        reasoning: record.reasoning_tokens.unwrap_or_default(),
    };
    let own = decision.price(&last.provider, &last.model)?.of(&usage);
    let earlier = record.earlier.iter().filter_map(|earlier| {
        let model = asked_model(earlier, before)?;
        let usage = Usage {
            input: earlier.input_tokens?,
            output: earlier.output_tokens.unwrap_or(Tokens(0)),
            ..Usage::default()
        };
        Some(decision.price(&earlier.provider, model)?.of(&usage))
    });
    Some(earlier.fold(own, MicroUsd::saturating_add))
}

/// The model that an earlier attempt asked for: the record names it as the provider does. None if its provider was
/// asked for several and it cannot be told which.
fn asked_model<'a>(earlier: &EarlierUsage, before: &'a [Attempt]) -> Option<&'a str> {
    let mut models = before
        .iter()
        .filter(|attempt| attempt.provider == earlier.provider)
        .map(|attempt| attempt.model.as_str());
    let first = models.next()?;
    let mut rest = models.filter(|model| *model != first).peekable();
    if first == earlier.model || rest.peek().is_none() {
        return Some(first);
    }
    rest.find(|model| *model == earlier.model)
}
