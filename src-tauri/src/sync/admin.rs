//! What head office's administrator does, with an administrator's connection: migrate, enrol, look after devices and
//! quarantine.

use super::connect::{Address, connect, connect_over, is_local, refuse_cleartext, runtime};
use super::link::Link;
use crate::kernel::{BookId, Code, Fault, Id, Line, Result};
use crate::store::LATEST_DEVICE_MIGRATION;
use refinery::{Migration, Runner};
use serde_json::{Value, json};
use std::error::Error as _;
use std::str::FromStr;
use tokio::runtime::Runtime;
use tokio_postgres::config::Host;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Row};
use uuid::Uuid;

mod embedded {
    refinery::embed_migrations!("migrations/central");
}

/// The migrations of a central database, oldest first.
pub fn central_migrations() -> Vec<Migration> {
    let mut migrations = embedded::migrations::runner().get_migrations().clone();
    migrations.sort_by_key(Migration::version);
    migrations
}

/// How many entries in quarantine are tried again in one transaction.
const RETRY_ENTRIES_MAX: i32 = 50;

/// An administrator's connection.
pub struct Admin {
    runtime: Runtime,
    client: Client,
    host: String,
    port: u16,
    pub(super) database: String,
    authority: Option<String>,
}

/// Which book a device is enrolled for.
#[derive(Debug, Clone)]
pub enum ForBook {
    /// One that is there.
    Existing(BookId),
    /// One that the device brings along, and what it will be called here until then.
    New(String),
}

impl Admin {
    /// Connects by `postgresql://user@host:port/database?sslrootcert=FILE`. The password comes from the URL or from PGPASSWORD, the
    /// authority from the URL, from PGSSLROOTCERT, or from those that this machine trusts. Over a Unix socket there is no TLS; an
    /// authority that is named all the same is what links carry.
    ///
    /// # Errors
    /// `malformed` for the URL; `file_unreadable` for the authority; `tls`, `refused`, `unreachable`, each with what the server said.
    pub fn connect(url: &str) -> Result<Admin> {
        let bad = |what: &str| {
            Fault::new(Code::Malformed, format!("The URL is not one of a PostgreSQL database: {what}.")).at("url")
        };
        let (plain, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        let mut authority_file = std::env::var("PGSSLROOTCERT").ok();
        let mut plaintext = false;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslrootcert", file)) => authority_file = Some(file.replace("%2F", "/")),
                Some(("sslmode", mode)) => plaintext = mode == "disable",
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { plain.to_owned() } else { format!("{plain}?{}", rest.join("&")) };
        // The driver's message could hold the password.
        let mut config = Config::from_str(&plain).map_err(|_| bad("postgresql://user@host:port/database"))?;
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => return Err(bad("it names no host")),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let database = config.get_dbname().map(str::to_owned).ok_or_else(|| bad("it names no database"))?;
        let authority = match authority_file {
            Some(file) if !plaintext => Some(std::fs::read_to_string(&file).map_err(|cause| {
                Fault::new(Code::FileUnreadable, format!("The certificate authority {file} can't be read."))
                    .because(cause)
            })?),
            _ => None,
        };
        if authority.is_none() && plaintext && !is_local(&host) {
            return Err(Fault::new(Code::Tls, "Without TLS only this machine itself may be connected to."));
        }
        let is_socket = host.starts_with('/');
        if is_socket || (authority.is_none() && plaintext) {
            let role = config.get_user().unwrap_or_default().to_owned();
            let asked =
                refuse_cleartext(&Address { host: &host, port, database: &database, role: &role, authority: None });
            asked.map_err(|fault| match fault.code {
                Code::Unreachable => Fault { message: format!("{host}:{port} can't be reached."), ..fault },
                _ => fault,
            })?;
        }
        let told = |error: &Error| said_to_stranger(error, &host, port);
        let runtime = runtime()?;
        let client = runtime.block_on(async {
            match &authority {
                Some(authority) if !is_socket => connect(&mut config, Some(authority), &told).await,
                _ if is_socket || plaintext => connect(&mut config, None, &told).await,
                _ => {
                    let mut roots = rustls::RootCertStore::empty();
                    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                    connect_over(&mut config, roots, &told).await
                }
            }
        })?;
        Ok(Admin { runtime, client, host, port, database, authority })
    }

    /// Statements without parameters.
    pub(super) fn run(&self, sql: &str) -> Result<()> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(|error| said(&error))
    }

    pub(super) fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.runtime.block_on(self.client.query(sql, params)).map_err(|error| said(&error))
    }

    pub(super) fn value(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Value> {
        let sql = format!("SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM ({sql}) t");
        let rows = self.query(&sql, params)?;
        let text: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
        serde_json::from_str(&text)
            .map_err(|cause| Fault::new(Code::Internal, "Head office's answer can't be read.").because(cause))
    }

    /// Brings the central schema up to date, and applies what waited in quarantine for it; answers which migrations ran.
    ///
    /// # Errors
    /// `too_new` when a newer Daybook has been here; `migration_failed`.
    pub fn migrate(&mut self) -> Result<Vec<String>> {
        let migrations = central_migrations();
        let latest = migrations.last().map_or(0, Migration::version);
        let there: bool =
            self.query("SELECT to_regclass('public.refinery_schema_history') IS NOT NULL", &[])?[0].get(0);
        if there {
            let newest: Option<i64> =
                self.query("SELECT max(version)::bigint FROM public.refinery_schema_history", &[])?[0].get(0);
            if newest.is_some_and(|newest| newest > latest) {
                return Err(Fault::new(
                    Code::TooNew,
                    "A newer Daybook has brought this head office up to date already; use that one.",
                )
                .with(json!({ "central": newest, "daybook": latest })));
            }
        }
        let mut applied = Vec::new();
        for migration in &migrations {
            // One by one: a grouped run of several would not say which failed.
            let runner =
                Runner::new(&migrations).set_grouped(true).set_target(refinery::Target::Version(migration.version()));
            let report = self.runtime.block_on(runner.run_async(&mut self.client)).map_err(|cause| {
                Fault::new(
                    Code::MigrationFailed,
                    format!("The migration {migration} failed; the central schema was left as it was before it."),
                )
                .because(cause)
            })?;
            applied.extend(report.applied_migrations().iter().map(ToString::to_string));
        }
        self.query(
            "UPDATE daybook_sync.sync_limit SET value = $1 WHERE name = 'central_schema' AND value <> $1",
            &[&latest],
        )?;
        self.query(
            "UPDATE daybook_sync.sync_limit SET value = $1 WHERE name = 'device_schema_max' AND value < $1",
            &[&LATEST_DEVICE_MIGRATION],
        )?;
        // What a newer Daybook had made, and this head office did not know, may be known by now. The schema is up to date either way, and what
        // is not tried here, or fails, the next device lets be tried.
        self.query("SELECT daybook_sync.expect_retry(book_id) FROM daybook_sync.book_head ORDER BY book_id", &[])?;
        let waiting =
            "SELECT DISTINCT book_id FROM daybook_sync.quarantined_entry WHERE state = 'waiting' ORDER BY book_id";
        for row in self.query(waiting, &[])? {
            let book = BookId::from_bytes(*row.get::<_, Uuid>(0).as_bytes());
            if let Err(fault) = self.retry(book) {
                tracing::warn!(fault = fault.chain(), %book, "quarantine was not tried again");
            }
        }
        Ok(applied)
    }

    /// Makes a role for a device and the link that it joins with. `reachable` is how devices reach this server, where that is not how
    /// the administrator does.
    ///
    /// # Errors
    /// `tls` when a device could not trust the server by this link; `unknown_choice` while another device is to bring a book of that name;
    /// `migration_failed` when central was never migrated.
    pub fn enrol(&self, device: &str, book: &ForBook, reachable: Option<(String, u16)>) -> Result<Link> {
        let device = Line::<60>::parse(device).map_err(|fault| fault.at("device"))?;
        let device = device.as_str();
        let (host, port) = reachable.unwrap_or_else(|| (self.host.clone(), self.port));
        if self.authority.is_none() && !is_local(&host) {
            return Err(Fault::new(
                Code::Tls,
                "Devices must know by which authority to trust this server: name its file as sslrootcert=FILE in the URL.",
            )
            .at("url"));
        }
        if let ForBook::New(name) = book {
            let bringing = self.query(
                "SELECT device_name FROM daybook_sync.enrolment
                 WHERE book_name = $1 AND joined_at IS NULL AND revoked_at IS NULL ORDER BY created_at LIMIT 1",
                &[name],
            )?;
            if let Some(row) = bringing.first() {
                let first: String = row.get(0);
                return Err(Fault::new(
                    Code::UnknownChoice,
                    format!(
                        "{first} is to bring a book {name} and has not yet; enrol the others when it has joined, or revoke it."
                    ),
                )
                .at("book"));
            }
        }
        let role = format!("daybook_device_{}", &Uuid::new_v4().simple().to_string()[..16]);
        let password = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        let (id, name) = match book {
            ForBook::Existing(id) => (Some(Uuid::from_bytes(*id.as_bytes())), None),
            ForBook::New(name) => (None, Some(name.clone())),
        };
        // A name that could end its quotes is doubled there.
        let database = format!("\"{}\"", self.database.replace('"', "\"\""));
        // Role and verifier are made of letters, digits and $ : + / = _ alone; the rest goes as parameters.
        let sql = format!(
            "BEGIN;
             CREATE ROLE {role} LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 4 PASSWORD '{verifier}';
             GRANT daybook_device TO {role};
             GRANT CONNECT ON DATABASE {database} TO {role};
             ALTER ROLE {role} SET statement_timeout = '600s';
             ALTER ROLE {role} SET lock_timeout = '20s';
             ALTER ROLE {role} SET idle_in_transaction_session_timeout = '30s';
             ALTER ROLE {role} SET temp_file_limit = '1GB';"
        );
        self.runtime.block_on(async {
            self.client.batch_execute(&sql).await?;
            let enrolled = self
                .client
                .execute(
                    "INSERT INTO daybook_sync.enrolment (role_name, book_id, book_name, device_name) VALUES ($1, $2, $3, $4)",
                    &[&role, &id, &name, &device],
                )
                .await;
            match enrolled {
                Ok(_) => self.client.batch_execute("COMMIT").await,
                Err(error) => {
                    self.client.batch_execute("ROLLBACK").await?;
                    Err(error)
                }
            }
        })
        .map_err(|error| said(&error))?;
        Ok(Link {
            v: 1,
            host,
            port,
            database: self.database.clone(),
            role,
            password,
            authority: self.authority.clone(),
            book: id.map(|id| Id::from_bytes(*id.as_bytes())),
        })
    }

    /// The book of that id or name; nothing when there is none.
    ///
    /// # Errors
    /// `unknown_choice` when several have that name.
    pub fn find_book(&self, text: &str) -> Result<Option<BookId>> {
        let rows = self.query(
            "SELECT h.book_id FROM daybook_sync.book_head h LEFT JOIN daybook.book b ON b.id = h.book_id
             WHERE h.book_id::text = lower($1) OR b.name = $1
                OR (b.id IS NULL AND EXISTS (SELECT FROM daybook_sync.enrolment e WHERE e.book_id = h.book_id AND e.book_name = $1))",
            &[&text],
        )?;
        match rows.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(Id::from_bytes(*row.get::<_, Uuid>(0).as_bytes()))),
            _ => Err(Fault::new(Code::UnknownChoice, "Several books have that name; say which by its id.").at("book")),
        }
    }

    /// All devices: book, name, code, when they were enrolled, joined, seen and revoked, and what each is behind.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn devices(&self) -> Result<Value> {
        self.value(
            "SELECT book_id, book_name, device_id, device_code, device_name, role_name, enrolled_at, joined_at, seen_at, revoked_at,
                    waiting_entries, versions_behind, device_schema
             FROM daybook.device_state ORDER BY book_name, device_name, enrolled_at",
            &[],
        )
    }

    /// Entries in quarantine; all that wait, or one with its bytes.
    ///
    /// # Errors
    /// `not_found`.
    pub fn quarantine(&self, one: Option<(BookId, i64)>) -> Result<Value> {
        let Some((book, version)) = one else {
            return self.value(
                "SELECT book_id, book_name, version, device_name, sequence, command, reason, detail, waiting_since_at
                 FROM daybook.quarantine ORDER BY book_name, book_id, version",
                &[],
            );
        };
        let shown = self.value(
            "SELECT q.book_id, q.version, q.device_id, q.incarnation_id, q.sequence, q.reason, q.detail, q.state, q.created_at, q.settled_at,
                    q.settled_by, q.settled_reason,
                    coalesce(daybook.readable_entry(v.body), to_jsonb(encode(v.body, 'escape'))) AS entry
             FROM daybook_sync.quarantined_entry q JOIN daybook_sync.book_version v USING (book_id, version)
             WHERE q.book_id = $1 AND q.version = $2",
            &[&Uuid::from_bytes(*book.as_bytes()), &version],
        )?;
        shown
            .get(0)
            .cloned()
            .ok_or_else(|| Fault::new(Code::NotFound, "No entry of that version is in quarantine.").at("version"))
    }

    /// Applies what waits in a book's quarantine and can be applied now; answers how many.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn retry(&self, book: BookId) -> Result<i64> {
        let book = Uuid::from_bytes(*book.as_bytes());
        let (mut from, mut applied) = (Some(0_i64), 0);
        // Each part is a transaction of its own, so that devices come in between.
        while let Some(after) = from {
            let rows = self.query(
                "SELECT applied, next FROM daybook_sync.retry_quarantined($1, $2, $3)",
                &[&book, &after, &RETRY_ENTRIES_MAX],
            )?;
            applied += rows[0].get::<_, i64>(0);
            from = rows[0].get(1);
        }
        Ok(applied)
    }

    /// Dismisses an entry in quarantine, with what depends on it; answers how many.
    ///
    /// # Errors
    /// `not_found`.
    pub fn dismiss(&self, book: BookId, version: i64, reason: &str) -> Result<i64> {
        let rows = self.query(
            "SELECT daybook_sync.dismiss_quarantined($1, $2, $3)",
            &[&Uuid::from_bytes(*book.as_bytes()), &version, &reason],
        )?;
        Ok(rows[0].get(0))
    }

    /// Each book: version, devices, what waits in quarantine, what is overdrawn.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn status(&self) -> Result<Value> {
        self.value(
            "SELECT h.book_id, b.name AS book, h.version, encode(h.book_hash, 'hex') AS book_hash,
                    (SELECT count(*) FROM daybook_sync.enrolment e WHERE e.book_id = h.book_id AND e.revoked_at IS NULL) AS devices,
                    (SELECT count(*) FROM daybook_sync.quarantined_entry q WHERE q.book_id = h.book_id AND q.state = 'waiting') AS quarantined,
                    (SELECT count(*) FROM daybook.ledger_balance l JOIN daybook.payment_account a ON a.book_id = l.book_id AND a.id = l.account_id
                     WHERE l.book_id = h.book_id AND l.balance_minor < a.minimum_minor) AS overdrawn,
                    (SELECT min(e.seen_at) FROM daybook_sync.enrolment e WHERE e.book_id = h.book_id AND e.revoked_at IS NULL) AS longest_unseen_since
             FROM daybook_sync.book_head h LEFT JOIN daybook.book b ON b.id = h.book_id ORDER BY b.name, h.book_id",
            &[],
        )
    }
}

/// What PostgreSQL said to an administrator: it is their server, so they may read it.
fn said(error: &Error) -> Fault {
    match error.as_db_error() {
        Some(said) if said.code().code() == "DB004" => Fault::new(Code::NotFound, said.message()),
        Some(said) if said.code().code() == "3F000" || said.code().code() == "42P01" => Fault::new(
            Code::MigrationFailed,
            "This database is no head office yet: run `daybook central migrate` first.",
        ),
        Some(said) => Fault::new(Code::Refused, format!("PostgreSQL says: {}.", said.message())),
        None => Fault::new(Code::Unreachable, format!("The connection was cut: {error}.")),
    }
}

/// What the server said to somebody who could not come in, and what to do about it.
fn said_to_stranger(error: &Error, host: &str, port: u16) -> Fault {
    let Some(said) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!("{error}: {cause}")).unwrap_or_else(|| error.to_string());
        let is_tls = ["TLS", "ertificate", "channel binding"].iter().any(|word| cause.contains(word));
        let fault = if is_tls {
            let message = format!(
                "{host}:{port} offers no TLS that can be trusted. Is ssl on there, and sslrootcert the authority of its certificate?"
            );
            Fault::new(Code::Tls, message)
        } else {
            Fault::new(Code::Unreachable, format!("{host}:{port} can't be reached."))
        };
        return fault.because(cause);
    };
    let hint = match said.code().code() {
        "28P01" => " Give the password as PGPASSWORD.",
        "28000" => " Its pg_hba.conf must have a line for you.",
        "3D000" => " Create the database first, with createdb.",
        _ => "",
    };
    Fault::new(Code::Refused, format!("{host}:{port} says: {}.{hint}", said.message()))
}
