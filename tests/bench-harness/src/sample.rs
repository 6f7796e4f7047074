//! Medians and percentiles.

/// The value below which `part` of the samples lie.
pub fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_unstable_by(f64::total_cmp);
    let index = samples.len().saturating_sub(1) as f64 * part;
    samples.get(index.round() as usize).copied().unwrap_or(f64::NAN)
}

/// The value in the middle.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.9), 3.0);
        assert!(median(&[]).is_nan());
    }
}
