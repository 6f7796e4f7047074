//! E-mail addresses and telephone numbers.

use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{self, De, En, Es, Fr, Hi, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{DIGITS, HEX, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::EmailAddress,
        hit: |random, _| Value::alone(email(random)),
        miss: |random| {
            let texts = [
                "logo@2x.png",
                "assets/icon@3x.webp, hero@2x.jpg",
                "npm install @types/node@20.11.5",
                "image: nginx@sha256:{}",
                "follow @penstock_dev for news",
                "@Override public void run() {}",
                "@media (max-width: 600px)",
                "root@localhost:~# ls",
                "deploy@build-server: permission denied",
                "3 kg @ 4.50 each",
                "vue@3.4.21 and react@18.2.0",
                "pip install pkg @ file:///tmp/pkg",
                "user@ domain.com was rejected",
                "meet @ 5pm",
                "a@b",
                "jane.doe[at]example[dot]com",
                "uses: actions/checkout@v4",
                "jane.doe@",
                "@example.com is our domain",
                "E = mc^2 @ rest",
                "ssh admin@10.0.0",
                "foo@@bar",
                "name@-example-.x",
                "x-y@1.2.3",
            ];
            let hash = random.text(HEX, 64);
            Miss::text(random, &texts, &hash)
        },
        names: &[
            (
                En,
                &[
                    "email",
                    "e-mail",
                    "email address",
                    "E-mail address",
                    "mail",
                    "contact email",
                ],
            ),
            (De, &["E-Mail", "E-Mail-Adresse", "Mailadresse"]),
            (Fr, &["e-mail", "adresse e-mail", "courriel"]),
            (Es, &["correo electrónico", "email", "correo"]),
            (It, &["e-mail", "indirizzo email", "posta elettronica"]),
            (Nl, &["e-mailadres", "e-mail"]),
            (Pl, &["e-mail", "adres e-mail"]),
            (Pt, &["e-mail", "endereço de e-mail"]),
            (Zh, &["邮箱", "电子邮件", "邮箱地址"]),
            (Ja, &["メールアドレス", "メール", "Eメール"]),
            (Ko, &["이메일", "이메일 주소"]),
            (Hi, &["email id", "ईमेल"]),
        ],
        keys: &[
            "email",
            "emailAddress",
            "user_email",
            "mail",
            "contact_email",
            "from",
            "cc",
        ],
        said: &[(
            En,
            &[
                "write to {} or call us",
                "From: Ann Lee <{}>",
                "[contact](mailto:{})",
                "git config user.email {}",
                "ping {} and bob tomorrow",
                "{} unsubscribed",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
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
    },
];

fn email(random: &mut Random) -> String {
    let (first, last) = (
        random.pick(&[
            "ann", "john", "maria", "Olga", "raj", "pierre", "yuki", "jose", "k", "li.wei", "MARTA", "søren",
            "jürgen",
        ]),
        random.pick(&[
            "smith", "garcia", "Okafor", "mueller", "o'brien", "novak", "kowalska", "tanaka", "de-vries",
            "ng",
        ]),
    );
    let number = random.number(0..=2004);
    let local = match random.number(0..=9) {
        0..=2 => format!("{first}.{last}"),
        3 => format!("{first}{number}"),
        4 => format!("{first}_{last}"),
        5 => format!("{first}.{last}+{}", random.pick(&["news", "shop2024", "x"])),
        6 => format!("{}{last}", first.chars().take(1).collect::<String>()),
        7 => format!("{first}-{last}{number}"),
        8 => random.digits(9),
        _ => random
            .pick(&["info", "billing", "no-reply", "hr.team", "support"])
            .to_owned(),
    };
    let domain = random.pick(&[
        "gmail.com",
        "example.com",
        "example.org",
        "mail.example.co.uk",
        "outlook.de",
        "qq.com",
        "163.com",
        "orange.fr",
        "web.de",
        "acme-corp.io",
        "uni-köln.de",
        "xn--mller-kva.example",
        "EXAMPLE.COM",
        "studio.photography",
        "sub.dept.company.com.br",
        "t-online.de",
        "x.ai",
        "example.net",
        "yahoo.co.jp",
        "naver.com",
        "mailbox.museum",
        "proton.me",
        "libero.it",
        "wp.pl",
    ]);
    format!("{local}@{domain}")
}

/// A number in one of the ways in which it is written where it is from. `#` is a digit, `N` one from 2 to 9, `AAA` an area of
/// North America and `NXX` an exchange.
fn phone(random: &mut Random, language: Language) -> Value {
    let (country, formed, national) = match random.pick_country(language) {
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

/// A country's numbers: international ones, those that their form tells, and national ones.
type Country = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

impl Random {
    fn pick_country(&mut self, language: Language) -> Option<Country> {
        let spoken: Vec<&(Language, Country)> =
            COUNTRIES.iter().filter(|(other, _)| *other == language).collect();
        let index = self.number(0..=(spoken.len().max(1) - 1) as u32) as usize;
        spoken.get(index).map(|(_, country)| *country)
    }
}

const ABROAD: &[&str] = &[
    "+65 9NN# ####",
    "+41 44 N## ## ##",
    "+43 664 N######",
    "+32 47N ## ## ##",
    "+46 70-NN# ## ##",
    "+52 55 NN## ####",
    "+353 87 NNN ####",
    "+972 52-NNN-####",
    "+971 50 NNN ####",
    "+27 82 NNN ####",
    "+45 NN ## ## ##",
    "+47 4NN ## ###",
    "+420 6NN ### ###",
    "+351 91N ### ###",
    "+82 10-NN##-####",
    "+48 6NN ### ###",
    "+1 (AAA) NXX-####",
];

const COUNTRIES: &[(Language, Country)] = &[
    (
        En,
        (
            &[
                "+1 AAA NXX ####",
                "+1-AAA-NXX-####",
                "+1 (AAA) NXX-####",
                "+1AAANXX####",
                "001-AAA-NXX-####",
                "+1.AAA.NXX.####",
                "+1-AAA-NXX-####x###",
            ],
            &[
                "(AAA) NXX-####",
                "AAA-NXX-####",
                "(AAA)NXX-####",
                "(AAA) NXX-#### ext. ###",
                "AAA-NXX-####x####",
                "1-800-NXX-####",
            ],
            &["AAA.NXX.####", "AAANXX####", "AAA NXX ####", "1-AAA-NXX-####"],
        ),
    ),
    (
        En,
        (
            &[
                "+44 20 7### ####",
                "+44 7N## ######",
                "+44 (0)20 7### ####",
                "+447N########",
                "0044 161 496 0###",
                "+44(0)161 4960###",
            ],
            &[],
            &[
                "020 7### ####",
                "075## ######",
                "(0161) 496 0###",
                "074########",
                "0161 496 0###",
                "01632 960###",
                "(020) 7### ####",
                "07911 ### ###",
            ],
        ),
    ),
    (
        En,
        (
            &[
                "+61 4NN ### ###",
                "+61 2 9NN# ####",
                "+614NN######",
                "+61 (0)4NN ### ###",
            ],
            &["(02) 9NN# ####"],
            &["04NN ### ###", "02 9NN# ####", "1300 NN# ###", "04NN######"],
        ),
    ),
    (
        De,
        (
            &[
                "+49 30 N######",
                "+49 171 N######",
                "+49 (0) 89 N#####",
                "+49 151 N#######",
                "+4915N########",
                "0049 221 N######",
                "+49(0)4102 N#####",
                "+49-89-N###-###",
            ],
            &[],
            &[
                "030 N######",
                "0171 N######",
                "0171/N######",
                "089/N####-##",
                "(030) N######",
                "0151-N#######",
                "0152########",
                "0221 - N## ## ##",
                "030/N######",
                "06131 N#####",
                "0176 N###-####",
            ],
        ),
    ),
    (
        Fr,
        (
            &[
                "+33 6 NN ## ## ##",
                "+33 1 NN ## ## ##",
                "+33 (0)6 NN ## ## ##",
                "+336NN######",
                "0033 6 NN ## ## ##",
            ],
            &["06 NN ## ## ##", "01.NN.##.##.##"],
            &["01 NN ## ## ##", "06NN######", "06-NN-##-##-##"],
        ),
    ),
    (
        Es,
        (
            &[
                "+34 6NN ### ###",
                "+34 91N ## ## ##",
                "+346NN######",
                "+34 91 N## ## ##",
            ],
            &[],
            &[
                "6NN ### ###",
                "91 N## ## ##",
                "6NN######",
                "9NN ## ## ##",
                "6NN ## ## ##",
                "6NN-###-###",
            ],
        ),
    ),
    (
        It,
        (
            &[
                "+39 3NN ### ####",
                "+39 02 N### ####",
                "+393NN#######",
                "+39 06 N#######",
            ],
            &[],
            &[
                "02 N### ####",
                "3NN N######",
                "3NN-N######",
                "06/N#######",
                "3NN N## ####",
                "3NNN######",
            ],
        ),
    ),
    (
        Nl,
        (
            &[
                "+31 6 NN######",
                "+31 6 NN ## ## ##",
                "+31 20 N## ####",
                "+31 (0)6 NN######",
                "+316NN######",
            ],
            &[],
            &[
                "06-NN######",
                "020-N######",
                "06 NN######",
                "(020) N## ####",
                "06 - NN######",
                "06NN######",
            ],
        ),
    ),
    (
        Pl,
        (
            &["+48 5NN ### ###", "+48 22 NN# ## ##", "+486NN######"],
            &[],
            &["5NN ### ###", "6NN-###-###", "22 NN# ## ##", "5NN######"],
        ),
    ),
    (
        Pt,
        (
            &[
                "+55 11 9NN##-####",
                "+55 (21) 9NN##-####",
                "+55119NN######",
                "+55 11 NN##-####",
            ],
            &["(11) 9NN##-####", "(21) NN##-####"],
            &["11 9NN##-####", "(11)9NN##-####", "11 9NN######", "119NN######"],
        ),
    ),
    (
        Zh,
        (
            &[
                "+86 138 #### ####",
                "+8613N########",
                "+86 10 N### ####",
                "+86-21-N#######",
            ],
            &[],
            &[
                "13N########",
                "138 #### ####",
                "138-####-####",
                "010-N#######",
                "(010) N### ####",
                "0755-N#######",
                "18N########",
            ],
        ),
    ),
    (
        Ja,
        (
            &[
                "+81 90-NN##-####",
                "+81-3-NN##-####",
                "+8190NN######",
                "+81 (0)3-NN##-####",
            ],
            &["090-NN##-####"],
            &[
                "03-NN##-####",
                "080NN######",
                "(03)NN##-####",
                "0120-NN#-###",
                "06-NN##-####",
            ],
        ),
    ),
    (
        Ko,
        (
            &["+82 10-NN##-####", "+82 2-NNN-####"],
            &["010-NN##-####"],
            &["02-NNN-####", "010 NN## ####", "010NN######"],
        ),
    ),
    (
        Hi,
        (
            &[
                "+91 9NNN# #####",
                "+91-9NNN######",
                "+919NNN######",
                "+91 22 N### ####",
                "+91 9NN NN# ####",
            ],
            &[],
            &[
                "9NNN# #####",
                "9NNN######",
                "09NNN######",
                "022-N#######",
                "9NN-NN#-####",
            ],
        ),
    ),
];

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
