use std::net::Ipv4Addr;

use penstock_config::{Holder, Key, Keys};

use super::*;

const ADMIN: &str = "psk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const OTHER: &str = "psk-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const UNKNOWN: &str = "psk-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const NOW: u64 = 1_774_778_400_000;

fn key(id: &str, text: &str, admin: bool) -> Key {
    Key {
        id: id.to_owned(),
        hash: KeyHash::of(text),
        expires_ms: None,
        revoked: false,
        holder: Holder {
            tenant: "acme".to_owned(),
            admin,
            ..Holder::default()
        },
    }
}

fn ring(change: impl FnOnce(&mut Keys)) -> Ring {
    let mut keys = Keys {
        anonymous: Some(Holder {
            tenant: "demo".to_owned(),
            ..Holder::default()
        }),
        list: vec![key("boss", ADMIN, true), key("user", OTHER, false)],
        ..Keys::default()
    };
    change(&mut keys);
    Ring::new(Some(&keys), &[], "p")
}

fn with_cookie(text: &str) -> Headers {
    [("cookie", format!("theme=dark; {COOKIE}={text}"))]
        .into_iter()
        .collect()
}

#[test]
fn only_a_key_with_admin_comes_in() {
    let (door, ring) = (Door::default(), ring(|_| {}));
    let admit = |headers: &[(&str, &str)]| {
        let headers = headers.iter().copied().collect();
        door.admit(&headers, HERE, &ring, NOW).map(|visitor| visitor.key)
    };
    assert_eq!(admit(&[("x-api-key", ADMIN)]), Ok("boss".to_owned()));
    assert_eq!(
        admit(&[("authorization", &format!("Bearer {ADMIN}"))]),
        Ok("boss".to_owned())
    );
    assert_eq!(admit(&[("x-api-key", OTHER)]), Err(Shut::NotAdmin));
    assert_eq!(admit(&[("x-api-key", UNKNOWN)]), Err(Shut::Refused));
    assert_eq!(
        admit(&[("x-api-key", ADMIN), ("api-key", OTHER)]),
        Err(Shut::Refused)
    );
    // Who needs no key elsewhere, needs one here.
    assert_eq!(admit(&[]), Err(Shut::Stranger));
    assert_eq!(
        admit(&[("authorization", "Bearer sk-foreign")]),
        Err(Shut::Stranger)
    );
}

#[test]
fn nobody_comes_in_where_nobody_is_asked_for_a_key() {
    let (door, ring) = (Door::default(), Ring::new(None, &[], "p"));
    assert_eq!(
        door.admit(&Headers::default(), HERE, &ring, NOW),
        Err(Shut::Stranger)
    );
    assert_eq!(door.sign_in("", HERE, &ring, NOW), Err(Shut::Refused));
}

#[test]
fn a_session_lasts_until_it_ends_or_is_ended_or_its_key_is_not_good_any_more() {
    let door = Door::default();
    let (good, keys) = (ring(|_| {}), |change: fn(&mut Keys)| ring(change));
    let (text, visitor) = door.sign_in(&format!(" {ADMIN}\n"), HERE, &good, NOW).unwrap();
    assert_eq!(visitor.key, "boss");
    let admit = |ring: &Ring, now_ms| {
        door.admit(&with_cookie(&text), HERE, ring, now_ms)
            .map(|visitor| visitor.key)
    };
    let end = NOW + SESSION_S * 1_000;
    assert_eq!(admit(&good, end - 1), Ok("boss".to_owned()));
    assert_eq!(admit(&good, end), Err(Shut::Stranger));
    assert_eq!(
        admit(&keys(|keys| keys.list[0].revoked = true), NOW),
        Err(Shut::Stranger)
    );
    assert_eq!(admit(&keys(|keys| keys.list.clear()), NOW), Err(Shut::Stranger));
    assert_eq!(
        admit(&keys(|keys| keys.list[0].holder.admin = false), NOW),
        Err(Shut::NotAdmin)
    );
    assert_eq!(
        door.admit(&with_cookie(&format!("{text}x")), HERE, &good, NOW),
        Err(Shut::Stranger)
    );
    door.sign_out(&with_cookie(&text));
    assert_eq!(admit(&good, NOW), Err(Shut::Stranger));
}

#[test]
fn no_two_sessions_are_the_same_and_there_are_not_more_than_the_bound() {
    let (door, ring) = (Door::default(), ring(|_| {}));
    let mut texts = Vec::new();
    for number in 0..MOST_SESSIONS as u64 + 10 {
        texts.push(door.sign_in(ADMIN, HERE, &ring, NOW + number).unwrap().0);
    }
    assert_eq!(lock(&door.sessions).len(), MOST_SESSIONS);
    let admit = |text: &str| door.admit(&with_cookie(text), HERE, &ring, NOW + 1_000);
    assert_eq!(admit(&texts[0]), Err(Shut::Stranger));
    assert!(admit(texts.last().unwrap()).is_ok());
}

#[test]
fn who_fails_too_often_is_not_listened_to_for_the_rest_of_the_minute() {
    let (door, ring) = (Door::default(), ring(|_| {}));
    for _ in 0..MOST_FAILURES {
        assert_eq!(door.sign_in(UNKNOWN, HERE, &ring, NOW), Err(Shut::Refused));
    }
    let retry_ms = MINUTE_MS - NOW % MINUTE_MS;
    assert_eq!(
        door.sign_in(ADMIN, HERE, &ring, NOW),
        Err(Shut::TooOften { retry_ms })
    );
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    assert!(door.sign_in(ADMIN, elsewhere, &ring, NOW).is_ok());
    assert!(door.sign_in(ADMIN, HERE, &ring, NOW + retry_ms).is_ok());
}

#[test]
fn any_number_of_addresses_is_remembered_within_the_bound() {
    let (door, ring) = (Door::default(), ring(|_| {}));
    let address = |number: u32| IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64 | 7));
    for number in 0..2_000 {
        let _ = door.sign_in(UNKNOWN, address(number), &ring, NOW);
    }
    assert_eq!(lock(&door.failures).by_address.len(), MOST_ADDRESSES);
    let fresh = door.sign_in(ADMIN, address(5_000), &ring, NOW);
    assert!(matches!(fresh, Err(Shut::TooOften { .. })), "{fresh:?}");
    assert!(door.sign_in(ADMIN, address(5), &ring, NOW).is_ok());
    // The same /64 counts as one.
    assert_eq!(
        network(address(3)),
        network(IpAddr::V6(Ipv6Addr::from_bits(3 << 64 | 9)))
    );
}
