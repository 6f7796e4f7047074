//! What is written down of each request, for how long, and who else is told.

use std::time::Duration;

use serde::Serialize;
use serde_saphyr::{Location, Spanned};

use crate::{
    credential,
    endpoint::Endpoint,
    pii::Pii,
    problem::Problems,
    provider::Tls,
    raw,
    slice::{PiiAction, PiiPolicy, Unscannable},
    suggest, unit,
};

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
    /// `pii` is what was understood of how personal data is treated.
    pub(crate) fn parse(raw: &raw::File, pii: Option<&Pii>, problems: &mut Problems) -> Option<Self> {
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
            Some(otlp) => {
                let raw = &otlp.value;
                let parts = (&raw.url, raw.tls.as_ref(), raw.headers.as_ref());
                Otlp::parse(parts, otlp.referenced, "ledger.otlp", problems).map(Some)
            }
            None => Some(None),
        };
        let bodies = ledger.audit.as_ref().and_then(|audit| audit.bodies.as_ref());
        let bodies = match bodies {
            Some(text) => Bodies::parse(text, raw, pii, problems),
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
    /// Its URL, trust and headers. `here` is the section `field` that they stand in.
    pub(crate) fn parse(
        (url, tls, headers): (
            &raw::Text,
            Option<&Spanned<raw::Tls>>,
            Option<&Spanned<raw::Credential>>,
        ),
        here: Location,
        field: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let endpoint = Endpoint::of_grpc(url, here, RIGHT, &format!("{field}.url"), problems);
        let tls = Tls::parse(tls, endpoint.as_ref(), (field, "url"), problems);
        let headers_env = match headers {
            Some(raw) => headers_of(raw, &format!("{field}.headers"), problems).map(Some),
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
    fn parse(
        text: &Spanned<String>,
        raw: &raw::File,
        pii: Option<&Pii>,
        problems: &mut Problems,
    ) -> Option<Self> {
        const FIELD: &str = "ledger.audit.bodies";
        let message = match text.value.as_str() {
            "none" => return Some(Self::None),
            "masked" if raw.pii.is_some() => match pii.and_then(|pii| unmasked(raw, pii)) {
                None => return Some(Self::Masked),
                Some((model, setting)) => format!(
                    "what model {model} is asked would be kept unmasked, for its {setting}; mask it there, or write none"
                ),
            },
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

/// The first model of which personal data that was found, or text that could not be looked through, goes on as it is;
/// and which setting makes it so.
fn unmasked<'a>(raw: &'a raw::File, pii: &Pii) -> Option<(&'a str, String)> {
    let models = raw.models.iter().flat_map(|list| &list.value);
    let names = models.filter_map(|model| Some(model.value.name.as_ref()?.value.as_str()));
    names
        .filter_map(|name| {
            let own = pii.models.iter().find(|model| model.name == name);
            let policy = own.map_or(&pii.policy, |own| &own.policy);
            Some((name, passes(policy)?))
        })
        .next()
}

/// A kind that is ignored by its name is none, says the operator; one that is flagged is, and stays.
fn passes(policy: &PiiPolicy) -> Option<String> {
    match policy.action {
        PiiAction::Flag => return Some("pii.action: flag".to_owned()),
        PiiAction::Ignore => return Some("pii.action: ignore".to_owned()),
        PiiAction::Mask | PiiAction::Hash | PiiAction::Redact | PiiAction::Deny => {}
    }
    if policy.on_unscannable == Unscannable::Pass {
        return Some("pii.on_unscannable: pass".to_owned());
    }
    let flagged = policy
        .entities
        .iter()
        .find(|entity| entity.action == PiiAction::Flag)?;
    Some(format!("pii.entities.{}.action: flag", flagged.name))
}

/// They hold the collector's credential.
fn headers_of(raw: &Spanned<raw::Credential>, field: &str, problems: &mut Problems) -> Option<String> {
    let remedy = format!("write {{ env: NAME }}, such as {{ env: {HEADERS} }}");
    let message = match &raw.value {
        raw::Credential::Secret => format!("a secret must not stand in this file; {remedy}"),
        raw::Credential::Source(source) => match (&source.env, &source.file, &source.client) {
            (Some(name), None, None) => {
                return credential::env(name, HEADERS, &format!("{field}.env"), problems);
            }
            _ => format!("come from an environment variable only; {remedy}"),
        },
    };
    problems.at(raw.referenced, field, message);
    None
}
