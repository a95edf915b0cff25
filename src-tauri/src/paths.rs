//! Where things lie on this machine, the same for both faces.

use crate::kernel::{Code, Fault, Result};
use std::path::{Path, PathBuf};

/// Says where the store is, when it isn't at its usual place.
pub const STORE_VARIABLE: &str = "DAYBOOK_STORE";

/// The store's folder: the one that was named, else `DAYBOOK_STORE`, else the usual place for a user's data.
///
/// # Errors
/// `io` when this user has no such place.
pub fn store_directory(named: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(named) =
        named.or_else(|| std::env::var_os(STORE_VARIABLE).filter(|it| !it.is_empty()).map(PathBuf::from))
    {
        return Ok(named);
    }
    directories::ProjectDirs::from("app", "daybook", "daybook")
        .map(|places| places.data_dir().join("store"))
        .ok_or_else(|| Fault::new(Code::Io, format!("This user has no home folder; set {STORE_VARIABLE}.")))
}

/// Where a store's log is written.
pub fn log_directory(store: &Path) -> PathBuf {
    store.join("logs")
}
