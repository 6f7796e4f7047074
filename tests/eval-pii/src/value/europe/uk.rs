//! Numbers of the United Kingdom.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last, spoil_length};
use crate::language::Language::En;
use crate::random::{DIGITS, Random};

pub const NINO: Kind = Kind {
    entity: Entity::UkNino,
    hit: |random, _| {
        let nino = nino(random);
        let spaced = format!(
            "{} {}",
            group(nino.get(..8).unwrap_or_default(), &[2, 2, 2, 2], " "),
            nino.get(8..).unwrap_or_default()
        );
        match random.number(0..=9) {
            0..=4 => Value::alone(nino),
            5..=7 => Value::alone(spaced),
            8 => Value::named(nino.to_lowercase()),
            _ => Value::named(spaced.replace(' ', "-")),
        }
    },
    miss: |random| {
        let nino = nino(random);
        let digits = nino.get(2..8).unwrap_or_default();
        match random.number(0..=4) {
            0 => Miss::Called(
                random
                    .pick(&["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"])
                    .to_owned()
                    + digits
                    + "A",
            ),
            1 => Miss::Called(random.pick(&["DA", "FA", "QE", "UB", "VC", "AO"]).to_owned() + digits + "B"),
            2 => Miss::Called(nino.get(..8).unwrap_or_default().to_owned() + &random.text("EFGKXZ", 1)),
            3 => Miss::Called(nino.get(..7).unwrap_or_default().to_owned() + "A"),
            _ => Miss::Text(embed(random, &nino)),
        }
    },
    names: &[(
        En,
        &[
            "National Insurance number",
            "NI number",
            "NINO",
            "NI no.",
            "National Insurance no",
            "NI",
        ],
    )],
    keys: &[
        "nino",
        "ni_number",
        "nationalInsuranceNumber",
        "national_insurance_no",
        "NINO",
    ],
    said: &[(
        En,
        &[
            "HMRC wrote about National Insurance number {}.",
            "!P45 for {} enclosed",
        ],
    )],
    varies: true,
    near: false,
};

pub const NHS: Kind = Kind {
    entity: Entity::UkNhs,
    hit: |random, _| {
        let nhs = nhs(random);
        match random.number(0..=9) {
            0..=5 => Value::named(group(&nhs, &[3, 3, 4], " ")),
            6 => Value::named(group(&nhs, &[3, 3, 4], "-")),
            _ => Value::named(nhs),
        }
    },
    miss: |random| {
        let nhs = nhs(random);
        match random.number(0..=3) {
            0 | 1 => {
                let spoilt = spoil_last(random, &nhs);
                Miss::Called(if random.chance(60) {
                    group(&spoilt, &[3, 3, 4], " ")
                } else {
                    spoilt
                })
            }
            2 => Miss::Called(spoil_length(random, &nhs)),
            _ => Miss::text(
                random,
                &[
                    "order {} delivered",
                    "Invoice {}",
                    "Tracking: {}",
                    "serial {}",
                    "ISBN {}",
                    "GBP reference {}",
                ],
                &nhs,
            ),
        }
    },
    names: &[(
        En,
        &[
            "NHS number",
            "NHS no.",
            "NHS No",
            "NHS Number",
            "NHS num",
            "health and care number",
            "CHI number",
        ],
    )],
    keys: &["nhs_number", "nhsNumber", "nhs", "nhs_no", "NHSNumber"],
    said: &[(
        En,
        &[
            "Referral for Mrs Patel (NHS {}), seen in clinic today.",
            "the surgery has NHS number {} on file",
        ],
    )],
    varies: true,
    near: false,
};

/// NIM39110: which letters and pairs a prefix has.
fn nino(random: &mut Random) -> String {
    loop {
        let prefix = random.text("ABCEGHJKLMNOPRSTWXYZ", 1) + &random.text("ABCEGHJKLMNPRSTWXYZ", 1);
        if !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&&*prefix) {
            return prefix + &random.text(DIGITS, 6) + &random.text("ABCD", 1);
        }
    }
}

/// Weights 10 to 2; where ten would be the check digit there is no number.
fn nhs(random: &mut Random) -> String {
    loop {
        let body = random.pick(&["4", "4", "6", "7", "9"]).to_owned() + &random.text(DIGITS, 8);
        match 11 - checksum::weighted(&body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
            10 => {}
            check => return format!("{body}{}", check % 11),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_is_that_of_the_published_number() {
        // The NHS Data Dictionary's.
        let sum = checksum::weighted("943476591", &[10, 9, 8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(11 - sum % 11, 9);
    }

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!((nino(&mut random).len(), nhs(&mut random).len()), (9, 10));
        }
    }
}
