use penstock_chat::Usage;
use proptest::prelude::*;

use super::*;

fn price(money: &Money, provider: &str, model: &str, input: u64) -> Option<[u64; 5]> {
    let price = money.price(provider, model, Tokens(input), 0)?;
    let rates = [
        price.input,
        price.cached_input,
        price.cache_write,
        price.output,
        price.reasoning,
    ];
    Some(rates.map(|rate| rate.0))
}

#[test]
fn every_shipped_price_has_a_source_and_a_day() {
    let mut seen = std::collections::HashSet::new();
    for family in table::families().unwrap() {
        assert!(!family.family.is_empty());
        assert!(family.source.starts_with("https://"), "{}", family.source);
        assert!(
            family.read.parse::<jiff::civil::Date>().is_ok(),
            "{}",
            family.read
        );
        let provider = ["developers.openai.com", "platform.claude.com", "ai.google.dev"];
        let own = provider.iter().any(|host| family.source.contains(host));
        assert_eq!(family.confirmed, own, "{}", family.source);
        for entry in family.models {
            let tariff = entry.tariff();
            let (short, long) = (tariff.at(Tokens(1), 0), tariff.at(Tokens(10_000_000), 0));
            let rates = |price: Price| {
                [
                    price.input,
                    price.cached_input,
                    price.cache_write,
                    price.output,
                    price.reasoning,
                ]
            };
            for (short, long) in rates(short).into_iter().zip(rates(long)) {
                assert!(short > MicroUsd(0) && short <= long, "{}", entry.model);
            }
            assert!(short.cached_input <= short.input, "{}", entry.model);
            assert!(seen.insert(entry.model.clone()), "{} twice", entry.model);
        }
    }
}

#[test]
fn models_are_told_by_their_name_and_date_alone() {
    let money = money("");
    let gpt_4o = Some([2_500_000, 1_250_000, 2_500_000, 10_000_000, 10_000_000]);
    let mini = Some([150_000, 75_000, 150_000, 600_000, 600_000]);
    let haiku = Some([1_000_000, 100_000, 1_250_000, 5_000_000, 5_000_000]);
    for (model, expected) in [
        ("gpt-4o", gpt_4o),
        ("gpt-4o-2024-08-06", gpt_4o),
        (
            "gpt-4o-2024-05-13",
            Some([5_000_000, 5_000_000, 5_000_000, 15_000_000, 15_000_000]),
        ),
        ("gpt-4o-mini", mini),
        ("gpt-4o-mini-2024-07-18", mini),
        ("claude-haiku-4-5-20251001", haiku),
        ("claude-haiku-4-5@20251001", haiku),
        ("gpt-4o-audio-preview", None),
        ("gpt-4o-2024-08", None),
        ("gpt-4o-2024-08-0x", None),
        ("gpt-4o-20240806-x", None),
        ("gpt-4oo", None),
        ("GPT-4o", None),
        ("openai/gpt-4o", None),
        ("gpt", None),
        ("-2024-08-06", None),
        ("ä-2024-08-06", None),
        ("", None),
    ] {
        assert_eq!(price(&money, "openai", model, 1), expected, "{model}");
    }
}

#[test]
fn prices_of_the_configuration_come_first_and_only_for_their_provider() {
    let money = money(
        "money: { prices: [
           { provider: openai, model: gpt-5.5, input: 0.000001, output: 3, reasoning: 4 },
           { provider: local, model: my-model, input: 0, output: 0 }] }",
    );
    let own = Some([1, 1, 1, 3_000_000, 4_000_000]);
    let shipped = Some([5_000_000, 500_000, 5_000_000, 30_000_000, 30_000_000]);
    for (provider, model, expected) in [
        ("openai", "gpt-5.5", own),
        ("openai", "gpt-5.5-2026-04-23", own),
        ("claude", "gpt-5.5", shipped),
        (
            "openai",
            "gpt-5.5-pro",
            Some([30_000_000, 3_000_000, 30_000_000, 180_000_000, 180_000_000]),
        ),
        ("local", "my-model", Some([0; 5])),
        ("openai", "my-model", None),
    ] {
        assert_eq!(price(&money, provider, model, 1), expected, "{provider} {model}");
    }
}

#[test]
fn a_long_request_costs_more_as_a_whole() {
    let money = money("");
    // gpt-6.2-sol: 2 and 10 dollars up to 272,000 input tokens, 4 and 15 above.
    for (input, output, expected) in [
        (272_000, 1_000, 544_000 + 10_000 + 136_000),
        (272_001, 1_000, 1_360_005 + 15_000),
    ] {
        let estimate = money.estimate(("openai", "gpt-6.2-sol"), (Tokens(input), Tokens(output)), 0);
        // The dearest kind of input is what is written to the cache: 2.50 and 5 dollars.
        assert_eq!(estimate, Some(MicroUsd(expected)), "{input}");
    }
}

#[test]
fn images_cost_what_the_configuration_says_for_each() {
    let money = money(
        "money: { prices: [ { provider: openai, model: gpt-5.5, input: 1, output: 2, image: 0.005 } ] }",
    );
    let tokens = (Tokens(1_000), Tokens(500));
    let estimate = |images| money.estimate(("openai", "gpt-5.5"), tokens, images);
    assert_eq!(estimate(0), Some(MicroUsd(2_000)));
    assert_eq!(estimate(3), Some(MicroUsd(2_000 + 3 * 5_000)));
    assert_eq!(estimate(u64::MAX), Some(MicroUsd(u64::MAX)));
    let price = money.price("openai", "gpt-5.5", Tokens(1_000), 2).unwrap();
    let usage = Usage {
        input: Tokens(1_000),
        output: Tokens(100),
        ..Usage::default()
    };
    assert_eq!(price.of(&usage), MicroUsd(1_000 + 200 + 10_000));
    // Nothing where nothing is said.
    let free = money.price("claude", "claude-opus-5", Tokens(1), 9);
    assert!(free.is_none_or(|price| price.images == MicroUsd(0)));
}

#[test]
fn amounts_at_the_end_of_their_range_are_the_largest_there_is() {
    let dear = Price {
        input: MicroUsd(u64::MAX),
        output: MicroUsd(u64::MAX),
        ..Price::default()
    };
    let most = Tokens(u64::MAX);
    assert_eq!(dear.at_most(most, most), MicroUsd(u64::MAX));
    assert_eq!(dear.at_most(Tokens(0), Tokens(0)), MicroUsd(0));
    // One token at one micro-dollar for a million is rounded up.
    let cheap = Price {
        input: MicroUsd(1),
        ..Price::default()
    };
    assert_eq!(cheap.at_most(Tokens(1), Tokens(0)), MicroUsd(1));
    assert_eq!(cheap.at_most(Tokens(1_000_001), Tokens(0)), MicroUsd(2));
}

fn usage() -> impl Strategy<Value = Usage> {
    (
        0..2_000_000_u64,
        0..2_000_000_u64,
        0..200_u64,
        0..200_u64,
        0..100_u64,
    )
        .prop_map(|(input, output, read, write, reasoning)| Usage {
            input: Tokens(input),
            output: Tokens(output),
            // Beyond the whole as well: what a provider states may be nonsense.
            cache_read: Tokens(input * read / 100),
            cache_write: Tokens(input * write / 100),
            reasoning: Tokens(output * reasoning / 90),
        })
}

fn priced_model() -> impl Strategy<Value = String> {
    let families = table::families().unwrap();
    let models: Vec<String> = families
        .into_iter()
        .flat_map(|family| family.models)
        .map(|entry| entry.model)
        .collect();
    proptest::sample::select(models)
}

proptest! {
    #[test]
    fn nothing_costs_more_than_its_estimate(model in priced_model(), usage in usage()) {
        let money = money("");
        let cost = money.price("openai", &model, usage.input, 0).unwrap().of(&usage);
        let estimate = money.estimate(("openai", &model), (usage.input, usage.output), 0).unwrap();
        prop_assert!(cost <= estimate, "{model}: {cost} > {estimate}");
    }

    #[test]
    fn more_tokens_never_cost_less(model in priced_model(), usage in usage(), more in 0..500_000_u64) {
        let money = money("");
        let cost = |usage: &Usage| money.price("openai", &model, usage.input, 0).unwrap().of(usage);
        let longer = Usage { input: Tokens(usage.input.0 + more), ..usage };
        let output = Usage { output: Tokens(usage.output.0 + more), ..usage };
        // What is not input cannot be cached; beyond that the estimate alone is certain to grow.
        let plain = Usage { cache_read: Tokens(0), cache_write: Tokens(0), ..usage };
        let plain_longer = Usage { cache_read: Tokens(0), cache_write: Tokens(0), ..longer };
        prop_assert!(cost(&plain) <= cost(&plain_longer));
        prop_assert!(cost(&usage) <= cost(&output));
        let estimate = |usage: &Usage| money.estimate(("openai", &model), (usage.input, usage.output), 0).unwrap();
        prop_assert!(estimate(&usage) <= estimate(&longer) && estimate(&usage) <= estimate(&output));
    }
}
