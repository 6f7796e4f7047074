//! The messages are those of the `.proto`.

use std::collections::BTreeSet;

const PROTO: &str = include_str!("../../proto/penstock/quota/v1/quota.proto");
const MESSAGES: &str = include_str!("../../src/wire.rs");

/// Message, field, whether repeated, kind and tag.
type Field = (String, String, bool, String, u32);

const SCALARS: [&str; 3] = ["bytes", "string", "uint64"];

fn defined() -> BTreeSet<Field> {
    let mut message = "";
    let mut fields = BTreeSet::new();
    for line in PROTO.lines().map(str::trim) {
        let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
        match words[..] {
            ["message", name, ..] => message = name,
            [.., kind, name, "=", tag] if !line.starts_with("//") && !message.is_empty() => {
                let kind = if SCALARS.contains(&kind) { kind } else { "message" };
                fields.insert((
                    message.to_owned(),
                    name.to_owned(),
                    words[0] == "repeated",
                    kind.to_owned(),
                    tag.parse().unwrap(),
                ));
            }
            _ => {}
        }
    }
    fields
}

fn written() -> BTreeSet<Field> {
    let (mut message, mut attribute) = ("", "");
    let mut fields = BTreeSet::new();
    for line in MESSAGES.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("pub struct ") {
            message = name.split(' ').next().unwrap();
        } else if let Some(found) = line.strip_prefix("#[prost(") {
            attribute = found;
        } else if let Some(field) = line.strip_prefix("pub ")
            && let Some((name, _)) = field.split_once(':')
            && !attribute.is_empty()
        {
            let kind = attribute.split([',', ' ']).next().unwrap();
            let (_, tag) = attribute.split_once("tag = \"").unwrap();
            fields.insert((
                message.to_owned(),
                name.to_owned(),
                attribute.contains("repeated"),
                kind.to_owned(),
                tag.trim_end_matches("\")]").parse().unwrap(),
            ));
            attribute = "";
        }
    }
    fields
}

#[test]
fn every_field_is_as_it_is_defined() {
    assert!(defined().len() > 20);
    assert_eq!(written(), defined());
}

#[test]
fn the_calls_are_as_they_are_defined() {
    use penstock_quota::wire::{LEASE, SERVICE, SETTLE};

    let (package, service) = SERVICE.rsplit_once('.').unwrap();
    assert!(PROTO.contains(&format!("package {package};")));
    assert!(PROTO.contains(&format!("service {service} {{")));
    for call in [LEASE, SETTLE] {
        assert!(PROTO.contains(&format!("rpc {call}({call}Request) returns ({call}Response);")));
    }
}
