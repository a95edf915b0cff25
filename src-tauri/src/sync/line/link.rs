//! The link that head office gives a device.

use super::address::{Address, is_local};
use crate::kernel::{BookId, Code, Fault, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;

const PREFIX: &str = "daybook-link:";
/// A link holds a certificate authority, which is a few thousand bytes.
const LINK_BYTES_MAX: usize = 64 * 1024;

/// Where a central is, and as whom a device enters it the first time. The password is replaced when the device joins, so a
/// link is good once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The version of links.
    pub v: u32,
    /// The server's name or address; a folder for a Unix socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role made for this device.
    pub role: String,
    /// Its password until it joins.
    pub password: String,
    /// The certificate authority that the server must be vouched for by, as PEM; none on this machine itself.
    pub authority: Option<String>,
    /// The book that the device joins; none when it brings its own.
    pub book: Option<BookId>,
}

impl fmt::Debug for Link {
    /// Without the password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Link({}@{}:{}/{})", self.role, self.host, self.port, self.database)
    }
}

impl<'a> From<&'a Link> for Address<'a> {
    fn from(link: &'a Link) -> Address<'a> {
        Address {
            host: &link.host,
            port: link.port,
            database: &link.database,
            role: &link.role,
            authority: link.authority.as_deref(),
        }
    }
}

impl Link {
    /// Whether it leads to this machine itself.
    pub fn is_local(&self) -> bool {
        is_local(&self.host)
    }

    /// The link as one line of text.
    pub fn write(&self) -> String {
        // A struct of texts and numbers can always be written as JSON.
        let json = serde_json::to_vec(self).unwrap_or_default();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
    }

    /// Reads a link.
    ///
    /// # Errors
    /// `bad_link`.
    pub fn parse(text: &str) -> Result<Link> {
        let bad = || Fault::new(Code::BadLink, "This is not a link from a head office; copy all of it, in one line.");
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        if text.len() > LINK_BYTES_MAX {
            return Err(bad());
        }
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok()).ok_or_else(bad)?;
        // What serde says could hold parts of the link, so it isn't kept.
        let link: Link = serde_json::from_slice(&bytes).map_err(|_| bad())?;
        if link.v != 1 {
            return Err(Fault::new(Code::BadLink, "The link was made by another version of Daybook."));
        }
        Ok(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            v: 1,
            host: "127.0.0.1".into(),
            port: 5432,
            database: "books".into(),
            role: "daybook_device_1".into(),
            password: "secret".into(),
            authority: None,
            book: None,
        }
    }

    #[test]
    fn a_link_may_be_broken_over_lines_and_hides_its_password() {
        let text = link().write();
        let (one, two) = text.split_at(30);
        assert_eq!(Link::parse(&format!(" {one}\n{two}\r\n")).unwrap().password, "secret");
        assert!(!format!("{:?}", link()).contains("secret"));
        for bad in ["", "daybook-link:", "daybook-link:e30", "https://example.org", &text[..text.len() - 4]] {
            assert_eq!(Link::parse(bad).unwrap_err().code, Code::BadLink, "{bad}");
        }
    }
}
