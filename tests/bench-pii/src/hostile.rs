//! Texts that are built to be slow: each is what some recogniser starts at or reads over, again and again and without an
//! end, or what makes findings, words around them and placeholders as many as possible.

use penstock_bench_harness::random::Random;

type Write = fn(usize) -> String;

/// Their names, and how each is written at so many bytes.
pub const KINDS: [(&str, Write); 64] = [
    // Numbers.
    ("digits", |bytes| drawn(b"0123456789", bytes)),
    ("digit_groups", |bytes| again("1 ", bytes)),
    ("groups_of_four", |bytes| groups(b"0123456789", 4, " ", bytes)),
    ("groups_of_three", |bytes| groups(b"0123456789", 3, "-", bytes)),
    ("groups_of_eleven", |bytes| groups(b"0123456789", 11, " ", bytes)),
    ("cards", |bytes| again("4111 1111 1111 1111 ", bytes)),
    ("cards_joined", |bytes| again("4111111111111111", bytes)),
    ("cards_cut", |bytes| again("4111 1111 1111 111 ", bytes)),
    ("ssns", |bytes| again("219-09-9999 ", bytes)),
    ("ssns_named", |bytes| again("ssn 219-09-9999 ", bytes)),
    ("phones", |bytes| again("+49 30 901820 ", bytes)),
    ("plus", |bytes| again("+1 ", bytes)),
    ("plus_alone", |bytes| again("+", bytes)),
    ("dates", |bytes| again("01/01/1980 ", bytes)),
    ("slashes", |bytes| again("1/1/", bytes)),
    ("dashes", |bytes| again("1-1-", bytes)),
    // Addresses.
    ("at_signs", |bytes| again("@", bytes)),
    ("a_at_a", |bytes| again("a@", bytes)),
    ("a_dot_at", |bytes| again("a.a.a.@", bytes)),
    ("a_dots_then_at", |bytes| behind(&again("a.", bytes), "@")),
    ("at_a_dots", |bytes| again("@a.a.a.a.a.a.a.a.a.a.a.a.a.a.", bytes)),
    ("letters_at", |bytes| again(&("a".repeat(60) + "@"), bytes)),
    ("emails", |bytes| again("ann.lee@example.com ", bytes)),
    ("emails_all_different", |bytes| {
        numbered("ann", "@example.com ", bytes)
    }),
    ("emails_joined", |bytes| again("ann.lee@example.com,", bytes)),
    ("urls", |bytes| again("https://a:b@", bytes)),
    ("schemes", |bytes| again("://", bytes)),
    ("colons", |bytes| again(":", bytes)),
    ("times", |bytes| again("00:00:00:", bytes)),
    ("letters_colons", |bytes| again("a:b:", bytes)),
    ("ones_dots", |bytes| again("1.", bytes)),
    ("ips", |bytes| again("203.0.113.7 ", bytes)),
    ("ipv6", |bytes| again("2001:db8::1 ", bytes)),
    // Codes.
    ("capitals", |bytes| {
        groups(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 8, " ", bytes)
    }),
    ("capitals_joined", |bytes| {
        drawn(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes)
    }),
    ("ibans", |bytes| again("DE89 3704 0044 0532 0130 00 ", bytes)),
    ("iban_starts", |bytes| again("DE89 ", bytes)),
    ("codes", |bytes| groups(b"ABCDEFGH01234567", 9, " ", bytes)),
    ("hex", |bytes| drawn(b"0123456789abcdef", bytes)),
    ("hex_words", |bytes| groups(b"0123456789abcdef", 40, " ", bytes)),
    ("base58", |bytes| drawn(BASE_58, bytes)),
    ("base58_words", |bytes| groups(BASE_58, 34, " ", bytes)),
    ("bech32", |bytes| again("bc1q", bytes)),
    ("base64", |bytes| drawn(BASE_64, bytes)),
    ("base64_words", |bytes| groups(BASE_64, 40, " ", bytes)),
    // Secrets.
    ("pem", |bytes| again("-----BEGIN ", bytes)),
    ("pem_keys", |bytes| again("-----BEGIN PRIVATE KEY-----\n", bytes)),
    ("hyphens", |bytes| again("-", bytes)),
    ("eyj", |bytes| again("eyJ", bytes)),
    ("eyj_dots", |bytes| again("eyJhbGciOiJI.", bytes)),
    ("prefixes", |bytes| again("sk-ghp_xoxb-AKIA.AIza ", bytes)),
    ("passwords", |bytes| again("password=", bytes)),
    ("passwords_quoted", |bytes| again("password=\"", bytes)),
    ("equals", |bytes| again("=", bytes)),
    ("nested_quotes", |bytes| {
        again(r#"{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"c\\\\\\\":"#, bytes)
    }),
    ("quotes", |bytes| again("\"", bytes)),
    ("backslashes", |bytes| again("\\", bytes)),
    // Other characters.
    ("parentheses", |bytes| again("(", bytes)),
    ("brackets", |bytes| {
        again("[EMAIL_", bytes).replacen("[EMAIL_[EMAIL_[EMAIL_", "ann.lee@example.com, ", 1)
    }),
    ("humps", |bytes| again("aB", bytes)),
    ("cjk_digits", |bytes| again("电话号码是13800138000的", bytes)),
    ("cjk_words", |bytes| again("电话身份证号码", bytes)),
    ("full_width", |bytes| again("４１１１\u{3000}", bytes)),
    ("zero_width", |bytes| again("1\u{200b}", bytes)),
];

const BASE_58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text as often as it fits.
fn again(text: &str, bytes: usize) -> String {
    text.repeat(bytes / text.len().max(1))
}

/// A text with other text in the place of its end.
fn behind(text: &str, end: &str) -> String {
    let start = text
        .get(..text.len().saturating_sub(end.len()))
        .unwrap_or_default();
    format!("{start}{end}")
}

/// Characters without a space.
fn drawn(alphabet: &[u8], bytes: usize) -> String {
    let mut random = Random::seeded(1);
    (0..bytes).map(|_| char::from(random.pick(alphabet))).collect()
}

/// Groups of so many characters.
fn groups(alphabet: &[u8], len: usize, separator: &str, bytes: usize) -> String {
    let mut random = Random::seeded(2);
    let mut text = String::with_capacity(bytes);
    while text.len() + len + separator.len() <= bytes {
        text.extend((0..len).map(|_| char::from(random.pick(alphabet))));
        text.push_str(separator);
    }
    text
}

/// Values none of which is the same as another.
fn numbered(before: &str, behind: &str, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    let mut number = 0;
    loop {
        let value = format!("{before}{number}{behind}");
        if text.len() + value.len() > bytes {
            return text;
        }
        text.push_str(&value);
        number += 1;
    }
}
