//! English questions that nobody has asked, and each in other words.
//!
//! They are made from few words, so that they are nearer to one another than those of real traffic: the harder case for
//! an index.

use std::collections::HashSet;

use penstock_bench_harness::random::Random;

/// Texts of the whole corpus.
pub const COUNT: usize = 100_000;
/// Texts in other words that are looked for.
pub const QUERIES: usize = 500;

/// The same question in two wordings. `{v}`: verb, `{a}`: adjective, `{n}`: noun, `{p}`: place, `{w}`: who, `{e}`: event.
const FRAMES: [[&str; 2]; 12] = [
    [
        "How do I {v} the {a} {n} {p}?",
        "What is the best way to {v} the {a} {n} {p}?",
    ],
    [
        "Why does the {a} {n} {p} stop working {e}?",
        "What is the reason that the {a} {n} {p} breaks {e}?",
    ],
    [
        "What does it cost to {v} a {a} {n} for {w}?",
        "How much do I have to pay to {v} a {a} {n} for {w}?",
    ],
    [
        "Who is allowed to {v} the {n} of {w} {e}?",
        "Which people may {v} the {n} of {w} {e}?",
    ],
    [
        "Can {w} {v} a {a} {n} {p}?",
        "Is it possible for {w} to {v} a {a} {n} {p}?",
    ],
    [
        "Where can {w} find the {a} {n} {p}?",
        "In which place is the {a} {n} {p} for {w}?",
    ],
    [
        "Explain how {w} should {v} a {a} {n} {e}.",
        "Tell me how a {a} {n} is to be handled by {w} who want to {v} it {e}.",
    ],
    [
        "How long does it take to {v} a {a} {n} {p}?",
        "How much time do I need to {v} a {a} {n} {p}?",
    ],
    [
        "What happens to the {a} {n} of {w} {e}?",
        "What becomes of the {a} {n} that belongs to {w} {e}?",
    ],
    [
        "Which {a} {n} is right for {w} {p}?",
        "What kind of {a} {n} should {w} choose {p}?",
    ],
    [
        "Give me three reasons to {v} a {a} {n} {e}.",
        "Name three arguments why one should {v} a {a} {n} {e}.",
    ],
    [
        "Is a {a} {n} safe for {w} {e}?",
        "Do {w} risk anything with a {a} {n} {e}?",
    ],
];

const VERBS: &str = "change repair install remove cancel order return clean compare configure copy delete describe \
    design export find import improve inspect measure move open paint pack plan print protect record rename replace \
    reset restore schedule share sort store test translate update upload wash";
const ADJECTIVES: &str = "old new broken cheap private public digital electric wooden small large annual weekly heavy \
    shared temporary secure modern foreign medical legal official portable automatic wireless frozen empty missing \
    second blue";
const NOUNS: &str = "password invoice contract laptop printer garden kitchen bicycle passport ticket database server \
    recipe camera window engine phone account battery report calendar mortgage insurance vaccine medicine piano guitar \
    novel painting bridge tunnel telescope router network firewall spreadsheet presentation website newsletter budget \
    salary pension loan warehouse package parcel truck tractor boat airplane helicopter satellite volcano river forest \
    horse dog cat rabbit bread cheese coffee wine soup salad shirt jacket shoe carpet lamp mirror mattress heater pump \
    valve pipe drill hammer ladder";
const PLACES: [&str; 24] = [
    "at home",
    "in the office",
    "in Germany",
    "in Japan",
    "in Brazil",
    "at the airport",
    "on a ship",
    "in a hospital",
    "at school",
    "in the cloud",
    "on a farm",
    "in the basement",
    "in a hotel",
    "near the coast",
    "in the mountains",
    "on the roof",
    "in a museum",
    "at the university",
    "in a factory",
    "on the internet",
    "in Canada",
    "in a small town",
    "at the border",
    "in the garage",
];
const PEOPLE: [&str; 20] = [
    "students",
    "teachers",
    "nurses",
    "engineers",
    "tourists",
    "children",
    "parents",
    "farmers",
    "lawyers",
    "pilots",
    "tenants",
    "managers",
    "new employees",
    "small companies",
    "older people",
    "artists",
    "athletes",
    "customers",
    "volunteers",
    "drivers",
];
const EVENTS: [&str; 20] = [
    "after an accident",
    "before the holidays",
    "during a storm",
    "after a long trip",
    "in winter",
    "after the update",
    "before an audit",
    "during the night",
    "after a divorce",
    "when it rains",
    "before moving house",
    "after the warranty ends",
    "during an exam",
    "in an emergency",
    "after retirement",
    "before a wedding",
    "when the power fails",
    "after the merger",
    "during a strike",
    "in summer",
];

/// The corpus, and texts that ask for some of it in other words.
pub struct Corpus {
    /// All different.
    pub stored: Vec<String>,
    /// None of them is stored.
    pub queries: Vec<String>,
}

/// The same each time.
pub fn corpus() -> Corpus {
    let mut random = Random::seeded(6);
    let mut seen = HashSet::new();
    let mut corpus = Corpus {
        stored: Vec::with_capacity(COUNT),
        queries: Vec::with_capacity(QUERIES),
    };
    while corpus.stored.len() < COUNT {
        let [stored, query] = pair(&mut random);
        if seen.insert(stored.clone()) {
            // All queries are about the first entries, so that fewer of these will do.
            if corpus.queries.len() < QUERIES {
                corpus.queries.push(query);
            }
            corpus.stored.push(stored);
        }
    }
    corpus
}

fn pair(random: &mut Random) -> [String; 2] {
    let mut words = |list: &'static str| {
        let words: Vec<&str> = list.split_whitespace().collect();
        random.pick(&words)
    };
    let [verb, adjective, noun] = [VERBS, ADJECTIVES, NOUNS].map(&mut words);
    let [place, people, event] = [random.pick(&PLACES), random.pick(&PEOPLE), random.pick(&EVENTS)];
    let number = random.below(FRAMES.len());
    let frame = FRAMES.get(number).copied().unwrap_or_default();
    frame.map(|wording| {
        [
            ("{v}", verb),
            ("{a}", adjective),
            ("{n}", noun),
            ("{p}", place),
            ("{w}", people),
            ("{e}", event),
        ]
        .into_iter()
        .fold(wording.to_owned(), |text, (slot, word)| text.replace(slot, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_query_is_stored_and_every_slot_is_filled() {
        let corpus = corpus();
        assert_eq!((corpus.stored.len(), corpus.queries.len()), (COUNT, QUERIES));
        let stored: HashSet<_> = corpus.stored.iter().collect();
        assert_eq!(stored.len(), COUNT);
        assert!(!corpus.queries.iter().any(|query| stored.contains(query)));
        assert!(
            !corpus
                .stored
                .iter()
                .chain(&corpus.queries)
                .any(|text| text.contains('{'))
        );
    }
}
