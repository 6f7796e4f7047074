//! Charts, drawn here. Each says in words what it shows; a bar stands beside its number and is hidden from those who hear the
//! page.

use maud::{Markup, html};

use super::{FULL, HIGH};
use crate::console::format;

/// What the drawing of a bar is wide, in its own units.
const WIDTH: u64 = 1_000;
/// What the drawing of columns is high.
const HEIGHT: u64 = 100;

/// A bar for a part of the longest.
pub(super) fn bar(part: u64, longest: u64) -> Markup {
    drawn(share(part, longest, WIDTH), "bar")
}

/// A bar for how full something is, in thousandths.
pub(super) fn gauge(permille: u64) -> Markup {
    let class = match permille {
        FULL.. => "bar full",
        HIGH.. => "bar high",
        _ => "bar",
    };
    drawn(permille.min(WIDTH), class)
}

/// Columns side by side, each with what it is for and its value, and in words what they show.
pub(super) fn columns(what: &str, columns: &[(String, u64)], text: impl Fn(u64) -> String) -> Markup {
    let highest = columns.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let count = u64::try_from(columns.len()).unwrap_or(1).max(1);
    let peak = columns.iter().find(|(_, value)| *value == highest);
    let words = match (columns.first(), columns.last(), peak) {
        (Some((first, _)), Some((last, _)), Some((peak, _))) => {
            format!(
                "{what} from {first} to {last}; highest {} ({peak})",
                text(highest)
            )
        }
        _ => format!("{what}: nothing yet"),
    };
    let ends = columns.first().zip(columns.last());
    html! {
        figure {
            svg .columns role="img" aria-label=(words) viewBox={ "0 0 " (count * 10) " " (HEIGHT) } preserveAspectRatio="none" {
                @for (index, (_, value)) in columns.iter().enumerate() {
                    @let height = share(*value, highest, HEIGHT);
                    rect x=(index * 10 + 1) y=(HEIGHT - height) width="8" height=(height) {}
                }
            }
            @if let Some(((first, _), (last, _))) = ends {
                div .ends aria-hidden="true" { span { (first) } span { (last) } }
            }
            figcaption { (words) "." }
        }
    }
}

fn drawn(width: u64, class: &str) -> Markup {
    html! {
        svg class=(class) viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            rect width=(width) height="10" {}
        }
    }
}

/// What is there is seen, however little it is.
fn share(part: u64, whole: u64, length: u64) -> u64 {
    if part == 0 || whole == 0 {
        return 0;
    }
    let share = u128::from(part) * u128::from(length) / u128::from(whole);
    u64::try_from(share).unwrap_or(length).clamp(1, length)
}

/// The longest of several amounts.
pub(super) fn longest(amounts: impl Iterator<Item = u64>) -> u64 {
    amounts.max().unwrap_or_default()
}

/// How full something is, in words that do not need a colour.
pub(super) fn fullness(permille: u64) -> Markup {
    let (class, word) = match permille {
        FULL.. => ("bad", " used up"),
        HIGH.. => ("warn", " nearly used up"),
        _ => ("", ""),
    };
    html! {
        (format::percent(permille))
        @if !word.is_empty() { span class=(class) { (word) } }
    }
}
