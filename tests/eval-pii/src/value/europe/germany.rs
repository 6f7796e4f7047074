//! Numbers of Germany.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, group, spoil_last, spoil_length};
use crate::language::Language::{De, En};
use crate::random::Random;

pub const TAX_ID: Kind = Kind {
    entity: Entity::DeTaxId,
    hit: |random, _| {
        let id = german(random);
        let by_two = group(&id, &[2, 3, 3, 3], " ");
        match random.number(0..=9) {
            0..=4 => Value::named(id),
            5..=8 => Value::named(by_two),
            _ => Value::named(group(&id, &[2, 3, 3, 3], "/")),
        }
    },
    miss: |random| {
        let id = german(random);
        match random.number(0..=4) {
            0 | 1 => {
                let spoilt = spoil_last(random, &id);
                Miss::Called(if random.chance(50) {
                    group(&spoilt, &[2, 3, 3, 3], " ")
                } else {
                    spoilt
                })
            }
            2 => Miss::Called(spoil_length(random, &id)),
            3 => {
                // Ten different digits, or three pairs, are nobody's.
                let body = random.pick(&["1234567890", "1122334567", "9988776543"]);
                Miss::Called(format!("{body}{}", checksum::mod11_10(body)))
            }
            _ => Miss::text(
                random,
                &[
                    "Bestellnummer {}",
                    "Rechnung Nr. {}",
                    "Sendungsnummer: {}",
                    "Kundennummer {}",
                    "Auftrag {} erledigt",
                    "Artikelnummer {}",
                ],
                &id,
            ),
        }
    },
    names: &[
        (
            De,
            &[
                "Steuer-ID",
                "Steueridentifikationsnummer",
                "steuerliche Identifikationsnummer",
                "IdNr.",
                "Steuer-IdNr.",
                "Steuer-Identifikationsnummer",
                "Steuer ID",
                "persönliche Steuernummer (IdNr)",
            ],
        ),
        (
            En,
            &[
                "German tax ID",
                "Steuer-ID",
                "German tax identification number",
                "TIN (Germany)",
            ],
        ),
    ],
    keys: &[
        "steuer_id",
        "steuerId",
        "steuerIdentifikationsnummer",
        "tax_id",
        "idnr",
        "steuerid",
        "taxIdentificationNumber",
    ],
    said: &[(
        De,
        &[
            "Das Finanzamt Köln-Mitte verlangt die Steuer-ID {} auf dem Antrag.",
            "Identifikationsnummer gemäß § 139b AO: {}",
        ],
    )],
    varies: true,
    near: false,
};

/// Ten digits of which one occurs twice, or three times and not in a row.
fn german(random: &mut Random) -> String {
    loop {
        let body = random.digits(10);
        let times = |digit: char| body.chars().filter(|other| *other == digit).count();
        let mut repeated = ('0'..='9').map(times).filter(|times| *times > 1);
        let row = ('0'..='9').any(|digit| body.contains(&digit.to_string().repeat(3)));
        if !row && matches!((repeated.next(), repeated.next()), (Some(2 | 3), None)) {
            return format!("{body}{}", checksum::mod11_10(&body));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!(german(&mut random).len(), 11);
        }
    }
}
