//! Numbers of the Netherlands.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, group, spoil_last};
use crate::language::Language::{En, Nl};
use crate::random::Random;

pub const BSN: Kind = Kind {
    entity: Entity::NlBsn,
    hit: |random, _| {
        let bsn = bsn(random);
        match random.number(0..=9) {
            0..=6 => Value::named(bsn),
            7 => Value::named(group(&bsn, &[4, 2, 3], ".")),
            _ => Value::named(group(&bsn, &[3, 3, 3], random.pick(&[" ", "."]))),
        }
    },
    miss: |random| {
        let bsn = bsn(random);
        match random.number(0..=3) {
            0 | 1 => Miss::Called(spoil_last(random, &bsn)),
            2 => Miss::Called(format!("{bsn}{}", random.digits(1))),
            _ => Miss::text(
                random,
                &[
                    "bestelling {} verzonden",
                    "factuur {}",
                    "ordernummer {}",
                    "KvK-dossier {}",
                    "zendingnummer {}",
                    "klantnummer {}",
                ],
                &bsn,
            ),
        }
    },
    names: &[
        (
            Nl,
            &[
                "BSN",
                "burgerservicenummer",
                "BSN-nummer",
                "burgerservicenummer (BSN)",
                "sofinummer",
                "BSN nr.",
            ],
        ),
        (
            En,
            &["BSN", "Dutch citizen service number", "citizen service number"],
        ),
    ],
    keys: &[
        "bsn",
        "BSN",
        "burgerservicenummer",
        "bsnNummer",
        "citizen_service_number",
    ],
    said: &[(
        Nl,
        &[
            "De gemeente Utrecht heeft BSN {} geregistreerd.",
            "Patiënt: J. de Vries, BSN {}, huisarts Bakker",
        ],
    )],
    varies: true,
    near: false,
};

/// Weights 9 to 2, and the last digit, which weighs less than nothing, is what is left.
fn bsn(random: &mut Random) -> String {
    loop {
        let body = random.text("0123456789", 1) + &random.digits(7);
        let rest = checksum::weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        if rest < 10 {
            return format!("{body}{rest}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_is_that_of_the_published_number() {
        // The Logisch Ontwerp BSN's.
        assert_eq!(checksum::weighted("11122233", &[9, 8, 7, 6, 5, 4, 3, 2]) % 11, 3);
    }

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!(bsn(&mut random).len(), 9);
        }
    }
}
