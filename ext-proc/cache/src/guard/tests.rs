use proptest::prelude::*;

use super::{Reading, Trap, trap};

struct Pair {
    trap: &'static str,
    a: String,
    b: String,
}

/// Lines of a trap or `-`, and two texts, with tabs between them; `\n` in a text is a line break.
fn table(text: &'static str) -> Vec<Pair> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| {
        let mut columns = line.split('\t');
        let mut column = || {
            columns
                .next()
                .unwrap_or_else(|| panic!("a column is missing in {line:?}"))
        };
        let (trap, a, b) = (column(), column(), column());
        Pair {
            trap,
            a: a.replace("\\n", "\n"),
            b: b.replace("\\n", "\n"),
        }
    });
    pairs.collect()
}

fn found(a: &str, b: &str) -> &'static str {
    trap(&Reading::of(a), &Reading::of(b)).map_or("-", Trap::as_str)
}

/// Each pair of a guard's table is set apart by that guard, or by none.
fn holds(text: &'static str) {
    let pairs = table(text);
    assert!(pairs.len() >= 20, "only {} pairs", pairs.len());
    let wrong: Vec<String> = pairs
        .iter()
        .filter(|pair| found(&pair.a, &pair.b) != pair.trap || found(&pair.b, &pair.a) != pair.trap)
        .map(|pair| {
            format!(
                "{} instead of {}: {:?} {:?}",
                found(&pair.a, &pair.b),
                pair.trap,
                pair.a,
                pair.b
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} pairs:\n{}",
        wrong.len(),
        pairs.len(),
        wrong.join("\n")
    );
}

/// The share of pairs, in percent, that are set apart or not as the table says; prints the others.
fn share(text: &'static str) -> usize {
    let pairs = table(text);
    assert!(pairs.len() >= 150, "only {} pairs", pairs.len());
    let mut right = 0;
    for pair in &pairs {
        let found = found(&pair.a, &pair.b);
        if (found == "-") == (pair.trap == "-") {
            right += 1;
        } else {
            println!("{found} instead of {}: {:?} {:?}", pair.trap, pair.a, pair.b);
        }
    }
    println!("{right} of {} pairs", pairs.len());
    right * 100 / pairs.len()
}

#[test]
fn paraphrases_pass() {
    assert!(share(include_str!("../../testdata/guard/paraphrase.tsv")) >= 90);
}

#[test]
fn near_misses_are_caught() {
    assert!(share(include_str!("../../testdata/guard/near-miss.tsv")) >= 95);
}

macro_rules! guards {
    ($($name:ident: $file:literal)*) => {$(
        #[test]
        fn $name() {
            holds(include_str!(concat!("../../testdata/guard/", $file)));
        }
    )*};
}

guards! {
    placeholder_sets_apart: "placeholder.tsv"
    quote_sets_apart: "quote.tsv"
    identifier_sets_apart: "identifier.tsv"
    language_sets_apart: "language.tsv"
    date_sets_apart: "date.tsv"
    number_sets_apart: "number.tsv"
    unit_sets_apart: "unit.tsv"
    negation_sets_apart: "negation.tsv"
    antonym_sets_apart: "antonym.tsv"
    name_sets_apart: "name.tsv"
    question_sets_apart: "question.tsv"
    form_sets_apart: "form.tsv"
    order_sets_apart: "order.tsv"
    subject_sets_apart: "subject.tsv"
}

/// Words of texts that guards look at closely.
fn text() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "how",
        "do",
        "I",
        "not",
        "without",
        "enable",
        "disable",
        "from",
        "to",
        "Rome",
        "Oslo",
        "5",
        "five",
        "1,000",
        "km",
        "kg",
        "one",
        "second",
        "\"a b\"",
        "`x`",
        "```",
        "\n",
        "[EMAIL_7K3QZD4M]",
        "[",
        "]",
        "'",
        "don't",
        "two factor authentication",
        "July",
        "4",
        "next",
        "week",
        "US",
        "C++",
        "get_user",
        "--x",
        "a.b",
        "II",
        "war",
        "VPN",
        "virtual",
        "private",
        "network",
        "in",
        "German",
        "is",
        "unsafe",
        "safe",
        "turn",
        "on",
        "off",
        "what",
        "when",
        "Straße",
        "ﬁ",
        "É",
        "日本",
        "٣",
        "und",
        "der",
    ]);
    prop_oneof![
        ".{0,60}",
        proptest::collection::vec(word, 0..12).prop_map(|words| words.join(" ")),
    ]
}

proptest! {
    #[test]
    fn nothing_sets_a_text_apart_from_itself(a in text()) {
        prop_assert_eq!(trap(&Reading::of(&a), &Reading::of(&a)), None);
    }

    #[test]
    fn it_does_not_matter_which_is_asked(a in text(), b in text()) {
        let (a, b) = (Reading::of(&a), Reading::of(&b));
        prop_assert_eq!(trap(&a, &b), trap(&b, &a));
    }

    #[test]
    fn other_placeholders_set_apart_whatever_stands_beside_them(before in text(), after in text()) {
        let with = |tag: &str| Reading::of(&format!("{before} [EMAIL_{tag}] {after}"));
        prop_assert_eq!(trap(&with("7K3QZD4M"), &with("8K3QZD4M")), Some(Trap::Placeholder));
    }
}

#[test]
fn time_is_linear() {
    let seconds = |text: &str| {
        let start = std::time::Instant::now();
        assert_eq!(trap(&Reading::of(text), &Reading::of(text)), None);
        let other = format!("{text} zebra quagga");
        let _ = trap(&Reading::of(text), &Reading::of(&other));
        let reversed: Vec<&str> = text.split(' ').rev().collect();
        let _ = trap(&Reading::of(text), &Reading::of(&reversed.join(" ")));
        start.elapsed().as_secs_f64()
    };
    for part in [
        "turn ",
        "[A_",
        "'",
        "\"",
        "` ",
        "a b ",
        "wordy text of many words ",
        "1 ",
        "x.",
        "[[",
        "é",
        "(((",
    ] {
        let times = [4 * 1024, 32 * 1024].map(|size| seconds(&part.repeat(size / part.len())));
        // Eight times the length; a square would take 64 times as long. Short times say nothing.
        assert!(times[1] < 32.0 * times[0].max(0.005), "{part:?}: {times:?} s");
    }
}
