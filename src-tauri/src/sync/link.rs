//! The link that head office gives a device, and the file that keeps the password.

use crate::kernel::{BookId, Code, Fault, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

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

impl Link {
    /// Whether it leads to this machine itself.
    pub fn is_local(&self) -> bool {
        super::central::is_local(&self.host)
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

/// The passwords of a store's roles: a file each in the store's folder, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct Secrets(PathBuf);

impl Secrets {
    /// The secrets of the store in that folder.
    pub fn of(store: &Path) -> Secrets {
        Secrets(store.join("secrets"))
    }

    fn file(&self, role: &str) -> PathBuf {
        // Roles are named by head office in a-z, 0-9 and _; nothing else may become part of a path.
        let name: String = role.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        self.0.join(name)
    }

    /// The passwords that may be the role's, the likeliest first: two while one is being replaced by the other.
    pub(super) fn read(&self, role: &str) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(self.file(role)).map_err(|cause| {
            Fault::new(
                Code::Refused,
                "The password for head office is not on this device; ask for a new link and join again.",
            )
            .because(cause)
        })?;
        Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// Keeps these passwords for the role, on disk when this returns.
    pub(super) fn write(&self, role: &str, passwords: &[&str]) -> Result<()> {
        let unwritable = |cause: std::io::Error| {
            let code = match cause.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
                _ => Code::Io,
            };
            Fault::new(code, "The password for head office can't be kept on this device.").because(cause)
        };
        std::fs::create_dir_all(&self.0).map_err(unwritable)?;
        restrict(&self.0, 0o700).map_err(unwritable)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.0).map_err(unwritable)?;
        restrict(file.path(), 0o600).map_err(unwritable)?;
        for password in passwords {
            writeln!(file, "{password}").map_err(unwritable)?;
        }
        file.as_file().sync_all().map_err(unwritable)?;
        file.persist(self.file(role)).map_err(|error| unwritable(error.error))?;
        Ok(())
    }
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    // A user's data folder is the user's own there.
    Ok(())
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
    fn a_link_survives_being_broken_over_lines_and_never_shows_its_password() {
        let text = link().write();
        let (one, two) = text.split_at(30);
        assert_eq!(Link::parse(&format!(" {one}\n{two}\r\n")).unwrap().password, "secret");
        assert!(!format!("{:?}", link()).contains("secret"));
        for bad in ["", "daybook-link:", "daybook-link:e30", "https://example.org", &text[..text.len() - 4]] {
            assert_eq!(Link::parse(bad).unwrap_err().code, Code::BadLink, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_password_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::of(folder.path());
        secrets.write("../role", &["new", "old"]).unwrap();
        assert_eq!(secrets.read("role").unwrap(), ["new", "old"]);
        let mode = std::fs::metadata(folder.path().join("secrets/role")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
