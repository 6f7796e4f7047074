//! Values of each kind, by region.

pub mod americas;
pub mod asia;
pub mod contact;
pub mod europe;
pub mod finance;
pub mod network;
pub mod oceania;
pub mod personal;
pub mod secret;
pub mod vendor;
