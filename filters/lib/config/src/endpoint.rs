//! A provider's address, from its `base_url`.

use std::{borrow::Cow, net::IpAddr};

use http::Uri;
use serde::Serialize;
use serde_saphyr::Location;

use crate::{problem::Problems, raw, spanned::Spanned};

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// In the clear.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A provider's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Name or IP address, the latter without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What stands in front of every path; empty or `/…` without a slash at its end.
    pub prefix: String,
}

impl Endpoint {
    /// The `:authority`: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = match self.ip() {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.host.clone(),
        };
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// The host, where it is an address and no name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Nothing leaves this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|address| address.is_loopback())
    }

    /// `right` says what to write where there is no URL at all.
    pub(crate) fn parse(
        text: &Spanned<String>,
        right: &str,
        field: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        parse(&text.value, right)
            .map_err(|message| problems.at(text.referenced, field, message))
            .ok()
    }

    /// Of a gRPC service, which must be named. `here` is the section that it is missing in.
    pub(crate) fn of_grpc(
        text: &raw::Text,
        here: Location,
        right: &str,
        field: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(text) = text else {
            problems.at(here, field, format!("missing; write {right}"));
            return None;
        };
        let endpoint = Self::parse(text, right, field, problems)?;
        if !endpoint.prefix.is_empty() {
            problems.at(
                text.referenced,
                field,
                format!("holds a path, which gRPC decides itself; write {right}"),
            );
            return None;
        }
        Some(endpoint)
    }
}

fn parse(text: &str, right: &str) -> Result<Endpoint, Cow<'static, str>> {
    if text.contains('@') {
        return Err("holds a user or a password; leave them out and use credential".into());
    }
    if text.contains(['?', '#', '{', '}']) {
        return Err("holds a query, a fragment or a placeholder; leave it out".into());
    }
    let uri: Uri = text.parse().map_err(|_| format!("not a URL; write {right}"))?;
    let scheme = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        _ => return Err("must begin with https:// or http://".into()),
    };
    let host = uri
        .host()
        .map(|host| host.trim_start_matches('[').trim_end_matches(']'))
        .filter(|host| !host.is_empty())
        .ok_or("has no host")?
        .to_ascii_lowercase();
    let port = match (uri.port(), scheme) {
        (Some(port), _) if port.as_u16() == 0 => return Err("port 0 cannot be connected to".into()),
        (Some(port), _) => port.as_u16(),
        (None, Scheme::Http) => 80,
        (None, Scheme::Https) => 443,
    };
    let prefix = uri.path().trim_end_matches('/').to_owned();
    if prefix.ends_with("/chat/completions") || prefix.ends_with("/messages") {
        return Err(
            "names one endpoint; leave off what the SDK appends (/chat/completions, /v1/messages)".into(),
        );
    }
    Ok(Endpoint {
        scheme,
        host,
        port,
        prefix,
    })
}
