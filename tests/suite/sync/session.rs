//! A connection to a head office's server that stays open: for transactions that a test holds, and for calls as a device.

use super::{Office, Van};
use crate::process::PATIENCE;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Error, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

pub struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    /// As the superuser.
    pub fn open(office: &Office) -> Session {
        Session::open_as(office, "postgres", office.cluster.password())
    }

    pub fn open_as(office: &Office, role: &str, password: &str) -> Session {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut roots = rustls::RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(office.cluster.ca_pem().as_bytes()).expect("a certificate");
        roots.add(authority).expect("a certificate");
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS can be set up")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let url = office.cluster.url_as(role, password, &office.database);
        let client = runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&url, MakeRustlsConnect::new(tls)).await.expect("the server lets it in");
            tokio::spawn(connection);
            client
        });
        Session { runtime, client }
    }

    /// As the role of a device, with the password that it keeps.
    pub fn as_device(office: &Office, van: &Van, role: &str) -> Session {
        let kept = std::fs::read_to_string(van.world.folder.path().join("secrets").join(role)).expect("it joined");
        Session::open_as(office, role, kept.lines().next().expect("a password"))
    }

    /// Runs statements; their rows as text, or the code that PostgreSQL refuses them with.
    pub fn try_run(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let code = |error: Error| error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned());
        let said = self.runtime.block_on(self.client.simple_query(sql)).map_err(code)?;
        let rows = said.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|place| row.get(place).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    pub fn run(&self, sql: &str) -> Vec<Vec<String>> {
        self.try_run(sql).unwrap_or_else(|code| panic!("{code} in: {sql}"))
    }

    pub fn value(&self, sql: &str) -> String {
        self.run(sql)[0][0].clone()
    }

    /// Asks until the answer is true: what goes on in the server can't be waited for otherwise.
    pub fn wait_until(&self, condition: &str) {
        let started = Instant::now();
        // In a transaction, what the server tells of its clients is kept from the first time that it was asked.
        while self.run(&format!("SELECT pg_stat_clear_snapshot(); SELECT ({condition})::text"))[1][0] != "true" {
            assert!(started.elapsed() < PATIENCE, "{condition} within {PATIENCE:?}");
            std::thread::park_timeout(Duration::from_millis(3));
        }
    }

    /// Waits until a device's call of that function waits for a lock.
    pub fn wait_until_waiting(&self, function: &str) {
        self.wait_until(&format!(
            "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                     AND application_name = 'daybook' AND query LIKE '%daybook_sync.{function}%')"
        ));
    }
}
