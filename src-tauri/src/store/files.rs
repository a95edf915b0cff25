//! The few operations on files that what was saved rests on: made under a fresh name, synced, named, moved into place.
//!
//! A name is durable only when its folder is synced. Not here: what is in a file.

use crate::kernel::{Code, Fault, Id, Result, kind, mutant, shown_path};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How a file is called that is not finished.
pub(super) const UNFINISHED: &str = "unfinished";
/// A file's own name may have 255 bytes, and a longer beginning than this leaves no room for what is added.
const NAME_BYTES_MAX: usize = 200;

/// Makes a file beside `path` that nobody has, under a name of its own. It is empty, and is to be given its name or removed.
///
/// # Errors
/// `file_unwritable`, `disk_full`, with the path that was asked for.
pub(super) fn make_unfinished(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if name.len() > NAME_BYTES_MAX { "daybook".to_owned() } else { name };
    #[expect(clippy::disallowed_methods, reason = "no unit of work: dice for the name of a file")]
    let dice: Id<kind::Record> = Id::fresh();
    let unfinished = path.with_file_name(format!("{name}.{}.{UNFINISHED}", &dice.to_string()[24..]));
    File::create_new(&unfinished).map_err(unwritable(path))?;
    Ok(unfinished)
}

/// Makes a file of that name, unless a file has it.
///
/// # Errors
/// `file_exists`, `file_unwritable`, `disk_full`.
pub fn create_new(path: &Path) -> Result<File> {
    File::create_new(path).map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => exists(path).because(cause),
        _ => unwritable(path)(cause),
    })
}

/// Gives a finished file its name, unless a file has it.
///
/// # Errors
/// `file_exists`, `file_unwritable`, `disk_full`.
pub(super) fn give_name(unfinished: &Path, path: &Path) -> Result<()> {
    match std::fs::hard_link(unfinished, path) {
        Ok(()) => {
            // A second name that stays is removed with what a power cut leaves.
            let _ = std::fs::remove_file(unfinished);
        }
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(exists(path).because(cause)),
        // A file system without second names: the name is taken first, and then written over.
        Err(_) => {
            create_new(path)?;
            if let Err(cause) = std::fs::rename(unfinished, path) {
                let _ = std::fs::remove_file(path); // it is empty and ours
                return Err(unwritable(path)(cause));
            }
        }
    }
    sync_folder(path).inspect_err(|_| {
        let _ = std::fs::remove_file(path); // what may be gone after a power cut was not made
    })
}

fn exists(path: &Path) -> Fault {
    Fault::new(Code::FileExists, format!("{} is there already.", shown_path(path)))
}

/// Writes a file that nobody has, whole or not at all: a process that ends in the middle leaves no half of it under its name.
///
/// # Errors
/// `file_exists`, `file_unwritable`, `disk_full`.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = make_unfinished(path)?;
    let written = std::fs::write(&unfinished, bytes)
        .map_err(unwritable(path))
        .and_then(|()| sync_file(&unfinished))
        .and_then(|()| give_name(&unfinished, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&unfinished); // it was ours
    }
    written
}

/// Makes a folder, with those that it lies in, durably: what is in a folder whose own name is lost is lost with it.
///
/// # Errors
/// `file_unwritable`, `disk_full`.
pub fn make_folder(folder: &Path) -> Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists()).collect();
    std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    missing.into_iter().rev().try_for_each(sync_folder)
}

/// Makes a file's bytes durable.
///
/// # Errors
/// `file_unwritable`, `disk_full`.
pub(super) fn sync_file(file: &Path) -> Result<()> {
    if mutant("sync_file") {
        return Ok(());
    }
    File::open(file).and_then(|file| file.sync_all()).map_err(unwritable(file))
}

/// Makes the names in a file's folder durable.
///
/// # Errors
/// `file_unwritable`, `disk_full`.
pub fn sync_folder(file: &Path) -> Result<()> {
    if mutant("sync_folder") {
        return Ok(());
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable(file))
}

/// The path of a database in that folder whose name no file has yet: two may be made within one second.
pub fn free_name(folder: &Path, name: &str) -> PathBuf {
    let path = |number: &str| folder.join(format!("{name}{number}.sqlite"));
    let more = (2..1000).map(|number| path(&format!("-{number}")));
    std::iter::once(path("")).chain(more).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| path(""))
}

/// Copies those of the files that are there into a new folder beside them, durably; its name.
///
/// # Errors
/// `file_unwritable`, `disk_full`.
pub fn copy_aside(directory: &Path, files: &[String], name: &str) -> Result<String> {
    let names = std::iter::once(name.to_owned()).chain((2..1000).map(|number| format!("{name}-{number}")));
    let free = names.into_iter().find(|name| directory.join(name).symlink_metadata().is_err());
    let name = free.unwrap_or_else(|| name.to_owned());
    let folder = directory.join(&name);
    std::fs::create_dir(&folder).map_err(unwritable(&folder))?;
    let copied = files.iter().filter(|file| directory.join(file).exists()).try_for_each(|file| {
        let copy = folder.join(file);
        std::fs::copy(directory.join(file), &copy).map_err(unwritable(&copy))?;
        sync_file(&copy)
    });
    copied.and_then(|()| sync_folder(&folder.join("."))).and_then(|()| sync_folder(&folder)).inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&folder); // it is not whole
    })?;
    Ok(name)
}

/// A file of a database beside it: its log, the log's index, its journal.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The fault of a file that can't be written: `disk_full` where that is why, else `file_unwritable`.
pub fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |cause| unwritten(path, Code::FileUnwritable, cause)
}

/// As [`unwritable`], of what is the store's own: else `io`.
pub fn store_unwritable(path: &Path) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |cause| unwritten(path, Code::Io, cause)
}

fn unwritten(path: &Path, otherwise: Code, cause: std::io::Error) -> Fault {
    let (code, message) = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (Code::DiskFull, format!("There is no room for {}.", shown_path(path)))
        }
        _ => (otherwise, format!("{} can't be written.", shown_path(path))),
    };
    Fault::new(code, message).because(cause)
}
