//! What can be concluded from so many errors in so many trials, at any time.

/// How often a bound may be wrong.
const ALPHA: f64 = 0.05;
/// The beta distribution of errors that is expected beforehand. It decides only at how many trials the bounds are
/// tightest: with this one, 204 without an error prove that there are less than 2 %, where 149 would do for somebody who
/// looks but once. Most of its weight lies between 0 and 5 %.
const PRIOR: (f64, f64) = (0.5, 25.0);

/// Trials and the errors in them. Neither need be whole, since they are weighted and fade.
///
/// Its bounds are a *confidence sequence*: on at most one in twenty of endless rows of trials does any of them ever
/// exclude the true error. It is the set of errors p that the mixture of likelihoods over the prior,
/// B(a + e, b + n − e) / B(a, b), does not exceed by the factor 1 / α; that ratio is a martingale if p is the truth,
/// so Ville's inequality bounds its maximum (Robbins 1970, Annals of Mathematical Statistics 41(5)). Bounds for
/// one look, as Wilson's or Clopper and Pearson's, do not hold where one acts on the first look that pleases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    trials: f64,
    errors: f64,
}

impl Evidence {
    /// Between zero and `trials` errors.
    pub fn new(trials: f64, errors: f64) -> Self {
        let trials = trials.max(0.0);
        Self {
            trials,
            errors: errors.clamp(0.0, trials),
        }
    }

    /// The most likely error; 0 without a trial.
    pub fn error(&self) -> f64 {
        if self.trials > 0.0 {
            self.errors / self.trials
        } else {
            0.0
        }
    }

    /// Whether the error is known to be below this.
    pub fn is_below(&self, error: f64) -> bool {
        self.error() < error && self.excludes(error)
    }

    /// Whether the error is known to be above this.
    pub fn is_above(&self, error: f64) -> bool {
        self.error() > error && self.excludes(error)
    }

    /// The error is not more than this.
    pub fn upper(&self) -> f64 {
        self.bound(1.0)
    }

    /// The error is not less than this.
    pub fn lower(&self) -> f64 {
        self.bound(0.0)
    }

    fn excludes(&self, error: f64) -> bool {
        let (a, b) = PRIOR;
        let equal = self.trials - self.errors;
        let mixture = ln_beta(a + self.errors, b + equal) - ln_beta(a, b);
        mixture - times_ln(self.errors, error) - times_ln(equal, 1.0 - error) >= (1.0 / ALPHA).ln()
    }

    /// Where exclusion begins between the most likely error and `end`.
    fn bound(&self, end: f64) -> f64 {
        let (mut within, mut outside) = (self.error(), end);
        if !self.excludes(end) {
            return end;
        }
        // Half the distance each time: 2^-40 is exact enough for anybody.
        for _ in 0..40 {
            let middle = f64::midpoint(within, outside);
            if self.excludes(middle) {
                outside = middle;
            } else {
                within = middle;
            }
        }
        outside
    }
}

fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// `count * ln(probability)`: nothing of what cannot happen is as likely as can be.
fn times_ln(count: f64, probability: f64) -> f64 {
    if count > 0.0 {
        count * probability.ln()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn so_many_trials_without_an_error_prove_two_percent() {
        assert!(!Evidence::new(203.0, 0.0).is_below(0.02));
        assert!(Evidence::new(204.0, 0.0).is_below(0.02));
        assert!(!Evidence::new(20.0, 0.0).is_below(0.1));
    }

    #[test]
    fn without_trials_anything_is_possible() {
        let nothing = Evidence::new(0.0, 0.0);
        assert_eq!((nothing.lower(), nothing.upper()), (0.0, 1.0));
        assert!(!nothing.is_above(0.0) && !nothing.is_below(1.0));
    }

    #[test]
    fn a_true_error_is_seldom_excluded_at_any_time() {
        let mut random = fastrand::Rng::with_seed(6);
        for error in [0.005, 0.02, 0.1] {
            let excluded = (0..200)
                .filter(|_| {
                    let mut errors = 0.0;
                    (1..=1500).any(|trials| {
                        errors += f64::from(u8::from(random.f64() < error));
                        Evidence::new(f64::from(trials), errors).excludes(error)
                    })
                })
                .count();
            // One in twenty, and three standard deviations of chance.
            assert!(excluded <= 10 + 9, "{error}: {excluded}");
        }
    }

    proptest! {
        #[test]
        fn bounds_enclose_the_most_likely_error(trials in 0.0..1e5_f64, share in 0.0..=1.0_f64) {
            let evidence = Evidence::new(trials, trials * share);
            prop_assert!(0.0 <= evidence.lower() && evidence.lower() <= evidence.error());
            prop_assert!(evidence.error() <= evidence.upper() && evidence.upper() <= 1.0);
        }

        #[test]
        fn another_trial_without_an_error_never_raises_the_upper_bound(trials in 0.0..1e4_f64, share in 0.0..=1.0_f64) {
            let evidence = Evidence::new(trials, trials * share);
            let more = Evidence::new(trials + 1.0, trials * share);
            prop_assert!(more.upper() <= evidence.upper() + 1e-9);
        }

        #[test]
        fn another_error_never_lowers_either_bound(trials in 0.0..1e4_f64, share in 0.0..=1.0_f64) {
            let evidence = Evidence::new(trials, trials * share);
            let more = Evidence::new(trials + 1.0, trials * share + 1.0);
            prop_assert!(more.upper() >= evidence.upper() - 1e-9);
            prop_assert!(more.lower() >= evidence.lower() - 1e-9);
        }
    }
}
