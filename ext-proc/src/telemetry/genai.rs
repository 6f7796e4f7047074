//! OpenTelemetry's metrics of generative AI.
//!
//! Names, units and bucket boundaries are those of the semantic conventions of OpenTelemetry 1.36, 1.37 to 1.43
//! (`docs/gen-ai/gen-ai-metrics.md`), and of `semantic-conventions-genai` 0.1.0 (`docs/gen-ai/gen-ai-token-metrics.md`), read
//! 2026-11-28. None of them is stable yet. `gen_ai.server.*` is the same in all three.

use penstock_chat::{Tokens, Usage};
use penstock_config::telemetry::Semconv;
use prometheus_client::{
    metrics::{counter::Counter, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{
    Names, Request,
    ending::{self, Ending},
    series::{Labels, Series},
};
use crate::label::Label;

const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const DURATIONS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_TOKENS: [f64; 16] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const PER_TOKEN: [f64; 13] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5,
];

#[derive(Debug)]
pub(super) struct GenAi {
    semconv: Semconv,
    usage: Series<Histogram>,
    latest: Latest,
    duration: Series<Histogram>,
    first_token: Series<Histogram>,
    per_token: Series<Histogram>,
}

/// What 0.1.0 has in the place of the one histogram of tokens.
#[derive(Debug)]
struct Latest {
    input: Series<Histogram>,
    output: Series<Histogram>,
    used: [(Used, Series<Counter>); 5],
}

/// A counter of 0.1.0: its name, and what it counts.
type Used = (&'static str, &'static str, fn(&Usage) -> Tokens);

const USED: [Used; 5] = [
    ("input_tokens", "Input tokens, cached ones included", |usage| {
        usage.input
    }),
    (
        "output_tokens",
        "Output tokens, those of reasoning included",
        |usage| usage.output,
    ),
    (
        "cache_read_input_tokens",
        "Input tokens that the provider read from its cache",
        |usage| usage.cache_read,
    ),
    (
        "cache_write_input_tokens",
        "Input tokens that the provider wrote to its cache",
        |usage| usage.cache_write,
    ),
    (
        "reasoning_output_tokens",
        "Output tokens spent on reasoning",
        |usage| usage.reasoning,
    ),
];

impl GenAi {
    pub(super) fn new(semconv: Semconv) -> Self {
        let tokens = || Series::new(|| Histogram::new(TOKENS));
        Self {
            semconv,
            usage: tokens(),
            latest: Latest {
                input: tokens(),
                output: tokens(),
                used: USED.map(|used| (used, Series::default())),
            },
            duration: Series::new(|| Histogram::new(DURATIONS)),
            first_token: Series::new(|| Histogram::new(FIRST_TOKENS)),
            per_token: Series::new(|| Histogram::new(PER_TOKEN)),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        match self.semconv {
            Semconv::V1_36 | Semconv::V1_37 => self.usage.register(
                registry,
                "gen_ai_client_token_usage",
                "Input and output tokens of an attempt that is billed",
            ),
            Semconv::Latest => self.latest.register(registry),
        }
        self.duration.register_with_unit(
            registry,
            "gen_ai_server_request_duration",
            "Time from the first byte of a request to the last of its answer",
            Unit::Seconds,
        );
        self.first_token.register_with_unit(
            registry,
            "gen_ai_server_time_to_first_token",
            "Time from the start of the attempt that was answered to its first content, of streams",
            Unit::Seconds,
        );
        self.per_token.register_with_unit(
            registry,
            "gen_ai_server_time_per_output_token",
            "Time for each output token after the first, of streams",
            Unit::Seconds,
        );
    }

    /// Of a request for a model.
    pub(super) fn observe(&self, request: &Request<'_>) {
        let Request {
            outcome,
            spent,
            ending,
            ..
        } = request;
        for part in &spent.parts {
            let labels = self.labels(request, &part.provider, &part.model);
            match self.semconv {
                Semconv::V1_36 | Semconv::V1_37 => self.observe_usage(labels, &part.usage),
                Semconv::Latest => self.latest.observe(labels, &part.usage, request),
            }
        }
        let Some(last) = outcome.trail.0.last() else {
            return;
        };
        let mut labels = self.labels(request, &last.provider, &last.model);
        let is_stream = outcome.receipt.as_ref().is_some_and(|receipt| receipt.stream);
        if *ending == Ending::Ok && is_stream {
            if let Some(first_token_ms) = last.first_token_ms {
                self.first_token
                    .of(labels.clone())
                    .observe(seconds(first_token_ms));
            }
            if let Some(per_token) = per_token(request) {
                self.per_token.of(labels.clone()).observe(per_token);
            }
        }
        labels.extend(error(request));
        self.duration.of(labels).observe(seconds(outcome.duration_ms));
    }

    pub(super) fn forget(&self, names: &Names) {
        for histogram in [
            &self.usage,
            &self.latest.input,
            &self.latest.output,
            &self.duration,
            &self.first_token,
            &self.per_token,
        ] {
            histogram.forget(names);
        }
        for (_, counter) in &self.latest.used {
            counter.forget(names);
        }
    }

    fn observe_usage(&self, labels: Labels, usage: &Usage) {
        for (kind, tokens) in [("input", usage.input), ("output", usage.output)] {
            let mut labels = labels.clone();
            labels.push(("gen_ai_token_type", kind.into()));
            self.usage.of(labels).observe(tokens.0 as f64);
        }
    }

    fn labels(&self, request: &Request<'_>, provider: &str, model: &str) -> Labels {
        let names = request.names;
        let provider_label = match self.semconv {
            Semconv::V1_36 => "gen_ai_system",
            Semconv::V1_37 | Semconv::Latest => "gen_ai_provider_name",
        };
        vec![
            ("gen_ai_operation_name", "chat".into()),
            (provider_label, names.provider(provider).into()),
            ("gen_ai_request_model", request.alias.into()),
            ("gen_ai_response_model", names.target(provider, model).into()),
        ]
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let histograms = [
            &self.usage,
            &self.latest.input,
            &self.latest.output,
            &self.duration,
            &self.first_token,
            &self.per_token,
        ];
        let counters = self.latest.used.iter().map(|(_, counter)| counter.len());
        histograms.map(Series::len).into_iter().chain(counters).sum()
    }
}

impl Latest {
    fn register(&self, registry: &mut Registry) {
        self.input.register(
            registry,
            "gen_ai_client_inference_operation_input_tokens",
            "Input tokens of an attempt that is billed",
        );
        self.output.register(
            registry,
            "gen_ai_client_inference_operation_output_tokens",
            "Output tokens of an attempt that is billed",
        );
        for ((name, help, _), counter) in &self.used {
            counter.register(registry, &format!("gen_ai_client_inference_usage_{name}"), help);
        }
    }

    fn observe(&self, labels: Labels, usage: &Usage, request: &Request<'_>) {
        for ((_, _, count), counter) in &self.used {
            let mut labels = labels.clone();
            // No provider tells text from images here.
            labels.push(("gen_ai_token_modality", "unknown".into()));
            counter.of(labels).inc_by(count(usage).0);
        }
        for (histogram, tokens) in [(&self.input, usage.input), (&self.output, usage.output)] {
            let mut labels = labels.clone();
            labels.extend(error(request));
            histogram.of(labels).observe(tokens.0 as f64);
        }
    }
}

fn error(request: &Request<'_>) -> Option<(&'static str, Label)> {
    let error = ending::error(request.outcome, request.ending)?;
    Some(("error_type", error.into()))
}

/// Seconds for each output token after the first. The first byte goes to the client with the first token, unless the
/// answer is held.
fn per_token(request: &Request<'_>) -> Option<f64> {
    let outcome = request.outcome;
    let first_byte_ms = outcome.first_byte_ms.filter(|_| !request.holds_answer)?;
    let rest = request.spent.parts.last()?.usage.output.0.checked_sub(1)?;
    let time = seconds(outcome.duration_ms.saturating_sub(first_byte_ms));
    (rest > 0).then(|| time / rest as f64)
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
