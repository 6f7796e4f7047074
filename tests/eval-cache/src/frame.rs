//! Frames: what can be asked in many ways, about many things.
//!
//! `data/*.yaml` has a list of them for each field of life. `ask` are ways to ask for the same thing. A slot in them is
//! filled with one of its values: `kind: value | value`, and what is asked with another value is a near miss of that kind.
//! `twists` are near misses of other kinds: the same slots, another question. `swap` names two slots whose values
//! make a near miss when they change places. An `answer` is what a provider says; it mentions each slot.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;

use crate::change::Change;

/// The fields, and their frames.
const FIELDS: &[(&str, &str)] = &[
    ("coding", include_str!("../data/coding.yaml")),
    ("cooking", include_str!("../data/cooking.yaml")),
    ("finance", include_str!("../data/finance.yaml")),
    ("knowledge", include_str!("../data/knowledge.yaml")),
    ("medicine", include_str!("../data/medicine.yaml")),
    ("shop", include_str!("../data/shop.yaml")),
    ("support", include_str!("../data/support.yaml")),
    ("travel", include_str!("../data/travel.yaml")),
];

/// A frame.
#[derive(Debug)]
pub struct Frame {
    /// `field/frame`.
    pub name: String,
    pub slots: Vec<Slot>,
    pub asked: Asked,
    pub twists: Vec<(Change, Asked)>,
    /// The indices of two slots.
    pub swap: Option<(usize, usize)>,
}

/// What differs from one question of a frame to another.
#[derive(Debug)]
pub struct Slot {
    pub name: String,
    pub kind: Change,
    pub values: Vec<String>,
}

/// Ways to ask, and what is answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub ask: Vec<String>,
    pub answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrame {
    id: String,
    slots: BTreeMap<String, String>,
    ask: Vec<String>,
    answer: String,
    #[serde(default)]
    twists: BTreeMap<Change, Asked>,
    #[serde(default)]
    swap: Vec<String>,
}

/// All frames.
pub fn all() -> anyhow::Result<Vec<Frame>> {
    let mut frames = Vec::new();
    for (field, data) in FIELDS {
        let raw: Vec<RawFrame> = serde_saphyr::from_str(data).with_context(|| (*field).to_owned())?;
        for raw in raw {
            let name = format!("{field}/{}", raw.id);
            frames.push(Frame::parse(name.clone(), raw).context(name)?);
        }
    }
    Ok(frames)
}

/// A text with the values of slots in it.
pub fn fill(text: &str, slots: &[Slot], values: &[&str]) -> String {
    slots
        .iter()
        .zip(values)
        .fold(text.to_owned(), |text, (slot, value)| {
            text.replace(&slot.place(), value)
        })
}

impl Frame {
    fn parse(name: String, raw: RawFrame) -> anyhow::Result<Self> {
        let slots = raw
            .slots
            .into_iter()
            .map(|(name, slot)| Slot::parse(name, &slot))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let index = |wanted: &String| {
            slots
                .iter()
                .position(|slot| slot.name == *wanted)
                .ok_or_else(|| anyhow!("no slot {wanted}"))
        };
        let swap = match &*raw.swap {
            [] => None,
            [one, other] => Some((index(one)?, index(other)?)),
            _ => bail!("two slots change places"),
        };
        let asked = Asked {
            ask: raw.ask,
            answer: raw.answer,
        };
        let mut twists: Vec<_> = raw.twists.into_iter().collect();
        for (change, twist) in std::iter::once((None, &asked)).chain(twists.iter().map(|(c, t)| (Some(c), t)))
        {
            twist.check(&slots, change.is_some())?;
        }
        twists.sort_by_key(|(change, _)| *change);
        Ok(Self {
            name,
            slots,
            asked,
            twists,
            swap,
        })
    }
}

impl Slot {
    fn parse(name: String, slot: &str) -> anyhow::Result<Self> {
        let (kind, values) = slot.split_once(": ").context("a slot has a kind")?;
        let kind = serde_json::from_value(kind.into())?;
        let values: Vec<String> = values.split(" | ").map(str::to_owned).collect();
        if values.len() < 2 {
            bail!("slot {name} has fewer than two values");
        }
        Ok(Self { name, kind, values })
    }

    /// How it is written in a text.
    pub fn place(&self) -> String {
        format!("{{{}}}", self.name)
    }
}

impl Asked {
    /// A question that lacks a slot would be the same for each of its values.
    fn check(&self, slots: &[Slot], is_twist: bool) -> anyhow::Result<()> {
        if self.ask.len() < 4 && !is_twist {
            bail!("fewer than four ways to ask");
        }
        for ask in &self.ask {
            if let Some(slot) = slots.iter().find(|slot| !ask.contains(&slot.place())) {
                bail!("{ask:?} lacks {}", slot.name);
            }
            if slots
                .iter()
                .fold(ask.clone(), |ask, slot| ask.replace(&slot.place(), ""))
                .contains(['{', '}'])
            {
                bail!("{ask:?} has a slot that there is not");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_frames_of_all_fields_and_near_misses_of_all_kinds() {
        let frames = all().unwrap();
        assert!(frames.len() > 100);
        let mut kinds: Vec<Change> = frames
            .iter()
            .flat_map(|frame| {
                let slots = frame.slots.iter().map(|slot| slot.kind);
                slots.chain(frame.twists.iter().map(|(change, _)| *change))
            })
            .collect();
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), 12, "{kinds:?}");
    }

    #[test]
    fn values_take_the_places_of_slots() {
        let slot = |name: &str| Slot {
            name: name.to_owned(),
            kind: Change::Name,
            values: Vec::new(),
        };
        let slots = [slot("a"), slot("b")];
        assert_eq!(fill("{b} to {a}, {b}", &slots, &["x", "y"]), "y to x, y");
    }
}
