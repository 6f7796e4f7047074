use super::*;

const ENTITY: Entity = Entity::NlBsn;
const OTHER: Entity = Entity::CaSin;
const BASE: Score = Score(50);

fn words() -> Words {
    let mut words = Words::default();
    words.add(
        ENTITY,
        [
            "bsn",
            "birth",
            "número",
            "паспорт",
            "身份证",
            "身份证号码",
            "주민번호",
        ],
        ["order", "订单"],
    );
    words.add(OTHER, ["sin"], ["birth"]);
    words.add(OTHER, ["bsnOrder"], []);
    words
}

/// The words that are heard in one word.
fn heard(word: &str) -> Vec<usize> {
    let mut heard = Vec::new();
    match word.as_bytes()[0] < FIRST_IDEOGRAPH {
        true => words().hear(word.as_bytes(), 0, &mut heard),
        false => words().hear_ideographs(word.as_bytes(), 0, &mut heard),
    }
    heard.iter().map(|heard| heard.at).collect()
}

#[test]
fn words_are_heard_in_any_case_and_within_names() {
    for (word, places) in [
        ("bsn", vec![0]),
        ("BSN", vec![0]),
        ("dateOfBirth", vec![6]),
        ("DateOfBirth", vec![6]),
        ("BSNNumber", vec![0]),
        ("userBSN", vec![4]),
        ("birthOrder", vec![0, 5]),
        ("bsnOrder", vec![0, 0, 3]),
        ("número", vec![0]),
        ("NÚMERO", vec![0]),
        ("Паспорт", vec![0]),
        ("bsns", vec![]),
        ("reorder", vec![]),
        ("birthday", vec![]),
        ("numero", vec![]),
    ] {
        assert_eq!(heard(word), places, "{word}");
    }
    assert_eq!(heard(&"b".repeat(1 << 20)), [0; 0]);
}

#[test]
fn words_without_spaces_are_heard_wherever_they_stand() {
    assert_eq!(heard("他的身份证号码是"), [6]);
    assert_eq!(heard("身份证订单"), [0, 9]);
    assert_eq!(heard("주민번호는"), [0]);
    assert_eq!(heard("身份"), [0; 0]);
}

/// How the number in a text, which is in double brackets, is judged in a field of this name.
#[track_caller]
fn judged(text: &str, name: &str, expected: Score) {
    let listen = |text: &str| {
        let mut heard = Vec::new();
        let is_letter = |character: char| character.is_alphabetic();
        for (at, _) in text.match_indices(is_letter) {
            let starts = text[..at]
                .chars()
                .next_back()
                .is_none_or(|before| !is_letter(before));
            let len = text[at..]
                .find(|character| !is_letter(character))
                .unwrap_or(text.len() - at);
            if starts
                && text[at..]
                    .chars()
                    .next()
                    .is_some_and(|first| u32::from(first) < 0x3000)
            {
                words().hear(&text.as_bytes()[at..at + len], at, &mut heard);
            }
        }
        heard
    };
    let start = text.find("[[").unwrap();
    let end = text.find("]]").unwrap() - 2;
    let text = text.replace("[[", "").replace("]]", "");
    let (heard, named) = (listen(&text), listen(name));
    let seen = Text::new(&text);
    let around = Around {
        text: &seen,
        heard: &heard,
        named: words().meaning(name.as_bytes(), &named),
    };
    let score = around.judge(BASE, ENTITY, start..end, Column::Unnamed);
    assert_eq!(score, expected, "{text}");
}

#[test]
fn words_in_front_decide_then_the_name_then_those_behind() {
    let (raised, lowered) = (BASE.raised(), BASE.lowered());
    for (text, name, expected) in [
        ("[[12345]]", "", BASE),
        ("bsn: [[12345]]", "", raised),
        ("order: [[12345]]", "", lowered),
        ("bsn [[12345]] order", "order", raised),
        ("order [[12345]] bsn", "bsn", lowered),
        ("[[12345]] bsn and order", "", raised),
        ("[[12345]] order and bsn", "", lowered),
        ("[[12345]] order", "bsn", raised),
        ("[[12345]] bsn", "bsn order", lowered),
    ] {
        judged(text, name, expected);
    }
}

#[test]
fn in_one_clause_a_word_that_speaks_for_it_beats_one_against_it() {
    let (raised, lowered) = (BASE.raised(), BASE.lowered());
    for (text, expected) in [
        ("The BSN on the order was [[12345]]", raised),
        ("The order has the BSN [[12345]]", raised),
        ("Order 77777, BSN [[12345]]", raised),
        ("BSN 77777, order [[12345]]", lowered),
        ("BSN 77777, [[12345]]", BASE),
        ("BSN order [[12345]]", lowered),
        ("BSN order no. [[12345]]", lowered),
        ("BSN and order [[12345]]", lowered),
        ("BSN call about order number [[12345]]", lowered),
        ("BSN call about order in number [[12345]]", raised),
        ("BSN from 1990 and [[12345]]", raised),
        ("BSN 987-65, [[12345]]", BASE),
        ("BSN is known. The order is [[12345]]", lowered),
        ("I have a BSN. It is [[12345]]", raised),
        ("The order was shipped. [[12345]]", BASE),
        ("Order no. [[12345]]", lowered),
        ("BSN\n[[12345]]", raised),
        ("order\n\nx [[12345]]", BASE),
    ] {
        judged(text, "", expected);
    }
}

#[test]
fn behind_only_the_same_clause_counts_and_no_label_of_another_value() {
    let (raised, lowered) = (BASE.raised(), BASE.lowered());
    for (text, expected) in [
        ("[[12345]] is my bsn", raised),
        ("[[12345]] (order)", lowered),
        ("[[12345]]\norder", BASE),
        ("[[12345]]. The order", BASE),
        ("[[12345]], order: 7", BASE),
        ("[[12345]] bsn=7", BASE),
        ("[[12345]] order 7", BASE),
    ] {
        judged(text, "", expected);
    }
}

#[test]
fn words_far_away_and_of_other_kinds_do_not_count() {
    let far = "x".repeat(80);
    judged(&format!("bsn {far}[[12345]]"), "", BASE);
    judged(&format!("[[12345]]{far} bsn"), "", BASE);
    judged("bsn sin [[12345]]", "", BASE.raised());
    // It lowers another kind, and raises this.
    judged("birth [[12345]]", "", BASE.raised());
}

#[test]
fn letters_with_points_between_them_are_a_word() {
    let mut heard = Vec::new();
    let text = Text::new("the B.S.N. of");
    words().hear_pointed(&text, 4, &mut heard);
    words().hear_pointed(&text, 6, &mut heard);
    words().hear_pointed(&text, 11, &mut heard);
    assert_eq!(heard.iter().map(|heard| heard.at).collect::<Vec<_>>(), [4]);
}

#[test]
fn the_parts_of_a_name_are_words_and_make_words() {
    let mut words = Words::default();
    words.add(ENTITY, ["taxid"], ["tax", "orderno"]);
    words.add(OTHER, ["id"], ["customertaxid"]);
    let says = |name: &str| {
        let (text, mut heard) = (name.to_lowercase(), Vec::new());
        for part in text.split(['_', ' ', '-']) {
            words.hear(part.as_bytes(), 0, &mut heard);
        }
        let meaning = words.meaning(name.as_bytes(), &heard);
        (meaning.raises(ENTITY), meaning.raises(OTHER))
    };
    for (name, expected) in [
        ("tax", (Some(false), None)),
        ("tax_id", (Some(true), Some(true))),
        ("Tax ID", (Some(true), Some(true))),
        ("tax - id", (Some(true), Some(true))),
        ("customer tax id", (Some(true), Some(false))),
        ("a tax id of theirs", (Some(true), Some(true))),
        ("id tax", (Some(false), Some(true))),
        ("order_no", (Some(false), None)),
        ("id", (None, Some(true))),
        ("", (None, None)),
    ] {
        assert_eq!(says(name), expected, "{name}");
    }
}
