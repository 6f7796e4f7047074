//! The end of a request: what it used is put in the place of what it reserved.

use penstock_client::usage::{self, UsageRecord};
use penstock_flow::Step;
use penstock_quota::Shared;

use crate::admission::Admitted;
use crate::answer::Answer;
use crate::charge::{Charge, Evidence, charge};
use crate::policy::{Unit, unit};
use crate::worker::Worker;
use crate::{claims, holds, metrics};

/// Settles the request `id`, which is over, and tells what it took. `attempts` is what filter state says of
/// them.
pub(crate) fn settle<S: Shared>(
    worker: &Worker<S>,
    id: u32,
    admitted: &Admitted,
    answer: &Answer,
    usage: Option<UsageRecord>,
    attempts: &str,
    now_ms: u64,
) -> Step {
    let evidence = Evidence {
        status: answer.status,
        under_way: usage::under_way(attempts),
        timed_out: usage::timed_out(attempts),
        cached: answer.cached,
        charge_cached: worker.policy.config.charge_cached,
        counted_input: admitted.input.tokens,
        counted_output: admitted.input.calibration.corrected(answer.output()),
        usage,
    };
    let charged = charge(&evidence);
    let limits = &worker.policy.config.limits;
    let used = |index: usize| match limits.get(index).map(unit) {
        Some(Unit::Tokens) => charged.total(),
        _ => 1,
    };
    let held = worker.holds.take(id);
    holds::settle(&worker.table, &worker.shared, held, used, now_ms);

    let mut step = if worker.holds.is_empty() {
        worker.tell()
    } else {
        Step::go_on()
    };
    let tenant = worker.policy.label(admitted.caller.tenant());
    for (direction, tokens) in [("input", charged.input), ("output", charged.output)] {
        if tokens.0 > 0 {
            step.add(metrics::tokens(direction, &admitted.model, tenant), tokens.0);
        }
    }
    learn(worker, admitted, &evidence, attempts, charged, now_ms, &mut step);
    step
}

/// Takes lessons from a request whose provider told its usage.
fn learn<S: Shared>(
    worker: &Worker<S>,
    admitted: &Admitted,
    evidence: &Evidence,
    attempts: &str,
    charged: Charge,
    now_ms: u64,
    step: &mut Step,
) {
    let Some(model) = worker.policy.model(&admitted.model) else {
        return;
    };
    let Some(usage) = &evidence.usage else { return };
    if usage.finish_reason.is_some() && usage.output_tokens.is_some() {
        let key = claims::learned(&admitted.caller, &admitted.model, admitted.most_output);
        worker.table.learn(&worker.shared, key, charged.output.0, now_ms);
    }
    // A fallback's model counts in its own way.
    if let Some(actual) = usage.input_tokens.filter(|tokens| tokens.0 > 0)
        && !attempts.contains(',')
    {
        let permille = admitted.input.tokens.0.saturating_mul(1_000) / actual.0;
        step.sample(metrics::estimate(&admitted.model), permille);
        worker.calibrate(model, &admitted.input.counted, actual);
    }
}
