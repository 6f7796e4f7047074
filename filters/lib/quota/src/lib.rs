//! Limits: reserve, settle, refund.
