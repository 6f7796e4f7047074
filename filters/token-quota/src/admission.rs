//! Counts a request and reserves what it may take, in every limit that applies or in none.

use penstock_chat::Tokens;
use penstock_client::excess::{self, Excess};
use penstock_client::{Client, time};
use penstock_config::slice::{Limit, Reserve};
use penstock_flow::Step;
use penstock_quota::{Claim, Refused, Shared, Standing};
use serde::{Serialize, Serializer};

use crate::caller::Caller;
use crate::claims::{self, Expected};
use crate::holds::Held;
use crate::metrics;
use crate::overrun::{Maximum, SetAside};
use crate::policy::{Model, Unit, unit};
use crate::standing;
use crate::worker::{Input, Worker};

/// What was decided, in filter state for access logs.
const STATE: &str = "penstock.quota";
/// Tells the client what its request counts.
pub(crate) const INPUT_TOKENS: &str = "x-penstock-input-tokens";
/// Tells the service what the request counts.
const TOLD_INPUT: &str = "x-penstock-int-input-tokens";
/// Tells the service the most that all choices of the answer can take.
const TOLD_OUTPUT: &str = "x-penstock-int-output-tokens";

/// A request that may go on.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The model that it asks for.
    pub(crate) model: String,
    /// Who asks.
    pub(crate) caller: Caller,
    /// What it holds.
    pub(crate) input: Input,
    /// Whether its client wants the usage of an OpenAI stream.
    pub(crate) include_usage: bool,
    /// The most that the answer can take.
    pub(crate) most_output: Tokens,
    /// What each limit on tokens has set aside for the answer.
    pub(crate) set_aside: Vec<SetAside>,
    /// A limit that has nothing left for it puts an end to the answer at the next place where it can end.
    pub(crate) ends: bool,
    /// When it was let through.
    pub(crate) at_ms: u64,
    /// How its limits stand, by their place in the configuration.
    pub(crate) standings: Vec<(usize, Standing)>,
}

/// A request for a model by a caller, as far as it is known before it is let through.
pub(crate) struct Admission<'a, S> {
    /// What all requests use.
    pub(crate) worker: &'a Worker<S>,
    /// How to speak to the client.
    pub(crate) client: &'a Client,
    /// The model that it asks for.
    pub(crate) model: Model<'a>,
    /// Who asks.
    pub(crate) caller: Caller,
    /// Whether the client wants the usage of an OpenAI stream.
    pub(crate) include_usage: bool,
    /// By which the worker knows the request.
    pub(crate) id: u32,
    /// The time.
    pub(crate) now_ms: u64,
}

/// What a request takes at most.
struct Cost {
    input: Tokens,
    /// Counting stopped past this much, which is the smallest limit: the input is even more.
    stopped_at: Option<u64>,
    expected: Expected,
    maximum: Option<Maximum>,
}

/// What was given to a request.
struct Reserved {
    set_aside: Vec<SetAside>,
    standings: Vec<(usize, Standing)>,
    step: Step,
}

/// What filter state says.
#[derive(Serialize)]
struct Decision<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<Tokens>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceeded: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_by: Option<Named<'a>>,
}

/// A limit as people know it: `name/kind`.
struct Named<'a>(&'a Limit);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", self.0.name, metrics::kind(self.0.kind)))
    }
}

impl<S: Shared> Admission<'_, S> {
    /// Lets the request with this `body` go on, or refuses it. The body is a valid request of the client's API.
    pub(crate) fn decide(self, body: &[u8]) -> (Step, Option<Admitted>) {
        let limits = self.limits();
        if let Some(refusal) = self.refuse_uncounted(&limits) {
            return (refusal, None);
        }
        let most = limits
            .iter()
            .filter(|(_, limit)| !limit.shadow && matches!(unit(limit), Unit::Tokens | Unit::Input))
            .map(|(_, limit)| limit.amount)
            .min();
        // Past the smallest limit the request is refused, whatever more it holds.
        let most = most.unwrap_or(u64::MAX);
        let counted = self
            .worker
            .count(self.client.dialect, self.model, body, Tokens(most));
        let input = match counted {
            Ok(input) => input,
            Err(invalid) => return (metrics::refuse(self.client.refuse_invalid(invalid)), None),
        };
        let expected = self.expected(&input, &limits);
        let cost = Cost {
            input: input.tokens,
            stopped_at: (!input.counted.complete).then_some(most),
            expected,
            maximum: input
                .counted
                .max_output
                .map(|_| Maximum::new(expected.most.0, &input.calibration)),
        };
        match self.reserve(&limits, &cost) {
            Err(refusal) => (*refusal, None),
            Ok(reserved) => {
                let admitted = Admitted {
                    model: self.model.config.name.clone(),
                    caller: self.caller,
                    input,
                    include_usage: self.include_usage,
                    most_output: cost.expected.most,
                    set_aside: reserved.set_aside,
                    ends: false,
                    at_ms: self.now_ms,
                    standings: reserved.standings,
                };
                (reserved.step, Some(admitted))
            }
        }
    }

    /// Refuses to count tokens for a caller that has asked for it too often: it takes a worker's time like a request.
    pub(crate) fn refuse_counting(&self) -> Option<Step> {
        let limits = self.limits();
        let (claimed, claims): (Vec<_>, Vec<_>) = limits
            .iter()
            .filter(|(_, limit)| unit(limit) == Unit::Requests)
            .filter_map(|(index, limit)| {
                let claim = claims::counting(limit, &self.caller, &self.model.config.name)?;
                Some(((*index, *limit), claim))
            })
            .unzip();
        let Worker { table, shared, .. } = self.worker;
        match table.reserve(shared, &claims, self.now_ms) {
            Ok(reservation) => {
                table.settle(shared, reservation, &[], self.now_ms);
                None
            }
            Err(refused) => Some(self.refuse_for_now(refused, &claimed, &claims, None)),
        }
    }

    /// The limits that the request falls under, and their places in the configuration.
    fn limits(&self) -> Vec<(usize, &Limit)> {
        let all = self.worker.policy.config.limits.iter().enumerate();
        all.filter(|(_, limit)| claims::applies(limit, &self.caller, &self.model.config.name))
            .collect()
    }

    /// What is known of the answer to `input`.
    fn expected(&self, input: &Input, limits: &[(usize, &Limit)]) -> Expected {
        let choices = u64::from(input.counted.choices.max(1));
        let of_all = |tokens: Tokens| Tokens(tokens.0.saturating_mul(choices));
        let most = of_all(self.model.most_output(input.counted.max_output));
        let learns = limits.iter().any(|(_, limit)| limit.reserve == Reserve::Learned);
        let key = || claims::learned(&self.caller, &self.model.config.name, most);
        Expected {
            most,
            default: of_all(self.model.config.default_output_tokens),
            typical: learns
                .then(|| self.worker.table.typical(&self.worker.shared, key()))
                .flatten()
                .map(Tokens),
        }
    }

    /// Refuses what a limit on requests does not let through, before any time is spent on counting.
    fn refuse_uncounted(&self, limits: &[(usize, &Limit)]) -> Option<Step> {
        let of_requests = |limit: &Limit| matches!(unit(limit), Unit::Requests | Unit::Concurrency);
        if !limits.iter().any(|(_, limit)| of_requests(limit)) {
            return None;
        }
        // Of tokens nothing is asked yet but how they stand, for the headers of a refusal.
        let (claimed, claims): (Vec<_>, Vec<_>) = limits
            .iter()
            .filter_map(|(index, limit)| {
                let amount = u64::from(of_requests(limit));
                let claim = claims::claim(limit, &self.caller, &self.model.config.name, amount)?;
                Some(((*index, *limit), claim))
            })
            .unzip();
        let refused = self
            .worker
            .table
            .check(&self.worker.shared, &claims, self.now_ms)
            .err()?;
        Some(self.refuse_for_now(refused, &claimed, &claims, None))
    }

    /// Reserves in every limit, or refuses.
    fn reserve(&self, limits: &[(usize, &Limit)], cost: &Cost) -> Result<Reserved, Box<Step>> {
        let mut exceeded: Vec<&Limit> = Vec::new();
        let mut claimed: Vec<(usize, &Limit)> = Vec::new();
        let mut claims: Vec<Claim> = Vec::new();
        let mut set_aside = Vec::new();
        for (index, limit) in limits {
            let output = claims::output(limit, cost.input, &cost.expected);
            let amount = claims::amount(limit, cost.input, output);
            let at_least =
                cost.stopped_at == Some(limit.amount) && matches!(unit(limit), Unit::Tokens | Unit::Input);
            if (amount > limit.amount || at_least) && !limit.shadow {
                let excess = Excess::Never {
                    requested: amount,
                    at_least,
                };
                return Err(Box::new(self.refuse(limit, excess, Some(cost), &[])));
            }
            match claims::claim(limit, &self.caller, &self.model.config.name, amount) {
                Some(claim) => {
                    claimed.push((*index, limit));
                    claims.push(claim);
                    if unit(limit) == Unit::Tokens {
                        set_aside.push(SetAside::new(*index, output.0, cost.maximum));
                    }
                }
                None if amount > limit.amount => exceeded.push(limit),
                None => {}
            }
        }
        let reservation = match self
            .worker
            .table
            .reserve(&self.worker.shared, &claims, self.now_ms)
        {
            Ok(reservation) => reservation,
            Err(refused) => {
                return Err(Box::new(self.refuse_for_now(
                    refused,
                    &claimed,
                    &claims,
                    Some(cost),
                )));
            }
        };
        let standings = reservation.standings();
        exceeded.extend(
            claimed
                .iter()
                .zip(standings)
                .filter(|(_, standing)| standing.exceeded)
                .map(|((_, limit), _)| *limit),
        );
        let mut step = Step::go_on();
        for limit in &exceeded {
            step.count(metrics::shadow_refusal(limit));
        }
        keep(
            &mut step,
            &Decision {
                input_tokens: Some(cost.input),
                limits: limits.iter().map(|(_, limit)| Named(limit)).collect(),
                exceeded: exceeded.iter().copied().map(Named).collect(),
                refused_by: None,
            },
        );
        if self.worker.config().tells_service {
            step.set(TOLD_INPUT, cost.input.to_string());
            step.set(TOLD_OUTPUT, cost.expected.most.to_string());
        }
        let standings = claimed
            .iter()
            .map(|(index, _)| *index)
            .zip(standings.iter().copied())
            .collect();
        let held = Held {
            limits: claimed.iter().map(|(index, _)| *index).collect(),
            claims,
            reservation,
        };
        self.worker.holds.add(self.id, held);
        Ok(Reserved {
            set_aside,
            standings,
            step,
        })
    }

    fn refuse_for_now(
        &self,
        refused: Refused,
        claimed: &[(usize, &Limit)],
        claims: &[Claim],
        cost: Option<&Cost>,
    ) -> Step {
        let found = match refused {
            Refused::Later {
                claim,
                retry_after_ms,
                standings,
            } => claimed
                .get(claim)
                .zip(claims.get(claim))
                .map(|found| (claim, found, retry_after_ms, standings)),
            Refused::Never { .. } | Refused::Contended => None,
        };
        // Nobody should ever see the other case. Asking again is right, going on without a reservation is not.
        let Some((index, ((_, limit), claim), retry_after_ms, standings)) = found else {
            return metrics::refuse(self.client.refuse(&excess::unavailable(), "token_quota"));
        };
        let excess = Excess::Later {
            requested: claim.amount,
            remaining: standings.get(index).map_or(0, |standing| standing.remaining),
            retry_after_ms,
        };
        let standings: Vec<_> = claimed.iter().map(|(_, limit)| *limit).zip(&standings).collect();
        self.refuse(limit, excess, cost, &standings)
    }

    fn refuse(
        &self,
        limit: &Limit,
        excess: Excess,
        cost: Option<&Cost>,
        standings: &[(&Limit, &Standing)],
    ) -> Step {
        let mut reply = self.client.refuse(
            &excess::error(&limit.name, limit.amount, limit.kind, excess),
            "token_quota",
        );
        let input = cost
            .filter(|cost| cost.stopped_at.is_none())
            .map(|cost| cost.input);
        reply
            .headers
            .extend(input.map(|input| (INPUT_TOKENS, input.to_string())));
        let standings = standing::headers(
            self.client.dialect,
            standings.iter().copied(),
            self.now_ms,
            self.now_ms,
        );
        reply.headers.extend(standings);
        if let Excess::Later { retry_after_ms, .. } = excess {
            reply
                .headers
                .push(("retry-after", time::seconds(retry_after_ms).to_string()));
        }
        let mut step = metrics::refuse(reply);
        step.count(metrics::refusal(limit));
        keep(
            &mut step,
            &Decision {
                input_tokens: input,
                limits: Vec::new(),
                exceeded: Vec::new(),
                refused_by: Some(Named(limit)),
            },
        );
        step
    }
}

fn keep(step: &mut Step, decision: &Decision<'_>) {
    step.keep(STATE, serde_json::to_vec(decision).unwrap_or_default());
}
