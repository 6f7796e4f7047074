use proptest::prelude::*;

use super::*;
use crate::Placeholders;

const TENANT: &str = "acme";

fn vault(values: &[(&str, &str)]) -> (Vault, Vec<String>) {
    let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
    let mut vault = Vault::default();
    let kept = values
        .iter()
        .map(|(label, value)| vault.keep(&placeholders, TENANT, label, value).to_owned())
        .collect();
    (vault, kept)
}

fn ann() -> (Vault, String) {
    let (vault, mut kept) = vault(&[("EMAIL", "ann@example.com")]);
    (vault, kept.remove(0))
}

/// The text in pieces that end at these places.
fn in_pieces(vault: &Vault, text: &str, cuts: &[usize], likeness: Likeness, landing: Landing) -> String {
    let mut restorer = Restorer::default();
    let mut out = String::new();
    let mut at = 0;
    for end in cuts.iter().copied().chain([text.len()]) {
        restorer.push(vault, &text[at..end], likeness, landing, &mut out);
        at = end;
    }
    out + &restorer.finish()
}

#[test]
fn a_value_returns_wherever_its_placeholder_is_cut() {
    let (vault, placeholder) = ann();
    let text = format!("[a] Dear {placeholder}, ü[{placeholder}] and {placeholder}");
    let expected = "[a] Dear ann@example.com, ü[ann@example.com] and ann@example.com";
    let places = || (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    for first in places() {
        for second in places().filter(|second| *second >= first) {
            let restored = in_pieces(&vault, &text, &[first, second], Likeness::Close, Landing::Text);
            assert_eq!(restored, expected, "{first} {second}");
        }
    }
    let each: Vec<usize> = places().collect();
    assert_eq!(
        in_pieces(&vault, &text, &each, Likeness::Exact, Landing::Text),
        expected
    );
}

#[test]
fn a_placeholder_with_other_case_or_spacing_is_restored_unless_it_must_be_exact() {
    let (vault, placeholder) = ann();
    let tag = &placeholder[7..placeholder.len() - 1];
    for altered in [
        placeholder.to_lowercase(),
        format!("[email {tag}]"),
        format!("[ EMAIL_{tag} ]"),
        format!(r"[EMAIL\_{tag}]"),
        format!("[Email-{tag}]"),
        format!("[**EMAIL_{tag}**]"),
    ] {
        let (close, count) = restore(&vault, &altered, Likeness::Close, Landing::Text);
        assert_eq!((&*close, count), ("ann@example.com", 1), "{altered}");
        let (exact, count) = restore(&vault, &altered, Likeness::Exact, Landing::Text);
        assert_eq!((exact, count), (altered, 0));
    }
}

#[test]
fn what_only_resembles_a_placeholder_is_left_alone() {
    let (vault, placeholder) = ann();
    let inner = &placeholder[1..placeholder.len() - 1];
    for text in [
        "[EMAIL_00000000]".to_owned(),
        format!("[{inner}"),
        format!("[{inner}0]"),
        format!("[x{inner}]"),
        format!("({inner})"),
        format!("[{}]", &inner[..inner.len() - 1]),
        format!("[{}{inner}]", " ".repeat(LONGEST)),
        format!("[E[M[{inner}é]"),
    ] {
        for likeness in [Likeness::Close, Likeness::Exact] {
            assert_eq!(
                restore(&vault, &text, likeness, Landing::Text),
                (text.clone(), 0),
                "{text}"
            );
        }
    }
}

#[test]
fn no_more_is_held_back_than_may_become_a_placeholder() {
    let (vault, placeholder) = ann();
    for (text, held) in [
        ("plain text", 0),
        ("[", 1),
        ("see [1", 0),
        ("a [E", 2),
        ("[EMAIL_ann", 0),
        ("[[EMA", 4),
        (&placeholder[..placeholder.len() - 1], placeholder.len() - 1),
        (&*placeholder, 0),
    ] {
        let mut restorer = Restorer::default();
        let mut out = String::new();
        restorer.push(&vault, text, Likeness::Close, Landing::Text, &mut out);
        assert_eq!(restorer.finish().len(), held, "{text}");
    }
    let mut restorer = Restorer::default();
    let mut out = String::new();
    for _ in 0..1_000 {
        restorer.push(&vault, "[ ", Likeness::Close, Landing::Text, &mut out);
        assert!(restorer.held.len() <= LONGEST);
    }
}

#[test]
fn a_value_lands_in_json_as_json() {
    let value = "a\"b\\c\nd\u{1}é";
    let (vault, kept) = vault(&[("PRIVATE_KEY", value)]);
    let (json, _) = restore(
        &vault,
        &format!(r#"{{"key":"{}"}}"#, kept[0]),
        Likeness::Close,
        Landing::Json,
    );
    assert_eq!(json, "{\"key\":\"a\\\"b\\\\c\\nd\\u0001é\"}");
}

#[test]
fn nothing_is_held_back_where_there_is_nothing_to_restore() {
    let mut out = String::new();
    let mut restorer = Restorer::default();
    restorer.push(&Vault::default(), "[", Likeness::Close, Landing::Text, &mut out);
    assert_eq!((out.as_str(), restorer.is_empty()), ("[", true));
}

#[test]
fn a_number_loses_the_quotes_that_its_placeholder_needed() {
    let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
    let mut vault = Vault::default();
    let kept = vault
        .keep_number(&placeholders, TENANT, "CARD", "4111111111111111")
        .to_owned();
    let text = format!("{{\"a\": \"{kept}\", \"b\": \"no. {kept}\", \"c\": \"\", \"d\": {kept}}}");
    let expected =
        "{\"a\": 4111111111111111, \"b\": \"no. 4111111111111111\", \"c\": \"\", \"d\": 4111111111111111}";
    for cut in 0..=text.len() {
        for landing in [Landing::Text, Landing::Json] {
            assert_eq!(
                in_pieces(&vault, &text, &[cut], Likeness::Close, landing),
                expected,
                "{cut}"
            );
        }
    }
    let each: Vec<usize> = (0..=text.len()).collect();
    assert_eq!(
        in_pieces(&vault, &text, &each, Likeness::Exact, Landing::Json),
        expected
    );
}

proptest! {
    #[test]
    fn any_text_passes_however_it_is_cut(
        text in r"(\[|\]|E|M|A|I|L|_| |[a-z0-9]|é|\\){0,40}",
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let (vault, _) = ann();
        let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&places)).collect();
        cuts.sort_unstable();
        for likeness in [Likeness::Close, Likeness::Exact] {
            prop_assert_eq!(in_pieces(&vault, &text, &cuts, likeness, Landing::Text), text.clone());
        }
    }
}
