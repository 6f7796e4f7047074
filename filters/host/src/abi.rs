//! The host calls that filters use, after the proxy-wasm ABI 0.2.1 (spec read 2026-11). None of them panics.

#![allow(unsafe_code)]

use std::ops::Range;
use std::ptr::null_mut;
use std::time::Duration;

use penstock_flow::{Headers, Level};

/// The side of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the provider.
    Request,
    /// From the provider to the client.
    Response,
}

impl Direction {
    fn header_map(self) -> u32 {
        match self {
            Self::Request => 0,
            Self::Response => 2,
        }
    }

    fn trailer_map(self) -> u32 {
        match self {
            Self::Request => 1,
            Self::Response => 3,
        }
    }

    fn body_buffer(self) -> u32 {
        match self {
            Self::Request => 0,
            Self::Response => 1,
        }
    }
}

const GRPC_MESSAGE: u32 = 5;
const PLUGIN_CONFIGURATION: u32 = 7;
const OK: u32 = 0;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(kind: u32, start: usize, len: usize, data: *const u8, size: usize) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, key: *const u8, key_size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        version: u32,
    ) -> u32;
}

/// Takes over memory that the host has allocated through `proxy_on_memory_allocate`.
fn owned(status: u32, data: *mut u8, size: usize) -> Option<Vec<u8>> {
    if status != OK {
        return None;
    }
    if data.is_null() {
        return Some(Vec::new());
    }
    // SAFETY: on success the host hands over an allocation of exactly `size` bytes, made by our allocator.
    Some(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// Writes a line to the proxy's log.
pub fn log(level: Level, text: &str) {
    let level = match level {
        Level::Debug => 1,
        Level::Warn => 3,
        Level::Error => 4,
    };
    // SAFETY: pointer and length describe `text`, which outlives the call.
    unsafe { proxy_log(level, text.as_ptr(), text.len()) };
}

/// Has the root context's `on_tick` called every `period_ms`.
pub fn tick_every(period_ms: u64) -> bool {
    // SAFETY: no pointers.
    unsafe { proxy_set_tick_period_milliseconds(u32::try_from(period_ms).unwrap_or(u32::MAX)) == OK }
}

/// Makes the calls that follow, up to the end of this callback, concern the stream `context`.
pub fn act_for(context: u32) -> bool {
    // SAFETY: no pointers.
    unsafe { proxy_set_effective_context(context) == OK }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    now_us() / 1_000
}

/// Microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    let mut nanoseconds = 0;
    // SAFETY: the host writes one u64.
    unsafe { proxy_get_current_time_nanoseconds(&mut nanoseconds) };
    nanoseconds / 1_000
}

/// The body that is here: in a body callback the piece that has arrived and what is held before it, in a trailers
/// callback what is held.
pub fn body(direction: Direction) -> Vec<u8> {
    read_buffer(direction.body_buffer(), usize::MAX).unwrap_or_default()
}

/// The plugin configuration.
pub fn plugin_configuration(size: usize) -> Vec<u8> {
    read_buffer(PLUGIN_CONFIGURATION, size).unwrap_or_default()
}

/// The message that answers a call, of `size` bytes; within `on_grpc_call_response` only.
pub fn grpc_message(size: usize) -> Option<Vec<u8>> {
    read_buffer(GRPC_MESSAGE, size)
}

/// Calls `service/method` at `cluster` with a serialised `message`. What it returns names the call in
/// `on_grpc_call_response`; none if the call could not be made.
///
/// This goes through the `proxy-wasm` crate, which hands on only the answers of calls that it has made itself. Of the
/// statuses that Envoy has for a call it panics on one: that no client can be made of the cluster's configuration.
pub fn grpc_call(cluster: &str, service: &str, method: &str, message: &[u8], timeout_ms: u64) -> Option<u32> {
    let timeout = Duration::from_millis(timeout_ms);
    proxy_wasm::hostcalls::dispatch_grpc_call(cluster, service, method, Vec::new(), Some(message), timeout)
        .ok()
}

/// Up to `max` bytes of a buffer, from its start.
fn read_buffer(kind: u32, max: usize) -> Option<Vec<u8>> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host writes one pointer and one length.
    let status = unsafe { proxy_get_buffer_bytes(kind, 0, max, &mut data, &mut size) };
    owned(status, data, size)
}

/// Puts `value` in the place of everything in the body buffer.
pub(crate) fn replace_buffer(direction: Direction, value: &[u8]) -> bool {
    let kind = direction.body_buffer();
    // SAFETY: pointer and length describe `value`, which outlives the call.
    unsafe { proxy_set_buffer_bytes(kind, 0, usize::MAX, value.as_ptr(), value.len()) == OK }
}

/// Every header of the direction.
pub fn headers(direction: Direction) -> Headers {
    read_map(direction.header_map())
}

/// Removes every trailer of the direction: none means anything to a chat API, and none is on an allow-list.
pub fn drop_trailers(direction: Direction) {
    let map = direction.trailer_map();
    for name in read_map(map).names() {
        remove_from(map, name);
    }
}

fn read_map(map: u32) -> Headers {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host writes one pointer and one length.
    let status = unsafe { proxy_get_header_map_pairs(map, &mut data, &mut size) };
    let bytes = owned(status, data, size).unwrap_or_default();
    match pairs(&bytes) {
        Some(pairs) => Headers::new(bytes, pairs),
        None => Headers::default(),
    }
}

/// Reads the ABI's map form: count, then two lengths a pair, then the strings, each with a closing zero.
fn pairs(bytes: &[u8]) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let number = |at: usize| -> Option<usize> {
        let four = bytes.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
    };
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let count = number(0)?;
    let lengths_end = count.checked_mul(8)?.checked_add(4)?;
    if lengths_end > bytes.len() {
        return None;
    }
    let mut at = lengths_end;
    let mut string = |size: usize| -> Option<Range<usize>> {
        let start = at;
        let end = start.checked_add(size)?;
        at = end.checked_add(1)?;
        Some(start..end)
    };
    let mut pairs = Vec::with_capacity(count);
    for lengths in (4..lengths_end).step_by(8) {
        let key = string(number(lengths)?)?;
        let value = string(number(lengths.checked_add(4)?)?)?;
        pairs.push((key, value));
    }
    Some(pairs)
}

pub(crate) fn set_header(direction: Direction, name: &str, value: &str) -> bool {
    let map = direction.header_map();
    // SAFETY: pointers and lengths describe `name` and `value`, which outlive the call.
    unsafe {
        proxy_replace_header_map_value(map, name.as_ptr(), name.len(), value.as_ptr(), value.len()) == OK
    }
}

pub(crate) fn remove_header(direction: Direction, name: &str) -> bool {
    remove_from(direction.header_map(), name)
}

fn remove_from(map: u32, name: &str) -> bool {
    // SAFETY: pointer and length describe `name`, which outlives the call.
    unsafe { proxy_remove_header_map_value(map, name.as_ptr(), name.len()) == OK }
}

/// The property at `path`; filter state under `wasm.<key>` is found by its key.
pub fn property(path: &[&str]) -> Option<Vec<u8>> {
    let path = path.join("\0");
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: pointer and length describe `path`; the host writes one pointer and one length.
    let status = unsafe { proxy_get_property(path.as_ptr(), path.len(), &mut data, &mut size) };
    owned(status, data, size)
}

/// Makes filter state under `wasm.<key>` a text, for the expressions of spans and access logs: without this it is bytes,
/// which they cannot read as a number. For the contexts of the root context that is running.
pub fn declare_text(key: &str) -> bool {
    const FUNCTION: &str = "declare_property";
    let Some(arguments) = crate::declare::text(key) else {
        return false;
    };
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: pointers and lengths describe values that outlive the call; the host writes one pointer and one length.
    let status = unsafe {
        proxy_call_foreign_function(
            FUNCTION.as_ptr(),
            FUNCTION.len(),
            arguments.as_ptr(),
            arguments.len(),
            &mut data,
            &mut size,
        )
    };
    owned(status, data, size).is_some()
}

pub(crate) fn set_state(key: &str, value: &[u8]) -> bool {
    // SAFETY: pointers and lengths describe `key` and `value`, which outlive the call.
    unsafe { proxy_set_property(key.as_ptr(), key.len(), value.as_ptr(), value.len()) == OK }
}

/// Writes the ABI's map form, the inverse of [`pairs`].
fn serialize(headers: &[(&str, &str)]) -> Vec<u8> {
    let length = |size: usize| u32::try_from(size).unwrap_or(0).to_le_bytes();
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&length(headers.len()));
    for (name, value) in headers {
        bytes.extend_from_slice(&length(name.len()));
        bytes.extend_from_slice(&length(value.len()));
    }
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(0);
    }
    bytes
}

pub(crate) fn send_reply(status: u16, details: &str, headers: &[(&str, &str)], body: &[u8]) -> bool {
    const NOT_GRPC: i32 = -1;
    let headers = serialize(headers);
    // SAFETY: pointers and lengths describe values that outlive the call.
    unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            NOT_GRPC,
        ) == OK
    }
}

pub(crate) fn reset(direction: Direction) -> bool {
    let stream = match direction {
        Direction::Request => 0,
        Direction::Response => 1,
    };
    // SAFETY: no pointers.
    unsafe { proxy_close_stream(stream) == OK }
}

/// How a statistic behaves, by its number in the ABI.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MetricKind {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

pub(crate) fn define_metric(kind: MetricKind, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: pointer and length describe `name`; the host writes one u32.
    let status = unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &mut id) };
    (status == OK).then_some(id)
}

/// Moves a counter or a gauge.
pub(crate) fn increment(id: u32, by: i64) {
    // SAFETY: no pointers.
    unsafe { proxy_increment_metric(id, by) };
}

/// Adds a sample to a histogram.
pub(crate) fn record(id: u32, value: u64) {
    // SAFETY: no pointers.
    unsafe { proxy_record_metric(id, value) };
}

/// A value that all VMs of the same id share, and the version it has.
pub fn shared_data(key: &str) -> Option<(Vec<u8>, u32)> {
    let (mut data, mut size, mut version) = (null_mut(), 0, 0);
    // SAFETY: pointer and length describe `key`; the host writes one pointer, one length and one u32.
    let status =
        unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), &mut data, &mut size, &mut version) };
    owned(status, data, size).map(|value| (value, version))
}

/// Replaces a shared value if it still has this version, or adds it if there is none.
///
/// Envoy takes version 0 for "whatever is there" and adds an absent value whatever the version, so a version that no
/// value has makes an atomic "only if absent".
pub fn set_shared_data(key: &str, value: &[u8], version: Option<u32>) -> bool {
    const NEVER: u32 = u32::MAX;
    let version = version.unwrap_or(NEVER);
    // SAFETY: pointers and lengths describe `key` and `value`, which outlive the call.
    unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) == OK }
}
