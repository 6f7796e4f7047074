//! How providers are.

use maud::{Markup, html};

use super::table;
use crate::{
    console::{format, overview::Overview},
    health::TargetReport,
    plan::Circuit,
};

pub(super) fn part(overview: &Overview) -> Markup {
    let head = html! {
        th scope="col" { "Target" }
        th scope="col" { "Circuit" }
        th scope="col" .number { "First token" }
        th scope="col" .number .wide { "Answered" }
        th scope="col" .number { "Failed" }
        th scope="col" .number .wide { "Rate-limited" }
        th scope="col" .wide { "Left of its limits" }
    };
    let body = html! { @for target in &overview.targets { (line(target)) } };
    html! {
        h2 #health-heading { "Provider health" }
        (table("health-table", "Targets: attempts since the service started, as this replica was told", &head, &body))
    }
}

/// Whether it gets no requests, or one at a time.
pub(super) fn is_open(target: &TargetReport) -> bool {
    target.standing.circuit != Circuit::Closed
}

fn line(target: &TargetReport) -> Markup {
    let standing = &target.standing;
    let left = [
        standing
            .room
            .requests
            .map(|left| format!("{} requests", format::count(left))),
        standing
            .room
            .tokens
            .map(|left| format!("{} tokens", format::count(left.0))),
    ];
    let left: Vec<String> = left.into_iter().flatten().collect();
    html! {
        tr {
            th scope="row" .name { (target.provider) "/" (target.model) }
            td {
                @match standing.circuit {
                    Circuit::Closed => span .good { "closed" },
                    Circuit::Due => span .warn { "half open" },
                    Circuit::Open { retry_after_ms } => { span .bad { "open" } " for " (format::duration(retry_after_ms)) },
                }
                @if let Some(ms) = standing.limited_ms { br; span .warn { "rate-limited" } " for " (format::duration(ms)) }
            }
            td .number { (standing.first_token_ms.map_or_else(|| "–".to_owned(), format::duration)) }
            td .number .wide { (format::count(target.attempts.succeeded)) }
            td .number { (format::count(target.attempts.failed)) }
            td .number .wide { (format::count(target.attempts.limited)) }
            td .wide { @if left.is_empty() { "not told" } @else { (left.join(", ")) } }
        }
    }
}
