//! From a metric in Prometheus's words to one in OpenTelemetry's.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum,
        metric::Data, number_data_point::Value,
    },
};

use super::text::{Read, Sample};
use crate::collector::{attribute, text};

/// Names of the conventions, with their units. Everything else is ours: `penstock_requests` is `penstock.requests`.
const NAMES: [(&str, &str, &str); 11] = [
    ("gen_ai_client_token_usage", "gen_ai.client.token.usage", TOKEN),
    (
        "gen_ai_client_inference_operation_input_tokens",
        "gen_ai.client.inference.operation.input_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_operation_output_tokens",
        "gen_ai.client.inference.operation.output_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_usage_input_tokens",
        "gen_ai.client.inference.usage.input_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_usage_output_tokens",
        "gen_ai.client.inference.usage.output_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_usage_cache_read_input_tokens",
        "gen_ai.client.inference.usage.cache_read.input_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_usage_cache_write_input_tokens",
        "gen_ai.client.inference.usage.cache_write.input_tokens",
        TOKEN,
    ),
    (
        "gen_ai_client_inference_usage_reasoning_output_tokens",
        "gen_ai.client.inference.usage.reasoning.output_tokens",
        TOKEN,
    ),
    (
        "gen_ai_server_request_duration",
        "gen_ai.server.request.duration",
        SECOND,
    ),
    (
        "gen_ai_server_time_to_first_token",
        "gen_ai.server.time_to_first_token",
        SECOND,
    ),
    (
        "gen_ai_server_time_per_output_token",
        "gen_ai.server.time_per_output_token",
        SECOND,
    ),
];
/// Labels of the conventions; others keep their names.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("error_type", "error.type"),
    ("gen_ai_operation_name", "gen_ai.operation.name"),
    ("gen_ai_provider_name", "gen_ai.provider.name"),
    ("gen_ai_request_model", "gen_ai.request.model"),
    ("gen_ai_response_model", "gen_ai.response.model"),
    ("gen_ai_system", "gen_ai.system"),
    ("gen_ai_token_modality", "gen_ai.token.modality"),
    ("gen_ai_token_type", "gen_ai.token.type"),
];
/// Units of UCUM.
const TOKEN: &str = "{token}";
const SECOND: &str = "s";
const LE: &str = "le";
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// When what is told began, and when it was read, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

/// What was read at `now`, of what has been counted since `start`. A metric without a series is left out.
pub(super) fn metrics(families: &[Read<'_>], start: SystemTime, now: SystemTime) -> Vec<Metric> {
    let times = Times {
        start: nanos(start),
        now: nanos(now),
    };
    families
        .iter()
        .filter_map(|family| {
            let (name, unit) = name(family.name);
            Some(Metric {
                name,
                description: family.help.to_owned(),
                unit: unit.to_owned(),
                data: Some(data(family, times).filter(|data| count(data) > 0)?),
                ..Metric::default()
            })
        })
        .collect()
}

/// How many points it has.
pub(super) fn points(metric: &Metric) -> usize {
    metric.data.as_ref().map_or(0, count)
}

fn count(data: &Data) -> usize {
    match data {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        Data::Histogram(histogram) => histogram.data_points.len(),
        Data::ExponentialHistogram(_) | Data::Summary(_) => 0,
    }
}

fn name(written: &str) -> (String, &'static str) {
    let (bare, unit) = match written.strip_suffix("_seconds") {
        Some(bare) => (bare, SECOND),
        None => (written, ""),
    };
    match NAMES.iter().find(|(name, _, _)| *name == bare) {
        Some((_, name, unit)) => ((*name).to_owned(), unit),
        None => (bare.replacen('_', ".", 1), unit),
    }
}

fn data(family: &Read<'_>, times: Times) -> Option<Data> {
    let numbers = || {
        family
            .samples
            .iter()
            .map(|sample| number(sample, times))
            .collect()
    };
    Some(match family.kind {
        "counter" => Data::Sum(Sum {
            data_points: numbers(),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        }),
        "gauge" => Data::Gauge(Gauge {
            data_points: numbers(),
        }),
        "histogram" => Data::Histogram(Histogram {
            data_points: histograms(family, times),
            aggregation_temporality: CUMULATIVE,
        }),
        _ => return None,
    })
}

fn number(sample: &Sample<'_>, times: Times) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(&sample.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        value: Some(Value::AsDouble(sample.value)),
        ..NumberDataPoint::default()
    }
}

/// One point for all lines whose labels differ in `le` only.
fn histograms(family: &Read<'_>, times: Times) -> Vec<HistogramDataPoint> {
    let mut series: BTreeMap<BTreeMap<&str, String>, HistogramDataPoint> = BTreeMap::new();
    for sample in &family.samples {
        let mut labels = sample.labels.clone();
        let bound = labels.remove(LE);
        let point = series.entry(labels).or_default();
        match sample.suffix {
            "_sum" => point.sum = Some(sample.value),
            "_count" => point.count = whole(sample.value),
            "_bucket" => {
                let before: u64 = point.bucket_counts.iter().sum();
                point
                    .bucket_counts
                    .push(whole(sample.value).saturating_sub(before));
                // The last one has no end.
                let bound = bound.and_then(|bound| bound.parse::<f64>().ok());
                point
                    .explicit_bounds
                    .extend(bound.filter(|bound| bound.is_finite()));
            }
            _ => {}
        }
    }
    let points = series.into_iter();
    points
        .map(|(labels, mut point)| {
            point.attributes = attributes(&labels);
            (point.start_time_unix_nano, point.time_unix_nano) = (times.start, times.now);
            point
        })
        .collect()
}

/// An empty value is none.
fn attributes(labels: &BTreeMap<&str, String>) -> Vec<KeyValue> {
    let filled = labels.iter().filter(|(_, value)| !value.is_empty());
    filled
        .map(|(label, value)| {
            let known = ATTRIBUTES.iter().find(|(name, _)| name == label);
            attribute(known.map_or(*label, |(_, name)| *name), text(value))
        })
        .collect()
}

/// Counts are whole and not negative; a cast saturates.
fn whole(value: f64) -> u64 {
    value as u64
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
