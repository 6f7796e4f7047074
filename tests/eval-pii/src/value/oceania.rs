//! Numbers of Australia.

use penstock_pii::Entity;

use crate::checksum::weighted;
use crate::kind::{Kind, Miss, Value, group, spoil_last, spoil_length};
use crate::language::Language::En;
use crate::random::{DIGITS, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::AuTfn,
        hit: |random, _| {
            let tfn = tfn(random);
            let separator = random.pick(&[" ", " ", " ", "", "-"]);
            Value::named(group(&tfn, &[3, 3, 3], separator))
        },
        miss: |random| {
            let tfn = tfn(random);
            let separator = random.pick(&[" ", ""]);
            match random.number(0..=3) {
                0 | 1 => Miss::Called(group(&spoil_last(random, &tfn), &[3, 3, 3], separator)),
                2 => {
                    let longer = format!("{tfn}{}", random.digits(1));
                    Miss::Called(group(&longer, &[3, 3, 4], separator))
                }
                _ => Miss::text(
                    random,
                    &[
                        "order {} dispatched",
                        "Invoice {}",
                        "ACN {}",
                        "tracking id {}",
                        "serial no. {}",
                        "{} items sold",
                        "reference {}",
                    ],
                    &tfn,
                ),
            }
        },
        names: &[(
            En,
            &[
                "TFN",
                "tax file number",
                "Tax File Number (TFN)",
                "Australian tax file number",
                "TFN number",
            ],
        )],
        keys: &[
            "tfn",
            "TFN",
            "tax_file_number",
            "taxFileNumber",
            "employee_tfn",
            "au_tfn",
        ],
        said: &[(
            En,
            &[
                "The ATO sent a letter about tax file number {} last week.",
                "Add TFN {} to the super fund form.",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::AuAbn,
        hit: |random, _| {
            let abn = abn(random);
            match random.chance(60) {
                true => Value::named(group(&abn, &[2, 3, 3, 3], " ")),
                false => Value::named(abn),
            }
        },
        miss: |random| {
            let abn = abn(random);
            match random.number(0..=3) {
                0 | 1 => {
                    let spoilt = spoil_last(random, &abn);
                    Miss::Called(if random.chance(50) {
                        group(&spoilt, &[2, 3, 3, 3], " ")
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(spoil_length(random, &abn)),
                _ => Miss::text(
                    random,
                    &[
                        "order {} dispatched",
                        "Invoice {}",
                        "tracking id {}",
                        "barcode {}",
                        "reference {}",
                    ],
                    &abn,
                ),
            }
        },
        names: &[(
            En,
            &[
                "ABN",
                "Australian Business Number",
                "A.B.N.",
                "ABN number",
                "business number (ABN)",
            ],
        )],
        keys: &[
            "abn",
            "ABN",
            "australian_business_number",
            "supplierAbn",
            "abn_number",
        ],
        said: &[(
            En,
            &[
                "Tax invoice from Kookaburra Plumbing Pty Ltd, ABN {}",
                "sole trader with ABN {} since 2015",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::AuMedicare,
        hit: |random, _| {
            let card = medicare(random);
            let person = random.digits(1);
            Value::named(match random.number(0..=6) {
                0..=2 => group(&card, &[4, 5, 1], " "),
                3 => format!("{}/{person}", group(&card, &[4, 5, 1], " ")),
                4 => format!("{card}{person}"),
                5 => group(&card, &[4, 5, 1], "-"),
                _ => card,
            })
        },
        miss: |random| {
            let card = medicare(random);
            match random.number(0..=4) {
                0 | 1 => {
                    let body = card.get(..9).unwrap_or_default().to_owned();
                    let spoilt = spoil_last(random, &body) + card.get(9..).unwrap_or_default();
                    Miss::Called(if random.chance(60) {
                        group(&spoilt, &[4, 5, 1], " ")
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(random.text("01789", 1) + card.get(1..).unwrap_or_default()),
                3 => Miss::Called(card.get(..9).unwrap_or_default().to_owned()),
                _ => Miss::text(
                    random,
                    &[
                        "order {}",
                        "Invoice {}",
                        "ISBN {}",
                        "tracking id {}",
                        "serial {}",
                        "epoch {}",
                    ],
                    &card,
                ),
            }
        },
        names: &[(
            En,
            &[
                "Medicare number",
                "Medicare card number",
                "Medicare no.",
                "Medicare",
                "Medicare card",
            ],
        )],
        keys: &[
            "medicare",
            "medicare_number",
            "medicareNumber",
            "medicareCardNo",
            "medicare_no",
        ],
        said: &[(
            En,
            &[
                "Bulk billed to Medicare card {}, expiry 09/2027",
                "patient's Medicare details: {}",
            ],
        )],
        varies: true,
        near: false,
    },
];

fn tfn(random: &mut Random) -> String {
    loop {
        let body = random.digits(8);
        // The last digit weighs ten; where it would have to be ten there is no number.
        let sum = weighted(&body, &[1, 4, 3, 7, 5, 8, 6, 9]);
        if sum % 11 < 10 {
            return format!("{body}{}", sum % 11);
        }
    }
}

/// Nine digits behind the two that make the weighted sum a multiple of 89.
fn abn(random: &mut Random) -> String {
    let body = random.text(DIGITS, 9);
    let sum = weighted(&body, &[3, 5, 7, 9, 11, 13, 15, 17, 19]);
    format!("{}{body}", 10 + (89 - sum % 89))
}

fn medicare(random: &mut Random) -> String {
    let body = random.text("23456", 1) + &random.text(DIGITS, 7);
    format!(
        "{body}{}{}",
        weighted(&body, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10,
        random.digits(1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fulfil_the_definition_that_published_ones_fulfil() {
        let is_tfn = |tfn: &str| weighted(tfn, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11);
        let is_abn = |abn: &str| {
            let weights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
            (weighted(abn, &weights) - 10).is_multiple_of(89)
        };
        let is_card = |card: &str| {
            let sum = weighted(&card[..8], &[1, 3, 7, 9, 1, 3, 7, 9]);
            card[8..9].parse() == Ok(sum % 10)
        };
        // The Australian Taxation Office's and the Australian Business Register's examples, and Medicare's specimen card.
        assert!(
            is_tfn("123456782") && is_abn("51824753556") && is_abn("53004085616") && is_card("2123456701")
        );
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            let numbers = (tfn(&mut random), abn(&mut random), medicare(&mut random));
            assert!(
                is_tfn(&numbers.0) && is_abn(&numbers.1) && is_card(&numbers.2),
                "{numbers:?}"
            );
            assert!(
                numbers.0.len() == 9 && numbers.1.len() == 11 && numbers.2.len() == 10,
                "{numbers:?}"
            );
        }
    }
}
