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

#[track_caller]
fn judged(heard: &[(usize, &str)], named: &[&str], expected: Score) {
    let words = words();
    let mut around = Vec::new();
    heard
        .iter()
        .for_each(|(at, word)| words.hear(word.as_bytes(), *at, &mut around));
    let mut name = Vec::new();
    named
        .iter()
        .enumerate()
        .for_each(|(at, word)| words.hear(word.as_bytes(), at, &mut name));
    assert_eq!(judge(BASE, ENTITY, 100..110, &around, &name), expected);
}

#[test]
fn the_nearest_word_in_front_decides_then_the_name_then_the_nearest_behind() {
    let (raised, lowered) = (BASE.raised(), BASE.lowered());
    judged(&[], &[], BASE);
    judged(&[(90, "bsn")], &[], raised);
    judged(&[(90, "order")], &[], lowered);
    judged(&[(60, "order"), (90, "bsn"), (112, "order")], &["order"], raised);
    judged(&[(60, "bsn"), (90, "order"), (112, "bsn")], &["bsn"], lowered);
    judged(&[(112, "bsn"), (120, "order")], &[], raised);
    judged(&[(112, "order"), (120, "bsn")], &[], lowered);
    judged(&[(112, "order")], &["bsn"], raised);
    judged(&[(112, "bsn")], &["bsn", "order"], lowered);
}

#[test]
fn words_far_away_inside_and_of_other_kinds_do_not_count() {
    judged(&[(19, "bsn")], &[], BASE);
    judged(&[(20, "bsn")], &[], BASE.raised());
    judged(&[(150, "bsn")], &[], BASE.raised());
    judged(&[(151, "bsn")], &[], BASE);
    judged(&[(104, "bsn")], &[], BASE);
    judged(&[(80, "bsn"), (90, "sin")], &[], BASE.raised());
    // It lowers another kind, and raises this.
    judged(&[(90, "birth")], &[], BASE.raised());
}
