//! Makes the traffic: questions about the same thing in different ways, and near misses, in any order.

use std::collections::HashSet;

use crate::change::Change;
use crate::frame::{self, Asked, Frame};
use crate::phrase;
use crate::question::{Coming, Origin, Question};
use crate::random::Random;

/// How many ways of asking each thing there are, of those of its frame.
const WAYS: usize = 4;
/// How many near misses each thing has.
const NEAR: usize = 2;

/// Two parts that share no frame, hence neither things nor ways to ask.
pub struct Traffic {
    /// What the threshold is measured on.
    pub calibration: Vec<Question>,
    /// What figures are taken from.
    pub held_out: Vec<Question>,
}

/// Traffic about at most `things` things of each frame.
pub fn traffic(seed: u64, things: usize) -> anyhow::Result<Traffic> {
    let (mut calibration, mut held_out) = (Vec::new(), Vec::new());
    for (index, frame) in frame::all()?.iter().enumerate() {
        // Each frame has choices of its own, so that a change in one changes no other.
        let mut random = Random::seeded(seed ^ hash(&frame.name));
        let part = if index % 2 == 0 {
            &mut calibration
        } else {
            &mut held_out
        };
        questions(&mut random, frame, things, part);
    }
    for (index, part) in [&mut calibration, &mut held_out].into_iter().enumerate() {
        let mut seen = HashSet::new();
        // The same text again would be an exact hit, of which nothing is to be learned here.
        part.retain(|question| seen.insert(question.text.clone()));
        Random::seeded(seed.wrapping_add(index as u64)).shuffle(part);
    }
    Ok(Traffic {
        calibration,
        held_out,
    })
}

/// FNV-1a, which is the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn questions(random: &mut Random, frame: &Frame, things: usize, questions: &mut Vec<Question>) {
    let mut fills = fills(frame);
    random.shuffle(&mut fills);
    for values in fills.iter().take(things) {
        let mut ways: Vec<&str> = frame.asked.ask.iter().map(String::as_str).collect();
        random.shuffle(&mut ways);
        for way in ways.iter().take(WAYS) {
            let text = phrase::vary(random, way);
            questions.push(question(frame, &frame.asked, &text, values, Origin::Own));
        }
        let intent = intent(frame, &frame.asked, values);
        for _ in 0..NEAR {
            let way = ways.get(random.below(WAYS)).copied().unwrap_or_default();
            questions.push(near(random, frame, way, values, &intent));
        }
    }
}

/// Everything the frame can be about.
fn fills(frame: &Frame) -> Vec<Vec<&str>> {
    let mut fills = vec![Vec::new()];
    for slot in &frame.slots {
        fills = fills
            .iter()
            .flat_map(|fill: &Vec<&str>| {
                // Nothing is converted into itself.
                let values = slot.values.iter().filter(|value| !fill.contains(&value.as_str()));
                values.map(|value| [fill.as_slice(), &[value.as_str()]].concat())
            })
            .collect();
    }
    fills
}

/// A question that differs from one about `values` in one thing.
fn near(random: &mut Random, frame: &Frame, way: &str, values: &[&str], of: &str) -> Question {
    let choices = frame.slots.len() + frame.twists.len() + usize::from(frame.swap.is_some());
    let choice = random.below(choices);
    let origin = |change: Change| Origin::Near {
        change: change.name().to_owned(),
        of: of.to_owned(),
    };
    let mut values = values.to_vec();
    if let Some(slot) = frame.slots.get(choice) {
        let mut others: Vec<&str> = slot.values.iter().map(String::as_str).collect();
        others.retain(|other| !values.contains(other));
        if let Some(value) = values.get_mut(choice) {
            *value = random.text(&others);
        }
        let way = phrase::vary(random, way);
        return question(frame, &frame.asked, &way, &values, origin(slot.kind));
    }
    if let Some((change, twist)) = frame.twists.get(choice - frame.slots.len()) {
        let ways: Vec<&str> = twist.ask.iter().map(String::as_str).collect();
        let way = random.text(&ways);
        // What is said in another language is not made polite in English.
        let way = match change {
            Change::Language => way.to_owned(),
            _ => phrase::vary(random, way),
        };
        return question(frame, twist, &way, &values, origin(*change));
    }
    if let Some((one, other)) = frame.swap {
        values.swap(one, other);
    }
    let way = phrase::vary(random, way);
    question(frame, &frame.asked, &way, &values, origin(Change::Operand))
}

fn question(frame: &Frame, asked: &Asked, way: &str, values: &[&str], origin: Origin) -> Question {
    let mut answer = frame::fill(&asked.answer, &frame.slots, values);
    for (slot, value) in frame.slots.iter().zip(values) {
        if !asked.answer.contains(&slot.place()) {
            answer = format!("{answer} ({}: {value})", slot.name);
        }
    }
    Question {
        text: frame::fill(way, &frame.slots, values),
        intent: intent(frame, asked, values),
        answer,
        origin,
        coming: Coming::Asked,
    }
}

/// Twists with the same answer ask for the same thing, as "without" and "free of" do.
fn intent(frame: &Frame, asked: &Asked, values: &[&str]) -> String {
    format!("{}: {} {values:?}", frame.name, asked.answer)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_traffic_again_and_another_seed_another() {
        let texts = |seed| traffic(seed, 2).unwrap().held_out;
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }

    #[test]
    fn the_set_is_large_and_its_parts_share_nothing() {
        let Traffic {
            calibration,
            held_out,
        } = traffic(1, 18).unwrap();
        let intents = |part: &[Question]| -> HashSet<String> {
            part.iter().map(|question| question.intent.clone()).collect()
        };
        let (one, other) = (intents(&calibration), intents(&held_out));
        assert!(one.len() + other.len() >= 1500);
        assert!(one.is_disjoint(&other));
    }

    #[test]
    fn a_near_miss_is_never_of_the_intent_it_is_near_to_and_no_place_is_left_unfilled() {
        let Traffic {
            calibration,
            held_out,
        } = traffic(1, 18).unwrap();
        let mut answers: HashMap<String, String> = HashMap::new();
        for question in calibration.into_iter().chain(held_out) {
            if let Origin::Near { of, .. } = &question.origin {
                assert_ne!(of, &question.intent, "{}", question.text);
            }
            assert!(!question.text.contains(['{', '}']), "{}", question.text);
            let intent = answers
                .entry(question.answer)
                .or_insert_with(|| question.intent.clone());
            assert_eq!(*intent, question.intent, "answers tell intents apart");
        }
    }
}
