//! E-mail addresses.

use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{De, En, Es, Fr, Hi, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{HEX, Random};

pub const EMAIL: Kind = Kind {
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
};

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
