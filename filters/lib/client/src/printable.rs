/// At most 64 printable ASCII characters of what a client sent, for use in a message to that client.
pub fn printable(text: &str) -> String {
    text.chars()
        .take(64)
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_and_has_no_control_characters() {
        assert_eq!(printable("a\0b\r\nc é"), "a?b??c ?");
        assert_eq!(printable(&"x".repeat(65)), "x".repeat(64));
    }
}
