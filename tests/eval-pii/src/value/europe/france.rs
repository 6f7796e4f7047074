//! Numbers of France.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group};
use crate::language::Language::{En, Fr};
use crate::random::Random;

pub const NIR: Kind = Kind {
    entity: Entity::FrNir,
    hit: |random, _| {
        let (body, key) = nir(random);
        let spaced = group(&body, &[1, 2, 2, 2, 3, 3], " ");
        match random.number(0..=9) {
            0..=4 => Value::alone(format!("{spaced} {key}")),
            5..=7 => Value::alone(format!("{body}{key}")),
            8 => Value::named(format!("{body} {key}")),
            _ => Value::named(format!("{spaced} {key}").replace(' ', ".")),
        }
    },
    miss: |random| {
        let (body, key) = nir(random);
        let wrong = (key.parse::<u64>().unwrap_or(0) + u64::from(random.number(1..=90))) % 97;
        match random.number(0..=3) {
            0 => Miss::Called(format!("{body}{wrong:02}")),
            1 => Miss::Called(format!("{} {wrong:02}", group(&body, &[1, 2, 2, 2, 3, 3], " "))),
            2 => Miss::Called(format!("{body}{key}{}", random.digits(1))),
            _ => Miss::Text(embed(random, &format!("{body}{key}"))),
        }
    },
    names: &[
        (
            Fr,
            &[
                "numéro de sécurité sociale",
                "NIR",
                "n° de sécurité sociale",
                "N° SS",
                "numéro INSEE",
                "numéro de sécu",
                "n° d'immatriculation Sécurité sociale",
            ],
        ),
        (En, &["French social security number", "NIR", "INSEE number"]),
    ],
    keys: &[
        "nir",
        "NIR",
        "numero_securite_sociale",
        "numeroSecu",
        "num_secu",
        "nss",
        "insee",
    ],
    said: &[(
        Fr,
        &[
            "Ma carte Vitale porte le numéro {}.",
            "assurée sous le numéro {} à la CPAM de Lyon",
            "Attestation de droits pour {} (assurance maladie)",
        ],
    )],
    varies: true,
    near: false,
};

fn nir(random: &mut Random) -> (String, String) {
    let (sex, year, month) = (random.number(1..=2), random.number(0..=99), random.number(1..=12));
    let (commune, order) = (random.number(1..=580), random.number(1..=899));
    // Corsica counts as 20, less one for 2A and two for 2B.
    let (department, counted) = match random.number(0..=11) {
        0 => ("2A".to_owned(), 19),
        1 => ("2B".to_owned(), 18),
        _ => {
            let department = random.number(1..=95);
            (format!("{department:02}"), department)
        }
    };
    let text = |department: &str| format!("{sex}{year:02}{month:02}{department}{commune:03}{order:03}");
    let key = checksum::nir(text(&format!("{counted:02}")).parse().unwrap_or(0));
    (text(&department), format!("{key:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            let (body, key) = nir(&mut random);
            assert_eq!((body.len(), key.len()), (13, 2), "{body} {key}");
        }
    }
}
