//! The service beside Envoy.
fn main() {}
