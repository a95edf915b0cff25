//! Head office's functions, triggers, views and grants: the files in `migrations/central/function`. They are applied whole, in this
//! order and in one transaction, whenever they are not those that head office has; what is granted on the database, each time.
//!
//! What a file of theirs may do, since it is applied to a head office that has an older one, while older devices go on calling:
//! - functions are made with CREATE OR REPLACE FUNCTION. One whose parameters or answer change is another function: its file begins with
//!   `DROP FUNCTION IF EXISTS daybook_sync.name(its old parameters)` where only other functions call it; one that devices call stays, and
//!   the new one gets parameters of its own beside it, until `device_schema_min` has passed the devices that call the old one;
//! - views are made with CREATE OR REPLACE VIEW and only get columns, at their end: others have made views and grants on them;
//! - triggers are made by `refresh_registry`, which leaves alone what stands already.
//!
//! With them goes what the program declares: its nouns, from which the registry is made anew, and what its commands may do.
//!
//! Not here: tables and data, which are dated migrations, and which nouns and commands there are.

use super::admin::{Admin, said, too_new};
use super::declared::Declared;
use crate::kernel::{Code, Fault, Result};
use crate::store::LATEST_DEVICE_MIGRATION;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Error};

/// The number of the files as they are: whoever changes one raises it, so that no older Daybook puts its older functions back.
pub const FUNCTION_SET: i64 = 1;

/// The files in the order in which they are applied.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("database", DATABASE),
    ("value", include_str!("../../../../migrations/central/function/value.sql")),
    ("rule", include_str!("../../../../migrations/central/function/rule.sql")),
    ("registry", include_str!("../../../../migrations/central/function/registry.sql")),
    ("rights", include_str!("../../../../migrations/central/function/rights.sql")),
    ("parse", include_str!("../../../../migrations/central/function/parse.sql")),
    ("log", include_str!("../../../../migrations/central/function/log.sql")),
    ("check", include_str!("../../../../migrations/central/function/check.sql")),
    ("check_device", include_str!("../../../../migrations/central/function/check_device.sql")),
    ("check_payment_account", include_str!("../../../../migrations/central/function/check_payment_account.sql")),
    ("check_document_print", include_str!("../../../../migrations/central/function/check_document_print.sql")),
    ("check_ledger_posting", include_str!("../../../../migrations/central/function/check_ledger_posting.sql")),
    ("check_payment_opening", include_str!("../../../../migrations/central/function/check_payment_opening.sql")),
    ("check_payment_transfer", include_str!("../../../../migrations/central/function/check_payment_transfer.sql")),
    ("check_payment_bill", include_str!("../../../../migrations/central/function/check_payment_bill.sql")),
    ("check_payment", include_str!("../../../../migrations/central/function/check_payment.sql")),
    ("check_payment_allocation", include_str!("../../../../migrations/central/function/check_payment_allocation.sql")),
    ("check_payment_expense", include_str!("../../../../migrations/central/function/check_payment_expense.sql")),
    ("check_sale_order", include_str!("../../../../migrations/central/function/check_sale_order.sql")),
    ("apply", include_str!("../../../../migrations/central/function/apply.sql")),
    ("push", include_str!("../../../../migrations/central/function/push.sql")),
    ("shorthand", include_str!("../../../../migrations/central/function/shorthand.sql")),
    ("pull", include_str!("../../../../migrations/central/function/pull.sql")),
    ("join", include_str!("../../../../migrations/central/function/join.sql")),
    ("office", include_str!("../../../../migrations/central/function/office.sql")),
    ("guard", include_str!("../../../../migrations/central/function/guard.sql")),
    ("quarantine", include_str!("../../../../migrations/central/function/quarantine.sql")),
    ("release", include_str!("../../../../migrations/central/function/release.sql")),
    ("finding", include_str!("../../../../migrations/central/function/finding.sql")),
    ("document", include_str!("../../../../migrations/central/function/document.sql")),
    ("receivable", include_str!("../../../../migrations/central/function/receivable.sql")),
    ("view", include_str!("../../../../migrations/central/function/view.sql")),
    ("grant", include_str!("../../../../migrations/central/function/grant.sql")),
];

/// What is granted on the database itself: a dump that is restored may have lost it, so it is asserted each time.
const DATABASE: &str = include_str!("../../../../migrations/central/function/database.sql");

/// What one transaction waits for a lock on a table or view: devices wait behind it meanwhile.
const BEGIN: &str = "SET LOCAL lock_timeout = '20s';
    SELECT pg_advisory_xact_lock(hashtext('daybook functions'));
    -- Bodies are not looked into yet: they call functions of later files.
    SET LOCAL check_function_bodies = off;";

/// A hash over all files, their names and their order.
pub fn function_hash() -> String {
    hash_of(&FUNCTIONS.iter().flat_map(|(name, sql)| [*name, *sql]).collect::<Vec<_>>())
}

/// Over texts, each with its length before it.
fn hash_of(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Admin {
    /// Whether this Daybook's functions may be put here: head office has none, or none that are newer.
    ///
    /// # Errors
    /// `too_new`.
    pub(super) fn check_function_set(&self) -> Result<()> {
        let (client, runtime) = self.parts();
        let kept = runtime.block_on(kept(client)).map_err(|error| said(&error))?;
        refuse_newer(kept.map(|(number, _)| number))
    }

    /// Applies all files and what the program declares, unless head office has just that; answers whether they were applied.
    ///
    /// # Errors
    /// `too_new`; `migration_failed`, and then all is as it was.
    pub(super) fn apply_functions(&self, declared: &Declared) -> Result<bool> {
        let (client, runtime) = self.parts();
        runtime.block_on(async {
            client.batch_execute("BEGIN").await.map_err(|error| said(&error))?;
            let applied = apply(client, declared).await;
            let end = if applied.is_ok() { "COMMIT" } else { "ROLLBACK" };
            client.batch_execute(end).await.map_err(|error| said(&error))?;
            applied
        })
    }
}

/// Over everything that is applied.
fn hash_with(declared: &Declared) -> String {
    let schema = LATEST_DEVICE_MIGRATION.to_string();
    hash_of(&[&function_hash(), &declared.nouns, &declared.rights, &schema])
}

async fn apply(client: &Client, declared: &Declared) -> Result<bool> {
    let failed = |what: &str, error: Error| {
        let message = format!(
            "Head office's functions could not be applied and are as they were: {what} failed. \
             Mend what is in its way, and migrate again."
        );
        Fault::new(Code::MigrationFailed, message).because(error)
    };
    client.batch_execute(BEGIN).await.map_err(|error| failed("the lock", error))?;
    // Read under the lock: another Daybook may have been here meanwhile.
    let kept = kept(client).await.map_err(|error| said(&error))?;
    refuse_newer(kept.as_ref().map(|(number, _)| *number))?;
    client.batch_execute(DATABASE).await.map_err(|error| failed("database.sql", error))?;
    let hash = hash_with(declared);
    if kept.is_some_and(|kept| kept == (FUNCTION_SET, hash.clone())) {
        return Ok(false);
    }
    for (name, sql) in FUNCTIONS {
        client.batch_execute(sql).await.map_err(|error| failed(&format!("{name}.sql"), error))?;
    }
    let refresh = "SELECT daybook_sync.refresh_registry($1::text::jsonb)";
    client.execute(refresh, &[&declared.nouns]).await.map_err(|error| failed("the registry", error))?;
    let add = "SELECT daybook_sync.add_rights($1::text::jsonb, $2)";
    let added = client.execute(add, &[&declared.rights, &LATEST_DEVICE_MIGRATION]).await;
    added.map_err(|error| failed("the rights of commands", error))?;
    let keep = "INSERT INTO daybook_sync.function_set (number, hash) VALUES ($1, $2)";
    client.execute(keep, &[&FUNCTION_SET, &hash]).await.map_err(|error| said(&error))?;
    Ok(true)
}

/// Number and hash of the files that were applied last.
async fn kept(client: &Client) -> std::result::Result<Option<(i64, String)>, Error> {
    let there = client.query_one("SELECT to_regclass('daybook_sync.function_set') IS NOT NULL", &[]).await?;
    if !there.get::<_, bool>(0) {
        return Ok(None);
    }
    let newest = "SELECT number, hash FROM daybook_sync.function_set ORDER BY ordinal DESC LIMIT 1";
    Ok(client.query_opt(newest, &[]).await?.map(|row| (row.get(0), row.get(1))))
}

fn refuse_newer(kept: Option<i64>) -> Result<()> {
    match kept {
        Some(number) if number > FUNCTION_SET => Err(too_new(number, FUNCTION_SET)),
        _ => Ok(()),
    }
}
