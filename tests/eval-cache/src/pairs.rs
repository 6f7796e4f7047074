//! Sets of pairs in files: one JSON object a line.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::question::{Coming, Origin, Question};

#[derive(Deserialize, Serialize)]
struct Pair {
    a: String,
    b: String,
    same: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trap: Option<String>,
}

/// Reads pairs as traffic: each `a` was answered before, each `b` is asked.
///
/// Texts that are the same, by themselves or through others, are one intent; all others want different answers. A `b` that
/// is also an `a` is left out, since it would hit exactly.
pub fn read(path: &Path) -> anyhow::Result<Vec<Question>> {
    let content = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let pairs = content
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), index + 1))
        })
        .collect::<anyhow::Result<Vec<Pair>>>()?;
    Ok(questions(&pairs))
}

fn questions(pairs: &[Pair]) -> Vec<Question> {
    let mut intents = Intents::default();
    for pair in pairs {
        let (a, b) = (intents.of(&pair.a), intents.of(&pair.b));
        if pair.same {
            intents.join(a, b);
        }
    }
    let before = pairs.iter().map(|pair| (&pair.a, Origin::Own, Coming::Before));
    let asked: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let of = intents.of(&pair.a);
            let origin = if pair.same {
                Origin::Own
            } else {
                Origin::Near {
                    change: pair.trap.clone().unwrap_or_else(|| "pair".to_owned()),
                    of: intents.root(of).to_string(),
                }
            };
            (&pair.b, origin, Coming::Probe)
        })
        .collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut questions = Vec::new();
    for (text, origin, coming) in before.chain(asked) {
        if seen.insert(text) {
            let intent = intents.of(text);
            questions.push(Question {
                text: text.clone(),
                intent: intents.root(intent).to_string(),
                answer: String::new(),
                origin,
                coming,
            });
        }
    }
    questions
}

/// Which texts want the same answer: a union-find.
#[derive(Default)]
struct Intents<'a> {
    numbers: HashMap<&'a str, usize>,
    parents: Vec<usize>,
}

impl<'a> Intents<'a> {
    fn of(&mut self, text: &'a str) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).filter(|parent| **parent != number) {
            number = *parent;
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(parent) = self.parents.get_mut(one) {
            *parent = other;
        }
    }
}

/// Writes traffic as pairs: each question beside the first of its intent, each near miss beside what it is near to.
pub fn write(path: &Path, questions: &[Question]) -> anyhow::Result<()> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    for question in questions.iter().filter(|question| question.origin == Origin::Own) {
        first.entry(&question.intent).or_insert(&question.text);
    }
    let mut file = BufWriter::new(fs::File::create(path).with_context(|| path.display().to_string())?);
    for question in questions {
        let (intent, trap) = match &question.origin {
            Origin::Own => (&question.intent, None),
            Origin::Near { change, of } => (of, Some(change.clone())),
        };
        let Some(a) = first.get(intent.as_str()).filter(|a| **a != question.text) else {
            continue;
        };
        let pair = Pair {
            a: (*a).to_owned(),
            b: question.text.clone(),
            same: trap.is_none(),
            trap,
        };
        serde_json::to_writer(&mut file, &pair)?;
        writeln!(file)?;
    }
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_through_others_is_one_intent() {
        let pair = |a: &str, b: &str, same| Pair {
            a: a.to_owned(),
            b: b.to_owned(),
            same,
            trap: None,
        };
        let pairs = [
            pair("one", "eins", true),
            pair("two", "one", false),
            pair("uno", "eins", true),
            pair("two", "un", false),
        ];
        let questions = questions(&pairs);
        let texts: Vec<(&str, Coming)> = questions
            .iter()
            .map(|question| (&*question.text, question.coming))
            .collect();
        let expected = [
            ("one", Coming::Before),
            ("two", Coming::Before),
            ("uno", Coming::Before),
            ("eins", Coming::Probe),
            ("un", Coming::Probe),
        ];
        assert_eq!(texts, expected);
        let intents: HashSet<&str> = questions.iter().map(|question| &*question.intent).collect();
        assert_eq!(intents.len(), 3);
        assert_eq!(questions[0].intent, questions[2].intent);
        assert_eq!(questions[0].intent, questions[3].intent);
    }
}
