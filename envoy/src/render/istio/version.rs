//! Which Envoy an Istio release carries, and whether that is enough.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The matcher that chooses a cluster, and chooses again on each retry.
pub const LEAST_ENVOY: u32 = 39;

/// Istio 1.x and the Envoy 1.y that it carries: `ENVOY_VERSION.txt` on the release branches of istio/proxy, read 2026-11
/// in a copy of 2026-08-22.
pub const RELEASES: [(u32, u32); 4] = [(28, 36), (29, 37), (30, 38), (31, 39)];

/// A release of Istio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    minor: u32,
}

/// Why a release cannot be rendered for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// It is no version.
    #[error("{0:?} is not a version of Istio; write it as 1.31 or 1.31.2")]
    Syntax(String),
    /// Its Envoy cannot do what Penstock needs.
    #[error(
        "Istio 1.{istio} carries Envoy 1.{envoy}, which does not choose the provider again when it retries; Penstock needs \
         Envoy 1.{LEAST_ENVOY}, which comes with Istio 1.31: upgrade Istio, or use `penstock render envoy` with an Envoy of your own"
    )]
    TooOld {
        /// Istio's minor version.
        istio: u32,
        /// Envoy's minor version.
        envoy: u32,
    },
    /// It is older than every one that is known.
    #[error(
        "Istio 1.{0} carries an Envoy older than 1.36; Penstock needs Envoy 1.{LEAST_ENVOY}, which comes with Istio 1.31: \
         upgrade Istio, or use `penstock render envoy` with an Envoy of your own"
    )]
    Ancient(u32),
}

impl Version {
    /// The newest that is known.
    pub const NEWEST: Self = Self { minor: 31 };

    /// Its Envoy, if it is known.
    pub fn envoy(self) -> Option<u32> {
        let known = RELEASES.iter().find(|(istio, _)| *istio == self.minor);
        known.map(|(_, envoy)| *envoy)
    }

    /// # Errors
    /// When its Envoy is too old.
    pub fn check(self) -> Result<(), VersionError> {
        let istio = self.minor;
        match self.envoy() {
            Some(envoy) if envoy < LEAST_ENVOY => Err(VersionError::TooOld { istio, envoy }),
            None if istio < Self::NEWEST.minor => Err(VersionError::Ancient(istio)),
            _ => Ok(()),
        }
    }

    /// A regular expression for this release and those after it, as `proxyVersion` of an `EnvoyFilter` has it: a proxy
    /// that is older is left as it is.
    pub(super) fn and_later(self) -> String {
        let (tens, ones) = (self.minor / 10, self.minor % 10);
        format!(
            r"^1\.({tens}[{ones}-9]|[{}-9][0-9]|[1-9][0-9][0-9])(\..*)?$",
            tens + 1
        )
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError::Syntax(text.to_owned());
        let mut parts = text.split('.');
        let major = parts.next();
        let minor = parts.next().and_then(|minor| minor.parse().ok());
        let patch = parts.next().map(str::parse::<u32>);
        match (major, minor, patch, parts.next()) {
            // Two digits, so that the expression above is one.
            (Some("1"), Some(minor), None | Some(Ok(_)), None) if (1..90).contains(&minor) => {
                Ok(Self { minor })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), VersionError> {
        text.parse::<Version>()?.check()
    }

    #[test]
    fn an_istio_with_an_older_envoy_is_refused() {
        assert_eq!(
            checked("1.30.2"),
            Err(VersionError::TooOld { istio: 30, envoy: 38 })
        );
        assert_eq!(checked("1.9"), Err(VersionError::Ancient(9)));
        assert_eq!(checked("1.31"), Ok(()));
        assert_eq!(checked("1.31.4"), Ok(()));
        assert_eq!(checked("1.44.0"), Ok(()));
    }

    #[test]
    fn what_is_no_version_is_said() {
        for text in [
            "", "1", "2.0", "v1.31", "1.31-dev", "1.31.0.1", "1.x", "1.0", "1.90",
        ] {
            assert_eq!(checked(text), Err(VersionError::Syntax(text.to_owned())));
        }
    }

    #[test]
    fn the_newest_is_the_last_of_the_table() {
        assert_eq!(RELEASES.last().unwrap().0, Version::NEWEST.minor);
    }
}
