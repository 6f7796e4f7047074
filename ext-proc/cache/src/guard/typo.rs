//! Words that build sentences, with two neighbouring letters swapped: `wihtout`, `canont`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon;
use super::stem::stem;
use super::token::{Case, Kind, Token};

/// What is a word, too.
const WORDS: [&str; 4] = ["three", "quiet", "whit", "ont"];

/// Such words as they become when two of their letters are swapped.
static SWAPPED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut swapped = HashMap::new();
    let short = ["what", "when", "does", "with", "have", "this", "that", "not"];
    let words = lexicon::function_words().filter(|word| word.len() >= 5);
    for word in words.chain(short).chain(["cannot"]) {
        for at in 1..word.len() {
            let mut bytes = word.as_bytes().to_vec();
            bytes.swap(at.saturating_sub(1), at);
            if let Ok(typo) = String::from_utf8(bytes)
                && !lexicon::is_function(&typo)
                && !WORDS.contains(&typo.as_str())
            {
                swapped.insert(typo, word);
            }
        }
    }
    swapped
});

/// Words of a list have so many letters where swapped ones are looked for: shorter ones become other words.
const LONG: usize = 6;

/// Longer words are none.
const LONGEST: usize = 24;

/// The word of a list that a word becomes when two neighbouring letters of it change places, if no list has it as it is.
fn listed(token: &Token) -> Option<String> {
    let word = &token.text;
    let letters = (LONG..=LONGEST).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    let plain = token.kind == Kind::Word && (token.opens || token.case == Case::Lower);
    if !letters || !plain || lexicon::knows(&stem(word)) {
        return None;
    }
    (1..word.len()).find_map(|at| {
        let mut bytes = word.as_bytes().to_vec();
        bytes.swap(at.saturating_sub(1), at);
        let swapped = String::from_utf8(bytes).ok()?;
        (swapped != *word && lexicon::knows(&stem(&swapped))).then_some(swapped)
    })
}

/// Puts the letters of such words in order.
pub(super) fn mend(tokens: &mut Vec<Token>) {
    for at in (0..tokens.len()).rev() {
        let Some(token) = tokens.get_mut(at) else { continue };
        if let Some(word) = listed(token) {
            token.text = word;
            continue;
        }
        let word = SWAPPED
            .get(token.text.as_str())
            .filter(|_| token.kind == Kind::Word);
        let Some(word) = word else { continue };
        if *word == "cannot" {
            "can".clone_into(&mut token.text);
            tokens.insert(at.saturating_add(1), Token::word("not"));
        } else {
            (*word).clone_into(&mut token.text);
        }
    }
}
