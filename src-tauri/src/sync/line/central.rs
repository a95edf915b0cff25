//! The functions that a device calls at central.

use super::address::{Address, is_local};
use super::connect::{
    AT_ONCE, CENTRAL_TOO_NEW, CENTRAL_TOO_OLD, connect, fault_of, not_safe, refuse_cleartext, runtime, unreachable,
};
use super::silence::Heard;
use crate::daybook::Hash;
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, IncarnationId, Instant, Result, kind::Record, uptime};
use crate::store::LATEST_DEVICE_MIGRATION;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant as Stopwatch};
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row, Statement};
use uuid::Uuid;

/// How long one call may take, whatever comes meanwhile: head office itself gives up then.
const CALL_PATIENCE: Duration = Duration::from_secs(600);
/// After how much silence a call is given up. Batches and pages are of a size that the line carries in seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A single entry may be larger than that size, and the line one of so many bytes a second.
const PACE_LEAST_BYTES: usize = 2000;
/// What head office may take to compare one version's worth of rows.
const DIGEST_PATIENCE: Duration = Duration::from_millis(1);
/// How long a greeting may take.
const HELLO_PATIENCE: Duration = Duration::from_secs(60);
/// How long a kept connection has to say that it still lives.
const KEPT_PATIENCE: Duration = Duration::from_secs(5);

/// An open connection. It blocks; whoever must not block has a thread for it.
pub(in crate::sync) struct Central {
    runtime: Runtime,
    client: Client,
    /// What was prepared on this connection: a statement is described once, and not with each call.
    prepared: Mutex<BTreeMap<&'static str, Statement>>,
    /// How long it has been silent.
    heard: Arc<Heard>,
    /// What its clock said in its greeting, and since when.
    clock: Mutex<Option<(Instant, Duration)>>,
    /// Whether it was kept, and has to be greeted before its next answer counts.
    is_greeting_due: AtomicBool,
}

/// The newest version of a book.
pub(in crate::sync) struct Head {
    pub(in crate::sync) version: i64,
    pub(in crate::sync) book_hash: Vec<u8>,
    /// Whether what waits in quarantine may be applied by now.
    pub(in crate::sync) is_retry_due: bool,
}

/// What a device was made a member of.
pub(in crate::sync) struct Membership {
    pub(in crate::sync) book: BookId,
    pub(in crate::sync) device: DeviceId,
    /// What head office calls the device.
    pub(in crate::sync) device_name: String,
    pub(in crate::sync) adopted: bool,
}

/// A version as it is pulled.
#[derive(Debug, Clone)]
pub(in crate::sync) struct Pulled {
    pub(in crate::sync) version: i64,
    /// Nothing where central itself wrote.
    pub(in crate::sync) incarnation: Option<IncarnationId>,
    pub(in crate::sync) sequence: Option<i64>,
    pub(in crate::sync) outcome: String,
    pub(in crate::sync) effect: Option<Vec<u8>>,
    /// Nothing for the device's own.
    pub(in crate::sync) body: Option<Vec<u8>>,
    pub(in crate::sync) previous: Option<Vec<u8>>,
    /// On the last of a page.
    pub(in crate::sync) book_hash: Option<Vec<u8>>,
    /// Which device made it, where the entry comes along; nothing where central itself wrote.
    pub(in crate::sync) device: Option<DeviceId>,
}

impl Central {
    pub(in crate::sync) fn connect(address: &Address, password: &str, heard: &Arc<Heard>) -> Result<Central> {
        if address.authority.is_none() && !is_local(address.host) {
            return Err(not_safe("Without a certificate authority only this machine itself may be connected to."));
        }
        if address.authority.is_none() {
            refuse_cleartext(address)?;
        }
        let runtime = runtime()?;
        let mut config = Config::new();
        config.host(address.host).port(address.port).dbname(address.database).user(address.role).password(password);
        let client = runtime.block_on(connect(&mut config, address.authority, heard, &fault_of))?;
        Ok(Central {
            runtime,
            client,
            heard: Arc::clone(heard),
            prepared: Mutex::default(),
            clock: Mutex::default(),
            is_greeting_due: AtomicBool::new(false),
        })
    }

    /// Makes a call. On a connection that was kept the greeting goes ahead of it, in the same flight: both are sent before either is
    /// answered, and where the greeting isn't answered soon, or says that these two don't go together, that is the outcome.
    fn query(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.query_within(SILENCE_MAX, sql, params)
    }

    fn query_within(
        &self,
        silence_max: Duration,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
        let call = self.call_within(silence_max, sql, params);
        if !self.needs_greeting() {
            return self.runtime.block_on(call);
        }
        self.runtime.block_on(async {
            let (mut greeting, mut call) = (pin!(self.greet_within(KEPT_PATIENCE)), pin!(call));
            let (mut is_greeted, mut answer) = (false, None);
            std::future::poll_fn(|context| {
                if !is_greeted && let Poll::Ready(greeted) = greeting.as_mut().poll(context) {
                    if let Err(fault) = greeted {
                        return Poll::Ready(Err(fault));
                    }
                    is_greeted = true;
                }
                if answer.is_none()
                    && let Poll::Ready(answered) = call.as_mut().poll(context)
                {
                    answer = Some(answered);
                }
                if is_greeted { answer.take().map_or(Poll::Pending, Poll::Ready) } else { Poll::Pending }
            })
            .await
        })
    }

    async fn call_within(
        &self,
        silence_max: Duration,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
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
        self.while_heard(silence_max, call).await?.map_err(|error| fault_of(&error))
    }

    /// Waits for as long as something is heard in between.
    async fn while_heard<T>(&self, silence_max: Duration, call: impl Future<Output = T>) -> Result<T> {
        let (asking, started, mut call) = (self.heard.ask(), Stopwatch::now(), pin!(call));
        while let (Some(left), true) = (asking.left(silence_max), started.elapsed() < CALL_PATIENCE) {
            if let Ok(done) = tokio::time::timeout(left, call.as_mut()).await {
                return Ok(done);
            }
        }
        Err(unreachable("Head office does not answer."))
    }

    /// Says hello; fails where these two Daybooks don't go together. Answers whether this role has joined.
    async fn greet_within(&self, patience: Duration) -> Result<bool> {
        let sql = "SELECT device_schema_min, device_schema_max, server_time, joined FROM daybook_sync.hello($1)";
        let row = only(self.call_within(patience, sql, &[&LATEST_DEVICE_MIGRATION]).await?)?;
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant(get(&row, 2)?), uptime()));
        let (schema_min, schema_max): (i64, i64) = (get(&row, 0)?, get(&row, 1)?);
        if LATEST_DEVICE_MIGRATION > schema_max {
            return Err(Fault::new(Code::CentralTooOld, CENTRAL_TOO_OLD));
        }
        if LATEST_DEVICE_MIGRATION < schema_min {
            return Err(Fault::new(Code::CentralTooNew, CENTRAL_TOO_NEW));
        }
        self.is_greeting_due.store(false, Ordering::Relaxed);
        get(&row, 3)
    }

    fn query_one(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Row> {
        only(self.query(sql, params)?)
    }

    /// Says hello; fails where these two Daybooks don't go together. Answers whether this role has joined.
    pub(in crate::sync) fn hello(&self) -> Result<bool> {
        self.runtime.block_on(self.greet_within(HELLO_PATIENCE))
    }

    /// What its clock said when it was greeted last, and the uptime then.
    pub(in crate::sync) fn clock(&self) -> Option<(Instant, Duration)> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next call say hello ahead of it, for it may be long since the last one.
    pub(in crate::sync) fn greet_first(&self) {
        self.is_greeting_due.store(true, Ordering::Relaxed);
    }

    /// Whether it was kept, and has not answered since: then it was closed meanwhile, or died without a word.
    pub(in crate::sync) fn needs_greeting(&self) -> bool {
        self.is_greeting_due.load(Ordering::Relaxed)
    }

    /// Replaces the role's password. Only its SCRAM verifier (RFC 5803) leaves this device.
    pub(in crate::sync) fn change_password(&self, password: &str) -> Result<()> {
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        // A verifier is made of letters, digits and $ : + / = alone.
        let sql = format!("ALTER ROLE CURRENT_USER PASSWORD '{verifier}'");
        self.runtime.block_on(async {
            let changed = self.while_heard(SILENCE_MAX, self.client.batch_execute(&sql)).await?;
            changed.map_err(|error| fault_of(&error))
        })
    }

    /// Ends the other sessions of this role: whoever has seen the link may have logged in by its password before this device did.
    pub(in crate::sync) fn end_other_sessions(&self) -> Result<()> {
        let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                   WHERE usename = session_user AND pid <> pg_backend_pid()";
        self.query(sql, &[]).map(drop)
    }

    pub(in crate::sync) fn join_book(&self, book: Option<BookId>, device: DeviceId, code: &str) -> Result<Membership> {
        let row = self.query_one(
            "SELECT book_id, device_id, device_name, adopted FROM daybook_sync.join_book($1, $2, $3)",
            &[&book.map(uuid), &uuid(device), &code],
        )?;
        let (book, device) = (id(get(&row, 0)?), id(get(&row, 1)?));
        Ok(Membership { book, device, device_name: get(&row, 2)?, adopted: get(&row, 3)? })
    }

    /// The newest version of a book. Fails where central does not have the version that this device has; `settled` says that nothing of its
    /// own waits.
    pub(in crate::sync) fn head(&self, book: BookId, version: i64, hash: &Hash, settled: bool) -> Result<Head> {
        let row = self.query_one(
            "SELECT version, book_hash, retry_due FROM daybook_sync.head($1, $2, $3, $4)",
            &[&uuid(book), &version, &&hash[..], &settled],
        )?;
        Ok(Head { version: get(&row, 0)?, book_hash: get(&row, 1)?, is_retry_due: get(&row, 2)? })
    }

    /// Lets head office try again what waits in its quarantine; answers how many versions that made.
    pub(in crate::sync) fn retry(&self, book: BookId) -> Result<i64> {
        get(&self.query_one("SELECT daybook_sync.retry($1)", &[&uuid(book)])?, 0)
    }

    /// Sends entries; answers the sequences of those that head office has by now. `usual_bytes` are what the line carries in seconds.
    pub(in crate::sync) fn push(
        &self,
        book: BookId,
        incarnation: IncarnationId,
        first: i64,
        previous: &Hash,
        (bodies, usual_bytes): (&[Vec<u8>], usize),
        waiting: i64,
    ) -> Result<Vec<i64>> {
        let silence_max = silence_after(bodies.iter().map(Vec::len).sum(), usual_bytes);
        let rows = patiently(|| {
            self.query_within(
                silence_max,
                "SELECT sequence FROM daybook_sync.push($1, $2, $3, $4, $5, $6)",
                &[&uuid(book), &uuid(incarnation), &first, &&previous[..], &bodies, &waiting],
            )
        })?;
        rows.iter().map(|row| get(row, 0)).collect()
    }

    /// As `push`, for entries in shorthand, from a device that stands at that version and hash; answers them as `pull` would. `hashes` are
    /// that before the entries and that of the last of them.
    pub(in crate::sync) fn push_at(
        &self,
        (book, version, book_hash): (BookId, i64, &Hash),
        (incarnation, first): (IncarnationId, i64),
        hashes: (&Hash, &Hash),
        (words, entries, usual_bytes): (&[String], &str, usize),
        waiting: i64,
    ) -> Result<Vec<Pulled>> {
        let (previous, last) = hashes;
        let silence_max = silence_after(entries.len(), usual_bytes);
        let rows = patiently(|| {
            self.query_within(
                silence_max,
                "SELECT version, sequence, outcome, effect, book_hash
                 FROM daybook_sync.push_at($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                &[
                    &uuid(book),
                    &LATEST_DEVICE_MIGRATION,
                    &version,
                    &&book_hash[..],
                    &uuid(incarnation),
                    &first,
                    &&previous[..],
                    &words,
                    &entries,
                    &&last[..],
                    &waiting,
                ],
            )
        })?;
        rows.iter()
            .map(|row| {
                Ok(Pulled {
                    version: get(row, 0)?,
                    incarnation: Some(incarnation),
                    sequence: Some(get(row, 1)?),
                    outcome: outcome(row, 2)?,
                    effect: get(row, 3)?,
                    body: None,
                    previous: None,
                    book_hash: get(row, 4)?,
                    device: None,
                })
            })
            .collect()
    }

    /// The hash that central has of a lane's entries.
    pub(in crate::sync) fn lane_hash(
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
    pub(in crate::sync) fn pull(
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
                let (incarnation, device): (Option<Uuid>, Option<Uuid>) = (get(row, 1)?, get(row, 8)?);
                Ok(Pulled {
                    version: get(row, 0)?,
                    incarnation: incarnation.map(id),
                    sequence: get(row, 2)?,
                    outcome: outcome(row, 3)?,
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
    pub(in crate::sync) fn snapshot_page(
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
    pub(in crate::sync) fn snapshot_row(&self, book: BookId, table: &str, key: Id<Record>) -> Result<Option<String>> {
        let row = self.query_one("SELECT daybook_sync.snapshot_row($1, $2, $3)", &[&uuid(book), &table, &uuid(key)])?;
        get(&row, 0)
    }

    /// Count and digest of each table, if the book still stands at that version. `columns` says, as JSON, which columns of which table
    /// this device knows.
    pub(in crate::sync) fn table_digest(
        &self,
        book: BookId,
        version: i64,
        columns: &str,
    ) -> Result<Vec<(String, i64, i64)>> {
        let rows = self.query_within(
            SILENCE_MAX + DIGEST_PATIENCE * u32::try_from(version).unwrap_or(u32::MAX),
            "SELECT table_name, rows, digest FROM daybook_sync.table_digest($1, $2, $3::text::jsonb)",
            &[&uuid(book), &version, &columns],
        )?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?, get(row, 2)?))).collect()
    }
}

/// How long a silence may be after so many bytes were sent, of which so many are no surprise.
fn silence_after(bytes: usize, usual_bytes: usize) -> Duration {
    let seconds = bytes.saturating_sub(usual_bytes) / PACE_LEAST_BYTES;
    SILENCE_MAX + Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
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

/// What became of an entry; most often it was applied, and then nothing is said.
fn outcome(row: &Row, column: usize) -> Result<String> {
    Ok(get::<Option<String>>(row, column)?.unwrap_or_else(|| "applied".to_owned()))
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
                #[expect(clippy::disallowed_methods, reason = "no unit of work: dice for a pause")]
                let dice: Id<crate::kernel::kind::Request> = Id::fresh();
                std::thread::sleep(Duration::from_millis(u64::from(tries) * 5 + u64::from(dice.as_bytes()[15]) / 8));
            }
            outcome => return outcome,
        }
    }
}
