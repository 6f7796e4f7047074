use proptest::prelude::*;

use super::*;
use crate::{Custom, DenyList, Manner, Score, restore::restore};

fn placeholders() -> Placeholders {
    Placeholders::new(b"a key of sixteen").unwrap()
}

/// The texts of one request, masked, and what they are restored from.
fn masked_for(tenant: &str, policy: &Policy, texts: &[&str]) -> (Vec<String>, Vault) {
    masked_with(Custom::default(), tenant, policy, texts)
}

fn masked_with(custom: Custom, tenant: &str, policy: &Policy, texts: &[&str]) -> (Vec<String>, Vault) {
    let (recognizers, placeholders) = (Recognizers::new(custom), placeholders());
    let mut masking = Masking::new(&recognizers, policy, &placeholders, tenant, &[], 1_000);
    let found: Vec<_> = texts
        .iter()
        .map(|text| masking.look(&Passage::text(text)).unwrap())
        .collect();
    masking.seal();
    let masked = texts
        .iter()
        .zip(&found)
        .map(|(text, found)| rebuilt(text, &masking.replace(&Passage::text(text), found)))
        .collect();
    (masked, masking.into_vault())
}

fn rebuilt(text: &str, places: &[(Range<usize>, String)]) -> String {
    let mut out = text.to_owned();
    for (span, instead) in places.iter().rev() {
        out.replace_range(span.clone(), instead);
    }
    out
}

fn masked(texts: &[&str]) -> (Vec<String>, Vault) {
    masked_for("acme", &Policy::default(), texts)
}

#[test]
fn a_value_has_one_placeholder_in_every_text_and_request_of_a_tenant() {
    let (first, _) = masked(&["ann@example.com", "again: ann@example.com!"]);
    assert_eq!(first[1], format!("again: {}!", first[0]));
    assert!(first[0].starts_with("[EMAIL_") && first[0].ends_with(']'));
    assert_eq!(masked(&["ann@example.com"]).0[0], first[0]);
    assert_ne!(masked(&["bob@example.com"]).0[0], first[0]);
    assert_ne!(
        masked_for("globex", &Policy::default(), &["ann@example.com"]).0[0],
        first[0]
    );
}

#[test]
fn a_value_that_was_recognised_once_is_masked_everywhere() {
    let policy = {
        let mut policy = Policy::new(Action::Ignore, Score::THRESHOLD);
        policy.set(Entity::CreditCard, Action::Mask, Score(90));
        policy
    };
    let texts = [
        "visa 4111111111111111",
        "4111111111111111",
        "x4111111111111111",
        "41111111111111112",
    ];
    let (masked, _) = masked_for("acme", &policy, &texts);
    assert_eq!(masked[0], format!("visa {}", masked[1]));
    assert!(masked[1].starts_with("[CARD_"));
    assert_eq!(masked[2..], texts[2..]);
}

#[test]
fn each_action_does_what_it_says() {
    let act = |action| {
        let (mut masked, vault) = masked_for(
            "acme",
            &Policy::new(action, Score::THRESHOLD),
            &["to ann@example.com"],
        );
        (masked.remove(0), vault.is_empty())
    };
    let (hashed, nothing_to_restore) = act(Action::Hash);
    assert!(
        hashed.starts_with("to [EMAIL#") && hashed.len() == "to [EMAIL#0123456789abcdef]".len(),
        "{hashed}"
    );
    assert!(nothing_to_restore);
    assert_eq!(act(Action::Redact), ("to [EMAIL]".to_owned(), true));
    for action in [Action::Flag, Action::Ignore, Action::Deny] {
        assert_eq!(act(action), ("to ann@example.com".to_owned(), true));
    }
}

#[test]
fn what_stands_for_good_for_a_value_stands_for_it_everywhere() {
    for (action, expected) in [(Action::Redact, "[CARD]"), (Action::Hash, "[CARD#")] {
        let mut policy = Policy::new(Action::Ignore, Score::THRESHOLD);
        policy.set(Entity::CreditCard, action, Score(90));
        let texts = [
            "visa 4111111111111111",
            "4111111111111111",
            "no. 4111111111111111.",
        ];
        let (masked, vault) = masked_for("acme", &policy, &texts);
        assert!(masked.iter().all(|text| text.contains(expected)), "{masked:?}");
        assert!(vault.is_empty());
    }
}

#[test]
fn a_number_is_settled_with_the_text_that_tells_what_it_is() {
    let (recognizers, placeholders) = (Recognizers::new(Custom::default()), placeholders());
    let policy = Policy::new(Action::Redact, Score(90));
    let mut masking = Masking::new(&recognizers, &policy, &placeholders, "acme", &[], 1_000);
    masking
        .look(&Passage::text("my visa card 4111111111111111"))
        .unwrap();
    masking.seal();
    assert_eq!(
        masking.replace_number("4111111111111111", &[]).as_deref(),
        Some("\"[CARD]\"")
    );
}

#[test]
fn nothing_that_may_be_printed_shows_a_value() {
    let (_, vault) = masked(&["ann@example.com"]);
    let mut restorer = crate::Restorer::new(Manner::Text);
    restorer.push(&vault, "ann@example.com [EMAIL", usize::MAX, &mut String::new());
    let shown = format!(
        "{vault:?} {restorer:?} {:?} {:?}",
        crate::Screen::new("ann@"),
        crate::Decoded::new("ann@")
    );
    assert!(!shown.contains("ann@") && !shown.contains("EMAIL"), "{shown}");
}

#[test]
fn a_text_that_looks_like_a_placeholder_is_not_taken_for_one() {
    let (first, _) = masked(&["ann@example.com"]);
    let forged = format!("{} [LITERAL_00000000] {} ", first[0].to_lowercase(), first[0]);
    let texts = ["ann@example.com", &forged];
    let (masked, vault) = masked(&texts);
    assert!(!masked[1].contains(&first[0]), "{}", masked[1]);
    let (restored, _) = restore(&vault, &masked[1], Manner::Text);
    assert_eq!(restored, forged);
}

#[test]
fn a_number_is_masked_as_a_string_where_it_is_recognised_or_known() {
    let (recognizers, placeholders) = (Recognizers::new(Custom::default()), placeholders());
    let policy = Policy::default();
    let mut masking = Masking::new(&recognizers, &policy, &placeholders, "acme", &[], 1_000);
    let found = masking.look_at_number("4111111111111111", "card").unwrap();
    let email = masking.look(&Passage::text("ann@example.com")).unwrap();
    masking.seal();
    let instead = masking.replace_number("4111111111111111", &found).unwrap();
    assert!(
        instead.starts_with("\"[CARD_") && instead.ends_with("]\""),
        "{instead}"
    );
    assert_eq!(
        masking.replace_number("4111111111111111", &[]),
        Some(instead.clone())
    );
    assert_eq!(masking.replace_number("17", &[]), None);
    assert!(
        !masking
            .replace(&Passage::text("ann@example.com"), &email)
            .is_empty()
    );
    let vault = masking.into_vault();
    let (restored, _) = restore(&vault, &format!("[{instead}]"), Manner::Json);
    assert_eq!(restored, "[4111111111111111]");
}

#[test]
fn keys_that_can_be_guessed_are_refused() {
    assert_eq!(
        Placeholders::new(b"fifteen bytes..").err(),
        Some(crate::KeyTooShort(15))
    );
}

proptest! {
    #[test]
    fn restoring_what_was_masked_gives_the_text(
        texts in proptest::collection::vec(
            r"([a-z ,.]{0,8}| ann@example\.com | bob@example\.org |, 4111 1111 1111 1111;|\[EMAIL_|\[LITERAL_[0-9A-F]{8}\]|\[|\]|é){0,8}",
            1..4,
        ),
        again in any::<prop::sample::Index>(),
    ) {
        // What the first round made of a text may stand in another text.
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (first, _) = masked(&texts);
        let mut texts = texts;
        texts.push(first[again.index(first.len())].as_str());
        let (masked, vault) = masked(&texts);
        for (text, masked) in texts.iter().zip(&masked) {
            let (restored, _) = restore(&vault, masked, Manner::Text);
            prop_assert_eq!(&restored, text);
            prop_assert!(!masked.contains("@example") && !masked.contains("4111 1111"), "{}", masked);
        }
    }

    #[test]
    fn restoring_what_was_masked_gives_the_text_that_begins_like_json(
        start in r#"(\[|\{|\[null,|)"#,
        rest in r#"(\{"a|"|":"|\\"|\\\\|\\\\\\"|\\n|\[|\]|,| ann@example\.com |"ann@example\.com"|a"b\\c|a\\"b\\\\c| bob\\u0040example\.org |[a-z]){0,12}"#,
    ) {
        let list = DenyList { entity: Entity::Custom(0), words: vec!["a\"b\\c".to_owned(), "a\\\"b\\\\c".to_owned()] };
        let custom = Custom::new(Vec::new(), &[list], &[]).unwrap();
        let text = format!("{start}{rest}");
        let (masked, vault) = masked_with(custom, "acme", &Policy::default(), &[&text, "a\"b\\c"]);
        prop_assert_eq!(restore(&vault, &masked[0], Manner::Text).0, text);
        prop_assert!(!masked[0].contains("ann@example"));
    }
}
