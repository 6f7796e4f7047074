//! The texts that are counted.

use penstock_bench_harness::prose::Writer;
use penstock_bench_harness::random::Random;

/// 1 KB.
const KB: usize = 1_024;

/// A figure: the texts behind it, and how they are counted.
pub struct Text {
    /// Its name in the figure's: `tokens.<name>_us`.
    pub name: &'static str,
    /// `o200k_base` or `cl100k_base`.
    pub vocabulary: &'static str,
    /// What is counted, each by itself: different texts, so that nothing can be gained by remembering one.
    pub parts: Vec<String>,
    /// How often each part is counted in one request.
    pub repetitions: usize,
}

/// The vocabularies, by the names of their publisher.
pub const VOCABULARIES: [&str; 2] = ["o200k_base", "cl100k_base"];

/// What a fresh VM counts first.
pub fn first() -> String {
    Writer::seeded(0).write(KB)
}

/// Everything that is timed.
pub fn all() -> Vec<Text> {
    let [o200k, cl100k] = VOCABULARIES;
    let prose = |seed: u64, parts: u64, bytes: usize| -> Vec<String> {
        (seed..seed + parts)
            .map(|seed| Writer::seeded(seed).write(bytes))
            .collect()
    };
    let text = |name, vocabulary, parts, repetitions| Text {
        name,
        vocabulary,
        parts,
        repetitions,
    };
    let hostile = |name, part: String| text(name, o200k, vec![cut(part, 100 * KB)], 2);
    vec![
        text("1kb", o200k, prose(100, 32, KB), 1),
        text("10kb", o200k, prose(200, 16, 10 * KB), 1),
        text("100kb", o200k, prose(300, 3, 100 * KB), 1),
        text("10kb_cl100k", cl100k, prose(200, 16, 10 * KB), 1),
        hostile("100kb_a", "a".repeat(100 * KB)),
        hostile("100kb_abab", "ab".repeat(50 * KB)),
        hostile("100kb_letters", letters(&mut Random::seeded(1), 100 * KB)),
        hostile("100kb_spaces", " ".repeat(100 * KB)),
        hostile("100kb_cjk", cjk(&mut Random::seeded(2), 100 * KB)),
        hostile("100kb_emoji", emoji(&mut Random::seeded(3), 100 * KB)),
    ]
}

/// Small letters without a space: one word to the pre-tokenizer.
fn letters(random: &mut Random, bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push(char::from(b'a' + random.below(26) as u8));
    }
    text
}

/// The unified ideographs of the Basic Multilingual Plane, most of them rare, with a comma now and then.
fn cjk(random: &mut Random, bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        let ideograph = char::from_u32(0x4e00 + random.below(0x5200) as u32);
        text.push(ideograph.filter(|_| !random.chance(8)).unwrap_or('，'));
    }
    text
}

/// Emoji of one and of several code points: skin tones, joined families, flags.
fn emoji(random: &mut Random, bytes: usize) -> String {
    const TONES: [char; 5] = ['🏻', '🏼', '🏽', '🏾', '🏿'];
    const PEOPLE: [char; 6] = ['👩', '👨', '👧', '👦', '🧑', '👶'];
    let mut text = String::new();
    while text.len() < bytes {
        match random.below(4) {
            0 => text.extend([random.pick(&PEOPLE), random.pick(&TONES)]),
            1 => {
                text.push(random.pick(&PEOPLE));
                for _ in 0..1 + random.below(3) {
                    text.extend(['\u{200d}', random.pick(&PEOPLE)]);
                }
            }
            2 => text.extend((0..2).filter_map(|_| char::from_u32(0x1_f1e6 + random.below(26) as u32))),
            _ => text.extend(char::from_u32(0x1_f600 + random.below(80) as u32)),
        }
    }
    text
}

/// At most so many bytes of it, whole characters.
fn cut(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_size_of_their_name() {
        for text in all() {
            let kib: usize = text.name.split("kb").next().unwrap().parse().unwrap();
            for part in &text.parts {
                let short = kib * KB - part.len();
                assert!(short < 4, "{}: {} bytes", text.name, part.len());
                assert!(!part.contains('\0'), "{}: NUL separates parts", text.name);
            }
        }
    }
}
