//! Where more is said of callers who have shown something else than a key.

use serde::Serialize;

use crate::{identity, problem::Problems, raw, slice::Source, spanned::Spanned};

/// Where the service finds what else is known of a caller, such as the claims of a token that `jwt_authn` has checked.
/// Of what has no place nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attributes {
    /// Which of the tenant's teams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Source>,
    /// Where requests must stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Source>,
    /// Aliases that may be asked for: a list, or a text with commas or spaces between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Source>,
}

impl Attributes {
    pub(crate) fn parse(raw: Option<&raw::Identity>, problems: &mut Problems) -> Option<Self> {
        let Some(raw) = raw else {
            return Some(Self::default());
        };
        let team = source(raw.team.as_ref(), "team", problems);
        let region = source(raw.region.as_ref(), "region", problems);
        let models = source(raw.models.as_ref(), "models", problems);
        Some(Self {
            team: team?,
            region: region?,
            models: models?,
        })
    }
}

/// The outer `None` is a problem, the inner one a source that is not there.
fn source(
    raw: Option<&Spanned<raw::Source>>,
    scope: &str,
    problems: &mut Problems,
) -> Option<Option<Source>> {
    match raw {
        Some(raw) => identity::written(raw, scope, problems).map(Some),
        None => Some(None),
    }
}
