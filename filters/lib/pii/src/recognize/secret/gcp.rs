//! Keys of Google: API keys (`AIza` and 35 characters), secrets of OAuth clients (`GOCSPX-` and 28), access tokens (`ya29.`) and refresh
//! tokens (`1//0`), as in Google Cloud's "Authenticate using API keys", "Using OAuth 2.0 to access Google APIs" and in the rules
//! of gitleaks (cmd/generate/config/rules/gcp.go) and trufflehog (pkg/detectors/googleoauth2). Read 2026-11.

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, has, is_token, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::GcpKey,
    starts: &[Starts::First(b"agy1")],
    find,
    raises: &[],
    lowers: &[],
};

/// Each prefix, and how many characters follow at least and at most.
const PREFIXES: [(&[u8], usize, usize); 4] = [
    (b"AIza", 35, 35),
    (b"GOCSPX-", 24, 40),
    (b"ya29.", 20, 2048),
    (b"1//0", 40, 512),
];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if !opens(text, at) {
        return None;
    }
    let (prefix, least, most) = PREFIXES.iter().find(|(prefix, ..)| has(text, at, prefix))?;
    let body = at + prefix.len();
    let len = text.run(body, most + 1, is_token);
    let fits = (*least..=*most).contains(&len);
    let random = || Shape::of(text.slice(body..body + len)).is_random();
    (fits && random()).then(|| Hit::new(at, body + len, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn keys_are_found_and_what_resembles_them_is_not() {
        for key in [
            "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
            "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",
            "ya29.a0AfH6SMBx7yZ_qW3eR5tY7uI9oP1aS2dF4gH6jK8",
            "1//0gaB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW-xY_zA1bC2dE3fG4hI5jK6lM7nO",
        ] {
            for text in [
                key.to_owned(),
                format!("key={key}&x=1"),
                format!("{{\"k\":\"{key}\"}}"),
                format!("\\n{key}\\n"),
                format!("密钥：{key}。"),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [key], "{text}");
            }
        }
        for text in [
            "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBW",
            "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWYY",
            "aizaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
            "xAIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
            "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "GOCSPX-your-client-secret-is-here-ok",
            "ya29.short",
            "1//0",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
