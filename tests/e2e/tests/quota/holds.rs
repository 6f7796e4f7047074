//! How long a reservation lasts: as long as its request, and not for ever if the VM that knows of it is gone.
//!
//! The filter has no way to trap, so its module is given one here: the export that Envoy calls at the end of a request
//! leads to the function for ticks, which knows no such context and panics.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use penstock_test_support::wait::eventually;
use penstock_test_support::{Gateway, Provider};
use serde_json::Value;

use super::world::{exact, number};
use crate::ask::{Client, marker};
use crate::world::provider;

/// How long a reservation outlives its VM, by the configuration: up to half as long again.
const HOLD: Duration = Duration::from_secs(30);

const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
const EXPORTS: u8 = 7;

/// Loads a copy of token-quota that traps at the end of every request.
fn with_traps(rendered: &str) -> anyhow::Result<String> {
    let mut bootstrap: Value = serde_saphyr::from_str(rendered)?;
    let log = bootstrap
        .pointer(&format!("{MANAGER}/access_log/0/typed_config/path"))
        .and_then(Value::as_str)
        .context("no access log")?;
    let copy = Path::new(log).with_file_name("trapping.wasm");
    let filters = bootstrap.pointer_mut(&format!("{MANAGER}/http_filters"));
    let file = filters
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(|filter| filter.pointer_mut("/typed_config/config/vm_config/code/local/filename"))
        .find(|file| file.as_str().is_some_and(|file| file.contains("token_quota")))
        .context("no token-quota")?;
    let module = std::fs::read(file.as_str().unwrap_or_default())?;
    std::fs::write(&copy, trapping(&module)?)?;
    *file = copy.to_string_lossy().into();
    Ok(bootstrap.to_string())
}

/// The module with the trap.
fn trapping(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8).context("no module")?;
    let mut changed = header.to_vec();
    while let Some((id, after)) = rest.split_first() {
        rest = after;
        let size = take_number(&mut rest)?;
        let (section, after) = rest.split_at_checked(size).context("half a section")?;
        rest = after;
        let section = if *id == EXPORTS {
            exports(section)?
        } else {
            section.to_vec()
        };
        changed.push(*id);
        put_number(&mut changed, section.len());
        changed.extend(section);
    }
    Ok(changed)
}

fn exports(mut section: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut entries = Vec::new();
    for _ in 0..take_number(&mut section)? {
        let length = take_number(&mut section)?;
        let (name, rest) = section.split_at_checked(length).context("half a name")?;
        let (kind, rest) = rest.split_first().context("no kind")?;
        section = rest;
        entries.push((name, *kind, take_number(&mut section)?));
    }
    let tick = entries
        .iter()
        .position(|(name, ..)| *name == b"proxy_on_tick")
        .context("no ticks")?;
    let (_, _, ticks) = entries.remove(tick);
    let end = entries
        .iter_mut()
        .find(|(name, ..)| *name == b"proxy_on_log")
        .context("no log")?;
    ensure!(end.2 != ticks, "both exports are one function");
    end.2 = ticks;
    let mut section = Vec::new();
    put_number(&mut section, entries.len());
    for (name, kind, index) in entries {
        put_number(&mut section, name.len());
        section.extend_from_slice(name);
        section.push(kind);
        put_number(&mut section, index);
    }
    Ok(section)
}

/// A number in LEB128.
fn take_number(from: &mut &[u8]) -> anyhow::Result<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = from.split_first().context("half a number")?;
        *from = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    anyhow::bail!("a number without end")
}

fn put_number(to: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            return to.push(low);
        }
        to.push(low | 0x80);
    }
}

/// Two limits that two requests for `held` use up.
fn config(primary: &Provider) -> String {
    let patient = "timeouts: { first_token: 120s, answer: 120s }";
    format!(
        "providers:\n{}models:\n{}{}{}quota:
  hold: {}s
  limits:
    - {{ name: tokens, match: {{ model: [held, slow] }}, tokens_per_day: 10000 }}
    - {{ name: places, match: {{ model: [held, slow] }}, concurrent_requests: 2 }}\n",
        provider("primary", "openai", &format!("{}/v1", primary.url()), ""),
        exact("held", &[("primary", "fault=silence")], patient),
        exact("slow", &[("primary", "fault=events:300,interval:400ms")], patient),
        exact("plain", &[("primary", "good")], ""),
        HOLD.as_secs(),
    )
}

#[tokio::test]
async fn what_a_trapped_vm_had_reserved_comes_back() {
    let primary = Provider::start("primary").unwrap();
    let gateway = Gateway::builder(&config(&primary))
        .rewrite(with_traps)
        .start()
        .unwrap();
    let text = marker("trap");
    let held = super::world::at_most(Client::OpenAi, "held", &text, false, 4_000);
    let address = gateway.address();
    let open = || tokio::spawn(Client::OpenAi.request(&held).send(address));
    let running = [open(), open()];
    primary.wait_for(&text, 2).await;

    // Someone else's request ends, and takes the VM with it. Those that were running leave.
    let _ = Client::OpenAi.ask("plain", "hello", false).send(address).await;
    let log = async || {
        let log = std::fs::read_to_string(gateway.directory().join("envoy.log")).unwrap();
        log.contains("proxy_on_log failed").then_some(())
    };
    eventually(Duration::from_secs(10), "a trap", log).await;
    for request in running {
        request.abort();
    }

    // Nobody is left to settle them. Until they expire they count, then they are free.
    let status = async || {
        let sent = Client::OpenAi.request(&held).send(address);
        let sent = tokio::time::timeout(Duration::from_secs(1), sent).await.ok()?;
        sent.ok().map(|response| response.status)
    };
    eventually(
        Duration::from_secs(20),
        "a new VM that knows of them",
        async || (status().await == Some(429)).then_some(()),
    )
    .await;
    assert_eq!(primary.requests_with(&text).len(), 2);
    eventually(
        HOLD * 2,
        "the reservations of the trapped VM expire",
        async || {
            let _ = status().await;
            (primary.requests_with(&text).len() > 2).then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn what_a_running_request_has_reserved_outlasts_every_hold() {
    let primary = Provider::start("primary").unwrap();
    let gateway = Gateway::start(&config(&primary)).unwrap();
    let text = marker("renewed");
    let body = super::world::at_most(Client::OpenAi, "slow", &text, true, 4_000);
    let ask = || Client::OpenAi.request(&body);
    let open = || tokio::spawn(ask().send(gateway.address()));
    let running = [open(), open()];
    primary.wait_for(&text, 2).await;
    let begun = Instant::now();
    while begun.elapsed() < HOLD * 2 {
        let response = gateway.send(ask()).await.unwrap();
        assert_eq!(response.status, 429, "after {:?}", begun.elapsed());
        let left = number(&response, "x-ratelimit-remaining-tokens").unwrap();
        assert!(left < 2_000, "{left} left after {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(primary.requests_with(&text).len(), 2);
    for request in running {
        request.abort();
    }
    eventually(Duration::from_secs(10), "both are settled", async || {
        let _ = tokio::time::timeout(Duration::from_secs(1), gateway.send(ask())).await;
        (primary.requests_with(&text).len() > 2).then_some(())
    })
    .await;
}
