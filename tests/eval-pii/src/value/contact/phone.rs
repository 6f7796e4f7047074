//! Telephone numbers.

mod plan;

use penstock_pii::Entity;

use self::plan::ABROAD;
use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{self, De, En, Es, Fr, Hi, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{DIGITS, Random};

pub const PHONE: Kind = Kind {
    entity: Entity::PhoneNumber,
    hit: phone,
    miss: phone_miss,
    names: &[
        (
            En,
            &[
                "phone",
                "phone number",
                "mobile",
                "cell",
                "tel",
                "telephone",
                "contact number",
                "Tel.",
                "mobile number",
                "fax",
            ],
        ),
        (
            De,
            &[
                "Telefon",
                "Tel.",
                "Handy",
                "Telefonnummer",
                "Mobil",
                "Handynummer",
                "Rückrufnummer",
            ],
        ),
        (
            Fr,
            &["téléphone", "Tél.", "portable", "numéro de téléphone", "mobile"],
        ),
        (
            Es,
            &["teléfono", "móvil", "Tel.", "número de teléfono", "celular"],
        ),
        (
            It,
            &["telefono", "cellulare", "Tel.", "numero di telefono", "cell."],
        ),
        (Nl, &["telefoon", "telefoonnummer", "mobiel", "Tel.", "06-nummer"]),
        (Pl, &["telefon", "tel.", "numer telefonu", "kom."]),
        (
            Pt,
            &["telefone", "celular", "Tel.", "número de telefone", "WhatsApp"],
        ),
        (Zh, &["电话", "手机", "手机号", "联系电话", "手机号码"]),
        (Ja, &["電話番号", "電話", "携帯電話", "TEL", "連絡先"]),
        (Ko, &["전화번호", "휴대폰", "연락처", "전화"]),
        (
            Hi,
            &["mobile number", "phone no", "फ़ोन नंबर", "मोबाइल", "contact no"],
        ),
    ],
    keys: &[
        "phone",
        "phoneNumber",
        "phone_number",
        "mobile",
        "tel",
        "cell_phone",
        "contactPhone",
        "telefon",
    ],
    said: &[
        (
            En,
            &[
                "call me at {} after 6",
                "you can reach her on {}",
                "text {} when you arrive",
                "WhatsApp: {}",
            ],
        ),
        (De, &["Ruf mich unter {} an"]),
        (Fr, &["appelez-moi au {}"]),
        (Es, &["llámame al {}"]),
        (Zh, &["请拨打{}联系我"]),
        (Ja, &["お電話は{}まで"]),
    ],
    varies: true,
    near: false,
};

/// A number in one of the ways in which it is written where it is from. `#` is a digit, `N` one from 2 to 9, `AAA` an area of
/// North America and `NXX` an exchange.
fn phone(random: &mut Random, language: Language) -> Value {
    let (country, formed, national) = match plan::of(random, language) {
        Some(country) => country,
        None => return Value::named(String::new()),
    };
    let roll = random.number(0..=9);
    match (roll, formed) {
        (0, _) => Value::alone(fill(random, ABROAD)),
        (1..=4, _) => Value::alone(fill(random, country)),
        (5 | 6, [_, ..]) => Value::alone(fill(random, formed)),
        _ => Value::named(fill(random, national)),
    }
}

fn fill(random: &mut Random, forms: &[&str]) -> String {
    // Areas that are in use, and exchanges as the North American plan has them.
    let area = random.pick(&[
        "212", "415", "312", "617", "206", "305", "512", "702", "416", "604", "808", "303",
    ]);
    let exchange = random.text("23456789", 1) + &random.text("02345678", 1) + &random.text(DIGITS, 1);
    let form = random.pick(forms).replace("AAA", area).replace("NXX", &exchange);
    form.chars()
        .map(|character| match character {
            '#' => random.text(DIGITS, 1),
            'N' => random.text("23456789", 1),
            other => other.to_string(),
        })
        .collect()
}

fn phone_miss(random: &mut Random) -> Miss {
    let forms = [
        "ISBN 978-3-16-148410-#",
        "ISBN 0-306-40615-2",
        "order 1##-#######-#######",
        "invoice 2024-0###-####",
        "version 10.0.19045.####",
        "pages 1###-1###",
        "ratio 16:9, 1920x1080",
        "coordinates 52.52####, 13.40####",
        "UPC 0 12345 67890 #",
        "tracking 1Z999AA1012345####",
        "PNR 4##-#######",
        "zip 94105-####",
        "part no. 555-01##-22A",
        "2019-2024",
        "1.234.567,##",
        "€ 1 234 567,##",
        "born 1990, died 20##",
        "at 12:30-14:##",
        "2024-03-11 09:12:##",
        "epoch 17########",
        "IMEI 35 209900 176148 #",
        "SKU 4015-2##-####",
        "PMID 3#######",
        "doi:10.1038/s41586-020-####-#",
        "error 0x8007####",
        "case 2:23-cv-0####",
        "model WX-5####-200",
        "population 8 336 ###",
        "USD 12,345,6##.00",
        "flight LH4##, seat 12A",
        "lot 20240311-0##",
        "HTTP 404 after 3000 ms",
        "total 1 000 000",
        "id=90########",
        "Zeilen 100-200",
        "3.141592653#",
        "build 20240311.##",
        "TCP port 50051",
        "chapter 12.3.4.5",
        "EAN 4006381333931",
        "RFC 7519, section 4.1.#",
        "Art. 6 Abs. 1 DSGVO",
        "row 17: 12 34 56 78 9#",
        "matrix 1 2 3 4 5 6 7 8 9",
        "score 21-19, 19-21",
        "订单号 2024########",
        "注文番号 503-#######-#######",
        "GPU 4090 24576 MiB",
        "10^12 + 123-456",
        "Rechnung Nr. 2024-00####",
        "pedido 45####/2024",
        "commande n° 00####",
        "(2024) 12 345",
        "serial 012-345-67#-890",
        "uuid part 4###-8###",
        "x = 555 - 1234",
        "ticket #1234567#",
        "employee id 10####",
        "card ending 4242",
        "dial 112 in an emergency",
        "extension 12#",
        "5-10 business days",
        "24/7",
        "temperature 36.6-37.2",
    ];
    let form = random.pick(&forms);
    let digit = |character: char| match character {
        '#' => random.text(DIGITS, 1),
        other => other.to_string(),
    };
    Miss::Text(form.chars().map(digit).collect())
}
