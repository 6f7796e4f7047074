//! From a model's targets to a plan.

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::routing::{Route, Routing};

use super::{Circuit, HealthView, Needs, Reason, Standing, order::Ranks};

/// What a plan is made for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Where the caller's requests must stay.
    pub region: Option<&'a str>,
    /// The version that the caller asks for, instead of the model's own pin.
    pub pin: Option<&'a str>,
    /// What the request needs.
    pub needs: &'a Needs,
    /// Input tokens.
    pub input: Tokens,
    /// The most output tokens, all choices together.
    pub output: Tokens,
    /// The caller, as a number that is always the same: see [`needs::identity`](super::needs::identity).
    pub caller: u64,
    /// What the request costs at most at the target with this index, if that is known.
    pub cost: &'a dyn Fn(usize) -> Option<MicroUsd>,
    /// Targets that are out for reasons that are not looked at here.
    pub barred: &'a [(usize, Reason)],
    /// Chance.
    pub draw: u64,
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// Where a request may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// Indices of targets in the order they are tried; empty if none is left.
    pub targets: Vec<usize>,
    /// All others, each with the first reason that was found, in the order of the file.
    pub excluded: Vec<(usize, Reason)>,
    /// What the first target gets the request for, if not as usual; to be taken by [`HealthView::claim`].
    pub turn: Option<Turn>,
    /// Every target that the request could go to has an open circuit, and is tried nevertheless.
    pub last_resort: bool,
}

/// Why one request goes to a target that others do not go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// To see whether it is well again.
    Probe,
    /// To see how soon it answers.
    Trial,
}

/// Orders the targets that can take a request, and says why the others cannot.
///
/// Circuits are asked last. If nothing but open circuits stands in the way, those targets are tried nevertheless,
/// whose time is up soonest first: an answer is not certain that way, and it is certain that there is none otherwise.
/// No other reason is ever set aside.
pub fn plan(routing: &Routing, view: &impl HealthView, ask: &Ask<'_>) -> Planned {
    let mut left = Vec::new();
    let mut waiting = Vec::new();
    let mut excluded = Vec::new();
    for (index, route) in routing.targets.iter().enumerate() {
        let standing = view.standing(&route.provider, &route.model, ask.now_ms);
        let ranks = || Ranks::of(routing, index, &standing, ask);
        match (unfit(routing, index, route, ask), standing.circuit) {
            (Some(reason), _) => excluded.push((index, reason)),
            (None, Circuit::Open { retry_after_ms }) => waiting.push((retry_after_ms, index, ranks())),
            (None, _) => left.push((index, ranks(), standing)),
        }
    }
    if left.is_empty() {
        waiting.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.2.compare(&b.2)));
        return Planned {
            last_resort: !waiting.is_empty(),
            targets: waiting.into_iter().map(|(_, index, _)| index).collect(),
            excluded,
            turn: None,
        };
    }
    excluded.extend(
        waiting
            .into_iter()
            .map(|(retry_after_ms, index, _)| (index, Reason::Circuit { retry_after_ms })),
    );
    excluded.sort_by_key(|(index, _)| *index);
    left.sort_by(|a, b| a.1.compare(&b.1));
    Planned {
        turn: left.first().and_then(|(_, _, standing)| turn(routing, standing)),
        targets: left.into_iter().map(|(index, _, _)| index).collect(),
        excluded,
        last_resort: false,
    }
}

/// A plan whose turn is taken. Where other requests take turns at the same time, it is made anew without them.
pub fn claim(routing: &Routing, view: &impl HealthView, ask: &Ask<'_>) -> Planned {
    let mut planned = plan(routing, view, ask);
    for _ in &routing.targets {
        let first = planned
            .targets
            .first()
            .and_then(|index| routing.targets.get(*index));
        let (Some(route), Some(turn)) = (first, planned.turn) else {
            break;
        };
        if view.claim(&route.provider, &route.model, turn, ask.now_ms) {
            break;
        }
        planned = plan(routing, view, ask);
    }
    planned
}

fn turn(routing: &Routing, standing: &Standing) -> Option<Turn> {
    use penstock_config::routing::Strategy::LeastLatency;
    match standing.circuit {
        Circuit::Due => Some(Turn::Probe),
        _ => (standing.may_try && routing.strategy.contains(&LeastLatency)).then_some(Turn::Trial),
    }
}

/// The first reason, circuits aside, for which a target cannot take the request.
fn unfit(routing: &Routing, index: usize, route: &Route, ask: &Ask<'_>) -> Option<Reason> {
    let barred = || {
        let found = ask.barred.iter().find(|(barred, _)| *barred == index);
        found.map(|(_, reason)| reason.clone())
    };
    other_version(routing, route, ask)
        .or_else(|| elsewhere(route, ask.region))
        .or_else(|| {
            route
                .capabilities
                .lacks(ask.needs.capabilities)
                .map(Reason::Capability)
        })
        .or_else(|| too_long(route, ask))
        .or_else(barred)
}

fn other_version(routing: &Routing, route: &Route, ask: &Ask<'_>) -> Option<Reason> {
    let pin = ask.pin.or(routing.pin.as_deref())?;
    (route.version.as_deref() != Some(pin)).then_some(Reason::Pin)
}

fn elsewhere(route: &Route, needed: Option<&str>) -> Option<Reason> {
    let needed = needed?;
    (!route.is_within(needed)).then(|| Reason::Region {
        needed: needed.to_owned(),
        has: route.region.clone(),
    })
}

/// An answer takes room only where the client says how long it may become: a provider that is given no number ends
/// the answer where its window does.
fn too_long(route: &Route, ask: &Ask<'_>) -> Option<Reason> {
    let has = route.context_window?;
    let wanted = ask.needs.max_output.unwrap_or(Tokens(1));
    let output = route.max_output_tokens.map_or(wanted, |most| wanted.min(most));
    let needs = Tokens(ask.input.0.saturating_add(output.0));
    (needs > has).then_some(Reason::ContextWindow { needs, has })
}
