//! Keys, tokens and passwords that no vendor gives a form.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{De, En, Es, Fr, It, Ja, Ko, Nl, Pl, Pt, Zh};
use crate::random::{ALPHANUMERIC, BASE64URL, HEX, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::PrivateKey,
        hit: |random, _| Value::alone(private_key(random)),
        miss: |random| {
            let body = STANDARD.encode(random.bytes(48));
            let texts = [
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----",
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
                "ssh-rsa {} ann@laptop",
                "grep -r 'BEGIN RSA PRIVATE KEY' .",
                "the file starts with BEGIN PRIVATE KEY and ends with END PRIVATE KEY",
                "-----BEGIN PGP SIGNATURE-----\n{}\n-----END PGP SIGNATURE-----",
                "private key: see vault",
                "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----",
            ];
            Miss::text(random, &texts, &body)
        },
        names: &[
            (En, &["private key", "SSH key", "deploy key", "TLS key"]),
            (De, &["privater Schlüssel"]),
            (Zh, &["私钥"]),
            (Ja, &["秘密鍵"]),
        ],
        keys: &["private_key", "privateKey", "ssh_key", "tls.key", "key"],
        said: &[(
            En,
            &[
                "here is my key:\n{}\nwhy does ssh reject it?",
                "cat ~/.ssh/id_rsa\n{}",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
        entity: Entity::Jwt,
        hit: |random, _| Value::alone(token(random)),
        miss: |random| {
            let token = token(random);
            let first = token.split('.').next().unwrap_or_default().to_owned();
            match random.number(0..=3) {
                0 => Miss::Text(format!("the header decodes from {first}")),
                1 => Miss::Text("a JWT looks like eyJ...header.payload.signature".to_owned()),
                2 => Miss::Text(format!(
                    "module {}.{}.{}",
                    random.text("abcdefghij", 8),
                    random.text("abcdefghij", 9),
                    random.text("abcdefghij", 12)
                )),
                _ => Miss::Text(format!(
                    "data:application/json;base64,{}",
                    STANDARD.encode("{\"name\": \"x\", \"items\": [1, 2, 3]}")
                )),
            }
        },
        names: &[
            (
                En,
                &["JWT", "access token", "bearer token", "ID token", "session token"],
            ),
            (De, &["Zugriffstoken", "JWT"]),
            (Zh, &["令牌"]),
            (Ja, &["トークン"]),
        ],
        keys: &["token", "jwt", "id_token", "access_token", "accessToken"],
        said: &[(
            En,
            &[
                "Authorization: Bearer {}",
                "curl -H 'Authorization: Bearer {}' https://api.example.com/me",
                "decode {} on jwt.io",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
        entity: Entity::Password,
        hit: |random, _| Value::named(password(random)),
        miss: |random| {
            let texts = [
                "password: required",
                "Password must be at least 12 characters",
                "password=${DB_PASSWORD}",
                "password: string",
                "const password = getPassword();",
                "your password expires in 14 days",
                "max_tokens=4096",
                "token: 512 tokens used",
                "secret: true",
                "password: ********",
                "PASSWORD=<your-password>",
                "api_key = os.environ[\"API_KEY\"]",
                "password_hash VARCHAR(255)",
                "passwordField.text = \"\"",
                "reset your password at https://example.com/reset",
                "tokens_per_minute: 60000",
                "password: process.env.PASSWORD",
                "secretName: app-credentials",
                "if (password == null) return;",
                "Passwort vergessen?",
                "mot de passe oublié",
                "contraseña: obligatoria",
                "passwd: all authentication tokens updated successfully",
                "password={{ vault_password }}",
                "api_key: null",
                "The password is incorrect.",
                "token_type=bearer",
                "pwd\n/home/ann/projects",
                "keyboard: qwerty-2024",
                "primary_key=user_id",
                "パスワード：必須",
                "密码不能为空",
                "key=value pairs",
                "password_file=/run/secrets/db_password",
                "secret_id = aws_secretsmanager_secret.db.id",
                "token = tokenizer.next_token()",
                "def check_password(self, raw_password):",
                "export PASSWORD=$(pass show db)",
            ];
            Miss::text(random, &texts, "")
        },
        names: &[
            (
                En,
                &[
                    "password",
                    "pwd",
                    "pass",
                    "API key",
                    "api token",
                    "passphrase",
                    "secret",
                    "login password",
                ],
            ),
            (De, &["Passwort", "Kennwort"]),
            (Fr, &["mot de passe"]),
            (Es, &["contraseña"]),
            (It, &["password"]),
            (Nl, &["wachtwoord"]),
            (Pl, &["hasło"]),
            (Pt, &["senha"]),
            (Zh, &["密码", "登录密码"]),
            (Ja, &["パスワード"]),
            (Ko, &["비밀번호"]),
        ],
        keys: &[
            "password",
            "passwd",
            "PASSWORD",
            "db_password",
            "api_key",
            "client_secret",
            "secret",
            "DB_PASS",
            "authToken",
            "userPassword",
        ],
        said: &[(
            En,
            &[
                "login: ann password: {}",
                "the wifi password is {}",
                "mysql -u root --password={} shop",
                "my password is {} and it does not work",
            ],
        )],
        varies: false,
        near: true,
    },
];

/// A block of a private key, in lines or with their ends escaped.
fn private_key(random: &mut Random) -> String {
    let label = random.pick(&[
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "DSA PRIVATE KEY",
    ]);
    let bytes = random.number(96..=900) as usize;
    let body = STANDARD.encode(random.bytes(bytes));
    let end = random.pick(&["\n", "\n", "\n", "\\n", "\r\n"]);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "-----BEGIN {label}-----{end}{}{end}-----END {label}-----",
        lines.join(end)
    )
}

fn token(random: &mut Random) -> String {
    let header = random.pick(&[
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"k-1\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}",
    ]);
    let payload = format!(
        "{{\"sub\":\"{}\",\"iat\":17{},\"admin\":{}}}",
        random.digits(8),
        random.digits(8),
        random.chance(50)
    );
    let len = random.pick(&[32, 64, 256]);
    format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload),
        URL_SAFE_NO_PAD.encode(random.bytes(len))
    )
}

/// One that people, programs or generators of passwords make up.
fn password(random: &mut Random) -> String {
    let word = random.pick(&[
        "Sunflower",
        "dragon",
        "Hunter",
        "w1nter",
        "Liverpool",
        "qwerty",
        "Passw0rd",
        "Tr0ub4dor",
        "S3cret",
        "lulu",
    ]);
    let marks = random.pick(&["!", "#", "@", "$", "%", "^", "*", "_", "-"]);
    match random.number(0..=6) {
        0 => format!("{word}{}", random.number(10..=2024)),
        1 => format!("{word}{}{marks}", random.number(1..=99)),
        2 => format!(
            "{marks}{}{marks}{}",
            random.text(ALPHANUMERIC, 5),
            random.digits(3)
        ),
        3 => random.text(ALPHANUMERIC, 5) + &random.digits(2) + &random.text(ALPHANUMERIC, 5),
        4 => random.text(HEX, 32),
        5 => random.text(BASE64URL, 31) + &random.digits(1),
        _ => format!(
            "{}{marks}{}{}",
            random.text("abcdefghijkmnp", 4),
            random.digits(2),
            random.text("QWERTZ", 2)
        ),
    }
}
