//! Dates of birth and numbers of medical records: told by words, not by form.

use std::ops::RangeInclusive;

use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{self, De, En, Es, Fr, Hi, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{CAPITALS, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::DateOfBirth,
        hit: |random, language| Value::named(date(random, language, 1935..=2015)),
        miss: |random| {
            let language = random.pick(&[En, De, Fr, Es, It, Nl, Pl, Pt, Zh, Ja, Ko]);
            let date = date(random, language, 1985..=2026);
            let texts = [
                "expires on {}",
                "Invoice date: {}",
                "hired {} as an analyst",
                "meeting on {} at noon",
                "The contract was signed on {}.",
                "Rechnungsdatum: {}",
                "gültig bis {}",
                "Liefertermin {}",
                "facture du {}",
                "échéance : {}",
                "fecha de vencimiento: {}",
                "pedido del {}",
                "scadenza {}",
                "data di emissione: {}",
                "vervaldatum {}",
                "data wystawienia: {}",
                "termin płatności {}",
                "vencimento em {}",
                "订单日期：{}",
                "有效期至{}",
                "発行日：{}",
                "有効期限 {}",
                "만료일: {}",
                "released {}",
                "{\"created_at\": \"{}\"}",
                "last login {}",
                "admitted {} with chest pain",
                "due_date={}",
                "The wedding is on {}.",
                "date of death: {}",
                "updated {} by bob",
                "Deadline: {}",
                "member since {}",
                "start date: {}",
                "DOB unknown; visit date {}",
                "Backup from {} restored",
                "the war ended on {}",
                "The child was vaccinated on {}.",
            ];
            Miss::text(random, &texts, &date)
        },
        names: &[
            (
                En,
                &[
                    "date of birth",
                    "DOB",
                    "birth date",
                    "D.O.B.",
                    "birthday",
                    "Date of Birth (DD/MM/YYYY)",
                    "birthdate",
                ],
            ),
            (
                De,
                &["Geburtsdatum", "geboren am", "geb.", "Geburtstag", "Geb.-Datum"],
            ),
            (Fr, &["date de naissance", "né(e) le", "née le"]),
            (Es, &["fecha de nacimiento", "F. nacimiento", "nacido el"]),
            (It, &["data di nascita", "nato il", "nata il"]),
            (Nl, &["geboortedatum", "geboren op"]),
            (Pl, &["data urodzenia", "ur.", "urodzony"]),
            (Pt, &["data de nascimento", "nascido em", "nascimento"]),
            (Zh, &["出生日期", "生日", "出生年月日"]),
            (Ja, &["生年月日", "誕生日"]),
            (Ko, &["생년월일", "생일"]),
            (Hi, &["date of birth", "जन्म तिथि", "DOB"]),
        ],
        keys: &[
            "dob",
            "date_of_birth",
            "dateOfBirth",
            "birth_date",
            "birthday",
            "birthDate",
            "DOB",
        ],
        said: &[
            (
                En,
                &[
                    "She was born on {} in Leeds.",
                    "born {}",
                    "patient (DOB {}) presented with fever",
                    "My birthday is {}, please send the voucher then",
                ],
            ),
            (
                De,
                &["Anna Schmidt, geb. {}, wohnhaft in Bonn", "geboren am {} in Köln"],
            ),
            (Fr, &["né le {} à Lyon"]),
            (Es, &["nacida el {} en Sevilla"]),
            (It, &["nato a Torino il {}"]),
            (Pt, &["nascida em {} em Porto"]),
            (Pl, &["urodzona {} w Krakowie"]),
            (Zh, &["王芳，{}出生"]),
            (Ja, &["{}生まれの男性"]),
        ],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::MedicalRecordNumber,
        hit: |random, _| {
            let number = record(random);
            match random.number(0..=11) {
                0 => Value::alone(format!("MRN-{number}")),
                1 => Value::alone(format!("MRN{}", random.digits(8))),
                _ => Value::named(number),
            }
        },
        miss: |random| {
            let number = record(random);
            let texts = [
                "order number {} has shipped",
                "Room {}",
                "invoice {}",
                "the medical supply order {} is delayed",
                "Ticket {}: record player broken",
                "insurance policy {}",
                "patient is 45 years old, weight 70 kg",
                "serial number {}",
                "prescription refill order {}",
                "blood pressure 120/80 recorded",
                "medical device model {}",
                "The patient waited 20 minutes",
                "MRN: pending",
                "MRN: n/a",
                "medical record number: unknown",
                "record {} rows",
                "chart 12 shows growth",
                "claim number {}",
                "lot {} of the vaccine",
                "NDC 0002-8215-01",
                "ICD-10 E11.9",
                "patient count 12345",
                "license {}",
                "the patient portal, build {}",
            ];
            Miss::text(random, &texts, &number)
        },
        names: &[
            (
                En,
                &[
                    "MRN",
                    "medical record number",
                    "Medical Record No.",
                    "patient ID",
                    "MRN#",
                    "medical record #",
                    "chart number",
                    "hospital number",
                    "patient number",
                ],
            ),
            (
                De,
                &[
                    "Patientennummer",
                    "Patienten-ID",
                    "Fallnummer",
                    "Krankenaktennummer",
                ],
            ),
            (Fr, &["numéro de dossier médical", "numéro patient", "IPP"]),
            (Es, &["número de historia clínica", "historia clínica", "NHC"]),
            (It, &["numero di cartella clinica", "cartella clinica n."]),
            (Nl, &["patiëntnummer"]),
            (Pt, &["número do prontuário", "prontuário"]),
            (Zh, &["病历号", "住院号", "病案号"]),
            (Ja, &["カルテ番号", "患者番号", "患者ID"]),
            (Ko, &["환자번호", "차트번호", "환자 ID"]),
        ],
        keys: &[
            "mrn",
            "MRN",
            "medical_record_number",
            "medicalRecordNumber",
            "patient_id",
            "patientMrn",
            "patient_mrn",
        ],
        said: &[(
            En,
            &[
                "Pt seen in ED, MRN {}, discharged home.",
                "Pull the chart for medical record number {}.",
                "admitted under MRN {}",
            ],
        )],
        varies: false,
        near: false,
    },
];

fn record(random: &mut Random) -> String {
    match random.number(0..=7) {
        0..=2 => random.digits(8),
        3 => random.digits(7),
        4 => random.digits(6),
        5 => random.text(CAPITALS, 1) + &random.digits(7),
        6 => format!("00{}", random.digits(6)),
        _ => random.digits(10),
    }
}

/// A date in one of the ways in which people who speak a language write it.
fn date(random: &mut Random, language: Language, years: RangeInclusive<u32>) -> String {
    let (year, month, day) = (random.number(years), random.number(1..=12), random.number(1..=28));
    let name = MONTHS
        .iter()
        .find(|(other, _)| *other == language)
        .or(MONTHS.first());
    let name = name
        .and_then(|(_, months)| months.split(' ').nth(month as usize - 1))
        .unwrap_or_default();
    let short: String = name.chars().take(3).collect();
    // Numbers, or the month by its name.
    match (random.chance(60), language) {
        (true, _) if random.chance(30) => format!("{year}-{month:02}-{day:02}"),
        (true, En) => match random.number(0..=3) {
            0 => format!("{day:02}/{month:02}/{year}"),
            1 => format!("{month}/{day}/{:02}", year % 100),
            _ => format!("{month:02}/{day:02}/{year}"),
        },
        (true, De | Pl) => match random.chance(80) {
            true => format!("{day:02}.{month:02}.{year}"),
            false => format!("{day}.{month}.{year}"),
        },
        (true, Nl | Hi) => format!("{day:02}-{month:02}-{year}"),
        (true, Zh | Ja) => format!("{year}/{month:02}/{day:02}"),
        (true, Ko) => format!("{year}.{month:02}.{day:02}"),
        (true, _) => format!("{day:02}/{month:02}/{year}"),
        (false, Zh | Ja) => format!("{year}年{month}月{day}日"),
        (false, Ko) => format!("{year}년 {month}월 {day}일"),
        (false, De) => format!("{day}. {name} {year}"),
        (false, Es | Pt) => format!("{day} de {name} de {year}"),
        (false, En | Hi) => match random.number(0..=4) {
            0 => format!("{day} {name} {year}"),
            1 => format!("{name} {day}, {year}"),
            2 => format!("{day}-{short}-{year}"),
            3 => format!("{short} {day} {year}"),
            _ => format!("{}{} {name} {year}", day, ordinal(day)),
        },
        (false, _) => format!("{day} {name} {year}"),
    }
}

fn ordinal(day: u32) -> &'static str {
    match day {
        1 | 21 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}

const MONTHS: &[(Language, &str)] = &[
    (
        En,
        "January February March April May June July August September October November December",
    ),
    (
        De,
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    (
        Fr,
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    (
        Es,
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    (
        It,
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    ),
    (
        Nl,
        "januari februari maart april mei juni juli augustus september oktober november december",
    ),
    (
        Pl,
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ),
    (
        Pt,
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    ),
];
