use proptest::prelude::*;

use super::*;
use crate::Placeholders;

const TENANT: &str = "acme";

fn vault(values: &[(&str, &str)]) -> (Vault, Vec<String>) {
    let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
    let mut vault = Vault::default();
    let kept = values
        .iter()
        .map(|(label, value)| {
            vault
                .keep(&placeholders, TENANT, label, value, Kind::Text)
                .to_owned()
        })
        .collect();
    (vault, kept)
}

fn ann() -> (Vault, String) {
    let (vault, mut kept) = vault(&[("EMAIL", "ann@example.com")]);
    (vault, kept.remove(0))
}

/// The text in pieces that end at these places.
fn in_pieces(vault: &Vault, text: &str, cuts: &[usize], manner: Manner) -> String {
    let mut restorer = Restorer::new(manner);
    let mut out = String::new();
    let mut at = 0;
    for end in cuts.iter().copied().chain([text.len()]) {
        restorer.push(vault, &text[at..end], usize::MAX, &mut out);
        at = end;
    }
    restorer.finish(vault, &mut out);
    out
}

#[test]
fn a_value_returns_wherever_its_placeholder_is_cut() {
    let (vault, placeholder) = ann();
    let text = format!("[a] Dear {placeholder}, ü[{placeholder}] and {placeholder}");
    let expected = "[a] Dear ann@example.com, ü[ann@example.com] and ann@example.com";
    let places = || (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    for first in places() {
        for second in places().filter(|second| *second >= first) {
            let restored = in_pieces(&vault, &text, &[first, second], Manner::Text);
            assert_eq!(restored, expected, "{first} {second}");
        }
    }
    let each: Vec<usize> = places().collect();
    assert_eq!(in_pieces(&vault, &text, &each, Manner::Signed), expected);
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
        let (close, count) = restore(&vault, &altered, Manner::Text);
        assert_eq!((&*close, count), ("ann@example.com", 1), "{altered}");
        let (exact, count) = restore(&vault, &altered, Manner::Signed);
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
        for manner in [Manner::Text, Manner::Signed] {
            assert_eq!(restore(&vault, &text, manner), (text.clone(), 0), "{text}");
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
        let mut restorer = Restorer::new(Manner::Text);
        let mut out = String::new();
        restorer.push(&vault, text, usize::MAX, &mut out);
        assert_eq!(restorer.held.len(), held, "{text}");
    }
    let mut restorer = Restorer::new(Manner::Text);
    let mut out = String::new();
    for _ in 0..1_000 {
        restorer.push(&vault, "[ ", usize::MAX, &mut out);
        assert!(restorer.held.len() <= LONGEST);
    }
}

#[test]
fn a_value_lands_in_json_with_as_many_escapes_as_there_are_strings_around_it() {
    let value = "a\"b\\c\nd\u{1}é";
    let (vault, kept) = vault(&[("PRIVATE_KEY", value)]);
    let mut template = kept[0].clone();
    for depth in 1..=3 {
        template = format!("{{\"a \\\"b\\\" \\\\\": [null, {}]}}", json(&template));
        let expected = template.replace(&kept[0], &written(value, depth));
        for cut in (0..=template.len()).filter(|cut| template.is_char_boundary(*cut)) {
            for manner in [Manner::Text, Manner::Json] {
                assert_eq!(
                    in_pieces(&vault, &template, &[cut], manner),
                    expected,
                    "{depth} {cut}"
                );
            }
        }
        assert_eq!(
            restore(&vault, &template, Manner::Signed).0,
            template.replace(&kept[0], value)
        );
    }
}

#[test]
fn no_value_is_put_behind_as_much_as_there_may_be() {
    let (vault, placeholder) = ann();
    let (mut restorer, mut out) = (Restorer::new(Manner::Text), String::new());
    let restored = restorer.push(&vault, &placeholder.repeat(4), 20, &mut out);
    assert_eq!(restored, 2);
    assert_eq!(
        out,
        format!("{}{}", "ann@example.com".repeat(2), placeholder.repeat(2))
    );
}

#[test]
fn a_value_lands_in_words_as_it_is() {
    let (vault, kept) = vault(&[("PRIVATE_KEY", "a\nb")]);
    for template in [
        "he wrote \"{}\"",
        "[1] \"{}\"",
        "{}, [\"{}\"]",
        "```json\n{\"a\": \"{}\"}\n```",
    ] {
        let text = template.replace("{}", &kept[0]);
        assert_eq!(
            restore(&vault, &text, Manner::Text).0,
            template.replace("{}", "a\nb")
        );
    }
}

/// A text as a JSON string.
fn json(text: &str) -> String {
    format!("\"{}\"", written(text, 1))
}

fn written(text: &str, depth: u32) -> String {
    let mut out = String::new();
    escape_deep(text, depth, &mut out);
    out
}

#[test]
fn nothing_is_held_back_where_there_is_nothing_to_restore() {
    let mut out = String::new();
    let mut restorer = Restorer::new(Manner::Text);
    restorer.push(&Vault::default(), "[", usize::MAX, &mut out);
    assert_eq!((out.as_str(), restorer.is_empty()), ("[", true));
}

fn card() -> (Vault, String) {
    let placeholders = Placeholders::new(b"a key of sixteen").unwrap();
    let mut vault = Vault::default();
    let kept = vault
        .keep(&placeholders, TENANT, "CARD", "4111111111111111", Kind::Number)
        .to_owned();
    (vault, kept)
}

#[test]
fn a_number_loses_the_quotes_that_its_placeholder_needed_unless_it_is_a_name() {
    let (vault, kept) = card();
    let text = "{\"a\": \"{}\", \"b\": \"no. {}\", \"c\": \"\", \"d\": {}, \"{}\" : [\"{}\",\"{}\"]}"
        .replace("{}", &kept);
    let number = "4111111111111111";
    let expected =
        "{\"a\": {}, \"b\": \"no. {}\", \"c\": \"\", \"d\": {}, \"{}\" : [{},{}]}".replace("{}", number);
    for depth in 0..3 {
        let (text, expected) = match depth {
            0 => (text.clone(), expected.clone()),
            _ => (
                format!("[\"{}\"", written(&text, depth)),
                format!("[\"{}\"", written(&expected, depth)),
            ),
        };
        let (text, expected) = match depth {
            2 => (
                text.replacen("[\"{", "[\"[\\\"{", 1),
                expected.replacen("[\"{", "[\"[\\\"{", 1),
            ),
            _ => (text, expected),
        };
        for cut in 0..=text.len() {
            for manner in [Manner::Text, Manner::Json] {
                assert_eq!(
                    in_pieces(&vault, &text, &[cut], manner),
                    expected,
                    "{depth} {cut}"
                );
            }
        }
        let each: Vec<usize> = (0..=text.len()).collect();
        assert_eq!(in_pieces(&vault, &text, &each, Manner::Json), expected);
        assert_eq!(
            in_pieces(&vault, &text, &each, Manner::Signed),
            text,
            "not one of a text"
        );
    }
}

#[test]
fn a_number_that_ends_a_text_loses_its_quotes() {
    let (vault, kept) = card();
    for text in [format!("\"{kept}\""), format!("\"{kept}\" ")] {
        assert_eq!(restore(&vault, &text, Manner::Json).0.trim(), "4111111111111111");
    }
    for text in [format!("\"{kept}"), format!("\"{kept}\\\"")] {
        let expected = text.replace(&kept, "4111111111111111");
        assert_eq!(restore(&vault, &text, Manner::Json).0, expected);
    }
    assert_eq!(number(&vault, &format!(" {kept}")), Some("4111111111111111"));
    assert_eq!(number(&vault, &format!("{kept}.")), None);
}

#[test]
fn backslashes_in_front_of_anything_but_a_quote_hold_nothing_back() {
    let (vault, kept) = card();
    for text in ["{\"a\":\"{\\é and on", "{\"a\\", "[\"\\\\é"] {
        let mut restorer = Restorer::new(Manner::Text);
        let mut out = String::new();
        restorer.push(&vault, text, usize::MAX, &mut out);
        assert!(restorer.held.len() <= 1, "{text}");
    }
    let code = format!("print(\"{kept}\")");
    assert_eq!(
        restore(&vault, &code, Manner::Text).0,
        "print(\"4111111111111111\")"
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
        for manner in [Manner::Text, Manner::Signed] {
            prop_assert_eq!(in_pieces(&vault, &text, &cuts, manner), text.clone());
        }
    }
}
