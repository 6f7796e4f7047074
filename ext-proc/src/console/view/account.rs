//! How full budgets and limits are.

use maud::{Markup, html};
use penstock_chat::MicroUsd;
use penstock_config::{Exceeded, Period};

use super::{chart, table};
use crate::console::{
    format,
    overview::{BudgetLine, LimitLine, Overview},
};

/// Limits that are shown: those of which so much is taken, in thousandths. Others are only counted.
const WORTH_SHOWING: u64 = 500;
/// And so many of the fullest, however little is taken.
const SHOWN_ALWAYS: usize = 10;

pub(super) fn budgets(overview: &Overview) -> Markup {
    let head = html! {
        th scope="col" { "Budget" }
        th scope="col" .number { "Used" }
        th scope="col" .number { "Of" }
        th scope="col" .gauge { "Part" }
        th scope="col" .wide { "Next reset" }
        th scope="col" .wide { "When spent" }
    };
    html! {
        h2 #budgets-heading { "Budgets" }
        @match overview.budgets.as_deref() {
            None => p .alert { "The store of budgets does not answer, so it is not known how they stand." },
            Some([]) => p { "The configuration has no budgets, or nobody known draws on one." },
            Some(lines) => (table("budgets-table", "Budgets, the fullest first", &head, &html! {
                @for line in lines { (budget(line)) }
            })),
        }
    }
}

fn budget(line: &BudgetLine) -> Markup {
    let period = match line.period {
        Period::Day => "a day",
        Period::Week => "a week",
        Period::Month => "a month",
    };
    html! {
        tr {
            th scope="row" .name {
                (line.name)
                @if !line.owner.is_empty() { " " span .soft { (line.owner.join(" · ")) } }
            }
            td .number {
                (format::money(MicroUsd(line.standing.used)))
                @if line.standing.held > 0 { br; span .soft { "+ " (format::money(MicroUsd(line.standing.held))) " reserved" } }
            }
            td .number { (format::money(line.amount)) br; span .soft { (period) } }
            td .gauge { (chart::fullness(line.permille())) (chart::gauge(line.permille())) }
            td .wide { "in " (format::duration(line.standing.reset_ms)) }
            td .wide { (match line.on_exceeded { Exceeded::Refuse => "requests are refused", Exceeded::Notify => "an event only" }) }
        }
    }
}

pub(super) fn limits(overview: &Overview) -> Markup {
    let head = html! {
        th scope="col" { "Limit" }
        th scope="col" .number { "Taken" }
        th scope="col" .number { "Of" }
        th scope="col" .gauge { "Part" }
        th scope="col" .wide { "Begins anew" }
    };
    let intro = html! {
        p .soft { "Limits that the service holds: of keys, strict ones, of providers. Those that each Envoy holds itself are in Envoy's statistics." }
    };
    html! {
        h2 #limits-heading { "Limits near exhaustion" }
        (intro)
        @match overview.limits.as_deref() {
            None => p .alert { "The store of limits does not answer, so it is not known how they stand." },
            Some([]) => p { "The service holds no limits for anybody known." },
            Some(lines) => {
                @let full = lines.iter().take_while(|line| line.permille() >= WORTH_SHOWING).count();
                @let shown = full.max(SHOWN_ALWAYS).min(lines.len());
                (table("limits-table", "Limits, the fullest first", &head, &html! {
                    @for line in lines.iter().take(shown) { (limit(line)) }
                }))
                @if shown < lines.len() {
                    p .soft { (lines.len() - shown) " more are less than half taken." }
                }
            },
        }
    }
}

fn limit(line: &LimitLine) -> Markup {
    html! {
        tr {
            th scope="row" .name {
                (match line.source { "provider" => "provider ", "key" => "own limit of a ", _ => "" }) (line.name)
                @for (name, value) in &line.owner { " " span .soft { (name) " " (value) } }
            }
            td .number { (format::count(line.standing.used.saturating_add(line.standing.held))) }
            td .number { (format::count(line.cap)) br; span .soft { (format::kind(line.kind)) } }
            td .gauge { (chart::fullness(line.permille())) (chart::gauge(line.permille())) }
            td .wide { @if line.standing.reset_ms > 0 { "in " (format::duration(line.standing.reset_ms)) } @else { "as requests end" } }
        }
    }
}
