//! Amounts of US dollars, to the micro-dollar.

use penstock_chat::MicroUsd;

use crate::problem::Problems;
use crate::spanned::Spanned;

/// Sums of a thousand such amounts stay below what every store can count exactly (2 to the power of 53).
pub(super) const MOST: MicroUsd = MicroUsd(1_000_000_000_000_000);

/// An amount of at most `most`, or a problem.
pub(super) fn dollars(
    text: &Spanned<String>,
    field: &str,
    most: MicroUsd,
    problems: &mut Problems,
) -> Option<MicroUsd> {
    let message = match text.value.parse::<MicroUsd>() {
        Ok(amount) if amount <= most => return Some(amount),
        Ok(_) => format!("at most {} dollars", most.0 / 1_000_000),
        Err(error) => format!("{error}; write dollars with at most six places after the point, such as 2.50"),
    };
    problems.at(text.referenced, field, message);
    None
}
