//! What each subcommand does.

pub(crate) mod render;
pub(crate) mod validate;
