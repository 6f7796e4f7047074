//! What a whole chat request and its answer cost in tokens, before anybody has been asked.
//!
//! [`family()`] tells from a model's name how its tokens are counted, [`request`] counts a request, [`Streamed`] and
//! [`answer`] count what comes back, and [`Calibration`] learns by what the provider's own counts differ.
//!
//! # What is exact
//! The text of OpenAI's models, as their vocabulary is public; messages and names, by the constants of OpenAI's
//! cookbook (which its own test found one token above the bill of `gpt-5`); functions whose parameters are flat, by
//! the cookbook's formula for `gpt-4o` and `gpt-4`, taken for later models too; images whose size can be read, by the
//! formulas of OpenAI and Anthropic.
//!
//! # What is estimated
//! - The text of all other models: the nearest public vocabulary times a factor that calibrates itself.
//! - Nested parameters, schemas of the answer, tool calls and their results, which no provider documents: the text
//!   they hold, and for each call what a message costs.
//! - Tools of other models than OpenAI's: their JSON, and what Anthropic says that its own prompt for tools adds.
//! - PDF documents: by their size, see [`media`].
//!
//! # What is taken for the most that it can be
//! Images behind a URL or an uploaded file, or of a format that is not read here; audio, whose length is not known;
//! video.
//!
//! # What it refuses
//! Nothing that `penstock_translate::request::inspect` lets through. A member that is not known here counts as its
//! JSON text, for it may reach a prompt. Base64 is measured, never tokenized. Time is linear in the body.

mod calibration;
mod counter;
mod family;
pub mod image;
pub mod media;
mod output;
mod request;
mod text;

pub use calibration::Calibration;
pub use family::{Exactness, Family, Framing, ToolForm, family};
pub use output::{BYTES_PER_TOKEN, Streamed, answer};
pub use request::{Counted, request};
