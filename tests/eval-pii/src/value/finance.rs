//! Payment cards, accounts, banks and wallets.

use penstock_pii::Entity;

use crate::checksum;
use crate::kind::{Kind, Miss, Value, embed, group, spoil_last, spoil_length};
use crate::language::Language::{De, En, Es, Fr, Hi, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{CAPITALS, CODE, DIGITS, HEX, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::CreditCard,
        hit: |random, _| {
            let card = card(random);
            let groups: &[usize] = match card.len() {
                15 => &[4, 6, 5],
                14 => &[4, 6, 4],
                _ => &[4, 4, 4, 4],
            };
            let separator = random.pick(&[" ", " ", "-", "", "", ""]);
            // Twelve or thirteen digits are many things.
            match card.len() {
                12 | 13 => Value::named(card),
                _ => Value::alone(group(&card, groups, separator)),
            }
        },
        miss: |random| {
            let card = card(random);
            let separator = random.pick(&[" ", "-", ""]);
            match random.number(0..=6) {
                0..=2 => Miss::Called(group(&spoil_last(random, &card), &[4, 4, 4, 4], separator)),
                3 => Miss::Called(spoil_length(random, &card)),
                4 => Miss::Called(
                    random
                        .pick(&[
                            "**** **** **** 4242",
                            "XXXX-XXXX-XXXX-1111",
                            "ending in 4242",
                            "0000 0000 0000 0000",
                            "card not present",
                        ])
                        .to_owned(),
                ),
                5 => Miss::Text(embed(random, &card)),
                _ => {
                    // ISO 7812 gives no payment card these first digits.
                    let body = random.pick(&["1", "7", "8", "9", "0"]).to_owned() + &random.text(DIGITS, 14);
                    Miss::Called(format!("{body}{}", checksum::luhn(&body)))
                }
            }
        },
        names: &[
            (
                En,
                &[
                    "card number",
                    "credit card",
                    "credit card number",
                    "card",
                    "Visa",
                    "card no.",
                    "debit card",
                    "CC",
                    "payment card",
                ],
            ),
            (
                De,
                &["Kreditkarte", "Kreditkartennummer", "Kartennummer", "Kartennr."],
            ),
            (Fr, &["carte bancaire", "numéro de carte", "carte bleue", "CB"]),
            (Es, &["tarjeta de crédito", "número de tarjeta", "tarjeta"]),
            (It, &["carta di credito", "numero della carta"]),
            (Nl, &["creditcard", "creditcardnummer"]),
            (Pl, &["karta kredytowa", "numer karty"]),
            (Pt, &["cartão de crédito", "número do cartão"]),
            (Zh, &["信用卡号", "银行卡号", "卡号"]),
            (Ja, &["クレジットカード番号", "カード番号"]),
            (Ko, &["카드번호", "신용카드 번호"]),
            (Hi, &["card number", "credit card no", "debit card"]),
        ],
        keys: &[
            "card",
            "card_number",
            "cardNumber",
            "cc_number",
            "pan",
            "creditCard",
            "ccnum",
        ],
        said: &[(
            En,
            &[
                "!charge {} exp 04/27 cvv 123",
                "!Please bill my Amex {}.",
                "!Mastercard {} was declined twice",
                "!refund to {}, thanks",
            ],
        )],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::IbanCode,
        hit: |random, _| {
            let iban = iban(random);
            match random.number(0..=9) {
                0..=4 => Value::alone(group(&iban, &[4; 8], " ")),
                5..=8 => Value::alone(iban),
                _ => Value::named(iban.to_lowercase()),
            }
        },
        miss: |random| {
            let iban = iban(random);
            let (country, check, account) = (
                iban.get(..2).unwrap_or_default(),
                iban.get(2..4).unwrap_or_default(),
                iban.get(4..).unwrap_or_default(),
            );
            let wrong = (check.parse::<u32>().unwrap_or(0) + random.number(1..=90)) % 97;
            match random.number(0..=4) {
                0 | 1 => Miss::Called(group(&format!("{country}{wrong:02}{account}"), &[4; 8], " ")),
                2 => Miss::Called(format!("{country}{wrong:02}{account}")),
                3 => Miss::Called(format!(
                    "{country}{check}{}",
                    account.get(..account.len() - 3).unwrap_or_default()
                )),
                _ => Miss::Called("DE00 0000 0000 0000 0000 00".to_owned()),
            }
        },
        names: &[
            (
                En,
                &[
                    "IBAN",
                    "account",
                    "bank account",
                    "IBAN number",
                    "account number (IBAN)",
                ],
            ),
            (De, &["IBAN", "Kontoverbindung", "Bankverbindung", "Konto"]),
            (Fr, &["IBAN", "RIB/IBAN", "compte"]),
            (Es, &["IBAN", "cuenta", "número de cuenta"]),
            (It, &["IBAN", "conto corrente", "coordinate bancarie"]),
            (Nl, &["IBAN", "rekeningnummer", "bankrekening"]),
            (Pl, &["IBAN", "numer konta", "rachunek"]),
            (Pt, &["IBAN", "conta"]),
        ],
        keys: &[
            "iban",
            "IBAN",
            "bank_account",
            "accountIban",
            "debtor_iban",
            "creditorAccount",
        ],
        said: &[
            (De, &["Bitte überweisen Sie auf {} bis Freitag."]),
            (En, &["wire the deposit to {} please"]),
            (Fr, &["Virement sur {} effectué"]),
        ],
        varies: true,
        near: false,
    },
    Kind {
        entity: Entity::SwiftCode,
        hit: |random, _| Value::named(swift(random)),
        miss: |random| {
            let code = swift(random);
            let (bank, rest) = (
                code.get(..4).unwrap_or_default(),
                code.get(6..).unwrap_or_default(),
            );
            match random.number(0..=4) {
                // None of these is a country.
                0 => Miss::Called(format!(
                    "{bank}{}{rest}",
                    random.pick(&["XX", "QQ", "ZZ", "OO", "WX"])
                )),
                1 => Miss::Called(code.get(..7).unwrap_or_default().to_owned()),
                2 => Miss::Called(format!("{}9", code.get(..8).unwrap_or_default())),
                3 => Miss::Text(embed(random, &code)),
                _ => {
                    let texts = [
                        "PASSWORD INCORRECT",
                        "CREATE TABLE DOCUMENT",
                        "IMPORTANT: READ CAREFULLY",
                        "SELECT DISTINCT FROM CUSTOMER",
                        "the ABSOLUTE MAXIMUM",
                        "HTTP HEADERS",
                        "TELEPHON",
                        "WARNINGS and FAILURES",
                        "NEW ARRIVALS",
                        "INTERNATIONAL STANDARD",
                    ];
                    Miss::text(random, &texts, "")
                }
            }
        },
        names: &[
            (
                En,
                &[
                    "SWIFT code",
                    "BIC",
                    "SWIFT",
                    "SWIFT/BIC",
                    "BIC code",
                    "bank identifier code",
                ],
            ),
            (De, &["BIC", "BIC/SWIFT", "SWIFT-Code", "BIC der Bank"]),
            (Fr, &["BIC", "code BIC", "code SWIFT"]),
            (Es, &["BIC", "código SWIFT", "código BIC"]),
            (It, &["BIC", "codice SWIFT", "codice BIC/SWIFT"]),
            (Nl, &["BIC", "BIC-code", "SWIFT"]),
            (Pl, &["BIC", "kod SWIFT", "kod BIC"]),
            (Pt, &["BIC", "código SWIFT"]),
            (Zh, &["SWIFT代码", "SWIFT CODE", "银行国际代码"]),
            (Ja, &["SWIFTコード", "BIC"]),
            (Ko, &["SWIFT 코드", "BIC"]),
        ],
        keys: &["bic", "BIC", "swift", "swift_code", "swiftCode", "bankBic"],
        said: &[(
            En,
            &[
                "Beneficiary bank: HSBC, SWIFT {}, account 123",
                "intermediary bank BIC {} applies for USD",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
        entity: Entity::Crypto,
        hit: |random, _| Value::alone(wallet(random)),
        miss: |random| {
            let wallet = wallet(random);
            match random.number(0..=5) {
                0 => Miss::Called(format!("0x{}", random.text(HEX, 64))),
                1 => Miss::Called(format!("0x{}", random.text(HEX, 39))),
                2 => Miss::Called(checksum::base58check(0, &random.bytes(20)).replacen(
                    |letter: char| letter.is_ascii_lowercase(),
                    "Z",
                    1,
                )),
                3 => Miss::Called(
                    checksum::bech32("bc", 0, &random.bytes(20))
                        .replacen(['q', 'p', 'z'], "l", 1)
                        .replacen("lc1", "bc1", 1),
                ),
                4 => Miss::Called(random.text(HEX, 40)),
                _ => Miss::Text(format!("https://example.com/assets/{wallet}7f.js")),
            }
        },
        names: &[
            (
                En,
                &[
                    "wallet",
                    "BTC address",
                    "Bitcoin address",
                    "wallet address",
                    "ETH address",
                    "crypto wallet",
                ],
            ),
            (De, &["Wallet", "Bitcoin-Adresse"]),
            (Es, &["billetera", "dirección de Bitcoin"]),
            (Zh, &["钱包地址", "比特币地址"]),
            (Ja, &["ウォレットアドレス"]),
        ],
        keys: &[
            "wallet",
            "btc_address",
            "walletAddress",
            "eth_address",
            "to_address",
        ],
        said: &[(
            En,
            &[
                "send 0.05 BTC to {} within 24 h",
                "donations: {}",
                "from block 19000000 transfer to {}",
            ],
        )],
        varies: false,
        near: false,
    },
];

fn card(random: &mut Random) -> String {
    // First digits and lengths of issuers (ISO/IEC 7812 and what the issuers publish).
    let (front, len) = match random.number(0..=13) {
        0..=3 => ("4".to_owned(), 16),
        4 | 5 => (random.number(51..=55).to_string(), 16),
        6 => (random.number(222_100..=272_099).to_string(), 16),
        7 | 8 => (random.pick(&["34", "37"]).to_owned(), 15),
        9 => (random.pick(&["6011", "644", "649", "65"]).to_owned(), 16),
        10 => (random.number(3528..=3589).to_string(), 16),
        11 => (random.pick(&["300", "305", "36", "38"]).to_owned(), 14),
        12 => (random.number(622_126..=622_925).to_string(), 16),
        _ => match random.number(0..=3) {
            0 => ("4".to_owned(), 13),
            1 => ("4".to_owned(), 19),
            2 => (
                random
                    .pick(&["5018", "5020", "5038", "6304", "6759", "6761", "6763"])
                    .to_owned(),
                random.pick(&[12, 16]),
            ),
            _ => (random.pick(&["2131", "1800"]).to_owned(), 15),
        },
    };
    let body = format!("{front}{}", random.text(DIGITS, len - 1 - front.len()));
    format!("{body}{}", checksum::luhn(&body))
}

/// An account of one of the countries of SWIFT's IBAN registry: `n` are digits, `a` capitals, `c` either.
fn iban(random: &mut Random) -> String {
    const ACCOUNTS: &[&str] = &[
        "DE18n",
        "DE18n",
        "DE18n",
        "GB4a14n",
        "GB4a14n",
        "FR10n11c2n",
        "FR20n3n",
        "ES20n",
        "IT1a10n12c",
        "IT1a22n",
        "NL4a10n",
        "BE12n",
        "AT16n",
        "CH5n12c",
        "PL24n",
        "PT21n",
        "SE20n",
        "NO11n",
        "DK14n",
        "FI14n",
        "IE4a14n",
        "LU3n13c",
        "CZ20n",
        "SK20n",
        "HU24n",
        "RO4a16c",
        "BG4a6n8c",
        "GR7n16c",
        "HR17n",
        "SI15n",
        "EE16n",
        "LT16n",
        "LV4a13c",
        "MT4a5n18c",
        "CY8n16c",
        "SA2n18c",
        "AE19n",
        "IL19n",
        "BR23n1a1c",
        "LI5n12c",
        "MC10n11c2n",
        "IS22n",
        "UA6n19c",
        "KZ3n13c",
        "QA4a21c",
        "KW4a22c",
        "GE2a16n",
        "RS18n",
        "PK4a16c",
        "TN20n",
        "XK16n",
        "MD2c18c",
    ];
    let structure = random.pick(ACCOUNTS);
    let (country, rest) = structure.split_at(2);
    let (mut account, mut len) = (String::new(), 0);
    for character in rest.chars() {
        match character.to_digit(10) {
            Some(digit) => len = len * 10 + digit as usize,
            None => {
                let alphabet = match character {
                    'a' => CAPITALS,
                    'c' => CODE,
                    _ => DIGITS,
                };
                account += &random.text(alphabet, len);
                len = 0;
            }
        }
    }
    format!("{country}{:02}{account}", checksum::iban(country, &account))
}

fn swift(random: &mut Random) -> String {
    let known = [
        "DEUTDEFF",
        "COBADEFFXXX",
        "BNPAFRPP",
        "NWBKGB2L",
        "CHASUS33",
        "INGBNL2A",
        "BKCHCNBJ110",
        "UBSWCHZH80A",
        "BOTKJPJT",
        "ITAUBRSP",
        "CAIXESBB",
        "UNCRITMM",
        "HSBCHKHHHKH",
        "GENODEM1GLS",
        "KREDBEBB",
        "PKOPPLPW",
        "BARCGB22",
        "CITIUS33",
        "SBININBB104",
        "CTBAAU2S",
    ];
    if random.chance(50) {
        return random.pick(&known).to_owned();
    }
    let country = random.pick(&[
        "DE", "FR", "GB", "US", "NL", "IT", "ES", "CH", "AT", "BE", "PL", "SE", "JP", "CN", "SG", "AU", "BR",
        "IN", "KR", "LU", "PT", "IE", "CZ",
    ]);
    let branch = match random.number(0..=3) {
        0 => "XXX".to_owned(),
        1 => random.text(CODE, 3),
        _ => String::new(),
    };
    format!(
        "{}{country}{}{branch}",
        random.text(CAPITALS, 4),
        random.text("ABCDEFGHKLMNPRST23456789", 2)
    )
}

fn wallet(random: &mut Random) -> String {
    match random.number(0..=6) {
        0 | 1 => checksum::base58check(0, &random.bytes(20)),
        2 => checksum::base58check(5, &random.bytes(20)),
        3 => checksum::bech32("bc", 0, &random.bytes(20)),
        4 => checksum::bech32("bc", 1, &random.bytes(32)),
        5 => format!("0x{}", random.text(HEX, 40)),
        _ => {
            // Examples of ERC-55, whose case is a checksum.
            let known = [
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
                "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
                "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
            ];
            random.pick(&known).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_form() {
        let mut random = Random::seeded(1);
        for _ in 0..2_000 {
            let (card, iban, swift) = (card(&mut random), iban(&mut random), swift(&mut random));
            assert!(
                (12..=19).contains(&card.len()) && card.bytes().all(|byte| byte.is_ascii_digit()),
                "{card}"
            );
            assert!((15..=31).contains(&iban.len()), "{iban}");
            assert!(matches!(swift.len(), 8 | 11), "{swift}");
        }
    }
}
