use crate::Comparison;
use crate::atoms::{CONTRACTIONS, SPACE, VISIBLE};
use crate::random::Random;

#[test]
fn runs_of_each_atom() {
    let mut comparison = Comparison::default();
    for atom in [SPACE, CONTRACTIONS, VISIBLE].concat() {
        for count in (1..40).chain([63, 64, 65, 127, 128, 129, 255, 1_000, 4_099]) {
            comparison.same(&atom.repeat(count));
            comparison.same(&format!("x{}y", atom.repeat(count)));
        }
    }
}

#[test]
fn long_runs_of_one_character() {
    let mut comparison = Comparison::default();
    for character in [
        "a", "A", " ", "\n", "-", "=", "0", "é", "中", "😀", "\u{301}", "\r\n",
    ] {
        for count in [16_383, 16_384, 16_385, 50_000, 100_003] {
            comparison.same(&character.repeat(count));
        }
    }
}

/// Longer than what is merged at once, so that the seams are compared, too.
#[test]
fn long_pieces_that_repeat() {
    let mut random = Random::new(5);
    let mut comparison = Comparison::default();
    for period in (1..24).chain([31, 64, 100, 257, 1_000]) {
        for letters in ["ab", "abc", "aeinorst", "abcdefghijklmnopqrstuvwxyz"] {
            let letters: Vec<_> = letters.chars().collect();
            let unit: String = (0..period)
                .map(|_| letters[random.below(letters.len())])
                .collect();
            comparison.same(&unit.repeat(40_000 / period));
        }
    }
}

#[test]
fn long_pieces_without_a_pattern() {
    let mut random = Random::new(6);
    let mut comparison = Comparison::default();
    let alphabets = [
        "abcdefghijklmnopqrstuvwxyz",
        "etaoin",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "абвгдежзийклмнопрстуфхцчшщъыьэюя",
        "的一是不了人我在有他这中大来上国",
        "ΑΒΓΔαβγδ",
        "!?.,;:-_#*+=/()[]",
        "🙂🙃😀👍🏽❤️",
        " \t\u{a0}\u{3000}",
        "ก็สวัดี์",
    ];
    for alphabet in alphabets {
        let letters: Vec<_> = alphabet.chars().collect();
        for size in [60, 64, 65, 70, 500, 2_048, 16_384, 70_000] {
            let text: String = (0..size).map(|_| letters[random.below(letters.len())]).collect();
            comparison.same(&text);
        }
    }
}

/// Words without spaces between them: tokens that are as long as they get in text.
#[test]
fn long_pieces_of_words() {
    let mut random = Random::new(7);
    let mut comparison = Comparison::default();
    let words = include_str!("../../testdata/corpus/english.txt");
    let words: Vec<_> = words.split(|c: char| !c.is_ascii_lowercase()).collect();
    for _ in 0..40 {
        let text: String = (0..8_000).map(|_| random.of(&words)).collect();
        comparison.same(&text);
    }
}
