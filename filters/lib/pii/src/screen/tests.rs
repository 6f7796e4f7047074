use super::*;
use crate::{Custom, Score};

/// The text in pieces of so many bytes, as it is given on, and how much was held back at most.
fn screened(policy: &Policy, text: &str, size: usize) -> (String, usize) {
    let (recognizers, placeholders) = (
        Recognizers::new(Custom::default()),
        Placeholders::new(b"a key of sixteen").unwrap(),
    );
    let mut screening = Screening {
        recognizers: &recognizers,
        policy,
        placeholders: &placeholders,
        tenant: "acme",
        custom: &[],
        counts: BTreeMap::new(),
    };
    let (mut screen, mut out, mut held) = (Screen::new(""), String::new(), 0);
    let mut tell = |text: &str, instead: Option<Instead>| {
        out.push_str(text);
        out.push_str(&instead.map_or_else(String::new, |instead| instead.text));
    };
    let mut rest = text;
    while !rest.is_empty() {
        let end = (size..)
            .find(|end| *end >= rest.len() || rest.is_char_boundary(*end))
            .unwrap();
        let (piece, after) = rest.split_at(end.min(rest.len()));
        screen.push(&mut screening, &Vault::default(), piece, &mut tell);
        held = held.max(screen.text.len());
        rest = after;
    }
    screen.finish(&mut screening, &Vault::default(), tell);
    (out, held)
}

#[test]
fn new_data_is_masked_wherever_it_is_cut() {
    let filler = "all of this is plain text with nothing in it, again and again. ".repeat(8);
    let text =
        format!("{filler}Write to ann@example.com or pay 4111 1111 1111 1111 today. {filler}bob@example.org");
    let (whole, _) = screened(&Policy::default(), &text, text.len());
    assert!(
        !whole.contains("ann@") && !whole.contains("1111") && !whole.contains("bob@"),
        "{whole}"
    );
    assert_eq!(whole.matches("[EMAIL_").count(), 2);
    for size in (1..40).chain([63, 64, 65, 200, 256, 400]) {
        assert_eq!(screened(&Policy::default(), &text, size).0, whole, "{size}");
    }
}

#[test]
fn what_has_no_space_in_it_is_not_cut() {
    let text = format!("key {} end", "x".repeat(3_000));
    let (whole, held) = screened(&Policy::default(), &text, 7);
    assert_eq!(whole, text);
    assert!(held > 3_000);
    let ideographs = "没有空格的文字".repeat(200);
    let (whole, held) = screened(&Policy::default(), &ideographs, 7);
    assert!(whole == ideographs && held < 500, "{held}");
    let endless = "x".repeat(1 << 20);
    let (whole, held) = screened(&Policy::default(), &endless, 100);
    assert!(whole == endless && held <= MOST_HELD + 200 + CONTEXT);
}

#[test]
fn what_a_request_would_be_refused_for_is_redacted() {
    let policy = Policy::new(Action::Deny, Score::THRESHOLD);
    assert_eq!(screened(&policy, "to ann@example.com", 3).0, "to [EMAIL]");
    let policy = Policy::new(Action::Flag, Score::THRESHOLD);
    assert_eq!(screened(&policy, "to ann@example.com", 3).0, "to ann@example.com");
}
