use super::*;
use crate::{DenyList, Pattern};

fn names(text: &str, name: &str) -> Vec<String> {
    named(&Recognizers::new(Custom::default()), text, name)
}

fn named(recognizers: &Recognizers, text: &str, name: &str) -> Vec<String> {
    let found = recognizers.find(text, name, &Thresholds::default());
    found
        .into_iter()
        .map(|finding| format!("{} {}", finding.entity, &text[finding.span]))
        .collect()
}

/// A pattern that is found only where a word raises it, as weak recognisers are.
fn weak() -> Recognizers {
    let pattern = Pattern {
        entity: Entity::Custom(0),
        regex: r"\b[QX]\d{4}\b".into(),
        score: Score::WEAK,
        context: ["staff", "社員番号", "birth", "número", "फ़ोन", "जन्म"]
            .map(String::from)
            .to_vec(),
    };
    Recognizers::new(Custom::new(vec![pattern], &[], &[]).unwrap())
}

#[test]
fn several_kinds_are_found_in_their_order() {
    assert_eq!(
        names("ann@example.com paid with 4111 1111 1111 1111", ""),
        ["EMAIL_ADDRESS ann@example.com", "CREDIT_CARD 4111 1111 1111 1111"]
    );
}

#[test]
fn words_around_and_the_name_of_the_field_raise_what_is_weak() {
    let recognizers = weak();
    for (text, name) in [
        ("staff Q1234", ""),
        ("Q1234 is on our staff", ""),
        ("Staff2: Q1234", ""),
        ("staffNumber=Q1234", ""),
        ("staff_number: Q1234", ""),
        ("\"dateOfBirth\":\"Q1234\"", ""),
        ("“staff” Q1234", ""),
        ("社員番号Q1234", ""),
        ("私の社員番号はQ1234です", ""),
        ("社員番号：Q1234", ""),
        ("IDのstaffはQ1234", ""),
        ("NÚMERO Q1234", ""),
        ("फ़ोन Q1234", ""),
        ("जन्म: Q1234", ""),
        ("staff\u{a0}Q1234", ""),
        ("Q1234", "staff"),
        ("Q1234", "staffNumber"),
        ("see Q1234.", "staff.number"),
        ("Q1234", "社員番号"),
    ] {
        assert_eq!(named(&recognizers, text, name), ["CUSTOM Q1234"], "{text} {name}");
    }
    for (text, name) in [
        ("Q1234", ""),
        ("Q1234", "order"),
        ("staffs Q1234", ""),
        ("flagstaff Q1234", ""),
        ("社員のQ1234", ""),
        (&*format!("staff {} Q1234", "and so on ".repeat(8)), ""),
        (&*format!("Q1234 {} staff", "and so on ".repeat(4)), ""),
        ("staff Q12345", ""),
    ] {
        assert_eq!(named(&recognizers, text, name), [""; 0], "{text} {name}");
    }
}

#[test]
fn a_field_s_name_says_what_its_value_is() {
    for (text, name, expected) in [
        ("hunter2", "password", "PASSWORD hunter2"),
        ("hunter２", "dbPassword", "PASSWORD hunter２"),
        (
            "a8f5f167f44f4964e6c998dee827110c",
            "api_key",
            "PASSWORD a8f5f167f44f4964e6c998dee827110c",
        ),
        (
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "SecretAccessKey",
            "AWS_KEY wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("user hunter2", "password", ""),
        ("hunter2", "user", ""),
        ("required", "password", ""),
        ("4096", "max_tokens", ""),
        ("", "password", ""),
    ] {
        assert_eq!(names(text, name).concat(), expected, "{text} {name}");
    }
}

#[test]
fn custom_findings_are_where_they_stood_before_folding() {
    let list = DenyList {
        entity: Entity::Custom(1),
        words: vec!["Blue Heron".into()],
    };
    let custom = Custom::new(vec![], &[list], &["ann@example.com".into()]).unwrap();
    let recognizers = Recognizers::new(custom);
    let text = "\u{feff}１２ Blue\u{2003}Heron，ann@example.com";
    assert_eq!(named(&recognizers, text, ""), ["CUSTOM Blue\u{2003}Heron"]);
}

#[test]
fn ascii_beside_signs_and_other_scripts_is_asked_for() {
    for text in [
        "“4111111111111111”",
        "卡号4111111111111111。",
        "№4111111111111111",
        "€4111111111111111…",
    ] {
        assert_eq!(names(text, ""), ["CREDIT_CARD 4111111111111111"], "{text}");
    }
}

/// Texts built to be slow, each made of one piece.
const SLOW: &[&str] = &[
    "1",
    "1 ",
    "12-",
    "4111 ",
    "1.1.",
    "1:1:",
    "@",
    "a@",
    "a@a.",
    "(",
    "(1",
    ":",
    "::",
    "=",
    "==",
    "a.a.",
    "-",
    "--",
    "_",
    "a_",
    "+1",
    "+",
    "/",
    "//",
    "\"",
    "'\"",
    "\\\"",
    "\\\\",
    "<",
    "<a>",
    "{\"a\":",
    "a",
    "aA",
    "é",
    "身",
    "身份证",
    "身1",
    "\u{200b}",
    "\u{a0}",
    "１",
    "eyJ",
    "eyJ-",
    "eyJ.",
    "eyJ_",
    "eyJhbGciOiJIUzI1NiJ9.",
    "\\n",
    "\\neyJ",
    "sk-",
    "sk-proj-",
    "xoxb-",
    "ghp_",
    "AKIA",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n",
    "password=",
    "pwd:",
    "pwd:a1",
    "\"password\":\"",
    "password: \"",
    "<password>",
    "--password ",
    "password ",
    "password is ",
    " is is",
    "bearer ",
    "sig=",
    "Q~",
    "8Q~",
    "a=",
    "aws_secret_access_key ",
    "AccountKey=",
    "http://",
    "http://a:",
    "https://a:b@",
    "::1",
    "fe80::",
    "00:",
    "0x",
    "bc1",
    "DE89",
    "1/1/",
    "2000-01-01",
    "born ",
    "ABCDEF1",
    "A1",
    "%3D",
    "identified by '",
    "(password)",
    ")=",
    " \t=",
];

/// How long a text takes, which has to be found in less than `most` seconds: a thousand times what it takes when optimised.
#[track_caller]
fn takes_less_than(most: u64, recognizers: &Recognizers, text: &str) {
    let started = std::time::Instant::now();
    recognizers.find(text, "", &Thresholds::default());
    let taken = started.elapsed();
    let start = text.chars().take(24).collect::<String>();
    assert!(
        taken.as_secs() < most,
        "{start:?}, {} bytes: {taken:?}",
        text.len()
    );
}

#[test]
fn no_text_takes_more_than_time_in_proportion() {
    let recognizers = Recognizers::new(Custom::default());
    let size = 32 << 10;
    for piece in SLOW {
        takes_less_than(4, &recognizers, &piece.repeat(size / piece.len()));
        let line = format!("{} ", piece.repeat(20));
        takes_less_than(4, &recognizers, &line.repeat(size / line.len()));
    }
    for piece in ["1", "@", "(", ":", "a.a.", "'\""] {
        takes_less_than(100, &recognizers, &piece.repeat((1 << 20) / piece.len()));
    }
}

#[test]
fn groups_of_digits_are_looked_at_until_they_are_a_table() {
    let cards = "4111 1111 1111 1111\n".repeat(40);
    assert_eq!(names(&cards, "").len(), 40);
    let table = "12 ".repeat(31);
    assert_eq!(
        names(&format!("{table}card: 4111 1111 1111 1111"), ""),
        ["CREDIT_CARD 4111 1111 1111 1111"]
    );
    let table = "12 ".repeat(64);
    assert_eq!(names(&format!("{table}4111 1111 1111 1111"), ""), [""; 0]);
    assert_eq!(names(&format!("{table}4111111111111111"), "").len(), 1);
}

#[test]
fn more_than_the_most_is_not_found() {
    let recognizers = Recognizers::new(Custom::default());
    let up_to = |text: &str, most: usize| {
        let found = recognizers.find_up_to(text, "", &Thresholds::default(), most);
        found.map(|found| found.len())
    };
    let mails = "ann@example.com ".repeat(5000);
    assert_eq!(up_to(&mails, 5000), Some(5000));
    assert_eq!(up_to(&mails, 4999), None);
    assert_eq!(up_to(&mails, 0), None);
    assert_eq!(up_to("", 0), Some(0));
    // What only looks like something is not counted.
    let numbers = "219099998, 2125550143, 1984-03-07\n".repeat(5000);
    assert_eq!(up_to(&numbers, 0), Some(0));
}

#[test]
fn of_what_overlaps_only_what_stays_is_counted() {
    let custom = |words: &[&str]| {
        let list = DenyList {
            entity: Entity::Custom(0),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        Recognizers::new(Custom::new(vec![], &[list], &[]).unwrap())
    };
    let recognizers = custom(&["blue", "blue heron", "heron", "blue heron x"]);
    let up_to = |times: usize, most: usize| {
        let text = "blue heron x ".repeat(times);
        let found = recognizers.find_up_to(&text, "", &Thresholds::default(), most);
        found.map(|found| found.len())
    };
    assert_eq!(up_to(2000, 2000), Some(2000));
    assert_eq!(up_to(2000, 1999), None);
    // So many that memory goes first.
    assert_eq!(up_to(20_000, 10), None);
}

#[test]
fn what_is_remembered_does_not_grow_with_the_text() {
    let recognizers = Recognizers::new(Custom::default());
    for piece in [
        "ssn ",
        "219099998 ",
        "身份证",
        "身份证，",
        "ssn,1\n",
        "1.2.3.4,",
        "(ssn)",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let mut pass = Pass::new(&recognizers, Text::new(&text), Vec::new());
        while !pass.go_on() {
            pass.take();
            pass.forget();
            assert!(pass.heard.len() + pass.hits.len() < 32 << 10, "{piece}");
        }
    }
}

#[test]
fn words_are_heard_across_any_place_of_a_long_text() {
    let recognizers = weak();
    for front in ["a ", "é", "身", "a\n", "a,b\n"] {
        let far = front.repeat(3 * pass::STRIDE / front.len());
        for shift in 0..40 {
            let text = format!(
                "{} {far} staff Q1234{} {far}",
                "x".repeat(shift),
                ".".repeat(shift)
            );
            assert_eq!(
                named(&recognizers, &text, ""),
                ["CUSTOM Q1234"],
                "{front:?} {shift}"
            );
        }
    }
}
