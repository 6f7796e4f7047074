use penstock_chat::Api;
use penstock_config::slice::{Commit, Model, OnLoss, Retry, Target};
use penstock_translate::target::Flavor;
use proptest::prelude::*;

use super::*;

fn target(provider: &str, model: &str, window: Option<u64>) -> Target {
    Target {
        provider: provider.into(),
        cluster: format!("provider-{provider}"),
        api: Api::OpenAi,
        flavor: Flavor::OpenAi,
        model: model.into(),
        context_window: window.map(Tokens),
        max_output_tokens: None,
        client_credential: false,
    }
}

fn plan(targets: Vec<Target>) -> Plan {
    let model = Model {
        name: "alias".into(),
        targets,
        commit: Commit::FirstEvent,
        on_loss: OnLoss::Warn,
        retry: Retry {
            same_target: 1,
            max_wait_s: 2,
        },
        first_token_ms: 1_000,
        answer_ms: 60_000,
    };
    Plan::of(&model, Api::OpenAi, true, |_| true)
}

fn two() -> Plan {
    plan(vec![target("a", "m1", None), target("b", "m2", None)])
}

fn running(plan: &Plan) -> Progress {
    let mut progress = Progress::start();
    assert_eq!(progress.begin(plan, 0), Some(0));
    progress
}

const MOVE_ON: Next = Next::Retry {
    target: 1,
    wait_s: None,
};
const AGAIN: Next = Next::Retry {
    target: 0,
    wait_s: None,
};

#[test]
fn an_attempt_that_nobody_hears_of_is_followed_by_the_next_target() {
    let plan = two();
    let mut progress = running(&plan);
    assert_eq!(progress.next, Some(1));
    assert_eq!(progress.begin(&plan, 5), Some(1));
    assert_eq!(progress.next, None);
    assert_eq!(progress.begin(&plan, 9), None);
    assert_eq!(progress.summary(), "a:no-answer,b:no-answer");
}

#[test]
fn each_failure_of_the_first_target_has_its_own_consequence() {
    let cases = [
        (Failure::RateLimited { retry_after_s: None }, MOVE_ON),
        (
            Failure::RateLimited {
                retry_after_s: Some(2),
            },
            Next::Retry {
                target: 0,
                wait_s: Some(2),
            },
        ),
        (
            Failure::RateLimited {
                retry_after_s: Some(3),
            },
            MOVE_ON,
        ),
        (
            Failure::RateLimited {
                retry_after_s: Some(0),
            },
            AGAIN,
        ),
        (Failure::Server, AGAIN),
        (Failure::Unusable, MOVE_ON),
        (Failure::ContextLength, MOVE_ON),
        (Failure::ContentPolicy, Next::Stop),
        (Failure::Credential, MOVE_ON),
        (Failure::Unavailable, MOVE_ON),
        (Failure::Request, Next::Stop),
    ];
    for (failure, expected) in cases {
        let plan = two();
        assert_eq!(running(&plan).fail(&plan, failure), expected, "{failure:?}");
    }
}

#[test]
fn a_target_is_tried_again_only_as_often_as_configured() {
    let plan = two();
    let mut progress = running(&plan);
    assert_eq!(progress.fail(&plan, Failure::Server), AGAIN);
    assert_eq!(progress.begin(&plan, 1), Some(0));
    assert_eq!(progress.fail(&plan, Failure::Server), MOVE_ON);
    assert_eq!(progress.begin(&plan, 2), Some(1));
    assert_eq!(
        progress.fail(&plan, Failure::Server),
        Next::Retry {
            target: 1,
            wait_s: None
        }
    );
    assert_eq!(progress.begin(&plan, 3), Some(1));
    assert_eq!(progress.fail(&plan, Failure::Server), Next::Stop);
}

#[test]
fn waiting_and_server_errors_share_the_retries_of_a_target() {
    let plan = two();
    let mut progress = running(&plan);
    assert_eq!(progress.fail(&plan, Failure::Server), AGAIN);
    progress.begin(&plan, 1);
    assert_eq!(
        progress.fail(
            &plan,
            Failure::RateLimited {
                retry_after_s: Some(1)
            }
        ),
        MOVE_ON
    );
}

#[test]
fn a_prompt_too_long_goes_on_only_to_another_model_with_a_larger_window() {
    let plan = plan(vec![
        target("a", "m1", Some(128)),
        target("b", "m1", Some(500)),
        target("c", "m2", Some(128)),
        target("d", "m3", Some(200)),
        target("e", "m4", None),
    ]);
    let mut progress = running(&plan);
    assert_eq!(
        progress.fail(&plan, Failure::ContextLength),
        Next::Retry {
            target: 3,
            wait_s: None
        }
    );
    assert_eq!(progress.begin(&plan, 1), Some(3));
    assert_eq!(
        progress.next,
        Some(4),
        "the default next target obeys what was learned"
    );
    assert_eq!(
        progress.fail(&plan, Failure::ContextLength),
        Next::Retry {
            target: 4,
            wait_s: None
        }
    );
}

#[test]
fn what_an_attempt_has_taught_survives_the_way_through_filter_state() {
    let plan = plan(vec![
        target("a", "m1", Some(128)),
        target("b", "m1", None),
        target("c", "m2", None),
    ]);
    let mut progress = running(&plan);
    progress.fail(&plan, Failure::ContextLength);
    let packed = postcard::to_allocvec(&progress).unwrap();
    assert_eq!(postcard::from_bytes::<Progress>(&packed).unwrap(), progress);
    assert_eq!(progress.next, Some(2));
}

#[test]
fn the_summary_names_each_attempt_with_its_outcome() {
    let plan = two();
    let mut progress = running(&plan);
    progress.outcome("429");
    progress.fail(&plan, Failure::RateLimited { retry_after_s: None });
    progress.begin(&plan, 1);
    progress.outcome("200");
    assert_eq!(progress.summary(), "a:429,b:200");
}

#[test]
fn the_trail_survives_the_way_through_filter_state() {
    let plan = two();
    let mut progress = running(&plan);
    progress.attempts[0].retry_after_ms = Some(1_500);
    progress.attempts[0].remaining = Remaining {
        tokens: Some(Tokens(0)),
        reset_ms: Some(60_000),
        ..Remaining::default()
    };
    progress.outcome("429");
    progress.begin(&plan, 1);
    let packed = postcard::to_allocvec(&progress).unwrap();
    let unpacked: Progress = postcard::from_bytes(&packed).unwrap();
    assert_eq!(unpacked, progress);
    let json = r#"[{"provider":"a","model":"m1","outcome":"429","retry_after_ms":1500,"remaining":{"tokens":0,"reset_ms":60000}},{"provider":"b","model":"m2"}]"#;
    assert_eq!(unpacked.trail().to_json(), json.as_bytes());
    assert_eq!(Trail::from_json(json.as_bytes()), Some(progress.trail()));
}

fn any_failure() -> impl Strategy<Value = Option<Failure>> {
    prop_oneof![
        Just(None),
        (0_u64..5).prop_map(|s| Some(Failure::RateLimited {
            retry_after_s: Some(s)
        })),
        Just(Some(Failure::RateLimited { retry_after_s: None })),
        Just(Some(Failure::Server)),
        Just(Some(Failure::Unusable)),
        Just(Some(Failure::ContextLength)),
        Just(Some(Failure::Credential)),
    ]
}

proptest! {
    #[test]
    fn every_plan_ends_and_never_goes_back(failures in proptest::collection::vec(any_failure(), 64)) {
        let plan = plan(vec![target("a", "m1", Some(1)), target("b", "m2", None), target("c", "m3", Some(3))]);
        let mut progress = Progress::start();
        let mut last = 0;
        let mut attempts = 0;
        for failure in failures {
            let Some(index) = progress.begin(&plan, 0) else { break };
            attempts += 1;
            prop_assert!(index >= last);
            last = index;
            if let Some(failure) = failure
                && progress.fail(&plan, failure) == Next::Stop
            {
                prop_assert_eq!(progress.next, None);
                break;
            }
        }
        prop_assert!(attempts <= plan.targets.len() * 2);
    }
}
