//! Identifiers of access keys of AWS: the prefixes `AKIA`, `ASIA`, `ABIA` and `ACCA` of the IAM User Guide ("Unique identifiers", read
//! 2026-11) and 16 more characters. New ones use base32; documented examples have other digits too (`AKIAI44QH8DHBEXAMPLE`).

use super::super::{Hit, Recognizer, Starts};
use super::{SURE, opens};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AwsKey,
    starts: &[Starts::Code(&[20])],
    find,
    raises: &["aws", "access", "key", "amazon", "credentials"],
    lowers: &[],
};

const PREFIXES: [&[u8]; 4] = [b"AKIA", b"ASIA", b"ABIA", b"ACCA"];
const LENGTH: usize = 20;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let key = key(text, at).filter(|_| opens(text, at))?;
    let score = match key.iter().any(u8::is_ascii_digit) {
        true => SURE,
        // One in thirty has no digit. `ASIA` may begin a word.
        false => Score::LIKELY,
    };
    Some(Hit::new(at, at + LENGTH, score))
}

/// The identifier that starts at a place.
pub(super) fn key<'t>(text: &'t Text<'_>, at: usize) -> Option<&'t [u8]> {
    let key = text.slice(at..at + LENGTH);
    let known = PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    let upper = || {
        key.iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let varied = || key.iter().filter(|byte| Some(*byte) == key.last()).count() < LENGTH / 2;
    (known && upper() && varied() && !is_word(text.at(at + LENGTH))).then_some(key)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn keys_are_found_and_what_resembles_them_is_not() {
        for key in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "ABIAIOSFODNN7EXAMPLE",
            "ACCAIOSFODNN7EXAMPLE",
            "AKIAI44QH8DHBEXAMPLE",
        ] {
            for text in [
                key.to_owned(),
                format!("aws_access_key_id={key}\n"),
                format!("\"{key}\":"),
                format!("a\\n{key}\\n"),
                format!("密钥{key}。"),
                format!("({key})."),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [key], "{text}");
            }
        }
        assert_eq!(
            found(super::RECOGNIZER.entity, "key: AKIAQWERTYUIOPASDFGH"),
            ["AKIAQWERTYUIOPASDFGH"]
        );
        for text in [
            "AKIAIOSFODNN7EXAMPL",
            "AKIAIOSFODNN7EXAMPLES",
            "AKIAIOSFODNN7EXAMPL_E",
            "akiaiosfodnn7example",
            "AROAIOSFODNN7EXAMPLE",
            "AKIAXXXXXXXXXXXXXXX1X",
            "AKIAXXXXXXXXXXXXXXXX",
            "ASIAPACIFICECONOMICS",
            "xAKIAIOSFODNN7EXAMPLE",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
