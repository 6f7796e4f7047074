//! A row as a log record.
//!
//! The names are those of OpenTelemetry's conventions for generative AI (`semantic-conventions-genai`,
//! `model/gen-ai/registry.yaml`, read 2026-11-28; none of them is stable yet). What has no name there is `penstock.*`.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
    logs::v1::{LogRecord, SeverityNumber},
};

use crate::{
    collector::{attribute, text},
    ledger::row::Row,
};

const EVENT: &str = "gen_ai.client.inference.operation.details";

/// One request. Its severity says how it ended: an error of the service's or a provider's, one of the client's, or none.
pub(super) fn record(row: &Row) -> LogRecord {
    let nanos = |ms: u64| ms.saturating_mul(1_000_000);
    let (severity, word) = match row.status {
        500.. => (SeverityNumber::Error, "ERROR"),
        _ if row.is_cut => (SeverityNumber::Error, "ERROR"),
        400..=499 => (SeverityNumber::Warn, "WARN"),
        _ => (SeverityNumber::Info, "INFO"),
    };
    LogRecord {
        time_unix_nano: nanos(row.started_ms),
        observed_time_unix_nano: nanos(row.started_ms.saturating_add(row.duration_ms)),
        severity_number: severity as i32,
        severity_text: word.to_owned(),
        event_name: EVENT.to_owned(),
        attributes: attributes(row),
        ..LogRecord::default()
    }
}

fn attributes(row: &Row) -> Vec<KeyValue> {
    let seconds = |ms: u64| Value::DoubleValue(std::time::Duration::from_millis(ms).as_secs_f64());
    let some = |value: &Option<String>| value.as_deref().map(text);
    let filled = |value: &str| Some(value).filter(|value| !value.is_empty()).map(text);
    let chat = ["/chat/completions", "/messages"]
        .iter()
        .any(|end| row.path.ends_with(end));
    let is_error = row.status >= 400 || row.is_cut;
    let finish = row.finish_reason.as_deref().map(|reason| {
        let values = vec![AnyValue {
            value: Some(text(reason)),
        }];
        Value::ArrayValue(ArrayValue { values })
    });
    let fields = [
        ("gen_ai.operation.name", chat.then(|| text("chat"))),
        ("gen_ai.provider.name", some(&row.provider)),
        ("gen_ai.request.model", some(&row.model)),
        ("gen_ai.response.model", some(&row.provider_model)),
        ("gen_ai.response.finish_reasons", finish),
        (
            "gen_ai.response.time_to_first_chunk",
            row.first_token_ms.map(seconds),
        ),
        (
            "gen_ai.usage.input_tokens",
            row.input.map(|tokens| whole(tokens.0)),
        ),
        (
            "gen_ai.usage.output_tokens",
            row.output.map(|tokens| whole(tokens.0)),
        ),
        (
            "gen_ai.usage.cache_read.input_tokens",
            row.cached.map(|tokens| whole(tokens.0)),
        ),
        (
            "gen_ai.usage.cache_creation.input_tokens",
            row.cache_write.map(|tokens| whole(tokens.0)),
        ),
        (
            "gen_ai.usage.reasoning.output_tokens",
            row.reasoning.map(|tokens| whole(tokens.0)),
        ),
        ("gen_ai.agent.name", some(&row.agent)),
        ("error.type", is_error.then(|| text(error(row)))),
        ("http.response.status_code", Some(whole(u64::from(row.status)))),
        ("url.path", filled(&row.path)),
        ("penstock.request_id", filled(&row.id)),
        ("penstock.tenant", some(&row.tenant)),
        ("penstock.key", some(&row.key)),
        ("penstock.team", some(&row.team)),
        ("penstock.served_model", some(&row.served)),
        ("penstock.targets", filled(&row.targets)),
        ("penstock.attempts", Some(whole(row.attempts))),
        (
            "penstock.usage.estimated",
            row.is_estimated.then_some(Value::BoolValue(true)),
        ),
        ("penstock.cost.micro_usd", row.cost.map(|cost| whole(cost.0))),
        ("penstock.cache", filled(&row.cache)),
        ("penstock.pii", filled(&row.pii)),
        ("penstock.decision", filled(&row.decision)),
        ("penstock.reason", some(&row.reason)),
        ("penstock.response_flags", filled(&row.flags)),
        ("penstock.response_details", filled(&row.details)),
        ("penstock.cut", row.is_cut.then_some(Value::BoolValue(true))),
        (
            "penstock.client_left",
            row.client_left.then_some(Value::BoolValue(true)),
        ),
        ("penstock.decided_seconds", row.decided_ms.map(seconds)),
        ("penstock.first_byte_seconds", row.first_byte_ms.map(seconds)),
        ("penstock.duration_seconds", Some(seconds(row.duration_ms))),
        ("penstock.policy_version", filled(&row.proxy_policy)),
        ("penstock.service_policy_version", some(&row.service_policy)),
    ];
    let fields = fields.into_iter();
    let tags = row.tags.iter();
    fields
        .filter_map(|(key, value)| Some(attribute(key, value?)))
        .chain(tags.map(|(name, value)| attribute(&format!("penstock.tag.{name}"), text(value))))
        .collect()
}

/// What went wrong, in a word of which there are few.
fn error(row: &Row) -> &str {
    match &row.reason {
        _ if row.is_cut => "cut",
        Some(reason) => reason,
        None => match row.status {
            401 => "authentication",
            403 => "permission",
            404 => "not_found",
            429 => "rate_limit",
            500.. => "upstream",
            _ => "invalid_request",
        },
    }
}

fn whole(number: u64) -> Value {
    Value::IntValue(i64::try_from(number).unwrap_or(i64::MAX))
}
