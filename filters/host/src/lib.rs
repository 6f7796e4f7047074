//! The wasm side of `penstock-flow`: carries a filter's steps out inside Envoy.
//!
//! Only this crate calls the host. It has bindings of its own for the calls it needs, because those of the
//! `proxy-wasm` crate panic on any status they do not expect, and a panic takes down every stream of the
//! worker. Here a refused call is an absent value or a logged failure.

#[cfg(target_arch = "wasm32")]
mod abi;
mod body;
#[cfg(any(target_arch = "wasm32", test))]
mod declare;
#[cfg(target_arch = "wasm32")]
mod exchange;
#[cfg(any(target_arch = "wasm32", test))]
mod metadata;
#[cfg(target_arch = "wasm32")]
mod metric;

#[cfg(target_arch = "wasm32")]
pub use abi::{
    Direction, act_for, body, declare_text, drop_trailers, grpc_call, grpc_message, headers, log, now_ms,
    now_us, plugin_configuration, property, set_shared_data, shared_data, tick_every,
};
pub use body::Gathered;
#[cfg(target_arch = "wasm32")]
pub use exchange::{carry_out, carry_out_late};
#[cfg(target_arch = "wasm32")]
pub use metadata::metadata;
