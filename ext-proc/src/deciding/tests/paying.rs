//! Budgets, downgrades and approvals.

use super::*;

fn money(text: &str) -> Arc<Snapshot> {
    snapshot(["", ""], &format!("money:{PRICES}{text}"))
}

#[test]
fn the_dearest_target_is_reserved_or_nothing() {
    let budget = "  budgets: [{ name: month, per: [tenant], amount: 0.01, period: month, fail: closed }]\n";
    assert_table(
        &money(budget),
        &[
            ("", "large: eu/big us/big budget/month=2000"),
            ("region=eu", "large: eu/big budget/month=1000"),
            ("used:budget/month=8000", "large: eu/big us/big budget/month=2000"),
            (
                "used:budget/month=8001",
                "429 budget_exceeded insufficient_quota/rate_limit_error after 30: the budget `month` has not enough left for this request; it begins anew in 30 seconds",
            ),
            (
                "max=501 in=5",
                "429 budget_exceeded insufficient_quota/rate_limit_error: the request may cost more than the whole budget `month`; ask for fewer output tokens or a cheaper model",
            ),
            (
                "away",
                "503 budget_unavailable service_unavailable/api_error after 1: the limits cannot be checked at present; try again",
            ),
            // Who names no maximum may get all that there is.
            ("model=wide", "wide: us/little budget/month=200"),
            ("model=wide no-max", "wide: us/little budget/month=2000"),
            ("model=wide no-max choices=2", "wide: us/little budget/month=4000"),
            // What has no price.
            ("model=free", "free: eu/little budget/month=100"),
            (
                "model=secret",
                "503 no_target service_unavailable/api_error: no target is left for model secret: lab/secret: no price is known",
            ),
        ],
    );
}

#[test]
fn what_no_budget_refuses_needs_no_price() {
    let notify = "  budgets: [{ name: month, amount: 0.01, period: month, on_exceeded: notify }]\n";
    assert_table(
        &money(notify),
        &[
            ("model=secret", "secret: lab/secret budget/month=0"),
            (
                "model=free used:budget/month=20000",
                "free: lab/secret eu/little budget/month=100",
            ),
        ],
    );
    let others = "  budgets: [{ name: month, match: { tenant: [globex] }, amount: 0.01, period: month }]\n";
    assert_table(&money(others), &[("model=secret", "secret: lab/secret")]);
}

#[test]
fn a_budget_of_a_provider_takes_out_its_targets() {
    let budgets = "  budgets:
    - { name: of-eu, match: { provider: [eu] }, amount: 0.01, period: day }
    - { name: each, per: [provider], amount: 0.01, period: day }
";
    assert_table(
        &money(budgets),
        &[
            (
                "",
                "large: eu/big us/big budget/of-eu=1000 budget/each=1000 budget/each=2000",
            ),
            ("used:budget/of-eu=9001", "large: us/big budget/each=2000"),
            (
                "used:budget/of-eu=9001 region=eu",
                "429 budget_exceeded insufficient_quota/rate_limit_error after 30: the budget `of-eu` has not enough left for this request; it begins anew in 30 seconds",
            ),
            // Both accounts of it stand so here.
            (
                "used:budget/each=8001",
                "large: eu/big budget/of-eu=1000 budget/each=1000",
            ),
            (
                "used:budget/each=9001",
                "429 budget_exceeded insufficient_quota/rate_limit_error after 30: the budget `each` has not enough left for this request; it begins anew in 30 seconds",
            ),
        ],
    );
}

#[test]
fn a_budget_that_runs_low_gets_the_cheaper_model() {
    let budget = "  downgrades: { large: small, small: tiny }
  budgets: [{ name: month, amount: 0.01, period: month, downgrade_at: 80 }]
";
    assert_table(
        &money(budget),
        &[
            ("used:budget/month=5999", "large: eu/big us/big budget/month=2000"),
            (
                "used:budget/month=6000",
                "small: us/little budget/month=200 (downgraded from large)",
            ),
            (
                "used:budget/month=7799",
                "small: us/little budget/month=200 (downgraded from large)",
            ),
            (
                "used:budget/month=7800",
                "tiny: eu/little budget/month=100 (downgraded from large)",
            ),
            (
                "used:budget/month=7800 model=small",
                "tiny: eu/little budget/month=100 (downgraded from small)",
            ),
            (
                "used:budget/month=9900",
                "tiny: eu/little budget/month=100 (downgraded from large)",
            ),
            (
                "used:budget/month=9901",
                "429 budget_exceeded insufficient_quota/rate_limit_error after 30: the budget `month` has not enough left for this request; it begins anew in 30 seconds",
            ),
            // Nobody can tell.
            (
                "used:budget/month=7000 away",
                "large: eu/big us/big budget/month=2000",
            ),
            // The operator's word, whatever the key may ask for.
            (
                "used:budget/month=6000 models=large",
                "small: us/little budget/month=200 (downgraded from large)",
            ),
            // And not for a model that may be had nowhere: the dearer one is paid for as long as the money lasts.
            (
                "used:budget/month=6000 region=eu",
                "large: eu/big budget/month=1000",
            ),
            (
                "used:budget/month=9001 region=eu",
                "429 budget_exceeded insufficient_quota/rate_limit_error after 30: the budget `month` has not enough left for this request; it begins anew in 30 seconds",
            ),
            (
                "used:budget/month=7800 region=us",
                "small: us/little budget/month=200 (downgraded from large)",
            ),
        ],
    );
}

#[test]
fn a_downgrade_is_not_for_what_has_no_price() {
    let budget = "  downgrades: { tiny: secret }
  budgets: [{ name: month, amount: 0.01, period: month, downgrade_at: 80 }]
";
    assert_table(
        &money(budget),
        &[(
            "used:budget/month=8000 model=tiny",
            "tiny: eu/little budget/month=100",
        )],
    );
}

#[test]
fn budgets_of_the_cheaper_model_are_asked_anew() {
    let budgets = "  downgrades: { large: small, small: tiny }
  budgets:
    - { name: for-large, match: { model: [large] }, amount: 0.01, period: day, downgrade_at: 50 }
    - { name: for-small, match: { model: [small] }, amount: 0.01, period: day, downgrade_at: 50 }
";
    assert_table(
        &money(budgets),
        &[
            (
                "used:budget/for-large=5000",
                "small: us/little budget/for-small=200 (downgraded from large)",
            ),
            (
                "used:budget/for-large=5000 used:budget/for-small=5000",
                "tiny: eu/little (downgraded from large)",
            ),
            (
                "used:budget/for-small=5000",
                "large: eu/big us/big budget/for-large=2000",
            ),
        ],
    );
}

#[test]
fn a_dear_request_needs_an_approval_that_is_its_own() {
    let approvals = "  approve_above: 0.001\n  approve_key: { env: KEY }\n";
    assert_table(
        &money(approvals),
        &[
            ("max=50", "large: eu/big us/big"),
            ("region=eu", "large: eu/big"),
            (
                "",
                "403 approval_required approval_required/permission_error: the request may cost more than 0.001000 dollars and needs approval; POST the same body to /v1/penstock/estimate and send the token that it returns as x-penstock-approve",
            ),
            ("approve=good", "large: eu/big us/big"),
            (
                "approve=lower",
                "403 approval_required approval_required/permission_error: the request may cost more than what was approved; POST the same body to /v1/penstock/estimate and send the token that it returns as x-penstock-approve",
            ),
            ("approve=lower region=eu", "large: eu/big"),
            (
                "approve=foreign",
                "403 approval_required approval_required/permission_error: the approval is not for this request; POST the same body to /v1/penstock/estimate and send the token that it returns as x-penstock-approve",
            ),
            (
                "approve=expired",
                "403 approval_required approval_required/permission_error: the approval has expired; POST the same body to /v1/penstock/estimate and send the token that it returns as x-penstock-approve",
            ),
            (
                "approve=v1.AAAA",
                "403 approval_required approval_required/permission_error: the approval is not for this request; POST the same body to /v1/penstock/estimate and send the token that it returns as x-penstock-approve",
            ),
            (
                "approve=good used:approval=1",
                "403 approval_required approval_required/permission_error: the approval was used already; ask for a new estimate",
            ),
            (
                "approve=good away",
                "503 approval_unavailable service_unavailable/api_error after 1: the limits cannot be checked at present; try again",
            ),
            // Nobody could tell whether it needs one.
            (
                "model=secret",
                "503 no_target service_unavailable/api_error: no target is left for model secret: lab/secret: no price is known",
            ),
            // What is not needed is not looked at.
            ("max=50 approve=v1.AAAA away", "large: eu/big us/big"),
        ],
    );
}

#[test]
fn an_estimate_needs_no_approval_and_reserves_nothing() {
    let approvals = "  approve_above: 0.001\n  approve_key: { env: KEY }
  downgrades: { large: small }
  budgets: [{ name: month, amount: 0.01, period: month, downgrade_at: 80 }]
";
    assert_table(
        &money(approvals),
        &[
            ("estimate", "estimate large: [eu/big us/big] []"),
            (
                "estimate used:budget/month=8000",
                "estimate small: [us/little] []",
            ),
            (
                "estimate model=secret",
                "estimate secret: [] [lab/secret: no price is known]",
            ),
            (
                "estimate region=eu reasoning",
                "estimate large: [] [eu/big: without reasoning, us/big: region us-east-1, not eu]",
            ),
            (
                "estimate models=tiny",
                "403 model_not_allowed permission_denied/permission_error: this key may not use the model `large`",
            ),
            (
                "estimate model=huge",
                "404 model_not_found model_not_found/not_found_error: the model `huge` does not exist; GET /v1/models lists those that do",
            ),
        ],
    );
}

/// Every target is due for a probe, and none may be taken.
struct Untouched;

impl HealthView for Untouched {
    fn standing(&self, _: &str, _: &str, _: u64) -> Health {
        Health {
            circuit: Circuit::Due,
            ..Health::default()
        }
    }

    fn claim(&self, _: &str, _: &str, _: Turn, _: u64) -> bool {
        panic!("a turn was taken by what goes nowhere")
    }
}

#[test]
fn an_estimate_takes_no_turn() {
    let snapshot = snapshot(["", ""], "");
    let question = Given::read("estimate").question(&snapshot, Api::OpenAi);
    let (mut deciding, next) = Deciding::start(snapshot, question, &Untouched, 0, NOW);
    assert!(matches!(next, Next::Tell), "{next:?}");
    assert_eq!(deciding.sketch(&Untouched).priced.len(), 2);
}
