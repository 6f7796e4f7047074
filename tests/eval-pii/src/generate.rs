//! Makes the labelled set: hits and near misses of every kind in every context, whole records, and texts without any.

use crate::form;
use crate::kind::{self, Kind, Miss, Value};
use crate::language::Language;
use crate::noise;
use crate::random::Random;
use crate::record;
use crate::sample::Sample;
use crate::twist;

/// How often a text is preceded or followed by another that has nothing to do with it, of a hundred.
const COMPANY: u32 = 15;

/// A set with about so many hits, and as many near misses, of each kind.
pub fn samples(seed: u64, per_entity: u32) -> Vec<Sample> {
    let mut samples = Vec::new();
    for kind in kind::all() {
        // Each kind has choices of its own, so that a change in one changes no other.
        let mut random = Random::seeded(seed ^ (kind.entity.index() as u64 + 1) << 32);
        for _ in 0..per_entity {
            samples.push(hit(&mut random, kind));
            samples.push(miss(&mut random, kind));
        }
    }
    let mut random = Random::seeded(seed);
    for _ in 0..per_entity * 4 {
        samples.push(record::record(&mut random));
    }
    for _ in 0..per_entity * 8 {
        samples.push(Sample::plain(noise::text(&mut random)));
    }
    samples
}

/// A text with a value.
fn hit(random: &mut Random, kind: &'static Kind) -> Sample {
    let (language, names) = random.pick(kind.names);
    let value = (kind.hit)(random, language);
    let form = context(random, kind, language, &value);
    let name = cased(random, names);
    let mut sample = Sample::default();
    if random.chance(COMPANY) {
        sample.push(&(noise::text(random) + random.pick(&["\n", "\n\n"])));
    }
    fill(random, &mut sample, form, &name, kind, &value, language);
    if random.chance(COMPANY) {
        sample.push(&("\n".to_owned() + &noise::text(random)));
    }
    sample
}

/// What a value stands in. It says enough for the value to be told.
fn context(random: &mut Random, kind: &Kind, language: Language, value: &Value) -> &'static str {
    loop {
        let form = match random.number(0..=99) {
            0..=19 if value.alone => form::bare(random),
            0..=34 => random.pick(language.sentences()),
            35..=44 => random.pick(kind.said_in(language).unwrap_or(language.sentences())),
            45..=69 => form::named(random),
            _ => form::keyed(random),
        };
        let told = match form.strip_prefix('!') {
            Some(_) => value.alone,
            None => value.alone || !kind.near || is_near(form),
        };
        if told {
            return form.trim_start_matches('!');
        }
    }
}

/// Whether hardly anything stands between name and value.
fn is_near(form: &str) -> bool {
    let Some(value) = form.find("{v").or_else(|| form.find("{}")) else {
        return false;
    };
    let front = form.get(..value).unwrap_or_default();
    let name = front
        .rfind("{n}")
        .or_else(|| front.rfind("{k}"))
        .map(|name| name + 3);
    let between = match name {
        Some(name) => front.get(name..).unwrap_or_default(),
        None => return form.contains("{}"),
    };
    between
        .chars()
        .filter(|character| character.is_alphanumeric())
        .count()
        <= 3
        && !between.contains(['|', '('])
}

fn cased(random: &mut Random, names: &[&str]) -> String {
    let name = random.pick(names);
    match random.number(0..=9) {
        0 => name.to_uppercase(),
        1 | 2 => capitalized(name),
        3 => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Puts a form behind a text, with name, key and value in it.
fn fill(
    random: &mut Random,
    sample: &mut Sample,
    form: &str,
    name: &str,
    kind: &Kind,
    value: &Value,
    language: Language,
) {
    let dense = language.is_dense();
    let form = form.replace("{n}", name).replace("{k}", random.pick(kind.keys));
    let mut rest = &*form.replace("{}", "{v}");
    // In code and where quotes or tags are, marks would be out of place.
    let free = !rest.contains(['"', '\'', '<', '=', '\\', '|']) && kind.varies;
    while let Some((front, behind)) = rest.split_once("{v") {
        sample.push(front);
        let other;
        let (text, behind) = match behind.strip_prefix("2}") {
            Some(behind) => {
                other = another(random, kind, language);
                (&*other, behind)
            }
            None => (&*value.text, behind.strip_prefix('}').unwrap_or(behind)),
        };
        let (open, close) = if free {
            twist::marks(random, dense)
        } else {
            ("", "")
        };
        let text = if kind.varies {
            twist::respell(random, text, dense)
        } else {
            text.to_owned()
        };
        // What is written in the same letters has a space in between.
        if open.is_empty() && sample.text.ends_with(|last: char| last.is_ascii_alphanumeric()) {
            sample.push(" ");
        }
        sample.push(open);
        sample.push_labelled(kind.entity, &text);
        sample.push(close);
        rest = behind;
    }
    sample.push(rest);
}

/// A value that is told by its form.
fn another(random: &mut Random, kind: &Kind, language: Language) -> String {
    loop {
        let value = (kind.hit)(random, language);
        if value.alone {
            return value.text;
        }
    }
}

/// A text with what resembles a value.
fn miss(random: &mut Random, kind: &'static Kind) -> Sample {
    let value = match (kind.miss)(random) {
        Miss::Text(text) => return Sample::plain(text),
        Miss::Called(value) => value,
    };
    let (language, names) = random.pick(kind.names);
    let form = match random.number(0..=99) {
        0..=34 => random.pick(language.sentences()),
        35..=64 => form::named(random),
        _ => form::keyed(random),
    };
    let name = cased(random, names);
    let value = if kind.varies {
        twist::respell(random, &value, language.is_dense())
    } else {
        value
    };
    let text = form
        .replace("{n}", &name)
        .replace("{k}", random.pick(kind.keys))
        .replace("{v}", &value);
    Sample::plain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_set_again_and_another_seed_another() {
        assert_eq!(samples(1, 3), samples(1, 3));
        assert_ne!(samples(1, 3), samples(2, 3));
    }

    #[test]
    fn labels_lie_in_their_text_and_no_form_is_left_unfilled() {
        for sample in samples(1, 40) {
            for label in &sample.labels {
                assert!(
                    sample
                        .text
                        .get(label.span.clone())
                        .is_some_and(|value| !value.is_empty()),
                    "{sample:?}"
                );
            }
            for place in ["{v}", "{v2}", "{n}", "{k}"] {
                assert!(!sample.text.contains(place), "{}", sample.text);
            }
        }
    }
}
