//! JSON web tokens: three parts between dots (RFC 7515, section 3.1) or five if encrypted (RFC 7516, section 3.1), the first a JSON
//! object in base64url. Read 2026-11. Its header, which has to have `alg` (RFC 7515, section 4.1.1), makes a token; where it is damaged,
//! a second part that starts like JSON does. Detached contents, without a second part, are not recognised.

use super::super::{Hit, Recognizer, Starts};
use super::shape::decode;
use super::{SURE, is_token, opens};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::Jwt,
    starts: &[Starts::First(b"e"), Starts::Mark(b'_')],
    find,
    raises: &[],
    lowers: &[],
};

/// Longest part. Each is looked at for no more than the five tokens that could have it.
const LONGEST: usize = 16 << 10;
const SHORTEST_HEADER: usize = 16;
const SHORTEST_SIGNATURE: usize = 10;
/// How much of a header is decoded, in characters.
const DECODED: usize = 256;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let at = match text.at(at) {
        // `ghs_123456_eyJ`: so that a long run is not read again from each of its underscores, only after few others.
        b'_' if text.at(at + 1) != b'e' || text.run_before(at, 32, is_token) >= 32 => return None,
        b'_' => at + 1,
        _ if opens(text, at) => at,
        _ => return None,
    };
    // What a brace and a quote, a space or a line break become.
    if !(text.at(at) == b'e' && matches!(text.at(at + 1), b'y' | b'w')) {
        return None;
    }
    let part = |from: usize| text.run(from, LONGEST, is_token);
    let header = part(at);
    let payload = at + header + 1;
    if header < SHORTEST_HEADER || text.at(at + header) != b'.' {
        return None;
    }
    let header = Header::read(text.slice(at..at + header.min(DECODED)))?;
    let mut end = payload + part(payload);
    if text.at(end) != b'.' {
        return None;
    }
    let claims = text.slice(payload..end);
    let object = claims.starts_with(b"ey") || claims.starts_with(b"ew") || claims == b"e30";
    let signature = part(end + 1);
    if header.encrypted && text.at(end + 1 + signature) == b'.' {
        let text_end = end + 1 + signature + 1 + part(end + 1 + signature + 1);
        let tag = part(text_end + 1);
        if text.at(text_end) == b'.' && tag >= SHORTEST_SIGNATURE {
            return Some(Hit::new(at, text_end + 1 + tag, SURE));
        }
    }
    if claims.len() < 3 || signature < SHORTEST_SIGNATURE && !(header.unsigned && object && signature == 0) {
        return None;
    }
    end += 1 + signature;
    match (header.signed, object) {
        (true, _) => Some(Hit::new(at, end, SURE)),
        (false, true) => Some(Hit::new(at, end, Score::STRONG)),
        (false, false) => None,
    }
}

struct Header {
    /// It names an algorithm.
    signed: bool,
    /// It names no algorithm on purpose.
    unsigned: bool,
    encrypted: bool,
}

impl Header {
    fn read(encoded: &[u8]) -> Option<Self> {
        let mut decoded = [0; DECODED / 4 * 3];
        let len = decode(encoded, &mut decoded)?;
        let decoded = decoded.get(..len)?;
        let inside = decoded.strip_prefix(b"{")?;
        let first = inside.iter().find(|byte| !byte.is_ascii_whitespace());
        if !matches!(first, Some(b'"')) {
            return None;
        }
        let has = |name: &[u8]| decoded.windows(name.len()).any(|part| part == name);
        let printable = decoded
            .iter()
            .all(|byte| *byte >= b' ' || byte.is_ascii_whitespace());
        Some(Self {
            signed: printable && has(b"\"alg\""),
            unsigned: printable && (has(b"\"none\"") || has(b"\"None\"") || has(b"\"NONE\"")),
            encrypted: printable && has(b"\"enc\""),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    const CLAIMS: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ";
    const SIGNATURE: &str = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

    #[test]
    fn tokens_are_found_and_what_resembles_them_is_not() {
        let token = format!("{HEADER}.{CLAIMS}.{SIGNATURE}");
        for text in [
            token.clone(),
            format!("Authorization: Bearer {token}"),
            format!("{{\"jwt\":\"{token}\"}}"),
            format!("It is {token}. Then"),
            format!("a\\n{token}\\nb"),
            format!("?id_token={token}&x"),
            format!("令牌{token}。"),
            format!("ghs_123_{token}"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [&*token], "{text}");
        }
        for token in [
            // RFC 7516, appendix A.2, shortened.
            "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1G.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfm.9hH0vgRfYgPnAHOd8stkvw",
            // With direct encryption the second part is empty (RFC 7518, section 4.5).
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AxY8DCtDaGlsbGlj.KDlTtXchhZTGufMYmOYGS4HffxPSUrfm.9hH0vgRfYgPnAHOd8stkvw",
            // RFC 7519, section 6.1: no signature.
            "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
            // RFC 7519, section 3.1: line breaks in the header.
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            // The header is cut.
            "eyJhbGciOiJIUzI1NiIsInR5cCI6Ikp.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ik.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &format!("<{token}>")), [token]);
        }
        for text in [
            format!("{HEADER}.{CLAIMS}"),
            format!("{HEADER}.{CLAIMS}."),
            format!("{HEADER}.{CLAIMS}.abc"),
            format!("x{token}"),
            format!("{CLAIMS}.{SIGNATURE}.{SIGNATURE}"),
            "eyebrow.eyelash.eyelids-and-eyes".to_owned(),
            "eyebrows-and-eyelashes.eyebrows-and-eyelashes.eyebrows-and-eyelashes".to_owned(),
            format!("{SIGNATURE}.{CLAIMS}.{SIGNATURE}"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
        }
    }
}
