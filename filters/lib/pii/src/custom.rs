//! What the configuration adds: patterns, words that are always personal, values that never are.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use regex::{Regex, RegexBuilder};

use crate::text::Text;
use crate::{Entity, Score};

/// How large a pattern may be once it is compiled, in bytes of its automaton. It has two, one for either direction.
const PATTERN_BYTES: usize = 64 << 10;
/// How large all of them together may be.
const PATTERNS_BYTES: usize = 256 << 10;
/// The size that the smallest pattern counts with.
const LEAST_BYTES: usize = 4 << 10;
/// What the search of a pattern may keep: twice its size between these bounds. Less, and it would be slow.
const SEARCH_BYTES: (usize, usize) = (16 << 10, 64 << 10);
/// How long the words of all lists may be together, in bytes. Compiled they take about 20 times as much.
const LIST_BYTES: usize = 64 << 10;
/// How long the values that are never findings may be together, in bytes.
const ALLOWED_BYTES: usize = 64 << 10;
/// How much of a text one search sees. The worst pattern looks at so much for every match.
const WINDOW: usize = 1 << 10;
/// A match up to this length is found wherever it stands.
const LONGEST_MATCH: usize = 256;

/// A kind of data that a regular expression describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What it finds.
    pub entity: Entity,
    /// In the syntax of the `regex` crate. It sees the text as recognisers do: spaces, dashes and full-width forms are those of
    /// ASCII. `\d` is a digit of ASCII; `\b` parts words from other scripts too (`员工Ann`), but at the ends of the pattern not from letters
    /// with accents; `\w` has the letters of all scripts. What needs more than 256 bytes of text may not be found.
    pub regex: String,
    /// How sure a match is without any word around it.
    pub score: Score,
    /// Words that raise the score.
    pub context: Vec<String>,
}

/// Words that are personal wherever they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenyList {
    /// What they are.
    pub entity: Entity,
    /// The words, or phrases; ASCII case makes no difference.
    pub words: Vec<String>,
}

/// Why a pattern or a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCustom {
    /// The pattern is not in the syntax.
    #[error("not a regular expression: {0}")]
    Syntax(String),
    /// The pattern takes too much memory.
    #[error(
        "the regular expression takes more than {PATTERN_BYTES} bytes once it is compiled; make its repetitions smaller"
    )]
    TooLarge,
    /// The patterns take too much memory together.
    #[error("the regular expressions take more than {PATTERNS_BYTES} bytes together once they are compiled")]
    AllTooLarge,
    /// The pattern matches where nothing is.
    #[error("the regular expression matches the empty text")]
    MatchesNothing,
    /// The words of the lists are too many or too long.
    #[error("the lists have {0} bytes of words, of which {LIST_BYTES} are allowed")]
    ListTooLarge(usize),
    /// The values that are allowed are too many or too long.
    #[error("the allowed values have {0} bytes, of which {ALLOWED_BYTES} are allowed")]
    AllowedTooLarge(usize),
}

/// What the configuration adds, ready for use.
#[derive(Debug, Default)]
pub struct Custom {
    patterns: Vec<Compiled>,
    denied: Option<Denied>,
    /// As recognisers see them, in lower case.
    allowed: HashSet<Box<[u8]>>,
}

#[derive(Debug)]
struct Compiled {
    pattern: Pattern,
    regex: Regex,
    /// Whether it starts and ends at the boundary of a word.
    bounded: (bool, bool),
}

#[derive(Debug)]
struct Denied {
    automaton: AhoCorasick,
    /// Of which kind each word is.
    entities: Vec<Entity>,
}

impl Custom {
    /// Compiles what the configuration says. `allowed` are values that are never findings, ASCII case aside.
    pub fn new(
        patterns: Vec<Pattern>,
        denied: &[DenyList],
        allowed: &[String],
    ) -> Result<Self, InvalidCustom> {
        let allowed_bytes = allowed.iter().map(String::len).sum();
        if allowed_bytes > ALLOWED_BYTES {
            return Err(InvalidCustom::AllowedTooLarge(allowed_bytes));
        }
        let mut left = PATTERNS_BYTES;
        let compiled = patterns.into_iter().map(|pattern| {
            let (regex, size) = compile(&pattern.regex)?;
            left = left.checked_sub(size).ok_or(InvalidCustom::AllTooLarge)?;
            let bounded = (pattern.regex.starts_with("\\b"), pattern.regex.ends_with("\\b"));
            Ok(Compiled {
                pattern,
                regex,
                bounded,
            })
        });
        Ok(Self {
            patterns: compiled.collect::<Result<_, _>>()?,
            denied: Denied::new(denied)?,
            allowed: allowed.iter().map(|value| folded(value).into()).collect(),
        })
    }

    /// The words that raise each pattern's score.
    pub(crate) fn context(&self) -> impl Iterator<Item = (Entity, impl Iterator<Item = &str>)> {
        self.patterns
            .iter()
            .map(|Compiled { pattern, .. }| (pattern.entity, pattern.context.iter().map(String::as_str)))
    }

    /// Whether a value is never a finding.
    pub(crate) fn allows(&self, value: &str) -> bool {
        !self.allowed.is_empty() && self.allowed.contains(&*folded(value))
    }

    /// Tells what patterns and lists find, and where in the text as it is here.
    pub(crate) fn find(&self, text: &Text<'_>, mut found: impl FnMut(Entity, Range<usize>, Score)) {
        if let Some(denied) = &self.denied {
            denied.find(text.bytes(), &mut found);
        }
        if self.patterns.is_empty() {
            return;
        }
        // Folding leaves whole characters.
        let Ok(text) = std::str::from_utf8(text.bytes()) else {
            return;
        };
        for compiled in &self.patterns {
            compiled.find(text, &mut found);
        }
    }
}

impl Compiled {
    fn find(&self, text: &str, found: &mut impl FnMut(Entity, Range<usize>, Score)) {
        let mut from = 0;
        while from < text.len() {
            // An expression may look far ahead for every match (`a(.*b)?`): it sees only so much.
            let to = text.floor_char_boundary(from + WINDOW);
            let more = to < text.len();
            match self.regex.find_at(text.get(..to).unwrap_or(text), from) {
                // With more text behind it, it may be longer.
                Some(hit) if more && hit.start() > from && hit.end() + LONGEST_MATCH > to => {
                    from = hit.start()
                }
                Some(hit) if hit.is_empty() => from = text.ceil_char_boundary(hit.end() + 1),
                Some(hit) => {
                    let cut = self.bounded.0 && continues(text.as_bytes(), hit.start())
                        || self.bounded.1 && continues(text.as_bytes(), hit.end());
                    if !cut {
                        found(self.pattern.entity, hit.range(), self.pattern.score);
                    }
                    from = hit.end();
                }
                None if more => from = text.floor_char_boundary(to - LONGEST_MATCH),
                None => break,
            }
        }
    }
}

impl Denied {
    fn new(lists: &[DenyList]) -> Result<Option<Self>, InvalidCustom> {
        let words: Vec<_> = lists
            .iter()
            .flat_map(|list| list.words.iter().map(|word| (folded(word), list.entity)))
            .filter(|(word, _)| !word.is_empty())
            .collect();
        let bytes = words.iter().map(|(word, _)| word.len()).sum();
        if bytes > LIST_BYTES {
            return Err(InvalidCustom::ListTooLarge(bytes));
        }
        if words.is_empty() {
            return Ok(None);
        }
        // Every word is reported wherever it stands, also within another: which counts is for the overlaps to say. Full rows
        // for more than the first state would take several times the memory.
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .dense_depth(1)
            .build(words.iter().map(|(word, _)| word))
            .map_err(|_| InvalidCustom::ListTooLarge(bytes))?;
        let entities = words.into_iter().map(|(_, entity)| entity).collect();
        Ok(Some(Self { automaton, entities }))
    }

    fn find(&self, text: &[u8], found: &mut impl FnMut(Entity, Range<usize>, Score)) {
        for hit in self.automaton.find_overlapping_iter(text) {
            let span = hit.range();
            if let Some(entity) = self.entities.get(hit.pattern().as_usize())
                && stands_alone(text, &span)
            {
                found(*entity, span, Score::CERTAIN);
            }
        }
    }
}

/// A value as recognisers see it, in lower case.
fn folded(value: &str) -> Vec<u8> {
    Text::new(value).bytes().to_ascii_lowercase()
}

/// Compiles a pattern within bounds, and says which of them it keeps to.
fn compile(pattern: &str) -> Result<(Regex, usize), InvalidCustom> {
    let narrowed = narrowed(pattern);
    let mut size = LEAST_BYTES;
    loop {
        let (least, most) = SEARCH_BYTES;
        let built = RegexBuilder::new(&narrowed)
            .size_limit(size)
            .dfa_size_limit((size * 2).clamp(least, most))
            .build();
        match built {
            Ok(regex) if regex.is_match("") => return Err(InvalidCustom::MatchesNothing),
            Ok(regex) => return Ok((regex, size)),
            Err(regex::Error::CompiledTooBig(_)) if size < PATTERN_BYTES => size *= 2,
            Err(regex::Error::CompiledTooBig(_)) => return Err(InvalidCustom::TooLarge),
            Err(error) => return Err(InvalidCustom::Syntax(last_line(&error.to_string()))),
        }
    }
}

/// The reason: the lines before it draw the pattern.
fn last_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    last.trim_start_matches("error:").trim().to_owned()
}

/// Letters, digits and underscore of all scripts, by the blocks that have them: the exact class takes 60 KB.
const WORD: &str = r"0-9A-Za-z_\u{aa}\u{b5}\u{ba}\u{c0}-\u{24f}\u{300}-\u{1fff}\u{2c00}-\u{2dff}\u{3005}-\u{3007}\u{3041}-\u{d7ff}\u{f900}-\u{fdff}\u{fe70}-\u{fefc}\u{10000}-\u{1efff}\u{20000}-\u{3ffff}";

/// The pattern with what folding does to texts done to it, and with the classes that take most of the memory and time
/// replaced: `\b` of Unicode makes the search 50 times slower in text that is not ASCII.
fn narrowed(pattern: &str) -> String {
    let mut narrowed = String::with_capacity(pattern.len());
    let classes = !switches_unicode(pattern);
    let mut brackets = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') if classes => narrowed.push_str("[0-9]"),
                Some('D') if classes => narrowed.push_str("[^0-9]"),
                Some('w') if classes => narrowed.extend(["[", WORD, "]"]),
                Some('W') if classes => narrowed.extend(["[^", WORD, "]"]),
                Some('b') if classes && brackets == 0 && characters.peek() != Some(&'{') => {
                    narrowed.push_str(r"(?-u:\b)");
                }
                escaped => {
                    narrowed.push('\\');
                    narrowed.extend(escaped);
                }
            },
            '[' | ']' => {
                brackets = if character == '[' {
                    brackets + 1
                } else {
                    brackets.saturating_sub(1)
                };
                narrowed.push(character);
            }
            _ if character.is_ascii() => narrowed.push(character),
            _ => {
                let mut buffer = [0; 4];
                let source = &*character.encode_utf8(&mut buffer);
                match Text::new(source).bytes() {
                    same if same == source.as_bytes() => narrowed.push(character),
                    bytes => bytes
                        .iter()
                        .for_each(|byte| narrowed.push_str(&regex::escape(&char::from(*byte).to_string()))),
                }
            }
        }
    }
    narrowed
}

/// Whether a pattern has flags that turn Unicode off, `(?-u)`.
fn switches_unicode(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|group| {
        let flags = group.split([':', ')']).next().unwrap_or_default();
        flags.split_once('-').is_some_and(|(_, off)| off.contains('u')) && flags.len() < 16
    })
}

/// Whether a span is not a part of longer words.
pub(crate) fn stands_alone(text: &[u8], span: &Range<usize>) -> bool {
    !continues(text, span.start) && !continues(text, span.end)
}

/// Whether a word goes on at a place: letters or digits on both sides. Words of scripts that have no spaces between them, or of
/// Korean, where particles follow them, end anywhere.
fn continues(text: &[u8], at: usize) -> bool {
    let start = at.saturating_sub(4);
    let before = text.get(start..at).unwrap_or_default();
    let behind = text.get(at..text.len().min(at + 4)).unwrap_or_default();
    let last = before
        .utf8_chunks()
        .last()
        .and_then(|chunk| chunk.valid().chars().next_back());
    let first = behind
        .utf8_chunks()
        .next()
        .and_then(|chunk| chunk.valid().chars().next());
    last.is_some_and(is_joined) && first.is_some_and(is_joined)
}

/// Whether a character is a part of the word beside it.
pub(crate) fn is_joined(character: char) -> bool {
    match character {
        '\u{300}'..='\u{36f}' | '_' => true,
        // Thai, Lao, Tibetan, Burmese; Khmer; from CJK radicals to Hangul; forms of width and compatibility; ideographs.
        '\u{e00}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'.. => false,
        _ => character.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests;
