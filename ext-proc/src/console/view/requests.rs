//! The latest requests.

use maud::{Markup, html};
use penstock_chat::Tokens;

use super::table;
use crate::{
    console::{PATH, format, overview::Overview},
    ledger::Row,
};

pub(super) fn part(overview: &Overview) -> Markup {
    let head = html! {
        th scope="col" { "Time" }
        th scope="col" { "Model" }
        th scope="col" .wide { "Caller" }
        th scope="col" .wide { "Provider" }
        th scope="col" { "Outcome" }
        th scope="col" .wide .number { "Attempts" }
        th scope="col" .wide .number { "Tokens in" }
        th scope="col" .wide .number { "Tokens out" }
        th scope="col" .number { "Cost" }
        th scope="col" .wide .number { "Duration" }
        th scope="col" .wide { "Cache" }
    };
    let body = html! {
        @for request in &overview.requests { (line(&request.row)) }
    };
    html! {
        h2 #requests-heading { "Requests" }
        (find(""))
        @if overview.requests.is_empty() {
            p { "No request has ended since the service started." }
        } @else {
            (table("requests-table", "The latest requests, as they ended", &head, &body))
        }
    }
}

/// A form for the id of a request.
pub(super) fn find(id: &str) -> Markup {
    html! {
        form method="get" action={ (PATH) "/request" } role="search" {
            label for="request-id" { "Explain the request with this id (x-penstock-request-id)" }
            p .bar-row {
                input #request-id name="id" value=(id) required maxlength="128" size="40" autocomplete="off" spellcheck="false";
                button type="submit" { "Explain" }
            }
        }
    }
}

fn line(row: &Row) -> Markup {
    let (clock, moment) = format::clock(row.started_ms.saturating_add(row.duration_ms));
    let tokens =
        |tokens: Option<Tokens>| tokens.map_or_else(|| "–".to_owned(), |tokens| format::count(tokens.0));
    html! {
        tr {
            td {
                a href={ (PATH) "/request?" (query(&row.id)) } {
                    time datetime=(moment) { (clock) }
                }
            }
            td .name { (alias(row)) }
            td .wide .name { (caller(row)) }
            td .wide .name { (provider(row)) }
            td { (outcome(row)) }
            td .wide .number { (format::count(row.attempts)) }
            td .wide .number { (tokens(row.input)) @if row.is_estimated { abbr title="estimated: no provider has reported it" { "≈" } } }
            td .wide .number { (tokens(row.output)) }
            td .number { (row.cost.map_or_else(|| "unknown".to_owned(), format::money)) }
            td .wide .number { (format::duration(row.duration_ms)) }
            td .wide { (row.cache) }
        }
    }
}

fn query(id: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("id", id)
        .finish()
}

/// The alias that was asked for, and the one that it became.
pub(super) fn alias(row: &Row) -> Markup {
    html! {
        @match (&row.model, &row.served) {
            (Some(asked), Some(served)) if asked != served => { (asked) " → " (served) },
            (Some(asked), _) => (asked),
            (None, _) => span .soft { (row.path) },
        }
    }
}

pub(super) fn caller(row: &Row) -> Markup {
    html! {
        @match (&row.tenant, &row.team) {
            (Some(tenant), Some(team)) => { (tenant) " / " (team) },
            (Some(tenant), None) => (tenant),
            (None, _) => span .soft { "unknown" },
        }
    }
}

pub(super) fn provider(row: &Row) -> Markup {
    html! {
        @match (&row.provider, &row.provider_model) {
            (Some(provider), Some(model)) => { (provider) "/" (model) },
            (Some(provider), None) => (provider),
            (None, _) => span .soft { "none" },
        }
    }
}

/// How it ended, in a word with the status.
pub(super) fn outcome(row: &Row) -> Markup {
    let (class, word) = if row.client_left {
        ("warn", "client left")
    } else if row.is_cut {
        ("bad", "cut off")
    } else {
        match row.status {
            0 => ("bad", "no answer"),
            1..400 => ("good", "ok"),
            _ if row.decision == "refused" => ("warn", "refused"),
            400..500 => ("warn", "client error"),
            _ => ("bad", "failed"),
        }
    };
    html! {
        span class=(class) { (word) }
        @if row.status > 0 { " " (row.status) }
        @if let Some(reason) = &row.reason { " " span .soft .wide { (reason) } }
    }
}
