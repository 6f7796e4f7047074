//! The words of a text.

use super::identifier;
use super::placeholder;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters.
    Word,
    /// Digits, with what stands between them: `1,000`, `2024-07-04`, `1.2.3`.
    Number,
    /// A name in a program, path, address, flag or operator.
    Identifier,
    /// What pii-redaction put in the place of a value.
    Placeholder,
    /// The end of a clause: `,`, `.`, `?`.
    Pause,
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// In lower case; as written if it is an identifier.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// How it is written, for a word.
    pub case: Case,
    /// Whether a sentence begins with it.
    pub opens: bool,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// `word`
    Lower,
    /// `Word`
    Capital,
    /// `WORD`, of two letters at least
    Upper,
    /// `someWord`, `SomeWord`
    Camel,
}

/// The word at a place, if there is one.
pub(super) fn word_at(tokens: &[Token], at: usize) -> Option<&str> {
    tokens
        .get(at)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text.as_str())
}

impl Token {
    /// A word in lower case.
    pub fn word(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kind: Kind::Word,
            case: Case::Lower,
            opens: false,
        }
    }

    /// Whether it is this word.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// The tokens of a text.
pub(super) fn all(prose: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        tokens: Vec::new(),
        opens: true,
    };
    for line in prose.lines() {
        for chunk in line.split_whitespace() {
            lexer.chunk(chunk);
        }
        lexer.opens = true;
    }
    lexer.tokens
}

struct Lexer {
    tokens: Vec<Token>,
    opens: bool,
}

impl Lexer {
    fn push(&mut self, text: String, kind: Kind, case: Case) {
        let opens = kind != Kind::Pause && std::mem::take(&mut self.opens);
        self.tokens.push(Token {
            text,
            kind,
            case,
            opens,
        });
    }

    /// What stands between two blanks.
    fn chunk(&mut self, chunk: &str) {
        let mut rest = chunk;
        while let Some((before, after)) = rest.split_once('[') {
            let Some((inside, tail)) = after
                .split_once(']')
                .filter(|(inside, _)| placeholder::is_name(inside))
            else {
                break;
            };
            self.bare(before);
            self.push(format!("[{inside}]"), Kind::Placeholder, Case::Upper);
            rest = tail;
        }
        self.bare(rest);
    }

    /// A chunk without placeholders.
    fn bare(&mut self, chunk: &str) {
        const OPENING: &[char] = &[
            '(', '[', '{', '"', '\'', '“', '”', '„', '‘', '’', '«', '»', '¿', '¡', '`',
        ];
        const CLOSING: &[char] = &[
            ')', ']', '}', '"', '\'', '“', '”', '‘', '’', '«', '»', '`', '.', ',', ';', ':', '?', '!', '…',
            '。', '？', '！',
        ];
        let body = chunk.trim_start_matches(OPENING);
        let body = body.trim_end_matches(CLOSING);
        if body.is_empty() {
            self.pause(chunk);
            return;
        }
        let tail = chunk.rfind(body).map_or("", |at| {
            chunk.get(at.saturating_add(body.len())..).unwrap_or_default()
        });
        // `foo()` loses its parentheses with the punctuation.
        let called = tail.starts_with("()") && !body.contains('(');
        if let Some(missing) = body
            .to_lowercase()
            .strip_suffix("-free")
            .filter(|word| word.chars().all(char::is_alphabetic))
        {
            self.push("without".to_owned(), Kind::Word, Case::Lower);
            self.push(missing.to_owned(), Kind::Word, Case::Lower);
        } else if called || identifier::is_name(body) {
            self.push(body.to_owned(), Kind::Identifier, Case::Lower);
        } else {
            self.pieces(body);
        }
        self.pause(tail);
    }

    fn pause(&mut self, marks: &str) {
        if marks.contains(['.', '?', '!', ':', ';', '…', '。', '？', '！']) {
            self.opens = true;
        }
        if marks.contains([',', '.', '?', '!', ':', ';']) && !self.tokens.is_empty() {
            self.tokens.push(Token {
                text: ",".to_owned(),
                kind: Kind::Pause,
                case: Case::Lower,
                opens: false,
            });
        }
    }

    /// Words and numbers without blanks between them.
    fn pieces(&mut self, body: &str) {
        let mut rest = body;
        while let Some(first) = rest.chars().next() {
            let negative = rest.len() == body.len() && matches!(first, '-' | '−');
            let after = rest.get(first.len_utf8()..).unwrap_or_default();
            let taken = if first.is_numeric() || (negative && after.starts_with(|c: char| c.is_ascii_digit()))
            {
                self.number(rest)
            } else if first.is_alphabetic() {
                self.word(rest)
            } else {
                if let Some(sign) = sign(first) {
                    self.push(sign.to_owned(), Kind::Word, Case::Lower);
                }
                first.len_utf8()
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Digits at the start of a text; returns how long they are.
    fn number(&mut self, rest: &str) -> usize {
        let mut end = 0_usize;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let inner = matches!(c, '.' | ',' | ':' | '/') && at > 0 && next.is_some_and(char::is_numeric);
            if !(c.is_numeric() || inner || (at == 0 && matches!(c, '-' | '−'))) {
                break;
            }
            end = at.saturating_add(c.len_utf8());
        }
        let digits = rest.get(..end).unwrap_or_default();
        // `2024-07-04` is one thing, `5-10` is two.
        if digits.len() == 4
            && let Some(date) = rest.get(..10).filter(|date| super::date::is_iso(date))
        {
            self.push(date.to_owned(), Kind::Number, Case::Lower);
            return date.len();
        }
        let tail = rest.get(end..).unwrap_or_default();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let suffix = tail.get(..letters).unwrap_or_default();
        let lower = suffix.to_lowercase();
        let number = digits.replace('−', "-");
        match lower.as_str() {
            "st" | "nd" | "rd" | "th" => self.push(number, Kind::Number, Case::Lower),
            "s" => self.push(format!("{number}s"), Kind::Number, Case::Lower),
            // 2FA, 3D
            _ if !suffix.is_empty()
                && super::unit::after_digits(suffix).is_none()
                && super::number::scale(&lower).is_none() =>
            {
                self.push(format!("{number}{lower}"), Kind::Word, Case::Upper);
            }
            _ => {
                self.push(number, Kind::Number, Case::Lower);
                if !suffix.is_empty() {
                    // `Mb` and `MB` are different things.
                    self.push(
                        super::unit::cased(suffix).map_or(lower, str::to_owned),
                        Kind::Word,
                        Case::Lower,
                    );
                }
            }
        }
        end.saturating_add(letters)
    }

    /// A word at the start of a text; returns how long it is.
    fn word(&mut self, rest: &str) -> usize {
        let mut end = 0_usize;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let apostrophe = matches!(c, '\'' | '’' | '.') && next.is_some_and(char::is_alphabetic);
            if !(c.is_alphabetic() || apostrophe || is_mark(c)) {
                break;
            }
            end = at.saturating_add(c.len_utf8());
        }
        let tail = rest.get(end..).unwrap_or_default();
        // C++ and C#.
        let sign = if tail.starts_with("++") {
            2
        } else {
            usize::from(tail.starts_with('#'))
        };
        end = end.saturating_add(sign);
        let written = rest.get(..end).unwrap_or_default().replace('’', "'");
        if let Some((sentence, next)) = written
            .split_once('.')
            .filter(|(sentence, _)| sentence.chars().count() > 1)
        {
            // `it.Then`: a blank is missing.
            self.contracted(sentence);
            self.pause(".");
            self.contracted(&next.replace('.', ""));
        } else {
            self.contracted(&written.replace('.', ""));
        }
        end
    }

    /// A word that may be short for two.
    fn contracted(&mut self, written: &str) {
        let case = case(written);
        // `PDFs`
        let acronym = case == Case::Upper && written.len() > 2;
        let written = if acronym {
            written.strip_suffix('s').unwrap_or(written)
        } else {
            written
        };
        let lower = written.to_lowercase();
        let counted = self.tokens.last().is_some_and(|last| last.kind == Kind::Number);
        if let Some(unit) = super::unit::cased(written).filter(|_| counted) {
            self.push(unit.to_owned(), Kind::Word, Case::Lower);
            return;
        }
        if lower == "can't" || lower == "cannot" || lower == "cant" {
            self.push("can".to_owned(), Kind::Word, case);
            self.push("not".to_owned(), Kind::Word, Case::Lower);
            return;
        }
        let Some((stem, ending)) = lower.split_once('\'') else {
            let whole = match lower.as_str() {
                "dont" | "doesnt" | "didnt" | "isnt" | "wont" | "wouldnt" | "shouldnt" | "couldnt"
                | "wasnt" | "arent" => lower.strip_suffix("nt"),
                _ => None,
            };
            if let Some(stem) = whole {
                self.push(
                    if stem == "wo" { "will" } else { stem }.to_owned(),
                    Kind::Word,
                    case,
                );
                self.push("not".to_owned(), Kind::Word, Case::Lower);
            } else {
                let country = case == Case::Upper && matches!(lower.as_str(), "us");
                self.push(if country { "usa".to_owned() } else { lower }, Kind::Word, case);
            }
            return;
        };
        let asks = matches!(
            stem,
            "what"
                | "where"
                | "who"
                | "how"
                | "when"
                | "why"
                | "that"
                | "it"
                | "there"
                | "here"
                | "he"
                | "she"
        );
        match ending {
            "t" if stem.ends_with('n') && stem.len() > 1 => {
                let verb = match stem {
                    "won" => "will",
                    "shan" => "shall",
                    _ => stem.strip_suffix('n').unwrap_or(stem),
                };
                self.push(verb.to_owned(), Kind::Word, case);
                self.push("not".to_owned(), Kind::Word, Case::Lower);
            }
            "s" if stem == "let" => self.push(stem.to_owned(), Kind::Word, case),
            "s" | "re" | "m" if asks || ending != "s" => {
                self.push(stem.to_owned(), Kind::Word, case);
                self.push("is".to_owned(), Kind::Word, Case::Lower);
            }
            "s" | "" => self.push(stem.to_owned(), Kind::Word, case),
            "ve" | "ll" | "d" => self.push(stem.to_owned(), Kind::Word, case),
            // l'eau, dell'arte
            _ => {
                self.push(stem.to_owned(), Kind::Word, case);
                self.push(ending.replace('\'', ""), Kind::Word, case);
            }
        }
    }
}

/// Combining marks stand between the letters of many scripts.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}' | '\u{5b0}'..='\u{5c7}' | '\u{64b}'..='\u{65f}')
}

/// A character that is a word.
fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '%' => "percent",
        '$' => "dollar",
        '€' => "euro",
        '£' => "sterling",
        '¥' => "yen",
        '₹' => "rupee",
        '°' => "degree",
        '&' => "and",
        _ => return None,
    })
}

fn case(written: &str) -> Case {
    // `APIs`
    let written = written
        .strip_suffix('s')
        .filter(|word| word.len() > 1)
        .unwrap_or(written);
    let mut letters = written.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().is_some_and(char::is_uppercase);
    let (mut upper, mut lower) = (0_usize, 0_usize);
    for c in letters {
        if c.is_uppercase() {
            upper = upper.saturating_add(1);
        } else {
            lower = lower.saturating_add(1);
        }
    }
    match (first, upper, lower) {
        (false, 0, _) => Case::Lower,
        (true, 0, _) => Case::Capital,
        (true, _, 0) => Case::Upper,
        _ => Case::Camel,
    }
}
