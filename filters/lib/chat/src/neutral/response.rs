//! The neutral answer and its stream.
