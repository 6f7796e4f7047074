use super::*;
use crate::money::approve::{Approvals, KeyError, LIFETIME_MS, Refused};

const NOW: u64 = SUNDAY;

fn approvals(key: &[u8]) -> Approvals {
    Approvals::new(MicroUsd(1_000_000), key).unwrap()
}

#[test]
fn only_what_may_cost_more_needs_one() {
    let approvals = approvals(&[7; 16]);
    assert!(!approvals.is_needed(MicroUsd(1_000_000)));
    assert!(approvals.is_needed(MicroUsd(1_000_001)));
    assert_eq!(
        approvals.missing().to_string(),
        "the request may cost more than 1.000000 dollars and needs approval"
    );
}

#[test]
fn a_key_that_could_be_guessed_is_none() {
    let error = Approvals::new(MicroUsd(0), &[7; 15]).unwrap_err();
    assert_eq!(error, KeyError::Short { bytes: 15 });
}

#[test]
fn a_token_holds_for_its_request_and_nothing_else() {
    let ours = approvals(b"0123456789abcdef");
    let acme = caller("acme", "k");
    let amount = MicroUsd(5);
    let token = ours.issue(&acme, b"body", amount, NOW, 1);
    assert_eq!(token.expires_ms, NOW + LIFETIME_MS);
    let check = |caller: &Caller, body: &[u8], amount: u64, now: u64| {
        ours.check(&token.text, caller, body, MicroUsd(amount), now)
            .map(|claim| claim.amount)
    };
    let last = NOW + LIFETIME_MS - 1;
    for (who, body, amount, now, expected) in [
        (acme.clone(), &b"body"[..], 5, NOW, Ok(1)),
        (acme.clone(), b"body", 4, last, Ok(1)),
        (acme.clone(), b"body", 6, NOW, Err(Refused::Dearer)),
        (acme.clone(), b"body", 5, last + 1, Err(Refused::Expired)),
        (acme.clone(), b"bodY", 5, NOW, Err(Refused::Foreign)),
        (acme.clone(), b"body ", 5, NOW, Err(Refused::Foreign)),
        (caller("acme", ""), b"body", 5, NOW, Err(Refused::Foreign)),
        (caller("acmek", ""), b"body", 5, NOW, Err(Refused::Foreign)),
        (caller("other", "k"), b"body", 5, NOW, Err(Refused::Foreign)),
    ] {
        assert_eq!(
            check(&who, body, amount, now),
            expected,
            "{who:?} {body:?} {amount} {now}"
        );
    }
    let theirs = approvals(b"0123456789abcdeg");
    assert_eq!(
        theirs.check(&token.text, &acme, b"body", amount, NOW),
        Err(Refused::Foreign)
    );
}

#[test]
fn a_token_that_was_touched_is_none() {
    let approvals = approvals(&[7; 32]);
    let acme = caller("acme", "k");
    let token = approvals.issue(&acme, b"body", MicroUsd(5), NOW, 1).text;
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let touched = String::from_utf8(bytes).unwrap();
        let checked = approvals.check(&touched, &acme, b"body", MicroUsd(5), NOW);
        assert_eq!(checked, Err(Refused::Foreign), "{at}");
    }
    for text in [
        "",
        "v1.",
        "v1.AAAA",
        &token[..token.len() - 1],
        &format!("{token}A"),
    ] {
        assert!(
            approvals.check(text, &acme, b"body", MicroUsd(5), NOW).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_token_is_good_once_and_each_has_an_account_of_its_own() {
    let approvals = approvals(&[7; 32]);
    let acme = caller("acme", "k");
    let claim = |nonce: u64| {
        let token = approvals.issue(&acme, b"body", MicroUsd(5), NOW, nonce);
        approvals
            .check(&token.text, &acme, b"body", MicroUsd(5), NOW)
            .unwrap()
    };
    let (one, other) = (claim(1), claim(2));
    assert_eq!((one.cap, one.amount), (1, 1));
    assert_eq!(one, claim(1));
    assert_ne!(one.account, other.account);
    assert!(one.account.name.len() <= crate::store::LONGEST_NAME);
}
