use proptest::prelude::*;

use super::*;

fn after(mut calibration: Calibration, counted: u64, actual: u64, times: usize) -> Calibration {
    for _ in 0..times {
        calibration.observe(Tokens(counted), Tokens(actual));
    }
    calibration
}

#[test]
fn a_malformed_value_reads_as_fresh() {
    let fresh = Calibration::new(1_200);
    let kept = after(fresh, 1_000, 1_500, 9);
    assert_ne!(kept, fresh);
    assert_eq!(Calibration::from_bytes(&kept.to_bytes(), 1_200), kept);
    let mut other_form = kept.to_bytes();
    other_form[3] = b'2';
    let mut too_low = kept.to_bytes();
    too_low[4..8].copy_from_slice(&499_999_u32.to_le_bytes());
    for bytes in [
        &b""[..],
        &kept.to_bytes()[..15],
        &[0; 16],
        &[255; 16],
        &other_form,
        &too_low,
    ] {
        assert_eq!(Calibration::from_bytes(bytes, 1_200), fresh);
    }
}

#[test]
fn a_tiny_request_hardly_moves_the_factor() {
    let calibration = after(Calibration::new(1_000), 5, 10, 1);
    assert!(calibration.factor_permille() <= 1_005, "{calibration:?}");
    let calibration = after(Calibration::new(1_000), 5_000, 10_000, 1);
    assert_eq!(calibration.factor_permille(), 1_050);
}

#[test]
fn what_no_tokenizer_makes_of_a_text_is_not_learned_from() {
    for actual in [0, 1, 2_499, 15_001, u64::MAX] {
        let calibration = after(Calibration::new(1_000), 5_000, actual, 10);
        assert_eq!(calibration.factor_permille(), 1_000, "{actual}");
        assert_eq!(calibration.error_permille() > 0, actual > 0, "{actual}");
    }
}

#[test]
fn the_error_is_that_of_corrected_counts() {
    let calibration = after(Calibration::new(1_000), 10_000, 20_000, 1);
    assert_eq!(calibration.error_permille(), 125);
    let calibration = after(calibration, 10_000, 20_000, 200);
    assert!(calibration.error_permille() <= 10, "{calibration:?}");
    assert_eq!(calibration.observations(), 201);
}

#[test]
fn fixed_tokens_are_not_corrected() {
    let mut calibration = Calibration::new(2_000);
    let counted = Counted {
        tokens: Tokens(1_100),
        fixed: Tokens(100),
        complete: true,
        max_output: None,
        choices: 1,
    };
    assert_eq!(calibration.request(&counted), Tokens(2_100));
    calibration.observe_request(&counted, Tokens(2_100));
    assert_eq!(
        (calibration.factor_permille(), calibration.error_permille()),
        (2_000, 0)
    );
    let incomplete = Counted {
        complete: false,
        ..counted
    };
    calibration.observe_request(&incomplete, Tokens(9_000_000));
    assert_eq!(calibration.factor_permille(), 2_000);
}

proptest! {
    #[test]
    fn it_converges_within_fifty_requests(
        percent in 60_u64..250,
        sizes in proptest::collection::vec(500_u64..20_000, 50),
        noise in proptest::collection::vec(95_u64..=105, 50),
    ) {
        let mut calibration = Calibration::new(1_000);
        for (size, noise) in sizes.iter().zip(&noise) {
            calibration.observe(Tokens(*size), Tokens(size * percent * noise / 10_000));
        }
        let off = u64::from(calibration.factor_permille()).abs_diff(percent * 10);
        prop_assert!(off <= percent * 10 * 6 / 100, "{} of {}", calibration.factor_permille(), percent * 10);
    }

    #[test]
    fn no_report_breaks_it(
        reports in proptest::collection::vec(
            (
                prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 0_u64..5_000],
                prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 0_u64..5_000],
            ),
            0..40,
        ),
    ) {
        let mut calibration = Calibration::new(1_300);
        for (counted, actual) in reports {
            let before = calibration;
            calibration.observe(Tokens(counted), Tokens(actual));
            prop_assert!(calibration.factor.abs_diff(before.factor) <= MAX_STEP);
            prop_assert!((LEAST..=GREATEST).contains(&calibration.factor));
            prop_assert!(calibration.error_permille() <= 10_000);
            prop_assert_eq!(Calibration::from_bytes(&calibration.to_bytes(), 1), calibration);
            if counted == 0 || actual == 0 {
                prop_assert_eq!(calibration, before);
            }
            calibration.corrected(Tokens(u64::MAX));
        }
        let mended = after(calibration, 5_000, 6_500, 80);
        prop_assert!(mended.factor_permille().abs_diff(1_300) <= 3, "{mended:?}");
    }
}
