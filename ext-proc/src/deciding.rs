//! The decision about one request, as a state machine: what it needs to know next, and at the end a [`Verdict`].
//!
//! It asks no store and reads no clock. Each [`Next`] says what the shell is to find out, and the answer goes in through
//! the method of the same name. However the store answers, it comes to an end: every refusal takes a target out of the
//! plan, an alias down to a cheaper one, or ends the request.

mod bid;
mod bidding;
mod downgrading;
mod pricing;
mod recalling;
mod sketch;
pub mod story;

use std::sync::Arc;

use penstock_chat::{MicroUsd, Tokens};
use penstock_flow::LocalReply;
use penstock_plan::{Chosen, Decision, Lookup};
use penstock_translate::{
    error::{ApiError, ErrorKind},
    request::InvalidRequest,
};

use self::bid::Bid;
pub use self::sketch::Sketch;
use self::story::Step;
use crate::{
    cache::Wanted,
    caller::Caller,
    counting::{Counted, Counting},
    keys,
    money::{BudgetClaim, DOWNGRADED, Priced},
    plan::{HealthView, Needs, Planned, Reason},
    receipt::Receipt,
    session::Question,
    snapshot::Snapshot,
    store::{Account, Claim},
    verdict::Verdict,
};

/// What the shell is to do next.
#[derive(Debug)]
pub enum Next {
    /// To ask the cache: [`Deciding::recalled`].
    Recall,
    /// To count the question's body: [`Deciding::counted`].
    Count(Arc<Counting>),
    /// To say how these accounts stand: [`Deciding::looked`].
    Look(Vec<Account>),
    /// To reserve all of these, or none: [`Deciding::reserved`].
    Reserve(Vec<Claim>),
    /// To wait until there may be room at a provider: [`Deciding::waited`].
    Wait(Room),
    /// To tell what is known, since the request is only asked about: [`Deciding::sketch`].
    Tell,
    /// Nothing more.
    Done(Box<Verdict>),
}

/// Room at a provider that a request waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The provider.
    pub provider: String,
    /// The model that the limit is for, if it is for one.
    pub model: Option<String>,
    /// When there may be some.
    pub retry_ms: u64,
}

/// The decision about one request.
#[derive(Debug)]
pub struct Deciding {
    snapshot: Arc<Snapshot>,
    question: Box<Question>,
    needs: Needs,
    input: Tokens,
    output: Tokens,
    alias: String,
    /// The budget that has asked for a cheaper alias.
    downgraded_by: Option<usize>,
    /// Aliases that were looked at whether a budget asks for a cheaper one.
    looked: usize,
    barred: Vec<(usize, Reason)>,
    /// Where there may be room soonest, of the providers that have none now.
    room: Option<Room>,
    draw: u64,
    now_ms: u64,
    /// What the cache had for it, if it was asked.
    lookup: Option<Lookup>,
    /// What is to become of the answer.
    wanted: Option<Box<Wanted>>,
    /// What it went through, for people.
    steps: Vec<Step>,
    /// The plan that was made last.
    planned: Option<Planned>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Recalling,
    Counting,
    Looking(Vec<BudgetClaim>),
    Reserving(Box<Bid>),
    Waiting,
    Over,
}

impl Deciding {
    /// Starts on a question. `draw` is random.
    pub fn start(
        snapshot: Arc<Snapshot>,
        question: Box<Question>,
        health: &impl HealthView,
        draw: u64,
        now_ms: u64,
    ) -> (Self, Next) {
        let needs = Needs::read(&question.body, &question.caller);
        let mut deciding = Self {
            alias: needs.model.clone().unwrap_or_default(),
            input: question.input.unwrap_or_default(),
            output: question.output.unwrap_or_default(),
            snapshot,
            question,
            needs,
            downgraded_by: None,
            looked: 0,
            barred: Vec::new(),
            room: None,
            draw,
            now_ms,
            lookup: None,
            wanted: None,
            steps: Vec::new(),
            planned: None,
            stage: Stage::Over,
        };
        let next = match deciding.admit() {
            Err(reply) => deciding.refuse(*reply),
            Ok(()) => deciding.recall(health),
        };
        (deciding, next)
    }

    fn count(&mut self, health: &impl HealthView) -> Next {
        if self.question.input.is_some() && self.question.output.is_some() {
            return self.look(health);
        }
        self.stage = Stage::Counting;
        Next::Count(self.snapshot.counting(&self.alias))
    }

    /// What the question's body takes. Where the proxy has counted, that holds.
    pub fn counted(&mut self, counted: Result<Counted, InvalidRequest>, health: &impl HealthView) -> Next {
        let Stage::Counting = std::mem::replace(&mut self.stage, Stage::Over) else {
            return self.confused();
        };
        let counted = match counted {
            Ok(counted) => counted,
            Err(invalid) => return self.refuse(self.question.client.refuse_invalid(invalid)),
        };
        self.input = self.question.input.unwrap_or(counted.input);
        self.output = self.question.output.unwrap_or(counted.output);
        self.look(health)
    }

    /// The question that is decided.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Milliseconds that what is reserved is held without a settlement.
    pub fn hold_ms(&self) -> u64 {
        self.snapshot.hold_ms(&self.alias)
    }

    /// What it says of the request before anything about targets is asked.
    fn admit(&self) -> Result<(), Box<LocalReply>> {
        let client = &self.question.client;
        if self.needs.model.is_none() {
            return Err(Box::new(client.refuse_invalid(self.without_model())));
        }
        if self.snapshot.routing(&self.alias).is_none() {
            return Err(Box::new(client.refuse_model(&self.alias)));
        }
        if !self.question.caller.may_use(&self.alias) {
            return Err(Box::new(keys::refuse_model(client, &self.alias)));
        }
        Ok(())
    }

    /// What is wrong with a request that names no model.
    fn without_model(&self) -> InvalidRequest {
        let Question { client, body, .. } = &*self.question;
        let counted = self.snapshot.counting("").count(client.dialect, body);
        counted.err().unwrap_or_else(|| InvalidRequest {
            field: Some("model".to_owned()),
            message: "must be the name of a model".to_owned(),
            code: None,
        })
    }

    fn go(&mut self, bid: Bid, health: &impl HealthView) -> Next {
        let snapshot = Arc::clone(&self.snapshot);
        let Some(routing) = snapshot.routing(&self.alias) else {
            return self.confused();
        };
        // A turn is taken by the request that goes, and the order is the same unless another was faster.
        let planned = match bid.planned.turn {
            Some(_) => {
                let claimed = self.plan(routing, health, true);
                if claimed.targets.is_empty() {
                    bid.planned
                } else {
                    claimed
                }
            }
            None => bid.planned,
        };
        self.planned = Some(planned.clone());
        let targets = planned.targets.iter().filter_map(|index| {
            let route = routing.targets.get(*index)?;
            Some(Chosen {
                provider: route.provider.clone(),
                model: route.model.clone(),
                price: snapshot
                    .money
                    .price(&route.provider, &route.model, self.input, self.needs.images),
            })
        });
        let decision = Decision {
            alias: self.alias.clone(),
            targets: targets.collect(),
            policy_version: snapshot.policy_version().to_owned(),
            cache: self.lookup,
        };
        let wanted = self.wanted();
        let mut receipt = self.receipt();
        receipt.wanted = wanted.as_ref().map(|wanted| wanted.key.clone());
        receipt.estimate = dearest(&bid.priced);
        receipt.held = bid
            .limits
            .iter()
            .map(|drawn| drawn.held.clone())
            .chain(bid.budgets.iter().map(BudgetClaim::held))
            .chain(bid.provider.iter().map(|drawn| drawn.held.clone()))
            .collect();
        Next::Done(Box::new(Verdict::Go {
            decision: Box::new(decision),
            receipt: Box::new(receipt),
            wanted,
        }))
    }

    fn receipt(&self) -> Receipt {
        Receipt {
            asked: self.needs.model.clone().unwrap_or_default(),
            served: self.alias.clone(),
            reason: self.downgraded_by.map(|_| DOWNGRADED.to_owned()),
            input_tokens: self.input.0,
            output_tokens: self.output.0,
            stream: self.needs.stream,
            images: self.needs.images,
            policy_version: self.snapshot.policy_version().to_owned(),
            caller: self.unkeyed_caller(),
            cache: self.lookup.map(|lookup| lookup.as_str().to_owned()),
            ..Receipt::default()
        }
    }

    /// What the access log would not tell of who asks. A list of models may be long, and has done its work.
    fn unkeyed_caller(&self) -> Option<Caller> {
        self.snapshot.config.keys.is_none().then(|| Caller {
            models: None,
            ..(*self.question.caller).clone()
        })
    }

    fn refuse(&mut self, reply: LocalReply) -> Next {
        self.stage = Stage::Over;
        let mut receipt = self.receipt();
        // Whoever asks for a model that is not there may have sent anything as its name.
        if self.snapshot.routing(&receipt.asked).is_none() {
            receipt.asked = String::new();
            receipt.served = String::new();
        }
        receipt.reason = Some(reply.details.to_owned());
        Next::Done(Box::new(Verdict::Reply {
            reply,
            receipt: Some(Box::new(receipt)),
        }))
    }

    /// An answer to what was not asked, which is a mistake of ours.
    fn confused(&mut self) -> Next {
        let error = ApiError::new(ErrorKind::Internal, "the gateway failed");
        let reply = self.question.client.refuse(&error, "internal");
        self.refuse(reply)
    }
}

fn dearest(priced: &[Priced]) -> MicroUsd {
    priced
        .iter()
        .filter_map(|target| target.estimate)
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
