use std::borrow::Cow;

/// One event as it stood in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The exact bytes, the blank line that ends the event included.
    pub raw: &'a [u8],
    /// The event's name; `None` if it has none.
    pub event: Option<&'a str>,
    /// The data lines, joined by LF. Empty for comments, pings without data and blank lines: a client that
    /// follows the standard dispatches nothing for those.
    pub data: Cow<'a, str>,
    /// Whether the blank line was there. The last event of a stream may lack it; the standard drops such an event,
    /// but providers do send them.
    pub terminated: bool,
}

impl<'a> Frame<'a> {
    /// Reads the fields of the event that starts `skip` bytes into `raw`. `Err` holds the position of the first
    /// byte that is not UTF-8.
    pub(crate) fn parse(raw: &'a [u8], skip: usize, terminated: bool) -> Result<Self, usize> {
        let mut frame = Self {
            raw,
            event: None,
            data: Cow::Borrowed(""),
            terminated,
        };
        let mut first_data = true;
        let mut at = skip;
        while let Some(line) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
            let line = line.get(..end).unwrap_or_default();
            if let Some((value, offset)) = field(line, b"data") {
                let value = utf8(value, at + offset)?;
                if first_data {
                    frame.data = Cow::Borrowed(value);
                    first_data = false;
                } else {
                    let joined = frame.data.to_mut();
                    joined.push('\n');
                    joined.push_str(value);
                }
            } else if let Some((value, offset)) = field(line, b"event") {
                frame.event = Some(utf8(value, at + offset)?).filter(|name| !name.is_empty());
            }
            // The LF of a CRLF is read as an empty line, which has no field.
            at = at.saturating_add(end).saturating_add(1);
        }
        Ok(frame)
    }
}

/// The value of the field `name`, without the one space that may follow the colon, and its place in the line.
fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<(&'l [u8], usize)> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some((rest, line.len()));
    }
    let value = rest.strip_prefix(b":")?;
    let value = value.strip_prefix(b" ").unwrap_or(value);
    Some((value, line.len() - value.len()))
}

fn utf8(bytes: &[u8], at: usize) -> Result<&str, usize> {
    std::str::from_utf8(bytes).map_err(|error| at.saturating_add(error.valid_up_to()))
}
