//! Numbers of Italy.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last};
use crate::language::Language::{En, It};
use crate::random::Random;

pub const FISCAL_CODE: Kind = Kind {
    entity: Entity::ItFiscalCode,
    hit: |random, _| {
        let code = italian(random);
        match random.number(0..=9) {
            0..=6 => Value::alone(code),
            7 => Value::alone(group(&code, &[3, 3, 5, 5], " ")),
            _ => Value::named(code.to_lowercase()),
        }
    },
    miss: |random| {
        let code = italian(random);
        let body = code.get(..15).unwrap_or_default().to_owned();
        match random.number(0..=4) {
            0 | 1 => Miss::Called(spoil_last(random, &code)),
            2 => Miss::Called(body),
            3 => {
                // G is no month.
                let wrong = format!(
                    "{}G{}",
                    body.get(..8).unwrap_or_default(),
                    body.get(9..).unwrap_or_default()
                );
                Miss::Called(format!("{wrong}{}", checksum::italian(&wrong)))
            }
            _ => Miss::Text(embed(random, &code)),
        }
    },
    names: &[
        (
            It,
            &[
                "codice fiscale",
                "Codice Fiscale",
                "C.F.",
                "CF",
                "cod. fiscale",
                "cod. fisc.",
            ],
        ),
        (En, &["codice fiscale", "Italian fiscal code", "Italian tax code"]),
    ],
    keys: &["codice_fiscale", "codiceFiscale", "cf", "fiscal_code", "cod_fisc"],
    said: &[(
        It,
        &[
            "!Il sottoscritto Marco Rossi, {}, residente a Torino",
            "nata a Roma, codice fiscale {}, chiede il rimborso",
        ],
    )],
    varies: true,
    near: false,
};

fn italian(random: &mut Random) -> String {
    const CONSONANTS: &str = "BCDFGLMNPRSTVZ";
    let mut body = random.text(CONSONANTS, 3) + &random.text(CONSONANTS, 2) + &random.text("AEIOX", 1);
    let day = random.number(1..=28) + if random.chance(50) { 40 } else { 0 };
    let month = random.text("ABCDEHLMPRST", 1);
    let mut digits = format!("{:02}{day:02}{}", random.number(0..=99), random.digits(3)).into_bytes();
    if random.chance(8) {
        // Who would have another's code has a letter for the last digit (omocodia).
        if let Some(last) = digits.last_mut() {
            let letter = b"LMNPQRSTUV".get(usize::from(*last - b'0'));
            *last = letter.copied().unwrap_or(*last);
        }
    }
    let digits = String::from_utf8_lossy(&digits).into_owned();
    body += digits.get(..2).unwrap_or_default();
    body += &month;
    body += digits.get(2..4).unwrap_or_default();
    body += &random.text("ABCDEFGHIL", 1);
    body += digits.get(4..).unwrap_or_default();
    let check = checksum::italian(&body);
    body.push(check);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!(italian(&mut random).len(), 16);
        }
    }
}
