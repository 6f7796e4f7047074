//! Personal data in text: recognise it, put placeholders in its place, and put it back where they return.
//!
//! [`Recognizers`] finds: each kind of data has a small recogniser of its own under `recognize/`, asked only where
//! its data may start, in one pass over the text. [`Vault`] gives each value a placeholder that depends on nothing but a key,
//! a tenant and the value, and remembers which is whose for the time of one request. [`Restorer`] puts values back into text that
//! comes in pieces, and holds back no more than what may still become a placeholder.
//!
//! It recognises what has a structure. Names and addresses of people have none, and are not found. Of JSON it knows
//! strings, and of APIs nothing, and no error or value of it that is meant for people holds any of the text: kinds, counts and places only.
//! Places are bytes. Time is in proportion to the text, whatever stands in it.

mod checksum;
mod context;
mod custom;
mod date;
mod entity;
mod finding;
mod json;
mod known;
mod letters;
mod mask;
mod overlap;
mod placeholder;
mod policy;
mod recognize;
mod restore;
mod scan;
mod screen;
mod text;
mod vault;

pub use custom::{Custom, DenyList, InvalidCustom, Pattern};
pub use entity::{Entity, MOST_CUSTOM};
pub use finding::{Finding, Score};
pub use json::{Decoded, NESTED, escape};
pub use mask::{Masking, Passage, label};
pub use placeholder::{KeyTooShort, Placeholders, SHORTEST_KEY};
pub use policy::{Action, Policy};
pub use restore::{Manner, Restorer, number, restore};
pub use scan::{Recognizers, Thresholds};
pub use screen::{Instead, Screen, Screening};
pub use vault::Vault;
