//! The key ring of the person at this machine: the Secret Service of their session, as GNOME Keyring, KWallet and KeePassXC give it.
//!
//! It is asked, never urged: a key ring that is locked stays locked, since a program without a window can't ask anybody to open it,
//! and one that doesn't answer in time counts as none. Not here: what is done then (secrets).

use std::fmt;

/// How long the key ring may take, to begin with its bus: it answers within milliseconds, or somebody is being asked.
#[cfg(target_os = "linux")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Why the key ring gave or took nothing. What it said itself is not kept: nobody knows what it puts into its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    /// There is none, or none that outlives the session.
    Absent,
    /// It is locked.
    Locked,
    /// It did not answer in time.
    Silent,
    /// It failed, or gave back something else than it was given.
    Failed,
}

impl fmt::Display for Shut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Shut::Absent => "there is no key ring",
            Shut::Locked => "the key ring is locked",
            Shut::Silent => "the key ring did not answer in time",
            Shut::Failed => "the key ring failed",
        })
    }
}

impl std::error::Error for Shut {}

/// What is kept of a role. A role's name is made of dice by head office, so a copy of a store, which has the same role, finds the same
/// entry; and another server that names the same role is kept apart from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) role: &'a str,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
}

#[cfg(not(target_os = "linux"))]
pub(super) fn put(_: Entry<'_>, _: &str) -> Result<(), Shut> {
    Err(Shut::Absent)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn get(_: Entry<'_>) -> Result<Option<String>, Shut> {
    Err(Shut::Absent)
}

#[cfg(target_os = "linux")]
pub(super) use linux::{get, put};

#[cfg(target_os = "linux")]
mod linux {
    use super::{Entry, PATIENCE, Shut};
    use secret_service::{EncryptionType, Error, SecretService};
    use std::collections::HashMap;

    /// Keeps the secret in the place of what was kept there, and reads it back.
    pub(in super::super) fn put(entry: Entry<'_>, secret: &str) -> Result<(), Shut> {
        in_time(async {
            let service = connect().await?;
            let collection = service.get_default_collection().await.map_err(shut)?;
            // That one is forgotten when the session ends.
            if collection.collection_path.as_str().ends_with("/session") {
                return Err(Shut::Absent);
            }
            if collection.is_locked().await.map_err(shut)? {
                return Err(Shut::Locked);
            }
            let port = entry.port.to_string();
            let label = format!("Daybook: {} at {}", entry.role, entry.host);
            let item = collection
                .create_item(&label, attributes(entry, &port), secret.as_bytes(), true, "text/plain")
                .await
                .map_err(shut)?;
            match item.get_secret().await.map_err(shut)? {
                kept if kept == secret.as_bytes() => Ok(()),
                _ => Err(Shut::Failed),
            }
        })
    }

    /// What is kept; nothing when it is not there.
    pub(in super::super) fn get(entry: Entry<'_>) -> Result<Option<String>, Shut> {
        in_time(async {
            let service = connect().await?;
            let port = entry.port.to_string();
            let found = service.search_items(attributes(entry, &port)).await.map_err(shut)?;
            match found.unlocked.first() {
                Some(item) => {
                    let secret = item.get_secret().await.map_err(shut)?;
                    String::from_utf8(secret).map(Some).map_err(|_| Shut::Failed)
                }
                None if found.locked.is_empty() => Ok(None),
                None => Err(Shut::Locked),
            }
        })
    }

    /// Over the bus the secret goes encrypted: others may listen there, and at its most talkative a log does.
    async fn connect<'a>() -> Result<SecretService<'a>, Shut> {
        SecretService::connect(EncryptionType::Dh).await.map_err(|_| Shut::Absent)
    }

    fn attributes<'a>(entry: Entry<'a>, port: &'a str) -> HashMap<&'a str, &'a str> {
        HashMap::from([
            ("service", "Daybook"),
            ("role", entry.role),
            ("host", entry.host),
            ("port", port),
            ("database", entry.database),
        ])
    }

    fn shut(error: Error) -> Shut {
        match error {
            Error::Locked | Error::Prompt | Error::PromptDisconnected => Shut::Locked,
            Error::NoResult | Error::Unavailable => Shut::Absent,
            // The crate may add to its errors.
            _ => Shut::Failed,
        }
    }

    fn in_time<T>(work: impl Future<Output = Result<T, Shut>>) -> Result<T, Shut> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| Shut::Failed)?;
        let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
        // What hangs in a thread of its own, such as the look-up of a bus's name, is not waited for.
        runtime.shutdown_background();
        done.unwrap_or(Err(Shut::Silent))
    }
}
