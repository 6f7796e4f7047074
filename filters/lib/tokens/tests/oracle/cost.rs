//! Whatever the text: eight times as much takes about eight times as long.

use std::time::Duration;

use penstock_tokens::Tokenizer;
use rustix::time::{ClockId, clock_gettime};

use crate::VOCABULARIES;
use crate::random::Random;

/// What the thread has worked so far: other processes do not count.
fn worked() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

fn quickest(text: &str) -> Duration {
    let mut tokenizer = Tokenizer::new();
    let mut time = || {
        let start = worked();
        for vocabulary in VOCABULARIES {
            tokenizer.count(vocabulary, text);
        }
        worked() - start
    };
    (0..3).map(|_| time()).min().unwrap()
}

fn letters(count: usize) -> String {
    let mut random = Random::new(8);
    (0..count)
        .map(|_| char::from(b'a' + random.below(26) as u8))
        .collect()
}

#[test]
fn eight_times_the_text_takes_no_more_than_twenty_times_as_long() {
    let letters = letters(200_000);
    let units = [
        "a", "ab", "abc", "A", "aA", " ", "\n", " \n", "\n ", "\t", "-", "0", "é", "中", "中A", "\u{301}",
        "\u{301}A", "'", "'s", " '", "/\n", "!", " !", "😀", "\0", "\u{a0}", "ſ", &letters,
    ];
    for unit in units {
        // As much as is merged at once, and many times that.
        for size in [16_000_usize, 200_000] {
            let text = unit.repeat(size.div_ceil(unit.len()));
            let text = &text[..text.floor_char_boundary(size)];
            let eighth = &text[..text.floor_char_boundary(size / 8)];
            // A neighbour on the same core may slow one of the two down: what grows too fast does so each time.
            let linear = (0..5).any(|_| quickest(text) < quickest(eighth) * 20);
            let unit: String = unit.chars().take(8).collect();
            assert!(linear, "the time for {size} bytes of {unit:?}");
        }
    }
}

#[test]
fn below_the_most_a_count_is_exact() {
    let text = include_str!("../../testdata/corpus/english.txt");
    let mut tokenizer = Tokenizer::new();
    for vocabulary in VOCABULARIES {
        let count = tokenizer.count(vocabulary, text);
        assert!(count > 100);
        for most in [count, count + 1, u64::MAX] {
            assert_eq!(tokenizer.count_up_to(vocabulary, text, most), count);
        }
        for most in 0..count {
            assert_eq!(tokenizer.count_up_to(vocabulary, text, most), most + 1);
        }
    }
}

#[test]
fn past_the_most_a_count_ends_soon() {
    let mut tokenizer = Tokenizer::new();
    for text in [
        "word ".repeat(400_000),
        "'s".repeat(1_000_000),
        letters(2_000_000),
    ] {
        for vocabulary in VOCABULARIES {
            let start = worked();
            let all = tokenizer.count(vocabulary, &text);
            let middle = worked();
            let some = tokenizer.count_up_to(vocabulary, &text, 10);
            assert_eq!(some, 11);
            let part = (worked() - middle).div_duration_f64(middle - start);
            assert!(part < 0.5, "{part} of the time for all {all}");
        }
    }
}

#[test]
fn nothing_is_no_token() {
    let mut tokens = Vec::new();
    for vocabulary in VOCABULARIES {
        Tokenizer::new().encode(vocabulary, "", &mut tokens);
        assert_eq!(Tokenizer::new().count(vocabulary, ""), 0);
    }
    assert!(tokens.is_empty());
}
