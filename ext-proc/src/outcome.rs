//! How a request really went, from Envoy's access log.

use penstock_client::{trail::Trail, usage::UsageRecord};

use crate::{caller::Caller, receipt::Receipt};

/// How a request really went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The id that Envoy gave it.
    pub id: String,
    /// When it arrived, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// From its first byte to the last of its answer.
    pub duration_ms: u64,
    /// To the first byte of the answer, if there was one.
    pub first_byte_ms: Option<u64>,
    /// The path that the client asked for, without the query.
    pub path: String,
    /// Who asked, if that is known.
    pub caller: Option<Caller>,
    /// What the service had decided and reserved, if it was asked.
    pub receipt: Option<Receipt>,
    /// What each attempt did.
    pub trail: Trail,
    /// What it has used.
    pub usage: Option<UsageRecord>,
    /// The status that the client saw.
    pub status: u16,
    /// Envoy's response flags, in their short form: `UC`, `DC`, …
    pub flags: Vec<String>,
    /// Why Envoy answered as it did.
    pub details: String,
    /// Kinds of personal data and how many values of each were found, as in `x-penstock-pii`.
    pub pii: Vec<(String, u64)>,
    /// The configuration that the proxy had in force.
    pub policy_version: String,
}

impl Outcome {
    /// Whether the answer broke off after its beginning through no doing of the client's.
    pub fn is_cut(&self) -> bool {
        const CUTS: [&str; 6] = ["UC", "UT", "UPE", "UR", "SI", "LR"];
        self.status < 400 && self.flags.iter().any(|flag| CUTS.contains(&flag.as_str()))
    }

    /// Whether the client left before the end.
    pub fn client_left(&self) -> bool {
        self.flags.iter().any(|flag| flag == "DC" || flag == "DR")
    }
}
