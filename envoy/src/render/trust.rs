//! Where systems keep the certificate authorities they trust.

use std::path::{Path, PathBuf};

/// Source: the list of Go's `crypto/x509` (`root_linux.go`, without OpenELEC), read 2026-11.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The first bundle that is there.
pub(super) fn system_ca() -> Option<PathBuf> {
    BUNDLES
        .iter()
        .map(Path::new)
        .find(|path| path.is_file())
        .map(Path::to_owned)
}
