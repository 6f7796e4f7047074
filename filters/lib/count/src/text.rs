//! JSON as a provider would write it again: without white space, characters in place of their escapes.
//!
//! Works on text that a parser has accepted, and copies whatever it does not understand.

/// Appends `json` without the white space between its tokens and with `\uXXXX` resolved.
pub(crate) fn compact(json: &str, out: &mut String) {
    out.reserve(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(['"', ' ', '\t', '\n', '\r']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        rest = match found.strip_prefix('"') {
            Some(inside) => {
                out.push('"');
                string(inside, out)
            }
            None => found.trim_start_matches([' ', '\t', '\n', '\r']),
        };
    }
    out.push_str(rest);
}

/// Appends a string whose opening quote has been read, and gives what comes after it.
fn string<'j>(mut rest: &'j str, out: &mut String) -> &'j str {
    while let Some(at) = rest.find(['"', '\\']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = found.strip_prefix('"') {
            out.push('"');
            return after;
        }
        rest = escape(found, out);
    }
    out.push_str(rest);
    ""
}

/// Appends the escape that `text` begins with, and gives what comes after it.
fn escape<'j>(text: &'j str, out: &mut String) -> &'j str {
    let (length, character) = match (code_unit(text, 0), code_unit(text, 6)) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => (
            12,
            char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
        ),
        (Some(unit), _) => (6, char::from_u32(unit)),
        (None, _) => (2, None),
    };
    let length = (length..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let (escaped, after) = text.split_at(length);
    match character.filter(|character| !character.is_control() && !matches!(character, '"' | '\\')) {
        Some(character) => out.push(character),
        None => out.push_str(escaped),
    }
    after
}

/// The value of the `\uXXXX` at `at`.
fn code_unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at.checked_add(6)?)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::compact;

    fn compacted(json: &str) -> String {
        let mut out = String::new();
        compact(json, &mut out);
        out
    }

    #[test]
    fn white_space_goes_and_escapes_become_characters() {
        for (json, expected) in [
            ("{ \"a b\" : [ 1 ,\n\t2 ] }", "{\"a b\":[1,2]}"),
            (r#""\u0041\u00e9\ud83d\ude00\n\/""#, "\"Aé😀\\n\\/\""),
            (r#""\u0022\u005c\u0007""#, r#""\u0022\u005c\u0007""#),
            (r#""\\u0041\"\\""#, r#""\\u0041\"\\""#),
            ("\"\\é", "\"\\é"),
            ("\"open \\", "\"open \\"),
            (r#""\ud800""#, r#""\ud800""#),
            ("1e999", "1e999"),
        ] {
            assert_eq!(compacted(json), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_is_meant_stays_the_same(text in any::<String>(), number in any::<i64>()) {
            let value = serde_json::json!({ "k": [text.clone(), number, { "é\\\"": null }], "z": {} });
            for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert_eq!(&serde_json::from_str::<Value>(&compacted(&json)).unwrap(), &value);
                prop_assert_eq!(compacted(&json), value.to_string());
            }
        }

        #[test]
        fn no_text_is_too_broken(text in r#"(\\|u|d8|[0-9a-f"é \[{]){0,40}"#) {
            compacted(&text);
        }
    }
}
