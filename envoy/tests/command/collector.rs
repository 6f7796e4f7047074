//! The example for OpenTelemetry's collector. The collector itself is in no registry that tests reach, so this checks what
//! it would check first: that all parts exist, are used, and have options that its documentation names.

use std::{collections::BTreeSet, fs};

use serde_json::{Map, Value};

use crate::support::checkout;

/// Components of the distribution `contrib`, and their options as far as the example needs them. Sources: the README or
/// `config.go` of each in `open-telemetry/opentelemetry-collector-contrib` and `opentelemetry-collector`, read 2026-11-28.
const OPTIONS: [(&str, &str, &[&str]); 8] = [
    ("extensions", "health_check", &["endpoint"]),
    (
        "extensions",
        "file_storage",
        &["directory", "create_directory", "timeout", "fsync", "compaction"],
    ),
    ("receivers", "otlp", &["protocols"]),
    (
        "processors",
        "memory_limiter",
        &[
            "check_interval",
            "limit_mib",
            "spike_limit_mib",
            "limit_percentage",
            "spike_limit_percentage",
        ],
    ),
    (
        "processors",
        "transform",
        &[
            "error_mode",
            "trace_statements",
            "metric_statements",
            "log_statements",
        ],
    ),
    (
        "exporters",
        "kafka",
        &[
            "brokers",
            "protocol_version",
            "client_id",
            "logs",
            "metrics",
            "traces",
            "tls",
            "auth",
            "metadata",
            "timeout",
            "retry_on_failure",
            "sending_queue",
            "producer",
            "topic_from_attribute",
            "partition_traces_by_id",
            "partition_logs_by_resource_attributes",
        ],
    ),
    (
        "exporters",
        "clickhouse",
        &[
            "endpoint",
            "username",
            "password",
            "ttl",
            "database",
            "connection_params",
            "create_schema",
            "compress",
            "async_insert",
            "tls",
            "logs_table_name",
            "traces_table_name",
            "metrics_tables",
            "cluster_name",
            "table_engine",
            "timeout",
            "sending_queue",
            "retry_on_failure",
        ],
    ),
    (
        "exporters",
        "file",
        &[
            "path",
            "rotation",
            "format",
            "compression",
            "append",
            "flush_interval",
            "group_by",
        ],
    ),
];
/// One of its own: most of its options are below `s3uploader`.
const S3: [&[&str]; 2] = [
    &[
        "s3uploader",
        "marshaler",
        "encoding",
        "encoding_file_extension",
        "resource_attrs_to_s3",
        "sending_queue",
        "timeout",
    ],
    &[
        "region",
        "s3_bucket",
        "s3_prefix",
        "s3_base_prefix",
        "s3_partition_format",
        "file_prefix",
        "endpoint",
        "role_arn",
        "s3_force_path_style",
        "disable_ssl",
        "acl",
        "storage_class",
        "compression",
        "retry_mode",
        "retry_max_attempts",
        "retry_max_backoff",
        "unique_key_func_name",
    ],
];
const KINDS: [&str; 3] = ["receivers", "processors", "exporters"];

fn example() -> Value {
    let file = checkout().join("examples/telemetry/otel-collector.yaml");
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn section<'a>(of: &'a Value, name: &str) -> &'a Map<String, Value> {
    of[name].as_object().unwrap_or_else(|| panic!("no {name}"))
}

/// What a component is, of what its name says: `file/archive` is a `file`.
fn kind(name: &str) -> &str {
    name.split('/').next().unwrap()
}

fn known(options: &Value, known: &[&str], what: &str) {
    for option in options.as_object().unwrap().keys() {
        assert!(known.contains(&option.as_str()), "{what} has no option {option}");
    }
}

#[test]
fn each_component_exists_and_has_the_options_that_it_is_given() {
    let example = example();
    for place in ["extensions", "receivers", "processors", "exporters"] {
        for (name, options) in section(&example, place) {
            if kind(name) == "awss3" {
                known(options, S3[0], name);
                known(&options["s3uploader"], S3[1], name);
                continue;
            }
            let found = OPTIONS
                .iter()
                .find(|(of, is, _)| *of == place && *is == kind(name));
            let (_, _, options_of_it) = found.unwrap_or_else(|| panic!("{place} has no {name}"));
            known(options, options_of_it, name);
        }
    }
}

#[test]
fn each_component_is_used_and_each_that_is_used_is_there() {
    let example = example();
    let pipelines = section(&example["service"], "pipelines");
    for place in KINDS {
        let used: BTreeSet<&str> = pipelines
            .values()
            .flat_map(|pipeline| pipeline[place].as_array().unwrap())
            .map(|name| name.as_str().unwrap())
            .collect();
        let there: BTreeSet<&str> = section(&example, place).keys().map(String::as_str).collect();
        assert_eq!(used, there, "{place}");
    }
    let used: BTreeSet<&str> = example["service"]["extensions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let there: BTreeSet<&str> = section(&example, "extensions")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(used, there);
    let queues = section(&example, "exporters")
        .values()
        .filter_map(|exporter| exporter["sending_queue"]["storage"].as_str());
    assert!(queues.into_iter().all(|storage| there.contains(storage)));
}

#[test]
fn every_tag_that_is_a_number_is_made_one() {
    let example = example();
    let statements = example["processors"]["transform/numbers"]["trace_statements"].to_string();
    for name in [
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.response.time_to_first_chunk",
        "penstock.attempts",
        "penstock.cost.micro_usd",
    ] {
        assert!(statements.contains(name), "{name}");
    }
}
