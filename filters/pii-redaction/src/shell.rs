//! Carries Envoy's events into [`Filter`], and its steps out. Decides nothing.

#![allow(unsafe_code)] // `proxy_wasm::main!` exports the entry point.

use std::rc::Rc;

use penstock_client::identity;
use penstock_config::slice::PiiRedaction;
use penstock_flow::Level;
use penstock_host::{Direction, Gathered, Timed, body, carry_out, headers, log, metadata, now_us};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::{Filter, Worker, metrics};

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// None before the configuration is read, and if it cannot be: Envoy refuses the filter then.
#[derive(Default)]
struct Root {
    worker: Option<Rc<Worker>>,
}

impl Root {
    fn configure(&mut self, size: usize) -> Result<(), String> {
        let config: PiiRedaction = serde_json::from_slice(&penstock_host::plugin_configuration(size))
            .map_err(|error| format!("plugin configuration: {error}"))?;
        let key = std::env::var(&config.key_env).unwrap_or_default();
        let worker = Worker::new(config, key.as_bytes()).map_err(|error| error.to_string())?;
        self.worker = Some(Rc::new(worker));
        Ok(())
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let configured = self.configure(size);
        if let Err(reason) = &configured {
            log(Level::Error, &format!("pii-redaction: {reason}"));
        }
        configured.is_ok()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        let worker = Rc::clone(self.worker.as_ref()?);
        let filter = Filter::new(Rc::clone(&worker));
        Some(Box::new(Timed::new("pii-redaction", Stream { worker, filter })))
    }
}

struct Stream {
    worker: Rc<Worker>,
    filter: Filter,
}

impl Stream {
    fn decide(&mut self, body: &[u8]) -> Action {
        let started_us = now_us();
        let mut step = self.filter.request_body(body);
        step.sample(metrics::MASK_US, now_us().saturating_sub(started_us));
        carry_out(Direction::Request, step)
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let headers = headers(Direction::Request);
        let source = self.worker.tenant();
        let tenant = || identity::name(source, &headers, metadata).into_owned();
        let step = self.filter.request_headers(&headers, end_of_stream, tenant);
        carry_out(Direction::Request, step)
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !self.filter.awaits_body() {
            return Action::Continue;
        }
        match Gathered::of(size, end_of_stream, self.filter.body_limit()) {
            Gathered::Part => Action::Pause,
            Gathered::Whole => self.decide(&body(Direction::Request)),
            Gathered::TooLarge => carry_out(Direction::Request, self.filter.request_too_large()),
        }
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        if !self.filter.awaits_body() {
            return Action::Continue;
        }
        self.decide(&body(Direction::Request))
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let headers = headers(Direction::Response);
        let step = self.filter.response_headers(&headers, end_of_stream);
        carry_out(Direction::Response, step)
    }

    fn on_http_response_body(&mut self, _: usize, end_of_stream: bool) -> Action {
        if !self.filter.reads_answer() {
            return Action::Continue;
        }
        if self.filter.awaits_answer() && !end_of_stream {
            return Action::Pause;
        }
        let step = self
            .filter
            .response_body(&body(Direction::Response), end_of_stream);
        carry_out(Direction::Response, step)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        let step = if self.filter.awaits_answer() {
            self.filter.response_body(&body(Direction::Response), true)
        } else {
            self.filter.response_trailers()
        };
        carry_out(Direction::Response, step)
    }
}
