//! Tokens of GitHub: prefixes and characters of its changelog "Authentication token format updates" (2021-03-31), which has 36
//! characters behind the prefix and announces up to 255 in all; fine-grained tokens are `github_pat_` with 82 (GitHub Docs,
//! "GitHub's token formats"). Read 2026-11. The checksum in the last six characters is not required.

use super::super::{Hit, Recognizer, Starts};
use super::shape::is_issued;
use super::{SURE, has_before, opens};
use crate::Entity;
use crate::text::{Text, is_word};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::GithubToken,
    starts: &[Starts::Mark(b'_')],
    find,
    raises: &[],
    lowers: &[],
};

/// Each prefix up to its last underscore, and how many characters follow at least.
const PREFIXES: [(&[u8], usize); 6] = [
    (b"ghp", 36),
    (b"gho", 36),
    (b"ghu", 36),
    (b"ghs", 36),
    (b"ghr", 36),
    (b"github_pat", 40),
];
const LONGEST: usize = 255;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| has_before(text, at, prefix))?;
    let start = at - prefix.len();
    let len = text.run(at + 1, LONGEST, is_word);
    let end = at + 1 + len;
    let fits = len >= *least && end - start <= LONGEST;
    let issued = || is_issued(text.slice(at + 1..end));
    (fits && opens(text, start) && issued()).then(|| Hit::new(start, end, SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn tokens_are_found_and_what_resembles_them_is_not() {
        let body = "16C7e42F292c6912E7710c838347Ae178B4a";
        for prefix in ["ghp", "gho", "ghu", "ghs", "ghr"] {
            let token = format!("{prefix}_{body}");
            for text in [
                token.clone(),
                format!("GITHUB_TOKEN={token}\n"),
                format!("\"token\":\"{token}\","),
                format!("a\\n{token}\\nb"),
                format!("https://{token}@github.com/a/b"),
                format!("令牌{token}。"),
                format!("?token%3D{token}"),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [&*token], "{text}");
            }
            for text in [
                format!("{prefix}_{}", &body[1..]),
                format!("x{token}"),
                format!("{prefix}-{body}"),
                format!("{prefix}_{}", "x".repeat(36)),
                format!("{prefix}_this_is_where_your_token_has_to_be_put_in"),
                format!("{token}{}", body.repeat(7)),
            ] {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
            }
        }
        let fine =
            "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";
        assert_eq!(found(super::RECOGNIZER.entity, fine), [fine]);
        assert_eq!(found(super::RECOGNIZER.entity, "github_pat_11ABCDEFG0"), [""; 0]);
    }
}
