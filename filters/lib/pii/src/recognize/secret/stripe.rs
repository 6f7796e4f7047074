//! Secret and restricted keys of Stripe, and its secrets for signing webhooks: prefixes of Stripe's "API keys" and "Webhook
//! signatures" (read 2026-11). Keys have had 24 characters behind the prefix, and have more than 90 now. Publishable keys
//! (`pk_`) are no secrets.

use super::super::{Hit, Recognizer, Starts};
use super::shape::is_issued;
use super::{SURE, has_before, is_base64, opens};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::StripeKey,
    starts: &[Starts::Mark(b'_')],
    find,
    raises: &[],
    lowers: &[],
};

const PREFIXES: [&[u8]; 5] = [b"sk_live", b"sk_test", b"rk_live", b"rk_test", b"whsec"];
const SHORTEST: usize = 16;
const LONGEST: usize = 255;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let prefix = PREFIXES.iter().find(|prefix| has_before(text, at, prefix))?;
    let start = at - prefix.len();
    let len = match prefix.starts_with(b"wh") {
        true => text.run(at + 1, LONGEST, |byte| is_base64(byte) || byte == b'='),
        false => text.run(at + 1, LONGEST, |byte| byte.is_ascii_alphanumeric()),
    };
    let end = at + 1 + len;
    let fits = (SHORTEST..LONGEST).contains(&len) && text.at(end) != b'_';
    let issued = || is_issued(text.slice(at + 1..end));
    (fits && opens(text, start) && issued()).then(|| Hit::new(start, end, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn keys_are_found_and_what_resembles_them_is_not() {
        for prefix in ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"] {
            let key = format!("{prefix}4eC39HqLyjWDarjtT1zdp7dc");
            for text in [
                key.clone(),
                format!("stripe.api_key = '{key}'"),
                format!("curl -u {key}:"),
                format!("key:{key}."),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [&*key], "{text}");
            }
            for text in [
                format!("{prefix}4eC39HqLyj"),
                format!("{prefix}xxxxxxxxxxxxxxxxxxxxxxxx"),
                format!("a{key}"),
                key.to_uppercase(),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
            }
        }
        for text in [
            "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
            "sk_live_4eC39HqLyjWDarjtT1zdp7dc_1",
            "task_test_4eC39HqLyjWDarjtT1zdp7dc",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
