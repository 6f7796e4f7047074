use std::{collections::HashMap, path::Path};

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::{
    Config,
    routing::{Capabilities, Capability, Routing},
};
use proptest::prelude::*;

use super::*;

const PROVIDERS: &str = "providers:
  - { name: a, api: openai, base_url: 'https://a.example/v1', credential: { env: A }, region: eu-west-1 }
  - { name: b, api: openai, base_url: 'https://b.example/v1', credential: { env: B }, region: us }
  - { name: c, api: openai, base_url: 'https://c.example/v1', credential: { env: C } }
";

/// A model of the strategy, and of targets as in the file.
fn routing(strategy: &str, targets: &[&str]) -> Routing {
    let targets = targets.join(" }, { ");
    let text = format!(
        "{PROVIDERS}models:\n  - {{ name: m, {strategy}, targets: [{{ {targets} }}] }}\nservice: {{}}\n"
    );
    match Config::from_yaml_str(&text, Path::new("penstock.yaml")) {
        Ok(mut config) => config.routing.remove(0),
        Err(invalid) => panic!("{invalid}"),
    }
}

#[derive(Default)]
struct View {
    standings: HashMap<String, Standing>,
    taken: bool,
}

impl HealthView for View {
    fn standing(&self, provider: &str, model: &str, _: u64) -> Standing {
        self.standings
            .get(&format!("{provider}/{model}"))
            .copied()
            .unwrap_or_default()
    }

    fn claim(&self, _: &str, _: &str, _: Turn, _: u64) -> bool {
        !self.taken
    }
}

/// A request and a world in words: `region=eu`, `tools`, `in=5`, `open:a/x=2000`, `cost:a/x=7`, `bar:a/x=budget`, …
#[derive(Default)]
struct Given {
    region: Option<String>,
    pin: Option<String>,
    needs: Needs,
    input: u64,
    output: u64,
    caller: u64,
    draw: u64,
    costs: HashMap<String, u64>,
    barred: HashMap<String, Reason>,
    view: View,
}

impl Given {
    fn read(words: &str) -> Self {
        let mut given = Self::default();
        for word in words.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let number = || value.parse::<u64>().unwrap();
            if let Some((what, target)) = name.split_once(':') {
                given.of_target(what, target, value);
                continue;
            }
            let capability = Capability::all().find(|capability| capability.to_string() == name);
            match (name, capability) {
                (_, Some(capability)) => {
                    given.needs.capabilities = given.needs.capabilities.with(capability);
                }
                ("region", _) => given.region = Some(value.to_owned()),
                ("pin", _) => given.pin = Some(value.to_owned()),
                ("in", _) => given.input = number(),
                ("out", _) => given.output = number(),
                ("max", _) => given.needs.max_output = Some(Tokens(number())),
                ("caller", _) => given.caller = number(),
                ("draw", _) => given.draw = number(),
                ("conversation", _) => given.needs.conversation = number(),
                _ => panic!("{word}"),
            }
        }
        given
    }

    fn of_target(&mut self, what: &str, target: &str, value: &str) {
        let number = value.parse::<u64>().unwrap_or_default();
        let standing = self.view.standings.entry(target.to_owned()).or_default();
        match what {
            "open" => {
                standing.circuit = Circuit::Open {
                    retry_after_ms: number,
                }
            }
            "due" => standing.circuit = Circuit::Due,
            "limited" => standing.limited_ms = Some(number),
            "requests" => standing.room.requests = Some(number),
            "tokens" => standing.room.tokens = Some(Tokens(number)),
            "limit" => standing.room.token_limit = Some(Tokens(number)),
            "ms" => standing.first_token_ms = Some(number),
            "try" => standing.may_try = true,
            "cost" => {
                self.costs.insert(target.to_owned(), number);
            }
            "bar" => {
                let reason = match value {
                    "budget" => Reason::Budget,
                    "limit" => Reason::ProviderLimit,
                    _ => Reason::NotAllowed,
                };
                self.barred.insert(target.to_owned(), reason);
            }
            _ => panic!("{what}"),
        }
    }

    fn plan(&self, routing: &Routing) -> Planned {
        let names: Vec<String> = routing
            .targets
            .iter()
            .map(|route| format!("{}/{}", route.provider, route.model))
            .collect();
        let barred: Vec<(usize, Reason)> = names
            .iter()
            .enumerate()
            .filter_map(|(index, name)| Some((index, self.barred.get(name)?.clone())))
            .collect();
        let ask = Ask {
            region: self.region.as_deref(),
            pin: self.pin.as_deref(),
            needs: &self.needs,
            input: Tokens(self.input),
            output: Tokens(self.output),
            caller: self.caller,
            cost: &|index| self.costs.get(names.get(index)?).copied().map(MicroUsd),
            barred: &barred,
            draw: self.draw,
            now_ms: 0,
        };
        claim(routing, &self.view, &ask)
    }
}

/// Targets in their order, then reasons, then what is special: `a/x b/x | c/x: budget used up | probe`.
fn told(routing: &Routing, planned: &Planned) -> String {
    let name = |index: &usize| {
        let route = &routing.targets[*index];
        format!("{}/{}", route.provider, route.model)
    };
    let targets: Vec<String> = planned.targets.iter().map(name).collect();
    let reasons: Vec<String> = planned
        .excluded
        .iter()
        .map(|(index, reason)| format!("{}: {reason}", name(index)))
        .collect();
    let mut parts = vec![targets.join(" "), reasons.join("; ")];
    match planned.turn {
        Some(Turn::Probe) => parts.push("probe".to_owned()),
        Some(Turn::Trial) => parts.push("trial".to_owned()),
        None => {}
    }
    if planned.last_resort {
        parts.push("last resort".to_owned());
    }
    parts.join(" | ")
}

fn assert_table(routing: &Routing, cases: &[(&str, &str)]) {
    for (given, expected) in cases {
        let planned = Given::read(given).plan(routing);
        assert_eq!(told(routing, &planned), *expected, "{given:?}");
    }
}

#[test]
fn targets_that_cannot_take_a_request_are_left_out_with_the_reason() {
    let routing = routing(
        "strategy: [priority]",
        &[
            "provider: a, model: x, version: '1', context_window: 1000, max_output_tokens: 100",
            "provider: b, model: x, version: '2', capabilities: [tools, images]",
            "provider: c, model: x",
        ],
    );
    assert_table(
        &routing,
        &[
            ("", "a/x b/x c/x | "),
            // Regions.
            (
                "region=eu",
                "a/x | b/x: region us, not eu; c/x: region unknown, not eu",
            ),
            (
                "region=eu-west",
                "a/x | b/x: region us, not eu-west; c/x: region unknown, not eu-west",
            ),
            (
                "region=eu-west-1",
                "a/x | b/x: region us, not eu-west-1; c/x: region unknown, not eu-west-1",
            ),
            (
                "region=eu-west-2",
                " | a/x: region eu-west-1, not eu-west-2; b/x: region us, not eu-west-2; c/x: region unknown, not eu-west-2",
            ),
            (
                "region=eu-west-1-a",
                " | a/x: region eu-west-1, not eu-west-1-a; b/x: region us, not eu-west-1-a; c/x: region unknown, not eu-west-1-a",
            ),
            (
                "region=e",
                " | a/x: region eu-west-1, not e; b/x: region us, not e; c/x: region unknown, not e",
            ),
            (
                "region=us",
                "b/x | a/x: region eu-west-1, not us; c/x: region unknown, not us",
            ),
            // Capabilities.
            ("tools images", "a/x b/x c/x | "),
            ("tools json_schema", "a/x c/x | b/x: without json_schema"),
            ("reasoning", "a/x c/x | b/x: without reasoning"),
            // Context windows.
            ("in=999", "a/x b/x c/x | "),
            ("in=1000", "b/x c/x | a/x: context window of 1000 tokens for 1001"),
            ("in=900 max=100", "a/x b/x c/x | "),
            ("in=900 max=5000", "a/x b/x c/x | "),
            (
                "in=901 max=5000",
                "b/x c/x | a/x: context window of 1000 tokens for 1001",
            ),
            ("in=901 out=5000", "a/x b/x c/x | "),
            // Versions.
            (
                "pin=1",
                "a/x | b/x: not of the pinned version; c/x: not of the pinned version",
            ),
            (
                "pin=2",
                "b/x | a/x: not of the pinned version; c/x: not of the pinned version",
            ),
            // What is decided elsewhere.
            ("bar:a/x=budget", "b/x c/x | a/x: budget used up"),
            (
                "bar:a/x=limit bar:c/x=key",
                "b/x | a/x: provider's limit reached; c/x: not allowed for this key",
            ),
            // The first reason is told.
            (
                "region=us bar:a/x=budget",
                "b/x | a/x: region eu-west-1, not us; c/x: region unknown, not us",
            ),
            // Circuits.
            ("open:a/x=1500", "b/x c/x | a/x: circuit open for 2 s"),
            ("due:a/x", "a/x b/x c/x |  | probe"),
            ("due:b/x", "a/x b/x c/x | "),
            ("open:a/x=9 open:b/x=3 open:c/x=5", "b/x c/x a/x |  | last resort"),
            (
                "open:a/x=9 region=eu",
                "a/x | b/x: region us, not eu; c/x: region unknown, not eu | last resort",
            ),
            (
                "open:a/x=9 bar:b/x=budget open:c/x=9",
                "a/x c/x | b/x: budget used up | last resort",
            ),
            (
                "open:a/x=9 bar:b/x=budget",
                "c/x | a/x: circuit open for 1 s; b/x: budget used up",
            ),
            // Providers' own limits.
            ("limited:a/x=9", "b/x c/x a/x | "),
            ("limited:a/x=9 requests:b/x=1", "c/x b/x a/x | "),
            ("requests:a/x=1", "b/x c/x a/x | "),
            ("requests:a/x=2", "a/x b/x c/x | "),
            ("tokens:a/x=299 in=200 out=100", "b/x c/x a/x | "),
            ("tokens:a/x=300 in=200 out=100", "a/x b/x c/x | "),
            ("tokens:a/x=49 limit:a/x=1000", "b/x c/x a/x | "),
            ("tokens:a/x=50 limit:a/x=1000", "a/x b/x c/x | "),
            (
                "limited:a/x=9 region=eu",
                "a/x | b/x: region us, not eu; c/x: region unknown, not eu",
            ),
        ],
    );
}

#[test]
fn a_model_is_pinned_unless_the_caller_asks_for_another_version() {
    let routing = routing(
        "pin: '1'",
        &[
            "provider: a, model: x, version: '1'",
            "provider: b, model: x, version: '2'",
        ],
    );
    assert_table(
        &routing,
        &[
            ("", "a/x | b/x: not of the pinned version"),
            ("pin=2", "b/x | a/x: not of the pinned version"),
            (
                "pin=3",
                " | a/x: not of the pinned version; b/x: not of the pinned version",
            ),
        ],
    );
}

#[test]
fn strategies_decide_one_after_the_other() {
    let targets = [
        "provider: a, model: x, priority: 1",
        "provider: b, model: x",
        "provider: c, model: x, priority: 1",
    ];
    assert_table(
        &routing("strategy: [priority]", &targets),
        &[("", "b/x a/x c/x | "), ("limited:b/x=1", "a/x c/x b/x | ")],
    );
    assert_table(
        &routing("strategy: [priority, least_cost]", &targets),
        &[
            ("cost:a/x=5 cost:c/x=4 cost:b/x=9", "b/x c/x a/x | "),
            ("cost:a/x=4 cost:c/x=4", "b/x a/x c/x | "),
            ("cost:c/x=4", "b/x c/x a/x | "),
        ],
    );
    assert_table(
        &routing("strategy: [least_cost, priority]", &targets),
        &[
            ("cost:a/x=5 cost:c/x=4 cost:b/x=9", "c/x a/x b/x | "),
            ("cost:a/x=5 cost:c/x=5 cost:b/x=5", "b/x a/x c/x | "),
        ],
    );
    assert_table(
        &routing("strategy: [least_latency, priority]", &targets),
        &[
            ("ms:a/x=900 ms:b/x=500 ms:c/x=100", "c/x b/x a/x | "),
            // As good as equal.
            ("ms:a/x=101 ms:b/x=105 ms:c/x=100", "b/x a/x c/x | "),
            ("ms:a/x=900 ms:b/x=500 try:c/x", "c/x b/x a/x |  | trial"),
            // Another request finds out already.
            ("ms:a/x=900 ms:b/x=500", "b/x a/x c/x | "),
            ("ms:a/x=900 ms:b/x=500 try:c/x limited:c/x=1", "b/x a/x c/x | "),
            ("ms:a/x=900 ms:b/x=500 due:c/x try:c/x", "c/x b/x a/x |  | probe"),
        ],
    );
}

/// Offers a probe of `a` until somebody claims it, and then has given it to somebody else.
#[derive(Default)]
struct Race(std::cell::Cell<bool>);

impl HealthView for Race {
    fn standing(&self, provider: &str, _: &str, _: u64) -> Standing {
        let circuit = match (provider, self.0.get()) {
            ("a", false) => Circuit::Due,
            ("a", true) => Circuit::Open { retry_after_ms: 7 },
            _ => Circuit::Closed,
        };
        Standing {
            circuit,
            ..Standing::default()
        }
    }

    fn claim(&self, _: &str, _: &str, _: Turn, _: u64) -> bool {
        self.0.set(true);
        false
    }
}

#[test]
fn who_loses_a_turn_to_another_request_goes_elsewhere() {
    let routing = routing(
        "strategy: [priority]",
        &["provider: a, model: x", "provider: b, model: x"],
    );
    let needs = Needs::default();
    let ask = Ask {
        region: None,
        pin: None,
        needs: &needs,
        input: Tokens(0),
        output: Tokens(0),
        caller: 0,
        cost: &|_| None,
        barred: &[],
        draw: 0,
        now_ms: 0,
    };
    let planned = claim(&routing, &Race::default(), &ask);
    assert_eq!(told(&routing, &planned), "b/x | a/x: circuit open for 1 s");
    // A view that offers it for ever does not keep the request for ever.
    let mut given = Given::read("due:a/x");
    given.view.taken = true;
    assert_eq!(given.plan(&routing).targets, [0, 1]);
}

#[test]
fn the_weights_of_targets_are_their_shares() {
    let routing = routing(
        "strategy: [priority, weight]",
        &[
            "provider: a, model: x, weight: 70",
            "provider: b, model: x, weight: 30",
            "provider: c, model: x, weight: 0",
            "provider: a, model: y, priority: 1, weight: 1000",
        ],
    );
    let mut given = Given::default();
    let mut firsts = [0_u32; 4];
    const DRAWS: u32 = 20_000;
    for draw in 0..u64::from(DRAWS) {
        given.draw = draw;
        let planned = given.plan(&routing);
        firsts[planned.targets[0]] += 1;
        assert_eq!(planned.targets[2..], [2, 3]);
    }
    // Five standard deviations: sqrt(20000 * 0.7 * 0.3) is 65.
    assert!(firsts[0].abs_diff(14_000) < 325, "{firsts:?}");
    assert_eq!(firsts[0] + firsts[1], DRAWS);
}

#[test]
fn a_conversation_stays_and_only_those_of_a_lost_target_move() {
    let targets = [
        "provider: a, model: x, weight: 2",
        "provider: b, model: x",
        "provider: c, model: x",
    ];
    let all = routing("strategy: [sticky]", &targets);
    let reversed = routing("strategy: [sticky]", &[targets[2], targets[1], targets[0]]);
    let mut given = Given::default();
    let mut firsts = [0_u32; 3];
    for conversation in 0..8_000 {
        given.needs.conversation = conversation;
        given.draw = 0;
        given.view.standings.clear();
        let planned = given.plan(&all);
        given.draw = conversation;
        assert_eq!(given.plan(&all), planned);
        let first = planned.targets[0];
        assert_eq!(given.plan(&reversed).targets[0], 2 - first);
        firsts[first] += 1;
        let lost = Standing {
            circuit: Circuit::Open { retry_after_ms: 1 },
            ..Standing::default()
        };
        given.view.standings.insert("b/x".to_owned(), lost);
        let without: Vec<usize> = planned
            .targets
            .iter()
            .copied()
            .filter(|index| *index != 1)
            .collect();
        assert_eq!(given.plan(&all).targets, without);
    }
    assert!(firsts[0].abs_diff(4_000) < 225, "{firsts:?}");
    assert!(firsts[1].abs_diff(2_000) < 195, "{firsts:?}");
}

#[test]
fn canaries_get_their_share_of_callers_and_keep_them() {
    let routing = routing(
        "strategy: [canary, priority]",
        &[
            "provider: a, model: x, canary: 5",
            "provider: b, model: x",
            "provider: c, model: x, canary: 20",
            "provider: c, model: y, canary: 0",
        ],
    );
    let mut given = Given::default();
    let mut firsts = [0_u32; 4];
    for caller in 0..10_000 {
        given.caller = caller;
        given.draw = caller;
        let planned = given.plan(&routing);
        given.draw = 1;
        assert_eq!(given.plan(&routing), planned);
        firsts[planned.targets[0]] += 1;
        let ordinary = planned.targets.iter().position(|index| *index == 1);
        assert!(ordinary.is_some_and(|place| place <= 1), "{planned:?}");
    }
    assert!(firsts[0].abs_diff(500) < 110, "{firsts:?}");
    assert!(firsts[2].abs_diff(2_000) < 200, "{firsts:?}");
    assert_eq!(firsts[3], 0);
}

#[test]
fn a_refusal_names_every_target_and_its_reason() {
    let routing = routing(
        "strategy: [priority]",
        &["provider: a, model: x", "provider: b, model: x"],
    );
    let planned = Given::read("region=ap bar:b/x=budget").plan(&routing);
    assert_eq!(
        refusal(&routing, &planned.excluded),
        "no target is left for model m: a/x: region eu-west-1, not ap; b/x: region us, not ap"
    );
    let circuit = [
        (
            0,
            Reason::Circuit {
                retry_after_ms: 12_000,
            },
        ),
        (1, Reason::Budget),
    ];
    assert_eq!(
        refusal(&routing, &circuit),
        "no target is left for model m: a/x: circuit open for 12 s; b/x: budget used up"
    );
}

fn standing() -> impl Strategy<Value = Standing> {
    let circuit = prop_oneof![
        Just(Circuit::Closed),
        Just(Circuit::Due),
        (0_u64..60_000).prop_map(|retry_after_ms| Circuit::Open { retry_after_ms }),
    ];
    let maybe = || proptest::option::of(0_u64..5_000);
    (circuit, maybe(), maybe(), maybe(), maybe(), any::<bool>()).prop_map(
        |(circuit, limited_ms, requests, tokens, first_token_ms, may_try)| Standing {
            circuit,
            limited_ms,
            room: Room {
                requests,
                tokens: tokens.map(Tokens),
                token_limit: None,
            },
            first_token_ms,
            may_try,
        },
    )
}

proptest! {
    #[test]
    fn whatever_happens_a_request_stays_where_it_must(
        standings in proptest::collection::vec(standing(), 5),
        strategy in proptest::sample::select(vec![
            "[priority]", "[weight]", "[sticky]", "[canary, least_cost, weight]", "[least_latency, least_cost, sticky]",
        ]),
        region in proptest::option::of(proptest::sample::select(vec!["eu", "eu-west", "eu-west-1", "us", "ap"])),
        bars in proptest::collection::vec(any::<bool>(), 5),
        (draw, caller, conversation) in any::<(u64, u64, u64)>(),
        (input, output) in (0_u64..3_000, 0_u64..3_000),
        tools in any::<bool>(),
    ) {
        let weight = if strategy.contains("weight") || strategy.contains("sticky") { ", weight: 3" } else { "" };
        let canary = if strategy.contains("canary") { ", canary: 30" } else { "" };
        let targets = [
            format!("provider: a, model: x{weight}"),
            format!("provider: b, model: x{canary}"),
            "provider: c, model: x".to_owned(),
            "provider: b, model: y, region: eu, capabilities: [images]".to_owned(),
            "provider: a, model: y, region: us, context_window: 2000".to_owned(),
        ];
        let routing = routing(
            &format!("strategy: {strategy}"),
            &targets.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let mut given = Given {
            region: region.map(str::to_owned),
            draw,
            caller,
            input,
            output,
            ..Given::default()
        };
        given.needs.conversation = conversation;
        if tools {
            given.needs.capabilities = Capabilities::default().with(Capability::Tools);
        }
        for ((route, standing), barred) in routing.targets.iter().zip(standings).zip(bars) {
            let name = format!("{}/{}", route.provider, route.model);
            if barred {
                given.barred.insert(name.clone(), Reason::Budget);
            }
            given.view.standings.insert(name, standing);
        }
        let planned = given.plan(&routing);
        let mut all: Vec<usize> = planned.targets.clone();
        all.extend(planned.excluded.iter().map(|(index, _)| *index));
        all.sort_unstable();
        prop_assert_eq!(all, (0..routing.targets.len()).collect::<Vec<_>>());
        for index in &planned.targets {
            let route = &routing.targets[*index];
            if let Some(region) = region {
                let has = route.region.as_deref().unwrap_or_default();
                prop_assert!(has == region || has.starts_with(&format!("{region}-")), "{} for {}", has, region);
            }
            prop_assert!(!tools || route.capabilities.has(Capability::Tools));
            let name = format!("{}/{}", route.provider, route.model);
            prop_assert!(!given.barred.contains_key(&name));
        }
        let only_circuits = planned.excluded.iter().all(|(_, reason)| matches!(reason, Reason::Circuit { .. }));
        prop_assert!(!planned.targets.is_empty() || !only_circuits);
    }
}
