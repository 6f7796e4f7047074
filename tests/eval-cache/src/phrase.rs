//! How people write the same question: politely, briefly, in haste.

use crate::random::Random;

const FRONTS: &[&str] = &[
    "Hi, ",
    "Hello, ",
    "Hey there, ",
    "Good morning! ",
    "Quick question: ",
    "Sorry to bother you, ",
    "Please help me: ",
    "One more thing: ",
];
const TAILS: &[&str] = &[
    " Thanks!",
    " Thank you in advance.",
    " Thanks a lot for your help",
    " Please let me know.",
    " I appreciate any help.",
    " Cheers",
];
/// What means the same, either way.
const SAME: &[(&str, &str)] = &[
    ("What is", "What's"),
    ("what is", "what's"),
    ("Where is", "Where's"),
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("can't", "cannot"),
    ("I am", "I'm"),
    ("I have", "I've got"),
    ("I would", "I'd"),
    ("How do I", "How can I"),
    ("How do I", "How would I"),
    ("How can I", "How could I"),
    ("how do I", "how can I"),
    ("Can I", "May I"),
    ("I want to", "I'd like to"),
    ("I need to", "I have to"),
    ("Is it possible to", "Would it be possible to"),
    ("What do I have to do to", "What do I need to do to"),
    ("Can you", "Could you"),
    ("Tell me", "Please tell me"),
];

/// A way to ask, as somebody writes it. Slots stay as they are.
pub fn vary(random: &mut Random, ask: &str) -> String {
    let mut text = ask.to_owned();
    for (one, other) in SAME {
        if random.chance(30) && text.contains(one) {
            text = text.replacen(one, other, 1);
        } else if random.chance(15) && text.contains(other) {
            text = text.replacen(other, one, 1);
        }
    }
    if random.chance(6) {
        text = mistyped(random, &text);
    }
    if random.chance(15) {
        text = random.text(FRONTS).to_owned() + &lower_first(&text);
    }
    match random.below(10) {
        0 => text = text.trim_end_matches(['?', '.']).to_owned(),
        1 => text += random.text(TAILS),
        2 => text = lower(&text),
        _ => {}
    }
    text
}

/// With two letters of a longer word in the wrong order.
fn mistyped(random: &mut Random, text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let mut long: Vec<&mut String> = words
        .iter_mut()
        .filter(|word| word.len() >= 6 && word.chars().all(|letter| letter.is_ascii_lowercase()))
        .collect();
    let index = random.below(long.len());
    if let Some(word) = long.get_mut(index) {
        let mut letters: Vec<char> = word.chars().collect();
        // The first letter hardly ever goes wrong.
        let at = 1 + random.below(letters.len() - 2);
        letters.swap(at, at + 1);
        **word = letters.into_iter().collect();
    }
    words.join(" ")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // "I" is written so everywhere.
        Some(first) if !text.starts_with("I ") && !text.starts_with("I'") => {
            first.to_lowercase().collect::<String>() + letters.as_str()
        }
        _ => text.to_owned(),
    }
}

/// In small letters, but for slots.
fn lower(text: &str) -> String {
    let mut depth = 0;
    text.chars()
        .map(|letter| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth > 0 {
                letter
            } else {
                letter.to_ascii_lowercase()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_left_alone_and_much_else_varies() {
        let mut random = Random::seeded(1);
        let ask = "How do I export my {Application} data as {format}?";
        let mut seen: Vec<String> = (0..200).map(|_| vary(&mut random, ask)).collect();
        assert!(
            seen.iter()
                .all(|text| text.contains("{Application}") && text.contains("{format}"))
        );
        seen.sort();
        seen.dedup();
        assert!(seen.len() > 50, "{}", seen.len());
    }

    #[test]
    fn a_mistyped_word_has_the_same_letters() {
        let mut random = Random::seeded(1);
        let typed = mistyped(&mut random, "my account");
        assert!(typed.starts_with("my a"), "{typed}");
        let mut letters: Vec<char> = typed.chars().collect();
        letters.sort_unstable();
        let mut expected: Vec<char> = "my account".chars().collect();
        expected.sort_unstable();
        assert_eq!(letters, expected);
    }
}
