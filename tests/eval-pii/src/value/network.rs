//! Addresses of machines, and URLs with passwords.

use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{De, En, Es, Fr, Ja, Ko, Zh};
use crate::random::{ALPHANUMERIC, HEX, Random};

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::IpAddress,
        hit: |random, _| match random.chance(60) {
            true => Value::alone(version4(random)),
            false => Value::alone(version6(random)),
        },
        miss: |random| {
            let texts = [
                "Chrome/{} Safari/537.36",
                "version {} is out",
                "upgraded to v{}",
                "AssemblyVersion(\"{}\")",
                "section 1.2.3.4 of the manual",
                "host 256.300.1.1 does not parse",
                "octets 10.0.0",
                "std::vec::Vec",
                "at 12:34:56",
                "ratio 3:4:5",
                "Postgres 14.2.1.0-rc1",
                "a[::2]",
                "std::map<int, int>",
                "1.2.3.4.5 is an OID",
                "release 2024.03.11.2",
                "fix in build 10.0.{}",
                "dependency log4j:2.17.1.0",
                "aspect 16:9:1",
                "2.5.4.3 is the OID of commonName",
                "Crate::module::f",
                "sha1:ab:cd:ef",
                "FileVersion 6.1.7601.24545",
            ];
            let version = format!(
                "{}.0.{}.{}",
                random.number(90..=125),
                random.number(1000..=6500),
                random.number(30..=250)
            );
            Miss::text(random, &texts, &version)
        },
        names: &[
            (
                En,
                &[
                    "IP",
                    "IP address",
                    "client IP",
                    "server",
                    "source address",
                    "host",
                ],
            ),
            (De, &["IP-Adresse", "IP", "Server"]),
            (Fr, &["adresse IP", "IP"]),
            (Es, &["dirección IP", "IP"]),
            (Zh, &["IP地址", "IP", "服务器地址"]),
            (Ja, &["IPアドレス", "IP"]),
            (Ko, &["IP 주소", "IP"]),
        ],
        keys: &[
            "ip",
            "client_ip",
            "remote_addr",
            "ipAddress",
            "src",
            "x-forwarded-for",
            "host",
        ],
        said: &[(
            En,
            &[
                "{} - - [11/Mar/2024:09:12:44 +0000] \"GET /index.html HTTP/1.1\" 200 512",
                "ping {} timed out",
                "Failed password for root from {} port 22 ssh2",
                "allow from {}",
                "nameserver {}",
                "the VPN assigned me {}",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
        entity: Entity::MacAddress,
        hit: |random, _| {
            let bytes: Vec<String> = random.bytes(6).iter().map(|byte| format!("{byte:02x}")).collect();
            let text = match random.number(0..=5) {
                0..=2 => bytes.join(":"),
                3 | 4 => bytes.join("-"),
                _ => bytes
                    .chunks(2)
                    .map(<[String]>::concat)
                    .collect::<Vec<_>>()
                    .join("."),
            };
            Value::alone(if random.chance(40) {
                text.to_uppercase()
            } else {
                text
            })
        },
        miss: |random| {
            let bytes: Vec<String> = random.bytes(8).iter().map(|byte| format!("{byte:02x}")).collect();
            match random.number(0..=4) {
                0 => Miss::Called(bytes.iter().take(5).cloned().collect::<Vec<_>>().join(":")),
                1 => Miss::Called(bytes.iter().take(5).cloned().collect::<Vec<_>>().join(":") + ":g7"),
                2 => Miss::Text(format!(
                    "fingerprint {}:{}:{}",
                    bytes.join(":"),
                    bytes.join(":"),
                    bytes.concat()
                )),
                3 => Miss::Text(format!("at 12:30:{:02}:10:22", random.number(0..=59))),
                _ => Miss::Text(format!("hexdump {}", bytes.join(" "))),
            }
        },
        names: &[
            (
                En,
                &[
                    "MAC address",
                    "MAC",
                    "hardware address",
                    "physical address",
                    "BSSID",
                ],
            ),
            (De, &["MAC-Adresse", "Hardwareadresse"]),
            (Fr, &["adresse MAC"]),
            (Zh, &["MAC地址"]),
            (Ja, &["MACアドレス"]),
        ],
        keys: &["mac", "mac_address", "macAddress", "hwaddr", "bssid", "ether"],
        said: &[(
            En,
            &[
                "link/ether {} brd ff:ff:ff:ff:ff",
                "DHCP lease for {} expired",
                "whitelist {} on the router",
            ],
        )],
        varies: false,
        near: false,
    },
    Kind {
        entity: Entity::UrlCredentials,
        hit: |random, _| Value::alone(url(random)),
        miss: |random| {
            let host = random.text("abcdefgh", 6);
            let texts = [
                "https://{}.example.com:8443/path",
                "postgres://{}@localhost/db",
                "ssh://git@{}.example.com:22/repo.git",
                "https://{}.example.com/?a=b:c@d",
                "postgres://user:${DB_PASSWORD}@{}/app",
                "http://{}.example.com/a:b/@c",
                "https://user:<password>@{}.example.com",
                "redis://{}:6379/0",
                "mailto:{}@x",
                "ftp://{}.example.org/pub/@index",
                "https://example.com/@{}/posts",
                "https://user:****@{}.example.com/",
            ];
            Miss::text(random, &texts, &host)
        },
        names: &[
            (
                En,
                &[
                    "database URL",
                    "connection string",
                    "URL",
                    "remote",
                    "endpoint",
                    "DSN",
                ],
            ),
            (De, &["Datenbank-URL", "Verbindung"]),
            (Zh, &["数据库连接"]),
            (Ja, &["接続URL"]),
        ],
        keys: &[
            "DATABASE_URL",
            "url",
            "dsn",
            "REDIS_URL",
            "connectionString",
            "broker_url",
        ],
        said: &[(
            En,
            &[
                "git clone {}",
                "curl -s {} | jq .",
                "docker run -e DATABASE_URL={} app",
                "psql {} -c 'select 1'",
            ],
        )],
        varies: false,
        near: false,
    },
];

fn version4(random: &mut Random) -> String {
    let octet = |random: &mut Random| random.number(0..=255);
    let (b, c, d) = (octet(random), octet(random), random.number(1..=254));
    match random.number(0..=4) {
        0 => format!("10.{b}.{c}.{d}"),
        1 => format!("192.168.{c}.{d}"),
        2 => format!("172.{}.{c}.{d}", random.number(16..=31)),
        _ => format!("{}.{b}.{c}.{d}", random.number(20..=223)),
    }
}

fn version6(random: &mut Random) -> String {
    let part = |random: &mut Random| format!("{:x}", random.number(1..=0xffff));
    let parts: Vec<String> = (0..8).map(|_| part(random)).collect();
    let some = |count: usize| parts.iter().take(count).cloned().collect::<Vec<_>>().join(":");
    match random.number(0..=6) {
        0 | 1 => some(8),
        2 => format!("2001:db8::{}", some(1)),
        3 => format!("2a02:{}::{}", some(2), random.text(HEX, 4).replace('0', "a")),
        4 => format!("fe80::{}", some(4)),
        5 => format!("2001:DB8:{}::1", some(1).to_uppercase()),
        _ => format!("::ffff:{}", version4(random)),
    }
}

fn url(random: &mut Random) -> String {
    let user = random.pick(&[
        "admin",
        "app",
        "deploy",
        "root",
        "svc-ci",
        "ann%40corp",
        "postgres",
    ]);
    let password = match random.number(0..=2) {
        0 => random.text(ALPHANUMERIC, 12),
        1 => random
            .pick(&["hunter2", "S3cr3t%21", "p4ss-w0rd", "Tr0ub4dor", "secret"])
            .to_owned(),
        _ => format!("{}_{}", random.text(ALPHANUMERIC, 6), random.text(HEX, 8)),
    };
    let form = random.pick(&[
        "postgres://U:P@db.internal:5432/app",
        "mysql://U:P@10.1.2.3:3306/shop",
        "https://U:P@git.example.com/team/repo.git",
        "mongodb+srv://U:P@cluster0.abcde.mongodb.net/prod?retryWrites=true",
        "redis://:P@cache.example.net:6379/0",
        "amqp://U:P@rabbit/vhost",
        "ftp://U:P@ftp.example.com/out/",
        "http://U:P@localhost:8080",
        "postgresql+asyncpg://U:P@pg-1.example.org/db",
        "smtp://U:P@mail.example.com:587",
        "https://U:P@example.com/api?v=2",
    ]);
    form.replace('U', user).replace('P', &password)
}
