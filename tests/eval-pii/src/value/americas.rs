//! Numbers of the United States, Canada and Brazil.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last, spoil_length};
use crate::language::Language::{En, Es, Fr, Pt};
use crate::random::{CAPITALS, CODE, DIGITS, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::UsSsn,
        hit: |random, _| american(random, ssn),
        miss: ssn_miss,
        names: &[
            (
                En,
                &[
                    "SSN",
                    "social security number",
                    "Social Security no.",
                    "SS#",
                    "social",
                    "Social Security Number (SSN)",
                    "taxpayer SSN",
                ],
            ),
            (
                Es,
                &[
                    "número de seguro social",
                    "SSN",
                    "número de Seguro Social de EE. UU.",
                ],
            ),
        ],
        keys: &[
            "ssn",
            "SSN",
            "social_security_number",
            "socialSecurityNumber",
            "ssn_number",
            "applicant_ssn",
            "employeeSsn",
        ],
        said: &[(
            En,
            &[
                "my social is {} and I was born in Ohio",
                "Last four aren't enough, the full social security number is {}.",
                "!W-2 for {} attached",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::UsItin,
        hit: |random, _| american(random, itin),
        miss: |random| {
            let (area, last) = (random.number(900..=999), random.text(DIGITS, 4));
            let middle = random.pick(&[0, 12, 30, 49, 66, 69, 89, 93]);
            Miss::Called(format!("{area}-{middle:02}-{last}"))
        },
        names: &[(
            En,
            &[
                "ITIN",
                "individual taxpayer identification number",
                "taxpayer ID",
                "ITIN number",
                "IRS taxpayer identification number",
            ],
        )],
        keys: &["itin", "ITIN", "us_itin", "itin_number", "taxpayerItin"],
        said: &[(
            En,
            &[
                "The IRS issued ITIN {} to her spouse.",
                "Form W-7 was approved, the number assigned is {}, taxpayer identification for non-residents",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::CaSin,
        hit: |random, _| {
            let body = random.text("1234567", 1) + &random.text(DIGITS, 7);
            let sin = format!("{body}{}", checksum::luhn(&body));
            let separator = random.pick(&[" ", " ", "-", "-", ""]);
            Value::named(group(&sin, &[3, 3, 3], separator))
        },
        miss: |random| {
            let body = random.text("1234567", 1) + &random.text(DIGITS, 7);
            let sin = format!("{body}{}", checksum::luhn(&body));
            let separator = random.pick(&[" ", "-", ""]);
            match random.number(0..=3) {
                0 | 1 => Miss::Called(group(&spoil_last(random, &sin), &[3, 3, 3], separator)),
                2 => Miss::Called(spoil_length(random, &sin)),
                _ => {
                    let texts = [
                        "SIREN {}",
                        "Order no. {} shipped",
                        "invoice {} is overdue",
                        "part number {} in stock",
                        "Ticket {} closed",
                        "tracking number: {}",
                        "routing number {}",
                    ];
                    Miss::text(random, &texts, &sin)
                }
            }
        },
        names: &[
            (
                En,
                &[
                    "SIN",
                    "social insurance number",
                    "Social Insurance Number (SIN)",
                    "Canadian SIN",
                    "SIN number",
                ],
            ),
            (Fr, &["NAS", "numéro d'assurance sociale", "numéro NAS", "N.A.S."]),
        ],
        keys: &[
            "sin",
            "SIN",
            "social_insurance_number",
            "socialInsuranceNumber",
            "nas",
            "ca_sin",
        ],
        said: &[(
            En,
            &[
                "Service Canada confirmed that social insurance number {} is hers.",
                "T4 slip for SIN {} enclosed",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::BrCpf,
        hit: |random, _| {
            let cpf = cpf(random);
            match random.number(0..=9) {
                0..=5 => Value::alone(dotted(&cpf)),
                6 => Value::named(format!(
                    "{}-{}",
                    cpf.get(..9).unwrap_or_default(),
                    cpf.get(9..).unwrap_or_default()
                )),
                7 => Value::named(group(&cpf, &[3, 3, 3, 2], " ")),
                _ => Value::named(cpf),
            }
        },
        miss: |random| {
            let cpf = cpf(random);
            match random.number(0..=4) {
                0 | 1 => {
                    let spoilt = spoil_last(random, &cpf);
                    Miss::Called(if random.chance(60) {
                        dotted(&spoilt)
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(random.digits(1).repeat(11)),
                3 => Miss::Called(spoil_length(random, &cpf)),
                _ => {
                    let texts = [
                        "pedido {} enviado",
                        "Protocolo de atendimento {}",
                        "código de rastreamento: {}",
                        "Nota fiscal {}",
                        "order {}",
                    ];
                    Miss::text(random, &texts, &cpf)
                }
            }
        },
        names: &[
            (
                Pt,
                &[
                    "CPF",
                    "número do CPF",
                    "CPF do titular",
                    "CPF/MF",
                    "CPF nº",
                    "Cadastro de Pessoas Físicas",
                ],
            ),
            (En, &["CPF", "Brazilian CPF", "CPF number"]),
        ],
        keys: &[
            "cpf",
            "CPF",
            "cpf_cliente",
            "numeroCpf",
            "nr_cpf",
            "customer_cpf",
            "cpfTitular",
        ],
        said: &[(
            Pt,
            &[
                "João da Silva, brasileiro, casado, portador do CPF {}, residente em Curitiba",
                "inscrito no CPF sob o nº {}",
                "Na nota, por favor: CPF {}",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::BrCnpj,
        hit: |random, _| {
            let lettered = random.chance(15);
            let cnpj = cnpj(random, lettered);
            match random.number(0..=9) {
                0..=6 => Value::alone(stroked(&cnpj)),
                _ => Value::named(cnpj),
            }
        },
        miss: |random| {
            let cnpj = cnpj(random, false);
            match random.number(0..=3) {
                0 | 1 => {
                    let spoilt = spoil_last(random, &cnpj);
                    Miss::Called(if random.chance(60) {
                        stroked(&spoilt)
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(spoil_length(random, &cnpj)),
                _ => Miss::text(
                    random,
                    &["pedido {}", "Chave {}", "código de barras {}", "created_at={}"],
                    &random_stamp(&cnpj),
                ),
            }
        },
        names: &[
            (
                Pt,
                &["CNPJ", "CNPJ da empresa", "número do CNPJ", "CNPJ/MF", "CNPJ nº"],
            ),
            (En, &["CNPJ", "Brazilian company number (CNPJ)"]),
        ],
        keys: &["cnpj", "CNPJ", "cnpj_fornecedor", "numeroCnpj", "supplier_cnpj"],
        said: &[(
            Pt,
            &[
                "Padaria Boa Vista Ltda., inscrita no CNPJ sob o nº {}",
                "emitir a nota para o CNPJ {}, por gentileza",
            ],
        )],
        varies: true,
        near: false,
    },
];

fn american(random: &mut Random, make: fn(&mut Random) -> String) -> Value {
    let number = make(random);
    match random.number(0..=9) {
        0..=5 => Value::alone(group(&number, &[3, 2, 4], "-")),
        6 | 7 => Value::named(group(&number, &[3, 2, 4], " ")),
        _ => Value::named(number),
    }
}

/// Area, group and serial number: POMS RM 10201.030.
fn ssn(random: &mut Random) -> String {
    let area = match random.number(1..=898) {
        666 => 667,
        area => area,
    };
    format!(
        "{area:03}{:02}{:04}",
        random.number(1..=99),
        random.number(1..=9999)
    )
}

/// Internal Revenue Manual 3.21.263.
fn itin(random: &mut Random) -> String {
    let middle = match random.number(0..=3) {
        0 => random.number(50..=65),
        1 => random.number(70..=88),
        2 => random.number(90..=92),
        _ => random.number(94..=99),
    };
    format!(
        "{}{middle}{:04}",
        random.number(900..=999),
        random.number(0..=9999)
    )
}

fn ssn_miss(random: &mut Random) -> Miss {
    let number = ssn(random);
    let (area, middle, last) = (
        random.number(100..=665),
        random.number(10..=99),
        random.number(1000..=9999),
    );
    match random.number(0..=8) {
        0 => Miss::Called(format!("000-{middle}-{last}")),
        1 => Miss::Called(format!("666-{middle}-{last}")),
        2 => Miss::Called(format!("{area}-00-{last}")),
        3 => Miss::Called(format!("{area}-{middle}-0000")),
        4 => Miss::Called(format!("{area}-{middle}-{last}{}", random.digits(1))),
        5 => Miss::Called(format!("{area}-{middle}-{}", random.digits(3))),
        6 => Miss::Called(
            random
                .pick(&[
                    "XXX-XX-1234",
                    "***-**-6789",
                    "123-XX-XXXX",
                    "not on file",
                    "###-##-####",
                ])
                .to_owned(),
        ),
        7 => Miss::Text(embed(random, &group(&number, &[3, 2, 4], "-"))),
        _ => {
            let texts = [
                "order number {} has shipped",
                "Ticket {}",
                "Invoice no. {}",
                "SKU {} is out of stock",
                "tracking {}",
                "account number {}",
                "serial {}",
                "case number {}",
            ];
            Miss::text(random, &texts, &number)
        }
    }
}

fn cpf(random: &mut Random) -> String {
    let mut cpf = random.text(DIGITS, 9);
    for _ in 0..2 {
        cpf += &checksum::brazilian(&cpf, 11).to_string();
    }
    cpf
}

fn dotted(cpf: &str) -> String {
    format!(
        "{}-{}",
        group(cpf.get(..9).unwrap_or_default(), &[3, 3, 3], "."),
        cpf.get(9..).unwrap_or_default()
    )
}

fn cnpj(random: &mut Random, lettered: bool) -> String {
    let (company, branch) = match lettered {
        true => (
            random.text(CAPITALS, 2) + &random.text(CODE, 6),
            random.pick(&["0001", "0002", "01DE"]),
        ),
        false => (
            random.text(DIGITS, 8),
            random.pick(&["0001", "0001", "0001", "0002", "0017", "0123"]),
        ),
    };
    let mut cnpj = company + branch;
    for _ in 0..2 {
        cnpj += &checksum::brazilian(&cnpj, 9).to_string();
    }
    cnpj
}

fn stroked(cnpj: &str) -> String {
    let (company, branch) = (
        cnpj.get(..8).unwrap_or_default(),
        cnpj.get(8..12).unwrap_or_default(),
    );
    format!(
        "{}/{branch}-{}",
        group(company, &[2, 3, 3], "."),
        cnpj.get(12..).unwrap_or_default()
    )
}

/// A time of fourteen digits, its end taken from another number.
fn random_stamp(digits: &str) -> String {
    let digit = |at: usize, below: u32| {
        digits
            .chars()
            .nth(at)
            .and_then(|digit| digit.to_digit(10))
            .unwrap_or(1)
            % below
    };
    format!(
        "2024{:02}{:02}{:02}{}{}{}{}",
        1 + digit(0, 9),
        10 + digit(1, 10),
        10 + digit(2, 10),
        digit(3, 6),
        digit(4, 10),
        digit(5, 6),
        digit(6, 10)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_their_authorities_do() {
        assert_eq!(dotted("11144477735"), "111.444.777-35");
        assert_eq!(stroked("11222333000181"), "11.222.333/0001-81");
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            let ssn = ssn(&mut random);
            assert!(
                ssn.len() == 9 && !ssn.starts_with("000") && !ssn.starts_with("666") && !ssn.starts_with('9'),
                "{ssn}"
            );
            let itin = itin(&mut random);
            assert!(
                itin.len() == 9 && itin.starts_with('9') && !itin[3..].starts_with("93"),
                "{itin}"
            );
        }
    }
}
