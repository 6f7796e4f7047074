//! What is written down of each request, for how long, and who else is told.

use std::time::Duration;

use serde::Serialize;
use serde_saphyr::{Location, Spanned};

use crate::{credential, endpoint::Endpoint, problem::Problems, provider::Tls, raw, suggest, unit};

const RIGHT: &str = "such as http://127.0.0.1:4317";
/// OpenTelemetry's own name for what is sent along, read 2026-11-28.
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Ten years.
const LONGEST_RETENTION: Duration = Duration::from_secs(3650 * 24 * 60 * 60);
const FLUSH: Duration = Duration::from_millis(500);
const SHORTEST_FLUSH: Duration = Duration::from_millis(10);
/// What a killed service loses at most.
const LONGEST_FLUSH: Duration = Duration::from_secs(1);

/// What is written down of each request, for how long, and who else is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// How long it is kept.
    pub retention: Duration,
    /// The most that is lost when the service is killed.
    pub flush: Duration,
    /// The collector that is told of each request.
    pub otlp: Option<Otlp>,
    /// What is kept of what was asked.
    pub bodies: Bodies,
}

/// A collector of OpenTelemetry's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Otlp {
    /// Where it is; OTLP over gRPC.
    pub endpoint: Endpoint,
    /// Trust, where it differs from the system's.
    pub tls: Tls,
    /// The environment variable that holds headers to send along, in OpenTelemetry's form: `name=value,name=value`.
    pub headers_env: Option<String>,
}

/// What is kept of what was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bodies {
    /// Nothing.
    #[default]
    None,
    /// Requests as they leave pii-redaction, with placeholders where personal data stood.
    Masked,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            retention: RETENTION,
            flush: FLUSH,
            otlp: None,
            bodies: Bodies::None,
        }
    }
}

impl Ledger {
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Self> {
        let Some(Spanned { value: ledger, .. }) = &raw.ledger else {
            return Some(Self::default());
        };
        let retention = match &ledger.retention {
            Some(text) => unit::long_duration(text, "ledger.retention", DAY..=LONGEST_RETENTION, problems),
            None => Some(RETENTION),
        };
        let flush = match &ledger.flush {
            Some(text) => {
                unit::duration_within(text, "ledger.flush", SHORTEST_FLUSH..=LONGEST_FLUSH, problems)
            }
            None => Some(FLUSH),
        };
        let otlp = match &ledger.otlp {
            Some(otlp) => Otlp::parse(otlp, problems).map(Some),
            None => Some(None),
        };
        let bodies = ledger.audit.as_ref().and_then(|audit| audit.bodies.as_ref());
        let bodies = match bodies {
            Some(text) => Bodies::parse(text, raw.pii.is_some(), problems),
            None => Some(Bodies::None),
        };
        Some(Self {
            retention: retention?,
            flush: flush?,
            otlp: otlp?,
            bodies: bodies?,
        })
    }
}

impl Otlp {
    fn parse(raw: &Spanned<raw::Otlp>, problems: &mut Problems) -> Option<Self> {
        let here = raw.referenced;
        let raw = &raw.value;
        let endpoint = endpoint(&raw.url, here, problems);
        let tls = Tls::parse(
            raw.tls.as_ref(),
            endpoint.as_ref(),
            ("ledger.otlp", "url"),
            problems,
        );
        let headers_env = match &raw.headers {
            Some(raw) => headers(raw, problems).map(Some),
            None => Some(None),
        };
        Some(Self {
            endpoint: endpoint?,
            tls: tls?,
            headers_env: headers_env?,
        })
    }
}

impl Bodies {
    fn parse(text: &Spanned<String>, is_masked: bool, problems: &mut Problems) -> Option<Self> {
        const FIELD: &str = "ledger.audit.bodies";
        let message = match text.value.as_str() {
            "none" => return Some(Self::None),
            "masked" if is_masked => return Some(Self::Masked),
            "masked" => {
                "nobody masks without pii at the top level of the file; add that, or write none".to_owned()
            }
            word => format!(
                "unknown value {word:?}; {}",
                suggest::remedy(word, ["none", "masked"])
            ),
        };
        problems.at(text.referenced, FIELD, message);
        None
    }
}

fn endpoint(text: &raw::Text, here: Location, problems: &mut Problems) -> Option<Endpoint> {
    const FIELD: &str = "ledger.otlp.url";
    let Some(text) = text else {
        problems.at(here, FIELD, format!("missing; write {RIGHT}"));
        return None;
    };
    let endpoint = Endpoint::parse(text, RIGHT, FIELD, problems)?;
    if !endpoint.prefix.is_empty() {
        problems.at(
            text.referenced,
            FIELD,
            format!("holds a path, which gRPC decides itself; write {RIGHT}"),
        );
        return None;
    }
    Some(endpoint)
}

/// They hold the collector's credential.
fn headers(raw: &Spanned<raw::Credential>, problems: &mut Problems) -> Option<String> {
    const FIELD: &str = "ledger.otlp.headers";
    let remedy = format!("write {{ env: NAME }}, such as {{ env: {HEADERS} }}");
    let message = match &raw.value {
        raw::Credential::Secret => format!("a secret must not stand in this file; {remedy}"),
        raw::Credential::Source(source) => match (&source.env, &source.file, &source.client) {
            (Some(name), None, None) => {
                return credential::env(name, HEADERS, &format!("{FIELD}.env"), problems);
            }
            _ => format!("come from an environment variable only; {remedy}"),
        },
    };
    problems.at(raw.referenced, FIELD, message);
    None
}
