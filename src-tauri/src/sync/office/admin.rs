//! What head office's administrator does, with an administrator's connection: migrate, enrol, look after devices and
//! quarantine.

use super::declared::Declared;
use crate::kernel::{BookId, Code, Fault, Id, Line, Noun, Result, Right};
use crate::store::LATEST_DEVICE_MIGRATION;
use crate::sync::line::address::{Address, is_host, is_local};
use crate::sync::line::connect::{connect, connect_over, refuse_cleartext, runtime};
use crate::sync::line::link::Link;
use refinery::{Migration, Runner};
use serde_json::{Value, json};
use std::error::Error as _;
use std::str::FromStr;
use std::sync::Arc;
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

/// Gives the planner statistics of all tables that hold something: of one that is known to be empty every index is as good as another,
/// and a plan that was made then stays with its connection.
const ANALYSE: &str = "DO $$
    DECLARE
        v_table  regclass;
        v_holds  boolean;
    BEGIN
        FOR v_table IN SELECT c.oid FROM pg_class c
                       WHERE c.relnamespace IN ('daybook'::regnamespace, 'daybook_sync'::regnamespace) AND c.relkind = 'r' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_table) INTO v_holds;
            IF v_holds THEN
                EXECUTE format('ANALYZE %s', v_table);
            END IF;
        END LOOP;
    END $$";

/// An administrator's connection.
pub struct Admin {
    runtime: Runtime,
    client: Client,
    host: String,
    port: u16,
    pub(in crate::sync) database: String,
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

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The dated migrations that ran.
    pub applied: Vec<String>,
    /// Whether the functions were applied: they are whenever they differ.
    pub functions_applied: bool,
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
            Some(Host::Unix(folder)) => folder.to_string_lossy().into_owned(),
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
        let (runtime, heard) = (runtime()?, Arc::default());
        let client = runtime.block_on(async {
            match &authority {
                Some(authority) if !is_socket => connect(&mut config, Some(authority), &heard, &told).await,
                _ if is_socket || plaintext => connect(&mut config, None, &heard, &told).await,
                _ => {
                    let mut roots = rustls::RootCertStore::empty();
                    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                    connect_over(&mut config, roots, &heard, &told).await
                }
            }
        })?;
        Ok(Admin { runtime, client, host, port, database, authority })
    }

    /// The connection, and what drives it.
    pub(super) fn parts(&self) -> (&Client, &Runtime) {
        (&self.client, &self.runtime)
    }

    /// Statements without parameters.
    pub(in crate::sync) fn run(&self, sql: &str) -> Result<()> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(|error| said(&error))
    }

    pub(in crate::sync) fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.runtime.block_on(self.client.query(sql, params)).map_err(|error| said(&error))
    }

    pub(in crate::sync) fn value(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Value> {
        let sql = format!("SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM ({sql}) t");
        let rows = self.query(&sql, params)?;
        let text: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
        serde_json::from_str(&text)
            .map_err(|cause| Fault::new(Code::Internal, "Head office's answer can't be read.").because(cause))
    }

    /// Brings the central schema and its functions up to date, and applies what waited in quarantine for them. `nouns` are the program's,
    /// parents first, and `rights` what the entries of its commands may do.
    ///
    /// # Errors
    /// `too_new` when a newer Daybook has been here; `migration_failed`, and what was applied before stays: the next call goes on there.
    pub fn migrate(&mut self, nouns: &[&Noun], rights: &[(&'static str, Right)]) -> Result<Migrated> {
        let declared = Declared::new(nouns, rights)?;
        let migrations = central_migrations();
        let latest = migrations.last().map_or(0, Migration::version);
        let there: bool =
            self.query("SELECT to_regclass('public.refinery_schema_history') IS NOT NULL", &[])?[0].get(0);
        if there {
            let newest: Option<i64> =
                self.query("SELECT max(version)::bigint FROM public.refinery_schema_history", &[])?[0].get(0);
            if let Some(newest) = newest.filter(|newest| *newest > latest) {
                return Err(too_new(newest, latest));
            }
        }
        self.check_function_set()?;
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
        let functions_applied = self.apply_functions(&declared)?;
        self.query(
            "UPDATE daybook_sync.sync_limit SET value = $1 WHERE name = 'central_schema' AND value <> $1",
            &[&latest],
        )?;
        self.query(
            "UPDATE daybook_sync.sync_limit SET value = $1 WHERE name = 'device_schema_max' AND value < $1",
            &[&LATEST_DEVICE_MIGRATION],
        )?;
        // A database that was filled or restored a moment ago has no statistics until autovacuum has been there.
        self.run(ANALYSE)?;
        // What a newer Daybook had made, and this head office did not know, may be known by now. The schema is up to date either way, and what
        // is not tried here, or fails, the next device lets be tried.
        self.query("SELECT daybook_sync.schedule_retry(book_id) FROM daybook_sync.book_head ORDER BY book_id", &[])?;
        let waiting =
            "SELECT DISTINCT book_id FROM daybook_sync.quarantined_entry WHERE state = 'waiting' ORDER BY book_id";
        for row in self.query(waiting, &[])? {
            let book = BookId::from_bytes(*row.get::<_, Uuid>(0).as_bytes());
            if let Err(fault) = self.retry(book) {
                tracing::warn!(fault = fault.chain(), %book, "quarantine was not tried again");
            }
        }
        Ok(Migrated { applied, functions_applied })
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
        if !is_host(&host) || port == 0 {
            let message = "Devices can't reach a server called that: say by which host and port they do.";
            return Err(Fault::new(Code::Malformed, message).at("reachable"));
        }
        let book = &match book {
            ForBook::Existing(id) => ForBook::Existing(*id),
            ForBook::New(name) => {
                ForBook::New(Line::<80>::parse(name).map_err(|fault| fault.at("book"))?.as_str().to_owned())
            }
        };
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
        #[expect(clippy::disallowed_methods, reason = "no unit of work: a role and its password are made of dice")]
        let (role, password) = (
            format!("daybook_device_{}", &Uuid::new_v4().simple().to_string()[..16]),
            format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
        );
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
                OR (b.id IS NULL AND EXISTS (SELECT FROM daybook_sync.enrolment e
                                             WHERE e.book_id = h.book_id AND e.book_name = $1))",
            &[&text],
        )?;
        match rows.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(Id::from_bytes(*row.get::<_, Uuid>(0).as_bytes()))),
            _ => Err(Fault::new(Code::UnknownChoice, "Several books have that name; say which by its id.").at("book")),
        }
    }

    /// All devices: book, name, code, when they were enrolled, joined, seen and revoked, what each is behind, and what is wrong with it.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn devices(&self) -> Result<Value> {
        self.value(
            "SELECT s.book_id, s.book_name, s.device_id, s.device_code, s.device_name, s.role_name, s.enrolled_at, s.joined_at,
                    s.seen_at, s.revoked_at, s.waiting_entries, s.versions_behind, s.device_schema,
                    coalesce(daybook_sync.device_findings(s.role_name), '{}') AS findings
             FROM daybook.device_state s ORDER BY s.book_name, s.device_name, s.enrolled_at",
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
            "SELECT q.book_id, q.version, q.device_id, q.incarnation_id, q.sequence, q.reason, q.detail, q.state, q.created_at,
                    q.settled_at, q.settled_by, q.settled_reason,
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

    /// Each book: version, devices, what waits in quarantine, what is overdrawn, and what is wrong, in sentences.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn status(&self) -> Result<Value> {
        self.value(
            "SELECT h.book_id, b.name AS book, h.version, encode(h.book_hash, 'hex') AS book_hash,
                    (SELECT count(*) FROM daybook_sync.enrolment e
                     WHERE e.book_id = h.book_id AND e.revoked_at IS NULL) AS devices,
                    (SELECT count(*) FROM daybook_sync.quarantined_entry q
                     WHERE q.book_id = h.book_id AND q.state = 'waiting') AS quarantined,
                    (SELECT count(*) FROM daybook.ledger_balance l
                     JOIN daybook.payment_account a ON a.book_id = l.book_id AND a.id = l.account_id
                     WHERE l.book_id = h.book_id AND l.balance_minor < a.minimum_minor) AS overdrawn,
                    (SELECT min(e.seen_at) FROM daybook_sync.enrolment e
                     WHERE e.book_id = h.book_id AND e.revoked_at IS NULL) AS longest_unseen_since,
                    coalesce(daybook_sync.wrong_rights(), '{}')
                    || ARRAY(SELECT format('%s: %s', coalesce(d.name, e.device_name), f) FROM daybook_sync.enrolment e
                             LEFT JOIN daybook.device d ON d.book_id = e.book_id AND d.id = e.device_id,
                             unnest(daybook_sync.device_findings(e.role_name)) f
                             WHERE e.book_id = h.book_id ORDER BY 1) AS findings
             FROM daybook_sync.book_head h LEFT JOIN daybook.book b ON b.id = h.book_id ORDER BY b.name, h.book_id",
            &[],
        )
    }
}

/// A newer Daybook has been here; both say how far they are.
pub(super) fn too_new(central: i64, daybook: i64) -> Fault {
    Fault::new(Code::TooNew, "A newer Daybook has brought this head office up to date already; use that one.")
        .with(json!({ "central": central, "daybook": daybook }))
}

/// What PostgreSQL said to an administrator: it is their server, so they may read it.
pub(super) fn said(error: &Error) -> Fault {
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
        let fault = if cause.contains("channel binding") {
            let message = format!(
                "{host}:{port} lets you in without asking for a password, so it can't prove who it is. Give your role a password, and \
                 its line in pg_hba.conf scram-sha-256."
            );
            Fault::new(Code::Tls, message)
        } else if ["TLS", "ertificate"].iter().any(|word| cause.contains(word)) {
            let here =
                if is_local(host) { " On this machine itself ?sslmode=disable in the URL goes without." } else { "" };
            let message = format!(
                "{host}:{port} offers no TLS that can be trusted. Is ssl on there, and sslrootcert the authority of its certificate?{here}"
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
