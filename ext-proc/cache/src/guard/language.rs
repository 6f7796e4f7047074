//! The language of a text: its script, and the profile of its commonest words.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Reading;
use super::lexicon::lines;
use super::token::{Kind, Token};

/// A language that has a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Tongue {
    /// en
    English,
    /// de
    German,
    /// fr
    French,
    /// es
    Spanish,
    /// it
    Italian,
    /// pt
    Portuguese,
    /// nl
    Dutch,
    /// pl
    Polish,
    /// sv
    Swedish,
    /// tr
    Turkish,
}

/// How a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Script {
    /// a
    Latin,
    /// я
    Cyrillic,
    /// α
    Greek,
    /// ا
    Arabic,
    /// א
    Hebrew,
    /// अ
    Indic,
    /// ไ
    Thai,
    /// かカ
    Kana,
    /// 한
    Hangul,
    /// 中
    Han,
}

static PROFILES: LazyLock<HashMap<Tongue, HashSet<&'static str>>> = LazyLock::new(|| {
    let mut profiles: HashMap<Tongue, HashSet<&'static str>> = HashMap::new();
    for line in lines(include_str!("language.txt")) {
        let (code, words) = line.split_once(':').unwrap_or_default();
        let tongue = match code {
            "en" => Tongue::English,
            "de" => Tongue::German,
            "fr" => Tongue::French,
            "es" => Tongue::Spanish,
            "it" => Tongue::Italian,
            "pt" => Tongue::Portuguese,
            "nl" => Tongue::Dutch,
            "pl" => Tongue::Polish,
            "sv" => Tongue::Swedish,
            "tr" => Tongue::Turkish,
            _ => continue,
        };
        profiles
            .entry(tongue)
            .or_default()
            .extend(words.split_whitespace());
    }
    profiles
});

impl Tongue {
    /// Whether a word is one of its commonest.
    pub fn has(self, word: &str) -> bool {
        PROFILES.get(&self).is_some_and(|profile| profile.contains(word))
    }
}

/// The language whose common words a text has most of; none if there are too few to tell.
pub(super) fn tongue(tokens: &[Token]) -> Option<Tongue> {
    let mut counts: HashMap<Tongue, usize> = HashMap::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Word) {
        for (tongue, profile) in PROFILES.iter() {
            if profile.contains(token.text.as_str()) {
                let count = counts.entry(*tongue).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    let english = counts.get(&Tongue::English).copied().unwrap_or_default();
    let mut ranked: Vec<(usize, Tongue)> = counts
        .into_iter()
        .map(|(tongue, count)| (count, tongue))
        .collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    let mut ranked = ranked.into_iter();
    let (most, tongue) = ranked.next()?;
    let second = ranked.next().map_or(0, |(count, _)| count);
    // Many of its words are words of others, too.
    if most >= 2 && english == most {
        return Some(Tongue::English);
    }
    (most >= 2 && most > second).then_some(tongue)
}

/// The script of most letters.
pub(super) fn script(text: &str) -> Option<Script> {
    let mut counts: HashMap<Script, usize> = HashMap::new();
    for c in text.chars() {
        let script = match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => Script::Latin,
            '\u{370}'..='\u{3ff}' => Script::Greek,
            '\u{400}'..='\u{52f}' => Script::Cyrillic,
            '\u{590}'..='\u{5ff}' => Script::Hebrew,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Script::Arabic,
            '\u{900}'..='\u{dff}' => Script::Indic,
            '\u{e00}'..='\u{e7f}' => Script::Thai,
            '\u{3040}'..='\u{30ff}' => Script::Kana,
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => Script::Hangul,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Script::Han,
            _ => continue,
        };
        let count = counts.entry(script).or_default();
        *count = count.saturating_add(1);
    }
    // Japanese has more Han than kana in it, and Chinese has no kana.
    let kana = counts.get(&Script::Kana).copied().unwrap_or_default();
    if kana > 0
        && let Some(han) = counts.remove(&Script::Han)
    {
        counts.insert(Script::Kana, kana.saturating_add(han));
    }
    counts
        .into_iter()
        .map(|(script, count)| (count, script))
        .max()
        .map(|(_, script)| script)
}

/// Whether two texts are written in different languages.
pub(super) fn differ(a: &Reading, b: &Reading) -> bool {
    let scripts = a.script.zip(b.script).is_some_and(|(a, b)| a != b);
    let tongues = a.tongue.zip(b.tongue).is_some_and(|(a, b)| a != b);
    // A text that is too short to tell is taken for English, unless it has no English word at all.
    let undecided = match (a.tongue, b.tongue) {
        (Some(tongue), None) => tongue != Tongue::English && english(b),
        (None, Some(tongue)) => tongue != Tongue::English && english(a),
        _ => false,
    };
    scripts || tongues || undecided
}

fn english(reading: &Reading) -> bool {
    reading
        .words
        .split(' ')
        .any(|word| word.len() > 1 && Tongue::English.has(word))
}
