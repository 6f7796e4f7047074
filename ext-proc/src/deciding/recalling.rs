//! What the cache has to do with a decision: it is asked first, and told what is to be kept.

use super::{Deciding, Next, Stage, story::Step};
use crate::{
    cache::{Recalled, Wanted},
    plan::HealthView,
    session::Purpose,
    verdict::Verdict,
};

impl Deciding {
    /// The alias that is asked for, or the cheaper one that is served.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Asks the cache, in front of all that an answer would cost.
    pub(super) fn recall(&mut self, health: &impl HealthView) -> Next {
        let keeps = |cache: &penstock_config::Cache| cache.policy(&self.alias).enabled;
        let is_asked =
            self.question.purpose == Purpose::Chat && self.snapshot.config.cache.as_ref().is_some_and(keeps);
        if !is_asked {
            return self.count(health);
        }
        self.stage = Stage::Recalling;
        Next::Recall
    }

    /// What the cache had.
    pub fn recalled(&mut self, recalled: Recalled, health: &impl HealthView) -> Next {
        let Stage::Recalling = std::mem::replace(&mut self.stage, Stage::Over) else {
            return self.confused();
        };
        match recalled {
            Recalled::Hit(hit) => {
                self.note(Step::Cache(hit.word));
                let mut receipt = self.receipt();
                receipt.cache = Some(hit.word.to_owned());
                Next::Done(Box::new(Verdict::Reply {
                    reply: hit.reply,
                    receipt: Some(Box::new(receipt)),
                }))
            }
            Recalled::Goes { lookup, wanted } => {
                self.note(Step::Cache(lookup.as_str()));
                self.lookup = Some(lookup);
                self.wanted = wanted;
                self.count(health)
            }
            Recalled::Off => self.count(health),
        }
    }

    /// Whether the cache was asked.
    pub fn was_recalled(&self) -> bool {
        self.lookup.is_some()
    }

    /// What is to become of the answer. That of another model than was asked for is not kept: it would be given to those
    /// who can afford better.
    pub(super) fn wanted(&mut self) -> Option<Box<Wanted>> {
        self.wanted.take().filter(|_| self.downgraded_by.is_none())
    }
}
