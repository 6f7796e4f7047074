//! Who is slow, who leaves: events are not kept back, a slow client gets everything, an abandoned provider is let go.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use penstock_test_support::gateway::Witness;
use penstock_test_support::wait::eventually;
use penstock_test_support::{Gateway, Provider};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::ask::{CLIENTS, Client, WAYS, marker};
use crate::read::said;
use crate::world::{model, provider};

const EVENTS: usize = 200;
/// Events that may be late because a busy machine ran something else. Kept back, nearly all would be; passed on in
/// pairs, half of them.
const EXCUSED: usize = EVENTS / 4;
/// The text of a stream to a slow client.
const LARGE: usize = 5_000_000;
/// Longer than a provider may be silent.
const CLIENTS_PAUSE: Duration = Duration::from_secs(3);

struct Pace {
    provider: Provider,
    gateway: Gateway,
}

static PACE: LazyLock<Pace> = LazyLock::new(Pace::start);

fn pace() -> (&'static Pace, Witness<'static>) {
    (&PACE, PACE.gateway.witness())
}

impl Pace {
    fn start() -> Self {
        let provider_ = Provider::start("pace").unwrap();
        let mut yaml = format!(
            "limits: {{ stream_stall: 2s }}\nproviders:\n{}{}models:\n",
            provider("openai", "openai", &format!("{}/v1", provider_.url()), ""),
            provider("anthropic", "anthropic", &provider_.url(), ""),
        );
        for name in ["openai", "anthropic"] {
            for (alias, fault) in [
                ("stamped", format!("events:{EVENTS},stamp,interval:30ms")),
                ("silent", "silence".to_owned()),
                ("opened", "slow-content:60s".to_owned()),
                ("slow", "events:60,interval:100ms".to_owned()),
                ("large", format!("big:{LARGE}")),
            ] {
                yaml += &model(
                    &format!("{alias}-{name}"),
                    &[(name, &format!("fault={fault}"))],
                    "",
                );
            }
        }
        Self {
            provider: provider_,
            gateway: Gateway::start(&yaml).unwrap(),
        }
    }
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    u64::try_from(now).unwrap()
}

/// Every time of sending in a text. The digits of an id may be as many, but are no time of this hour.
fn stamps(text: &str) -> Vec<u64> {
    const HOUR_US: u64 = 3_600_000_000;
    let now = now_us();
    text.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .filter(|stamp: &u64| stamp.abs_diff(now) < HOUR_US)
        .collect()
}

async fn late_events(client: Client, alias: &'static str) -> usize {
    let (pace, _logs) = pace();
    let request = client.ask(alias, "hello", true);
    let mut stream = request.open(pace.gateway.address()).await.unwrap();
    let (mut text, mut arrivals) = (String::new(), Vec::new());
    while let Some(piece) = stream.next().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&piece));
        arrivals.push((text.len(), now_us()));
    }
    let sent = stamps(&text);
    assert_eq!(sent.len(), EVENTS, "{client:?} {alias}");
    let mut seen = Vec::new();
    for (length, at) in arrivals {
        seen.resize(stamps(&text[..length]).len(), at);
    }
    let next_sent = sent.iter().skip(1);
    seen.iter()
        .zip(next_sent)
        .filter(|(seen, next)| seen >= next)
        .count()
}

#[tokio::test]
async fn each_event_is_there_before_the_next_is_sent() {
    let mut streams = JoinSet::new();
    for client in CLIENTS {
        for alias in ["stamped-openai", "stamped-anthropic"] {
            streams.spawn(async move { (client, alias, late_events(client, alias).await) });
        }
    }
    for (client, alias, late) in streams.join_all().await {
        assert!(
            late <= EXCUSED,
            "{client:?} {alias}: {late} of {EVENTS} events were late"
        );
    }
}

/// Reads a large stream with a long pause, and gives the length of its text.
async fn read_slowly(gateway: &Gateway, client: Client, alias: &str) -> Result<usize, String> {
    let mut body = client.body(alias, "hello", true);
    body["max_tokens"] = 100_000.into();
    let mut stream = client.request(&body).open(gateway.address()).await.unwrap();
    let begun = stream.read_until("xxx").await.unwrap();
    tokio::time::sleep(CLIENTS_PAUSE).await;
    let mut response = stream.rest().await.unwrap();
    response.body = [begun.as_bytes(), &response.body].concat().into();
    let answer = said(client, &response).map_err(|error| error.chars().take(120).collect::<String>());
    Ok(answer?.text.len())
}

#[tokio::test]
async fn a_slow_client_gets_a_large_stream_whole() {
    let mut streams = JoinSet::new();
    for client in CLIENTS {
        for alias in ["large-openai", "large-anthropic"] {
            streams.spawn(async move { read_slowly(&pace().0.gateway, client, alias).await });
        }
    }
    let lengths = streams.join_all().await;
    assert!(lengths.iter().all(|length| *length == Ok(LARGE)), "{lengths:?}");
}

#[tokio::test]
#[ignore = "a client for which Envoy has stopped reading is taken for a provider that stalls"]
async fn a_slow_client_is_no_stalled_provider() {
    let (pace, _logs) = pace();
    let yaml = format!(
        "limits: {{ request_body: 256KiB, response_body: 256KiB, stream_stall: 2s }}\nproviders:\n{}models:\n{}",
        provider("openai", "openai", &format!("{}/v1", pace.provider.url()), ""),
        model("large", &[("openai", &format!("fault=big:{LARGE}"))], ""),
    );
    let gateway = Gateway::start(&yaml).unwrap();
    assert_eq!(read_slowly(&gateway, Client::OpenAi, "large").await, Ok(LARGE));
}

/// Waits until the connection on which `text` was asked is closed.
async fn let_go(text: &str) {
    let (pace, _logs) = pace();
    let asked = &pace.provider.wait_for(text, 1).await[0];
    let start = Instant::now();
    eventually(Duration::from_secs(10), "the provider is let go", async || {
        (!pace.provider.is_connected(asked.connection)).then_some(())
    })
    .await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_token_cancels_the_attempt() {
    let (pace, _logs) = pace();
    for (client, stream) in WAYS {
        for alias in [
            "silent-openai",
            "silent-anthropic",
            "opened-openai",
            "opened-anthropic",
        ] {
            if alias.starts_with("opened") && !stream {
                continue;
            }
            let cancelled = async || pace.gateway.stat("cancelled").await.unwrap();
            let before = cancelled().await;
            let text = marker("cancelled");
            let asking = tokio::spawn(client.ask(alias, &text, stream).open(pace.gateway.address()));
            pace.provider.wait_for(&text, 1).await;
            asking.abort();
            let_go(&text).await;
            eventually(
                Duration::from_secs(5),
                "the attempt is counted as cancelled",
                async || (cancelled().await == before + 1).then_some(()),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_midstream_leaves_its_usage() {
    let (pace, _logs) = pace();
    for client in CLIENTS {
        for alias in ["slow-openai", "slow-anthropic"] {
            let text = marker("left");
            let request = client.ask(alias, &text, true);
            let mut stream = request.open(pace.gateway.address()).await.unwrap();
            let id = stream
                .header("x-penstock-request-id")
                .expect("a request id")
                .to_owned();
            stream.read_until("4 ").await.unwrap();
            stream.disconnect();
            let_go(&text).await;
            let line = pace.gateway.logged(&id).await;
            let usage: Value = serde_json::from_str(line["usage"].as_str().unwrap_or_default())
                .unwrap_or(line["usage"].clone());
            let bytes = usage["output_bytes"].as_u64().unwrap_or_default();
            assert!((10..40).contains(&bytes), "{client:?} {alias}: {line}");
        }
    }
}
