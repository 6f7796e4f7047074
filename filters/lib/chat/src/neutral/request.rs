//! The neutral request.
