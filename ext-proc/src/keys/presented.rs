//! What a request shows of a key.

use penstock_flow::Headers;
use penstock_keys::secret::{self, PREFIX};

/// Where clients put credentials: OpenAI's SDKs and Anthropic's with a token; Anthropic's; Azure OpenAI's.
const CARRIERS: [&str; 3] = ["authorization", "x-api-key", "api-key"];
const SCHEME: &str = "bearer";

/// What a request shows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'h> {
    /// No credential.
    Nothing,
    /// A credential that is none of ours: perhaps the client's own with a provider.
    Foreign,
    /// One of our keys, by its looks.
    Key(&'h str),
    /// Several keys that differ, or something that holds one of ours and is none.
    Ambiguous,
}

/// What a request shows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'h> {
    /// What.
    pub presented: Presented<'h>,
    /// The headers in which there is anything like a key of ours: no provider may get them.
    pub carriers: Vec<&'static str>,
}

impl<'h> Shown<'h> {
    /// Looks at every header that may carry a credential.
    pub fn read(headers: &'h Headers) -> Self {
        let mut shown = Self {
            presented: Presented::Nothing,
            carriers: Vec::new(),
        };
        for name in CARRIERS {
            let all = headers.names().filter(|other| *other == name).count();
            let mut readable = 0_usize;
            let mut ours = false;
            for value in headers.all(name) {
                readable += 1;
                let one = credential(name, value);
                ours |= !matches!(one, Presented::Nothing | Presented::Foreign);
                shown.presented = both(shown.presented, one);
            }
            // Nobody knows what is in a value that cannot be read.
            if readable < all {
                ours = true;
                shown.presented = Presented::Ambiguous;
            }
            if ours {
                shown.carriers.push(name);
            }
        }
        shown
    }
}

/// What one value is.
fn credential<'h>(name: &str, value: &'h str) -> Presented<'h> {
    let value = value.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if name == "authorization" && scheme.eq_ignore_ascii_case(SCHEME) => {
            token.trim()
        }
        _ if name == "authorization" => "",
        _ => value,
    };
    if value.is_empty() {
        Presented::Nothing
    } else if secret::is_key(token) {
        Presented::Key(token)
    } else if holds_key(value) {
        Presented::Ambiguous
    } else {
        Presented::Foreign
    }
}

/// Envoy joins several values with a comma; other schemes have their own ways.
fn holds_key(value: &str) -> bool {
    value
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))
        .any(|word| {
            word.get(..PREFIX.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
        })
}

/// One key of ours may stand beside a credential that is none of ours; two may not.
fn both<'h>(one: Presented<'h>, other: Presented<'h>) -> Presented<'h> {
    match (one, other) {
        (Presented::Ambiguous, _) | (_, Presented::Ambiguous) => Presented::Ambiguous,
        (Presented::Key(one), Presented::Key(other)) if one != other => Presented::Ambiguous,
        (Presented::Key(key), _) | (_, Presented::Key(key)) => Presented::Key(key),
        (Presented::Foreign, _) | (_, Presented::Foreign) => Presented::Foreign,
        (Presented::Nothing, Presented::Nothing) => Presented::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "psk-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const B: &str = "psk-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

    type Case<'a> = (Vec<(&'a str, String)>, Presented<'a>, &'a [&'a str]);

    #[test]
    fn a_key_is_found_wherever_clients_put_one_and_two_are_none() {
        let bearer = |key: &str| format!("Bearer {key}");
        let basic = format!("Basic {A}");
        let joined = format!("Bearer sk-x,Bearer {A}");
        let cases: Vec<Case<'_>> = vec![
            (vec![], Presented::Nothing, &[]),
            (vec![("authorization", String::new())], Presented::Nothing, &[]),
            (vec![("cookie", A.into())], Presented::Nothing, &[]),
            (
                vec![("authorization", bearer(A))],
                Presented::Key(A),
                &["authorization"],
            ),
            (
                vec![("authorization", format!("bEARER   {A} "))],
                Presented::Key(A),
                &["authorization"],
            ),
            (vec![("x-api-key", A.into())], Presented::Key(A), &["x-api-key"]),
            (vec![("api-key", A.into())], Presented::Key(A), &["api-key"]),
            (
                vec![("authorization", bearer(A)), ("x-api-key", A.into())],
                Presented::Key(A),
                &["authorization", "x-api-key"],
            ),
            (
                vec![("authorization", bearer(A)), ("x-api-key", B.into())],
                Presented::Ambiguous,
                &["authorization", "x-api-key"],
            ),
            (
                vec![("x-api-key", A.into()), ("x-api-key", B.into())],
                Presented::Ambiguous,
                &["x-api-key"],
            ),
            (
                vec![("authorization", bearer(A)), ("x-api-key", "sk-ant-x".into())],
                Presented::Key(A),
                &["authorization"],
            ),
            (vec![("authorization", bearer("sk-x"))], Presented::Foreign, &[]),
            (
                vec![("authorization", basic.clone())],
                Presented::Ambiguous,
                &["authorization"],
            ),
            (
                vec![("authorization", A.into())],
                Presented::Ambiguous,
                &["authorization"],
            ),
            (
                vec![("authorization", joined.clone())],
                Presented::Ambiguous,
                &["authorization"],
            ),
            (
                vec![("x-api-key", format!("{A}x"))],
                Presented::Ambiguous,
                &["x-api-key"],
            ),
            (
                vec![("x-api-key", format!("PSK-{}", &A[4..]))],
                Presented::Ambiguous,
                &["x-api-key"],
            ),
            (vec![("x-api-key", "sk-apsk-1".into())], Presented::Foreign, &[]),
        ];
        for (headers, presented, carriers) in cases {
            let read: Headers = headers.iter().map(|(name, value)| (name, value)).collect();
            let shown = Shown::read(&read);
            assert_eq!(
                (shown.presented, &*shown.carriers),
                (presented, carriers),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_credential_that_cannot_be_read_is_not_passed_over() {
        let headers = Headers::from_iter([("x-api-key", &b"psk-\xff"[..]), ("api-key", A.as_bytes())]);
        let shown = Shown::read(&headers);
        assert_eq!(shown.presented, Presented::Ambiguous);
        assert_eq!(shown.carriers, ["x-api-key", "api-key"]);
    }
}
