//! What pii-redaction put in the place of a value (ADR 12): `[LABEL_TAG]`.

/// The tag has at least this many characters; pii-redaction writes eight and more.
const TAG: usize = 4;

/// All placeholders of a text, in its order.
pub(super) fn all(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('[') {
        rest = after;
        // A bracket in between opens the next candidate.
        let Some(end) = after.find(['[', ']']) else { break };
        let (inside, tail) = after.split_at(end);
        if tail.starts_with(']') && is_name(inside) {
            found.push(inside.to_owned());
        }
    }
    found
}

/// Whether what stands between brackets is a label and a tag.
pub(super) fn is_name(inside: &str) -> bool {
    let Some((label, tag)) = inside.rsplit_once('_') else {
        return false;
    };
    label.starts_with(|c: char| c.is_ascii_uppercase())
        && label
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && tag.len() >= TAG
        && tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
