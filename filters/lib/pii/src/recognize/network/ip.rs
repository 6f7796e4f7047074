//! Addresses of the Internet Protocol. Version 4: four numbers up to 255 without leading zeros, as in RFC 3986 (section 3.2.2).
//! Version 6: every form of RFC 4291 (section 2.2), so also those of RFC 5952, with a zone (RFC 4007, section 11) in the
//! finding. All read 2026-11. A prefix length (`/24`) and a port stay outside.
//!
//! Version numbers look like version 4, and paths of C++, slices of Python and times like version 6. What is part of a
//! name, a path or a longer row of numbers is none; words decide where that does not.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const V4: Recognizer = Recognizer {
    entity: Entity::IpAddress,
    starts: &[Starts::Digits(&[1, 2, 3])],
    find: version_4,
    raises: &[
        "ip",
        "ips",
        "ipv4",
        "ipv6",
        "addr",
        "address",
        "addresses",
        "host",
        "hosts",
        "hostname",
        "server",
        "servers",
        "gateway",
        "dns",
        "nameserver",
        "client",
        "remote",
        "forwarded",
        "src",
        "dst",
        "ping",
        "ssh",
        "subnet",
        "netmask",
        "router",
        "endpoint",
        "localhost",
        "listen",
        "listening",
        "bind",
        "connect",
        "connected",
        "connection",
        "login",
        "firewall",
        "peer",
        "proxy",
        "traceroute",
        "cidr",
        "vpn",
        "adresse",
        "dirección",
        "direccion",
        "indirizzo",
        "endereço",
        "endereco",
        "adres",
        "serveur",
        "servidor",
        "地址",
        "アドレス",
        "服务器",
        "サーバー",
        "サーバ",
    ],
    lowers: &[
        "version",
        "versions",
        "sections",
        "release",
        "build",
        "firmware",
        "driver",
        "section",
        "chapter",
        "clause",
        "paragraph",
        "oid",
        "upgrade",
        "upgraded",
        "patch",
        "changelog",
        "dotnet",
        "assembly",
        "abschnitt",
        "kapitel",
        "versión",
        "versione",
        "versão",
        "版本",
        "バージョン",
    ],
};

pub(super) const V6: Recognizer = Recognizer {
    entity: Entity::IpAddress,
    starts: &[Starts::Mark(b':')],
    find: version_6,
    raises: &[],
    lowers: &[],
};

/// `255.255.255.255`
const LONGEST_V4: usize = 15;
/// Below this, all four numbers are small.
const SMALL: u8 = 32;
/// Eight groups, the last two as version 4.
const LONGEST_V6: usize = 45;
const LONGEST_ZONE: usize = 16;

fn version_4(text: &Text<'_>, at: usize) -> Option<Hit> {
    let digits = text.run(at, 4, |byte| byte.is_ascii_digit());
    if text.at(at + digits) != b'.' || text.before(at) == b'.' && text.before(at - 1).is_ascii_alphanumeric()
    {
        return None;
    }
    let len = text.run(at, LONGEST_V4 + 1, |byte| byte.is_ascii_digit() || byte == b'.');
    let candidate = text.slice(at..at + len);
    let candidate = candidate.strip_suffix(b".").unwrap_or(candidate);
    let address = std::str::from_utf8(candidate).ok()?;
    let octets = address.parse::<Ipv4Addr>().ok()?.octets();
    let end = at + address.len();
    let next = text.at(end + 1);
    let continued = match text.at(end) {
        b'.' => next.is_ascii_alphanumeric() && !text.has(end, ".in-addr.arpa"),
        b'-' => next.is_ascii_alphabetic(),
        b'+' => next.is_ascii_alphanumeric(),
        other => is_word(other),
    };
    let second = text.before(at.saturating_sub(1));
    let continues = match text.before(at) {
        b'/' => second.is_ascii_alphabetic(),
        b'-' => second.is_ascii_alphanumeric() && !ends_range(text, at - 1),
        b'_' => true,
        _ => false,
    };
    // `==1.2.3.4`, `^1.2.3.4`: a requirement of some package.
    let required = match text.before(at) {
        b'=' => matches!(second, b'=' | b'~' | b'>' | b'<' | b'!' | b'^'),
        b'~' | b'^' => true,
        _ => false,
    };
    let score = match octets {
        _ if required => Score::WEAK,
        // Object identifiers begin like this; sections and versions have small numbers, and of networks hardly any but private
        // ones do.
        [1 | 2, ..40, ..] if octets != [1; 4] => Score::LIKELY,
        [first, ..] if first != 10 && octets.iter().all(|octet| *octet < SMALL) && octets != [first; 4] => {
            Score::LIKELY
        }
        // Private networks of offices and homes.
        [192, 168, ..] => Score::CERTAIN,
        _ => Score::STRONG,
    };
    (!continued && !continues).then(|| Hit::new(at, end, score))
}

/// Whether an address stands in front of a dash: `192.0.2.1-192.0.2.9`.
fn ends_range(text: &Text<'_>, dash: usize) -> bool {
    let len = text.run_before(dash, LONGEST_V4, |byte| byte.is_ascii_digit() || byte == b'.');
    let points = text
        .slice(dash - len..dash)
        .iter()
        .filter(|byte| **byte == b'.')
        .count();
    points == 3
}

/// Asked at the first colon of an address, with up to four digits in front of it.
fn version_6(text: &Text<'_>, colon: usize) -> Option<Hit> {
    let digits = text.run_before(colon, 5, |byte| byte.is_ascii_hexdigit());
    let next = text.at(colon + 1);
    let shortened = next == b':';
    if digits > 4 || !(shortened || digits > 0 && next.is_ascii_hexdigit()) {
        return None;
    }
    let start = colon - digits;
    let before = text.before(start);
    if is_word(before)
        || before == b':' && !is_label(text, start - 1)
        || before == b'.' && text.before(start - 1).is_ascii_alphanumeric()
    {
        return None;
    }
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let len = text.run(start, LONGEST_V6 + 1, is_part);
    let candidate = std::str::from_utf8(text.slice(start..start + len)).ok()?;
    let stripped = candidate.trim_end_matches('.');
    // A colon behind an address belongs to the text.
    let stripped = match stripped.strip_suffix(':') {
        Some(front) if !front.ends_with(':') || front.ends_with("::") => front,
        _ => stripped,
    };
    stripped.parse::<Ipv6Addr>().ok()?;
    let end = start + stripped.len();
    let score = likelihood(text, start, stripped)?;
    let end = end + zone(text, end);
    (!is_word(text.at(end))).then(|| Hit::new(start, end, score))
}

/// Whether a word and not the group of an address ends at a colon: `IP:2001:db8::1`.
fn is_label(text: &Text<'_>, colon: usize) -> bool {
    let word = text.run_before(colon, 16, |byte| is_word(byte) || byte >= 0x80);
    let word = text.slice(colon - word..colon);
    word.len() > 4 || word.iter().any(|byte| !byte.is_ascii_hexdigit())
}

/// How much a text that reads as an address is like one.
fn likelihood(text: &Text<'_>, start: usize, address: &str) -> Option<Score> {
    let groups = || address.split(':').filter(|group| !group.is_empty());
    let longest = groups().map(str::len).max()?;
    let count = groups().count();
    let decimal = address.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let has_digit = address.bytes().any(|byte| byte.is_ascii_digit());
    let indexed = text.before(start) == b'[' && {
        let second = text.before(start - 1);
        is_word(second) || matches!(second, b']' | b')')
    };
    match address {
        _ if indexed => None,
        "::1" => Some(Score::STRONG),
        // Bytes with colons between them.
        _ if !address.contains("::") && groups().all(|group| group.len() == 2) => None,
        _ if !address.contains("::") => Some(Score(85)),
        // `[::2]`, `1::2` and `a::b` have other meanings in languages for programs.
        _ if decimal && count <= 2 && longest < 4 => None,
        _ if !has_digit || count <= 2 && longest < 3 => Some(Score::WEAK),
        _ if decimal && count <= 2 => Some(Score(60)),
        _ => Some(Score(85)),
    }
}

/// How long the zone is that follows an address.
fn zone(text: &Text<'_>, end: usize) -> usize {
    let is_part = |byte: u8| is_word(byte) || matches!(byte, b'-' | b'.');
    let len = text.run(end + 1, LONGEST_ZONE, is_part);
    let zone = text.slice(end + 1..end + 1 + len);
    let points = zone
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'.' | b'-'))
        .count();
    match text.at(end) {
        b'%' if len > points => 1 + len - points,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    const IP: crate::Entity = super::V4.entity;

    #[test]
    fn addresses_are_found() {
        for address in [
            "192.0.2.1",
            "10.0.0.1",
            "255.255.255.255",
            "8.8.8.8",
            "203.0.113.200",
            "2001:db8::1",
            "2001:0db8:0000:0000:0000:ff00:0042:8329",
            "2001:DB8:0:0:8:800:200C:417A",
            "fe80::1%eth0",
            "::1",
            "::ffff:192.0.2.1",
            "64:ff9b::192.0.2.33",
            "2001:db8::",
            "ff02::1:ff00:42",
            "1:2:3:4:5:6:7:8",
            "2001:db8:1:2:3:4:5::",
            "::2:3:4:5:6:7:8",
            "fd12:3456:789a:1::1",
            "fe80::a00:27ff:fe4e:66a1%en0",
            "2606:4700::6810:84e5",
        ] {
            for text in [
                "*",
                "from *.",
                "(*)",
                "*, then",
                "ip=*;",
                "\"ip\":\"*\"",
                "http://[*]/x",
                "地址*。",
                "* - - [10/Oct",
                "<*>",
                "*/24",
                "*: unreachable",
            ] {
                assert_eq!(
                    found(IP, &text.replace('*', address)),
                    [address],
                    "{text} {address}"
                );
            }
        }
        for (text, expected) in [
            ("http://192.0.2.1:8080/a", "192.0.2.1"),
            ("IP：2001:DB8:F3F3::1", "2001:DB8:F3F3::1"),
            ("IP地址：fe80::4345:22ba", "fe80::4345:22ba"),
            ("ip:2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1"),
            ("adresse:fe80::a00:27ff", "fe80::a00:27ff"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("user@192.0.2.1", "192.0.2.1"),
            ("1.2.0.192.in-addr.arpa", "1.2.0.192"),
            ("１９２．０．２．１", "１９２．０．２．１"),
        ] {
            assert_eq!(found(IP, text), [expected], "{text}");
        }
        for text in [
            "192.0.2.1-192.0.2.9",
            "192.0.2.1/192.0.2.9",
            "192.0.2.1,192.0.2.9",
        ] {
            assert_eq!(found(IP, text), ["192.0.2.1", "192.0.2.9"], "{text}");
        }
    }

    #[test]
    fn what_resembles_an_address_is_none() {
        for text in [
            "256.0.2.1",
            "192.0.2",
            "192.0.2.1.5",
            "192.0.2.01",
            "1.3.6.1.4.1.311",
            "1.3.132.1",
            "see 7.4.1.2",
            "v1.2.3.4",
            "version 10.2.3.4",
            "Chrome/120.0.0.0",
            "lib-1.2.3.4.tar.gz",
            "1.2.3.4-beta",
            "pkg==1.2.3.4",
            "1.2.3.4.dev0",
            "x1.2.3.4",
            "1.2.3.4x",
            "1,192.0.2",
            "0.192.0.2.1",
            "std::vec",
            "a::b",
            "ab::cd",
            "dead::beef",
            "12:30:45",
            "12:30",
            "10:30:45:123",
            "::",
            "x[::2]",
            "x[1::2]",
            "a[::1]",
            "[::2]",
            "1::2",
            "aa:bb:cc:dd:ee:ff",
            "aa:bb:cc:dd:ee:ff:00:11",
            "2001:db8::1::2",
            "2001:db8:1:2:3:4:5:6:7",
            "12345::1",
            "2001:db8::g",
            "fe80:1",
            "foo::bar::1",
            "Foo::A1",
            "d::e::f",
            "1:2:3:4:5:6:7",
            "2024-01-15T10:30:00",
            "Face::new()",
        ] {
            assert_eq!(found(IP, text), [""; 0], "{text}");
        }
    }
}
