//! Keys of Azure, read 2026-11: keys of storage accounts and Cosmos DB (64 bytes in base64) and of Service Bus, Event Hubs and IoT Hub (32
//! bytes) behind their names in connection strings, signatures of shared access (`sig=`, 32 bytes), as in Microsoft Purview's
//! definitions ("Azure storage account key", "Azure shared access key", "Azure SAS"); secrets of Entra applications, which have
//! `8Q~` or another digit at their fourth place and 40 characters in all, as in the rules of gitleaks
//! (cmd/generate/config/rules/azure.go). Keys of 64 bytes without a name need a word such as `azure` or `storage` around them.

use super::super::{Hit, Recognizer, Starts};
use super::shape::Shape;
use super::{SURE, has_before, is_base64, opens};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AzureKey,
    starts: &[Starts::Mark(b'='), Starts::Mark(b'~')],
    find,
    raises: &[
        "azure",
        "storage",
        "account",
        "accountkey",
        "cosmos",
        "cosmosdb",
        "blob",
    ],
    lowers: &["sha", "integrity", "digest", "checksum"],
};

/// Characters of 64 and of 32 bytes in base64, without padding.
const LONG: usize = 86;
const SHORT: usize = 43;
/// How far in front of a key its name begins.
const GAP: usize = 40;
const NAMES: [&str; 13] = [
    "accountkey",
    "account_key",
    "accesskey",
    "access_key",
    "primarykey",
    "primary_key",
    "secondarykey",
    "secondary_key",
    "storage_key",
    "storagekey",
    "account key",
    "shared_access_key",
    "storage key",
];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.at(at) {
        b'~' => application(text, at),
        _ if has_before(text, at, b"sig") => signature(text, at),
        _ => key(text, at),
    }
}

/// A key in base64 whose padding starts at a place.
fn key(text: &Text<'_>, at: usize) -> Option<Hit> {
    let len = text.run_before(at, LONG + 1, is_base64);
    let end = match len {
        LONG if text.at(at + 1) == b'=' && text.at(at + 2) != b'=' => at + 2,
        SHORT if text.at(at + 1) != b'=' => at + 1,
        _ => return None,
    };
    let start = at - len;
    let shape = Shape::of(text.slice(start..at));
    if !(shape.is_random() && shape.upper > 0 && shape.lower > 0) {
        return None;
    }
    // `primary_key: …`, `<AccountKey>…`, `My AccountKey is …`: nothing else that is so long and looks like this stands there.
    let front = start.saturating_sub(GAP)..start;
    let named = NAMES
        .iter()
        .any(|name| front.clone().any(|at| text.has(at, name)));
    match (named, len) {
        (true, _) if text.before(start) != b'-' || text.before(start - 1) == b' ' => {
            Some(Hit::new(start, end, SURE))
        }
        (false, LONG) if text.before(start) != b'-' => Some(Hit::new(start, end, Score::LIKELY)),
        _ => None,
    }
}

/// The signature of a URL, behind its `sig=`: base64.
fn signature(text: &Text<'_>, at: usize) -> Option<Hit> {
    if !opens(text, at - 3) {
        return None;
    }
    let len = text.run(at + 1, SHORT + 1, is_base64);
    let end = at + 1 + len;
    let random = len == SHORT && Shape::of(text.slice(at + 1..end)).is_random();
    (random && text.at(end) == b'=' && !is_base64(text.at(end + 1))).then(|| Hit::new(at + 1, end + 1, SURE))
}

/// The secret of an application, around its tilde.
fn application(text: &Text<'_>, at: usize) -> Option<Hit> {
    let is_secret = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.' | b'-');
    let start = at.checked_sub(5)?;
    let marked = text.before(at) == b'Q' && text.at(start + 3).is_ascii_digit();
    if !marked || text.run(start, 3, is_secret) != 3 || !opens(text, start) {
        return None;
    }
    let len = text.run(at + 1, 36, is_secret);
    let body = text.slice(at + 1..at + 1 + len);
    let body = body.get(..body.iter().rposition(|byte| *byte != b'.')? + 1)?;
    let fits = (31..=34).contains(&body.len()) && Shape::of(body).is_random();
    fits.then(|| Hit::new(start, at + 1 + body.len(), SURE))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    const LONG: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    const SHORT: &str = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW+xY/zA1bC2d=";

    #[test]
    fn keys_are_found_behind_their_names() {
        for (text, key) in [
            (
                format!(
                    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={LONG};EndpointSuffix=core.windows.net"
                ),
                LONG,
            ),
            (format!("\"accountKey\": \"{LONG}\""), LONG),
            (format!("azure storage: {LONG}"), LONG),
            (
                format!(
                    "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=b;SharedAccessKey={SHORT}"
                ),
                SHORT,
            ),
            (format!("SharedAccessKey={SHORT};EntityPath=x"), SHORT),
            (
                "?sv=2022-11-02&sig=aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW%2BxY%2FzA1bC2d%3D&se=1".to_owned(),
                "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW%2BxY%2FzA1bC2d%3D",
            ),
            (
                "client: bP88Q~rcBcYjzzOhg1Hnn76Wm3jGgakZiZ.8vMgR.".to_owned(),
                "bP88Q~rcBcYjzzOhg1Hnn76Wm3jGgakZiZ.8vMgR",
            ),
            (
                "(.IQ8Q~79R7TOWOspFnWcEG-dYt4KXqFqxK16cxr)".to_owned(),
                ".IQ8Q~79R7TOWOspFnWcEG-dYt4KXqFqxK16cxr",
            ),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [key], "{text}");
        }
        for text in [
            LONG.to_owned(),
            format!("\"integrity\": \"sha512-{LONG}\""),
            format!("sha512 {LONG} of the storage"),
            SHORT.to_owned(),
            format!("AccountKey={}", &LONG[1..]),
            format!("AccountKey={}==", "x".repeat(86)),
            format!("sig={}", &SHORT[1..]),
            format!("design={SHORT}"),
            "abc8Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
            "abc8Q~rcBcYjzzOhg1".to_owned(),
            "abcdQ~rcBcYjzzOhg1Hnn76Wm3jGgakZiZ.8vMgR".to_owned(),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
        }
    }
}
