//! What Envoy's foreign function `declare_property` takes.

/// Source: `DeclarePropertyArguments` in Envoy's `source/extensions/common/wasm/ext/declare_property.proto`, read 2026-11-28:
/// the name is field 1, and in field 3 the type `String` is 1. The life span stays what it is without this.
pub(crate) fn text(key: &str) -> Option<Vec<u8>> {
    const NAME: u8 = 1 << 3 | 2;
    const TYPE: u8 = 3 << 3;
    const STRING: u8 = 1;
    // Ours are shorter; a greater length would take two bytes.
    let length = u8::try_from(key.len()).ok().filter(|length| *length < 0x80)?;
    let mut arguments = vec![NAME, length];
    arguments.extend_from_slice(key.as_bytes());
    arguments.extend_from_slice(&[TYPE, STRING]);
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_a_message_with_a_name_and_a_type() {
        assert_eq!(text("ab").as_deref(), Some(b"\x0a\x02ab\x18\x01".as_slice()));
        assert_eq!(text(&"a".repeat(128)), None);
    }
}
