//! How a collector of OpenTelemetry's is reached: OTLP over gRPC, for logs and for metrics.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
};
use tonic::{
    Code, Request,
    metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

/// What a connection may take, and a call.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why no collector can be told.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The URL or its TLS cannot be used.
    #[error("cannot use {url} as a collector")]
    Url {
        /// The collector.
        url: String,
        /// Why.
        source: tonic::transport::Error,
    },
    /// What is to be sent along is no list of headers. It is not repeated: it may hold a credential.
    #[error("entry {entry} of the headers for the collector is not of the form name=value")]
    Headers {
        /// From 1.
        entry: usize,
    },
}

/// How a collector is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is: `http://…` or `https://…`.
    pub url: String,
    /// Headers to send along, `name=value,name=value`, as OpenTelemetry writes them.
    pub headers: String,
    /// Trust, where it differs from the system's; PEM.
    pub ca: Option<Vec<u8>>,
    /// The name in the collector's certificate, where it differs from the host's.
    pub server_name: Option<String>,
    /// This replica's name.
    pub instance: String,
}

impl Settings {
    /// A channel that connects when something is to be sent.
    ///
    /// # Errors
    /// When the URL or its TLS cannot be used.
    pub fn connect(&self) -> Result<Channel, CollectorError> {
        let unusable = |source| CollectorError::Url {
            url: self.url.clone(),
            source,
        };
        let mut endpoint = Endpoint::from_shared(self.url.clone())
            .map_err(unusable)?
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT);
        if self.url.starts_with("https://") {
            let mut tls = match &self.ca {
                Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            if let Some(name) = &self.server_name {
                tls = tls.domain_name(name);
            }
            endpoint = endpoint.tls_config(tls).map_err(unusable)?;
        }
        Ok(endpoint.connect_lazy())
    }

    /// What goes along with every call.
    ///
    /// # Errors
    /// When it is no list of headers.
    pub fn metadata(&self) -> Result<MetadataMap, CollectorError> {
        let mut headers = MetadataMap::new();
        let entries = self.headers.split(',').map(str::trim).enumerate();
        for (index, entry) in entries.filter(|(_, entry)| !entry.is_empty()) {
            let parsed = entry.split_once('=').and_then(|(name, value)| {
                let name = name.trim().to_ascii_lowercase();
                let name: AsciiMetadataKey = name.parse().ok()?;
                let mut value: AsciiMetadataValue = value.trim().parse().ok()?;
                value.set_sensitive(true);
                Some((name, value))
            });
            let (name, value) = parsed.ok_or(CollectorError::Headers {
                entry: index.saturating_add(1),
            })?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// A call with these headers, which does not take for ever.
pub fn request<T>(message: T, headers: &MetadataMap) -> Request<T> {
    let mut request = Request::new(message);
    *request.metadata_mut() = headers.clone();
    request.set_timeout(TIMEOUT);
    request
}

/// Who tells.
pub fn resource(instance: &str) -> Resource {
    let texts = [
        ("service.name", "penstock-ext-proc"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    Resource {
        attributes: texts.map(|(key, value)| attribute(key, text(value))).into(),
        ..Resource::default()
    }
}

/// What tells.
pub fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "penstock".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

/// One name and its value.
pub fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// The value of an attribute.
pub fn text(value: &str) -> Value {
    Value::StringValue(value.to_owned())
}

/// Source: OpenTelemetry's protocol specification, "Failures" of OTLP/gRPC, read 2026-11-28. `Unknown` is what tonic
/// makes of a connection that breaks, and `ResourceExhausted` of a collector that asks to wait.
pub fn is_worth_another_try(code: Code) -> bool {
    matches!(
        code,
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
            | Code::ResourceExhausted
            | Code::Unknown
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_names_and_values() {
        for (text, expected) in [
            ("", Ok(0)),
            ("a=1", Ok(1)),
            ("a=1,, b = x=y ", Ok(2)),
            ("a=1,b", Err(2)),
            ("ä=1", Err(1)),
            ("a=\u{7}", Err(1)),
        ] {
            let settings = Settings {
                url: String::new(),
                headers: text.to_owned(),
                ca: None,
                server_name: None,
                instance: String::new(),
            };
            let found = settings
                .metadata()
                .map(|headers| headers.len())
                .map_err(|error| match error {
                    CollectorError::Headers { entry } => entry,
                    CollectorError::Url { .. } => 0,
                });
            assert_eq!(found, expected, "{text}");
        }
    }
}
