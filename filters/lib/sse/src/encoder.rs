/// Appends one event to `out`. Each line of `data` becomes a line of its own; the line ends are LF.
pub fn write(event: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    out.reserve(data.len() + 16 + event.map_or(0, |name| name.len() + 8));
    if let Some(name) = event {
        out.extend_from_slice(b"event: ");
        // A line end inside a name would start another field.
        out.extend(name.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        out.push(b'\n');
    }
    let mut rest = data;
    loop {
        let (line, next) = match memchr::memchr2(b'\n', b'\r', rest) {
            Some(end) => rest.split_at(end),
            None => (rest, &[][..]),
        };
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
        let terminator = if next.starts_with(b"\r\n") { 2 } else { 1 };
        match next.get(terminator..) {
            Some(after) => rest = after,
            None => break,
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::write;

    fn written(event: Option<&str>, data: &str) -> String {
        let mut out = Vec::new();
        write(event, data.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn data_alone_is_one_line() {
        assert_eq!(written(None, "[DONE]"), "data: [DONE]\n\n");
    }

    #[test]
    fn name_stands_before_the_data() {
        assert_eq!(written(Some("ping"), "{}"), "event: ping\ndata: {}\n\n");
    }

    #[test]
    fn every_line_of_data_gets_its_own_field() {
        assert_eq!(
            written(None, "a\nb\r\nc\rd"),
            "data: a\ndata: b\ndata: c\ndata: d\n\n"
        );
        assert_eq!(written(None, "a\n"), "data: a\ndata: \n\n");
    }

    #[test]
    fn line_end_in_a_name_starts_no_field() {
        assert_eq!(written(Some("a\ndata: b"), "c"), "event: adata: b\ndata: c\n\n");
    }
}
