//! The service that limits are leased from.

use std::time::Duration;

use serde::Serialize;

use crate::{endpoint::Endpoint, problem::Problems, provider, provider::Tls, raw, spanned::Spanned, unit};

const RIGHT: &str = "such as http://127.0.0.1:50051";
const REFRESH: Duration = Duration::from_millis(500);
/// The filter's timer ticks no faster.
const SHORTEST_REFRESH: Duration = Duration::from_millis(100);
const LONGEST_REFRESH: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(1);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
const INITIAL_PERCENT: u32 = 10;
const PERMILLE_OF_PERCENT: u32 = 10;

/// The service that limits are leased from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Trust, where it differs from the system's.
    pub tls: Tls,
    /// This Envoy's name there, if it is given one here.
    pub proxy: Option<String>,
    /// How often leases are renewed.
    pub refresh: Duration,
    /// How long one call may take.
    pub timeout: Duration,
    /// The part of a limit that is admitted without a valid lease, in thousandths.
    pub initial_permille: u32,
}

impl Service {
    /// The Envoy cluster that leads there.
    pub fn cluster(&self) -> &'static str {
        "penstock-quota-service"
    }

    pub(super) fn parse(raw: &Spanned<raw::Service>, problems: &mut Problems) -> Option<Self> {
        let here = raw.referenced;
        let raw = &raw.value;
        let endpoint = Endpoint::of_grpc(&raw.url, here, RIGHT, "quota.service.url", problems);
        let tls = Tls::parse(
            raw.tls.as_ref(),
            endpoint.as_ref(),
            ("quota.service", "url"),
            problems,
        );
        let proxy = match &raw.proxy {
            Some(text) => provider::name(text, "quota.service.proxy", problems).map(Some),
            None => Some(None),
        };
        let refresh = match &raw.refresh {
            Some(text) => unit::duration_within(
                text,
                "quota.service.refresh",
                SHORTEST_REFRESH..=LONGEST_REFRESH,
                problems,
            ),
            None => Some(REFRESH),
        };
        let timeout = match &raw.timeout {
            Some(text) => unit::duration(text, "quota.service.timeout", LONGEST_TIMEOUT, problems),
            None => Some(TIMEOUT),
        };
        let initial_percent = percent(&raw.initial_share, problems);
        Some(Self {
            endpoint: endpoint?,
            tls: tls?,
            proxy: proxy?,
            refresh: refresh?,
            timeout: timeout?,
            initial_permille: initial_percent?.saturating_mul(PERMILLE_OF_PERCENT),
        })
    }
}

fn percent(number: &raw::Number, problems: &mut Problems) -> Option<u32> {
    let Some(number) = number else {
        return Some(INITIAL_PERCENT);
    };
    let percent = u32::try_from(number.value).ok().filter(|percent| *percent <= 100);
    if percent.is_none() {
        problems.at(
            number.referenced,
            "quota.service.initial_share",
            "is a percentage, at most 100",
        );
    }
    percent
}
