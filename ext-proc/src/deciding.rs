//! The decision about one request, as a state machine: what it needs to know next, and at the end a [`Verdict`].
//!
//! It asks no store and reads no clock. Each [`Next`] says what the shell is to find out, and the answer goes in through
//! the method of the same name. However the store answers, it comes to an end: every refusal takes a target out of the
//! plan, an alias down to a cheaper one, or ends the request.

mod bid;
mod recalling;
mod sketch;

use std::sync::Arc;

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::{Routing, routing::Route};
use penstock_flow::LocalReply;
use penstock_plan::{Chosen, Decision, Lookup};
use penstock_translate::{
    error::{ApiError, ErrorKind},
    request::InvalidRequest,
};

use self::bid::{Bid, Part};
pub use self::sketch::Sketch;
use crate::{
    cache::Wanted,
    caller::Caller,
    counting::{Counted, Counting},
    keys,
    limits::{self, Drawn},
    money::{BudgetClaim, DOWNGRADED, Priced, Served},
    plan::{self, HealthView, Needs, Planned, Reason, needs},
    receipt::Receipt,
    session::{Purpose, Question},
    snapshot::Snapshot,
    store::{Account, Claim, Refused, Standing},
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

    /// Asks how the budgets stand that may want a cheaper alias.
    fn look(&mut self, health: &impl HealthView) -> Next {
        let money = &self.snapshot.money;
        if money.may_downgrade(&self.alias) && self.looked < self.snapshot.config.models.len() {
            let claims = money.claims(
                &self.question.caller,
                &self.alias,
                &self.all_priced(),
                self.now_ms,
            );
            if !claims.is_empty() {
                let accounts = claims.iter().map(|claim| claim.claim.account.clone()).collect();
                self.stage = Stage::Looking(claims);
                return Next::Look(accounts);
            }
        }
        self.bid(health)
    }

    /// How the accounts stand that were asked for; none while the store is away, and then nothing is downgraded.
    pub fn looked(&mut self, standings: Option<&[Standing]>, health: &impl HealthView) -> Next {
        let Stage::Looking(claims) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return self.confused();
        };
        self.looked = self.looked.saturating_add(1);
        let snapshot = Arc::clone(&self.snapshot);
        let money = &snapshot.money;
        let due = standings.and_then(|standings| money.due(&claims, standings));
        let mut asked = false;
        let served = money.served(&self.alias, |_| {
            // One step at a time: the cheaper alias may have budgets of its own.
            let first = !std::mem::replace(&mut asked, true);
            due.filter(|_| first)
        });
        let Served {
            alias,
            because_of: Some(budget),
        } = served
        else {
            return self.bid(health);
        };
        let alias = alias.to_owned();
        let dearer = std::mem::replace(&mut self.alias, alias);
        if !self.is_served(health) {
            self.alias = dearer;
            return self.bid(health);
        }
        self.downgraded_by = Some(budget);
        self.look(health)
    }

    /// Whether any target of the alias can take the request.
    fn is_served(&mut self, health: &impl HealthView) -> bool {
        let snapshot = Arc::clone(&self.snapshot);
        let Some(routing) = snapshot.routing(&self.alias) else {
            return false;
        };
        self.bar_unpriced(routing);
        let planned = self.plan(routing, health, false);
        // Those are targets of this alias, and it may not be the last.
        self.barred.clear();
        !planned.targets.is_empty()
    }

    /// Every target of the alias with what the request costs there at most.
    fn all_priced(&self) -> Vec<Priced> {
        let Some(routing) = self.snapshot.routing(&self.alias) else {
            return Vec::new();
        };
        (0..routing.targets.len())
            .filter_map(|index| self.priced(routing, index))
            .collect()
    }

    fn priced(&self, routing: &Routing, index: usize) -> Option<Priced> {
        let route = routing.targets.get(index)?;
        Some(Priced {
            provider: route.provider.clone(),
            model: route.model.clone(),
            estimate: self.snapshot.money.estimate(
                (&route.provider, &route.model),
                (self.input, self.most_output(route)),
                self.needs.images,
            ),
        })
    }

    /// The most output tokens that may have to be paid there. Who names no maximum may get all that the target gives.
    fn most_output(&self, route: &Route) -> Tokens {
        match (self.needs.max_output, route.max_output_tokens) {
            (None, Some(most)) => {
                let all = most.0.saturating_mul(self.needs.choices.unwrap_or(1).max(1));
                self.output.max(Tokens(all))
            }
            _ => self.output,
        }
    }

    fn plan(&self, routing: &Routing, health: &impl HealthView, claims_turn: bool) -> Planned {
        let cost = |index| self.priced(routing, index)?.estimate;
        let ask = plan::Ask {
            region: self.question.caller.region.as_deref(),
            pin: None,
            needs: &self.needs,
            input: self.input,
            output: self.output,
            caller: needs::identity(&self.question.caller),
            cost: &cost,
            barred: &self.barred,
            draw: self.draw,
            now_ms: self.now_ms,
        };
        if claims_turn {
            plan::claim(routing, health, &ask)
        } else {
            plan::plan(routing, health, &ask)
        }
    }

    /// Plans, and asks the store for what the plan takes.
    fn bid(&mut self, health: &impl HealthView) -> Next {
        if self.question.purpose == Purpose::Estimate {
            return Next::Tell;
        }
        let snapshot = Arc::clone(&self.snapshot);
        let Some(routing) = snapshot.routing(&self.alias) else {
            return self.refuse(self.question.client.refuse_model(&self.alias));
        };
        self.bar_unpriced(routing);
        let planned = self.plan(routing, health, false);
        if planned.targets.is_empty() {
            return self.nothing_left(routing, &planned);
        }
        let priced: Vec<Priced> = planned
            .targets
            .iter()
            .filter_map(|index| self.priced(routing, *index))
            .collect();
        let approval = match self.approval(&priced) {
            Ok(approval) => approval,
            Err(reply) => return self.refuse(*reply),
        };
        let ask = self.ask();
        let own = self.limits(&ask);
        let provider = priced
            .first()
            .and_then(|first| Some((snapshot.provider(&first.provider)?, first)))
            .map(|(provider, first)| limits::provider(provider, &first.model, &ask))
            .unwrap_or_default();
        let budgets = snapshot
            .money
            .claims(&self.question.caller, &self.alias, &priced, self.now_ms);
        let bid = Box::new(Bid {
            planned,
            priced,
            limits: own,
            budgets,
            provider,
            approval,
        });
        let claims = bid.claims();
        self.stage = Stage::Reserving(bid);
        if claims.is_empty() {
            return self.reserved(Ok(&[]), health);
        }
        Next::Reserve(claims)
    }

    /// The caller's own limits, and those of the configuration.
    fn limits(&self, ask: &limits::Ask<'_>) -> Vec<Drawn> {
        let mut limits = limits::own(ask);
        limits.extend(limits::strict(self.snapshot.strict_limits(), ask));
        limits
    }

    fn ask(&self) -> limits::Ask<'_> {
        limits::Ask {
            caller: &self.question.caller,
            alias: &self.alias,
            route: self.question.route,
            input_tokens: self.input.0,
            output_tokens: self.output.0,
        }
    }

    /// The claim of what was asked of the store last for which other requests wait in line already.
    pub fn crowded(&self, is_crowded: impl Fn(&str, Option<&str>) -> bool) -> Option<usize> {
        let Stage::Reserving(bid) = &self.stage else {
            return None;
        };
        let crowded = bid.provider.iter().position(|drawn| {
            let provider = drawn.held.provider.as_deref().unwrap_or_default();
            is_crowded(provider, drawn.held.model.as_deref())
        });
        crowded.map(|index| {
            index
                .saturating_add(bid.limits.len())
                .saturating_add(bid.budgets.len())
        })
    }

    /// A budget that refuses cannot tell whether it is overdrawn by what has no price.
    fn bar_unpriced(&mut self, routing: &Routing) {
        let caller = &self.question.caller;
        let barred: Vec<usize> = (0..routing.targets.len())
            .filter(|index| {
                self.priced(routing, *index).is_some_and(|priced| {
                    let money = &self.snapshot.money;
                    priced.estimate.is_none() && money.needs_price(caller, &self.alias, &priced.provider)
                })
            })
            .collect();
        for index in barred {
            self.bar(index, Reason::Unpriced);
        }
    }

    fn bar(&mut self, index: usize, reason: Reason) {
        if !self.barred.iter().any(|(barred, _)| *barred == index) {
            self.barred.push((index, reason));
        }
    }

    /// What a dear request has to claim for its approval.
    fn approval(&self, priced: &[Priced]) -> Result<Option<Claim>, Box<LocalReply>> {
        let money = &self.snapshot.money;
        let Some(approvals) = money.approvals() else {
            return Ok(None);
        };
        let amount = dearest(priced);
        if !approvals.is_needed(amount) {
            return Ok(None);
        }
        let Question {
            client,
            caller,
            approval,
            body,
            ..
        } = &*self.question;
        let checked = match approval {
            None => Err(approvals.missing()),
            Some(token) => approvals.check(token, caller, body, amount, self.now_ms),
        };
        checked
            .map(Some)
            .map_err(|why| Box::new(money.refuse_unapproved(client, why)))
    }

    /// How the store has answered.
    pub fn reserved(&mut self, result: Result<&[Standing], &Refused>, health: &impl HealthView) -> Next {
        let Stage::Reserving(bid) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return self.confused();
        };
        match result {
            Ok(_) => self.go(*bid, health),
            Err(Refused::Away { claim }) => self.away(&bid, *claim, health),
            Err(Refused::Short { claim, standings }) => {
                let standing = standings.get(*claim).copied().unwrap_or_default();
                self.short(*bid, *claim, standing, health)
            }
        }
    }

    fn away(&mut self, bid: &Bid, claim: usize, health: &impl HealthView) -> Next {
        if let (Part::Provider(_), [first, _, ..]) = (bid.part(claim), bid.planned.targets.as_slice()) {
            self.bar(*first, Reason::ProviderLimit);
            return self.bid(health);
        }
        let details = match bid.part(claim) {
            Part::Limit(_) => "limit_unavailable",
            Part::Budget(_) => "budget_unavailable",
            Part::Provider(_) => "provider_limit_unavailable",
            Part::Approval => "approval_unavailable",
        };
        self.refuse(limits::unavailable(&self.question.client, details))
    }

    fn short(&mut self, bid: Bid, claim: usize, standing: Standing, health: &impl HealthView) -> Next {
        let snapshot = Arc::clone(&self.snapshot);
        let client = self.question.client.clone();
        match bid.part(claim) {
            Part::Limit(drawn) => self.refuse(limits::refusal(&client, drawn, standing, "limit_exceeded")),
            Part::Approval => {
                let spent = ApiError {
                    kind: ErrorKind::Permission,
                    message: "the approval was used already; ask for a new estimate".to_owned(),
                    param: None,
                    code: Some("approval_required".to_owned()),
                };
                self.refuse(client.refuse(&spent, "approval_required"))
            }
            Part::Budget(budget) => {
                let barred: Vec<usize> = bid
                    .planned
                    .targets
                    .iter()
                    .copied()
                    .zip(&bid.priced)
                    .filter(|(_, target)| snapshot.money.bars(budget, &target.provider))
                    .map(|(index, _)| index)
                    .collect();
                let none_left = barred.len() == bid.planned.targets.len();
                if let Some(room) = self.room.take_if(|_| none_left) {
                    return self.wait(room);
                }
                if barred.is_empty() || none_left {
                    snapshot.money_metrics.refused(&snapshot.money, budget);
                    return self.refuse(snapshot.money.refuse(&client, budget, standing));
                }
                for index in barred {
                    self.bar(index, Reason::Budget);
                }
                self.bid(health)
            }
            Part::Provider(drawn) => {
                self.note_room(drawn, standing);
                if let [first, _, ..] = *bid.planned.targets {
                    self.bar(first, Reason::ProviderLimit);
                    return self.bid(health);
                }
                match self.room.take() {
                    Some(room) => self.wait(room),
                    None => self.refuse(limits::refusal(&client, drawn, standing, "provider_limit")),
                }
            }
        }
    }

    /// Remembers when there may be room for what a provider has none for now.
    fn note_room(&mut self, drawn: &Drawn, standing: Standing) {
        let retry_ms = limits::wait_ms(&drawn.claim, standing);
        let never = drawn.claim.amount > drawn.claim.cap;
        let known = self.room.as_ref().map(|room| room.retry_ms);
        if never || known.is_some_and(|known| known <= retry_ms) {
            return;
        }
        self.room = Some(Room {
            provider: drawn.held.provider.clone().unwrap_or_default(),
            model: drawn.held.model.clone(),
            retry_ms,
        });
    }

    fn wait(&mut self, room: Room) -> Next {
        self.stage = Stage::Waiting;
        Next::Wait(room)
    }

    /// It may be its turn now. `now_ms` is the time.
    pub fn waited(&mut self, health: &impl HealthView, now_ms: u64) -> Next {
        if !matches!(self.stage, Stage::Waiting) {
            return self.confused();
        }
        self.now_ms = now_ms;
        // Targets that were passed over for want of room may have some by now.
        self.barred.retain(|(_, reason)| *reason != Reason::ProviderLimit);
        self.bid(health)
    }

    /// There was no room in time, or no place to wait for it.
    pub fn gave_up(&mut self, why: &limits::queue::Refused) -> Next {
        self.stage = Stage::Over;
        let (message, retry_ms) = match why {
            limits::queue::Refused::Full { .. } => ("too many requests wait for it already", 1_000),
            limits::queue::Refused::Late { retry_ms } => ("there was no room in time", *retry_ms),
        };
        let error = ApiError::new(
            ErrorKind::RateLimit,
            format!("the limit of the provider is reached, and {message}"),
        );
        let mut reply = self.question.client.refuse(&error, "provider_limit");
        let seconds = retry_ms.div_ceil(1_000).max(1);
        reply.headers.push(("retry-after", seconds.to_string()));
        self.refuse(reply)
    }

    fn nothing_left(&mut self, routing: &Routing, planned: &Planned) -> Next {
        let message = plan::refusal(routing, &planned.excluded);
        let error = ApiError::new(ErrorKind::Unavailable, message);
        let mut reply = self.question.client.refuse(&error, "no_target");
        let waits = planned.excluded.iter().filter_map(|(_, reason)| match reason {
            Reason::Circuit { retry_after_ms } => Some(*retry_after_ms),
            _ => None,
        });
        if let Some(ms) = waits.min() {
            let seconds = ms.div_ceil(1_000).max(1);
            reply.headers.push(("retry-after", seconds.to_string()));
        }
        self.refuse(reply)
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

    /// The budget that made the alias a cheaper one.
    pub fn downgraded_by(&self) -> Option<usize> {
        self.downgraded_by
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
