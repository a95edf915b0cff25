//! Where a head office is: host, port, database, role, and the authority that vouches for it.

use crate::kernel::{Code, Fault, Result};
use std::net::{IpAddr, Ipv6Addr};

/// Whom to connect to.
#[derive(PartialEq, Eq)]
pub(in crate::sync) struct Address<'a> {
    pub(in crate::sync) host: &'a str,
    pub(in crate::sync) port: u16,
    pub(in crate::sync) database: &'a str,
    pub(in crate::sync) role: &'a str,
    pub(in crate::sync) authority: Option<&'a str>,
}

/// Whether a host is this machine itself: only there may a connection be made without TLS.
pub(in crate::sync) fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// How devices reach a server, as an administrator writes it: `books.example:5432`, `192.0.2.7:5432`, `[2001:db8::7]:5432`, or the folder
/// of a Unix socket.
///
/// # Errors
/// `malformed`.
pub fn parse_reachable(text: &str) -> Result<(String, u16)> {
    let wrong = |what: &str| {
        let message = format!("{what} Write host:port, such as books.example:5432 or [2001:db8::7]:5432.");
        Fault::new(Code::Malformed, message).at("reachable")
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("The port is missing."))?;
    let port = match port.parse::<u16>() {
        Ok(port) if port > 0 && port.to_string() == text[host.len() + 1..] => port,
        _ => return Err(wrong("A port is a number from 1 to 65535.")),
    };
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bare {
        Some(bare) if bare.parse::<Ipv6Addr>().is_ok() => Ok((bare.to_owned(), port)),
        Some(_) => Err(wrong("What stands in brackets is no IPv6 address.")),
        None if host.contains(':') => Err(wrong("An IPv6 address stands in brackets, and no scheme before the host.")),
        None if is_host(host) => Ok((host.to_owned(), port)),
        None => Err(wrong("The host is neither a name nor an address.")),
    }
}

/// Whether a server can be called so: by an address, by a name of letters, digits and hyphens (RFC 1123, and `_`, which some resolvers
/// know), or by the folder of its Unix socket.
pub(in crate::sync) fn is_host(host: &str) -> bool {
    if host.starts_with('/') {
        return !host.chars().any(char::is_control);
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.parse::<IpAddr>().is_ok()
        || (host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(is_label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_devices_reach_a_server_is_a_host_and_a_port() {
        for (text, host, port) in [
            ("books.example:5432", "books.example", 5432),
            ("192.0.2.7:1", "192.0.2.7", 1),
            ("[::1]:5432", "::1", 5432),
            ("[2001:db8::7]:65535", "2001:db8::7", 65535),
            ("db_1.local.:5432", "db_1.local.", 5432),
            ("/run/postgresql:5432", "/run/postgresql", 5432),
        ] {
            assert_eq!(parse_reachable(text).unwrap(), (host.to_owned(), port), "{text}");
        }
        for text in [
            "",
            ":5432",
            "books.example",
            "books.example:",
            "books.example:0",
            "books.example:65536",
            "books.example:+1",
            "books.example:05432",
            "http://x:1",
            "x y:1",
            " x:1",
            "x:1 ",
            "o'brien:1",
            "::1:5432",
            "[::1]",
            "[books]:1",
            "[]:1",
            "-x:1",
            "a..b:1",
            "x\n:1",
            "x/y:1",
            "user@x:1",
            "naïve:1",
        ] {
            let fault = parse_reachable(text).unwrap_err();
            assert_eq!((fault.code, fault.field.as_deref()), (Code::Malformed, Some("reachable")), "{text}");
        }
    }
}
