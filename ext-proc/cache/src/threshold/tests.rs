//! Routes that are simulated: texts come with cosines of some mix, and an answer is wrong with a probability that depends
//! on the cosine.

use proptest::prelude::*;

use super::*;

const MAX_ERROR: f64 = 0.02;

type Curve = Box<dyn Fn(f32) -> f64>;

struct Route {
    measured: Measured,
    random: fastrand::Rng,
    served: u32,
    wrong: u32,
    moves: u32,
}

impl Route {
    fn new(seed: u64) -> Self {
        Self {
            measured: Measured::new(Terms::default()),
            random: fastrand::Rng::with_seed(seed),
            served: 0,
            wrong: 0,
            moves: 0,
        }
    }

    /// Half of the texts have a close neighbour, the others any.
    fn ask(&mut self, times: u32, error: impl Fn(f32) -> f64) {
        for _ in 0..times {
            let width = if self.random.bool() { 0.12 } else { 0.4 };
            let cosine = 1.0 - self.random.f32() * width;
            let equal = self.random.f64() >= error(cosine);
            let before = self.measured.threshold();
            if self.random.f64() < self.measured.sample_rate(cosine) {
                self.measured.observe(cosine, equal);
            } else {
                self.measured.pass(cosine);
                if cosine >= before {
                    self.served += 1;
                    self.wrong += u32::from(!equal);
                }
            }
            self.moves += u32::from(self.measured.threshold() != before);
        }
    }

    fn forget(&mut self) {
        (self.served, self.wrong, self.moves) = (0, 0, 0);
    }

    fn wrong_share(&self) -> f64 {
        f64::from(self.wrong) / f64::from(self.served.max(1))
    }
}

fn sharp(at: f32, below: f64) -> impl Fn(f32) -> f64 {
    move |cosine| if cosine < at { below } else { 0.002 }
}

/// Half wrong at `at`; ever less above.
fn gradual(at: f32) -> impl Fn(f32) -> f64 {
    move |cosine| 1.0 / (1.0 + f64::from((cosine - at) * 40.0).exp())
}

fn flat(error: f64) -> impl Fn(f32) -> f64 {
    move |_| error
}

#[test]
fn without_a_limit_nothing_is_sampled_and_nothing_moves() {
    let terms = Terms {
        start: 0.9,
        max_error: None,
    };
    let mut measured = Measured::new(terms);
    for _ in 0..1000 {
        measured.observe(0.95, false);
    }
    assert_eq!((measured.threshold(), measured.sample_rate(0.95)), (0.9, 0.0));
    assert_eq!(measured.error(), None);
}

#[test]
fn a_start_between_two_bins_is_kept_to_the_letter() {
    let terms = Terms {
        start: 0.955,
        ..Terms::default()
    };
    assert_eq!(Measured::new(terms).threshold(), 0.955);
}

#[test]
fn an_early_lucky_streak_does_not_open_it() {
    let mut measured = Measured::new(Terms::default());
    for _ in 0..200 {
        measured.observe(0.90, true);
        assert_eq!(measured.threshold(), 0.95);
    }
    for _ in 0..5 {
        measured.observe(0.90, true);
    }
    assert_eq!(measured.threshold(), 0.90);
}

#[test]
fn certain_hits_do_not_pay_for_a_bin_that_is_mostly_wrong() {
    let mut route = Route::new(1);
    for _ in 0..20_000 {
        route.measured.pass(0.99);
    }
    route.ask(20_000, |cosine| if cosine < 0.9 { 0.3 } else { 0.0 });
    assert_eq!(route.measured.threshold(), 0.90);
}

#[test]
fn where_the_error_sets_in_sharply_the_threshold_stops_there() {
    for (at, seed) in [(0.75, 1), (0.80, 2), (0.85, 3), (0.90, 4)] {
        let mut route = Route::new(seed);
        route.ask(6000, sharp(at, 0.6));
        let threshold = route.measured.threshold();
        assert!(
            (at - 0.0101..=at + 0.03).contains(&threshold),
            "{at}: {threshold}"
        );
        assert!(route.wrong_share() <= MAX_ERROR, "{at}: {}", route.wrong_share());
    }
}

#[test]
fn where_everything_is_right_it_opens_all_the_way_within_a_thousand_texts() {
    let mut route = Route::new(1);
    route.ask(1000, flat(0.0));
    assert_eq!(route.measured.threshold(), FLOOR);
}

#[test]
fn where_everything_is_wrong_only_equal_texts_hit_after_few_comparisons() {
    for seed in 0..20 {
        let mut route = Route::new(seed);
        route.ask(2000, flat(1.0));
        assert_eq!(route.measured.threshold(), 1.0);
        assert!(route.served <= 60, "{}", route.served);
    }
}

#[test]
fn where_too_much_is_wrong_everywhere_it_closes() {
    let mut route = Route::new(1);
    route.ask(30_000, flat(0.08));
    assert!(
        route.measured.threshold() >= 0.99,
        "{}",
        route.measured.threshold()
    );
}

#[test]
fn served_hits_are_wrong_at_most_as_often_as_agreed() {
    for seed in 0..4 {
        let curves: [(&str, Curve); 7] = [
            ("sharp", Box::new(sharp(0.85, 0.5))),
            ("sharp and low", Box::new(sharp(0.75, 0.2))),
            ("gradual", Box::new(gradual(0.80))),
            ("gradual and high", Box::new(gradual(0.86))),
            ("seldom", Box::new(flat(0.005))),
            ("just", Box::new(flat(0.018))),
            ("slope", Box::new(|cosine| f64::from(1.0 - cosine) * 0.5)),
        ];
        for (name, curve) in curves {
            let mut route = Route::new(seed);
            route.ask(20_000, curve);
            // Three standard deviations of what chance does to so many hits at the limit.
            let chance = 3.0 * (MAX_ERROR * (1.0 - MAX_ERROR) / f64::from(route.served.max(1))).sqrt();
            assert!(
                route.wrong_share() <= MAX_ERROR + chance,
                "{name}, seed {seed}: {} of {}",
                route.wrong,
                route.served
            );
        }
    }
}

#[test]
fn an_error_that_rises_closes_it_soon() {
    for seed in 0..5 {
        let mut route = Route::new(seed);
        route.ask(30_000, sharp(0.78, 0.6));
        assert!(route.measured.threshold() < 0.83);
        route.forget();
        route.ask(4000, sharp(0.92, 0.6));
        assert!(
            route.measured.threshold() >= 0.91,
            "{}",
            route.measured.threshold()
        );
        assert!(route.wrong <= 300, "{} of {}", route.wrong, route.served);
        route.forget();
        route.ask(20_000, sharp(0.92, 0.6));
        assert!(route.wrong_share() <= MAX_ERROR, "{}", route.wrong_share());
    }
}

#[test]
fn an_error_that_falls_opens_it_again() {
    let mut route = Route::new(1);
    route.ask(10_000, flat(0.9));
    assert_eq!(route.measured.threshold(), 1.0);
    route.ask(100_000, sharp(0.80, 0.6));
    assert!(
        route.measured.threshold() <= 0.95,
        "{}",
        route.measured.threshold()
    );
}

#[test]
fn it_does_not_flap() {
    for seed in 0..5 {
        let mut route = Route::new(seed);
        route.ask(10_000, gradual(0.80));
        route.forget();
        route.ask(50_000, gradual(0.80));
        assert!(route.moves <= 25, "{}", route.moves);
    }
}

#[test]
fn sampling_costs_half_of_the_hits_at_first_and_few_later() {
    let mut route = Route::new(1);
    assert_eq!(route.measured.sample_rate(0.99), 0.5);
    assert_eq!(route.measured.sample_rate(0.80), 1.0);
    assert_eq!(route.measured.sample_rate(0.69), 0.0);
    route.ask(20_000, sharp(0.80, 0.6));
    assert!(route.measured.sample_rate(0.99) <= 0.05);
    assert_eq!(route.measured.sample_rate(0.72), KNOWN_RATE);
}

#[test]
fn what_was_measured_outlives_a_restart() {
    let mut route = Route::new(1);
    route.ask(10_000, sharp(0.80, 0.6));
    let kept = serde_json::to_string(&route.measured).unwrap();
    let kept: Measured = serde_json::from_str(&kept).unwrap();
    let resumed = Measured::resume(Terms::default(), kept.clone());
    assert_eq!(resumed.threshold(), route.measured.threshold());
    let stricter = Terms {
        max_error: Some(0.0001),
        ..Terms::default()
    };
    assert!(Measured::resume(stricter, kept).threshold() >= 0.95);
}

#[test]
fn what_is_no_evidence_is_not_resumed() {
    let new = serde_json::to_string(&Measured::new(Terms::default())).unwrap();
    let cases = [
        ("\"trials\":0.0", "\"trials\":-1.0"),
        ("\"errors\":0.0", "\"errors\":1.0"),
        ("\"lowest\":25", "\"lowest\":31"),
        (
            "\"bins\":[{",
            "\"bins\":[{\"traffic\":0.0,\"trials\":0.0,\"errors\":0.0},{",
        ),
    ];
    for (sound, unsound) in cases {
        assert!(new.contains(sound), "{new}");
        let kept: Measured = serde_json::from_str(&new.replacen(sound, unsound, 1)).unwrap();
        assert_eq!(
            Measured::resume(Terms::default(), kept),
            Measured::new(Terms::default())
        );
    }
}

proptest! {
    #[test]
    fn threshold_and_rate_stay_in_their_ranges(
        observations in prop::collection::vec((0.6..1.01_f32, any::<bool>(), any::<bool>()), 0..600),
        max_error in 0.001..0.5_f64,
        start in 0.7..=1.0_f32,
    ) {
        let mut measured = Measured::new(Terms { start, max_error: Some(max_error) });
        for (cosine, equal, compared) in observations {
            if compared {
                measured.observe(cosine, equal);
            } else {
                measured.pass(cosine);
            }
            prop_assert!((FLOOR..=1.0).contains(&measured.threshold()));
            prop_assert!((0.0..=1.0).contains(&measured.sample_rate(cosine)));
            if let Some(error) = measured.error() {
                prop_assert!(error.lower <= error.error && error.error <= error.upper, "{error:?}");
            }
        }
    }

    #[test]
    fn had_one_answer_been_wrong_the_error_would_not_be_lower(
        cosines in prop::collection::vec(0.95..1.0_f32, 1..200),
        which in any::<prop::sample::Index>(),
    ) {
        let which = which.index(cosines.len());
        let (mut right, mut wrong) = (Bins::default(), Bins::default());
        for (index, cosine) in cosines.iter().enumerate() {
            let Some(bin) = bins::of(*cosine) else { continue };
            right.observe(bin, true, 1e3);
            wrong.observe(bin, index != which, 1e3);
        }
        let (right, wrong) = (right.evidence(0, COUNT).unwrap(), wrong.evidence(0, COUNT).unwrap());
        prop_assert!(right.upper() <= wrong.upper() && right.error() <= wrong.error());
    }
}
