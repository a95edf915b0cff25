//! The files that imports keep in the store's folder: a copy of each table, and a copy of the store for each dry run.

use crate::domain::BatchId;
use crate::kernel::{Code, Fault, Result, shown_path};
use crate::store::make_folder;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The copy that an import reads from.
pub fn copy_of(store: &Path, id: BatchId) -> PathBuf {
    store.join("imports").join(format!("{id}.csv"))
}

/// The folder of a dry run, for its copy of the store. Dropped, it is removed with all that is in it.
pub struct DryFolder(PathBuf);

impl DryFolder {
    /// Makes it.
    ///
    /// # Errors
    /// `file_unwritable`, `disk_full`.
    pub fn make(store: &Path, id: BatchId) -> Result<DryFolder> {
        let folder = DryFolder(store.join("dry-runs").join(id.to_string()));
        make_folder(&folder.0)?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for DryFolder {
    fn drop(&mut self) {
        remove_folder(&self.0);
    }
}

/// Dry runs end with the process that made them; what a killed one left is removed.
pub fn clear_dry_runs(store: &Path) {
    remove_folder(&store.join("dry-runs"));
}

/// Removes the copies that no import reads from: of one that was never begun, for the process was killed before.
pub fn clear_copies(store: &Path, running: &[BatchId]) {
    let Ok(files) = std::fs::read_dir(store.join("imports")) else { return };
    let kept: Vec<PathBuf> = running.iter().map(|id| copy_of(store, *id)).collect();
    let is_copy = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "csv");
    files
        .flatten()
        .map(|file| file.path())
        .filter(|path| is_copy(path) && !kept.contains(path))
        .for_each(|path| remove_file(&path));
}

/// Removes a file. A copy that can't be removed only takes room; the log says so.
pub fn remove_file(file: &Path) {
    report(file, std::fs::remove_file(file));
}

fn remove_folder(folder: &Path) {
    report(folder, std::fs::remove_dir_all(folder));
}

fn report(path: &Path, removed: std::io::Result<()>) {
    if let Err(error) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, ?path, "what is no longer needed can't be removed");
    }
}

/// Opens a table. A pipe would be waited for, and a table is read more than once.
///
/// # Errors
/// `file_unreadable`.
pub(super) fn open(path: &Path) -> Result<File> {
    if !std::fs::metadata(path).map_err(unreadable(path))?.is_file() {
        return Err(Fault::new(Code::FileUnreadable, format!("{} is not a file.", shown_path(path))).at("path"));
    }
    File::open(path).map_err(unreadable(path))
}

/// That the file at this path can't be read.
pub(super) fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |cause| {
        Fault::new(Code::FileUnreadable, format!("{} can't be read.", shown_path(path))).because(cause).at("path")
    }
}

/// That a file is no table that can be read.
pub(super) fn bad(message: &str) -> Fault {
    Fault::new(Code::BadCsv, message).at("path")
}
