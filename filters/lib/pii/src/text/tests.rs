use proptest::prelude::*;

use super::*;
use crate::scan::Thresholds;
use crate::{Custom, Entity, Recognizers};

#[test]
fn what_looks_like_ascii_is_ascii_and_is_found_where_it_stood() {
    let source = "a\u{a0}b\u{200b}c\u{2011}\u{ff11}é\u{feff}z";
    let text = Text::new(source);
    assert_eq!(text.bytes(), "a bc-1éz".as_bytes());
    for (folded, original) in [("a", "a"), ("b", "b"), ("bc", "b\u{200b}c"), ("-", "\u{2011}")] {
        let start = text
            .bytes()
            .windows(folded.len())
            .position(|part| part == folded.as_bytes());
        let start = start.unwrap();
        let span = text.original(start..start + folded.len());
        assert_eq!(&source[span], original);
    }
    let whole = text.original(0..text.len());
    assert_eq!(&source[whole], source);
    assert_eq!(&source[text.original(5..9)], "\u{ff11}é\u{feff}z");
}

#[test]
fn an_escape_is_part_of_a_span_as_a_whole_or_not_at_all() {
    let source = r"a\u0040b\n%C3%BC&shy;c";
    let text = Text::new(source);
    assert_eq!(text.bytes(), "a@b\nüc".as_bytes());
    for (folded, original) in [
        (0..1, "a"),
        (1..2, r"\u0040"),
        (0..3, r"a\u0040b"),
        (2..4, r"b\n"),
        (3..5, r"\n%C3%BC"),
        (5..6, "%C3%BC"),
        (5..7, "%C3%BC&shy;c"),
        (6..7, "c"),
    ] {
        assert_eq!(text.written(folded.clone()), original, "{folded:?}");
    }
    assert_eq!(text.original(0..text.len()), 0..source.len());
    let encoded: Vec<usize> = (0..text.len()).filter(|at| text.is_encoded(*at)).collect();
    assert_eq!(encoded, [4, 5]);
}

#[test]
fn a_span_that_cuts_a_character_has_all_of_it() {
    let text = Text::new("a\u{a0}üb");
    assert_eq!(text.bytes(), "a üb".as_bytes());
    assert_eq!(
        (text.written(2..3), text.written(3..4), text.written(1..3)),
        ("ü", "ü", "\u{a0}ü")
    );
}

#[test]
fn escapes_without_end_cost_no_more_than_other_text() {
    for part in [
        r"\",
        "%",
        "&",
        r"\u",
        r"\\u",
        "%25",
        "&amp;",
        "&#",
        r"\ud83d",
        "%F0%9F",
        "。",
        "a。",
        "\u{e0041}",
    ] {
        let source = part.repeat((1 << 20) / part.len());
        let text = Text::new(&source);
        assert!(text.len() <= source.len(), "{part}");
    }
}

/// Text with escapes in it, whole and cut, of which none depends on what stands in front. Full stops of Chinese do.
fn escaped() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,4}",
        1 => r"[\\]{1,9}[nrtu\x22x]?",
        1 => r"[\\]{1,3}u[0-9a-fA-F]{3,4}",
        1 => r"[\\]{1,2}ud83d[\\]{1,2}udc[0-9a-f]{2}",
        1 => "%(25){0,3}[0-9a-fA-F%]{1,2}",
        1 => "%C3%[89a-f][0-9]",
        1 => "&(amp;){0,3}(#x?[0-9]{0,4}|commat|lt|nbsp|shy);?",
        1 => "[ü\u{a0}\u{200b}\u{2011}１٣𝐀﹫💡\u{e0001}]",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_span_is_read_from_what_reads_as_it(source in escaped()) {
        let text = Text::new(&source);
        let folded = std::str::from_utf8(text.bytes()).unwrap();
        let boundaries: Vec<usize> = (0..=folded.len()).filter(|at| folded.is_char_boundary(*at)).collect();
        let mut latest = 0..0;
        for pair in boundaries.windows(2) {
            let original = text.original(pair[0]..pair[1]);
            prop_assert!(original.start >= latest.end && original.start < original.end);
            latest = original;
        }
        for (index, start) in boundaries.iter().enumerate() {
            for end in &boundaries[index + 1..] {
                let original = text.original(*start..*end);
                let slice = source.get(original).unwrap();
                let again = Text::new(slice);
                prop_assert_eq!(again.bytes(), &text.bytes()[*start..*end]);
            }
        }
    }

    #[test]
    fn any_text_is_read_and_every_span_of_it_written(source in any::<String>()) {
        let text = Text::new(&source);
        for start in 0..text.len() {
            for end in start + 1..text.len() {
                let original = text.original(start..end);
                prop_assert!(source.get(original.clone()).is_some_and(|slice| !slice.is_empty()), "{:?}", original);
            }
        }
    }
}

#[test]
fn pieces_have_the_separator_of_their_place() {
    let read = |text: &str| {
        let number = Text::new(text).pieces(0, &[3, 3, 2], &[b".", b"-"])?;
        Some(number.digits().to_vec())
    };
    assert_eq!(read("123.456-78,"), Some(vec![1, 2, 3, 4, 5, 6, 7, 8]));
    for text in [
        "123-456-78",
        "123.456.78",
        "123.456-7",
        "123.456-789",
        "12345678",
        "123.456-78-9",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_number_goes_on_where_a_space_parts_it_from_a_group() {
    for (text, goes_on) in [
        ("1234 5678", true),
        ("5678 9012", true),
        ("1234 5678 9012", true),
        ("5678", false),
        ("1 5678 901234", false),
        ("1234  5678, 9012", false),
    ] {
        let at = text.find("5678").unwrap();
        assert_eq!(Text::new(text).goes_on(at..at + 4), goes_on, "{text}");
    }
}

#[test]
fn a_phrase_is_heard_in_front_of_a_place() {
    let text = Text::new("My_Number: 1");
    assert!(text.says_before(11, 11, "my number"));
    assert!(!text.says_before(11, 10, "my number"));
    assert!(!text.says_before(2, 40, "my number"));
}

#[test]
fn plain_text_is_not_copied() {
    assert!(matches!(
        Text::new("plain, with ü and “quotes”").bytes,
        Cow::Borrowed(_)
    ));
}

#[test]
fn numbers_have_one_kind_of_separator_and_stand_by_themselves() {
    let read = |text: &str| {
        let text = Text::new(text);
        let at = text.bytes().iter().position(u8::is_ascii_digit)?;
        let number = text.number(at, &[3, 2, 4], b" -", true)?;
        Some((number.digits().to_vec(), number.separated))
    };
    let digits = vec![1, 2, 3, 4, 5, 6, 7, 8, 9];
    for (text, separated) in [
        ("123-45-6789", true),
        ("(123 45 6789.", true),
        ("123 - 45 - 6789", true),
        ("123  45  6789", true),
        ("#123456789, ", false),
    ] {
        assert_eq!(read(text), Some((digits.clone(), separated)), "{text}");
    }
    for text in [
        "123-45 6789",
        "123-456789",
        "12345-6789",
        "x123456789",
        "1234567890",
        "123456789.5",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    for text in ["7,123-45-6789,42", "7:123-45-6789", "7,123 45 6789,1980-01-01"] {
        let text = Text::new(text);
        assert!(text.number(2, &[3, 2, 4], b" -", false).is_some(), "{text:?}");
    }
    for text in [
        "123 45 6789,42",
        "123 - 45-6789",
        "123 45  6789",
        "123- 45- 6789",
        "123-45-6789-a",
        "123-45-6789/1",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

/// What is found in a text, and of which kind.
fn found(text: &str) -> Vec<(Entity, &str)> {
    let recognizers = Recognizers::new(Custom::default());
    let findings = recognizers.find(text, "", &Thresholds::default());
    let found = findings.into_iter();
    found
        .map(|finding| (finding.entity, &text[finding.span]))
        .collect()
}

const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
const CLAIMS: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ";
const SIGNATURE: &str = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
const LINE: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

/// One value of each of some kinds, and the characters that are escaped in it.
fn values() -> Vec<(Entity, String)> {
    vec![
        (Entity::EmailAddress, "nora.t@example.com".into()),
        (Entity::PhoneNumber, "+49 30 12345678".into()),
        (Entity::CreditCard, "4111 1111 1111 1111".into()),
        (Entity::IbanCode, "DE89 3704 0044 0532 0130 00".into()),
        (Entity::IpAddress, "203.0.113.200".into()),
        (Entity::IpAddress, "2001:db8::8a2e:370:7334".into()),
        (Entity::Jwt, format!("{HEADER}.{CLAIMS}.{SIGNATURE}")),
        (
            Entity::PrivateKey,
            format!("-----BEGIN PRIVATE KEY-----\n{LINE}\n{LINE}\nMzEfYyjiWA4R==\n-----END PRIVATE KEY-----"),
        ),
    ]
}

/// A value with each of its characters that is neither letter nor digit written in another way.
fn respelled(value: &str, write: impl Fn(char) -> String) -> String {
    value
        .chars()
        .map(|character| match character {
            _ if character.is_ascii_alphanumeric() => character.to_string(),
            _ => write(character),
        })
        .collect()
}

#[test]
fn personal_data_is_found_whole_in_every_way_to_escape_it() {
    let code = u32::from;
    let ways: [(&str, &dyn Fn(char) -> String); 9] = [
        ("unicode", &|character| format!("\\u{:04x}", code(character))),
        ("capitals", &|character| format!("\\u{:04X}", code(character))),
        ("unicode twice", &|character| {
            format!("\\\\u{:04x}", code(character))
        }),
        ("full width", &|character| match character {
            '!'..='~' => format!("\\u{:04x}", code(character) - 0x21 + 0xff01),
            _ => character.to_string(),
        }),
        ("percent", &|character| format!("%{:02X}", code(character))),
        ("percent twice", &|character| {
            format!("%25{:02x}", code(character))
        }),
        ("number", &|character| format!("&#{};", code(character))),
        ("hexadecimal", &|character| format!("&#x{:x};", code(character))),
        ("number twice", &|character| format!("&amp;#{};", code(character))),
    ];
    for (entity, value) in values() {
        for (way, write) in ways {
            let written = respelled(&value, write);
            let space = write(' ');
            for text in [written.clone(), format!("see{space}{written}{space}now")] {
                assert_eq!(found(&text), [(entity, &*written)], "{way}: {text}");
            }
        }
    }
}

#[test]
fn personal_data_ends_where_an_escape_parts_it_from_other_text() {
    for (entity, value) in values() {
        let value = value.replace('\n', "\\n");
        for (front, behind) in [
            (r"\n", r"\n"),
            (r"to:\n", r"\nfrom"),
            (r"\\n", r"\\n"),
            (r"\\\\r\\\\n", r"\\\\r\\\\n"),
            (r"a\t", r"\tb"),
            (r#"{\"x\":\""#, r#"\",\"y\":1}"#),
            (r#"{\\\"x\\\":\\\""#, r#"\\\",\\\"y\\\":1}"#),
            (r#"{"x":""#, r#"\n"}"#),
            (r"\u003ca\u003e", r"\u003c\/a\u003e"),
            (r"\ud83d\udcde", r"\ud83d\udcde"),
            (r"\u00a0", r"\u00a0"),
            ("?x=%20", "%20"),
            ("?x=", "&amp;y=1"),
            ("?q=%7B%22x%22%3A%22", "%22%7D"),
            ("&lt;b&gt;", "&lt;/b&gt;"),
            ("&quot;", "&quot;"),
            ("a&nbsp;", "&nbsp;b"),
            ("&#10;", "&#10;"),
        ] {
            let text = format!("{front}{value}{behind}");
            assert_eq!(found(&text), [(entity, &*value)], "{text}");
        }
    }
}

#[test]
fn values_are_found_as_programs_escape_them() {
    for (text, entity, value) in [
        (
            "email=ann%40example.com&x=1",
            Entity::EmailAddress,
            "ann%40example.com",
        ),
        (
            "email=j%C3%BCrgen%40m%C3%BCller.de",
            Entity::EmailAddress,
            "j%C3%BCrgen%40m%C3%BCller.de",
        ),
        (
            r"j\u00fcrgen@m\u00fcller.de",
            Entity::EmailAddress,
            r"j\u00fcrgen@m\u00fcller.de",
        ),
        (
            r"first\_last@example.com",
            Entity::EmailAddress,
            r"first\_last@example.com",
        ),
        (r"ann\@example.com", Entity::EmailAddress, r"ann\@example.com"),
        (
            "mailto:ann&commat;example&period;com",
            Entity::EmailAddress,
            "ann&commat;example&period;com",
        ),
        (
            "ann@exam&shy;ple.com",
            Entity::EmailAddress,
            "ann@exam&shy;ple.com",
        ),
        ("ann﹫example．com", Entity::EmailAddress, "ann﹫example．com"),
        ("ann＠example。com", Entity::EmailAddress, "ann＠example。com"),
        ("𝐚𝐧𝐧@example.com", Entity::EmailAddress, "𝐚𝐧𝐧@example.com"),
        (
            "tel=%2B49%20170%201234567",
            Entity::PhoneNumber,
            "%2B49%20170%201234567",
        ),
        (
            "☎\u{fe0f}&plus;49&nbsp;30&nbsp;12345678",
            Entity::PhoneNumber,
            "&plus;49&nbsp;30&nbsp;12345678",
        ),
        ("+४९ ३० १२३४५६७८", Entity::PhoneNumber, "+४९ ३० १२३४५६७८"),
        (
            "4111\u{2060}1111\u{34f}11111111",
            Entity::CreditCard,
            "4111\u{2060}1111\u{34f}11111111",
        ),
        (r"192\.0\.2\.33", Entity::IpAddress, r"192\.0\.2\.33"),
        (
            "fe80::a00:27ff:fe4e:66a1%25eth0",
            Entity::IpAddress,
            "fe80::a00:27ff:fe4e:66a1%25eth0",
        ),
        (
            r#"{"password":"Tr0ub4dor\u00263"}"#,
            Entity::Password,
            r"Tr0ub4dor\u00263",
        ),
        (
            r#"{"password":"Tr0ub\"4dor"}"#,
            Entity::Password,
            r#"Tr0ub\"4dor"#,
        ),
        (
            r#"{"password":"Tr0ub\new4dor"}"#,
            Entity::Password,
            r"Tr0ub\new4dor",
        ),
        (r"password=Tr0ub\4dor\x", Entity::Password, r"Tr0ub\4dor\x"),
        (r"a\npassword=hunter2\nb", Entity::Password, "hunter2"),
        (
            "?password=p%40ss%26w%20rd1&x=1",
            Entity::Password,
            "p%40ss%26w%20rd1",
        ),
        (
            "next=%2F%3Fpassword%3Dhunter2%26x%3D1",
            Entity::Password,
            "hunter2",
        ),
        (
            "<a href=\"?password=hunter2&amp;x=1\">",
            Entity::Password,
            "hunter2",
        ),
        (
            "&lt;password&gt;hunter2&lt;/password&gt;",
            Entity::Password,
            "hunter2",
        ),
        ("password: abcd%75EE", Entity::Password, "abcd%75EE"),
    ] {
        assert_eq!(found(text), [(entity, value)], "{text}");
    }
}

#[test]
fn what_only_looks_escaped_is_not_found() {
    for text in [
        r"C:\new\reports\text\users",
        r"copy \\server\name\temp .",
        r"\nu + \tau = \rho, \textbf{x} \ref{a}",
        r"s/\w+\@\w+\.\w+/x/",
        r"^[\w.+-]+@[\w-]+\.[a-z]+$",
        r"ann\u0040",
        r"ann\u004example.com",
        r"ann\a40example.com",
        "100%20 and 50%25 of 10%50",
        "printf(\"%20s %2d %40d%%\", x)",
        "ann%4example.com",
        "ann%zzexample.com",
        "ann%00example.com",
        "ann&commatexample.com",
        "ann&#64example.com",
        "ann&unknown;example.com",
        "ann&#0000000064;example.com",
        "a %40 b &commat; c",
        "password=%24%7BDB_PASSWORD1%7D",
        "password=&lt;your-password&gt;",
        r"password is required\n",
        "今天。明天",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
