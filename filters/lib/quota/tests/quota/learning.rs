//! What is learned of what requests really use.

use penstock_quota::{Key, Table};
use proptest::{collection::vec, prelude::*};

use crate::memory::{MINUTE, Memory, NOW, claim};

fn key() -> Key {
    Key::of("typical", &["fast", "acme"])
}

fn learned(values: impl IntoIterator<Item = u64>) -> Option<u64> {
    let (memory, table) = (Memory::default(), Table::new(8, 30_000));
    for value in values {
        table.learn(&memory, key(), value, NOW);
    }
    table.typical(&memory, key())
}

proptest! {
    #[test]
    fn the_quantile_is_at_most_a_quarter_too_high(values in vec(0_u64..200_000, 20..400)) {
        let found = learned(values.iter().copied()).unwrap();
        let mut sorted = values;
        sorted.sort_unstable();
        let exact = sorted[(sorted.len() * 95).div_ceil(100) - 1];
        prop_assert!(exact <= found && found <= exact + exact / 4, "{found} for {exact}");
    }
}

#[test]
fn nothing_is_typical_of_a_few() {
    assert_eq!(learned(vec![500; 19]), None);
    assert!(learned(vec![500; 20]).is_some_and(|typical| (500..=625).contains(&typical)));
}

#[test]
fn the_past_fades() {
    let habits = std::iter::repeat_n(32_000, 500).chain(std::iter::repeat_n(100, 3_000));
    assert!(learned(habits).is_some_and(|typical| typical <= 125));
}

#[test]
fn huge_values_are_counted() {
    assert!(learned(vec![u64::MAX; 30]).is_some_and(|typical| typical > 1 << 40));
}

#[test]
fn a_window_takes_the_place_of_what_was_learned_and_not_the_reverse() {
    let (memory, table) = (Memory::default(), Table::new(1, 30_000));
    for _ in 0..30 {
        table.learn(&memory, key(), 100, NOW);
    }
    for name in 0..16 {
        let claim = claim(&name.to_string(), 10, 1, MINUTE);
        let _held = table.reserve(&memory, &[claim], NOW).unwrap();
    }
    assert_eq!(table.typical(&memory, key()), None);
    table.learn(&memory, key(), 100, NOW);
    for name in 0..16 {
        let claim = claim(&name.to_string(), 10, 10, MINUTE);
        assert!(table.reserve(&memory, &[claim], NOW).is_err());
    }
}
