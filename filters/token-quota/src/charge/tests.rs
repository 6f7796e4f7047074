use penstock_chat::{FinishReason, Usage};
use penstock_client::usage::EarlierUsage;

use super::*;

fn record(answered: bool, usage: Option<(u64, u64)>, output_bytes: u64) -> UsageRecord {
    let mut record = UsageRecord::new("p", "m", Vec::new());
    record.answered = answered;
    record.output_bytes = output_bytes;
    record.report(usage.map(|(input, output)| Usage {
        input: Tokens(input),
        output: Tokens(output),
        ..Usage::default()
    }));
    record
}

/// A request that counted 100 tokens of input and of which 7 tokens of output were seen.
fn evidence(status: Option<u16>, usage: Option<UsageRecord>) -> Evidence {
    Evidence {
        status,
        usage,
        counted_input: Tokens(100),
        counted_output: Tokens(7),
        ..Evidence::default()
    }
}

fn charged(evidence: &Evidence) -> (u64, u64) {
    let charge = charge(evidence);
    (charge.input.0, charge.output.0)
}

#[test]
fn the_providers_own_count_is_taken_where_there_is_one() {
    let mut usage = record(true, Some((90, 5)), 20);
    usage.finish_reason = Some(FinishReason::Stop);
    assert_eq!(charged(&evidence(Some(200), Some(usage))), (90, 5));
}

#[test]
fn a_stream_that_is_cut_costs_what_was_streamed_not_what_was_reported_when_it_began() {
    let usage = record(true, Some((90, 1)), 20);
    assert_eq!(charged(&evidence(Some(200), Some(usage))), (90, 7));
}

#[test]
fn an_answer_without_usage_costs_what_was_counted() {
    assert_eq!(
        charged(&evidence(Some(200), Some(record(true, None, 20)))),
        (100, 7)
    );
    assert_eq!(charged(&evidence(Some(200), None)), (100, 7));
}

#[test]
fn what_was_held_back_and_never_shown_is_charged_by_its_bytes() {
    let held = Evidence {
        counted_output: Tokens(0),
        ..evidence(None, Some(record(true, None, 21)))
    };
    assert_eq!(charged(&held), (100, 6));
}

#[test]
fn errors_cost_nothing() {
    for usage in [
        None,
        Some(record(false, None, 0)),
        Some(record(false, Some((90, 1)), 0)),
    ] {
        let failed = Evidence {
            counted_output: Tokens(0),
            ..evidence(Some(502), usage)
        };
        assert_eq!(charged(&failed), (0, 0));
    }
}

#[test]
fn a_client_that_leaves_early_pays_for_the_input_only_if_a_provider_is_at_work() {
    for (under_way, expected) in [(true, (100, 0)), (false, (0, 0))] {
        for usage in [None, Some(record(false, None, 0))] {
            let left = Evidence {
                under_way,
                counted_output: Tokens(0),
                ..evidence(None, usage)
            };
            assert_eq!(charged(&left), expected);
        }
    }
}

#[test]
fn every_attempt_that_a_provider_bills_counts() {
    let mut usage = record(true, Some((90, 5)), 20);
    usage.finish_reason = Some(FinishReason::Stop);
    let earlier = |input_tokens, output_tokens, output_bytes| EarlierUsage {
        provider: "q".into(),
        model: "m".into(),
        input_tokens,
        output_tokens,
        output_bytes,
    };
    usage.earlier = vec![
        earlier(Some(Tokens(80)), Some(Tokens(1)), 0),
        earlier(None, None, 9),
        earlier(Some(Tokens(80)), Some(Tokens(1)), 40),
    ];
    assert_eq!(
        charged(&evidence(Some(200), Some(usage))),
        (90 + 80 + 100 + 80, 5 + 1 + 3 + 10)
    );
}

#[test]
fn an_attempt_that_ran_out_of_time_costs_its_input_unless_it_was_answered() {
    let late = |usage| Evidence {
        timed_out: true,
        counted_output: Tokens(0),
        ..evidence(Some(504), usage)
    };
    assert_eq!(charged(&late(None)), (100, 0));
    assert_eq!(charged(&late(Some(record(false, None, 0)))), (100, 0));
    let answered = late(Some(record(true, Some((90, 5)), 28)));
    assert_eq!(charged(&answered), (90, 7));
}

#[test]
fn an_attempt_of_which_nothing_was_heard_in_time_costs_its_input_beside_the_one_that_was_answered() {
    let unheard = EarlierUsage {
        provider: "q".into(),
        model: "m".into(),
        input_tokens: None,
        output_tokens: None,
        output_bytes: 0,
    };
    let mut usage = record(true, Some((90, 5)), 20);
    usage.finish_reason = Some(FinishReason::Stop);
    usage.earlier = vec![unheard];
    assert_eq!(charged(&evidence(Some(200), Some(usage.clone()))), (190, 5));
    usage.answered = false;
    let late = Evidence {
        timed_out: true,
        counted_output: Tokens(0),
        ..evidence(Some(504), Some(usage))
    };
    assert_eq!(charged(&late), (200, 0));
}

#[test]
fn a_cached_answer_costs_nothing_unless_configured() {
    for (charge_cached, expected) in [(false, (0, 0)), (true, (100, 7))] {
        let cached = Evidence {
            cached: true,
            charge_cached,
            ..evidence(Some(200), None)
        };
        assert_eq!(charged(&cached), expected);
    }
}

#[test]
fn absurd_reports_do_not_overflow() {
    let mut usage = record(true, Some((u64::MAX, u64::MAX)), u64::MAX);
    usage.earlier = vec![
        EarlierUsage {
            provider: String::new(),
            model: String::new(),
            input_tokens: Some(Tokens(u64::MAX)),
            output_tokens: None,
            output_bytes: u64::MAX,
        };
        3
    ];
    let charge = charge(&evidence(Some(200), Some(usage)));
    assert_eq!(charge.total(), u64::MAX);
}
