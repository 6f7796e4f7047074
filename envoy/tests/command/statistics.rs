//! Statistics of filters, as Prometheus gets them from a real Envoy.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use penstock_envoy::render::Filter;
use rustix::process::Signal;

use crate::run;

/// Kinds of metrics and their numbers (proxy-wasm ABI 0.2.1, `proxy_metric_type_t`, read 2026-11), a name and what
/// is recorded.
const METRICS: [(u8, &str, u8); 5] = [
    (0, "penstock.tokens.direction.input.model.tenant.tenant.model", 5),
    (1, "penstock.quota_reserved.limit.kind.kind.tokens_per_day", 6),
    (2, "penstock.count_us", 15),
    (2, "penstock.estimate_permille.model.gpt-5_4", 60),
    (0, "penstock.counted.vocabulary.o200k_base", 7),
];

#[test]
fn labels_and_buckets_are_ours_whatever_the_values_are_called() {
    let Some(mut gateway) = run::start_with(|filters| {
        fs::write(filters.join(Filter::TokenQuota.file()), recording(&METRICS)).unwrap();
    }) else {
        return;
    };
    let shown = get(&gateway, "/stats/prometheus");
    for expected in [
        r#"penstock_tokens{direction="input",model="tenant",tenant="model"} "#,
        r#"penstock_quota_reserved{kind="tokens_per_day",limit="kind"} 6"#,
        r#"penstock_counted{vocabulary="o200k_base"} "#,
        r#"penstock_count_us_bucket{le="20"} "#,
        r#"penstock_estimate_permille_bucket{model="gpt-5_4",le="980"} "#,
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    run::signal(&gateway.child, Signal::TERM);
    gateway.child.wait().unwrap();
}

fn get(gateway: &run::Gateway, path: &str) -> String {
    let mut admin = TcpStream::connect(gateway.admin).unwrap();
    write!(
        admin,
        "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    admin.read_to_string(&mut answer).unwrap();
    answer
}

/// A filter that defines each metric when its VM starts, and records one value of it.
fn recording(metrics: &[(u8, &str, u8)]) -> Vec<u8> {
    // The host writes a metric's number to the start of the memory; the names follow behind.
    const NAMES: usize = 16;
    let mut code = vec![0]; // No locals.
    let mut names = Vec::new();
    for (kind, name, value) in metrics {
        code.extend([I32_CONST, *kind]);
        code.extend(constant(NAMES + names.len()));
        code.extend(constant(name.len()));
        code.extend([I32_CONST, 0, CALL, 0, DROP]);
        code.extend([I32_CONST, 0, I32_LOAD, 2, 0, I64_CONST, *value, CALL, 1, DROP]);
        names.extend(name.as_bytes());
    }
    code.extend([I32_CONST, 1, END]);
    let mut data = vec![1, 0];
    data.extend(constant(NAMES));
    data.push(END);
    data.extend(sized(&names));

    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let types = b"\x05\
        \x60\0\0\
        \x60\x01\x7f\x01\x7f\
        \x60\x02\x7f\x7f\x01\x7f\
        \x60\x04\x7f\x7f\x7f\x7f\x01\x7f\
        \x60\x02\x7f\x7e\x01\x7f";
    let imports = b"\x02\x03env\x13proxy_define_metric\0\x03\x03env\x13proxy_record_metric\0\x04";
    let exports = b"\x04\x06memory\x02\0\
        \x17proxy_abi_version_0_2_1\0\x02\
        \x18proxy_on_memory_allocate\0\x03\
        \x11proxy_on_vm_start\0\x04";
    let bodies = [&b"\0\x0b"[..], b"\0\x41\x80\x08\x0b", &code].map(sized).concat();
    let sections = [
        (1, types.to_vec()),
        (2, imports.to_vec()),
        (3, b"\x03\0\x01\x02".to_vec()),
        (5, b"\x01\0\x01".to_vec()),
        (7, exports.to_vec()),
        (10, [&[3], &*bodies].concat()),
        (11, data),
    ];
    for (id, section) in sections {
        module.push(id);
        module.extend(sized(&section));
    }
    module
}

const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const I32_LOAD: u8 = 0x28;
const CALL: u8 = 0x10;
const DROP: u8 = 0x1a;
const END: u8 = 0x0b;

/// Seven bits a byte, the lowest first; four bytes hold all that occurs, and leave the sign alone.
fn number(number: usize) -> [u8; 4] {
    [0, 7, 14, 21].map(|shift| {
        let bits = u8::try_from(number >> shift & 0x7f).unwrap();
        if shift == 21 { bits } else { bits | 0x80 }
    })
}

fn constant(value: usize) -> Vec<u8> {
    [&[I32_CONST][..], &number(value)].concat()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len())[..], bytes].concat()
}
