//! The log, the same for both faces: a file a day in the store's folder, two weeks of them. No input is ever written to
//! it, for it holds names and amounts.

use crate::paths;
use std::path::Path;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Says how much is written, as in `DAYBOOK_LOG=debug`.
pub const LOG_VARIABLE: &str = "DAYBOOK_LOG";
const FILES_MAX: usize = 14;

/// Begins to log. Where the log can't be written, Daybook works without one: the books matter more.
pub fn begin(store: &Path) {
    let folder = paths::log_directory(store);
    if std::fs::create_dir_all(&folder).is_err() {
        return;
    }
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("daybook")
        .filename_suffix("log")
        .max_log_files(FILES_MAX)
        .build(folder);
    let Ok(appender) = appender else { return };
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_writer(appender)
        .with_ansi(false)
        .with_env_filter(filter)
        // What can't be logged, as on a full disk, would be told to standard error, and panic where nobody reads that.
        .log_internal_errors(false);
    // A second face in the same process, as in tests, goes on with the first one's log.
    let _ = log.try_init();
}
