//! Numbers of India, China, Singapore, Japan and Korea.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last, spoil_length};
use crate::language::Language::{En, Hi, Ja, Ko, Zh};
use crate::random::{CAPITALS, DIGITS, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::InAadhaar,
        hit: |random, _| {
            let aadhaar = aadhaar(random);
            let separator = random.pick(&[" ", " ", " ", "", "", "-"]);
            Value::named(group(&aadhaar, &[4, 4, 4], separator))
        },
        miss: |random| {
            let aadhaar = aadhaar(random);
            match random.number(0..=4) {
                0 | 1 => {
                    let spoilt = spoil_last(random, &aadhaar);
                    Miss::Called(if random.chance(60) {
                        group(&spoilt, &[4, 4, 4], " ")
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(random.pick(&["0", "1"]).to_owned() + aadhaar.get(1..).unwrap_or_default()),
                3 => Miss::Called(spoil_length(random, &aadhaar)),
                _ => Miss::text(
                    random,
                    &[
                        "order {}",
                        "Tracking ID: {}",
                        "UPC {}",
                        "arn:aws:iam::{}:role/admin",
                        "transaction ref {}",
                        "invoice {}",
                    ],
                    &aadhaar,
                ),
            }
        },
        names: &[
            (
                En,
                &[
                    "Aadhaar number",
                    "Aadhaar",
                    "Aadhar number",
                    "Aadhaar no.",
                    "UIDAI number",
                    "Aadhaar card number",
                    "UID (Aadhaar)",
                ],
            ),
            (
                Hi,
                &[
                    "Aadhaar number",
                    "आधार नंबर",
                    "Aadhar card no",
                    "आधार संख्या",
                    "aadhaar",
                ],
            ),
        ],
        keys: &[
            "aadhaar",
            "aadhaar_number",
            "aadhaarNumber",
            "aadhar_no",
            "uid_aadhaar",
            "AADHAAR",
        ],
        said: &[(
            En,
            &[
                "e-KYC done with Aadhaar {}, OTP sent",
                "Please link Aadhaar {} to the bank account.",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::InPan,
        hit: |random, _| {
            let pan = pan(random);
            match random.number(0..=9) {
                0..=7 => Value::alone(pan),
                _ => Value::named(pan.to_lowercase()),
            }
        },
        miss: |random| {
            let pan = pan(random);
            let (front, back) = (pan.get(..3).unwrap_or_default(), pan.get(4..).unwrap_or_default());
            match random.number(0..=4) {
                0 | 1 => Miss::Called(format!("{front}{}{back}", random.text("DEIMNOQRSUVWXYZ", 1))),
                2 => Miss::Called(pan.get(..9).unwrap_or_default().to_owned()),
                3 => Miss::Called(format!("{pan}{}", random.text(DIGITS, 1))),
                _ => {
                    let texts = [
                        "GSTIN 27{}1Z5",
                        "voucher code XX-{}-9",
                        "https://cdn.example.in/{}9/banner.png",
                    ];
                    Miss::text(random, &texts, &pan)
                }
            }
        },
        names: &[
            (
                En,
                &[
                    "PAN",
                    "PAN number",
                    "PAN card",
                    "Permanent Account Number",
                    "PAN no.",
                    "income tax PAN",
                ],
            ),
            (Hi, &["PAN card number", "PAN", "पैन नंबर", "PAN no"]),
        ],
        keys: &["pan", "PAN", "pan_number", "panNumber", "pan_card", "panNo"],
        said: &[(
            En,
            &[
                "TDS will be deducted at 20% because PAN {} is inoperative.",
                "!ITR filed for {} on the income tax portal",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::CnResidentId,
        hit: |random, _| {
            let id = chinese(random);
            match random.number(0..=9) {
                0..=7 => Value::alone(id),
                8 => Value::alone(id.to_lowercase()),
                _ => Value::named(group(&id, &[6, 8, 4], " ")),
            }
        },
        miss: |random| {
            let id = chinese(random);
            let body = id.get(..17).unwrap_or_default();
            match random.number(0..=4) {
                0 | 1 => Miss::Called(format!("{body}{}", if id.ends_with('X') { "5" } else { "X" })),
                2 => {
                    let wrong = format!(
                        "{}1332{}",
                        body.get(..10).unwrap_or_default(),
                        body.get(14..).unwrap_or_default()
                    );
                    Miss::Called(format!("{wrong}{}", checksum::mod11_2(&wrong)))
                }
                3 => Miss::Called(format!(
                    "{}{}",
                    body.get(..16).unwrap_or_default(),
                    random.digits(1)
                )),
                _ => Miss::Text(embed(random, &id)),
            }
        },
        names: &[
            (
                Zh,
                &[
                    "身份证号",
                    "身份证号码",
                    "公民身份号码",
                    "身份证",
                    "居民身份证号码",
                    "证件号码",
                ],
            ),
            (
                En,
                &[
                    "Chinese ID number",
                    "resident identity card number",
                    "PRC ID card no.",
                ],
            ),
        ],
        keys: &[
            "id_card",
            "idCard",
            "id_card_no",
            "sfz",
            "identity_number",
            "resident_id",
            "idCardNumber",
        ],
        said: &[
            (
                Zh,
                &["乘客王芳，身份证{}，已取票。", "本人李伟（身份证号：{}）授权委托"],
            ),
            (En, &["Passenger WANG FANG, ID card {}, train G102"]),
        ],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::SgNricFin,
        hit: |random, _| {
            let nric = nric(random);
            match random.number(0..=9) {
                0..=7 => Value::alone(nric),
                _ => Value::named(nric.to_lowercase()),
            }
        },
        miss: |random| {
            let nric = nric(random);
            match random.number(0..=4) {
                0 | 1 => Miss::Called(spoil_last(random, &nric)),
                2 => Miss::Called(random.text("ABCDE", 1) + nric.get(1..).unwrap_or_default()),
                3 => Miss::Called(format!(
                    "{}{}",
                    nric.get(..7).unwrap_or_default(),
                    nric.get(8..).unwrap_or_default()
                )),
                _ => Miss::Text(embed(random, &nric)),
            }
        },
        names: &[
            (
                En,
                &[
                    "NRIC",
                    "FIN",
                    "NRIC/FIN",
                    "NRIC no.",
                    "NRIC number",
                    "Singapore IC number",
                    "IC",
                ],
            ),
            (Zh, &["新加坡身份证号", "NRIC"]),
        ],
        keys: &["nric", "NRIC", "nric_fin", "nricNumber", "fin", "nric_no"],
        said: &[(
            En,
            &[
                "!Singpass login for {} failed twice",
                "!Work pass holder Tan Wei Ming ({}) reported to MOM",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::JpMyNumber,
        hit: |random, _| {
            let number = my_number(random);
            let separator = random.pick(&["", "", " ", " ", "-"]);
            Value::named(group(&number, &[4, 4, 4], separator))
        },
        miss: |random| {
            let number = my_number(random);
            match random.number(0..=3) {
                0 | 1 => {
                    let spoilt = spoil_last(random, &number);
                    Miss::Called(if random.chance(50) {
                        group(&spoilt, &[4, 4, 4], " ")
                    } else {
                        spoilt
                    })
                }
                2 => Miss::Called(spoil_length(random, &number)),
                _ => Miss::text(
                    random,
                    &[
                        "注文番号 {}",
                        "追跡番号：{}",
                        "伝票番号{}",
                        "JAN {}",
                        "order {}",
                        "会員番号 {}",
                    ],
                    &number,
                ),
            }
        },
        names: &[
            (
                Ja,
                &[
                    "マイナンバー",
                    "個人番号",
                    "個人番号（マイナンバー）",
                    "マイナンバーカードの番号",
                ],
            ),
            (
                En,
                &[
                    "My Number",
                    "Japanese My Number",
                    "individual number (My Number)",
                    "My Number card",
                ],
            ),
        ],
        keys: &[
            "my_number",
            "myNumber",
            "mynumber",
            "individual_number_my_number",
            "kojin_bango",
        ],
        said: &[
            (
                Ja,
                &[
                    "年末調整のためマイナンバー{}を提出しました。",
                    "扶養家族の個人番号は{}です",
                ],
            ),
            (En, &["HR needs the My Number for payroll: {}"]),
        ],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::KrRrn,
        hit: |random, _| {
            let rrn = rrn(random);
            match random.number(0..=9) {
                0..=7 => Value::alone(group(&rrn, &[6, 7], "-")),
                8 => Value::named(group(&rrn, &[6, 7], " ")),
                _ => Value::named(rrn),
            }
        },
        miss: |random| {
            let rrn = rrn(random);
            match random.number(0..=4) {
                // Foreigners' numbers have had no check digit since 2020.
                0 | 1 => {
                    let citizen = format!(
                        "{}{}{}",
                        rrn.get(..6).unwrap_or_default(),
                        random.number(1..=2),
                        rrn.get(7..12).unwrap_or_default()
                    );
                    let check = rrn_check(&citizen, false);
                    Miss::Called(group(
                        &spoil_last(random, &format!("{citizen}{check}")),
                        &[6, 7],
                        "-",
                    ))
                }
                2 => Miss::Called(format!(
                    "{}1332-{}",
                    rrn.get(..2).unwrap_or_default(),
                    rrn.get(6..).unwrap_or_default()
                )),
                3 => Miss::Called(format!(
                    "{}-{}",
                    rrn.get(..6).unwrap_or_default(),
                    rrn.get(6..12).unwrap_or_default()
                )),
                _ => Miss::text(
                    random,
                    &[
                        "주문번호 {}",
                        "운송장번호: {}",
                        "사업자등록번호 {}",
                        "created_at: {}",
                        "계좌 {}",
                    ],
                    &rrn,
                ),
            }
        },
        names: &[
            (
                Ko,
                &[
                    "주민등록번호",
                    "주민번호",
                    "주민등록번호(외국인등록번호)",
                    "외국인등록번호",
                ],
            ),
            (
                En,
                &[
                    "RRN",
                    "Korean resident registration number",
                    "resident registration number",
                ],
            ),
        ],
        keys: &[
            "rrn",
            "RRN",
            "resident_registration_number",
            "jumin_no",
            "juminNumber",
            "residentNumber",
        ],
        said: &[
            (
                Ko,
                &[
                    "!본인 김민수는 {} 위임장을 제출합니다.",
                    "보험 청구서에 주민번호 {} 기재",
                ],
            ),
            (En, &["Applicant Kim Min-su, RRN {}, Seoul"]),
        ],
        varies: true,
        near: false,
    },
];

fn aadhaar(random: &mut Random) -> String {
    let body = random.text("23456789", 1) + &random.text(DIGITS, 10);
    format!("{body}{}", checksum::verhoeff(&body))
}

/// Three letters, the kind of holder, one letter of the name, four digits, a letter.
fn pan(random: &mut Random) -> String {
    let holder = random.pick(&["P", "P", "P", "P", "C", "H", "F", "A", "T", "B", "L", "J", "G"]);
    format!(
        "{}{holder}{}{:04}{}",
        random.text(CAPITALS, 3),
        random.text(CAPITALS, 1),
        random.number(1..=9999),
        random.text(CAPITALS, 1)
    )
}

fn chinese(random: &mut Random) -> String {
    // Districts of Beijing, Shanghai, Guangzhou, Shenzhen, Chengdu, Hangzhou, Wuhan, Xi'an, Harbin, Chongqing, Nanjing, Ürümqi.
    let districts = [
        "110101", "110105", "310104", "310115", "440106", "440305", "510104", "330106", "420106", "610113",
        "230102", "500103", "320106", "650102", "370202", "350203", "430104", "410102", "130102", "210102",
    ];
    let date = format!(
        "{}{:02}{:02}",
        random.number(1940..=2015),
        random.number(1..=12),
        random.number(1..=28)
    );
    let body = format!("{}{date}{:03}", random.pick(&districts), random.number(1..=999));
    format!("{body}{}", checksum::mod11_2(&body))
}

fn nric(random: &mut Random) -> String {
    let series = random.pick(&["S", "S", "T", "F", "G", "M"]);
    let digits = match series {
        "T" => format!("{:02}{}", random.number(0..=20), random.text(DIGITS, 5)),
        _ => random.text(DIGITS, 7),
    };
    format!("{series}{digits}{}", nric_letter(series, &digits))
}

fn nric_letter(series: &str, digits: &str) -> char {
    let sum = checksum::weighted(digits, &[2, 7, 6, 5, 4, 3, 2]);
    let (more, letters) = match series {
        "S" => (0, "JZIHGFEDCBA"),
        "T" => (4, "JZIHGFEDCBA"),
        "F" => (0, "XWUTRQPNMLK"),
        "G" => (4, "XWUTRQPNMLK"),
        _ => (3, "XWUTRQPNJLK"),
    };
    letters.chars().nth(((sum + more) % 11) as usize).unwrap_or('A')
}

fn my_number(random: &mut Random) -> String {
    let body = random.digits(11);
    format!("{body}{}", my_number_check(&body))
}

fn my_number_check(body: &str) -> u32 {
    match checksum::weighted(body, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

fn rrn(random: &mut Random) -> String {
    let year = random.number(1940..=2012);
    let century = match (year >= 2000, random.chance(15)) {
        (false, false) => random.number(1..=2),
        (true, false) => random.number(3..=4),
        (false, true) => random.number(5..=6),
        (true, true) => random.number(7..=8),
    };
    let date = format!(
        "{:02}{:02}{:02}",
        year % 100,
        random.number(1..=12),
        random.number(1..=28)
    );
    let body = format!("{date}{century}{}", random.text(DIGITS, 5));
    format!("{body}{}", rrn_check(&body, century > 4))
}

fn rrn_check(body: &str, foreign: bool) -> u32 {
    let sum = checksum::weighted(body, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let check = (11 - sum % 11) % 10;
    if foreign { (check + 2) % 10 } else { check }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_are_those_of_published_numbers() {
        // Wikipedia's examples of NRIC and My Number, python-stdnum's of RRN.
        assert_eq!(
            (nric_letter("S", "0000001"), nric_letter("S", "1234567")),
            ('I', 'D')
        );
        assert_eq!(
            (
                nric_letter("F", "1234567"),
                nric_letter("G", "1234567"),
                nric_letter("M", "1234567")
            ),
            ('N', 'X', 'K')
        );
        assert_eq!(my_number_check("12345678901"), 8);
        assert_eq!(rrn_check("971013901990", false), 2);
    }

    #[test]
    fn numbers_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            assert_eq!(
                (
                    aadhaar(&mut random).len(),
                    pan(&mut random).len(),
                    chinese(&mut random).len()
                ),
                (12, 10, 18)
            );
            assert_eq!(
                (
                    nric(&mut random).len(),
                    my_number(&mut random).len(),
                    rrn(&mut random).len()
                ),
                (9, 12, 13)
            );
        }
    }
}
