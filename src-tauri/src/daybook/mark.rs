//! The mark: where the newest entry was, in a file beside the database.
//!
//! It is written after each COMMIT, without fsync, so after a power cut it may be behind the store, never ahead of it; when it is
//! made and when another life begins it is synced. A mark that is ahead says that entries are gone: an older copy was put in the
//! store's place, or the disk lost them.

use super::{Hash, Sealed, hex};
use crate::kernel::{Id, IncarnationId, Result, mutant};
use crate::store::{store_unwritable, sync_folder};
use schemars::JsonSchema;
use serde::Serialize;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The mark's name in the store's folder.
pub const MARK_FILE: &str = "mark";

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The life of the store that the mark belongs to.
    pub incarnation: IncarnationId,
    /// Which life it is: a backup that is put in the store's place may not know of it, and begins one after it.
    pub ordinal: i64,
    /// The newest entry; nothing before the first.
    pub newest: Option<Sealed>,
}

/// How mark and store stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkState {
    /// The mark names the store's newest entry.
    Agrees,
    /// The mark names an older entry of the store, as after a power cut.
    Behind,
    /// The mark names an entry that the store does not have: the store was rolled back.
    Ahead,
    /// The mark belongs to another store.
    Foreign,
    /// There is no mark that can be read.
    Missing,
}

/// The open file of the mark.
pub struct Mark {
    file: Mutex<File>,
    path: PathBuf,
}

impl Mark {
    /// Opens the mark of a store's folder for writing, and makes it if there is none.
    ///
    /// # Errors
    /// `io`, `disk_full`.
    pub fn open(directory: &Path) -> Result<Mark> {
        let path = directory.join(MARK_FILE);
        let file =
            File::options().write(true).create(true).truncate(false).open(&path).map_err(store_unwritable(&path))?;
        Ok(Mark { file: Mutex::new(file), path })
    }

    /// What the mark of that folder says; nothing when it is missing or can't be understood.
    pub fn read(directory: &Path) -> Option<Marked> {
        let text = std::fs::read_to_string(directory.join(MARK_FILE)).ok()?;
        let mut words = text.split_whitespace();
        let incarnation = Id::parse(words.next()?).ok()?;
        let position: i64 = words.next()?.parse().ok()?;
        let hash = words.next()?;
        if hash.len() != 64 || !hash.is_ascii() {
            return None;
        }
        let mut bytes: Hash = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hash[2 * index..2 * index + 2], 16).ok()?;
        }
        let ordinal: i64 = words.next()?.parse().ok()?;
        let newest = (position > 0).then_some(Sealed { position, hash: bytes });
        Some(Marked { incarnation, ordinal, newest })
    }

    /// Writes the mark. A mark that can't be written is behind, which does no harm, and the log says so.
    pub fn write(&self, marked: &Marked) {
        self.put(marked, false);
    }

    /// Writes the mark, and syncs it and its folder: for the first one of a life, without which the next start would take the store
    /// for another.
    pub fn settle(&self, marked: &Marked) {
        self.put(marked, true);
    }

    fn put(&self, marked: &Marked, durably: bool) {
        let (position, hash) = marked.newest.map_or((0, [0; 32]), |newest| (newest.position, newest.hash));
        // Always of the same length, so that it is written over in one go.
        let line = format!("{} {position:020} {} {:010}\n", marked.incarnation, hex(&hash), marked.ordinal);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(line.as_bytes()));
        if durably && !mutant("sync_mark") {
            written = written.and_then(|()| file.sync_all());
        }
        if let Err(error) = written {
            tracing::warn!(%error, "the mark can't be written");
        } else if durably && let Err(fault) = sync_folder(&self.path) {
            tracing::warn!(fault = fault.chain(), "the mark's folder can't be synced");
        }
    }
}
