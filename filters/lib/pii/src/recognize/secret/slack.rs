//! Tokens and webhooks of Slack: prefixes of Slack's "Token types" and "Sending messages using incoming webhooks", groups of digits
//! as in the rules of gitleaks (cmd/generate/config/rules/slack.go), read 2026-11.

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, has, has_before, is_base64, is_token, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::SlackToken,
    starts: &[Starts::Mark(b'-'), Starts::First(b"h")],
    find,
    raises: &[],
    lowers: &[],
};

/// Bots, users, configuration, workspaces, refresh, legacy, cookies, apps.
const PREFIXES: [&[u8]; 9] = [
    b"xoxb", b"xoxp", b"xoxa", b"xoxr", b"xoxs", b"xoxe", b"xoxo", b"xoxd", b"xapp",
];
const SHORTEST: usize = 16;
const LONGEST: usize = 512;

const HOSTS: [&[u8]; 2] = [b"hooks.slack.com/", b"hooks.slack-gov.com/"];
const SCHEMES: [&[u8]; 2] = [b"https://", b"http://"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.at(at) {
        b'-' => token(text, at),
        _ => webhook(text, at),
    }
}

fn token(text: &Text<'_>, at: usize) -> Option<Hit> {
    if text.at(at.checked_sub(4)?) != b'x' {
        return None;
    }
    let prefix = PREFIXES.iter().find(|prefix| has_before(text, at, prefix))?;
    let mut start = at - prefix.len();
    if has_before(text, start, b"xoxe.") {
        start -= b"xoxe.".len();
    }
    if !opens(text, start) {
        return None;
    }
    // Those of cookies are encoded, as they are in cookies.
    let len = text.run_of(at + 1, LONGEST, |at| {
        let byte = text.at(at);
        byte.is_ascii_alphanumeric() || byte == b'-' || is_base64(byte) && text.is_encoded(at)
    });
    let body = text.slice(at + 1..at + 1 + len);
    let body = body.get(..body.iter().rposition(u8::is_ascii_alphanumeric)? + 1)?;
    let shape = Shape::of(body);
    let random = shape.distinct >= 8 && shape.digits >= 4 || shape.is_random() && shape.digits >= 2;
    (body.len() >= SHORTEST && random).then(|| Hit::new(start, at + 1 + body.len(), SURE))
}

/// A webhook's URL, whose path is the secret.
fn webhook(text: &Text<'_>, at: usize) -> Option<Hit> {
    let host = HOSTS.iter().find(|host| has(text, at, host))?;
    let path = at + host.len();
    let kind = [&b"services/"[..], b"workflows/", b"triggers/"]
        .into_iter()
        .find(|kind| has(text, path, kind))?;
    let len = text.run(path + kind.len(), 128, |byte| is_token(byte) || byte == b'/');
    let secret = text.slice(path + kind.len()..path + kind.len() + len);
    let parts = secret
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .count();
    let last = secret
        .rsplit(|byte| *byte == b'/')
        .find(|part| !part.is_empty())?;
    let fits = parts >= 3 && last.len() >= 16 && Shape::of(last).distinct >= 6;
    let scheme = SCHEMES.iter().find(|scheme| has_before(text, at, scheme));
    let start = at - scheme.map_or(0, |scheme| scheme.len());
    fits.then(|| Hit::new(start, path + kind.len() + len, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn tokens_are_found_and_what_resembles_them_is_not() {
        for token in [
            "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
            "xoxp-123456789012-123456789012-123456789012-abcdef0123456789abcdef0123456789",
            "xoxa-2-0123456789ab-cdef0123",
            "xoxr-2-0123456789ab-cdef0123",
            "xoxs-1234567890-1234567890-1234567890-0123456789",
            "xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4OTAtMTIzNDU2Nzg5MA",
            "xapp-1-A0123456789-1234567890123-0123456789abcdef0123456789abcdef",
            "xoxd-aB3dE5fG7hI9%2FjK1lM2nO4pQ6%2BrS8tU0vW",
            "https://hooks.slack.com/services/T01ABCDEF2G/B01ABCDEF2G/aBcDeFgHiJkLmNoPqRsTuVwX",
        ] {
            for text in [
                token.to_owned(),
                format!("SLACK={token}, "),
                format!("\"{token}\""),
                format!("\\n{token}\\n"),
                format!("（{token}）"),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [token], "{text}");
            }
        }
        for text in [
            "xoxb-your-bot-token-goes-here",
            "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx-xxxxxxxxxxxx",
            "xoxb-123456",
            "boxoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
            "xoxz-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://hooks.slack.com/services/",
            "https://slack.com/services/T01ABCDEF2G/B01ABCDEF2G/aBcDeFgHiJkLmNoPqRsTuVwX",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
