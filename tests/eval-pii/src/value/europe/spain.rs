//! Numbers of Spain.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group};
use crate::language::Language::{En, Es};

pub const NIF: Kind = Kind {
    entity: Entity::EsNif,
    hit: |random, _| {
        let number = random.number(100_000..=99_999_999);
        let letter = checksum::spanish(number);
        let digits = format!("{number:08}");
        match random.number(0..=9) {
            0..=4 => Value::alone(format!("{digits}{letter}")),
            5 | 6 => Value::alone(format!("{digits}-{letter}")),
            7 => Value::alone(format!("{}-{letter}", group(&digits, &[2, 3, 3], "."))),
            8 => Value::named(format!("{digits} {letter}")),
            _ => Value::named(format!("{digits}{}", letter.to_ascii_lowercase())),
        }
    },
    miss: |random| {
        let number = random.number(10_000_000..=99_999_999);
        let right = checksum::spanish(number);
        let wrong = checksum::spanish(number + random.number(1..=22));
        match random.number(0..=4) {
            0 | 1 => Miss::Called(format!("{number}{wrong}")),
            2 => Miss::Called(format!("{}-{wrong}", group(&number.to_string(), &[2, 3, 3], "."))),
            3 => Miss::Called(format!("{number}{}{right}", random.digits(1))),
            _ => Miss::Text(embed(random, &format!("{number}{right}"))),
        }
    },
    names: &[
        (
            Es,
            &[
                "DNI",
                "NIF",
                "número de DNI",
                "D.N.I.",
                "documento nacional de identidad",
                "DNI/NIF",
            ],
        ),
        (En, &["DNI", "Spanish DNI", "NIF", "Spanish national ID"]),
    ],
    keys: &[
        "dni",
        "DNI",
        "nif",
        "numero_dni",
        "documentoIdentidad",
        "dniTitular",
    ],
    said: &[(
        Es,
        &[
            "D. Manuel García López, mayor de edad, con DNI {}, comparece",
            "!titular: Lucía Fernández, {}, Madrid",
        ],
    )],
    varies: true,
    near: false,
};

pub const NIE: Kind = Kind {
    entity: Entity::EsNie,
    hit: |random, _| {
        let (front, number) = (random.number(0..=2), random.number(0..=9_999_999));
        let letter = checksum::spanish(front * 10_000_000 + number);
        let first = ["X", "Y", "Z"].get(front as usize).copied().unwrap_or("X");
        match random.number(0..=9) {
            0..=5 => Value::alone(format!("{first}{number:07}{letter}")),
            6 | 7 => Value::alone(format!("{first}-{number:07}-{letter}")),
            8 => Value::alone(format!("{first}{number:07}-{letter}")),
            _ => Value::named(format!("{first}{number:07}{letter}").to_lowercase()),
        }
    },
    miss: |random| {
        let number = random.number(0..=9_999_999);
        let right = checksum::spanish(number);
        let wrong = checksum::spanish(number + random.number(1..=22));
        match random.number(0..=4) {
            0 | 1 => Miss::Called(format!("X{number:07}{wrong}")),
            2 => Miss::Called(format!("X-{number:07}-{wrong}")),
            3 => Miss::Called(format!("W{number:07}{right}")),
            _ => Miss::Text(embed(random, &format!("X{number:07}{right}"))),
        }
    },
    names: &[
        (
            Es,
            &[
                "NIE",
                "número de identidad de extranjero",
                "N.I.E.",
                "NIE nº",
                "número NIE",
            ],
        ),
        (En, &["NIE", "NIE number", "Spanish foreigner's number (NIE)"]),
    ],
    keys: &["nie", "NIE", "numero_nie", "nieNumber", "documento"],
    said: &[(
        Es,
        &[
            "con permiso de residencia y NIE {} en vigor",
            "!Contrato de alquiler con Olena Kovalenko, {}",
        ],
    )],
    varies: true,
    near: false,
};
