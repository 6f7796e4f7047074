//! Keys whose form their vendors publish.

use penstock_pii::Entity;

use crate::kind::{Kind, Miss, Value};
use crate::language::Language::{self, De, En, Zh};
use crate::random::{ALPHANUMERIC, BASE64, BASE64URL, DIGITS, HEX, Random};

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::AwsKey,
        hit: |random, _| match random.chance(70) {
            true => Value::alone(
                random.pick(&["AKIA", "AKIA", "ASIA"]).to_owned()
                    + &random.text(BASE32, 15)
                    + &random.text("234567", 1),
            ),
            false => Value::named(random.text(BASE64, 40)),
        },
        miss: |random| {
            let body = random.text(BASE32, 15);
            let hex = random.text(HEX, 40);
            let texts = [
                "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX",
                "AWS_ACCESS_KEY_ID=$KEY_ID",
                "git commit {}",
                "aws_secret_access_key = ****************************************",
                "arn:aws:iam::123456789012:user/ann",
                "AWS_REGION=eu-central-1",
                "s3://bucket/AKIA/readme.txt",
                "aws_secret_access_key=<secret>",
                "the access key id starts with AKIA",
            ];
            match random.chance(30) {
                true => Miss::Text(format!(
                    "the test fixture AKIA{} is in lower case",
                    body.to_lowercase()
                )),
                false => Miss::text(random, &texts, &hex),
            }
        },
        names: &[
            (
                En,
                &["AWS secret access key", "AWS secret key", "AWS_SECRET_ACCESS_KEY"],
            ),
            (De, &["AWS Secret Access Key"]),
        ],
        keys: &[
            "aws_secret_access_key",
            "AWS_SECRET_ACCESS_KEY",
            "SecretAccessKey",
            "awsSecretKey",
        ],
        said: &[(
            En,
            &[
                "aws configure set aws_secret_access_key {}",
                "export AWS_SECRET_ACCESS_KEY={}",
            ],
        )],
        varies: false,
        near: true,
    },
    vendor(
        Entity::GcpKey,
        |random, _| {
            Value::alone(match random.number(0..=3) {
                0 | 1 => format!(
                    "AIza{}",
                    random.text(BASE64URL, 34) + &random.text(ALPHANUMERIC, 1)
                ),
                2 => format!("GOCSPX-{}", random.text(ALPHANUMERIC, 28)),
                _ => format!(
                    "ya29.a0A{}",
                    random.text(BASE64URL, 150) + &random.text(ALPHANUMERIC, 1)
                ),
            })
        },
        |random| {
            let text = random.text(BASE64URL, 20);
            Miss::text(
                random,
                &[
                    "AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
                    "key=AIza{}",
                    "GOCSPX-your-client-secret",
                    "AIza... is the prefix",
                    "ya29.",
                    "GOOGLE_API_KEY=<key>",
                ],
                &text,
            )
        },
        &[
            (En, &["Google API key", "GCP key", "Maps API key"]),
            (Zh, &["谷歌密钥"]),
        ],
        &["GOOGLE_API_KEY", "gcp_key", "mapsApiKey"],
    ),
    vendor(
        Entity::AzureKey,
        |random, _| match random.number(0..=2) {
            0 => Value::named(format!("{}==", random.text(BASE64, 85) + "A")),
            1 => Value::alone(format!(
                "{}8Q~{}",
                random.text(ALPHANUMERIC, 3),
                random.text(ALPHANUMERIC, 34)
            )),
            _ => Value::named(format!("{}=", random.text(BASE64, 42) + "A")),
        },
        |random| {
            let text = random.text(BASE64, 86);
            Miss::text(
                random,
                &[
                    "\"integrity\": \"sha512-{}==\"",
                    "AccountKey=<account-key>",
                    "AccountKey=${AZURE_KEY}",
                    "AZURE_REGION=westeurope",
                    "sig=abc",
                    "SharedAccessKey=xxxxxxxx",
                ],
                &text,
            )
        },
        &[(
            En,
            &["AccountKey", "storage_key", "primary_key", "SharedAccessKey"],
        )],
        &[
            "AccountKey",
            "accountKey",
            "SharedAccessKey",
            "primary_key",
            "storage_key",
        ],
    ),
    vendor(
        Entity::GithubToken,
        |random, _| {
            Value::alone(match random.number(0..=5) {
                0..=2 => format!("ghp_{}", random.text(ALPHANUMERIC, 36)),
                3 => format!(
                    "{}{}",
                    random.pick(&["gho_", "ghu_", "ghs_"]),
                    random.text(ALPHANUMERIC, 36)
                ),
                4 => format!("ghr_{}", random.text(ALPHANUMERIC, 76)),
                _ => format!(
                    "github_pat_{}_{}",
                    random.text(ALPHANUMERIC, 22),
                    random.text(ALPHANUMERIC, 59)
                ),
            })
        },
        |random| {
            let text = random.text(ALPHANUMERIC, 12);
            Miss::text(
                random,
                &[
                    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                    "ghp_{}",
                    "GITHUB_TOKEN=${{ secrets.GITHUB_TOKEN }}",
                    "github_pat_<token>",
                    "ghp_your_personal_access_token_goes_here",
                    "gho_",
                ],
                &text,
            )
        },
        &[
            (
                En,
                &["GitHub token", "personal access token", "PAT", "GitHub PAT"],
            ),
            (De, &["GitHub-Token"]),
        ],
        &["GITHUB_TOKEN", "github_token", "GH_TOKEN", "ghToken"],
    ),
    vendor(
        Entity::SlackToken,
        |random, _| {
            Value::alone(match random.number(0..=3) {
                0 => format!(
                    "xoxb-{}-{}-{}",
                    random.digits(12),
                    random.digits(13),
                    random.text(ALPHANUMERIC, 24)
                ),
                1 => format!(
                    "xoxp-{}-{}-{}-{}",
                    random.digits(12),
                    random.digits(12),
                    random.digits(13),
                    random.text(HEX, 32)
                ),
                2 => format!(
                    "xapp-1-A{}-{}-{}",
                    random.text("0123456789ABCDEFGH", 10),
                    random.digits(13),
                    random.text(HEX, 64)
                ),
                _ => format!(
                    "https://hooks.slack.com/services/T{}/B{}/{}",
                    random.text("0123456789ABCDEFGH", 10),
                    random.text("0123456789ABCDEFGH", 10),
                    random.text(ALPHANUMERIC, 24)
                ),
            })
        },
        |random| {
            Miss::text(
                random,
                &[
                    "xoxb-your-token-here",
                    "xoxb-...",
                    "SLACK_TOKEN=xoxb-",
                    "https://hooks.slack.com/services/T00/B00/XXXX",
                    "https://api.slack.com/methods/chat.postMessage",
                    "xoxp-<token>",
                ],
                "",
            )
        },
        &[(En, &["Slack token", "Slack bot token", "Slack webhook"])],
        &[
            "SLACK_TOKEN",
            "slack_bot_token",
            "slackToken",
            "SLACK_WEBHOOK_URL",
        ],
    ),
    vendor(
        Entity::StripeKey,
        |random, _| {
            let len = random.pick(&[24, 24, 99]);
            Value::alone(match random.number(0..=3) {
                0 | 1 => format!("sk_live_{}", random.text(ALPHANUMERIC, len)),
                2 => format!(
                    "{}{}",
                    random.pick(&["sk_test_", "rk_live_", "rk_test_"]),
                    random.text(ALPHANUMERIC, len)
                ),
                _ => format!("whsec_{}", random.text(ALPHANUMERIC, 32)),
            })
        },
        |random| {
            let text = random.text(ALPHANUMERIC, 24);
            Miss::text(
                random,
                &[
                    "pk_live_{}",
                    "pk_test_{}",
                    "sk_live_...",
                    "sk_test_XXXXXXXXXXXXXXXXXXXXXXXX",
                    "task_live_{}",
                    "STRIPE_KEY=sk_live_",
                    "whsec_<secret>",
                    "sk_live_your_key_here",
                ],
                &text,
            )
        },
        &[(En, &["Stripe key", "Stripe secret key", "webhook signing secret"])],
        &["STRIPE_SECRET_KEY", "stripe_key", "stripeSecret"],
    ),
    vendor(
        Entity::OpenAiKey,
        |random, _| {
            Value::alone(match random.number(0..=3) {
                0 => format!(
                    "sk-{}T3BlbkFJ{}",
                    random.text(ALPHANUMERIC, 20),
                    random.text(ALPHANUMERIC, 20)
                ),
                1 | 2 => format!(
                    "sk-proj-{}T3BlbkFJ{}",
                    random.text(BASE64URL, 74),
                    random.text(BASE64URL, 73) + "A"
                ),
                _ => format!(
                    "sk-svcacct-{}T3BlbkFJ{}",
                    random.text(BASE64URL, 74),
                    random.text(BASE64URL, 73) + "A"
                ),
            })
        },
        |random| {
            let text = random.text("abcdefgh", 8);
            Miss::text(
                random,
                &[
                    "sk-your-key-here",
                    "OPENAI_API_KEY=sk-...",
                    "pip install sk-learn-{}",
                    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                    "class=\"sk-{}-spinner\"",
                    "risk-adjusted-returns-{}",
                    "sk-proj-<key>",
                    "disk-{}",
                ],
                &text,
            )
        },
        &[(En, &["OpenAI key", "OpenAI API key"]), (Zh, &["OpenAI密钥"])],
        &["OPENAI_API_KEY", "openai_key", "openaiApiKey"],
    ),
    vendor(
        Entity::AnthropicKey,
        |random, _| {
            Value::alone(format!(
                "sk-ant-{}-{}AA",
                random.pick(&["api03", "api03", "admin01", "oat01"]),
                random.text(BASE64URL, 93)
            ))
        },
        |random| {
            let text = random.text(DIGITS, 4);
            Miss::text(
                random,
                &[
                    "sk-ant-...",
                    "ANTHROPIC_API_KEY=sk-ant-api03-your-key",
                    "sk-ant-api03-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
                    "desk-ant-farm-{}",
                    "anthropic-version: 2023-06-01",
                ],
                &text,
            )
        },
        &[(En, &["Anthropic key", "Anthropic API key", "Claude API key"])],
        &["ANTHROPIC_API_KEY", "anthropic_key", "x-api-key"],
    ),
];

const fn vendor(
    entity: Entity,
    hit: fn(&mut Random, Language) -> Value,
    miss: fn(&mut Random) -> Miss,
    names: &'static [(Language, &'static [&'static str])],
    keys: &'static [&'static str],
) -> Kind {
    Kind {
        entity,
        hit,
        miss,
        names,
        keys,
        said: &[(
            En,
            &[
                "!export KEY={}",
                "!I pushed {} by accident, what now?",
                "!401 Unauthorized with {}",
            ],
        )],
        varies: false,
        near: true,
    }
}
