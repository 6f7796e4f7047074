//! What no right proxy sends.

use penstock_quota::wire::{Closed, LeaseRequest, SettleRequest, Window};
use thiserror::Error;

/// Bytes of a window's key.
const KEY: usize = 16;
/// Most windows of one message.
const MOST_WINDOWS: usize = 1_024;
/// Most bytes of a proxy's name.
const MOST_NAME: usize = 128;
/// Most bytes of a label; proxies cut theirs much shorter.
const MOST_LABEL: usize = 256;
/// The longest window: a month.
const MOST_SPAN_MS: u64 = 31 * 24 * 3_600_000;
/// The largest amount, which sums stay far from overflowing with.
const MOST_AMOUNT: u64 = 1 << 52;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Junk {
    #[error("proxy: a name of {0} bytes; 1 to {MOST_NAME} printable ones are taken")]
    Name(usize),
    #[error("{0} windows exceed the limit of {MOST_WINDOWS}")]
    Windows(usize),
    #[error("windows[{0}].key: {1} bytes instead of {KEY}")]
    Key(usize, usize),
    #[error("windows[{0}].label: {1} bytes exceed the limit of {MOST_LABEL}")]
    Label(usize, usize),
    #[error("windows[{0}].span_ms: {1} exceeds the limit of {MOST_SPAN_MS}")]
    Span(usize, u64),
    #[error("windows[{0}]: an amount of {1} exceeds the limit of {MOST_AMOUNT}")]
    Amount(usize, u64),
    #[error("windows[{0}].key: twice in one message")]
    Twice(usize),
}

pub(super) fn lease(request: &LeaseRequest) -> Result<(), Junk> {
    proxy(&request.proxy)?;
    count(request.windows.len())?;
    let mut keys: Vec<&[u8]> = Vec::with_capacity(request.windows.len());
    for (index, window) in request.windows.iter().enumerate() {
        let Window { key, label, .. } = window;
        named(index, key, label, window.span_ms)?;
        amounts(index, &[window.limit, window.used, window.held, window.wanted])?;
        keys.push(key);
    }
    keys.sort_unstable();
    match keys.windows(2).position(|pair| pair.first() == pair.last()) {
        Some(index) => Err(Junk::Twice(index)),
        None => Ok(()),
    }
}

pub(super) fn settle(request: &SettleRequest) -> Result<(), Junk> {
    proxy(&request.proxy)?;
    count(request.windows.len())?;
    for (index, window) in request.windows.iter().enumerate() {
        let Closed { key, label, .. } = window;
        named(index, key, label, window.span_ms)?;
        amounts(index, &[window.used])?;
    }
    Ok(())
}

fn proxy(name: &str) -> Result<(), Junk> {
    let is_right = (1..=MOST_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    if is_right {
        Ok(())
    } else {
        Err(Junk::Name(name.len()))
    }
}

fn count(windows: usize) -> Result<(), Junk> {
    if windows > MOST_WINDOWS {
        Err(Junk::Windows(windows))
    } else {
        Ok(())
    }
}

fn named(index: usize, key: &[u8], label: &str, span_ms: u64) -> Result<(), Junk> {
    if key.len() != KEY {
        return Err(Junk::Key(index, key.len()));
    }
    if label.len() > MOST_LABEL {
        return Err(Junk::Label(index, label.len()));
    }
    if span_ms > MOST_SPAN_MS {
        return Err(Junk::Span(index, span_ms));
    }
    Ok(())
}

fn amounts(index: usize, amounts: &[u64]) -> Result<(), Junk> {
    match amounts.iter().find(|amount| **amount > MOST_AMOUNT) {
        Some(amount) => Err(Junk::Amount(index, *amount)),
        None => Ok(()),
    }
}
