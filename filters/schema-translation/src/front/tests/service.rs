//! With the service that decides.

use penstock_chat::Usage;
use penstock_client::usage::EarlierUsage;
use penstock_config::slice::{FailureMode, FailureModes, FrontService, Withheld};
use penstock_plan::{Chosen, Lookup, Price};

use super::*;

const CHEAP: Price = Price {
    input: MicroUsd(1_000_000),
    cached_input: MicroUsd(100_000),
    cache_write: MicroUsd(1_250_000),
    output: MicroUsd(10_000_000),
    reasoning: MicroUsd(10_000_000),
    images: MicroUsd(0),
};

/// The alias `warns`, with claude before openai, and the cheaper `small`, with local alone.
fn served(mode: FailureMode, withheld: &[&str]) -> Front {
    served_to(mode, withheld, false)
}

/// The same, where nobody may come in without a key.
fn served_to(mode: FailureMode, withheld: &[&str], needs_caller: bool) -> Front {
    let mut small = model("small", OnLoss::Warn);
    small.targets = vec![target("local", Api::OpenAi)];
    let withheld = withheld
        .iter()
        .map(|provider| ((*provider).to_owned(), format!("{provider}-model")));
    let other = match mode {
        FailureMode::StaticPlan => FailureMode::Deny,
        FailureMode::Deny => FailureMode::StaticPlan,
    };
    let config = slice::Front {
        policy_version: "p1".into(),
        max_request_bytes: 10_000,
        models: vec![
            model("warns", OnLoss::Warn),
            model("rejects", OnLoss::Reject),
            small,
        ],
        service: Some(FrontService {
            failure_mode: FailureModes {
                chat_completions: mode,
                messages: other,
            },
            needs_caller,
            withheld: vec![Withheld {
                alias: "warns".into(),
                targets: withheld.collect(),
            }],
        }),
    };
    Front::new(Rc::new(config), 1_000)
}

fn decision(alias: &str, providers: &[&str]) -> String {
    let targets = providers.iter().map(|provider| Chosen {
        provider: (*provider).to_owned(),
        model: format!("{provider}-model"),
        price: Some(CHEAP),
    });
    let decision = Decision {
        alias: alias.into(),
        targets: targets.collect(),
        policy_version: "another".into(),
        cache: None,
    };
    decision.to_json()
}

/// What becomes of a request for `warns` of which the service has `said` so much.
fn asked(front: &mut Front, more: &str, said: Option<String>) -> Step {
    front.request_headers(&chat("/v1/chat/completions"), false);
    front.request_body(request("warns", more).as_bytes(), || said, || false)
}

fn planned(step: &Step) -> (String, Vec<String>) {
    let plan: Plan = state::unpacked(kept(step, state::PLAN).unwrap()).unwrap();
    let first = std::str::from_utf8(kept(step, state::NEXT).unwrap()).unwrap();
    assert_eq!(first, plan.targets[0].cluster);
    let providers = plan.targets.iter().map(|target| target.provider.clone());
    (plan.alias, providers.collect())
}

fn counted(step: &Step) -> Vec<&str> {
    let names = step.counts.iter().map(|count| &*count.name);
    names
        .filter_map(|name| name.strip_prefix("penstock.decisions.outcome."))
        .collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_decision_says_which_targets_come_in_which_order() {
    let cases: [(&str, &[&str], &str, &[&str]); 5] = [
        ("warns", &["openai", "claude"], "warns", &["openai", "claude"]),
        ("warns", &["openai"], "warns", &["openai"]),
        ("warns", &["unknown", "openai"], "warns", &["openai"]),
        // Another alias is a downgrade: what follows is that alias's.
        ("small", &["local"], "small", &["local"]),
        ("small", &["claude", "local"], "small", &["local"]),
    ];
    for mode in [FailureMode::StaticPlan, FailureMode::Deny] {
        for (alias, providers, served_alias, expected) in cases {
            // What is withheld is for the service to give.
            let mut front = served(mode, &["claude", "openai"]);
            let step = asked(&mut front, "", Some(decision(alias, providers)));
            let (alias, providers) = planned(&step);
            assert_eq!((alias.as_str(), providers), (served_alias, owned(expected)));
            assert_eq!(counted(&step), ["used"]);
        }
    }
}

#[test]
fn what_is_no_usable_decision_counts_as_none() {
    let large = decision("warns", &vec!["claude"; 2_000]);
    assert!(large.len() > 64 << 10);
    let cases = [
        None,
        Some(String::new()),
        Some("not json".into()),
        Some("{}".into()),
        Some("[]".into()),
        Some(large),
        Some(decision("warns", &[])),
        Some(decision("warns", &["unknown"])),
        Some(decision("none", &["claude"])),
        Some(decision("small", &["claude"])),
    ];
    for said in cases {
        let shown = format!("{:.80}", said.as_deref().unwrap_or("nothing"));
        let step = asked(&mut served(FailureMode::StaticPlan, &[]), "", said.clone());
        assert_eq!(planned(&step).1, ["claude", "openai"], "{shown}");
        assert_eq!(counted(&step), ["static"], "{shown}");

        let step = asked(&mut served(FailureMode::Deny, &[]), "", said);
        let (status, body) = replied(&step);
        assert_eq!(status, 503, "{shown}");
        assert!(body.contains("service_unavailable"), "{body}");
        assert_eq!(counted(&step), ["denied"], "{shown}");
    }
}

#[test]
fn without_a_decision_withheld_targets_are_not_used() {
    let cases: [(&[&str], &[&str]); 3] = [
        (&["claude"], &["openai"]),
        (&["openai"], &["claude"]),
        (&["claude", "openai"], &[]),
    ];
    for (withheld, expected) in cases {
        let step = asked(&mut served(FailureMode::StaticPlan, withheld), "", None);
        if expected.is_empty() {
            assert_eq!(replied(&step).0, 503);
            assert_eq!(counted(&step), ["denied"]);
        } else {
            assert_eq!(planned(&step).1, owned(expected));
        }
    }
}

#[test]
fn where_everybody_needs_a_key_only_those_go_on_whose_key_was_seen() {
    for (needs_caller, is_known, expected) in [
        (true, true, "static"),
        (true, false, "denied"),
        (false, false, "static"),
    ] {
        let mut front = served_to(FailureMode::StaticPlan, &[], needs_caller);
        front.request_headers(&chat("/v1/chat/completions"), false);
        let step = front.request_body(request("warns", "").as_bytes(), || None, || is_known);
        assert_eq!(counted(&step), [expected], "{needs_caller} {is_known}");
    }
}

#[test]
fn each_endpoint_has_its_own_failure_mode_and_dialect() {
    let body = request("warns", r#","max_tokens":5"#);
    let mut front = served(FailureMode::StaticPlan, &[]);
    front.request_headers(&chat("/v1/messages"), false);
    let step = front.request_body(body.as_bytes(), || None, || false);
    let (status, body) = replied(&step);
    assert_eq!(status, 503);
    assert!(body.contains(r#""type":"error""#), "{body}");
    assert!(
        step.counts
            .iter()
            .any(|count| count.name == "penstock.refusals.reason.no_decision")
    );
}

#[test]
fn a_model_that_nobody_knows_is_refused_before_a_decision_is_read() {
    let mut front = served(FailureMode::Deny, &[]);
    front.request_headers(&chat("/v1/chat/completions"), false);
    let step = front.request_body(request("none", "").as_bytes(), unread, unread_caller);
    assert_eq!(replied(&step).0, 404);
}

#[test]
fn losses_are_checked_for_what_is_served() {
    let (seed, rejecting) = (r#","seed":7"#, |providers| Some(decision("rejects", providers)));
    let step = asked(
        &mut served(FailureMode::Deny, &[]),
        seed,
        rejecting(&["claude", "openai"]),
    );
    assert_eq!(planned(&step).1, ["openai"]);
    let step = asked(&mut served(FailureMode::Deny, &[]), seed, rejecting(&["claude"]));
    assert_eq!(replied(&step).0, 400);
    assert_eq!(counted(&step), ["used"]);
}

#[test]
fn the_client_sees_that_a_plan_is_static() {
    let cases = [
        (None, Some("static")),
        (Some(decision("warns", &["claude"])), None),
    ];
    for (said, expected) in cases {
        let mut front = served(FailureMode::StaticPlan, &[]);
        asked(&mut front, "", said);
        let answer = Headers::from([(":status", "200"), (header::ANSWER, "1")]);
        let step = front.response_headers(
            &answer,
            false,
            Some(journey(Some("200"))),
            || None,
            || None,
            1_500,
        );
        assert_eq!(header(&step, "x-penstock-plan"), expected);
    }
}

#[test]
fn the_client_sees_what_the_cache_had() {
    let said = |cache| {
        let decision = Decision::from_json(decision("warns", &["claude"]).as_bytes()).unwrap();
        Decision { cache, ..decision }.to_json()
    };
    for (cache, expected) in [
        (None, None),
        (Some(Lookup::Miss), Some("miss")),
        (Some(Lookup::Bypass), Some("bypass")),
    ] {
        let mut front = served(FailureMode::Deny, &[]);
        asked(&mut front, "", Some(said(cache)));
        let answer = Headers::from([(":status", "200"), (header::ANSWER, "1")]);
        let journey = Some(journey(Some("200")));
        let step = front.response_headers(&answer, false, journey, || None, || None, 1_500);
        assert_eq!(header(&step, "x-penstock-cache"), expected);
    }
}

/// 1,000 tokens in and 100 out.
fn used() -> UsageRecord {
    let mut record = UsageRecord::new("claude", "claude-dated", Vec::new());
    record.answered = true;
    record.report(Some(Usage {
        input: Tokens(1_000),
        output: Tokens(100),
        ..Usage::default()
    }));
    record
}

fn earlier(provider: &str, input: Option<u64>) -> EarlierUsage {
    EarlierUsage {
        provider: provider.into(),
        model: format!("{provider}-dated"),
        input_tokens: input.map(Tokens),
        output_tokens: None,
        output_bytes: 0,
    }
}

/// The cost that the client is told, of an answer with this `status` after these attempts.
fn told(
    said: Option<String>,
    more: &str,
    attempts: &[&str],
    status: &str,
    record: UsageRecord,
) -> Option<String> {
    let mut front = served(FailureMode::StaticPlan, &[]);
    asked(&mut front, more, said);
    let mut alias = model("warns", OnLoss::Warn);
    alias.targets = attempts
        .iter()
        .map(|provider| target(provider, Api::OpenAi))
        .collect();
    let plan = Plan::of(&alias, Api::OpenAi, false, |_| true);
    let mut journey = Journey::start();
    for _ in attempts {
        journey.progress.begin(&plan, 1_200);
    }
    let answer = Headers::from([(":status", status), (header::ANSWER, "1")]);
    let step = front.response_headers(&answer, false, Some(journey), || None, || Some(record), 1_500);
    header(&step, "x-penstock-cost").map(str::to_owned)
}

/// What the service said, more of the request, the attempts, the status, what was used, and the cost.
type Case<'a> = (
    Option<String>,
    &'a str,
    &'a [&'a str],
    &'a str,
    UsageRecord,
    Option<&'a str>,
);

#[test]
fn the_cost_is_told_of_answers_that_are_whole() {
    let both = || Some(decision("warns", &["openai", "claude"]));
    let unpriced = both().map(|json| json.replace("\"price\"", "\"was\""));
    let unstated = UsageRecord::new("claude", "m", Vec::new());
    let with = |earlier: Vec<EarlierUsage>| UsageRecord { earlier, ..used() };
    let finished = UsageRecord {
        finish_reason: Some(penstock_chat::FinishReason::Stop),
        ..used()
    };
    let cached = UsageRecord {
        cache_read_tokens: Some(Tokens(1_000)),
        ..used()
    };
    let stream = r#","stream":true"#;
    let ends = ["claude"];
    let falls_back = ["openai", "claude"];
    let whole = Some("0.002000");
    let cases: [Case<'_>; 11] = [
        (both(), "", &ends, "200", used(), whole),
        (both(), "", &ends, "200", cached, Some("0.001100")),
        (
            both(),
            "",
            &falls_back,
            "200",
            with(vec![earlier("openai", Some(1))]),
            Some("0.002001"),
        ),
        (
            both(),
            "",
            &falls_back,
            "200",
            with(vec![earlier("openai", None)]),
            whole,
        ),
        (
            both(),
            "",
            &falls_back,
            "200",
            with(vec![earlier("local", Some(1))]),
            whole,
        ),
        (both(), stream, &ends, "200", finished, None),
        (both(), "", &ends, "502", used(), None),
        (both(), "", &ends, "200", unstated, None),
        (both(), "", &["local"], "200", used(), None),
        (unpriced, "", &ends, "200", used(), None),
        (None, "", &ends, "200", used(), None),
    ];
    for (index, (said, more, attempts, status, record, expected)) in cases.into_iter().enumerate() {
        let cost = told(said, more, attempts, status, record);
        assert_eq!(cost.as_deref(), expected, "case {index}");
    }
}

#[test]
fn the_cost_of_a_held_stream_is_told_unless_it_had_to_go_out_early() {
    for (finish, expected) in [
        (Some(penstock_chat::FinishReason::Stop), Some("0.002000")),
        (None, None),
    ] {
        let mut front = served(FailureMode::StaticPlan, &[]);
        let config = Rc::get_mut(&mut front.config).unwrap();
        config.models[0].commit = Commit::Complete;
        asked(
            &mut front,
            r#","stream":true"#,
            Some(decision("warns", &["claude"])),
        );
        let record = UsageRecord {
            finish_reason: finish,
            ..used()
        };
        let answer = Headers::from([(":status", "200"), (header::ANSWER, "1")]);
        let journey = Some(journey(Some("200")));
        let step = front.response_headers(&answer, false, journey, || None, || Some(record), 1_500);
        assert_eq!(header(&step, "x-penstock-cost"), expected, "{finish:?}");
    }
}

#[test]
fn the_list_of_models_asks_nobody() {
    let headers = Headers::from([(":method", "GET"), (":path", "/v1/models")]);
    let (status, body) = replied(&served(FailureMode::Deny, &["claude"]).request_headers(&headers, true));
    assert_eq!(status, 200);
    assert!(body.contains("warns") && body.contains("small"), "{body}");
}
