//! Hardware addresses: EUI-48 of the IEEE's "Guidelines for Use of EUI, OUI and CID" (read 2026-11), with colons or dashes between
//! bytes or, as Cisco writes them, points between pairs of bytes.

use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::MacAddress,
    starts: &[
        Starts::Mark(b':'),
        Starts::Mark(b'-'),
        Starts::Mark(b'.'),
        Starts::Code(&[12]),
    ],
    find,
    raises: &[
        "mac",
        "ethernet",
        "hwaddr",
        "ether",
        "bssid",
        "wlan",
        "nic",
        "arp",
        "hardware",
        "lladdr",
        "macaddress",
        "macaddr",
    ],
    lowers: &[],
};

/// Asked at the first separator, or at an address without any.
fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.at(at) {
        b'.' => groups(text, at, 4),
        b':' | b'-' => groups(text, at, 2),
        _ => {
            let digits = text.slice(at..at + 12);
            // The last group of a UUID is no address.
            let joins = |byte: u8, beyond: u8| byte == b'-' && beyond.is_ascii_alphanumeric();
            let part = joins(text.before(at), text.before(at.saturating_sub(1)))
                || joins(text.at(at + 12), text.at(at + 13));
            let is_address = !part && digits.iter().all(u8::is_ascii_hexdigit) && text.is_word(at..at + 12);
            is_address.then(|| Hit::new(at, at + 12, Score(15)))
        }
    }
}

fn groups(text: &Text<'_>, at: usize, len: usize) -> Option<Hit> {
    let separator = text.at(at);
    // Nearly all points and dashes end here.
    if text.at(at + len + 1) != separator {
        return None;
    }
    let is_group = |at: usize| text.run(at, len, |byte| byte.is_ascii_hexdigit()) == len;
    let start = at
        .checked_sub(len)
        .filter(|start| is_group(*start) && is_group(at + 1))?;
    // Most colons between groups of two are inside of a longer row, so that this comes first.
    let front = start.checked_sub(len + 1);
    let continues = is_word(text.before(start))
        || text.before(start) == separator
            && front.is_some_and(|front| is_group(front) && !is_word(text.before(front)));
    if continues {
        return None;
    }
    let count = 12 / len;
    let end = start + 12 + count - 1;
    let whole = (1..count).all(|index| {
        let group = start + index * (len + 1);
        text.at(group - 1) == separator && is_group(group)
    });
    let joins = |byte: u8| matches!(byte, b':' | b'-' | b'.');
    let continued = is_word(text.at(end)) || joins(text.at(end)) && text.at(end + 1).is_ascii_hexdigit();
    if !whole || continued {
        return None;
    }
    let letters = text.slice(start..end).iter().any(u8::is_ascii_alphabetic);
    // Decimal numbers in the same groups are dates with times, or parts.
    let score = match (separator, letters) {
        (_, true) => Score(90),
        (b':', false) => Score::STRONG,
        _ => Score::LIKELY,
    };
    Some(Hit::new(start, end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn addresses_are_found_and_what_resembles_them_is_not() {
        for address in [
            "00:1A:2B:3C:4D:5E",
            "00-1a-2b-3c-4d-5e",
            "001A.2B3C.4D5E",
            "aa:bb:cc:dd:ee:ff",
            "FF-FF-FF-FF-FF-FF",
            "00:11:22:33:44:55",
        ] {
            for text in [
                "*",
                "on *.",
                "(*)",
                "MAC:*",
                "mac=*,",
                "\"*\"",
                "地址*。",
                "[*]",
                "* 10.0.0.1",
                "* -",
            ] {
                assert_eq!(
                    found(super::RECOGNIZER.entity, &text.replace('*', address)),
                    [address],
                    "{text} {address}"
                );
            }
            for text in ["x*", "*0", "*:00:11", "*-00", "1*", "*_", "00:*"] {
                let text = text.replace('*', address);
                let found = found(super::RECOGNIZER.entity, &text);
                assert!(
                    found.is_empty() || text.starts_with("00:") && !address.contains(':'),
                    "{text}: {found:?}"
                );
            }
        }
        assert_eq!(
            found(super::RECOGNIZER.entity, "MAC 001A2B3C4D5E"),
            ["001A2B3C4D5E"]
        );
        assert_eq!(
            found(super::RECOGNIZER.entity, "mac 00-11-22-33-44-55"),
            ["00-11-22-33-44-55"]
        );
        for text in [
            "00:1A:2B:3C:4D",
            "00:1A:2B:3C:4D:5G",
            "00:1A-2B:3C:4D:5E",
            "0:1A:2B:3C:4D:5E",
            "001A2B3C4D5E",
            "001A.2B3C",
            "001A.2B3C.4D5E.6F70",
            "20-24-01-15-10-30",
            "1234.5678.9012",
            "12:30:45",
            "well-known-be-ad-de",
            "MAC of 29a1ac41-465b-4dc9-8b05-8bd9724d9807",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
