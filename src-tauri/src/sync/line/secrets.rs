//! Where the password for head office lies on this device: in the key ring where there is one, else in a file.
//!
//! A file a role in the store's folder, readable by its owner alone, decides: it holds the passwords, or says that the key ring does. It
//! is replaced whole, so that whenever the power fails one of the two is true. Not here: the key ring itself (keyring).

use super::address::Address;
use super::keyring::{self, Entry};
use crate::kernel::{Code, Fault, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a file says whose passwords are in the key ring. No password is a sentence.
const IN_THE_KEY_RING: &str = "The password is in the key ring of this user.";

/// The passwords of a store's roles.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: PathBuf,
    key_ring: bool,
}

impl Secrets {
    /// The secrets of the store in that folder, in files alone.
    pub fn of(store: &Path) -> Secrets {
        Secrets { folder: store.join("secrets"), key_ring: false }
    }

    /// The same, with the key ring of the person at this machine before the files.
    #[must_use]
    pub fn with_key_ring(self) -> Secrets {
        Secrets { key_ring: true, ..self }
    }

    /// Whether there is one: this store has joined, or has begun to.
    pub fn has_any(&self) -> bool {
        std::fs::read_dir(&self.folder).is_ok_and(|mut files| files.next().is_some())
    }

    fn file(&self, role: &str) -> PathBuf {
        // Roles are named by head office in a-z, 0-9 and _; nothing else may become part of a path.
        let name: String = role.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        self.folder.join(name)
    }

    /// The passwords that may be the role's, the likeliest first: two while one is being replaced by the other. None where none was kept,
    /// and in a copy of the store that has come to another user or machine.
    ///
    /// # Errors
    /// `key_ring_shut`; `refused` where the file can't be read.
    pub(in crate::sync) fn read(&self, address: &Address) -> Result<Vec<String>> {
        let unreadable =
            "The password for head office can't be read on this device; see to the folder secrets in the store.";
        let text = match self.read_file(address.role) {
            Ok(Some(text)) if is_in_the_key_ring(&text) => self.read_key_ring(address)?,
            Ok(text) => text.unwrap_or_default(),
            Err(cause) => return Err(Fault::new(Code::Refused, unreadable).because(cause)),
        };
        Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    fn read_file(&self, role: &str) -> std::io::Result<Option<String>> {
        match std::fs::read_to_string(self.file(role)) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    fn read_key_ring(&self, address: &Address) -> Result<String> {
        let shut = |message: &str| Fault::new(Code::KeyRingShut, message);
        if !self.key_ring {
            return Err(shut("The password for head office is in the key ring, and Daybook was told not to use that."));
        }
        match keyring::get(entry(address)) {
            Ok(secret) => Ok(secret.unwrap_or_default()),
            Err(why) => Err(shut(
                "The password for head office is in the key ring, which is locked or can't be reached; log in to the desktop and \
                 unlock it.",
            )
            .because(why)),
        }
    }

    /// Keeps these passwords for the role, on disk when this returns. Those in a file stay there: a join writes twice, and a key ring
    /// that doesn't answer is waited for once.
    ///
    /// # Errors
    /// `disk_full`, `io`.
    pub(in crate::sync) fn write(&self, address: &Address, passwords: &[String]) -> Result<()> {
        let lines: String = passwords.iter().map(|password| format!("{password}\n")).collect();
        let in_a_file = matches!(self.read_file(address.role), Ok(Some(text)) if !is_in_the_key_ring(&text));
        if self.key_ring && !in_a_file {
            match keyring::put(entry(address), &lines) {
                Ok(()) => return self.write_file(address.role, &format!("{IN_THE_KEY_RING}\n")),
                Err(why) => tracing::info!(%why, "the password for head office is kept in a file"),
            }
        }
        self.write_file(address.role, &lines)
    }

    fn write_file(&self, role: &str, text: &str) -> Result<()> {
        self.replace_file(role, text).map_err(|cause| {
            let code = match cause.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
                _ => Code::Io,
            };
            Fault::new(code, "The password for head office can't be kept on this device.").because(cause)
        })
    }

    fn replace_file(&self, role: &str, text: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        restrict(&self.folder, 0o700)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        restrict(file.path(), 0o600)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.file(role)).map_err(|error| error.error)?;
        // Its name is in the folder, and the folder's in the store.
        sync_folder(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)
    }
}

fn is_in_the_key_ring(text: &str) -> bool {
    text.trim_end() == IN_THE_KEY_RING
}

fn entry<'a>(address: &Address<'a>) -> Entry<'a> {
    Entry { role: address.role, host: address.host, port: address.port, database: address.database }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    // Folders are not synced there.
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    // A user's data folder is the user's own there.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(role: &str) -> Address<'_> {
        Address { host: "127.0.0.1", port: 5432, database: "books", role, authority: None }
    }

    #[cfg(unix)]
    #[test]
    fn a_password_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::of(folder.path());
        secrets.write(&address("../role"), &["new".into(), "old".into()]).unwrap();
        assert_eq!(secrets.read(&address("role")).unwrap(), ["new", "old"]);
        let mode = std::fs::metadata(folder.path().join("secrets/role")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_password_is_there_or_not_and_what_cant_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::of(folder.path());
        assert_eq!(secrets.read(&address("role")).unwrap(), [""; 0]);
        secrets.write_file("role", IN_THE_KEY_RING).unwrap();
        assert_eq!(secrets.read(&address("role")).unwrap_err().code, Code::KeyRingShut);
        std::fs::create_dir(folder.path().join("secrets/other")).unwrap();
        assert_eq!(secrets.read(&address("other")).unwrap_err().code, Code::Refused);
    }
}
