//! Messages that Envoy 1.40 has sent, and what becomes of them.

use std::sync::{Arc, Mutex};

use envoy_types::pb::{
    envoy::data::accesslog::v3::{HttpAccessLogEntry, response_flags::Unauthorized},
    google::protobuf::{Any, Duration, Struct, Timestamp, Value},
};
use penstock_chat::{FinishReason, MicroUsd, Tokens};
use penstock_client::trail::{Stop, Trail};
use prost::Message;

use super::*;

const POLICY: &str = "bb189fa03e23";

fn sent(name: &str) -> StreamAccessLogsMessage {
    let file = format!("{}/testdata/access_log/{name}.binpb", env!("CARGO_MANIFEST_DIR"));
    StreamAccessLogsMessage::decode(std::fs::read(file).unwrap().as_slice()).unwrap()
}

/// What one stream of these messages hands on.
fn taken(messages: Vec<StreamAccessLogsMessage>) -> (Vec<Outcome>, Metrics) {
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&outcomes);
    let metrics = Metrics::default();
    let log = AccessLog::new(
        Arc::new(move |outcome| sink.lock().unwrap().push(outcome)),
        metrics.clone(),
        watch::channel(false).1,
    );
    let mut policy_version = String::new();
    for message in messages {
        log.take(message, &mut policy_version);
    }
    let outcomes = outcomes.lock().unwrap().clone();
    (outcomes, metrics)
}

fn one(name: &str) -> Outcome {
    let (mut outcomes, _) = taken(vec![sent(name)]);
    assert_eq!(outcomes.len(), 1, "{name}");
    outcomes.remove(0)
}

fn entry(name: &str) -> HttpAccessLogEntry {
    match sent(name).log_entries.unwrap() {
        LogEntries::HttpLogs(logs) => logs.log_entry[0].clone(),
        LogEntries::TcpLogs(_) => panic!("a TCP log"),
    }
}

fn common(
    entry: &mut HttpAccessLogEntry,
) -> &mut envoy_types::pb::envoy::data::accesslog::v3::AccessLogCommon {
    entry.common_properties.as_mut().unwrap()
}

#[test]
fn everything_that_filters_have_left_is_read() {
    let outcome = one("buffered_with_pii");
    assert_eq!(outcome.id, "7e3aa326-e77b-4abe-8554-f41e2b795d7b");
    assert_eq!(outcome.started_ms, 1_795_843_912_234);
    assert_eq!((outcome.duration_ms, outcome.first_byte_ms), (5, Some(4)));
    assert_eq!(outcome.path, "/v1/chat/completions");
    let caller = outcome.caller.unwrap();
    assert_eq!(
        (caller.tenant.as_str(), caller.team.as_deref()),
        ("acme", Some("search"))
    );
    assert_eq!(caller.tags, [("cost-center".to_owned(), "42".to_owned())]);
    let receipt = outcome.receipt.unwrap();
    assert_eq!(
        (receipt.asked.as_str(), receipt.estimate),
        ("demo", MicroUsd(1250))
    );
    let usage = outcome.usage.unwrap();
    assert_eq!(
        (usage.provider.as_str(), usage.input_tokens),
        ("primary", Some(Tokens(2)))
    );
    assert_eq!(usage.finish_reason, Some(FinishReason::Stop));
    assert_eq!((outcome.status, outcome.details.as_str()), (200, "via_upstream"));
    assert_eq!(outcome.flags, Vec::<String>::new());
    assert_eq!(outcome.pii, [("EMAIL_ADDRESS".to_owned(), 1)]);
    assert_eq!(outcome.policy_version, POLICY);
}

#[test]
fn each_kind_of_end_is_told() {
    let stop = |provider: &str, outcome: Option<&str>| Stop {
        provider: provider.to_owned(),
        outcome: outcome.map(str::to_owned),
        ..Stop::default()
    };
    let flaky = vec![
        stop("primary", Some("503")),
        stop("primary", Some("503")),
        stop("backup-anthropic", Some("200")),
    ];
    for (name, path, status, flags, details, trail, answered) in [
        (
            "streamed",
            "/v1/chat/completions",
            200,
            "",
            "via_upstream",
            vec![stop("primary", Some("200"))],
            true,
        ),
        (
            "third_attempt",
            "/v1/messages",
            200,
            "",
            "via_upstream",
            flaky,
            true,
        ),
        (
            "unknown_model",
            "/v1/chat/completions",
            404,
            "",
            "model_not_found",
            vec![],
            false,
        ),
        ("models", "/v1/models", 200, "", "models", vec![], false),
        (
            "client_left",
            "/v1/chat/completions",
            0,
            "DC",
            "downstream_remote_disconnect",
            vec![stop("primary", None)],
            false,
        ),
    ] {
        let outcome = one(name);
        assert_eq!(outcome.path, path, "{name}");
        assert_eq!(outcome.status, status, "{name}");
        assert_eq!(outcome.flags.join(","), flags, "{name}");
        assert_eq!(outcome.details, details, "{name}");
        assert_eq!(outcome.trail, Trail(trail), "{name}");
        assert_eq!(
            outcome.usage.is_some_and(|usage| usage.answered),
            answered,
            "{name}"
        );
        assert_eq!(
            outcome.caller.map(|caller| caller.tenant).as_deref(),
            Some("acme"),
            "{name}"
        );
        assert_eq!(outcome.policy_version, POLICY, "{name}");
    }
}

#[test]
fn a_node_announces_its_policy_once_for_all_that_follow() {
    let mut later = sent("streamed");
    later.identifier = None;
    for message in [&mut later] {
        let Some(LogEntries::HttpLogs(logs)) = &mut message.log_entries else {
            panic!("no entries");
        };
        for entry in &mut logs.log_entry {
            common(entry).custom_tags.clear();
        }
    }
    let (outcomes, _) = taken(vec![later.clone()]);
    assert_eq!(outcomes[0].policy_version, "");
    let (outcomes, _) = taken(vec![sent("buffered_with_pii"), later]);
    assert_eq!(outcomes[1].policy_version, POLICY);
}

#[test]
fn what_makes_no_sense_is_left_out_and_told() {
    let any = |kind: &str, value: Vec<u8>| Any {
        type_url: format!("type.googleapis.com/google.protobuf.{kind}"),
        value,
    };
    let bytes = |value: &[u8]| any("BytesValue", value.to_vec().encode_to_vec());
    for (key, value, part) in [
        ("wasm.penstock.usage", bytes(b"{"), Part::Usage),
        ("wasm.penstock.usage", bytes(b""), Part::Usage),
        ("wasm.penstock.usage", any("Int64Value", vec![8, 1]), Part::Usage),
        (
            "wasm.penstock.usage",
            any("BytesValue", vec![0xff; 7]),
            Part::Usage,
        ),
        ("wasm.penstock.usage", bytes(&vec![b' '; 70_000]), Part::Usage),
        ("wasm.penstock.trail", bytes(b"{}"), Part::Trail),
        ("wasm.penstock.attempts", bytes(b"\xff\xfe"), Part::Attempts),
        ("wasm.penstock.pii", bytes(b"[1]"), Part::Pii),
        ("penstock.path", bytes(b"\xff"), Part::Path),
        ("penstock.request_id", any("Struct", vec![]), Part::Id),
    ] {
        let mut entry = entry("third_attempt");
        common(&mut entry)
            .filter_state_objects
            .insert(key.to_owned(), value);
        common(&mut entry).stream_id = "s".to_owned();
        let reading = read(&entry, "").unwrap();
        assert_eq!(reading.unreadable, [part], "{key}");
        let outcome = reading.outcome.unwrap();
        assert_eq!(outcome.usage.is_none(), part == Part::Usage, "{key}");
        assert_eq!(outcome.id == "s", part == Part::Id, "{key}");
        assert_eq!(outcome.status, 200, "{key}");
    }
}

#[test]
fn metadata_that_is_no_json_string_is_left_out_and_told() {
    for value in [
        None,
        Some(Kind::NumberValue(1.0)),
        Some(Kind::StringValue("not json".to_owned())),
        Some(Kind::StructValue(Struct::default())),
    ] {
        let mut entry = entry("streamed");
        let namespaces = &mut common(&mut entry).metadata.as_mut().unwrap().filter_metadata;
        for (namespace, key) in [
            ("penstock", "receipt"),
            ("envoy.filters.http.ext_authz", "caller"),
        ] {
            let value = Value { kind: value.clone() };
            namespaces
                .get_mut(namespace)
                .unwrap()
                .fields
                .insert(key.to_owned(), value);
        }
        let reading = read(&entry, "").unwrap();
        assert_eq!(reading.unreadable, [Part::Caller, Part::Receipt], "{value:?}");
        let outcome = reading.outcome.unwrap();
        assert_eq!((outcome.caller, outcome.receipt), (None, None));
    }
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let mut entry = entry("streamed");
    let namespaces = &mut common(&mut entry).metadata.as_mut().unwrap().filter_metadata;
    let value = Value {
        kind: Some(Kind::StringValue(r#"{"tenant":"t","shoe_size":44}"#.to_owned())),
    };
    let authz = namespaces.get_mut("envoy.filters.http.ext_authz").unwrap();
    authz.fields.insert("caller".to_owned(), value);
    let mut bytes = entry.encode_to_vec();
    bytes.extend([0xfa, 0x3e, 2, b'h', b'i']); // Field 1007.
    let reading = read(&HttpAccessLogEntry::decode(bytes.as_slice()).unwrap(), "").unwrap();
    assert_eq!(reading.unreadable, []);
    assert_eq!(reading.outcome.unwrap().caller.unwrap().tenant, "t");
}

#[test]
fn an_empty_entry_has_no_outcome() {
    let reading = read(&HttpAccessLogEntry::default(), POLICY).unwrap();
    assert_eq!(reading.outcome, None);
    assert_eq!(reading.unreadable, [Part::Id]);
    let (outcomes, _) = taken(vec![StreamAccessLogsMessage::default()]);
    assert_eq!(outcomes, []);
}

#[test]
fn an_entry_before_the_end_of_its_request_is_none() {
    for kind in [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12] {
        let mut entry = entry("streamed");
        common(&mut entry).access_log_type = kind;
        assert_eq!(read(&entry, ""), None, "{kind}");
    }
}

#[test]
fn numbers_out_of_range_become_none_or_nothing() {
    let mut entry = entry("streamed");
    let common = common(&mut entry);
    common.start_time = Some(Timestamp {
        seconds: -5,
        nanos: -1,
    });
    common.duration = Some(Duration {
        seconds: i64::MAX,
        nanos: i32::MAX,
    });
    common.time_to_first_downstream_tx_byte = Some(Duration {
        seconds: -1,
        nanos: 0,
    });
    let code = entry.response.as_mut().unwrap().response_code.as_mut().unwrap();
    code.value = 70_000;
    let outcome = read(&entry, "").unwrap().outcome.unwrap();
    assert_eq!(
        (outcome.started_ms, outcome.status, outcome.first_byte_ms),
        (0, 0, None)
    );
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let mut entry = entry("streamed");
    common(&mut entry).filter_state_objects.clear();
    entry.request.as_mut().unwrap().request_id = "ü".repeat(500);
    entry.request.as_mut().unwrap().original_path = format!("/{}?secret=1", "ü".repeat(5_000));
    entry.response.as_mut().unwrap().response_code_details = "x".repeat(5_000);
    let outcome = read(&entry, "").unwrap().outcome.unwrap();
    assert_eq!(
        (outcome.id.len(), outcome.path.len(), outcome.details.len()),
        (128, 1023, 256)
    );
}

#[test]
fn the_query_is_not_kept() {
    let mut entry = entry("streamed");
    common(&mut entry).filter_state_objects.remove("penstock.path");
    entry.request.as_mut().unwrap().path = "/v1/messages?key=secret".to_owned();
    assert_eq!(read(&entry, "").unwrap().outcome.unwrap().path, "/v1/messages");
}

#[test]
fn flags_have_their_short_names() {
    use envoy_types::pb::envoy::data::accesslog::v3::ResponseFlags;
    let flags = ResponseFlags {
        upstream_connection_termination: true,
        unauthorized_details: Some(Unauthorized::default()),
        upstream_max_stream_duration_reached: true,
        downstream_remote_reset: true,
        ..ResponseFlags::default()
    };
    assert_eq!(flags::short(&flags), ["UC", "UAEX", "UMSDR", "DR"]);
}
