//! Carries Envoy's events into [`Front`] and [`Back`], and their steps out. Decides nothing.

#![allow(unsafe_code)] // `proxy_wasm::main!` exports the entry point.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use penstock_client::usage::UsageRecord;
use penstock_config::slice::{self, SchemaTranslation};
use penstock_flow::Level;
use penstock_host::{
    Direction, Gathered, Timed, act_for, body, carry_out, carry_out_late, declare_text, drop_trailers,
    headers, log, metadata, now_ms, property, tick_every,
};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::back::{self, Back, Ending, Pool, Wants};
use crate::front::Front;
use crate::state::{self, LastError};

/// Where ext_authz puts whom the service has found to ask.
const CALLER: [&str; 2] = ["envoy.filters.http.ext_authz", "caller"];

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// The streams that are being watched for silence, and when each was last heard of. It holds no more than there
/// are running streams.
type Watched = Rc<RefCell<BTreeMap<u32, u64>>>;

#[derive(Default)]
struct Root {
    role: Role,
    watched: Watched,
}

#[derive(Clone, Default)]
enum Role {
    /// The configuration could not be read; Envoy refuses the filter then.
    #[default]
    None,
    Front(Rc<slice::Front>),
    Back(Rc<slice::Back>),
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        match serde_json::from_slice(&penstock_host::plugin_configuration(size)) {
            Ok(SchemaTranslation::Front(front)) => self.role = Role::Front(Rc::new(front)),
            Ok(SchemaTranslation::Back(back)) => {
                // Four looks in the time that is allowed, but at most one in 100 ms and at least one a second.
                tick_every((back.stream_stall_ms / 4).clamp(100, 1_000));
                self.role = Role::Back(Rc::new(back));
            }
            Err(error) => {
                log(
                    Level::Error,
                    &format!("schema-translation: plugin configuration: {error}"),
                );
                return false;
            }
        }
        for key in state::told().filter(|key| !declare_text(key)) {
            log(
                Level::Error,
                &format!("schema-translation: {key} could not be declared"),
            );
        }
        true
    }

    fn on_tick(&mut self) {
        let Role::Back(config) = &self.role else { return };
        let now_ms = now_ms();
        let silent = |last_ms: &u64| now_ms.saturating_sub(*last_ms) >= config.stream_stall_ms;
        let stalled: Vec<u32> = self
            .watched
            .borrow()
            .iter()
            .filter(|(_, ms)| silent(ms))
            .map(|(id, _)| *id)
            .collect();
        for context in stalled {
            self.watched.borrow_mut().remove(&context);
            if act_for(context) {
                carry_out(Direction::Response, back::stalled(config, state(state::PROGRESS)));
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(match &self.role {
            Role::Front(config) => {
                let front = FrontContext {
                    front: Front::new(Rc::clone(config), now_ms()),
                };
                Box::new(Timed::new("schema-translation", front))
            }
            Role::Back(config) => {
                let back = BackContext {
                    id,
                    back: Back::new(Rc::clone(config), pool(), now_ms()),
                    has_body: false,
                    watched: Rc::clone(&self.watched),
                };
                Box::new(Timed::new("schema-translation-back", back))
            }
            Role::None => Box::new(Unconfigured),
        })
    }
}

struct Unconfigured;

impl Context for Unconfigured {}
impl HttpContext for Unconfigured {}

/// What another instance of this filter has packed into filter state.
fn state<T: serde::de::DeserializeOwned>(key: &str) -> Option<T> {
    state::unpacked(&property(&[key])?)
}

/// The last error of a provider.
fn last_error() -> Option<LastError> {
    serde_json::from_slice(&property(&[state::ERROR])?).ok()
}

/// What the attempts have used.
fn usage() -> Option<UsageRecord> {
    UsageRecord::from_json(&property(&[state::USAGE])?)
}

/// What the service has decided.
fn decision() -> Option<String> {
    metadata(&[
        penstock_plan::NAMESPACE.to_owned(),
        penstock_plan::DECISION.to_owned(),
    ])
}

/// Whether the service has said who asks. Its answer to ext_authz holds nothing else.
fn has_caller() -> bool {
    metadata(&CALLER.map(str::to_owned)).is_some()
}

struct FrontContext {
    front: Front,
}

impl Context for FrontContext {}

impl HttpContext for FrontContext {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let step = self
            .front
            .request_headers(&headers(Direction::Request), end_of_stream);
        carry_out(Direction::Request, step)
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let step = match Gathered::of(size, end_of_stream, self.front.body_limit()) {
            Gathered::Part => return Action::Pause,
            Gathered::Whole => self
                .front
                .request_body(&body(Direction::Request), decision, has_caller),
            Gathered::TooLarge => self.front.request_too_large(),
        };
        carry_out(Direction::Request, step)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        drop_trailers(Direction::Request);
        let step = self
            .front
            .request_body(&body(Direction::Request), decision, has_caller);
        carry_out(Direction::Request, step)
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let journey = state(state::PROGRESS);
        let headers = headers(Direction::Response);
        let step = self
            .front
            .response_headers(&headers, end_of_stream, journey, last_error, usage, now_ms());
        carry_out(Direction::Response, step)
    }

    fn on_http_response_body(&mut self, _: usize, end_of_stream: bool) -> Action {
        if end_of_stream && self.front.prices_end() {
            let journey = state(state::PROGRESS);
            carry_out_late(self.front.response_end(journey.as_ref(), usage()));
        }
        if !self.front.replaces_body() {
            return Action::Continue;
        }
        if !end_of_stream {
            return Action::Pause;
        }
        let status = headers(Direction::Response)
            .get(":status")
            .and_then(|status| status.parse().ok());
        let journey = state(state::PROGRESS);
        let step = self
            .front
            .envoy_reply(status.unwrap_or(503), journey.as_ref(), last_error());
        carry_out(Direction::Response, step)
    }

    fn on_log(&mut self) {
        carry_out_late(self.front.log());
    }
}

/// Whether the running attempt has had a connection. Envoy keeps what it knows of the upstream side across
/// attempts, so a failure of this one outweighs the address of an earlier one.
fn connected() -> bool {
    let told = |name| property(&["upstream", name]).filter(|value| !value.is_empty());
    told("transport_failure_reason").is_none() && told("local_address").is_some()
}

/// The pool of this VM, which all its root contexts share.
fn pool() -> Pool {
    thread_local! {
        static POOL: Pool = Pool::default();
    }
    POOL.with(Pool::clone)
}

struct BackContext {
    id: u32,
    back: Back,
    has_body: bool,
    watched: Watched,
}

impl Context for BackContext {
    fn on_done(&mut self) -> bool {
        self.watched.borrow_mut().remove(&self.id);
        if !self.back.is_unheard() {
            return true;
        }
        let ending = if property(&[state::CLIENT_GONE]).is_some() {
            Ending::ClientGone
        } else if connected() {
            Ending::Connected
        } else {
            Ending::NotConnected
        };
        carry_out_late(self.back.done(ending, now_ms()));
        true
    }
}

impl HttpContext for BackContext {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let step = self.back.request_headers(
            &headers(Direction::Request),
            state(state::PLAN),
            state(state::PROGRESS),
            state(state::CREDENTIAL),
        );
        carry_out(Direction::Request, step)
    }

    fn on_http_request_body(&mut self, _: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        let step = self.back.request_body(&body(Direction::Request));
        carry_out(Direction::Request, step)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        drop_trailers(Direction::Request);
        let step = self.back.request_body(&body(Direction::Request));
        carry_out(Direction::Request, step)
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let step = self
            .back
            .response_headers(&headers(Direction::Response), end_of_stream, now_ms());
        carry_out(Direction::Response, step)
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.has_body = true;
        if let Wants::Whole(limit) = self.back.wants() {
            match Gathered::of(size, end_of_stream, limit) {
                Gathered::Part => return Action::Pause,
                Gathered::Whole => {}
                Gathered::TooLarge => return carry_out(Direction::Response, self.back.response_too_large()),
            }
        }
        let now_ms = now_ms();
        let step = self
            .back
            .response_body(&body(Direction::Response), end_of_stream, now_ms);
        if !end_of_stream && self.back.is_watched() {
            self.watched.borrow_mut().insert(self.id, now_ms);
        } else {
            self.watched.borrow_mut().remove(&self.id);
        }
        carry_out(Direction::Response, step)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        drop_trailers(Direction::Response);
        if self.back.is_over() {
            return Action::Continue;
        }
        let step = if self.has_body {
            self.back
                .response_body(&body(Direction::Response), true, now_ms())
        } else {
            // Envoy holds no body that could be replaced.
            self.back.response_without_body(now_ms())
        };
        carry_out(Direction::Response, step)
    }
}
