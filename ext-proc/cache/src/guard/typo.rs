//! Words that build sentences, with two neighbouring letters swapped: `wihtout`, `canont`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon;
use super::token::{Kind, Token};

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

/// Puts the letters of such words in order.
pub(super) fn mend(tokens: &mut Vec<Token>) {
    for at in (0..tokens.len()).rev() {
        let Some(token) = tokens.get_mut(at) else { continue };
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
