//! Carries Envoy's events into [`Filter`], and its steps out. Decides nothing.

#![allow(unsafe_code)] // `proxy_wasm::main!` exports the entry point.

use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use penstock_client::usage::{self, UsageRecord};
use penstock_config::slice::{Scope, TokenQuota};
use penstock_flow::Level;
use penstock_host::{
    Direction, Gathered, Timed, body, carry_out, carry_out_late, grpc_call, grpc_message, headers, log,
    metadata, now_ms, now_us, property, set_shared_data, shared_data, tick_every,
};
use penstock_quota::{Shared, Version, wire};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::metrics;
use crate::pace::Pace;
use crate::{Caller, Filter, Lessee, Turn, Worker};

/// How often reservations are looked at.
const UPKEEP_MS: u64 = 1_000;
/// Where the seed is that spreads the windows, chosen by the first VM.
const SEED: &str = "penstock.quota.seed";

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// The data that all VMs of this filter share.
#[derive(Debug)]
struct SharedData;

impl Shared for SharedData {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        shared_data(key).map(|(value, version)| (value, Version(version)))
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        set_shared_data(key, value, version.map(|version| version.0))
    }
}

/// None before the configuration is read, and if it cannot be: Envoy refuses the filter then.
#[derive(Default)]
struct Root {
    worker: Option<Rc<Worker<SharedData>>>,
    upkeep: Option<Pace>,
    lessee: Option<Lessee>,
}

impl Root {
    /// Starts with this configuration.
    fn configure(&mut self, config: TokenQuota) -> bool {
        let seed = seed();
        let leases = config.leases.as_ref();
        self.lessee = leases.map(|leases| Lessee::new(leases, seed, chance()));
        let tick_ms = leases.map_or(UPKEEP_MS, Lessee::tick_ms);
        self.upkeep = Some(Pace::new(UPKEEP_MS, tick_ms));
        self.worker = Some(Rc::new(Worker::new(config, SharedData, seed)));
        tick_every(tick_ms)
    }

    /// Carries out what is to be done about leases.
    fn lease(&mut self, turn: Turn) {
        carry_out_late(turn.step);
        let leases = self
            .worker
            .as_ref()
            .and_then(|worker| worker.config().leases.as_ref());
        let (Some(leases), Some(lessee)) = (leases, &mut self.lessee) else {
            return;
        };
        for call in turn.calls {
            let token = grpc_call(
                &leases.cluster,
                wire::SERVICE,
                call.method(),
                &call.message,
                leases.timeout_ms,
            );
            carry_out_late(lessee.sent(call, token));
        }
    }
}

impl Context for Root {
    fn on_grpc_call_response(&mut self, token: u32, status: u32, size: usize) {
        if let (Some(worker), Some(lessee)) = (&self.worker, &mut self.lessee) {
            let answer = (status, size);
            let read = || grpc_message(size);
            let turn = lessee.answered(&worker.table, &worker.shared, token, answer, read, now_ms());
            self.lease(turn);
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        match serde_json::from_slice::<TokenQuota>(&penstock_host::plugin_configuration(size)) {
            Ok(config) => self.configure(config),
            Err(error) => {
                log(
                    Level::Error,
                    &format!("token-quota: plugin configuration: {error}"),
                );
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(worker) = &self.worker else { return };
        let now_ms = now_ms();
        if self.upkeep.as_mut().is_some_and(|upkeep| upkeep.is_due(now_ms)) {
            carry_out_late(worker.tick(now_ms));
        }
        if let Some(lessee) = &mut self.lessee {
            let turn = lessee.tick(&worker.table, &worker.shared, now_ms);
            self.lease(turn);
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        let worker = self.worker.as_ref()?;
        let stream = Stream {
            filter: Filter::new(Rc::clone(worker), id),
            worker: Rc::clone(worker),
        };
        Some(Box::new(Timed::new("token-quota", stream)))
    }
}

/// A number that nobody can foresee: what the standard library seeds its hash maps with comes from the host.
fn chance() -> u64 {
    RandomState::new().hash_one(now_us())
}

/// The seed of this Envoy, which nobody outside knows.
fn seed() -> u64 {
    let chosen = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
    set_shared_data(SEED, &chance().to_le_bytes(), None);
    shared_data(SEED)
        .and_then(|(bytes, _)| chosen(&bytes))
        .unwrap_or(0)
}

struct Stream {
    filter: Filter<SharedData>,
    worker: Rc<Worker<SharedData>>,
}

/// What the attempts have used, as schema-translation keeps it current.
fn usage_record() -> Option<UsageRecord> {
    UsageRecord::from_json(&property(&[usage::USAGE])?)
}

impl Stream {
    /// Who asks, and over which way.
    fn caller(worker: &Worker<SharedData>, headers: &penstock_flow::Headers) -> Caller {
        let config = worker.config();
        let limits = config.limits.iter();
        let by_route = limits
            .flat_map(|limit| limit.per.iter().chain(limit.only.iter().map(|(scope, _)| scope)))
            .any(|scope| *scope == Scope::Route);
        let route = by_route
            .then(|| property(&["xds", "route_name"]))
            .flatten()
            .map(|name| String::from_utf8_lossy(&name).into_owned());
        Caller::read(&config.identity, headers, metadata, route.unwrap_or_default())
    }

    fn decide(&mut self, body: &[u8]) -> Action {
        let started_us = now_us();
        let mut step = self.filter.request_body(body, started_us / 1_000);
        step.sample(metrics::COUNT_US, now_us().saturating_sub(started_us));
        carry_out(Direction::Request, step)
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let headers = headers(Direction::Request);
        let worker = Rc::clone(&self.worker);
        let caller = || Self::caller(&worker, &headers);
        let step = self.filter.request_headers(&headers, end_of_stream, caller);
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

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        let headers = headers(Direction::Response);
        let step = self.filter.response_headers(&headers, usage_record, now_ms());
        carry_out(Direction::Response, step)
    }

    fn on_http_response_body(&mut self, _: usize, end_of_stream: bool) -> Action {
        if !self.filter.watches_answer() {
            return Action::Continue;
        }
        let piece = body(Direction::Response);
        let step = self.filter.response_body(&piece, end_of_stream, now_ms());
        carry_out(Direction::Response, step)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        if self.filter.watches_answer() {
            // What ends with trailers has passed; there is no body left to replace.
            let step = self.filter.response_body(&[], true, now_ms());
            carry_out_late(step);
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        if self.filter.is_over() {
            return;
        }
        let attempts = property(&[usage::ATTEMPTS]).unwrap_or_default();
        let attempts = String::from_utf8_lossy(&attempts);
        carry_out_late(self.filter.log(usage_record(), &attempts, now_ms()));
    }
}
