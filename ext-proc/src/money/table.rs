//! The price table that Penstock brings along: `prices.json`, with the source of each price and the day it was read.

use std::collections::HashMap;

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::PriceOverride;
use penstock_plan::Price;
use serde::{Deserialize, Deserializer, de::Error};

const SHIPPED: &str = include_str!("prices.json");
/// Digits of the dates that end a model's name: `-2024-08-06`, `-20250514`, `@20250514`.
const DATES: [&str; 3] = ["-dddd-dd-dd", "-dddddddd", "@dddddddd"];

/// What a model costs, and what for requests that are long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tariff {
    short: Price,
    /// For whole requests of more input tokens than this.
    long: Option<(Tokens, Price)>,
    /// For each image.
    image: MicroUsd,
}

impl Tariff {
    /// What holds for a request of `input` tokens, with so many images.
    pub(super) fn at(&self, input: Tokens, images: u64) -> Price {
        let price = match self.long {
            Some((above, price)) if input > above => price,
            _ => self.short,
        };
        Price {
            images: MicroUsd(self.image.0.saturating_mul(images)),
            ..price
        }
    }
}

impl From<&PriceOverride> for Tariff {
    fn from(price: &PriceOverride) -> Self {
        Self {
            short: Price {
                input: price.input,
                cached_input: price.cached_input,
                cache_write: price.cache_write,
                output: price.output,
                reasoning: price.reasoning,
                ..Price::default()
            },
            long: None,
            image: price.image,
        }
    }
}

/// Models whose prices are read from one source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the table"))]
    pub(super) family: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the table"))]
    pub(super) source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the table"))]
    pub(super) read: String,
    /// Whether the source is the provider's own page.
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the table"))]
    pub(super) confirmed: bool,
    #[expect(dead_code, reason = "for who reads the table")]
    #[serde(default)]
    note: String,
    pub(super) models: Vec<Entry>,
}

/// Dollars for a million tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) model: String,
    #[serde(deserialize_with = "dollars")]
    input: MicroUsd,
    #[serde(default, deserialize_with = "some_dollars")]
    cached_input: Option<MicroUsd>,
    #[serde(default, deserialize_with = "some_dollars")]
    cache_write: Option<MicroUsd>,
    #[serde(deserialize_with = "dollars")]
    output: MicroUsd,
    #[serde(default, deserialize_with = "some_dollars")]
    reasoning: Option<MicroUsd>,
    /// Dollars for each image.
    #[serde(default, deserialize_with = "some_dollars")]
    image: Option<MicroUsd>,
    long: Option<Long>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    above: u64,
    #[serde(deserialize_with = "dollars")]
    input: MicroUsd,
    #[serde(default, deserialize_with = "some_dollars")]
    cached_input: Option<MicroUsd>,
    #[serde(default, deserialize_with = "some_dollars")]
    cache_write: Option<MicroUsd>,
    #[serde(deserialize_with = "dollars")]
    output: MicroUsd,
}

impl Entry {
    /// Kinds that are not said apart cost what input and output do.
    pub(super) fn tariff(&self) -> Tariff {
        let short = Price {
            input: self.input,
            cached_input: self.cached_input.unwrap_or(self.input),
            cache_write: self.cache_write.unwrap_or(self.input),
            output: self.output,
            reasoning: self.reasoning.unwrap_or(self.output),
            ..Price::default()
        };
        let long = self.long.as_ref().map(|long| {
            let price = Price {
                input: long.input,
                cached_input: long.cached_input.unwrap_or(long.input),
                cache_write: long.cache_write.unwrap_or(long.input),
                output: long.output,
                reasoning: long.output,
                ..Price::default()
            };
            (Tokens(long.above), price)
        });
        Tariff {
            short,
            long,
            image: self.image.unwrap_or_default(),
        }
    }
}

pub(super) fn families() -> Result<Vec<Family>, serde_json::Error> {
    serde_json::from_str(SHIPPED)
}

/// Every price of the table by the model's name.
pub(super) fn shipped() -> Result<HashMap<String, Tariff>, serde_json::Error> {
    let entries = families()?.into_iter().flat_map(|family| family.models);
    Ok(entries
        .map(|entry| {
            let tariff = entry.tariff();
            (entry.model, tariff)
        })
        .collect())
}

/// The price of the model with this very name, or of the one that it is a dated version of. `gpt-4o-mini` is neither
/// for `gpt-4o`.
pub(super) fn find<'t>(table: &'t HashMap<String, Tariff>, model: &str) -> Option<&'t Tariff> {
    table.get(model).or_else(|| table.get(undated(model)?))
}

/// A model's name without the date at its end.
pub(super) fn undated(model: &str) -> Option<&str> {
    DATES.iter().find_map(|form| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(form.len())?)?;
        let fits = date.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
        (fits && !name.is_empty()).then_some(name)
    })
}

fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MicroUsd, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

fn some_dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MicroUsd>, D::Error> {
    dollars(deserializer).map(Some)
}
