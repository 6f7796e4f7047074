//! A filter that counts something in a request body and answers with the counts and the time of each.
//!
//! Headers say how: what `x-how` means is the counter's, `x-repetitions` is how often all of the body is counted. The
//! parts of a body are separated by NUL and counted by themselves, one after the other, so that no count is the repetition
//! of the one before. The answer is JSON: `vm` tells the VMs of one Envoy apart, `counts` and `nanos` have an
//! entry for each count. A request without a body asks for `vm` only, and loads nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

/// What is measured. Nothing is to be loaded before the first count.
pub trait Counter: Default + 'static {
    /// How many there are in `text`; `None` if it does not know `how`.
    fn count(&mut self, how: &str, text: &str) -> Option<u64>;
}

/// Makes a filter of a counter; for `proxy_wasm::main!`.
pub fn start<C: Counter>() {
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Root::<C>::default()));
}

struct Root<C> {
    vm: u128,
    counter: Rc<RefCell<C>>,
}

impl<C: Counter> Default for Root<C> {
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            vm: since_epoch.unwrap_or_default().as_nanos(),
            counter: Rc::default(),
        }
    }
}

impl<C: Counter> Context for Root<C> {}

impl<C: Counter> RootContext for Root<C> {
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            vm: self.vm,
            counter: Rc::clone(&self.counter),
        }))
    }
}

struct Stream<C> {
    vm: u128,
    counter: Rc<RefCell<C>>,
}

impl<C: Counter> Context for Stream<C> {}

impl<C: Counter> HttpContext for Stream<C> {
    fn on_http_request_headers(&mut self, _headers: usize, end_of_stream: bool) -> Action {
        if end_of_stream {
            self.answer(&[], &[]);
        }
        Action::Pause
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if end_of_stream {
            let body = self.get_http_request_body(0, size).unwrap_or_default();
            match self.measure(&body) {
                Some((counts, nanos)) => self.answer(&counts, &nanos),
                None => self.send_http_response(400, Vec::new(), None),
            }
        }
        Action::Pause
    }
}

impl<C: Counter> Stream<C> {
    /// The counts and the nanoseconds of each.
    fn measure(&self, body: &[u8]) -> Option<(Vec<u64>, Vec<u128>)> {
        let how = self.get_http_request_header("x-how")?;
        let repetitions: usize = self.get_http_request_header("x-repetitions")?.parse().ok()?;
        let parts: Vec<_> = std::str::from_utf8(body).ok()?.split('\0').collect();
        let mut counter = self.counter.try_borrow_mut().ok()?;
        let mut counts = Vec::new();
        let mut nanos = Vec::new();
        for _ in 0..repetitions {
            for part in &parts {
                // Asks the host for its monotonic time.
                let start = Instant::now();
                let count = counter.count(&how, part);
                nanos.push(start.elapsed().as_nanos());
                counts.push(count?);
            }
        }
        Some((counts, nanos))
    }

    fn answer(&self, counts: &[u64], nanos: &[u128]) {
        let vm = self.vm;
        let body = format!(r#"{{"vm":{vm},"counts":{counts:?},"nanos":{nanos:?}}}"#);
        let headers = vec![("content-type", "application/json")];
        self.send_http_response(200, headers, Some(body.as_bytes()));
    }
}
