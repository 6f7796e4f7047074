//! What was spent, by team and by model.

use maud::{Markup, html};

use super::{chart, table};
use crate::{
    console::{PATH, Span, Spent, Summed, format},
    ledger::{Group, Sums},
};

/// Groups that are shown each by itself.
const MOST_GROUPS: usize = 12;

pub(super) fn part(spent: &Spent) -> Markup {
    html! {
        h2 #spend-heading { "Spend" }
        p .spans {
            @for span in Span::ALL {
                a href={ (PATH) "?span=" (span.word()) "#spend" } aria-current=[(span == spent.span).then_some("true")] { (span.name()) }
                " "
            }
        }
        @if let Some(trouble) = &spent.trouble {
            p .alert { "The ledger was not summed up: " (trouble) "." }
        }
        @match &spent.sums {
            Some(sums) => (summed(spent.span, sums)),
            None => p { "The ledger is being summed up. Load the page again in a moment." },
        }
    }
}

fn summed(span: Span, sums: &Summed) -> Markup {
    let total = &sums.total;
    let times: Vec<(String, u64)> = sums
        .times
        .iter()
        .map(|(time, sums)| (time.clone(), sums.cost.0))
        .collect();
    let head = |what: &str| {
        html! {
            th scope="col" { (what) }
            th scope="col" .number { "Spent" }
            th scope="col" .gauge { span aria-hidden="true" { "Share" } }
            th scope="col" .number .wide { "Requests" }
            th scope="col" .number .wide { "Tokens in" }
            th scope="col" .number .wide { "Tokens out" }
        }
    };
    html! {
        p {
            strong { (format::money(total.cost)) } " for " (format::count(total.requests)) " requests, "
            (format::count(total.input_tokens)) " tokens in and " (format::count(total.output_tokens)) " out. "
            span .soft { (span.name()) ". What has no known price is not in it." }
        }
        @if total.requests == 0 {
            p { "Nothing was written down in this time." }
        } @else {
            @if times.len() > 1 {
                (chart::columns("Spend", &times, |micros| format::money(penstock_chat::MicroUsd(micros))))
            }
            h3 { "By team" }
            (table("spend-teams", "Spend by tenant and team", &head("Team"), &lines(&sums.teams, team)))
            h3 { "By model" }
            (table("spend-models", "Spend by model", &head("Model"), &lines(&sums.models, model)))
        }
    }
}

fn team(group: &Group) -> String {
    let value = |index: usize| group.values.get(index).and_then(Option::as_deref);
    match (value(0), value(1)) {
        (Some(tenant), Some(team)) => format!("{tenant} / {team}"),
        (Some(tenant), None) => tenant.to_owned(),
        (None, _) => "no caller".to_owned(),
    }
}

fn model(group: &Group) -> String {
    let name = group.values.first().and_then(Option::as_deref);
    name.unwrap_or("no model").to_owned()
}

fn lines(groups: &[Group], name: impl Fn(&Group) -> String) -> Markup {
    let (shown, others) = groups.split_at(groups.len().min(MOST_GROUPS));
    let rest = others.iter().fold(Sums::default(), |sum, group| Sums {
        requests: sum.requests.saturating_add(group.sums.requests),
        input_tokens: sum.input_tokens.saturating_add(group.sums.input_tokens),
        output_tokens: sum.output_tokens.saturating_add(group.sums.output_tokens),
        cost: sum.cost.saturating_add(group.sums.cost),
        ..sum
    });
    let longest = chart::longest(shown.iter().map(|group| group.sums.cost.0));
    let line = |name: &str, sums: &Sums, longest: u64| {
        html! {
            tr {
                th scope="row" .name { (name) }
                td .number { (format::money(sums.cost)) }
                td .gauge { (chart::bar(sums.cost.0, longest)) }
                td .number .wide { (format::count(sums.requests)) }
                td .number .wide { (format::count(sums.input_tokens)) }
                td .number .wide { (format::count(sums.output_tokens)) }
            }
        }
    };
    html! {
        @for group in shown { (line(&name(group), &group.sums, longest)) }
        @if !others.is_empty() { (line(&format!("{} others", others.len()), &rest, longest)) }
    }
}
