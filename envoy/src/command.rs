//! What each subcommand does.

pub(crate) mod exec_envoy;
pub(crate) mod render;
pub(crate) mod run;
pub(crate) mod validate;
