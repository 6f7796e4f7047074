//! Quotations and code.

use super::Reading;

/// A quotation of so few words may stand without its marks in the other text.
const BARE: usize = 4;

/// What a text quotes, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotes {
    /// Fenced blocks, without the name of their language.
    blocks: Vec<String>,
    /// Code spans and quotations, with single blanks.
    spans: Vec<String>,
}

/// The quotes of a text, and the text without its fenced blocks.
pub(super) fn all(text: &str) -> (Quotes, String) {
    let mut quotes = Quotes::default();
    let mut prose = String::with_capacity(text.len());
    let mut fenced: Option<String> = None;
    for line in text.split_inclusive('\n') {
        let fence = line.trim_start().starts_with("```") && line.matches("```").count() == 1;
        match &mut fenced {
            None if fence => fenced = Some(String::new()),
            None => prose.push_str(line),
            Some(_) if fence => quotes.blocks.extend(fenced.take()),
            Some(block) => {
                block.push_str(line.trim_end());
                block.push('\n');
            }
        }
    }
    quotes.blocks.extend(fenced);
    for block in &mut quotes.blocks {
        *block = block.trim().to_owned();
    }
    spans(&prose, &mut quotes.spans);
    (quotes, prose)
}

fn spans(prose: &str, spans: &mut Vec<String>) {
    // Where a mark has no end, none of its kind further on has one, either: each is looked for in vain once.
    let mut endless: Vec<char> = Vec::new();
    let mut before = ' ';
    let mut rest = prose;
    while let Some(mark) = rest.chars().next() {
        rest = rest.get(mark.len_utf8()..).unwrap_or_default();
        let closing = match mark {
            '"' | '`' => Some(mark),
            '“' => Some('”'),
            '„' => Some('“'),
            '«' => Some('»'),
            '»' => Some('«'),
            '‘' => Some('’'),
            '\'' if !before.is_alphanumeric() => Some('\''),
            _ => None,
        };
        before = mark;
        let Some(closing) = closing.filter(|closing| !endless.contains(closing)) else {
            continue;
        };
        let Some(end) = end(rest, closing) else {
            endless.push(closing);
            continue;
        };
        let (inside, tail) = rest.split_at(end);
        let span = inside.split_whitespace().collect::<Vec<_>>().join(" ");
        let span = span.trim_end_matches([',', '.', '?', '!']);
        if !span.is_empty() {
            spans.push(span.to_owned());
        }
        rest = tail.get(closing.len_utf8()..).unwrap_or_default();
        before = closing;
    }
}

/// Where the closing mark stands. A single one inside a word is an apostrophe.
fn end(rest: &str, closing: char) -> Option<usize> {
    let apostrophe = matches!(closing, '\'' | '’');
    rest.match_indices(closing).map(|(at, _)| at).find(|at| {
        let after = rest
            .get(at.saturating_add(closing.len_utf8())..)
            .and_then(|after| after.chars().next());
        !apostrophe || !after.is_some_and(char::is_alphanumeric)
    })
}

/// Whether two texts quote different things, or the same ones in another order.
pub(super) fn differ(a: &Reading, b: &Reading) -> bool {
    if a.quotes.blocks != b.quotes.blocks {
        return true;
    }
    let (left, right) = (&a.quotes.spans, &b.quotes.spans);
    if left == right {
        return false;
    }
    if !left.iter().all(|span| says(b, span)) || !right.iter().all(|span| says(a, span)) {
        return true;
    }
    // The same ones, in another order.
    left.len() == right.len() && !(a.symmetric && b.symmetric) && {
        let (mut sorted, mut others) = (left.clone(), right.clone());
        sorted.sort_unstable();
        others.sort_unstable();
        sorted == others
    }
}

/// Whether a text quotes something, or says it without marks.
fn says(reading: &Reading, span: &str) -> bool {
    reading.quotes.spans.iter().any(|other| other == span) || {
        let bare = span.split(' ').count() <= BARE
            && span.chars().all(|c| c.is_alphanumeric() || " '’-_".contains(c));
        let words = span.to_lowercase().replace('-', " ");
        bare && reading.words.contains(&format!(" {words} "))
    }
}
