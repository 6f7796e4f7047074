use super::*;

const EMPLOYEE: Entity = Entity::Custom(0);
const PROJECT: Entity = Entity::Custom(1);

fn pattern(regex: &str) -> Pattern {
    Pattern {
        entity: EMPLOYEE,
        regex: regex.into(),
        score: Score(70),
        context: Vec::new(),
    }
}

fn list(entity: Entity, words: &[&str]) -> DenyList {
    DenyList {
        entity,
        words: words.iter().map(|word| (*word).into()).collect(),
    }
}

fn invalid(regex: &str) -> InvalidCustom {
    Custom::new(vec![pattern(regex)], &[], &[]).unwrap_err()
}

fn find<'t>(custom: &Custom, text: &'t str) -> Vec<(Entity, &'t str)> {
    let seen = Text::new(text);
    let mut found = Vec::new();
    custom.find(&seen, |entity, span, _| {
        found.push((entity, &text[seen.original(span)]))
    });
    found
}

fn matches<'t>(regex: &str, text: &'t str) -> Vec<&'t str> {
    let custom = Custom::new(vec![pattern(regex)], &[], &[]).unwrap();
    find(&custom, text).into_iter().map(|(_, value)| value).collect()
}

fn denied<'t>(words: &[&str], text: &'t str) -> Vec<&'t str> {
    let custom = Custom::new(vec![], &[list(PROJECT, words)], &[]).unwrap();
    find(&custom, text).into_iter().map(|(_, value)| value).collect()
}

#[test]
fn patterns_find_what_they_describe() {
    assert_eq!(
        matches(
            r"\bEMP-\d{6}\b",
            "EMP-123456, xEMP-123456, EMP-1234567 EMP-654321"
        ),
        ["EMP-123456", "EMP-654321"]
    );
    assert_eq!(matches(r"(?i)emp-[\da-f]+", "Emp-12AB"), ["Emp-12AB"]);
    assert_eq!(matches(r"x*\b", "xx y"), ["xx"]);
    assert_eq!(matches(r"\w+-\d", "größe-1 員工-2"), ["größe-1", "員工-2"]);
    assert_eq!(matches(r"[^\W\d]+!", "“größe!”"), ["größe!"]);
}

#[test]
fn patterns_see_the_text_as_recognisers_do() {
    assert_eq!(
        matches(r"EMP \d{6}", "EMP\u{a0}１２３４５６"),
        ["EMP\u{a0}１２３４５６"]
    );
    assert_eq!(matches("EMP-1", "EMP\u{2011}\u{200b}1"), ["EMP\u{2011}\u{200b}1"]);
    assert_eq!(
        matches("番号：[0-9]+（社員）", "番号：12（社員）"),
        ["番号：12（社員）"]
    );
    assert_eq!(matches("番号：[0-9]+", "番号:12"), ["番号:12"]);
}

#[test]
fn words_end_where_another_script_begins_but_not_at_a_letter_with_an_accent() {
    assert_eq!(
        matches(r"\bEMP-\d+\b", "員工EMP-12號 และEMP-13ครับ"),
        ["EMP-12", "EMP-13"]
    );
    assert_eq!(
        matches(r"\bAnn\b", "Ann Annä äAnn Ann_ “Ann” Ann’s"),
        ["Ann", "Ann", "Ann"]
    );
    assert_eq!(
        denied(&["Ann"], "Ann Annä äAnn Anna 1Ann Ann_ “Ann”, Ann안녕"),
        ["Ann", "Ann", "Ann"]
    );
    assert_eq!(
        denied(&["張偉", "김철수", "Zoë"], "我是張偉的 김철수는 Zoë Zoëx"),
        ["張偉", "김철수", "Zoë"]
    );
    assert_eq!(denied(&["C++"], "C++ C++x xC++"), ["C++", "C++"]);
}

#[test]
fn lists_find_words_in_any_case_and_spacing() {
    assert_eq!(
        denied(&["Blue Heron"], "blue heron, BLUE\u{a0}HERON, Blue Herons"),
        ["blue heron", "BLUE\u{a0}HERON"]
    );
    // The longer word does not stand alone here, the shorter one does.
    assert_eq!(denied(&["blue", "blue heron"], "blue herons"), ["blue"]);
    assert_eq!(denied(&["", "x"], "x"), ["x"]);
    assert_eq!(denied(&[], "x"), [""; 0]);
    let lists = [
        list(EMPLOYEE, &["a", "b"]),
        list(PROJECT, &[]),
        list(PROJECT, &["", "c"]),
    ];
    let custom = Custom::new(vec![], &lists, &[]).unwrap();
    assert_eq!(
        find(&custom, "a c b"),
        [(EMPLOYEE, "a"), (PROJECT, "c"), (EMPLOYEE, "b")]
    );
}

#[test]
fn allowed_values_are_those_alone() {
    let custom = Custom::new(vec![], &[], &["Support@Example.com".into(), "1 2".into()]).unwrap();
    assert!(custom.allows("support@example.COM"));
    assert!(custom.allows("1\u{a0}2"));
    assert!(!custom.allows("support@example.com.au"));
    assert!(!custom.allows(""));
    assert!(!Custom::default().allows("x"));
}

#[test]
fn what_is_wrong_with_a_pattern_is_said() {
    assert_eq!(
        invalid("(").to_string(),
        "not a regular expression: unclosed group"
    );
    assert!(matches!(invalid(r"(?<=a)b"), InvalidCustom::Syntax(_)));
    assert!(matches!(invalid(r"(a)\1"), InvalidCustom::Syntax(_)));
    for empty in ["", "a*", "a?|b", "^", r"(?:)", r"\d*"] {
        assert_eq!(invalid(empty), InvalidCustom::MatchesNothing, "{empty}");
    }
    for large in [
        r"\w{500}",
        "a{100000}",
        "(a{100}){100}",
        r"(((x{20}){20}){20}){20}",
        r"\pL{300}",
        &"long".repeat(10_000),
    ] {
        assert_eq!(
            invalid(large),
            InvalidCustom::TooLarge,
            "{}",
            &large[..large.len().min(40)]
        );
    }
    assert!(matches!(invalid(&"(".repeat(10_000)), InvalidCustom::Syntax(_)));
}

#[test]
fn all_patterns_and_all_words_together_are_bounded() {
    let many = |count| Custom::new(vec![pattern(r"\bEMP-\d{6}\b"); count], &[], &[]);
    assert!(many(32).is_ok());
    assert_eq!(many(100).unwrap_err(), InvalidCustom::AllTooLarge);
    let words = |count: usize| list(PROJECT, &vec!["0123456789abcdef"; count]);
    assert!(Custom::new(vec![], &[words(4096)], &[]).is_ok());
    let too_many = Custom::new(vec![], &[words(4000), words(97)], &[]).unwrap_err();
    assert_eq!(too_many, InvalidCustom::ListTooLarge(65552));
    assert_eq!(
        too_many.to_string(),
        "the lists have 65552 bytes of words, of which 65536 are allowed"
    );
    let allowed = Custom::new(vec![], &[], &["a".repeat((64 << 10) + 1)]).unwrap_err();
    assert_eq!(allowed, InvalidCustom::AllowedTooLarge(65537));
}

#[test]
fn matches_are_found_across_windows_of_the_search() {
    let value = format!("EMP-{}", "7".repeat(200));
    for lead in [
        0,
        1,
        WINDOW - 300,
        WINDOW - 205,
        WINDOW - 204,
        WINDOW - 203,
        WINDOW - 100,
        WINDOW - 1,
        WINDOW,
        3 * WINDOW - 7,
    ] {
        let text = format!(
            "{}{value} {value}",
            "é ".repeat(lead / 3 + 1) + &" ".repeat(lead % 3)
        );
        assert_eq!(matches(r"\bEMP-\d+\b", &text), [&*value, &*value], "{lead}");
    }
    let long = "7".repeat(3 * WINDOW);
    assert_eq!(matches(r"\d+", &long).concat(), long);
}

#[test]
fn a_pattern_that_looks_far_ahead_does_not_read_a_long_text_again_and_again() {
    let text = "a".repeat(1 << 16);
    assert_eq!(matches("a(?:.*b)?", &text).len(), 1 << 16);
}

#[test]
fn narrowing_keeps_what_a_pattern_means() {
    for (pattern, expected) in [
        (r"\d\D", "[0-9][^0-9]"),
        (r"[\d.]", "[[0-9].]"),
        (r"\b[\b]\b{start}", r"(?-u:\b)[\b]\b{start}"),
        (r"\\d\[\d", r"\\d\[[0-9]"),
        (r"(?-u)\d\b", r"(?-u)\d\b"),
        ("（a）－", r"\(a\)\-"),
        ("ü\u{200b}", "ü"),
        (r"\", r"\"),
    ] {
        assert_eq!(narrowed(pattern), expected, "{pattern}");
    }
}
