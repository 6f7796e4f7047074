//! Secret access keys of AWS: 40 characters of base64 (AWS General Reference, "AWS security credentials", read 2026-11). They have no
//! prefix, so one is found only behind its name (`aws_secret_access_key`, `SecretAccessKey`) or behind the identifier of its
//! key, as in a file of credentials.

use std::ops::Range;

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, aws, is_base64, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AwsKey,
    starts: &[Starts::First(b"as")],
    find,
    raises: &[],
    lowers: &[],
};

const LENGTH: usize = 40;
/// How much may stand between a name and the key.
const GAP: usize = 24;
/// Words, and letters of each, that may stand there too.
const WORDS_BETWEEN: usize = 5;
const LONGEST_WORD: usize = 8;
/// Any of these names the key, if nothing else is in the name.
const WORDS: [&str; 4] = ["aws", "secret", "access", "key"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if !matches!(text.at(at + 1) | 0x20, b'w' | b'c' | b'e' | b'k' | b's' | b'b') {
        return None;
    }
    let known = ["aws", "acc", "sec", "akia", "asia", "abia"];
    if !known.iter().any(|known| text.has(at, known)) {
        return None;
    }
    let name = match aws::key(text, at).filter(|_| opens(text, at)) {
        Some(key) => at + key.len(),
        None => name(text, at)?,
    };
    let key = value(text, name)?;
    Some(Hit::new(key.start, key.end, SURE))
}

/// The end of the name that starts at a place: `secret` and at least one of the other words.
fn name(text: &Text<'_>, mut at: usize) -> Option<usize> {
    let (mut words, mut secret) = (0, false);
    while let Some(word) = WORDS.iter().find(|word| text.has(at, word)) {
        at += word.len();
        words += 1;
        secret |= *word == "secret";
        // The name has ended where a separator ends it.
        let next = at + usize::from(matches!(text.at(at), b'_' | b'-' | b' ' | b'.'));
        if words == 4 || !WORDS.iter().any(|word| text.has(next, word)) {
            break;
        }
        at = next;
    }
    // `secret_access_key_id`
    let goes_on = matches!(text.at(at), b'_' | b'-') && text.at(at + 1).is_ascii_alphanumeric();
    (words >= 2 && secret && !goes_on && !text.at(at).is_ascii_alphanumeric()).then_some(at)
}

/// The key that follows: signs stand between, and perhaps a few short words such as `is` or what the command line tool has
/// (`AWS Secret Access Key [None]:`).
fn value(text: &Text<'_>, name: usize) -> Option<Range<usize>> {
    let mut start = name;
    for _ in 0..WORDS_BETWEEN {
        let gap = text.run(start, GAP, |byte| !is_base64(byte));
        if gap == 0 || gap == GAP {
            return None;
        }
        start += gap;
        let len = text.run(start, LENGTH + 1, is_base64);
        if len == LENGTH {
            let shape = Shape::of(text.slice(start..start + len));
            let ends = !matches!(text.at(start + len), b'=' | b'_' | b'-');
            let random = shape.upper > 0 && shape.lower > 0 && shape.distinct >= 12;
            return (ends && random).then_some(start..start + len);
        }
        let word = text.run(start, LONGEST_WORD + 1, |byte| byte.is_ascii_alphabetic());
        if word != len || len > LONGEST_WORD {
            return None;
        }
        start += len;
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn keys_are_found_behind_their_names_and_nowhere_else() {
        for text in [
            format!("aws_secret_access_key = {KEY}"),
            format!("AWS_SECRET_ACCESS_KEY={KEY}\n"),
            format!("\"SecretAccessKey\":\"{KEY}\""),
            format!("awsSecretAccessKey: '{KEY}'"),
            format!("AWS Secret Access Key [None]: {KEY}"),
            format!("my AWS secret is {KEY}."),
            format!("Secret access key\n{KEY}\n"),
            format!("export AWS_SECRET_KEY=\\\"{KEY}\\\""),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [KEY], "{text}");
        }
        let both = format!("AKIAIOSFODNN7EXAMPLE,{KEY}\r\n");
        assert_eq!(
            found(super::RECOGNIZER.entity, &both),
            ["AKIAIOSFODNN7EXAMPLE", KEY]
        );
        for text in [
            KEY.to_owned(),
            format!("sha: {KEY}"),
            format!("secret_access_key={}", &KEY[1..]),
            format!("secret_access_key={KEY}A"),
            format!("aws_secret_access_key={}", "x".repeat(40)),
            "aws_secret_access_key=da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned(),
            format!("secret_access_key_id={KEY}"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
        }
    }
}
