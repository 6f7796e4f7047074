//! Limits: the callers', which refuse, and the providers', which are waited for.

use super::*;

const FIVE: &str = ", limits: [{ requests_per_minute: 5 }]";

#[test]
fn who_is_over_a_limit_is_told_when_to_come_back() {
    let quota = "quota:
  limits:
    - { name: each, strict: true, per: [tenant], tokens_per_minute: 500, fail: closed }
";
    assert_table(
        &snapshot(["", ""], quota),
        &[
            ("", "large: eu/big us/big strict=110"),
            ("used:strict=390", "large: eu/big us/big strict=110"),
            (
                "used:strict=391",
                "429 limit_exceeded rate_limit_exceeded/rate_limit_error after 30: the limit `each` of 500 tokens per minute is reached: 109 remaining, 110 requested; try again in 30 s",
            ),
            (
                "max=491",
                "400 limit_exceeded request_exceeds_limit/invalid_request_error: this request takes 501 tokens with its answer and can never fit the limit `each` of 500 tokens per minute; shorten it, or lower its maximum of output tokens",
            ),
            (
                "away",
                "503 limit_unavailable service_unavailable/api_error after 1: the limits cannot be checked at present; try again",
            ),
            ("own-rpm=2", "large: eu/big us/big own=1 strict=110"),
            (
                "own-rpm=2 used:own=2",
                "429 limit_exceeded rate_limit_exceeded/rate_limit_error after 30: the limit `key` of 2 requests per minute is reached: 0 remaining, 1 requested; try again in 30 s",
            ),
        ],
    );
    let open = quota.replace("closed", "open");
    assert_table(
        &snapshot(["", ""], &open),
        &[("away own-rpm=2", "large: eu/big us/big own=1 strict=110")],
    );
}

#[test]
fn a_provider_without_room_is_passed_over_and_then_waited_for() {
    assert_table(
        &snapshot([FIVE, FIVE], ""),
        &[
            ("", "large: eu/big us/big provider/eu=1"),
            ("used:provider/eu=5", "large: us/big provider/us=1"),
            (
                "used:provider/eu=5 region=eu",
                "wait eu 30000; 429 provider_limit rate_limit_exceeded/rate_limit_error after 30: the limit of the provider is reached, and there was no room in time",
            ),
            (
                "used:provider/eu=5 region=eu full",
                "wait eu 30000; 429 provider_limit rate_limit_exceeded/rate_limit_error after 1: the limit of the provider is reached, and too many requests wait for it already",
            ),
            (
                "used:provider/eu=5 region=eu then:provider/eu=5 then:provider/eu=4",
                "wait eu 30000; wait eu 30000; large: eu/big provider/eu=1",
            ),
            (
                "used:provider/eu=5 used:provider/us=5",
                "wait eu 30000; 429 provider_limit rate_limit_exceeded/rate_limit_error after 30: the limit of the provider is reached, and there was no room in time",
            ),
            // Whichever has room first.
            (
                "used:provider/eu=5 used:provider/us=5 then:provider/us=4",
                "wait eu 30000; large: us/big provider/us=1",
            ),
            (
                "used:provider/eu=5 used:provider/us=5 then:provider/eu=4",
                "wait eu 30000; large: eu/big us/big provider/eu=1",
            ),
        ],
    );
}

#[test]
fn a_provider_whose_store_is_away_goes_by_its_own_word() {
    let closed = ", limits: [{ requests_per_minute: 5, fail: closed }]";
    assert_table(
        &snapshot([FIVE, closed], ""),
        &[
            ("away", "large: eu/big us/big provider/eu=1"),
            (
                "away region=us",
                "503 provider_limit_unavailable service_unavailable/api_error after 1: the limits cannot be checked at present; try again",
            ),
        ],
    );
}

#[test]
fn what_one_provider_cannot_check_another_may_take() {
    let closed = ", limits: [{ requests_per_minute: 5, fail: closed }]";
    assert_table(
        &snapshot([closed, ""], ""),
        &[
            ("away", "large: us/big"),
            (
                "away region=eu",
                "503 provider_limit_unavailable service_unavailable/api_error after 1: the limits cannot be checked at present; try again",
            ),
        ],
    );
}

#[test]
fn a_request_that_never_fits_at_one_provider_waits_for_the_other() {
    let tokens = |amount| format!(", limits: [{{ tokens_per_minute: {amount} }}]");
    let (few, many) = (tokens(50), tokens(500));
    let cases = [
        (
            &few,
            &many,
            "used:provider/us=450 then:provider/us=0",
            "wait us 30000; large: us/big provider/us=110",
        ),
        (
            &many,
            &few,
            "used:provider/eu=450 then:provider/eu=0",
            "wait eu 30000; large: eu/big us/big provider/eu=110",
        ),
        (
            &few,
            &few,
            "",
            "400 provider_limit request_exceeds_limit/invalid_request_error: this request takes 110 tokens with its answer and can never fit the limit `us` of 50 tokens per minute; shorten it, or lower its maximum of output tokens",
        ),
    ];
    for (eu, us, given, expected) in cases {
        assert_table(&snapshot([eu, us], ""), &[(given, expected)]);
    }
}

#[test]
fn room_is_waited_for_where_the_budget_of_the_other_provider_is_spent() {
    let money = format!(
        "money:{PRICES}  budgets: [{{ name: of-us, match: {{ provider: [us] }}, amount: 0.01, period: day }}]\n"
    );
    assert_table(
        &snapshot([FIVE, ""], &money),
        &[(
            "used:provider/eu=5 used:budget/of-us=9000 then:provider/eu=0",
            "wait eu 30000; large: eu/big provider/eu=1",
        )],
    );
}
