//! One pass over a text, asking each recogniser where its data may start.

use crate::context::{Around, Heard, Words};
use crate::custom::Custom;
use crate::recognize::{self, Hit, REACH, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Finding, MOST_CUSTOM, Score, overlap};

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
/// Part of a character that is not ASCII.
const HIGH: u8 = 8;
const LETTER: u8 = LOWER | UPPER;
const WORD: u8 = LETTER | DIGIT | HIGH;
/// Somebody wants to know of it.
const MARK: u8 = 16;

/// Longest run of digits, and of letters and digits, that anyone asks for.
const MOST_DIGITS: usize = 32;
const LONGEST_CODE: usize = 64;
/// How many digits a word may end with.
const MOST_NUMBERING: usize = 3;
/// Longest value, and name of a field, that are looked at together, in bytes.
const LONGEST_VALUE: usize = 256;

/// How far behind a word a digit is near, in bytes.
const NEAR: usize = 6;

/// Most digits of a group, and most groups that are looked at in a row: it is a table, and would cost the most time of all
/// texts.
const MOST_GROUPED: usize = 4;
const LONGEST_ROW: usize = 32;

/// How sure a finding of each kind has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds([Score; Entity::BUILT_IN + MOST_CUSTOM]);

impl Default for Thresholds {
    fn default() -> Self {
        Self([Score::THRESHOLD; Entity::BUILT_IN + MOST_CUSTOM])
    }
}

impl Thresholds {
    /// Sets the threshold of one kind; above 100 nothing of it is found.
    pub fn set(&mut self, entity: Entity, score: Score) {
        if let Some(threshold) = self.0.get_mut(entity.index()) {
            *threshold = score;
        }
    }

    /// The threshold of one kind.
    pub fn of(&self, entity: Entity) -> Score {
        self.0.get(entity.index()).copied().unwrap_or_default()
    }
}

/// Finds personal data.
#[derive(Debug)]
pub struct Recognizers {
    by_digits: Vec<Vec<&'static Recognizer>>,
    by_code: Vec<Vec<&'static Recognizer>>,
    by_first: Vec<Vec<&'static Recognizer>>,
    by_first_near_digit: Vec<Vec<&'static Recognizer>>,
    by_mark: Vec<Vec<&'static Recognizer>>,
    /// By first byte or mark, behind a word that they wait for.
    by_call: Vec<Vec<&'static Recognizer>>,
    classes: [u8; 256],
    words: Words,
    custom: Custom,
}

/// What one pass has come upon.
struct Pass<'r, 't> {
    recognizers: &'r Recognizers,
    text: Text<'t>,
    hits: Vec<(Entity, Hit)>,
    heard: Vec<Heard>,
    row: Row,
    /// Up to where recognisers are asked that wait for a word.
    called: usize,
}

/// Short numbers one behind the other, with one byte between them that is always the same.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    len: usize,
    separator: u8,
    /// Where the last of them ended.
    end: usize,
}

impl Row {
    /// Another short number, behind this byte. Says whether the row is longer than any number in groups, so that it is a
    /// table.
    fn goes_on(&mut self, separator: u8, start: usize, end: usize) -> bool {
        let joined = self.end + 1 == start && (self.len == 1 || self.separator == separator);
        *self = Self {
            len: if joined { self.len + 1 } else { 1 },
            separator,
            end,
        };
        self.len > LONGEST_ROW
    }
}

impl Recognizers {
    /// All recognisers there are, and those of the configuration.
    pub fn new(custom: Custom) -> Self {
        let mut this = Self {
            by_digits: vec![Vec::new(); MOST_DIGITS + 1],
            by_code: vec![Vec::new(); LONGEST_CODE + 1],
            by_first: vec![Vec::new(); 256],
            by_first_near_digit: vec![Vec::new(); 256],
            by_mark: vec![Vec::new(); 256],
            by_call: vec![Vec::new(); 256],
            classes: classes(),
            words: Words::default(),
            custom,
        };
        for recognizer in recognize::all() {
            this.words.add(
                recognizer.entity,
                recognizer.raises.iter().copied(),
                recognizer.lowers.iter().copied(),
            );
            recognizer
                .starts
                .iter()
                .for_each(|starts| this.register(recognizer, starts));
        }
        for (entity, words) in this.custom.context() {
            this.words.add(entity, words, []);
        }
        this
    }

    fn register(&mut self, recognizer: &'static Recognizer, starts: &Starts) {
        let ask = |table: &mut Vec<Vec<&'static Recognizer>>, index: u8| {
            if let Some(asked) = table.get_mut(usize::from(index)) {
                asked.push(recognizer);
            }
        };
        match starts {
            Starts::Digits(lengths) => lengths.iter().for_each(|len| ask(&mut self.by_digits, *len)),
            Starts::Code(lengths) => lengths.iter().for_each(|len| ask(&mut self.by_code, *len)),
            Starts::First(bytes) => bytes
                .iter()
                .for_each(|byte| ask(&mut self.by_first, byte.to_ascii_lowercase())),
            Starts::NearDigit(bytes) => bytes
                .iter()
                .for_each(|byte| ask(&mut self.by_first_near_digit, byte.to_ascii_lowercase())),
            Starts::Mark(byte) => {
                ask(&mut self.by_mark, *byte);
                if let Some(class) = self.classes.get_mut(usize::from(*byte)) {
                    *class |= MARK;
                }
            }
            Starts::Behind { words, bytes } => {
                self.words.add_calls(words);
                bytes
                    .iter()
                    .for_each(|byte| ask(&mut self.by_call, byte.to_ascii_lowercase()));
            }
        }
    }

    /// What a text holds, in its order and without overlaps. `name` is the name of the field that it is the value of, if
    /// it is one of a structure.
    pub fn find(&self, text: &str, name: &str, thresholds: &Thresholds) -> Vec<Finding> {
        let Pass {
            text: seen,
            mut hits,
            heard,
            ..
        } = self.pass(text);
        self.custom.find(&seen, |entity, span, score| {
            hits.push((entity, Hit::new(span.start, span.end, score)))
        });
        let mut named = Vec::new();
        if !name.is_empty() {
            hits.extend(self.of_field(text, name));
            if !hits.is_empty() {
                named = self.pass(name).heard;
            }
        }
        let around = Around {
            text: &seen,
            heard: &heard,
            named: &named,
        };
        let judged = hits.into_iter().filter_map(|(entity, hit)| {
            let score = around.judge(hit.score, entity, hit.start..hit.end);
            (score >= thresholds.of(entity) && hit.start < hit.end).then(|| Finding {
                entity,
                span: seen.original(hit.start..hit.end),
                score,
            })
        });
        let mut found: Vec<_> = judged.collect();
        found.retain(|finding| {
            !text
                .get(finding.span.clone())
                .is_none_or(|value| self.custom.allows(value))
        });
        overlap::resolve(found)
    }

    fn pass<'t>(&self, text: &'t str) -> Pass<'_, 't> {
        let mut pass = Pass {
            recognizers: self,
            text: Text::new(text),
            hits: Vec::new(),
            heard: Vec::new(),
            row: Row::default(),
            called: 0,
        };
        pass.run();
        pass
    }

    /// What a short value is because of its field's name alone, as `hunter2` in a field `password`: what would be found if
    /// it stood behind the name in the text.
    fn of_field(&self, value: &str, name: &str) -> Vec<(Entity, Hit)> {
        let is_one = |value: &str| {
            !value
                .bytes()
                .any(|byte| byte <= b' ' || byte == b'"' || byte == b'\\')
        };
        if value.is_empty() || value.len() > LONGEST_VALUE || name.len() > LONGEST_VALUE || !is_one(value) {
            return Vec::new();
        }
        let front = format!("{name}=\"");
        let offset = Text::new(&front).len();
        let text = format!("{front}{value}\"");
        let mut hits = self.pass(&text).hits;
        hits.retain_mut(|(_, hit)| {
            let inside = hit.start >= offset;
            hit.start = hit.start.saturating_sub(offset);
            hit.end = hit.end.saturating_sub(offset);
            inside
        });
        hits
    }

    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or_default()
    }
}

impl Pass<'_, '_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            let class = self.recognizers.class(self.text.at(at));
            if class & WORD != 0 {
                at = self.word(at);
            } else {
                let byte = usize::from(self.text.at(at));
                if class & MARK != 0 {
                    self.ask(self.recognizers.by_mark.get(byte), at);
                }
                if at < self.called {
                    self.ask(self.recognizers.by_call.get(byte), at);
                }
                at += 1;
            }
        }
    }

    /// A run of letters, digits and what is not ASCII.
    fn word(&mut self, start: usize) -> usize {
        let mut seen = 0;
        let mut end = start;
        for byte in self.text.from(start) {
            let class = self.recognizers.class(*byte) & WORD;
            if class == 0 {
                break;
            }
            seen |= class;
            end += 1;
        }
        if seen & HIGH == 0 {
            let known = self.heard.len();
            self.hear(start, end);
            self.call(known, end);
            self.code(start, end, seen);
        } else {
            self.mixed(start, end);
        }
        end
    }

    /// Wakes recognisers that wait for a word, if one of those heard since is it.
    fn call(&mut self, known: usize, end: usize) {
        if self.heard.iter().skip(known).any(Heard::calls) {
            self.called = end + REACH;
        }
    }

    /// A run of ASCII letters and digits as a word: letters, perhaps numbered, as in `phone2`.
    fn hear(&mut self, start: usize, end: usize) {
        let word = self.text.slice(start..end);
        let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let numbered =
            word.len() - letters <= MOST_NUMBERING && word.iter().skip(letters).all(u8::is_ascii_digit);
        if letters == 1 && end - start == 1 && self.text.at(end) == b'.' {
            let words = &self.recognizers.words;
            words.hear_pointed(&self.text, start, &mut self.heard);
        } else if letters > 0 && numbered {
            let word = word.get(..letters).unwrap_or_default();
            self.recognizers.words.hear(word, start, &mut self.heard);
        }
    }

    /// Letters and digits among what is not ASCII: words of scripts with spaces and without, numbers, and signs such as quotation
    /// marks follow one another.
    fn mixed(&mut self, start: usize, end: usize) {
        let words = &self.recognizers.words;
        let known = self.heard.len();
        let run = std::str::from_utf8(self.text.slice(start..end)).unwrap_or_default();
        let mut at = start;
        for part in Script::parts(run) {
            match part.chars().next().map(Script::of) {
                Some(Script::Spaced) => words.hear(part.as_bytes(), at, &mut self.heard),
                Some(Script::Unspaced) => words.hear_ideographs(part.as_bytes(), at, &mut self.heard),
                Some(Script::Neither) | None => {}
            }
            at += part.len();
        }
        self.call(known, end);
        let mut at = start;
        while at < end {
            let is_high = |byte: u8| byte >= 0x80;
            let high = is_high(self.text.at(at));
            let len = self.text.run(at, end - at, |byte| is_high(byte) == high);
            if !high {
                let part = self.text.slice(at..at + len);
                let seen = part
                    .iter()
                    .fold(0, |seen, byte| seen | self.recognizers.class(*byte))
                    & WORD;
                self.code(at, at + len, seen);
            }
            at += len;
        }
    }

    /// A run of ASCII letters and digits.
    fn code(&mut self, start: usize, end: usize, seen: u8) {
        if seen == DIGIT && end - start <= MOST_GROUPED {
            let separator = self.text.before(start);
            if self.row.goes_on(separator, start, end) {
                return;
            }
        }
        let first = usize::from(self.text.at(start).to_ascii_lowercase());
        self.ask(self.recognizers.by_first.get(first), start);
        if start < self.called {
            self.ask(self.recognizers.by_call.get(first), start);
        }
        let behind = self.text.slice(end..self.text.len().min(end + NEAR));
        if seen & DIGIT != 0 || behind.iter().any(u8::is_ascii_digit) {
            self.ask(self.recognizers.by_first_near_digit.get(first), start);
        }
        if seen == DIGIT {
            self.ask(self.recognizers.by_digits.get(end - start), start);
        } else if seen & DIGIT != 0 || seen == UPPER {
            self.ask(self.recognizers.by_code.get(end - start), start);
        }
    }

    fn ask(&mut self, recognizers: Option<&Vec<&'static Recognizer>>, at: usize) {
        for recognizer in recognizers.into_iter().flatten() {
            if let Some(hit) = (recognizer.find)(&self.text, at) {
                self.hits.push((recognizer.entity, hit));
            }
        }
    }
}

/// How the words of a character's script are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// By spaces.
    Spaced,
    /// Not at all: ideographs, kana, Thai. Korean particles follow their words too.
    Unspaced,
    /// It is a digit or a sign.
    Neither,
}

impl Script {
    fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{300}'..='\u{36f}' => Self::Spaced,
            '\u{3041}'..='\u{d7ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}' => Self::Unspaced,
            _ if character.is_alphabetic() => Self::Spaced,
            _ => Self::Neither,
        }
    }

    /// Splits a run where the script changes.
    fn parts(run: &str) -> impl Iterator<Item = &str> {
        let mut rest = run;
        std::iter::from_fn(move || {
            let script = Self::of(rest.chars().next()?);
            let len = rest
                .find(|character| Self::of(character) != script)
                .unwrap_or(rest.len());
            let (part, after) = rest.split_at_checked(len)?;
            rest = after;
            Some(part)
        })
    }
}

fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    for (byte, class) in (0..=u8::MAX).zip(&mut classes) {
        *class = match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            0x80.. => HIGH,
            _ => 0,
        };
    }
    classes
}

#[cfg(test)]
mod tests;
