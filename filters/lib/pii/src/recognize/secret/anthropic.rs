//! Keys of Anthropic: `sk-ant-`, a kind with two digits (`api03`, `admin01`, `oat01`), and 95 characters, as in the rules of gitleaks
//! (cmd/generate/config/rules/anthropic.go, read 2026-11). Shorter ones are found from 40 characters on.

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, has, has_before, is_token, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AnthropicKey,
    starts: &[Starts::Mark(b'-')],
    find,
    raises: &[],
    lowers: &[],
};

const SHORTEST: usize = 40;
const LONGEST: usize = 256;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if !has_before(text, at, b"sk") || !has(text, at + 1, b"ant-") || !opens(text, at - 2) {
        return None;
    }
    let kind = at + 1 + b"ant-".len();
    let letters = text.run(kind, 10, |byte| byte.is_ascii_lowercase());
    let digits = text.run(kind + letters, 3, |byte| byte.is_ascii_digit());
    let named = letters > 1 && digits == 2 && text.at(kind + letters + digits) == b'-';
    let body = if named { kind + letters + digits + 1 } else { kind };
    let len = text.run(body, LONGEST, is_token);
    let shape = Shape::of(text.slice(body..body + len));
    let fits = (SHORTEST..LONGEST).contains(&len) && shape.upper > 0 && shape.is_random();
    fits.then(|| Hit::new(at - 2, body + len, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn keys_are_found_and_what_resembles_them_is_not() {
        let body =
            "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW-xY_zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC5dE6fG7hI8j9kAA";
        for prefix in ["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-ant-"] {
            let key = format!("{prefix}{body}");
            for text in [
                key.clone(),
                format!("x-api-key: {key}"),
                format!("'{key}',"),
                format!("\\n{key}\\n"),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [&*key], "{text}");
            }
            for text in [
                format!("{prefix}aB3dE5fG7hI9"),
                format!("{prefix}{}", "x".repeat(95)),
                format!("{prefix}{}", "your-key-".repeat(10)),
                format!("desk{}", &key[2..]),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
            }
        }
    }
}
