//! Measures how long the callbacks of a stream take.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::abi::now_us;
use crate::metric;

/// A stream whose callbacks are measured. What they took is told at its end, apart for the way to the provider and back,
/// in the histogram `penstock.filter_us`. The host's clock is the system's, read anew for each call.
#[derive(Debug)]
pub struct Timed<C> {
    inner: C,
    filter: &'static str,
    request_us: u64,
    response_us: u64,
}

impl<C> Timed<C> {
    /// Measures `inner`, a stream of `filter`.
    pub fn new(filter: &'static str, inner: C) -> Self {
        Self {
            inner,
            filter,
            request_us: 0,
            response_us: 0,
        }
    }

    fn request<T>(&mut self, callback: impl FnOnce(&mut C) -> T) -> T {
        let started_us = now_us();
        let result = callback(&mut self.inner);
        self.request_us = self.request_us.saturating_add(since(started_us));
        result
    }

    fn response<T>(&mut self, callback: impl FnOnce(&mut C) -> T) -> T {
        let started_us = now_us();
        let result = callback(&mut self.inner);
        self.response_us = self.response_us.saturating_add(since(started_us));
        result
    }

    fn tell(&self) {
        for (phase, us) in [("request", self.request_us), ("response", self.response_us)] {
            let name = format!("penstock.filter_us.filter.{}.phase.{phase}", self.filter);
            metric::sample(name.into(), us);
        }
    }
}

/// A clock that was set back has measured nothing.
fn since(started_us: u64) -> u64 {
    now_us().saturating_sub(started_us)
}

impl<C: Context> Context for Timed<C> {
    fn on_done(&mut self) -> bool {
        let done = self.response(C::on_done);
        self.tell();
        done
    }
}

impl<C: HttpContext> HttpContext for Timed<C> {
    fn on_http_request_headers(&mut self, count: usize, end_of_stream: bool) -> Action {
        self.request(|inner| inner.on_http_request_headers(count, end_of_stream))
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.request(|inner| inner.on_http_request_body(size, end_of_stream))
    }

    fn on_http_request_trailers(&mut self, count: usize) -> Action {
        self.request(|inner| inner.on_http_request_trailers(count))
    }

    fn on_http_response_headers(&mut self, count: usize, end_of_stream: bool) -> Action {
        self.response(|inner| inner.on_http_response_headers(count, end_of_stream))
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.response(|inner| inner.on_http_response_body(size, end_of_stream))
    }

    fn on_http_response_trailers(&mut self, count: usize) -> Action {
        self.response(|inner| inner.on_http_response_trailers(count))
    }

    fn on_log(&mut self) {
        self.response(C::on_log);
    }
}
