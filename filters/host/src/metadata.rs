//! Dynamic metadata: what other filters have found out about a request, and no client can write.

/// The text at a path: a filter's namespace and the keys below it.
#[cfg(target_arch = "wasm32")]
pub fn metadata(path: &[String]) -> Option<String> {
    let mut whole = vec!["metadata", "filter_metadata"];
    whole.extend(path.iter().map(String::as_str));
    text(crate::abi::property(&whole)?)
}

/// A value as text. Envoy gives a number as the eight bytes of a double.
fn text(value: Vec<u8>) -> Option<String> {
    let number = <[u8; 8]>::try_from(value.as_slice()).ok().map(f64::from_le_bytes);
    let whole = number.filter(|number| number.fract() == 0.0 && (1.0..1e15).contains(&number.abs()));
    match String::from_utf8(value) {
        Ok(text) if !text.contains(char::is_control) => Some(text),
        _ => whole.map(|number| format!("{number:.0}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_text_as_well() {
        let number = |number: f64| text(number.to_le_bytes().to_vec());
        assert_eq!(number(42.0).as_deref(), Some("42"));
        assert_eq!(number(-7.0).as_deref(), Some("-7"));
        assert_eq!(number(4.5), None);
        assert_eq!(number(1e300), None);
        assert_eq!(number(f64::NAN), None);
    }

    #[test]
    fn text_of_eight_bytes_stays_text() {
        assert_eq!(text(b"acme-inc".to_vec()).as_deref(), Some("acme-inc"));
        assert_eq!(text(b"acme".to_vec()).as_deref(), Some("acme"));
        assert_eq!(text(b"ac\0me".to_vec()), None);
        assert_eq!(text(vec![0xff]), None);
    }
}
