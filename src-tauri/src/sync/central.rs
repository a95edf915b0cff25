//! The functions that a device calls at central.

use super::connect::{AT_ONCE, Address, connect, fault_of, is_local, not_safe, refuse_cleartext, runtime, unreachable};
use crate::daybook::Hash;
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, IncarnationId, Result, kind::Record};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row, Statement};
use uuid::Uuid;

/// How long one call may take. A page may be one entry of a million bytes, and the line one of 2 kB/s; a line that is dead is noticed by
/// itself.
const CALL_PATIENCE: Duration = Duration::from_secs(600);
/// How long a greeting may take.
pub(super) const HELLO_PATIENCE: Duration = Duration::from_secs(60);

/// An open connection. It blocks; whoever must not block has a thread for it.
pub(super) struct Central {
    runtime: Runtime,
    client: Client,
    /// What was prepared on this connection: a statement is described once, and not with each call.
    prepared: Mutex<BTreeMap<&'static str, Statement>>,
}

/// What a central says of itself and of the device that calls.
pub(super) struct Hello {
    pub(super) device_schema_min: i64,
    pub(super) device_schema_max: i64,
}

/// The newest version of a book.
pub(super) struct Head {
    pub(super) version: i64,
    pub(super) book_hash: Vec<u8>,
    /// Whether what waits in quarantine may be applied by now.
    pub(super) is_retry_due: bool,
}

/// What a device was made a member of.
pub(super) struct Membership {
    pub(super) book: BookId,
    pub(super) device: DeviceId,
    /// What head office calls the device.
    pub(super) device_name: String,
    pub(super) adopted: bool,
}

/// A version as it is pulled.
#[derive(Debug, Clone)]
pub(super) struct Pulled {
    pub(super) version: i64,
    /// Nothing where central itself wrote.
    pub(super) incarnation: Option<IncarnationId>,
    pub(super) sequence: Option<i64>,
    pub(super) outcome: String,
    pub(super) effect: Option<Vec<u8>>,
    /// Nothing for the device's own.
    pub(super) body: Option<Vec<u8>>,
    pub(super) previous: Option<Vec<u8>>,
    /// On the last of a page.
    pub(super) book_hash: Option<Vec<u8>>,
    /// Which device made it, where the entry comes along; nothing where central itself wrote.
    pub(super) device: Option<DeviceId>,
}

impl Central {
    pub(super) fn connect(address: &Address, password: &str) -> Result<Central> {
        if address.authority.is_none() && !is_local(address.host) {
            return Err(not_safe("Without a certificate authority only this machine itself may be connected to."));
        }
        if address.authority.is_none() {
            refuse_cleartext(address)?;
        }
        let runtime = runtime()?;
        let mut config = Config::new();
        config.host(address.host).port(address.port).dbname(address.database).user(address.role).password(password);
        let client = runtime.block_on(connect(&mut config, address.authority, &fault_of))?;
        Ok(Central { runtime, client, prepared: Mutex::default() })
    }

    fn query(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.query_within(CALL_PATIENCE, sql, params)
    }

    fn query_within(&self, patience: Duration, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let prepared = || self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let call = async {
            let known = prepared().get(sql).cloned();
            let statement = match known {
                Some(statement) => statement,
                None => {
                    let statement = self.client.prepare(sql).await?;
                    prepared().insert(sql, statement.clone());
                    statement
                }
            };
            self.client.query(&statement, params).await
        };
        self.runtime.block_on(async {
            match tokio::time::timeout(patience, call).await {
                Ok(rows) => rows.map_err(|error| fault_of(&error)),
                Err(_) => Err(unreachable("Head office does not answer.")),
            }
        })
    }

    fn query_one(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Row> {
        only(self.query(sql, params)?)
    }

    /// Says hello, and waits no longer than that for the answer.
    pub(super) fn hello(&self, schema: i64, patience: Duration) -> Result<Hello> {
        let sql = "SELECT device_schema_min, device_schema_max FROM daybook_sync.hello($1)";
        let row = only(self.query_within(patience, sql, &[&schema])?)?;
        Ok(Hello { device_schema_min: get(&row, 0)?, device_schema_max: get(&row, 1)? })
    }

    /// Replaces the role's password. Only its SCRAM verifier (RFC 5803) leaves this device.
    pub(super) fn change_password(&self, password: &str) -> Result<()> {
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        // A verifier is made of letters, digits and $ : + / = alone.
        let sql = format!("ALTER ROLE CURRENT_USER PASSWORD '{verifier}'");
        self.runtime.block_on(async {
            match tokio::time::timeout(CALL_PATIENCE, self.client.batch_execute(&sql)).await {
                Ok(changed) => changed.map_err(|error| fault_of(&error)),
                Err(_) => Err(unreachable("Head office does not answer.")),
            }
        })
    }

    pub(super) fn join_book(&self, book: Option<BookId>, device: DeviceId, code: &str) -> Result<Membership> {
        let row = self.query_one(
            "SELECT book_id, device_id, device_name, adopted FROM daybook_sync.join_book($1, $2, $3)",
            &[&book.map(uuid), &uuid(device), &code],
        )?;
        let (book, device) = (id(get(&row, 0)?), id(get(&row, 1)?));
        Ok(Membership { book, device, device_name: get(&row, 2)?, adopted: get(&row, 3)? })
    }

    /// The newest version of a book. Fails where central does not have the version that this device has; `settled` says that nothing of its
    /// own waits.
    pub(super) fn head(&self, book: BookId, version: i64, hash: &Hash, settled: bool) -> Result<Head> {
        let row = self.query_one(
            "SELECT version, book_hash, retry_due FROM daybook_sync.head($1, $2, $3, $4)",
            &[&uuid(book), &version, &&hash[..], &settled],
        )?;
        Ok(Head { version: get(&row, 0)?, book_hash: get(&row, 1)?, is_retry_due: get(&row, 2)? })
    }

    /// Lets head office try again what waits in its quarantine; answers how many versions that made.
    pub(super) fn retry(&self, book: BookId) -> Result<i64> {
        get(&self.query_one("SELECT daybook_sync.retry($1)", &[&uuid(book)])?, 0)
    }

    /// Sends entries; answers the sequences of those that head office has by now.
    pub(super) fn push(
        &self,
        book: BookId,
        incarnation: IncarnationId,
        first: i64,
        previous: &Hash,
        bodies: &[Vec<u8>],
        waiting: i64,
    ) -> Result<Vec<i64>> {
        let rows = patiently(|| {
            self.query(
                "SELECT sequence FROM daybook_sync.push($1, $2, $3, $4, $5, $6)",
                &[&uuid(book), &uuid(incarnation), &first, &&previous[..], &bodies, &waiting],
            )
        })?;
        rows.iter().map(|row| get(row, 0)).collect()
    }

    /// As `push`, for entries in shorthand; `hashes` are that before them and that of the last of them.
    pub(super) fn push_short(
        &self,
        book: BookId,
        incarnation: IncarnationId,
        first: i64,
        hashes: (&Hash, &Hash),
        entries: &str,
        waiting: i64,
    ) -> Result<Vec<i64>> {
        let (previous, last) = hashes;
        let rows = patiently(|| {
            self.query(
                "SELECT sequence FROM daybook_sync.push_short($1, $2, $3, $4, $5, $6, $7)",
                &[&uuid(book), &uuid(incarnation), &first, &&previous[..], &entries, &&last[..], &waiting],
            )
        })?;
        rows.iter().map(|row| get(row, 0)).collect()
    }

    /// The hash that central has of a lane's entries.
    pub(super) fn lane_hash(
        &self,
        book: BookId,
        incarnation: IncarnationId,
        sequences: &[i64],
    ) -> Result<Vec<(i64, Vec<u8>)>> {
        let rows = self.query(
            "SELECT sequence, hash FROM daybook_sync.lane_hash($1, $2, $3)",
            &[&uuid(book), &uuid(incarnation), &sequences],
        )?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
    }

    /// The versions after that one and its hash.
    pub(super) fn pull(
        &self,
        book: BookId,
        (after, hash): (i64, &Hash),
        bytes: usize,
        lanes: &[(IncarnationId, i64)],
    ) -> Result<Vec<Pulled>> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let (ids, sequences): (Vec<Uuid>, Vec<i64>) = lanes.iter().map(|(lane, most)| (uuid(*lane), *most)).unzip();
        let rows = self.query(
            "SELECT version, incarnation_id, sequence, outcome, effect, body, previous_hash, book_hash, device_id
             FROM daybook_sync.pull($1, $2, $3, $4, $5, $6)",
            &[&uuid(book), &after, &&hash[..], &bytes, &ids, &sequences],
        )?;
        rows.iter()
            .map(|row| {
                let outcome: Option<String> = get(row, 3)?;
                let (incarnation, device): (Option<Uuid>, Option<Uuid>) = (get(row, 1)?, get(row, 8)?);
                Ok(Pulled {
                    version: get(row, 0)?,
                    incarnation: incarnation.map(id),
                    sequence: get(row, 2)?,
                    outcome: outcome.unwrap_or_else(|| "applied".to_owned()),
                    effect: get(row, 4)?,
                    body: get(row, 5)?,
                    previous: get(row, 6)?,
                    book_hash: get(row, 7)?,
                    device: device.map(id),
                })
            })
            .collect()
    }

    /// A page of a table's rows after that id, in the order of their ids: each one's id and its image.
    pub(super) fn snapshot_page(
        &self,
        book: BookId,
        table: &str,
        after: Option<[u8; 16]>,
        rows: usize,
    ) -> Result<Vec<([u8; 16], String)>> {
        let rows = i32::try_from(rows).unwrap_or(i32::MAX);
        let rows = self.query(
            "SELECT key, image FROM daybook_sync.snapshot_page($1, $2, $3, $4)",
            &[&uuid(book), &table, &after.map(Uuid::from_bytes), &rows],
        )?;
        rows.iter().map(|row| Ok((*get::<Uuid>(row, 0)?.as_bytes(), get(row, 1)?))).collect()
    }

    /// The image of one row; nothing when it isn't there.
    pub(super) fn snapshot_row(&self, book: BookId, table: &str, key: Id<Record>) -> Result<Option<String>> {
        let row = self.query_one("SELECT daybook_sync.snapshot_row($1, $2, $3)", &[&uuid(book), &table, &uuid(key)])?;
        get(&row, 0)
    }

    /// Count and digest of each table, if the book still stands at that version.
    pub(super) fn table_digest(&self, book: BookId, version: i64) -> Result<Vec<(String, i64, i64)>> {
        let rows = self.query(
            "SELECT table_name, rows, digest FROM daybook_sync.table_digest($1, $2)",
            &[&uuid(book), &version],
        )?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?, get(row, 2)?))).collect()
    }
}

fn only(rows: Vec<Row>) -> Result<Row> {
    rows.into_iter().next().ok_or_else(|| Fault::new(Code::CentralDiffers, "Head office answered nothing."))
}

fn uuid<K>(id: Id<K>) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

fn id<K>(uuid: Uuid) -> Id<K> {
    Id::from_bytes(*uuid.as_bytes())
}

fn get<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|cause| {
        Fault::new(Code::CentralDiffers, "Head office answered something else than it should.").because(cause)
    })
}

/// How often a call is repeated at once.
const AT_ONCE_MAX: u32 = 8;

/// Repeats a call that met another one, after a moment that differs from the other's.
fn patiently<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    let mut tries = 0;
    loop {
        match call() {
            Err(fault) if tries < AT_ONCE_MAX && fault.details.as_deref().is_some_and(|it| it == AT_ONCE) => {
                tries += 1;
                let dice: Id<crate::kernel::kind::Request> = Id::fresh();
                std::thread::sleep(Duration::from_millis(u64::from(tries) * 5 + u64::from(dice.as_bytes()[15]) / 8));
            }
            outcome => return outcome,
        }
    }
}
