//! What a device's role can do when somebody else than Daybook speaks for it.

use super::{Office, Van};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

/// An entry's sequence, version and outcome.
pub type Placed = (i64, i64, String);

/// A connection that says whatever a test wants.
pub struct Raw {
    runtime: Runtime,
    client: Client,
}

impl Raw {
    /// As that device's role, with the password in its store.
    pub fn of(office: &Office, van: &Van) -> Raw {
        let (role, password) = van.secret();
        Raw::connect(office, &role, &password, &office.database).unwrap_or_else(|error| panic!("{}", said(&error)))
    }

    pub fn connect(office: &Office, role: &str, password: &str, database: &str) -> Result<Raw, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut config = Config::new();
        config.host("127.0.0.1").port(office.cluster.port()).user(role).password(password).dbname(database);
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
        let client = runtime.block_on(async {
            let (client, connection) =
                config.connect(MakeRustlsConnect::new(trusting(office.cluster.ca_pem()))).await?;
            tokio::spawn(async move {
                // What ends it is told by the next call.
                let _ = connection.await;
            });
            Ok::<_, Error>(client)
        })?;
        Ok(Raw { runtime, client })
    }

    /// Statements in one message.
    pub fn run(&self, sql: &str) -> Result<(), Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    pub fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.runtime.block_on(self.client.query(sql, values))
    }

    /// Pushes bytes as entries.
    pub fn push(
        &self,
        book: Uuid,
        lane: Uuid,
        first: i64,
        previous: &[u8],
        bodies: &[Vec<u8>],
    ) -> Result<Vec<Placed>, Error> {
        let rows = self.rows(
            "SELECT sequence, version, outcome FROM daybook_sync.push($1, $2, $3, $4, $5, 0)",
            &[&book, &lane, &first, &previous, &bodies],
        )?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }
}

/// TLS that trusts this authority alone.
fn trusting(authority: &str) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate")).expect("an authority");
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The code of what PostgreSQL said.
pub fn code(error: &Error) -> String {
    error.code().map_or_else(|| format!("no code: {error:?}"), |code| code.code().to_owned())
}

/// What PostgreSQL said.
pub fn said(error: &Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| format!("{error:?}"), |said| format!("{} {}", said.code().code(), said.message()))
}

/// A digest of all rows of the books and the machinery, a line a table. What a device may tell of itself is left out.
pub fn state(office: &Office, except: &[&str]) -> String {
    let tables = office.sql(
        "SELECT c.oid::regclass FROM pg_class c
         WHERE c.relnamespace IN ('daybook'::regnamespace, 'daybook_sync'::regnamespace) AND c.relkind = 'r' ORDER BY 1",
    );
    let names = tables.iter().filter_map(|row| row[0].as_deref()).filter(|name| !except.contains(name));
    let digests: Vec<String> = names
        .map(|name| {
            format!(
                "SELECT '{name} ' || count(*) || ' ' || md5(coalesce(string_agg(r::text, ',' ORDER BY r::text), ''))
                 FROM (SELECT to_jsonb(t) - '{{seen_at,pulled_version,heard_version,device_schema,waiting_entries}}'::text[] AS r FROM {name} t) t"
            )
        })
        .collect();
    let rows = office.sql(&digests.join("\nUNION ALL "));
    let mut lines: Vec<String> = rows.into_iter().filter_map(|mut row| row.remove(0)).collect();
    lines.sort();
    lines.join("\n")
}
