//! `match`: for whose requests something holds.

use crate::{model, problem::Problems, raw, spanned::Spanned, suggest};

/// What may be named in one of its lists.
pub(crate) struct Choice<'r, S> {
    /// What the list chooses by.
    pub(crate) by: S,
    /// The list's name.
    pub(crate) word: &'static str,
    /// The list, if it is there.
    pub(crate) list: &'r raw::List<String>,
    /// The names that there are, if that is known.
    pub(crate) known: Option<&'r [&'r str]>,
}

/// The lists that are there, with at least one name each. `what` (a limit, a budget) stands at `path`.
pub(crate) fn only<'r, S>(
    choices: impl IntoIterator<Item = Choice<'r, S>>,
    what: &str,
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<(S, Vec<String>)>> {
    let mut all = Some(Vec::new());
    for choice in choices {
        let Some(list) = choice.list else { continue };
        let values = values(list, choice.word, choice.known, what, path, problems);
        all = all.zip(values).map(|(mut all, values)| {
            all.push((choice.by, values));
            all
        });
    }
    all
}

/// The names of one such list: at least one, and of `known` ones if all of them are.
pub(crate) fn values(
    list: &Spanned<Vec<Spanned<String>>>,
    word: &str,
    known: Option<&[&str]>,
    what: &str,
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let field = format!("{path}.match.{word}");
    if list.value.is_empty() {
        let message = format!("empty, so the {what} would never apply; name one or leave it out");
        problems.at(list.referenced, field, message);
        return None;
    }
    let values = model::names(list, &field, problems)?;
    let mut right = true;
    for (index, text) in list.value.iter().enumerate() {
        let Some(known) = known.filter(|known| !known.contains(&text.value.as_str())) else {
            continue;
        };
        let remedy = match known {
            [] => format!("name one under {word}s"),
            known => suggest::remedy(&text.value, known.iter().copied()),
        };
        problems.at(
            text.referenced,
            format!("{field}[{index}]"),
            format!("no {word} is named {:?}; {remedy}", text.value),
        );
        right = false;
    }
    right.then_some(values)
}
