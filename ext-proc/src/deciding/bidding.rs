//! What the plan takes of accounts, and what follows if they have not enough.

use std::sync::Arc;

use penstock_config::Routing;
use penstock_flow::LocalReply;
use penstock_translate::error::{ApiError, ErrorKind};

use super::{
    Deciding, Next, Room, Stage,
    bid::{Bid, Part},
    dearest,
    story::Step,
};
use crate::{
    limits::{self, Drawn},
    money::Priced,
    plan::{self, HealthView, Planned, Reason},
    session::{Purpose, Question},
    store::{Claim, Refused, Standing},
};

impl Deciding {
    /// Plans, and asks the store for what the plan takes.
    pub(super) fn bid(&mut self, health: &impl HealthView) -> Next {
        if self.question.purpose == Purpose::Estimate {
            return Next::Tell;
        }
        let snapshot = Arc::clone(&self.snapshot);
        let Some(routing) = snapshot.routing(&self.alias) else {
            return self.refuse(self.question.client.refuse_model(&self.alias));
        };
        self.bar_unpriced(routing);
        let planned = self.plan(routing, health, false);
        self.planned = Some(planned.clone());
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
    pub(super) fn limits(&self, ask: &limits::Ask<'_>) -> Vec<Drawn> {
        let mut limits = limits::own(ask);
        limits.extend(limits::strict(self.snapshot.strict_limits(), ask));
        limits
    }

    pub(super) fn ask(&self) -> limits::Ask<'_> {
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

    /// What a dear request has to claim for its approval.
    pub(super) fn approval(&self, priced: &[Priced]) -> Result<Option<Claim>, Box<LocalReply>> {
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
        self.note_answer(&bid, result);
        match result {
            Ok(_) => self.go(*bid, health),
            Err(Refused::Away { claim }) => self.away(&bid, *claim, health),
            Err(Refused::Short { claim, standings }) => {
                let standing = standings.get(*claim).copied().unwrap_or_default();
                self.short(*bid, *claim, standing, health)
            }
        }
    }

    pub(super) fn away(&mut self, bid: &Bid, claim: usize, health: &impl HealthView) -> Next {
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

    pub(super) fn short(
        &mut self,
        bid: Bid,
        claim: usize,
        standing: Standing,
        health: &impl HealthView,
    ) -> Next {
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
    pub(super) fn note_room(&mut self, drawn: &Drawn, standing: Standing) {
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

    pub(super) fn wait(&mut self, room: Room) -> Next {
        let again = Step::Waited(room.provider.clone());
        if self.steps.last() != Some(&again) && !self.steps.contains(&again) {
            self.note(again);
        }
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

    pub(super) fn nothing_left(&mut self, routing: &Routing, planned: &Planned) -> Next {
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
}
