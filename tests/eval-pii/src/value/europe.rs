//! Numbers of European countries.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last, spoil_length};
use crate::language::Language::{De, En, Es, Fr, It, Nl, Pl};
use crate::random::{DIGITS, Random};

pub const KINDS: &[Kind] = &[
    Kind {
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
                1 => {
                    Miss::Called(random.pick(&["DA", "FA", "QE", "UB", "VC", "AO"]).to_owned() + digits + "B")
                }
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
    Kind {
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
    },
];

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
    fn check_digits_are_those_of_published_numbers() {
        // gov.pl's example; the NHS Data Dictionary's; the Logisch Ontwerp BSN's.
        assert_eq!(pesel_check("4405140135"), 9);
        assert_eq!(
            11 - checksum::weighted("943476591", &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11,
            9
        );
        assert_eq!(checksum::weighted("11122233", &[9, 8, 7, 6, 5, 4, 3, 2]) % 11, 3);
    }

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            let (body, key) = nir(&mut random);
            assert_eq!((body.len(), key.len()), (13, 2), "{body} {key}");
            assert_eq!(italian(&mut random).len(), 16);
            assert_eq!(
                (
                    nino(&mut random).len(),
                    nhs(&mut random).len(),
                    german(&mut random).len()
                ),
                (9, 10, 11)
            );
            assert_eq!((bsn(&mut random).len(), pesel(&mut random).len()), (9, 11));
        }
    }
}
