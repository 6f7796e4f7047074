//! TLS for providers: certificates, and an authority that issues them.
//!
//! Keys live as long as the process; nothing is written to disk.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ServerConfig, version};

/// Protocols by ALPN, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate authority that nobody knows.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a provider shows to its clients, and the protocols that it speaks with them.
#[derive(Clone, Debug)]
pub struct Certificate {
    config: Arc<ServerConfig>,
}

impl Authority {
    /// A new one.
    pub fn new() -> anyhow::Result<Self> {
        let mut parameters = CertificateParams::default();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "an authority of tests");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = parameters.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(parameters, key),
            pem,
        })
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a host name or an address and its key, in PEM, for servers that read files.
    pub fn pair(&self, name: &str) -> anyhow::Result<(String, String)> {
        let key = KeyPair::generate()?;
        let chain = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.issuer)?;
        Ok((chain.pem(), key.serialize_pem()))
    }

    /// Issues a certificate for a host name or an address. Its owner speaks HTTP/2 and HTTP/1.1.
    pub fn certificate(&self, name: &str) -> anyhow::Result<Certificate> {
        let key = KeyPair::generate()?;
        let chain = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.issuer)?;
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(vec![chain.der().clone()], secret.into())
            .with_context(|| format!("certificate of {name}"))?;
        config.alpn_protocols = PROTOCOLS.map(Vec::from).to_vec();
        Ok(Certificate {
            config: Arc::new(config),
        })
    }
}

impl Certificate {
    /// Its owner speaks HTTP/1.1 only.
    pub fn without_http2(mut self) -> Self {
        Arc::make_mut(&mut self.config)
            .alpn_protocols
            .retain(|protocol| protocol != b"h2");
        self
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}
