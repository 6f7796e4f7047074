//! What people are told of a decision: every turn that it took, and nothing that a client has sent.

use super::{
    super::story::{Drawing, End, Step, Story},
    *,
};

/// The alias that was asked for and the one that was served, the steps, the targets, those that were passed over, and the end.
fn line(story: &Story) -> String {
    let drawing = |drawing: &Drawing| {
        let Drawing {
            source,
            name,
            amount,
            taken,
            cap,
            ..
        } = drawing;
        format!("{source:?} {name} {amount} {taken}/{cap}")
    };
    let steps = story.steps.iter().map(|step| match step {
        Step::Cache(word) => format!("cache {word}"),
        Step::Downgraded { budget, from, to } => format!("{from} becomes {to} for {budget}"),
        Step::NotDowngraded { to } => format!("not {to}"),
        Step::Reserved(drawings) => drawings.iter().map(drawing).collect::<Vec<_>>().join(" + "),
        Step::Short(short) => format!("short of {}", drawing(short)),
        Step::Away(away) => format!("away: {}", drawing(away)),
        Step::Waited(provider) => format!("waited for {provider}"),
    });
    let steps = steps.collect::<Vec<_>>().join("; ");
    let plan = story.plan.clone().unwrap_or_default();
    let targets = plan.targets.iter();
    let targets: Vec<String> = targets
        .map(|target| format!("{}/{}", target.provider, target.model))
        .collect();
    let excluded = plan.excluded.iter();
    let excluded: Vec<String> = excluded
        .map(|(provider, model, reason)| format!("{provider}/{model}: {reason}"))
        .collect();
    let end = match story.end {
        End::Goes => "goes".to_owned(),
        End::Answered { status, reason } => format!("{status} {reason}"),
    };
    format!(
        "{}>{} [{steps}] {} [{}] {end}",
        story.asked,
        story.served,
        targets.join(" "),
        excluded.join("; ")
    )
}

fn assert_told(snapshot: &Arc<Snapshot>, cases: &[(&str, &str)]) {
    let found = cases.iter().filter_map(|(given, expected)| {
        let (_, _, story) = Given::read(given).drive(snapshot, Api::OpenAi);
        let line = line(&story.unwrap());
        (line != *expected).then(|| format!("{given:?}\n  is       {line}\n  expected {expected}"))
    });
    let wrong: Vec<String> = found.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn targets_are_told_in_order_and_each_other_one_with_its_reason() {
    assert_told(
        &snapshot(["", ""], ""),
        &[
            ("", "large>large [] eu/big us/big [] goes"),
            (
                "reasoning",
                "large>large [] us/big [eu/big: without reasoning] goes",
            ),
            (
                "open:eu/big=4000",
                "large>large [] us/big [eu/big: circuit open for 4 s] goes",
            ),
            (
                "in=1500",
                "large>large [] us/big [eu/big: context window of 1000 tokens for 1600] goes",
            ),
        ],
    );
}

#[test]
fn neither_a_region_nor_a_model_that_the_caller_has_made_up_is_told() {
    assert_told(
        &snapshot(["", ""], ""),
        &[
            (
                "region=secret",
                "large>large []  [eu/big: region eu-west-1, and its requests must stay elsewhere; \
                 us/big: region us-east-1, and its requests must stay elsewhere] 503 no_target",
            ),
            ("model=secret-thing", "> []  [] 404 model_not_found"),
        ],
    );
}

#[test]
fn limits_and_budgets_are_told_with_what_is_taken() {
    let limits = ", limits: [{ requests_per_minute: 5 }]";
    let money = format!(
        "money:{PRICES}  budgets: [{{ name: b, amount: 0.01, period: day, downgrade_at: 80 }}]
  downgrades: {{ large: small }}
"
    );
    assert_told(
        &snapshot([limits, ""], ""),
        &[
            (
                "used:provider/eu=4",
                "large>large [Provider eu 1 4/5] eu/big us/big [] goes",
            ),
            (
                "used:provider/eu=5",
                "large>large [short of Provider eu 1 5/5] us/big [eu/big: provider's limit reached] goes",
            ),
            (
                "own-rpm=5 used:own=5",
                "large>large [short of Limit key 1 5/5] eu/big us/big [] 429 limit_exceeded",
            ),
        ],
    );
    assert_told(
        &snapshot(["", ""], &money),
        &[
            ("", "large>large [Budget b 2000 0/10000] eu/big us/big [] goes"),
            (
                "used:budget/b=8000",
                "large>small [large becomes small for b; Budget b 200 8000/10000] us/little [] goes",
            ),
            (
                "used:budget/b=10000",
                "large>small [large becomes small for b; short of Budget b 200 10000/10000] us/little [] 429 budget_exceeded",
            ),
        ],
    );
}

#[test]
fn whoever_waits_is_told_so_once() {
    let limits = ", limits: [{ requests_per_minute: 5, queue: { size: 1, deadline: 10s } }]";
    assert_told(
        &snapshot([limits, ""], ""),
        &[(
            "model=tiny used:provider/eu=5 then:provider/eu=5 then:provider/eu=5 then:provider/eu=4",
            "tiny>tiny [short of Provider eu 1 5/5; waited for eu; Provider eu 1 4/5] eu/little [] goes",
        )],
    );
}
