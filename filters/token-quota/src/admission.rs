//! Counts a request and reserves what it may take, in every limit that applies or in none.

use penstock_chat::Tokens;
use penstock_client::Client;
use penstock_config::slice::{Limit, Reserve};
use penstock_flow::Step;
use penstock_quota::{Claim, Refused, Shared, Standing};
use serde::{Serialize, Serializer};

use crate::caller::Caller;
use crate::claims;
use crate::holds::Held;
use crate::metrics;
use crate::policy::{Model, Unit, unit};
use crate::refusal::{self, Excess};
use crate::worker::{Input, Worker};
use crate::{standing, time};

/// What was decided, in filter state for access logs.
const STATE: &str = "penstock.quota";
/// Tells the client what its request counts.
pub(crate) const INPUT_TOKENS: &str = "x-penstock-input-tokens";

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
    /// The least that any limit has set aside for the answer.
    pub(crate) reserved_output: Tokens,
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
    /// Counting stopped there: the input is even more.
    at_least: bool,
    most_output: Tokens,
    /// What answers of this caller and model have taken so far, where it is asked for and known.
    typical: Option<Tokens>,
}

/// What was given to a request.
struct Reserved {
    /// The least that any limit has set aside for the answer.
    output: Tokens,
    standings: Vec<(usize, Standing)>,
    step: Step,
}

/// What filter state says.
#[derive(Serialize)]
struct Decision<'a> {
    input_tokens: Tokens,
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
        let most = limits
            .iter()
            .filter(|(_, limit)| !limit.shadow && matches!(unit(limit), Unit::Tokens | Unit::Input))
            .map(|(_, limit)| limit.amount)
            .min();
        // Past the smallest limit the request is refused, whatever more it holds.
        let most = Tokens(most.unwrap_or(u64::MAX));
        let input = match self.worker.count(self.client.dialect, self.model, body, most) {
            Ok(input) => input,
            Err(invalid) => return (metrics::refuse(self.client.refuse_invalid(invalid)), None),
        };
        let counted = &input.counted;
        let choices = u64::from(counted.choices.max(1));
        let cost = Cost {
            input: input.tokens,
            at_least: !counted.complete,
            most_output: Tokens(
                self.model
                    .most_output(counted.max_output)
                    .0
                    .saturating_mul(choices),
            ),
            typical: self.typical(&limits),
        };
        match self.reserve(&limits, &cost) {
            Err(refusal) => (*refusal, None),
            Ok(reserved) => {
                let admitted = Admitted {
                    model: self.model.config.name.clone(),
                    caller: self.caller,
                    input,
                    include_usage: self.include_usage,
                    reserved_output: reserved.output,
                    standings: reserved.standings,
                };
                (reserved.step, Some(admitted))
            }
        }
    }

    /// The limits that the request falls under, and their places in the configuration.
    fn limits(&self) -> Vec<(usize, &Limit)> {
        let all = self.worker.policy.config.limits.iter().enumerate();
        all.filter(|(_, limit)| claims::applies(limit, &self.caller, &self.model.config.name))
            .collect()
    }

    fn typical(&self, limits: &[(usize, &Limit)]) -> Option<Tokens> {
        if limits.iter().all(|(_, limit)| limit.reserve == Reserve::Full) {
            return None;
        }
        let key = claims::learned(&self.caller, &self.model.config.name);
        self.worker.table.typical(&self.worker.shared, key).map(Tokens)
    }

    /// Reserves in every limit, or refuses.
    fn reserve(&self, limits: &[(usize, &Limit)], cost: &Cost) -> Result<Reserved, Box<Step>> {
        let mut exceeded: Vec<&Limit> = Vec::new();
        let mut claimed: Vec<(usize, &Limit)> = Vec::new();
        let mut claims: Vec<Claim> = Vec::new();
        let mut reserved_output = cost.most_output;
        for (index, limit) in limits {
            let output = claims::reserved_output(limit, cost.most_output, cost.typical);
            let amount = claims::amount(limit, cost.input, output);
            if amount > limit.amount && !limit.shadow {
                let at_least = cost.at_least;
                return Err(Box::new(self.refuse(
                    limit,
                    Excess::Never {
                        requested: amount,
                        at_least,
                    },
                    cost,
                    &[],
                )));
            }
            match claims::claim(limit, &self.caller, &self.model.config.name, amount) {
                Some(claim) => {
                    claimed.push((*index, limit));
                    claims.push(claim);
                    if unit(limit) == Unit::Tokens {
                        reserved_output = reserved_output.min(output);
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
            Err(refused) => return Err(Box::new(self.refuse_for_now(refused, &claimed, &claims, cost))),
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
                input_tokens: cost.input,
                limits: limits.iter().map(|(_, limit)| Named(limit)).collect(),
                exceeded: exceeded.iter().copied().map(Named).collect(),
                refused_by: None,
            },
        );
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
            output: reserved_output,
            standings,
            step,
        })
    }

    fn refuse_for_now(
        &self,
        refused: Refused,
        claimed: &[(usize, &Limit)],
        claims: &[Claim],
        cost: &Cost,
    ) -> Step {
        let (index, retry_after_ms, standings) = match refused {
            Refused::Later {
                claim,
                retry_after_ms,
                standings,
            } => (claim, retry_after_ms, standings),
            Refused::Never { claim, .. } => (claim, 0, Vec::new()),
            // Nobody should ever see it. Asking again is right, going on without a reservation is not.
            Refused::Contended => (0, 0, Vec::new()),
        };
        let Some(((_, limit), claim)) = claimed.get(index).zip(claims.get(index)) else {
            return metrics::refuse(self.client.refuse(&refusal::unavailable(), "token_quota"));
        };
        let excess = Excess::Later {
            requested: claim.amount,
            remaining: standings.get(index).map_or(0, |standing| standing.remaining),
            retry_after_ms,
        };
        let standings: Vec<_> = claimed.iter().map(|(_, limit)| *limit).zip(&standings).collect();
        self.refuse(limit, excess, cost, &standings)
    }

    fn refuse(&self, limit: &Limit, excess: Excess, cost: &Cost, standings: &[(&Limit, &Standing)]) -> Step {
        let mut reply = self.client.refuse(&refusal::error(limit, excess), "token_quota");
        if !cost.at_least {
            reply.headers.push((INPUT_TOKENS, cost.input.to_string()));
        }
        let standings = standing::headers(self.client.dialect, standings.iter().copied(), self.now_ms);
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
                input_tokens: cost.input,
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
