//! One request, step by step: what was decided, why, and what came of it.

use maud::{Markup, html};
use penstock_client::trail::Stop;
use penstock_config::routing::Strategy;

use super::{requests, table};
use crate::{
    console::{Found, Request, format},
    deciding::story::{Drawing, End, PlanStory, Source, Step, Story, TargetStory},
    ledger::Row,
    plan::Turn,
};

pub(super) fn explain(id: &str, found: &Found) -> Markup {
    match found {
        Found::Ended(request) => ended(request),
        Found::UnderWay(story) => html! {
            section aria-labelledby="decision-heading" {
                h2 #decision-heading { "Under way" }
                p { "The request " code { (id) } " was decided and has not ended, as far as this replica was told." }
                ol .steps { (steps(story)) }
            }
        },
    }
}

fn ended(request: &Request) -> Markup {
    let row = &request.row;
    html! {
        section aria-labelledby="facts-heading" {
            h2 #facts-heading { "In short" }
            (facts(row))
        }
        section aria-labelledby="decision-heading" {
            h2 #decision-heading { "Step by step" }
            ol .steps {
                @match &request.story {
                    Some(story) => (steps(story)),
                    None => li { (undecided(row)) },
                }
                (attempts(request))
                li { strong { "The end. " } (end(row)) }
            }
        }
    }
}

fn facts(row: &Row) -> Markup {
    let (clock, moment) = format::clock(row.started_ms);
    html! {
        dl .facts {
            dt { "Request" } dd { code { (row.id) } }
            dt { "Arrived" } dd { time datetime=(moment) { (clock) } ", took " (format::duration(row.duration_ms)) }
            dt { "Model" } dd { (requests::alias(row)) }
            dt { "Caller" } dd { (requests::caller(row)) @if let Some(key) = &row.key { ", key " (key) } @if let Some(agent) = &row.agent { ", agent " (agent) } }
            dt { "Provider" } dd { (requests::provider(row)) }
            dt { "Outcome" } dd { (requests::outcome(row)) }
            dt { "Cost" } dd { (row.cost.map_or_else(|| "not known: a model without a price".to_owned(), format::money)) }
            @if !row.pii.is_empty() { dt { "Personal data" } dd { (row.pii.replace(',', ", ")) ", masked on the way out" } }
            dt { "Policy" } dd { "proxy " (row.proxy_policy) @if let Some(policy) = &row.service_policy { ", service " (policy) } }
        }
    }
}

/// Why there is no story.
fn undecided(row: &Row) -> Markup {
    html! {
        strong { "No decision is known here. " }
        @if row.decision == "undecided" {
            "Nobody asked the service, or it did not answer in time; what refused or sent the request was the proxy itself. Envoy says: " code { (row.details) } "."
        } @else if row.decision == "refused" && row.tenant.is_none() {
            "The request was refused before anything was to be decided: it showed no good key."
        } @else {
            "Another replica has decided, or it is forgotten here. The ledger says: " (row.decision) "."
        }
    }
}

fn steps(story: &Story) -> Markup {
    html! {
        li {
            strong { "The model. " }
            @if story.asked.is_empty() { "No model of that name is in the configuration." } @else { "Asked for was " (story.asked) "." }
        }
        @for step in story.steps.iter().filter(|step| matches!(step, Step::Cache(_))) { li { (self::step(step)) } }
        @if story.input.0 > 0 || story.output.0 > 0 {
            li { strong { "The size. " } (format::count(story.input.0)) " tokens in, and at most " (format::count(story.output.0)) " tokens out." }
        }
        @for step in story.steps.iter().filter(|step| is_of_downgrade(step)) { li { (self::step(step)) } }
        @if let Some(plan) = &story.plan { li { (self::plan(plan)) } }
        @for step in story.steps.iter().filter(|step| !matches!(step, Step::Cache(_)) && !is_of_downgrade(step)) { li { (self::step(step)) } }
        li {
            strong { "The decision. " }
            @match story.end {
                End::Goes => "It goes to the first target of the plan; the others are tried in this order if that fails.",
                End::Answered { status: status @ 200..300, .. } => { "The service answered itself, with " (status) ": no provider was asked." },
                End::Answered { status, reason } => { span .warn { "Refused" } " with " (status) ": " (reason) "." },
            }
        }
    }
}

fn is_of_downgrade(step: &Step) -> bool {
    matches!(step, Step::Downgraded { .. } | Step::NotDowngraded { .. })
}

fn step(step: &Step) -> Markup {
    html! {
        @match step {
            Step::Cache(word) => {
                strong { "The cache. " }
                (match *word {
                    "hit-exact" => "It had the answer to the very same request.",
                    "hit-semantic" => "It had the answer to a request that means the same.",
                    "miss" => "It had no answer to this request.",
                    "bypass" => "It was not asked: the request, or what it holds, would not have it.",
                    other => other,
                })
            },
            Step::Downgraded { budget, from, to } => {
                strong { "A cheaper model. " } "The budget " (budget) " runs low, so " (from) " became " (to) "."
            },
            Step::NotDowngraded { to } => {
                strong { "No cheaper model. " } "A budget runs low, but no target of " (to) " can take this request."
            },
            Step::Reserved(drawings) => {
                strong { "Limits and budgets. " } "All had enough, and this was reserved:"
                ul { @for drawing in drawings { li { (self::drawing(drawing)) } } }
            },
            Step::Short(drawing) => { strong { "Not enough. " } span .warn { "Full: " } (self::drawing(drawing)) },
            Step::Away(drawing) => { strong { "Not known. " } "The store did not answer, and nothing goes on without it: " (self::drawing(drawing)) },
            Step::Waited(provider) => { strong { "The queue. " } "It waited for room at " (provider) "." },
        }
    }
}

fn drawing(drawing: &Drawing) -> Markup {
    let amount = |number: u64| format::amount(drawing.unit, number);
    let what = match drawing.source {
        Source::Limit if drawing.name == "key" => "the key's own limit",
        Source::Limit => "the limit ",
        Source::Budget => "the budget ",
        Source::Provider => "the limit of the provider ",
        Source::Approval => "the approval, which is good once",
    };
    html! {
        (what)
        @if drawing.source != Source::Approval {
            @if !(drawing.source == Source::Limit && drawing.name == "key") { (drawing.name) }
            @if let (Source::Budget, Some(provider)) = (drawing.source, &drawing.provider) { " for " (provider) }
            ": " (amount(drawing.amount)) " asked for, " (amount(drawing.taken)) " of " (amount(drawing.cap)) " taken"
        }
    }
}

fn plan(plan: &PlanStory) -> Markup {
    let words: Vec<&str> = plan.strategy.iter().map(|strategy| word(*strategy)).collect();
    html! {
        strong { "The plan. " }
        "Targets that can take the request are ordered by " (words.join(", then ")) "; one that is short of its provider's limits goes behind the others."
        @match plan.turn {
            Some(Turn::Probe) => " The first gets it to see whether it is well again: its circuit is half open.",
            Some(Turn::Trial) => " The first gets it to see how soon it answers.",
            None => "",
        }
        @if plan.last_resort { " " span .warn { "Only targets with open circuits were left" } ", and they are tried nevertheless." }
        @if plan.targets.is_empty() {
            p .warn { "No target was left." }
        } @else {
            (table("plan-table", "Targets in the order in which they are tried", &html! {
                th scope="col" { "Target" }
                th scope="col" .number { "A million tokens in" }
                th scope="col" .number { "out" }
                th scope="col" .number { "This request at most" }
            }, &html! { @for target in &plan.targets { (self::target(target)) } }))
        }
        @if !plan.excluded.is_empty() {
            (table("excluded-table", "Targets that were passed over", &html! {
                th scope="col" { "Target" }
                th scope="col" { "Why" }
            }, &html! {
                @for (provider, model, reason) in &plan.excluded {
                    tr { th scope="row" .name { (provider) "/" (model) } td { (reason) } }
                }
            }))
        }
    }
}

fn target(target: &TargetStory) -> Markup {
    let price =
        |amount: Option<penstock_chat::MicroUsd>| amount.map_or_else(|| "no price".to_owned(), format::money);
    html! {
        tr {
            th scope="row" .name { (target.provider) "/" (target.model) }
            td .number { (price(target.price.map(|(input, _)| input))) }
            td .number { (price(target.price.map(|(_, output)| output))) }
            td .number { (price(target.estimate)) }
        }
    }
}

fn word(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Priority => "priority",
        Strategy::Weight => "chance, by weight",
        Strategy::Canary => "share of the canary",
        Strategy::LeastCost => "least cost",
        Strategy::LeastLatency => "time to the first token",
        Strategy::Sticky => "where the conversation was",
    }
}

fn attempts(request: &Request) -> Markup {
    let stops = &request.attempts;
    html! {
        @for (index, stop) in stops.iter().enumerate() {
            li {
                strong { "Attempt " (index + 1) ". " } (stop.provider) "/" (stop.model) ": " (outcome(stop))
                @if let Some(ms) = stop.first_token_ms { ", first content after " (format::duration(ms)) }
                ". "
                (followed(stop, stops.get(index + 1)))
            }
        }
        @if !request.billed.is_empty() {
            li {
                strong { "The bill. " }
                ul {
                    @for part in &request.billed {
                        li {
                            (part.provider) "/" (part.model) ": " (format::count(part.usage.input.0)) " tokens in, " (format::count(part.usage.output.0)) " out, "
                            (part.cost.map_or_else(|| "no price is known".to_owned(), format::money))
                        }
                    }
                }
            }
        }
    }
}

fn outcome(stop: &Stop) -> Markup {
    let outcome = stop.outcome.as_deref().unwrap_or("no answer");
    let is_good = outcome
        .parse::<u16>()
        .is_ok_and(|status| (200..300).contains(&status));
    html! { span class=(if is_good { "good" } else { "bad" }) { (outcome) } }
}

/// What came after an attempt.
fn followed(stop: &Stop, next: Option<&Stop>) -> Markup {
    html! {
        @match next {
            Some(next) if (&next.provider, &next.model) == (&stop.provider, &stop.model) => {
                "It was asked once more"
                @if let Some(ms) = stop.retry_after_ms { ", after the " (format::duration(ms)) " that it had asked for" }
                "."
            },
            Some(next) => { "The request went on to " (next.provider) "/" (next.model) "." },
            None => "This is what the client was given.",
        }
    }
}

fn end(row: &Row) -> Markup {
    html! {
        @if row.status == 0 { "The client saw no status" } @else { "The client saw " (row.status) }
        @if row.client_left { ", and left before the end" }
        @if row.is_cut { ", and the answer broke off" }
        @if let Some(reason) = &row.finish_reason { "; the model stopped for " (reason) }
        "."
        @if !row.flags.is_empty() { " Envoy's flags: " (row.flags) "." }
    }
}
