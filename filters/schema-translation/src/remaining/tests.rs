use super::*;

/// 2027-01-15T08:00:00Z.
const NOW_MS: u64 = 1_800_000_000_000;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn of(api: Api, headers: Pairs<'_>) -> Remaining {
    remaining(api, &headers.iter().copied().collect(), NOW_MS)
}

fn left(
    requests: Option<u64>,
    tokens: Option<u64>,
    token_limit: Option<u64>,
    reset_ms: Option<u64>,
) -> Remaining {
    Remaining {
        requests,
        tokens: tokens.map(Tokens),
        token_limit: token_limit.map(Tokens),
        reset_ms,
    }
}

#[test]
fn spans_are_read_as_openai_and_others_write_them() {
    let cases = [
        ("59ms", Some(59)),
        ("1s", Some(1_000)),
        ("1.2s", Some(1_200)),
        ("7.66s", Some(7_660)),
        ("1.1s", Some(1_100)),
        ("6m0s", Some(360_000)),
        ("2m59.56s", Some(179_560)),
        ("1h30m", Some(5_400_000)),
        ("1d2h3m4s5ms", Some(93_784_005)),
        ("500µs", Some(0)),
        ("0", Some(0)),
        ("30", Some(30_000)),
        (" 0.5 ", Some(500)),
        ("31d", Some(31 * DAY_MS)),
        ("32d", None),
        ("", None),
        (" ", None),
        ("s", None),
        ("1x", None),
        ("-1s", None),
        ("1.2.3s", None),
        ("1s2", None),
        ("NaN", None),
        ("inf", None),
        ("1e9s", None),
        ("99999999999999999999999d", None),
        ("2027-01-15T08:01:00Z", None),
    ];
    for (text, expected) in cases {
        assert_eq!(span_ms(text), expected, "{text:?}");
    }
}

#[test]
fn moments_are_read_in_any_offset_and_past_leap_days() {
    let cases = [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-28T23:59:59Z", Some(951_782_399)),
        ("2000-02-29T00:00:00Z", Some(951_782_400)),
        ("2000-03-01T00:00:00Z", Some(951_868_800)),
        ("2024-02-29T00:00:00Z", Some(1_709_164_800)),
        ("2026-12-31T23:59:59Z", Some(1_798_761_599)),
        ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
        ("2027-01-15t08:00:00z", Some(1_800_000_000)),
        ("2027-01-15 08:00:00Z", Some(1_800_000_000)),
        ("2027-01-15T09:30:00+01:30", Some(1_800_000_000)),
        ("2027-01-15T03:00:00-05:00", Some(1_800_000_000)),
        ("2027-01-15T07:59:59.25Z", Some(1_800_000_000)),
        ("2027-01-15T08:00:00.000Z", Some(1_800_000_000)),
        ("2027-01-15T08:00:00", None),
        ("2027-13-15T08:00:00Z", None),
        ("2027-01-15T24:00:00Z", None),
        ("2027-01-15T08:00Z", None),
        ("2027-01-15", None),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("+2027-01-15T08:00:00Z", None),
        ("2027-01-15T08:00:00+0é:00", None),
        ("60", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(
            moment_ms(text),
            expected.map(|seconds: u64| seconds * 1_000),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_left_is_read_as_each_api_writes_it() {
    let openai = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    let anthropic = [
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2027-01-15T08:00:02Z"),
        ("anthropic-ratelimit-tokens-limit", "100000"),
        ("anthropic-ratelimit-tokens-remaining", "10000"),
        ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:30Z"),
        ("anthropic-ratelimit-input-tokens-remaining", "7"),
    ];
    let input_only = [
        ("anthropic-ratelimit-input-tokens-limit", "1000"),
        ("anthropic-ratelimit-input-tokens-remaining", "7"),
        ("anthropic-ratelimit-input-tokens-reset", "2027-01-15T07:00:00Z"),
    ];
    let cases: [(Api, Pairs<'_>, Remaining); 6] = [
        // One request of sixty is gone, and nearly no token.
        (
            Api::OpenAi,
            &openai,
            left(Some(59), Some(149_984), Some(150_000), Some(1_000)),
        ),
        (
            Api::Anthropic,
            &anthropic,
            left(Some(49), Some(10_000), Some(100_000), Some(30_000)),
        ),
        (
            Api::Anthropic,
            &input_only,
            left(None, Some(7), Some(1_000), Some(0)),
        ),
        // Each API is read by its own headers.
        (Api::Anthropic, &openai, Remaining::default()),
        (Api::OpenAi, &anthropic, Remaining::default()),
        (Api::OpenAi, &[], Remaining::default()),
    ];
    for (api, headers, expected) in cases {
        assert_eq!(of(api, headers), expected, "{api:?} {headers:?}");
    }
}

#[test]
fn the_reset_is_that_of_the_scarcer_limit() {
    // Requests: left, of, reset; tokens: left, of, reset.
    let cases = [
        (["1", "10", "5s", "500", "1000", "9s"], Some(5_000)),
        (["9", "10", "5s", "500", "1000", "3s"], Some(3_000)),
        // The same part of both, or of one nobody knows how much: the later.
        (["1", "10", "5s", "100", "1000", "9s"], Some(9_000)),
        (["1", "", "5s", "500", "1000", "3s"], Some(5_000)),
        (["1", "0", "5s", "500", "0", "9s"], Some(9_000)),
        (["1", "10", "", "500", "1000", "9s"], Some(9_000)),
        (["9", "10", "5s", "500", "1000", ""], Some(5_000)),
        (["9", "10", "", "500", "1000", ""], None),
    ];
    let names = [
        "x-ratelimit-remaining-requests",
        "x-ratelimit-limit-requests",
        "x-ratelimit-reset-requests",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-limit-tokens",
        "x-ratelimit-reset-tokens",
    ];
    for (values, expected) in cases {
        let headers: Vec<_> = names.into_iter().zip(values).collect();
        assert_eq!(of(Api::OpenAi, &headers).reset_ms, expected, "{values:?}");
    }
}

#[test]
fn what_has_another_form_is_absent_and_spoils_nothing_else() {
    let long = "1".repeat(LONGEST_VALUE + 1);
    for value in [
        "-1",
        "",
        "many",
        "1.5",
        "18446744073709551616",
        "0x10",
        long.as_str(),
    ] {
        let headers = [
            ("x-ratelimit-remaining-requests", value),
            ("x-ratelimit-reset-requests", "?"),
            ("x-ratelimit-remaining-tokens", "12"),
        ];
        assert_eq!(
            of(Api::OpenAi, &headers),
            left(None, Some(12), None, None),
            "{value}"
        );
    }
    let far = [("anthropic-ratelimit-tokens-reset", "2999-01-01T00:00:00Z")];
    assert_eq!(of(Api::Anthropic, &far), Remaining::default());
}

#[test]
fn the_wait_is_told_in_milliseconds_or_seconds() {
    let cases: [(Pairs<'_>, Option<u64>); 8] = [
        (&[("retry-after", "2")], Some(2_000)),
        (&[("retry-after", "0.25")], Some(250)),
        (&[("retry-after-ms", "1450"), ("retry-after", "2")], Some(1_450)),
        (&[("retry-after-ms", "soon"), ("retry-after", "2")], Some(2_000)),
        (&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], None),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "99999999999")], None),
        (&[], None),
    ];
    for (headers, expected) in cases {
        let headers = headers.iter().copied().collect();
        assert_eq!(retry_after_ms(&headers), expected, "{headers:?}");
    }
}
