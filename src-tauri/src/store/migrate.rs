//! Dated migrations, applied at start-up on a private connection, before any pool exists.
//!
//! Foreign keys are off meanwhile, for rebuilding a parent table would else empty its children, and are checked
//! afterwards. Each migration and its line of history are one transaction. A store that holds data is copied first;
//! whatever fails, the copy is put back.

use super::copy::copy_database;
use super::fault::fault_of;
use super::open::{APPLICATION_ID, open_private};
use crate::kernel::{Code, Fault, Result};
use refinery::{Migration, Runner, Target};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

mod device {
    refinery::embed_migrations!("migrations/device");
}

/// The newest migration of this Daybook, which is its schema version.
pub const LATEST_DEVICE_MIGRATION: i64 = 202_611_240_210;

/// The migrations of the device's store, oldest first.
pub fn device_migrations() -> Vec<Migration> {
    let mut migrations = device::migrations::runner().get_migrations().clone();
    migrations.sort_by_key(Migration::version);
    migrations
}

/// Brings the database up to date, and makes it if there is none.
pub(super) fn bring_up_to_date(database: &Path) -> Result<()> {
    apply(database, &device_migrations())
}

/// Copies a backup to a file of its own, recognises it, and brings the copy up to date. The backup stays untouched.
///
/// # Errors
/// `not_a_store`, `too_new`, `damaged`, `migration_failed`, `file_unwritable`.
pub fn stage(backup: &Path, staged: &Path) -> Result<()> {
    super::open::recognise(backup)?;
    copy_database(backup, staged)?;
    bring_up_to_date(staged)
}

/// Applies those of the migrations that the database lacks.
pub(super) fn apply(database: &Path, migrations: &[Migration]) -> Result<()> {
    let latest = migrations.last().map_or(0, Migration::version);
    let connection = open_private(database, true)?;
    // The log of a store that is left untouched is left beside it, too, not carried over as this closes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fault_of)?;
    let applied = schema_version(&connection)?;
    if applied == Some(latest) {
        return Ok(());
    }
    if applied.is_some_and(|version| version > latest) {
        return Err(too_new(applied, latest));
    }
    let Some(from) = applied else {
        return create(connection, migrations);
    };
    drop(connection);
    let kept = kept_copy(database, from);
    copy_database(database, &kept)?;
    let outcome = open_private(database, true).and_then(|connection| migrate(connection, migrations));
    if let Err(fault) = outcome {
        put_back(&kept, database)?;
        return Err(fault);
    }
    tracing::info!(from, to = latest, "the store was brought up to date; the old one is kept beside it");
    Ok(())
}

/// Beside an owner nothing may be applied: either it is up to date or it can't be read.
pub(super) fn is_up_to_date(database: &Path) -> Result<()> {
    let applied = schema_version(&open_private(database, false)?)?;
    match applied {
        Some(LATEST_DEVICE_MIGRATION) => Ok(()),
        Some(version) if version > LATEST_DEVICE_MIGRATION => Err(too_new(applied, LATEST_DEVICE_MIGRATION)),
        Some(_) | None => Err(Fault::new(
            Code::ReadOnly,
            "The store was written by an older Daybook; its owner must bring it up to date first.",
        )),
    }
}

fn too_new(applied: Option<i64>, latest: i64) -> Fault {
    Fault::new(Code::TooNew, "The store was written by a newer Daybook; it was left untouched.")
        .with(serde_json::json!({ "store": applied, "daybook": latest }))
}

/// Makes a new store, in rollback mode; the writer turns the log on. One that was half made when the power went is met again as one that lacks migrations.
fn create(connection: Connection, migrations: &[Migration]) -> Result<()> {
    // The application id is written in rollback mode: it must stand in the file itself before anything else does.
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault_of)?;
    migrate(connection, migrations).map(drop)
}

fn migrate(mut connection: Connection, migrations: &[Migration]) -> Result<Connection> {
    connection.pragma_update(None, "foreign_keys", "OFF").map_err(fault_of)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(fault_of)?;
    // One by one: a grouped run of several would not say which failed.
    for migration in migrations {
        let runner = Runner::new(migrations).set_grouped(true).set_target(Target::Version(migration.version()));
        // refinery panics on a history that it can't read.
        let run = catch_unwind(AssertUnwindSafe(|| runner.run(&mut connection)));
        match run {
            Ok(Ok(_)) => {}
            Ok(Err(cause)) => return Err(failed(migration, cause.to_string())),
            Err(_) => {
                return Err(Fault::new(Code::Damaged, "The store's list of migrations can't be read."));
            }
        }
    }
    let orphan = connection
        .query_row("PRAGMA foreign_key_check", [], |row| row.get::<_, String>(0))
        .optional()
        .map_err(fault_of)?;
    match (orphan, migrations.last()) {
        (Some(table), Some(last)) => Err(failed(last, format!("a row of {table} refers to nothing"))),
        _ => Ok(connection),
    }
}

fn failed(migration: &Migration, cause: String) -> Fault {
    Fault::new(Code::MigrationFailed, format!("The migration {migration} failed; the store was put back as it was."))
        .with(serde_json::json!({ "migration": migration.to_string() }))
        .because(cause)
}

/// The version of the newest migration applied; nothing for a database that has none.
fn schema_version(connection: &Connection) -> Result<Option<i64>> {
    let history: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )
        .map_err(fault_of)?;
    if history == 0 {
        return Ok(None);
    }
    connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0)).map_err(fault_of)
}

fn kept_copy(database: &Path, version: i64) -> PathBuf {
    database.with_extension(format!("before-{version}.sqlite"))
}

fn put_back(kept: &Path, database: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        let mut side = database.as_os_str().to_owned();
        side.push(suffix);
        // Where there is none, there is nothing to remove.
        let _ = std::fs::remove_file(PathBuf::from(side));
    }
    std::fs::rename(kept, database).map_err(|cause| {
        Fault::new(Code::Io, format!("The copy {} can't be put back; move it there by hand.", kept.display()))
            .because(cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str, sql: &str) -> Migration {
        Migration::unapplied(name, sql).unwrap()
    }

    #[test]
    fn a_migration_that_fails_half_way_is_named_and_the_store_is_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("daybook.sqlite");
        let first = migration("V1__create_thing", "CREATE TABLE thing (name TEXT) STRICT;");
        apply(&database, std::slice::from_ref(&first)).unwrap();
        open_private(&database, true).unwrap().execute("INSERT INTO thing VALUES ('kept')", []).unwrap();

        let good = migration("V2__create_other", "CREATE TABLE other (name TEXT) STRICT;");
        let bad = migration("V3__break_thing", "DELETE FROM thing; CREATE TABLE thing (name TEXT);");
        let fault = apply(&database, &[first.clone(), good, bad]).unwrap_err();
        assert_eq!(fault.code, Code::MigrationFailed);
        assert!(fault.message.contains("V3__break_thing"), "{}", fault.message);

        let connection = open_private(&database, false).unwrap();
        let kept: String = connection.query_row("SELECT name FROM thing", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "kept");
        assert_eq!(schema_version(&connection).unwrap(), Some(1), "the good one before it was put back too");
    }

    #[test]
    fn a_row_that_a_migration_orphans_fails_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("daybook.sqlite");
        let first = migration(
            "V1__create_pair",
            "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
             CREATE TABLE child (id INTEGER REFERENCES parent (id)) STRICT;
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1);",
        );
        apply(&database, std::slice::from_ref(&first)).unwrap();
        let fault = apply(&database, &[first, migration("V2__delete_parent", "DELETE FROM parent;")]).unwrap_err();
        assert_eq!(fault.code, Code::MigrationFailed);
        let connection = open_private(&database, false).unwrap();
        let parents: i64 = connection.query_row("SELECT count(*) FROM parent", [], |row| row.get(0)).unwrap();
        assert_eq!(parents, 1);
    }

    #[test]
    fn a_history_that_was_tampered_with_is_a_fault_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("daybook.sqlite");
        let first = migration("V1__create_thing", "CREATE TABLE thing (name TEXT) STRICT;");
        apply(&database, std::slice::from_ref(&first)).unwrap();
        open_private(&database, true)
            .unwrap()
            .execute("UPDATE refinery_schema_history SET applied_on = 'yesterday', checksum = 'x'", [])
            .unwrap();
        let second = migration("V2__create_other", "CREATE TABLE other (name TEXT) STRICT;");
        let fault = apply(&database, &[first, second]).unwrap_err();
        assert!(matches!(fault.code, Code::Damaged | Code::MigrationFailed), "{fault:?}");
    }

    #[test]
    fn the_latest_migration_is_the_one_that_is_named_latest() {
        assert_eq!(device_migrations().last().map(Migration::version), Some(LATEST_DEVICE_MIGRATION));
    }
}
