use crate::Comparison;

/// Every code point of the planes that have assigned characters, and some of the others.
fn characters() -> impl Iterator<Item = char> {
    let assigned = (0..0x4_0000).chain(0xe_0000..0xe_1000);
    let others = (0x4_0000..=0x10_ffff).step_by(1_021);
    assigned.chain(others).filter_map(char::from_u32)
}

#[test]
fn every_character_alone() {
    let mut comparison = Comparison::default();
    for character in characters() {
        comparison.same(character.encode_utf8(&mut [0; 4]));
    }
}

#[test]
fn every_character_among_letters_digits_symbols_and_spaces() {
    let mut comparison = Comparison::default();
    let characters: Vec<_> = characters().collect();
    for block in characters.chunks(64) {
        let mut text = String::new();
        for c in block {
            text += &format!("a{c}b A{c}B X{c} {c}{c}y 中{c}A 1{c}2 !{c}? .{c}\n{c}  {c}'s \t{c}");
        }
        comparison.same(&text);
    }
}
