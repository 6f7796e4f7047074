//! Medians and percentiles.

use std::time::Duration;

/// The value below which `part` of the samples lie, in microseconds.
pub fn quantile_us(mut samples: Vec<Duration>, part: f64) -> f64 {
    samples.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few thousand samples"
    )]
    let index = (samples.len().saturating_sub(1) as f64 * part).round() as usize;
    samples
        .get(index)
        .map_or(f64::NAN, |sample| sample.as_secs_f64() * 1e6)
}

/// The median of one value for each round.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len().is_multiple_of(2) && middle > 0 {
        f64::midpoint(at(middle - 1), at(middle))
    } else {
        at(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn quantiles_are_samples() {
        let samples: Vec<_> = (1..=101).rev().map(Duration::from_micros).collect();
        assert_eq!(quantile_us(samples.clone(), 0.5), 51.0);
        assert_eq!(quantile_us(samples, 0.99), 100.0);
    }
}
