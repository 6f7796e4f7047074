//! The cache at work: traffic goes through it, question by question.

use penstock_cache::judge::Judge;
use penstock_cache::threshold::{Measured, Terms};

use crate::question::{Coming, Origin, Question};
use crate::random::Random;
use crate::space::{Near, Space};
use crate::tally::{Fate, Missed, Tally};

/// How many of the nearest entries are asked of the store, for the first that the guards let pass.
const NEIGHBOURS: usize = 8;

/// Which entries may answer.
#[derive(Clone, Copy)]
pub struct Rules {
    /// The least cosine.
    pub threshold: f32,
    /// Whether guards are asked.
    pub guarded: bool,
}

struct Cache<'a> {
    space: &'a Space<'a>,
    guarded: bool,
    kept: Vec<bool>,
}

impl<'a> Cache<'a> {
    fn new(space: &'a Space<'a>, guarded: bool) -> Self {
        let kept = space
            .questions
            .iter()
            .map(|question| question.coming == Coming::Before);
        Self {
            space,
            guarded,
            kept: kept.collect(),
        }
    }

    fn keep(&mut self, index: usize) {
        if let Some(kept) = self.kept.get_mut(index) {
            *kept = true;
        }
    }

    /// What is kept near a question, the nearest first.
    fn entries(&self, asked: usize) -> impl Iterator<Item = Near> {
        let is_kept = |near: &&Near| self.kept.get(near.index).copied().unwrap_or_default();
        self.space.near(asked).iter().filter(is_kept).copied()
    }

    /// What answers a question if it is near enough.
    fn candidate(&self, asked: usize) -> Option<Near> {
        self.entries(asked)
            .take(NEIGHBOURS)
            .find(|near| !self.guarded || self.space.trap(asked, near.index).is_none())
    }

    /// Whether there is an entry of this intent.
    fn knows(&self, intent: &str) -> bool {
        let questions = self.space.questions.iter().zip(&self.kept);
        questions
            .into_iter()
            .any(|(question, kept)| *kept && question.intent == intent)
    }
}

/// Sends traffic through a cache that measures its error, as it would do in operation.
pub async fn measure(
    space: &Space<'_>,
    terms: Terms,
    judge: &impl Judge,
    random: &mut Random,
) -> anyhow::Result<Measured> {
    let mut cache = Cache::new(space, true);
    let mut measured = Measured::new(terms);
    for (asked, question) in space.questions.iter().enumerate() {
        if question.coming == Coming::Before {
            continue;
        }
        let candidate = cache.candidate(asked);
        let mut hits = false;
        if let Some((near, known)) = candidate.and_then(|near| Some((near, space.questions.get(near.index)?)))
        {
            if random.share() < measured.sample_rate(near.cosine) {
                let equal = is_same(judge, known, question).await?;
                measured.observe(near.cosine, equal);
            } else {
                hits = near.cosine >= measured.threshold();
                measured.pass(near.cosine);
            }
        }
        if !hits && question.coming == Coming::Asked {
            cache.keep(asked);
        }
    }
    Ok(measured)
}

async fn is_same(judge: &impl Judge, known: &Question, asked: &Question) -> anyhow::Result<bool> {
    if known.answer.is_empty() || asked.answer.is_empty() {
        return Ok(known.intent == asked.intent);
    }
    Ok(judge.same(&known.answer, &asked.answer).await?)
}

/// Sends traffic through a cache whose threshold stays as it is, and counts what becomes of it.
pub fn count<'a>(space: &'a Space<'a>, rules: Rules) -> Tally<'a> {
    let mut cache = Cache::new(space, rules.guarded);
    let mut tally = Tally::default();
    for (asked, question) in space.questions.iter().enumerate() {
        if question.coming == Coming::Before {
            continue;
        }
        let hit = cache
            .candidate(asked)
            .filter(|near| near.cosine >= rules.threshold);
        let is_known = cache.knows(&question.intent);
        let fate = match hit.and_then(|near| Some((near.cosine, space.questions.get(near.index)?))) {
            Some((_, known)) if known.intent == question.intent => Fate::Right,
            Some((cosine, known)) => Fate::Wrong { cosine, known },
            None if is_known => Fate::Missed(missed(&cache, asked, rules)),
            None => Fate::New,
        };
        let tempted = match &question.origin {
            Origin::Near { of, .. } => cache.knows(of),
            Origin::Own => false,
        };
        if hit.is_none() && question.coming == Coming::Asked {
            cache.keep(asked);
        }
        tally.add(question, fate, is_known, tempted);
    }
    tally
}

/// Why the right entry did not answer.
fn missed<'a>(cache: &Cache<'a>, asked: usize, rules: Rules) -> Missed<'a> {
    let questions = cache.space.questions;
    let intent = questions.get(asked).map(|question| &question.intent);
    let right = cache
        .entries(asked)
        .find(|near| questions.get(near.index).map(|known| &known.intent) == intent);
    let Some((near, known)) = right.and_then(|near| Some((near, questions.get(near.index)?))) else {
        return Missed {
            why: "far",
            cosine: 0.0,
            known: None,
        };
    };
    let trap = cache.space.trap(asked, near.index).filter(|_| rules.guarded);
    let why = match trap {
        _ if near.cosine < rules.threshold => "below threshold",
        Some(trap) => trap.as_str(),
        None => "crowded out",
    };
    Missed {
        why,
        cosine: near.cosine,
        known: Some(known),
    }
}
