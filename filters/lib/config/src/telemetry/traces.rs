//! Where the spans of each request go, and of how many requests.

use serde::Serialize;
use serde_saphyr::Spanned;

use crate::{endpoint::Endpoint, problem::Problems, provider::Tls, raw, suggest};

const FIELD: &str = "telemetry.traces";
const RIGHT: &str = "such as http://127.0.0.1:4317";
/// Envoy chooses by hundredths of a percent.
const WHOLE: u32 = 10_000;

/// Where the spans of each request go, and of how many requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Traces {
    /// The collector; OTLP over gRPC.
    pub endpoint: Endpoint,
    /// Trust, where it differs from the system's.
    pub tls: Tls,
    /// Of ten thousand requests that are part of no trace yet, so many become one.
    pub sample: u32,
    /// Providers that are told the trace, in the order of the file.
    pub propagate: Vec<String>,
}

impl Traces {
    /// The Envoy cluster that leads to the collector.
    pub fn cluster(&self) -> &'static str {
        "penstock-traces"
    }

    pub(crate) fn parse(
        raw: &Spanned<raw::Traces>,
        file: &raw::File,
        problems: &mut Problems,
    ) -> Option<Self> {
        let here = raw.referenced;
        let raw = &raw.value;
        let otlp = format!("{FIELD}.otlp");
        let endpoint = Endpoint::of_grpc(&raw.otlp, here, RIGHT, &otlp, problems);
        let tls = Tls::parse(raw.tls.as_ref(), endpoint.as_ref(), (FIELD, "otlp"), problems);
        let sample = match &raw.sample {
            Some(share) => sample(share, problems),
            None => Some(WHOLE),
        };
        let propagate = match &raw.propagate {
            Some(names) => propagate(&names.value, file, problems),
            None => Some(Vec::new()),
        };
        Some(Self {
            endpoint: endpoint?,
            tls: tls?,
            sample: sample?,
            propagate: propagate?,
        })
    }
}

/// A share of one in ten thousandths; what is more than nothing stays so.
fn sample(share: &Spanned<f64>, problems: &mut Problems) -> Option<u32> {
    let value = share.value;
    let message = if !(0.0..=1.0).contains(&value) {
        "must be 0 to 1: the share of requests that are traced"
    } else if value > 0.0 && value < 1.0 / f64::from(WHOLE) {
        "at least 0.0001, or 0 for none: Envoy does not choose more finely"
    } else {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is within 0 to 10,000"
        )]
        return Some((value * f64::from(WHOLE)).round() as u32);
    };
    problems.at(share.referenced, format!("{FIELD}.sample"), message);
    None
}

fn propagate(names: &[Spanned<String>], file: &raw::File, problems: &mut Problems) -> Option<Vec<String>> {
    let known: Vec<&str> = file
        .providers
        .iter()
        .flat_map(|list| &list.value)
        .filter_map(|provider| Some(provider.value.name.as_ref()?.value.as_str()))
        .collect();
    let mut right = true;
    for (index, name) in names.iter().enumerate() {
        if !known.contains(&name.value.as_str()) {
            let remedy = suggest::remedy(&name.value, known.iter().copied());
            problems.at(
                name.referenced,
                format!("{FIELD}.propagate[{index}]"),
                format!("no provider is named {:?}; {remedy}", name.value),
            );
            right = false;
        }
    }
    right.then(|| names.iter().map(|name| name.value.clone()).collect())
}
