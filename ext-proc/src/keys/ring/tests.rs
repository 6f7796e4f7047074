use penstock_keys::secret::Secret;
use proptest::prelude::*;

use super::*;

const KEY: &str = "psk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const OTHER: &str = "psk-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const END: u64 = 1_000_000;

fn key(id: &str, text: &str) -> Key {
    Key {
        id: id.to_owned(),
        hash: KeyHash::of(text),
        expires_ms: None,
        revoked: false,
        holder: Holder {
            tenant: "acme".to_owned(),
            ..Holder::default()
        },
    }
}

fn ending(id: &str, text: &str, end: u64) -> Key {
    Key {
        expires_ms: Some(end),
        ..key(id, text)
    }
}

fn revoked(id: &str, text: &str) -> Key {
    Key {
        revoked: true,
        ..key(id, text)
    }
}

fn ring(list: Vec<Key>, shelf: &[Key]) -> Ring {
    let keys = Keys {
        anonymous: None,
        redis: true,
        list,
    };
    Ring::new(Some(&keys), shelf, "p1")
}

fn outcome(ring: &Ring, presented: Option<&str>, now_ms: u64) -> Result<Option<String>, Denied> {
    let admitted = ring.admit(presented, now_ms)?;
    Ok(admitted.caller.key.clone())
}

#[test]
fn each_key_is_admitted_as_long_as_it_may_be() {
    let long = "x".repeat(10_000);
    let admitted = |id: &str| Ok(Some(id.to_owned()));
    let one = || ring(vec![key("k", KEY)], &[]);
    let until = || ring(vec![ending("k", KEY, END)], &[]);
    let cases = [
        ("right", one(), Some(KEY), 0, admitted("k")),
        ("none", one(), None, 0, Err(Denied::Missing)),
        ("empty", one(), Some(""), 0, Err(Denied::Unknown)),
        ("another", one(), Some(OTHER), 0, Err(Denied::Unknown)),
        ("shorter", one(), Some(&KEY[..46]), 0, Err(Denied::Unknown)),
        (
            "other case",
            one(),
            Some("psk-aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            0,
            Err(Denied::Unknown),
        ),
        ("too long", one(), Some(&*long), 0, Err(Denied::Unknown)),
        (
            "nobody has one",
            ring(vec![], &[]),
            Some(KEY),
            0,
            Err(Denied::Unknown),
        ),
        ("just before its end", until(), Some(KEY), END - 1, admitted("k")),
        ("at its end", until(), Some(KEY), END, Err(Denied::Expired)),
        (
            "after its end",
            until(),
            Some(KEY),
            u64::MAX,
            Err(Denied::Expired),
        ),
        (
            "revoked",
            ring(vec![revoked("k", KEY)], &[]),
            Some(KEY),
            0,
            Err(Denied::Revoked),
        ),
        (
            "in redis",
            ring(vec![key("k", KEY)], &[key("r", OTHER)]),
            Some(OTHER),
            0,
            admitted("r"),
        ),
        (
            "revoked in redis by its id",
            ring(vec![key("k", KEY)], &[revoked("k", OTHER)]),
            Some(KEY),
            0,
            Err(Denied::Revoked),
        ),
        (
            "revoked in the file by its id",
            ring(vec![revoked("k", KEY)], &[key("k", OTHER)]),
            Some(OTHER),
            0,
            Err(Denied::Revoked),
        ),
        (
            "revoked in redis under another id",
            ring(vec![key("k", KEY)], &[revoked("r", KEY)]),
            Some(KEY),
            0,
            Err(Denied::Revoked),
        ),
        (
            "in both, and redis ends it earlier",
            ring(vec![ending("k", KEY, END + 5)], &[ending("k", KEY, END)]),
            Some(KEY),
            END,
            Err(Denied::Expired),
        ),
        (
            "in both, and only the file ends it",
            ring(vec![ending("k", KEY, END)], &[key("k", KEY)]),
            Some(KEY),
            END,
            Err(Denied::Expired),
        ),
    ];
    for (name, ring, presented, now_ms, expected) in cases {
        assert_eq!(outcome(&ring, presented, now_ms), expected, "{name}");
    }
}

#[test]
fn keys_of_redis_count_only_where_the_configuration_says_so() {
    let keys = Keys::default();
    let ring = Ring::new(Some(&keys), &[key("r", KEY)], "p1");
    assert_eq!(outcome(&ring, Some(KEY), 0), Err(Denied::Unknown));
    assert!(ring.is_empty() && ring.is_guarded());
    assert!(!Ring::new(None, &[key("r", KEY)], "p1").is_guarded());
}

#[test]
fn what_is_said_of_the_caller_is_what_the_key_says() {
    let mut shown = key("k", KEY);
    shown.holder = Holder {
        tenant: "acme".to_owned(),
        team: Some("search".to_owned()),
        agent: Some("crawler".to_owned()),
        models: Some(vec!["default".to_owned()]),
        region: Some("eu".to_owned()),
        tags: vec![("cost-center".to_owned(), "42".to_owned())],
        priority: 5,
        admin: true,
        limits: KeyLimits {
            requests_per_minute: Some(1),
            tokens_per_minute: Some(2),
            tokens_per_day: Some(3),
        },
    };
    let ring = ring(vec![shown], &[]);
    let admitted = ring.admit(Some(KEY), 0).unwrap();
    let expected = Caller {
        tenant: "acme".to_owned(),
        key: Some("k".to_owned()),
        agent: Some("crawler".to_owned()),
        team: Some("search".to_owned()),
        models: Some(vec!["default".to_owned()]),
        region: Some("eu".to_owned()),
        tags: vec![("cost-center".to_owned(), "42".to_owned())],
        priority: 5,
        limits: OwnLimits {
            requests_per_minute: Some(1),
            tokens_per_minute: Some(2),
            tokens_per_day: Some(3),
        },
        admin: true,
    };
    assert_eq!(admitted.caller, expected);
    assert_eq!(serde_json::from_str::<Caller>(&admitted.json).unwrap(), expected);
}

proptest! {
    #[test]
    fn no_text_but_the_key_itself_is_admitted(text in "(psk-)?[A-Za-z0-9_-]{0,50}") {
        let secret = Secret::generate().unwrap();
        let ring = ring(vec![key("k", secret.reveal())], &[]);
        prop_assert_eq!(outcome(&ring, Some(&text), 0), Err(Denied::Unknown));
    }

    #[test]
    fn a_key_with_one_character_changed_is_not_admitted(at in 0_usize..47, other in "[A-Za-z0-9_-]") {
        let secret = Secret::generate().unwrap();
        let ring = ring(vec![key("k", secret.reveal())], &[]);
        let mut near = secret.reveal().to_owned();
        near.replace_range(at..=at, &other);
        let expected = if near == secret.reveal() { Ok(Some("k".to_owned())) } else { Err(Denied::Unknown) };
        prop_assert_eq!(outcome(&ring, Some(&near), 0), expected);
    }
}
