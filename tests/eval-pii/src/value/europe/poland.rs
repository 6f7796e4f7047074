//! Numbers of Poland.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, spoil_last, spoil_length};
use crate::language::Language::{En, Pl};
use crate::random::{DIGITS, Random};

pub const PESEL: Kind = Kind {
    entity: Entity::PlPesel,
    hit: |random, _| Value::named(pesel(random)),
    miss: |random| {
        let pesel = pesel(random);
        match random.number(0..=4) {
            0 | 1 => Miss::Called(spoil_last(random, &pesel)),
            2 => Miss::Called(spoil_length(random, &pesel)),
            3 => {
                let body = format!(
                    "{:02}{}{}",
                    random.number(50..=99),
                    random.pick(&["1332", "0230", "0001", "1931"]),
                    random.text(DIGITS, 4)
                );
                Miss::Called(format!("{body}{}", pesel_check(&body)))
            }
            _ => Miss::text(
                random,
                &[
                    "zamówienie nr {}",
                    "faktura {}",
                    "numer przesyłki: {}",
                    "zgłoszenie {}",
                    "nr seryjny {}",
                ],
                &pesel,
            ),
        }
    },
    names: &[
        (
            Pl,
            &["PESEL", "numer PESEL", "nr PESEL", "PESEL pacjenta", "Nr PESEL"],
        ),
        (En, &["PESEL", "Polish PESEL number"]),
    ],
    keys: &["pesel", "PESEL", "nr_pesel", "numerPesel", "pesel_number"],
    said: &[(
        Pl,
        &[
            "Pan Jan Kowalski legitymujący się numerem PESEL {} zamieszkały w Łodzi",
            "pacjentka, PESEL {}, przyjęta na oddział",
        ],
    )],
    varies: true,
    near: false,
};

fn pesel(random: &mut Random) -> String {
    let (year, day) = (random.number(1930..=2012), random.number(1..=28));
    let month = random.number(1..=12) + if year >= 2000 { 20 } else { 0 };
    let body = format!("{:02}{month:02}{day:02}{}", year % 100, random.text(DIGITS, 4));
    format!("{body}{}", pesel_check(&body))
}

fn pesel_check(body: &str) -> u32 {
    (10 - checksum::weighted(body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_is_that_of_the_published_number() {
        // The example of gov.pl.
        assert_eq!(pesel_check("4405140135"), 9);
    }

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!(pesel(&mut random).len(), 11);
        }
    }
}
