use crate::Comparison;
use crate::atoms::{CONTRACTIONS, SPACE, VISIBLE};
use crate::random::Random;

#[test]
fn generated_texts() {
    let mut random = Random::new(1);
    let mut comparison = Comparison::default();
    for _ in 0..100_000 {
        let mut text = String::new();
        for _ in 0..1 + random.below(14) {
            let atoms = random.of(&[SPACE, CONTRACTIONS, VISIBLE, VISIBLE, VISIBLE]);
            text.push_str(random.of(atoms));
        }
        comparison.same(&text);
    }
}

#[test]
fn each_atom_before_and_after_each_other() {
    let atoms = [SPACE, CONTRACTIONS, VISIBLE].concat();
    let mut comparison = Comparison::default();
    for first in &atoms {
        for second in &atoms {
            comparison.same(&format!("{first}{second}"));
        }
    }
}

#[test]
fn white_space_of_all_kinds_in_all_places() {
    let mut random = Random::new(2);
    let mut comparison = Comparison::default();
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..random.below(4) {
            text.push_str(random.of(&["", "a", "1", ".", "'s", "中"]));
            for _ in 0..random.below(8) {
                text.push_str(random.of(SPACE));
            }
        }
        comparison.same(&text);
    }
}

#[test]
fn random_bytes_as_lossy_text() {
    let mut random = Random::new(3);
    let mut comparison = Comparison::default();
    for size in 0..3_000 {
        let bytes: Vec<_> = (0..size % 600).map(|_| random.next() as u8).collect();
        comparison.same(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn random_characters() {
    let mut random = Random::new(4);
    let mut comparison = Comparison::default();
    for ceiling in [0x80, 0x250, 0x800, 0x3000, 0x1_0000, 0x2_0000, 0x11_0000] {
        for size in 0..800 {
            let code = |_| char::from_u32(random.below(ceiling) as u32);
            let text: String = (0..size % 200).filter_map(code).collect();
            comparison.same(&text);
        }
    }
}
