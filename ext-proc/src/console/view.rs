//! From what there is to see to pages. Values are escaped where they are put in; nothing here writes markup from a value.

mod account;
mod cache;
mod chart;
mod decision;
mod requests;
mod spent;
mod targets;

use maud::{Markup, html};

use super::{
    Found, PATH,
    door::{Shut, Visitor},
    format,
    overview::Overview,
    page::page,
};

/// From so many thousandths on, something is nearly used up.
const HIGH: u64 = 800;
/// And from here on it is.
const FULL: u64 = 1_000;

/// The parts of the overview, in their order: the word in the address, and the heading.
const PARTS: [(&str, &str); 6] = [
    ("requests", "Requests"),
    ("spend", "Spend"),
    ("budgets", "Budgets"),
    ("health", "Provider health"),
    ("cache", "Cache"),
    ("limits", "Limits"),
];

/// All there is to see at one time.
pub(super) fn overview(overview: &Overview, visitor: &Visitor) -> Markup {
    let nav = html! {
        ul {
            @for (id, heading) in PARTS {
                li { a href={ "#" (id) } { (heading) } }
            }
        }
    };
    let main = html! {
        div .bar-row {
            h1 { "Overview" }
            a href={ (PATH) "?span=" (overview.spent.span.word()) } #reload { "Load anew" }
            button #live-button type="button" hidden { "Pause" }
            span #live-state .soft {}
        }
        div #summary data-live { (summary(overview)) }
        section #requests data-live aria-labelledby="requests-heading" { (requests::part(overview)) }
        section #spend data-live aria-labelledby="spend-heading" { (spent::part(&overview.spent)) }
        section #budgets data-live aria-labelledby="budgets-heading" { (account::budgets(overview)) }
        section #health data-live aria-labelledby="health-heading" { (targets::part(overview)) }
        section #cache data-live aria-labelledby="cache-heading" { (cache::part(overview)) }
        section #limits data-live aria-labelledby="limits-heading" { (account::limits(overview)) }
    };
    page("Console", Some(visitor), Some(nav), true, &main)
}

/// What was decided about one request, and how it went.
pub(super) fn request(id: &str, found: Option<&Found>, visitor: &Visitor) -> Markup {
    let nav = html! { ul { li { a href=(PATH) { "Back to the overview" } } } };
    let main = html! {
        h1 { "One request" }
        (requests::find(id))
        @match found {
            Some(found) => (decision::explain(id, found)),
            None => section aria-labelledby="unknown" {
                h2 #unknown { "Not found" }
                p { "No request with this id is remembered. The service keeps the last 512 that it was told of, and forgets them when it ends; the ledger has all of them." }
            },
        }
    };
    page("One request", Some(visitor), Some(nav), false, &main)
}

/// Where somebody signs in, and why it is needed.
pub(super) fn sign_in(shut: Shut, has_keys: bool) -> Markup {
    let trouble = match shut {
        Shut::Stranger => None,
        Shut::Refused => Some("This key is not good. Look for a missing character, or ask whoever gave it out whether it was revoked or has ended.".to_owned()),
        Shut::NotAdmin => Some("This key may not look at the console. It takes one with admin: true (penstock keys new --admin).".to_owned()),
        Shut::TooOften { retry_ms } => Some(format!("Too many keys were refused to this address. Try again in {}.", format::duration(retry_ms))),
        Shut::NoSession => Some("The system gives no random bytes, so there can be no session.".to_owned()),
    };
    let main = html! {
        h1 { "Sign in" }
        @if let Some(trouble) = trouble {
            p .alert role="alert" { (trouble) }
        }
        @if !has_keys {
            p .alert { "This gateway asks nobody for a key: its configuration has no section keys, so nobody can sign in. Add keys with one that has admin: true." }
        }
        section aria-labelledby="key-heading" {
            h2 #key-heading { "Key" }
            form method="post" action={ (PATH) "/sign-in" } {
                label for="key" { "A key of this gateway with admin: true" }
                p .bar-row {
                    input #key name="key" type="password" required autocomplete="current-password" maxlength="256" size="50" spellcheck="false";
                    button type="submit" { "Sign in" }
                }
            }
            p .soft { "The key is sent once, in the body of a form, and kept by nobody. A session lasts an hour." }
        }
    };
    page("Sign in", None, None, false, &main)
}

fn summary(overview: &Overview) -> Markup {
    let open = overview
        .targets
        .iter()
        .filter(|target| targets::is_open(target))
        .count();
    let full = |permille: u64| permille >= HIGH;
    let budgets = overview
        .budgets
        .iter()
        .flatten()
        .filter(|line| full(line.permille()))
        .count();
    let limits = overview
        .limits
        .iter()
        .flatten()
        .filter(|line| full(line.permille()))
        .count();
    let number = |count: usize| format::count(u64::try_from(count).unwrap_or(u64::MAX));
    let (clock, moment) = format::clock(overview.now_ms);
    html! {
        dl .tiles {
            div { dt { "Service" } dd class=(if overview.is_ready { "good" } else { "bad" }) { (if overview.is_ready { "Ready" } else { "Not ready" }) } }
            div { dt { "Under way" } dd { (number(overview.under_way)) } }
            div { dt { "Spent, " (overview.spent.span.name().to_lowercase()) } dd { (overview.spent.sums.as_ref().map_or_else(|| "…".to_owned(), |sums| format::money(sums.total.cost))) } }
            div { dt { "Open circuits" } dd .bad[open > 0] { (number(open)) } }
            div { dt { "Budgets over 80 %" } dd .warn[budgets > 0] { (number(budgets)) } }
            div { dt { "Limits over 80 %" } dd .warn[limits > 0] { (number(limits)) } }
        }
        @for notice in &overview.notices {
            p .alert { (notice) }
        }
        p .soft { "As of " time datetime=(moment) { (clock) } " · policy " (overview.policy_version) }
    }
}

/// A table that scrolls on its own where the page is too narrow for it.
fn table(id: &str, caption: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        div .scroll id=(id) role="region" tabindex="0" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { (head) } }
                tbody { (body) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
