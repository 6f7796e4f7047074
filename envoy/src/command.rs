//! What each subcommand does.

mod check;
pub(crate) mod exec;
pub(crate) mod istio;
pub(crate) mod keys;
pub(crate) mod render;
pub(crate) mod run;
pub(crate) mod validate;
