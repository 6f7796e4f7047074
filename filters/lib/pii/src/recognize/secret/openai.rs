//! Keys of OpenAI: `sk-` with 48 characters, later `sk-proj-`, `sk-svcacct-`, `sk-admin-` and more of them, as in OpenAI's "API
//! keys" and in the rules of gitleaks (cmd/generate/config/rules/openai.go), which also has the infix `T3BlbkFJ` ("OpenAI" in
//! base64) that issued keys have. Read 2026-11. Others use `sk-` too, with 32 characters or more; they are found as these.

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, has, has_before, is_token, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::OpenAiKey,
    starts: &[Starts::Mark(b'-')],
    find,
    raises: &[],
    lowers: &[],
};

const INFIX: &[u8] = b"T3BlbkFJ";
const KINDS: [&[u8]; 5] = [b"proj-", b"svcacct-", b"admin-", b"None-", b"service-"];
const SHORTEST: usize = 32;
const SHORTEST_OF_KIND: usize = 40;
const LONGEST: usize = 256;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if !has_before(text, at, b"sk") || has(text, at + 1, b"ant-") || !opens(text, at - 2) {
        return None;
    }
    let kind = KINDS.iter().find(|kind| has(text, at + 1, kind));
    let body = at + 1 + kind.map_or(0, |kind| kind.len());
    let len = text.run(body, LONGEST, is_token);
    let value = text.slice(body..body + len);
    let shape = Shape::of(value);
    let issued = len >= 20 && value.windows(INFIX.len()).any(|part| part == INFIX);
    let fits = match kind {
        Some(_) => len >= SHORTEST_OF_KIND && shape.upper > 0 && shape.lower > 0,
        None => len >= SHORTEST && shape.digits >= 2 && shape.others <= 3,
    };
    let long = len >= LONGEST;
    (!long && shape.is_random() && (issued || fits)).then(|| Hit::new(at - 2, body + len, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn keys_are_found_and_what_resembles_them_is_not() {
        let half = "aB3dE5fG7hI9jK1lM2nO";
        let long = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW-xY_zA1bC2dE3fG4hI5jK6lM7nO";
        for key in [
            format!("sk-{half}T3BlbkFJ{half}"),
            format!("sk-{half}{half}aB3dE5fG"),
            format!("sk-proj-{long}T3BlbkFJ{long}"),
            format!("sk-svcacct-{long}T3BlbkFJ{long}"),
            format!("sk-admin-{long}T3BlbkFJ{long}"),
            format!("sk-proj-{long}"),
            "sk-0123456789abcdef0123456789abcdef".to_owned(),
        ] {
            for text in [
                key.clone(),
                format!("OPENAI_API_KEY={key}\n"),
                format!("Bearer {key}\""),
                format!("密钥{key}。"),
                format!("\\t{key}"),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [&*key], "{text}");
            }
        }
        for text in [
            "sk-learn",
            "pip install sk-learn-extra-with-a-very-long-name-of-its-own-1",
            "sk-1234567890",
            "sk-proj-your-key-goes-here-and-is-longer-than-forty-characters",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "task-aB3dE5fG7hI9jK1lM2nOT3BlbkFJaB3dE5fG7hI9jK1lM2nO",
            "sk-ant-api03-aB3dE5fG7hI9jK1lM2nOaB3dE5fG7hI9jK1lM2nOaB3dE5fG7hI9",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
