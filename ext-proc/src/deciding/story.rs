//! What a decision went through, for people: the service keeps it for a while, and its console tells it step by step.
//!
//! It holds names of the configuration, counts, and words of ours. Nothing that a client has sent is in it.

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::routing::{Routing, Strategy};

use super::{
    Deciding,
    bid::{Bid, Part},
};
use crate::{
    plan::{Planned, Reason, Turn},
    receipt::Unit,
    store::{Refused, Standing},
    verdict::Verdict,
};

/// Most steps that are kept of one decision. There are more only if one target after the other turns out to be full.
const MOST_STEPS: usize = 24;

/// What a decision went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// The alias that was asked for; empty if there is none of that name.
    pub asked: String,
    /// The alias that was decided on.
    pub served: String,
    /// Input tokens, as counted.
    pub input: Tokens,
    /// The most output tokens.
    pub output: Tokens,
    /// In the order in which they were taken.
    pub steps: Vec<Step>,
    /// The plan that was made last; none if it did not come to that.
    pub plan: Option<PlanStory>,
    /// What was decided.
    pub end: End,
}

/// One step of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The cache had this for it: a word.
    Cache(&'static str),
    /// A budget ran low, so that a cheaper alias took the place.
    Downgraded {
        /// The budget's name.
        budget: String,
        /// The dearer alias.
        from: String,
        /// The cheaper one.
        to: String,
    },
    /// A budget ran low, and no target of the cheaper alias could take the request.
    NotDowngraded {
        /// The cheaper alias.
        to: String,
    },
    /// All of these had enough.
    Reserved(Vec<Drawing>),
    /// This had not enough.
    Short(Drawing),
    /// The store did not answer, and this goes by `fail: closed`.
    Away(Drawing),
    /// It waited for room at this provider.
    Waited(String),
}

/// What was asked of one limit or budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// What it is.
    pub source: Source,
    /// Its name; of a provider's limit, the provider's.
    pub name: String,
    /// The provider that it was asked for, if it is for one.
    pub provider: Option<String>,
    /// What is counted.
    pub unit: Unit,
    /// How much was asked for.
    pub amount: u64,
    /// How much there is in all.
    pub cap: u64,
    /// How much was taken already, or reserved.
    pub taken: u64,
}

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Source {
    Limit,
    Budget,
    Provider,
    Approval,
}

/// A plan, with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanStory {
    /// What decides about the order.
    pub strategy: Vec<Strategy>,
    /// In the order in which they are tried.
    pub targets: Vec<TargetStory>,
    /// Targets that were passed over, each with the reason.
    pub excluded: Vec<(String, String, String)>,
    /// Why the first gets the request, if not as usual.
    pub turn: Option<Turn>,
    /// Nothing but targets with open circuits was left, which are tried nevertheless.
    pub last_resort: bool,
}

/// A target of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetStory {
    /// The provider.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// What a million tokens cost, of input and of output.
    pub price: Option<(MicroUsd, MicroUsd)>,
    /// The most that the request can cost there.
    pub estimate: Option<MicroUsd>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// It goes to the targets of the plan.
    #[default]
    Goes,
    /// The service answered.
    Answered {
        /// With this status.
        status: u16,
        /// Why, in a word.
        reason: &'static str,
    },
}

impl Story {
    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        let steps = self.steps.iter().map(|step| match step {
            Step::Reserved(drawings) => drawings.iter().map(Drawing::weight).sum(),
            Step::Short(drawing) | Step::Away(drawing) => drawing.weight(),
            Step::Downgraded { budget, from, to } => budget.len() + from.len() + to.len(),
            Step::NotDowngraded { to } => to.len(),
            Step::Waited(provider) => provider.len(),
            Step::Cache(_) => 0,
        });
        let plan = self.plan.as_ref().map_or(0, |plan| {
            let targets = plan.targets.iter();
            let targets =
                targets.map(|target| target.provider.len() + target.model.len() + size_of::<TargetStory>());
            let excluded = plan.excluded.iter();
            let excluded = excluded.map(|(provider, model, reason)| {
                provider.len() + model.len() + reason.len() + 3 * size_of::<String>()
            });
            targets.chain(excluded).sum::<usize>()
        });
        let own =
            size_of::<Self>() + self.asked.len() + self.served.len() + self.steps.len() * size_of::<Step>();
        own + steps.sum::<usize>() + plan
    }
}

impl Drawing {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.provider.as_ref().map_or(0, String::len)
    }
}

impl Deciding {
    /// What it went through, once `verdict` is what it came to.
    pub fn story(&self, verdict: &Verdict) -> Story {
        let known = |alias: &str| self.snapshot.routing(alias).map(|_| alias.to_owned());
        let asked = self.needs.model.as_deref().and_then(known);
        let routing = self.snapshot.routing(&self.alias);
        Story {
            asked: asked.unwrap_or_default(),
            served: routing.map(|routing| routing.alias.clone()).unwrap_or_default(),
            input: self.input,
            output: self.output,
            steps: self.steps.clone(),
            plan: routing
                .zip(self.planned.as_ref())
                .map(|(routing, planned)| self.plan_story(routing, planned)),
            end: match verdict {
                Verdict::Go { .. } => End::Goes,
                Verdict::Reply { reply, .. } => End::Answered {
                    status: reply.status,
                    reason: reply.details,
                },
            },
        }
    }

    fn plan_story(&self, routing: &Routing, planned: &Planned) -> PlanStory {
        let targets = planned.targets.iter().filter_map(|index| {
            let priced = self.priced(routing, *index)?;
            let price =
                self.snapshot
                    .money
                    .price(&priced.provider, &priced.model, self.input, self.needs.images);
            Some(TargetStory {
                price: price.map(|price| (price.input, price.output)),
                estimate: priced.estimate,
                provider: priced.provider,
                model: priced.model,
            })
        });
        let excluded = planned.excluded.iter().filter_map(|(index, reason)| {
            let route = routing.targets.get(*index)?;
            Some((route.provider.clone(), route.model.clone(), told(reason)))
        });
        PlanStory {
            strategy: routing.strategy.clone(),
            targets: targets.collect(),
            excluded: excluded.collect(),
            turn: planned.turn,
            last_resort: planned.last_resort,
        }
    }

    pub(super) fn note(&mut self, step: Step) {
        if self.steps.len() < MOST_STEPS {
            self.steps.push(step);
        }
    }

    /// Notes how the store has answered to `bid`.
    pub(super) fn note_answer(&mut self, bid: &Bid, result: Result<&[Standing], &Refused>) {
        let step = match result {
            Ok(standings) => {
                let mut drawings = Vec::with_capacity(standings.len());
                for (index, standing) in standings.iter().enumerate() {
                    drawings.extend(self.drawing(bid, index, *standing));
                }
                if drawings.is_empty() {
                    return;
                }
                Step::Reserved(drawings)
            }
            // Whoever waits asks again and again.
            Err(Refused::Short { .. }) if self.steps.iter().any(|step| matches!(step, Step::Waited(_))) => {
                return;
            }
            Err(Refused::Short { claim, standings }) => {
                let standing = standings.get(*claim).copied().unwrap_or_default();
                match self.drawing(bid, *claim, standing) {
                    Some(drawing) => Step::Short(drawing),
                    None => return,
                }
            }
            Err(Refused::Away { claim }) => match self.drawing(bid, *claim, Standing::default()) {
                Some(drawing) => Step::Away(drawing),
                None => return,
            },
        };
        self.note(step);
    }

    fn drawing(&self, bid: &Bid, index: usize, standing: Standing) -> Option<Drawing> {
        let taken = standing.used.saturating_add(standing.held);
        Some(match bid.part(index) {
            Part::Limit(drawn) => Drawing {
                source: Source::Limit,
                name: drawn.name.clone(),
                provider: None,
                unit: drawn.held.unit,
                amount: drawn.claim.amount,
                cap: drawn.claim.cap,
                taken,
            },
            Part::Provider(drawn) => Drawing {
                source: Source::Provider,
                name: drawn.name.clone(),
                provider: drawn.held.provider.clone(),
                unit: drawn.held.unit,
                amount: drawn.claim.amount,
                cap: drawn.claim.cap,
                taken,
            },
            Part::Budget(claim) => {
                let budget = self.snapshot.money.budget(claim.budget)?;
                Drawing {
                    source: Source::Budget,
                    name: budget.name.clone(),
                    provider: claim.provider.clone(),
                    unit: Unit::Money,
                    amount: claim.claim.amount,
                    cap: budget.amount.0,
                    taken,
                }
            }
            Part::Approval => Drawing {
                source: Source::Approval,
                name: String::new(),
                provider: None,
                unit: Unit::Requests,
                amount: 1,
                cap: 1,
                taken,
            },
        })
    }
}

/// The reason, without the region that the caller has brought along.
fn told(reason: &Reason) -> String {
    match reason {
        Reason::Region { has: Some(has), .. } => {
            format!("region {has}, and its requests must stay elsewhere")
        }
        Reason::Region { has: None, .. } => "region unknown, and its requests must stay somewhere".to_owned(),
        reason => reason.to_string(),
    }
}
