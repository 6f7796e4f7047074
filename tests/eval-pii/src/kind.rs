//! What the generator knows of each kind of personal data: its values, what resembles them, and what people call it.

use penstock_pii::Entity;

use crate::language::Language;
use crate::random::Random;

/// One kind of personal data.
pub struct Kind {
    pub entity: Entity,
    /// A value, made anew from the public definition, as somebody writes it who speaks a language.
    pub hit: fn(&mut Random, Language) -> Value,
    /// What resembles a value and is none.
    pub miss: fn(&mut Random) -> Miss,
    /// What people call it, in their languages.
    pub names: &'static [(Language, &'static [&'static str])],
    /// What programs call it.
    pub keys: &'static [&'static str],
    /// Sentences that only this kind is said in; `{}` is the value. Those that start with `!` say too little for a value that
    /// is not told by its form.
    pub said: &'static [(Language, &'static [&'static str])],
    /// Whether its digits and separators are also written with other characters. Not so for keys.
    pub varies: bool,
    /// Whether a value that is not told by its form has its name directly in front, as in `password=`.
    pub near: bool,
}

impl Kind {
    /// Its own sentences in a language, if it has any.
    pub fn said_in(&self, language: Language) -> Option<&'static [&'static str]> {
        self.said
            .iter()
            .find(|(other, _)| *other == language)
            .map(|(_, said)| *said)
    }
}

/// A value as somebody writes it.
pub struct Value {
    pub text: String,
    /// Whether it is told by its form alone. Others need words that say what they are.
    pub alone: bool,
}

impl Value {
    /// One that is told by its form.
    pub fn alone(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            alone: true,
        }
    }

    /// One that is told by words around it.
    pub fn named(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            alone: false,
        }
    }
}

/// What resembles a value and is none.
pub enum Miss {
    /// Not even where it is called one.
    Called(String),
    /// In a text of its own.
    Text(String),
}

impl Miss {
    /// A text with `{}` in it, which is a value.
    pub fn text(random: &mut Random, texts: &[&str], value: &str) -> Self {
        Self::Text(random.pick(texts).replace("{}", value))
    }
}

/// Puts digits into groups, with a separator between them; what is left over is a group too.
pub fn group(digits: &str, groups: &[usize], separator: &str) -> String {
    let mut characters = digits.chars();
    let mut parts: Vec<String> = groups
        .iter()
        .map(|len| characters.by_ref().take(*len).collect())
        .collect();
    parts.push(characters.collect());
    parts.retain(|part| !part.is_empty());
    parts.join(separator)
}

/// Another digit in the place of the last one, which checks the others.
pub fn spoil_last(random: &mut Random, text: &str) -> String {
    let mut text = text.to_owned();
    let Some(last) = text.pop() else { return text };
    let other = match last.to_digit(10) {
        Some(digit) => char::from_digit((digit + random.number(1..=9)) % 10, 10),
        None => ('A'..='Z')
            .cycle()
            .skip_while(|letter| *letter != last.to_ascii_uppercase())
            .nth(7),
    };
    text.push(other.unwrap_or('0'));
    text
}

/// A digit too many or too few.
pub fn spoil_length(random: &mut Random, text: &str) -> String {
    let mut text = text.to_owned();
    match random.chance(50) {
        true => text.push_str(&random.text("123456789", 1)),
        false => drop(text.pop()),
    }
    text
}

/// What has the right form in a longer name of something.
pub fn embed(random: &mut Random, text: &str) -> String {
    let texts = [
        "https://shop.example.com/items/{}7/view",
        "build-{}-rc2",
        "IMG_{}_001.jpg",
        "ZX{}Q8",
        "a81{}fe",
        "/var/spool/{}9.dat",
    ];
    random.pick(&texts).replace("{}", text)
}

/// All kinds, in the order of [`Entity::ALL`].
pub fn all() -> Vec<&'static Kind> {
    use crate::value::{
        americas, asia, contact, europe, finance, network, oceania, personal, secret, vendor,
    };
    let kinds = [
        americas::KINDS,
        asia::KINDS,
        contact::KINDS,
        europe::KINDS,
        finance::KINDS,
        network::KINDS,
        oceania::KINDS,
        personal::KINDS,
        secret::KINDS,
        vendor::KINDS,
    ];
    let mut kinds: Vec<&Kind> = kinds.into_iter().flatten().collect();
    kinds.sort_by_key(|kind| kind.entity.index());
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_has_one_kind_with_a_name_and_a_key() {
        let kinds = all();
        assert_eq!(
            kinds.iter().map(|kind| kind.entity).collect::<Vec<_>>(),
            Entity::ALL
        );
        for kind in kinds {
            assert!(!kind.keys.is_empty() && !kind.names.is_empty(), "{}", kind.entity);
            let mut said = kind.said.iter().flat_map(|(_, said)| *said);
            assert!(
                said.all(|said| said.matches("{}").count() == 1),
                "{}",
                kind.entity
            );
        }
    }

    #[test]
    fn what_is_spoilt_differs() {
        let mut random = Random::seeded(1);
        for text in ["12345", "1234X", "S1234567D", "1"] {
            assert_ne!(spoil_last(&mut random, text), text);
            assert_ne!(spoil_length(&mut random, text), text);
        }
    }

    #[test]
    fn groups_have_separators_between_them() {
        assert_eq!(group("1234567", &[3, 2], "-"), "123-45-67");
        assert_eq!(group("12345", &[3, 2], " "), "123 45");
    }
}
