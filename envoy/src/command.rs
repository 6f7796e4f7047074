//! What each subcommand does.

pub(crate) mod exec;
pub(crate) mod keys;
pub(crate) mod render;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod validate;
