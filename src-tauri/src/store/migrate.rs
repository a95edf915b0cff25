//! Dated migrations, applied at start-up on a private connection, before any pool exists.
//!
//! Foreign keys are off meanwhile, for rebuilding a parent table would else empty its children, and are checked
//! afterwards. Each migration and its line of history are one transaction. A store that holds data is copied first;
//! whatever fails, the copy is put back.

use super::copy::copy_database;
use super::fault::{fault_of, meaning_of};
use super::files::{beside, free_name, sync_folder};
use super::open::{APPLICATION_ID, open_private};
use crate::kernel::{Code, Fault, Result, shown_path};
use refinery::{Migration, Runner, Target};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

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

/// A column of the newest schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceColumn {
    /// Its name.
    pub name: String,
    /// Whether it may not be null and has a default: an older device, which knows nothing of it, means that.
    pub has_default: bool,
}

/// The tables of the newest schema and the columns of each, sorted: what a device's rows have.
///
/// # Errors
/// What SQLite says.
pub fn device_columns() -> Result<BTreeMap<String, Vec<DeviceColumn>>> {
    let connection = migrate(Connection::open_in_memory().map_err(fault_of)?, &device_migrations())?;
    let mut statement = connection
        .prepare(
            r#"SELECT t.name, c.name, c."notnull" AND c.dflt_value IS NOT NULL
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' ORDER BY t.name, c.name"#,
        )
        .map_err(fault_of)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, DeviceColumn { name: row.get(1)?, has_default: row.get(2)? })))
        .map_err(fault_of)?;
    let mut columns = BTreeMap::<String, Vec<DeviceColumn>>::new();
    for row in rows {
        let (table, column) = row.map_err(fault_of)?;
        columns.entry(table).or_default().push(column);
    }
    Ok(columns)
}

/// Brings the database up to date, and makes it if there is none.
pub(super) fn bring_up_to_date(database: &Path) -> Result<()> {
    apply(database, &device_migrations())
}

/// As [`bring_up_to_date`], of a copy: nobody needs another copy of that, as it was.
pub(super) fn bring_copy_up_to_date(copy: &Path) -> Result<()> {
    apply_keeping(copy, &device_migrations(), false)
}

/// Applies those of the migrations that the database lacks.
pub(super) fn apply(database: &Path, migrations: &[Migration]) -> Result<()> {
    apply_keeping(database, migrations, true)
}

fn apply_keeping(database: &Path, migrations: &[Migration], keeps_the_old: bool) -> Result<()> {
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
    if !keeps_the_old || is_half_made(&connection)? {
        return migrate(connection, migrations).map(drop);
    }
    drop(connection);
    let folder = database.parent().unwrap_or(Path::new("."));
    let kept = free_name(folder, &format!("daybook.before-{from}"));
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
            Ok(Err(cause)) => return Err(of_the_disk(&cause).unwrap_or_else(|| failed(migration, cause.to_string()))),
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

/// The fault where a migration failed, but not for its own sake.
fn of_the_disk(cause: &refinery::Error) -> Option<Fault> {
    let refinery::error::Kind::Connection(_, cause) = cause.kind() else { return None };
    let (code, message) = meaning_of(cause.downcast_ref()?);
    matches!(code, Code::DiskFull | Code::Io).then(|| Fault::new(code, message).because(cause.to_string()))
}

fn failed(migration: &Migration, cause: String) -> Fault {
    Fault::new(Code::MigrationFailed, format!("The migration {migration} failed; the store was put back as it was."))
        .with(serde_json::json!({ "migration": migration.to_string() }))
        .because(cause)
}

/// The version of the newest migration applied; nothing for a database that has none.
fn schema_version(connection: &Connection) -> Result<Option<i64>> {
    if !has_table(connection, "refinery_schema_history")? {
        return Ok(None);
    }
    connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0)).map_err(fault_of)
}

/// Whether the power went while it was made: no life has begun in it, so there is nothing to be kept.
fn is_half_made(connection: &Connection) -> Result<bool> {
    Ok(has_table(connection, "daybook_incarnation")?
        && connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM daybook_incarnation)", [], |row| row.get(0))
            .map_err(fault_of)?)
}

fn has_table(connection: &Connection, table: &str) -> Result<bool> {
    connection
        .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)", [table], |row| {
            row.get(0)
        })
        .map_err(fault_of)
}

fn put_back(kept: &Path, database: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        // Where there is none, there is nothing to remove.
        let _ = std::fs::remove_file(beside(database, suffix));
    }
    // The log of the one beside the other would be the end of both.
    sync_folder(database)?;
    std::fs::rename(kept, database).map_err(|cause| {
        Fault::new(Code::Io, format!("The copy {} can't be put back; move it there by hand.", shown_path(kept)))
            .because(cause)
    })?;
    sync_folder(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str, sql: &str) -> Migration {
        Migration::unapplied(name, sql).unwrap()
    }

    #[test]
    fn a_failing_migration_is_named_and_the_store_is_as_before() {
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
