use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Micro-dollars in a dollar.
const DOLLAR: u64 = 1_000_000;
/// Places after the point that a micro-dollar has.
const PLACES: usize = 6;

/// Millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// The sum; the largest amount there is, where it would be larger.
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; nothing, where it would be less.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// In dollars, with all six places: `0.001250`.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / DOLLAR, self.0 % DOLLAR)
    }
}

/// A text that is no amount of dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAmount {
    /// Other characters than digits with one point among them.
    #[error("not an amount in dollars such as 2.50")]
    Form,
    /// It says more than micro-dollars can.
    #[error("more than six places after the point")]
    Places,
    /// It is out of range.
    #[error("too large")]
    Large,
}

/// Dollars with at most six places after the point, exactly as they are written: no sign, exponent or separator.
impl FromStr for MicroUsd {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(InvalidAmount::Form);
        }
        let part = part.trim_end_matches('0');
        if part.len() > PLACES {
            return Err(InvalidAmount::Places);
        }
        let micros = format!("{part:0<PLACES$}");
        let whole: u64 = whole.parse().map_err(|_| InvalidAmount::Large)?;
        let micros: u64 = micros.parse().map_err(|_| InvalidAmount::Large)?;
        let sum = whole
            .checked_mul(DOLLAR)
            .and_then(|whole| whole.checked_add(micros));
        sum.map(Self).ok_or(InvalidAmount::Large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_last_place() {
        let cases = [
            ("0", Ok(0)),
            ("2.50", Ok(2_500_000)),
            ("0.000001", Ok(1)),
            ("0.1", Ok(100_000)),
            ("0.3", Ok(300_000)),
            ("007.000000000", Ok(7_000_000)),
            ("18446744073709.551615", Ok(u64::MAX)),
            ("18446744073709.551616", Err(InvalidAmount::Large)),
            ("99999999999999999999999", Err(InvalidAmount::Large)),
            ("0.0000001", Err(InvalidAmount::Places)),
            ("", Err(InvalidAmount::Form)),
            (".5", Err(InvalidAmount::Form)),
            ("5.", Err(InvalidAmount::Form)),
            ("-1", Err(InvalidAmount::Form)),
            ("+1", Err(InvalidAmount::Form)),
            ("1e3", Err(InvalidAmount::Form)),
            ("1_000", Err(InvalidAmount::Form)),
            ("1.2.3", Err(InvalidAmount::Form)),
            ("$1", Err(InvalidAmount::Form)),
            ("inf", Err(InvalidAmount::Form)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), expected.map(MicroUsd), "{text}");
        }
    }

    #[test]
    fn an_amount_reads_as_it_is_written() {
        for amount in [0, 1, 999_999, 1_000_000, 1_250_000, u64::MAX] {
            assert_eq!(MicroUsd(amount).to_string().parse(), Ok(MicroUsd(amount)));
        }
    }
}
