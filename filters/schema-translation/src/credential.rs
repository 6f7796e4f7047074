//! The client's own credential, for the targets that are to have it.

use penstock_chat::Api;
use penstock_config::slice::Target;
use penstock_flow::Headers;
use penstock_translate::target::Flavor;
use serde::{Deserialize, Serialize};

/// How keys of the gateway begin. The service takes them from a request; where it is away and the request goes on without
/// it, they still are for nobody but the gateway.
const OURS: &str = "psk-";

/// A credential, and the way in which the client's SDK sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// `authorization: Bearer`.
    Bearer(String),
    /// `x-api-key`.
    Key(String),
}

impl Credential {
    /// The credential of a request.
    pub(crate) fn of(headers: &Headers) -> Option<Self> {
        let bearer = headers
            .get("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.starts_with(OURS))
            .map(|token| Self::Bearer(token.to_owned()));
        bearer.or_else(|| {
            let key = headers.get("x-api-key")?;
            (!key.trim().starts_with(OURS)).then(|| Self::Key(key.to_owned()))
        })
    }

    /// The header in which `target` takes it. A client of the same API has chosen the form itself.
    pub(crate) fn header(self, client: Api, target: &Target) -> (&'static str, String) {
        match (target.api, target.flavor, self) {
            (Api::Anthropic, _, Self::Bearer(token)) if client == Api::Anthropic => {
                ("authorization", format!("Bearer {token}"))
            }
            (Api::Anthropic, _, Self::Bearer(token) | Self::Key(token)) => ("x-api-key", token),
            (Api::OpenAi, Flavor::Azure, Self::Bearer(token) | Self::Key(token)) => ("api-key", token),
            (Api::OpenAi, _, Self::Bearer(token) | Self::Key(token)) => {
                ("authorization", format!("Bearer {token}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_gateway_is_no_credential_for_a_provider() {
        let ours = ("authorization", "Bearer psk-abc");
        assert_eq!(Credential::of(&Headers::from([ours])), None);
        assert_eq!(Credential::of(&Headers::from([("x-api-key", "psk-abc")])), None);
        let both = Headers::from([ours, ("x-api-key", "theirs")]);
        assert_eq!(Credential::of(&both), Some(Credential::Key("theirs".to_owned())));
    }

    #[test]
    fn the_credential_is_found_in_either_header() {
        let bearer = || Some(Credential::Bearer("abc".to_owned()));
        let cases = [
            (Headers::from([("authorization", "Bearer abc")]), bearer()),
            (Headers::from([("authorization", "bearer  abc")]), bearer()),
            (Headers::from([("authorization", "Basic abc")]), None),
            (
                Headers::from([("x-api-key", "k")]),
                Some(Credential::Key("k".to_owned())),
            ),
            (Headers::default(), None),
        ];
        for (headers, expected) in cases {
            assert_eq!(Credential::of(&headers), expected, "{headers:?}");
        }
    }
}
