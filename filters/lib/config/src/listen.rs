//! Addresses that Envoy listens on.

use std::net::{Ipv4Addr, SocketAddr};

use crate::{problem::Problems, raw};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9901);

/// `listen` and `admin`, which must not be the same.
pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<(SocketAddr, SocketAddr)> {
    let listen = address(&raw.listen, "listen", LISTEN, problems);
    let admin = address(&raw.admin, "admin", ADMIN, problems);
    let (listen, admin) = (listen?, admin?);
    if listen == admin {
        let place = raw.admin.as_ref().or(raw.listen.as_ref());
        if let Some(place) = place {
            problems.at(
                place.referenced,
                "admin",
                format!("listen has {listen} already; choose another port"),
            );
        }
        return None;
    }
    Some((listen, admin))
}

pub(crate) fn address(
    text: &raw::Text,
    field: &str,
    default: SocketAddr,
    problems: &mut Problems,
) -> Option<SocketAddr> {
    let Some(text) = text else {
        return Some(default);
    };
    let message = match text.value.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => return Some(address),
        Ok(_) => format!("port 0 is not one that clients could know; write {default}"),
        Err(_) => format!(
            "{:?} is not an IP address and a port; write such as {default} or 0.0.0.0:{}",
            text.value,
            default.port()
        ),
    };
    problems.at(text.referenced, field, message);
    None
}
