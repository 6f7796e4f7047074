//! From a position in a JSON text to the path of the field that stands there.

use std::fmt::Write as _;

use super::printable;

/// The path of the innermost field that is open at a byte offset, such as `messages[3].content[0].type`;
/// empty at the top level.
///
/// For error messages: a fast parse that failed knows only where. Walks the text once, without recursion, as
/// far as the offset, and makes do with broken JSON.
pub fn path_at(text: &str, offset: usize) -> String {
    let bytes = text.as_bytes();
    let end = offset.min(bytes.len());
    let mut open: Vec<Step<'_>> = Vec::new();
    let mut at = 0;
    while at < end {
        let Some(&byte) = bytes.get(at) else { break };
        let next = at + 1;
        match (byte, open.last_mut()) {
            (b'"', innermost) => {
                let close = string_end(bytes, next);
                if let Some(Step::Object { key, in_value: false }) = innermost {
                    *key = text.get(next..close).unwrap_or_default();
                }
                at = close + 1;
                continue;
            }
            // The value that starts right before the offset is the field itself, not one inside it.
            (b'{' | b'[', _) if next == end => {}
            (b'{', _) => open.push(Step::Object {
                key: "",
                in_value: false,
            }),
            (b'[', _) => open.push(Step::Array { index: 0 }),
            (b'}' | b']', _) => drop(open.pop()),
            (b':', Some(Step::Object { in_value, .. })) => *in_value = true,
            (b',', Some(Step::Object { key, in_value })) => (*key, *in_value) = ("", false),
            (b',', Some(Step::Array { index })) => *index += 1,
            _ => {}
        }
        at = next;
    }
    render(&open)
}

/// A container that is open at the position reached so far.
enum Step<'a> {
    Object { key: &'a str, in_value: bool },
    Array { index: usize },
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn render(open: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in open {
        match step {
            Step::Object { key: "", .. } => {}
            Step::Object { key, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&printable(key));
            }
            Step::Array { index } => {
                // Writing into a string cannot fail.
                let _ = write!(path, "[{index}]");
            }
        }
    }
    path
}
