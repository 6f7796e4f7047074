//! How Redis is reached, with or without TLS.

use redis::{Client, RedisError};
use tokio_rustls::rustls::crypto::ring;

/// A client for `redis://` or `rediss://`, which is TLS with the system's trust, or that of `SSL_CERT_FILE`. It does not
/// connect yet.
///
/// # Errors
/// When the URL is wrong.
pub fn open(url: &str) -> Result<Client, RedisError> {
    if url.starts_with("rediss:") {
        // The crate takes the process's; whoever has chosen one before has chosen the same.
        let _ = ring::default_provider().install_default();
    }
    Client::open(url)
}
