//! The neutral form: what both APIs can say, in one shape.

pub mod request;
pub mod response;
