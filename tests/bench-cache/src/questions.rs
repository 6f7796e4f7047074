//! Questions of twelve words, and other words for each.

use bytes::Bytes;
use penstock_bench_harness::traffic::fixture;

const FIRST: &str = "How do I";
const OPENINGS: [&str; 5] = [
    "How can I",
    "How could I",
    "How should I",
    "How would I",
    "How might I",
];
const CLOSINGS: [&str; 2] = ["please", "thanks"];
const VERBS: [&str; 5] = ["change", "check", "share", "print", "archive"];
const THINGS: [&str; 6] = [
    "billing address",
    "delivery label",
    "signed contract",
    "monthly report",
    "contact list",
    "cover picture",
];
const PLACES: [&str; 4] = [
    "company account",
    "travel booking",
    "school project",
    "insurance claim",
];

/// Questions that differ in what they ask for.
pub const COUNT: usize = VERBS.len() * THINGS.len() * PLACES.len();
/// Ways to ask for the same in other words.
pub const WAYS: usize = OPENINGS.len() * CLOSINGS.len();

/// As it is asked first; none from [`COUNT`] on.
pub fn first(number: usize) -> Option<String> {
    Some(format!("{FIRST} {} please?", matter(number)?))
}

/// The same in other words; none from [`COUNT`] or [`WAYS`] on.
pub fn again(number: usize, way: usize) -> Option<String> {
    let opening = OPENINGS.get(way / CLOSINGS.len())?;
    let closing = CLOSINGS.get(way % CLOSINGS.len())?;
    Some(format!("{opening} {} {closing}?", matter(number)?))
}

/// The request that asks it.
pub fn request(question: &str) -> Bytes {
    fixture::request_of(question, false)
}

fn matter(number: usize) -> Option<String> {
    let verb = VERBS.get(number / (THINGS.len() * PLACES.len()))?;
    let thing = THINGS.get(number / PLACES.len() % THINGS.len())?;
    let place = PLACES.get(number % PLACES.len())?;
    Some(format!("{verb} the {thing} of my {place}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_questions_have_twelve_words_and_none_is_asked_twice() {
        let firsts = (0..COUNT).filter_map(first);
        let agains = (0..COUNT).flat_map(|number| (0..WAYS).filter_map(move |way| again(number, way)));
        let all: Vec<_> = firsts.chain(agains).collect();
        assert_eq!(all.len(), COUNT * (WAYS + 1));
        assert!(all.iter().all(|text| text.split(' ').count() == 12));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!((first(COUNT), again(0, WAYS)), (None, None));
    }
}
