//! The frame of every page.

use maud::{DOCTYPE, Markup, html};

use super::{PATH, door::Visitor};

/// A page with `main` in it; signed in is `visitor`. `live`: a script keeps its parts up to date.
pub(super) fn page(
    title: &str,
    visitor: Option<&Visitor>,
    nav: Option<Markup>,
    live: bool,
    main: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Penstock" }
                link rel="icon" type="image/svg+xml" href={ (PATH) "/icon.svg" };
                link rel="stylesheet" href={ (PATH) "/style.css" };
                @if live {
                    script src={ (PATH) "/live.js" } defer {}
                }
            }
            body {
                a .skip href="#main" { "Skip to content" }
                header {
                    p .brand { a href=(PATH) { "Penstock console" } }
                    @if let Some(visitor) = visitor {
                        form .who method="post" action={ (PATH) "/sign-out" } {
                            span { "Key " strong { (visitor.key) } " of " (visitor.tenant) }
                            button type="submit" { "Sign out" }
                        }
                    }
                }
                @if let Some(nav) = nav {
                    nav aria-label="Parts of this page" { (nav) }
                }
                main #main tabindex="-1" { (main) }
                footer { p { "Read only. Times are UTC. No prompt text is shown or kept for this page." } }
            }
        }
    }
}
