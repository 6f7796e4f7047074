//! The quota API.

#[cfg(test)]
mod api;
