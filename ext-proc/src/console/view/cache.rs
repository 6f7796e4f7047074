//! How the cache does.

use maud::{Markup, html};

use super::{chart, table};
use crate::{
    cache::{OfModel, Saved},
    console::{format, overview::Overview},
};

pub(super) fn part(overview: &Overview) -> Markup {
    let head = html! {
        th scope="col" { "Model" }
        th scope="col" .gauge { "Hit rate" }
        th scope="col" .number .wide { "Exact hits" }
        th scope="col" .number .wide { "Hits by meaning" }
        th scope="col" .number .wide { "Misses" }
        th scope="col" .number .wide { "Not asked" }
        th scope="col" .number .wide { "Tokens saved" }
        th scope="col" .number { "Money saved" }
        th scope="col" .wide { "Measured error" }
    };
    html! {
        h2 #cache-heading { "Cache" }
        @match &overview.cache {
            None => p { "The configuration has no cache." },
            Some(view) => {
                p {
                    (view.report.entries.map_or_else(|| "It is not known how many".to_owned(), format::count))
                    " answers are kept"
                    @if let Some(bytes) = view.report.bytes { ", in " (format::count(bytes / 1024)) " KiB" }
                    ". "
                    @if let Some(embedder) = &view.report.embedder { span .soft { "Meaning is compared by " (embedder) "." } }
                }
                @if view.report.models.is_empty() {
                    p { "No model's answers are kept." }
                } @else {
                    (table("cache-table", "Since the service started, of this replica", &head, &html! {
                        @for (model, saved) in view.report.models.iter().zip(&view.saved) { (line(model, *saved)) }
                    }))
                }
            },
        }
    }
}

fn line(model: &OfModel, saved: Saved) -> Markup {
    let hits = model.exact_hits.saturating_add(model.semantic_hits);
    let asked = hits.saturating_add(model.misses);
    let tokens = saved.input.0.saturating_add(saved.output.0);
    html! {
        tr {
            th scope="row" .name { (model.model) }
            td .gauge { (model.hit_rate.map_or_else(|| "never asked".to_owned(), format::share)) (chart::bar(hits, asked)) }
            td .number .wide { (format::count(model.exact_hits)) }
            td .number .wide { @if model.semantic { (format::count(model.semantic_hits)) } @else { "off" } }
            td .number .wide { (format::count(model.misses)) }
            td .number .wide { (format::count(model.bypasses)) }
            td .number .wide { (format::count(tokens)) }
            td .number { (format::money(saved.cost)) }
            td .wide {
                @match (model.measured_error, model.measured_error_upper) {
                    (Some(error), Some(upper)) => { (format::share(error)) ", at most " (format::share(upper)) },
                    _ if model.semantic => "not measured yet",
                    _ => "none: exact only",
                }
            }
        }
    }
}
