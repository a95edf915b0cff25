//! Devices with their own stores, and a head office in a real PostgreSQL.

mod administrator;
mod bad_days;
mod chain;
mod copies;
mod custody;
mod deferred;
mod edges;
mod edits;
mod forged;
mod functions;
mod history;
#[cfg(target_os = "linux")]
mod keyring;
mod links;
mod office;
mod pairs;
mod passwords;
mod raw;
mod receivables;
mod rules;
mod security;
mod session;
mod simulator;
mod statistics;
mod together;
mod trips;
mod wrong_server;

use crate::central::{Cluster, shared};
use crate::world::{World, rows};
use daybook::commands::{Envelope, NOUNS, rights};
use daybook::kernel::{BookId, Code, Fault, Id, PersonId};
use daybook::sync::{Admin, ForBook, Link, Migrated};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Roles belong to the whole server: two migrations at once would meet over them.
static MIGRATING: Mutex<()> = Mutex::new(());

/// A head office of its own database.
pub struct Office<'c> {
    pub cluster: &'c Cluster,
    pub database: String,
}

impl Office<'static> {
    /// On the server that all tests share.
    pub fn open() -> Office<'static> {
        Office::on(shared())
    }
}

impl<'c> Office<'c> {
    pub fn on(cluster: &'c Cluster) -> Office<'c> {
        let database = cluster.fresh_database("office");
        let office = Office { cluster, database };
        let _one_at_a_time = MIGRATING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        office.migrate().unwrap_or_else(|fault| panic!("{}", fault.chain()));
        #[cfg(feature = "mutants")]
        crate::mutants::break_central(&office);
        office
    }

    pub fn url(&self) -> String {
        let url = self.cluster.url(&self.database);
        format!("{url}&sslrootcert={}", self.cluster.ca().display())
    }

    pub fn admin(&self) -> Admin {
        Admin::connect(&self.url()).unwrap_or_else(|fault| panic!("{}", fault.chain()))
    }

    /// As `daybook central migrate`.
    pub fn migrate(&self) -> Result<Migrated, Fault> {
        self.admin().migrate(NOUNS, &rights())
    }

    pub fn sql(&self, text: &str) -> Vec<Vec<Option<String>>> {
        self.cluster.sql(&self.database, text)
    }

    /// Lets its SQL delete records, as no head office does: what is in a log already, devices still take in.
    pub fn let_delete(&self) {
        for table in ["person", "tax", "product", "customer"] {
            self.sql(&format!("ALTER TABLE daybook.{table} DISABLE TRIGGER {table}_rule_trigger"));
        }
    }

    /// One value.
    pub fn value(&self, text: &str) -> String {
        self.sql(text)[0][0].clone().unwrap_or_default()
    }

    pub fn link(&self, device: &str, book: &ForBook) -> Link {
        self.admin().enrol(device, book, None).unwrap_or_else(|fault| panic!("{}", fault.chain()))
    }

    /// A store with a book of its own, which head office takes over.
    pub fn founder(&self) -> Van {
        let world = World::with_book();
        let link = self.link("Van 1", &ForBook::New("North route".into()));
        Van::join(world, &link)
    }

    /// A second device of that van's book; somebody acts on it.
    pub fn colleague(&self, van: &Van) -> Van {
        self.colleague_called("Van 2", van)
    }

    pub fn colleague_called(&self, name: &str, van: &Van) -> Van {
        let link = self.link(name, &ForBook::Existing(van.book));
        let van = Van::join(World::empty(), &link);
        van.sync();
        van.choose_person();
        van
    }
}

/// A device that is synced.
pub struct Van {
    pub world: World,
    pub book: BookId,
}

impl Van {
    pub fn join(world: World, link: &Link) -> Van {
        let joined = world.ask("sync_join", json!({ "link": link.write() }));
        let book = Id::parse(joined["book_id"].as_str().expect("an id")).unwrap();
        Van { world, book }
    }

    /// The role of this device at head office, and its password.
    pub fn secret(&self) -> (String, String) {
        let folder = std::fs::read_dir(self.world.folder.path().join("secrets")).expect("it has joined");
        let file = folder.flatten().next().expect("a role").path();
        let role = file.file_name().expect("a name").to_string_lossy().into_owned();
        (role, std::fs::read_to_string(file).expect("a password").trim().to_owned())
    }

    pub fn choose_person(&self) {
        let status = self.ask("status", json!({}));
        let person = status["persons"][0]["id"].clone();
        let id: PersonId = Id::parse(person.as_str().expect("somebody is in the book")).unwrap();
        let envelope = Envelope { person: Some(id), ..Envelope::of("person_select", json!({ "person_id": person })) };
        self.world.send(&envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    }

    pub fn ask(&self, command: &str, input: Value) -> Value {
        self.world.ask(command, input)
    }

    /// A round that must go through.
    pub fn sync(&self) -> Value {
        let envelope = Envelope { book: Some(self.book), ..Envelope::of("sync_now", json!({})) };
        self.world.send(&envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()))
    }

    /// A round that must fail.
    pub fn sync_fails(&self) -> Code {
        let envelope = Envelope { book: Some(self.book), ..Envelope::of("sync_now", json!({})) };
        self.world.send(&envelope).map(|answer| panic!("{answer}")).unwrap_or_else(|fault| fault.code)
    }

    /// Syncs, and all tables must agree with head office's.
    pub fn assert_agrees(&self) {
        let envelope = Envelope { book: Some(self.book), ..Envelope::of("sync_now", json!({ "compare": true })) };
        let round = self.world.send(&envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        assert_eq!(round["agrees"], true, "{round} {} {:?}", self.status(), self.conflicts());
        self.world.assert_holds();
    }

    pub fn customer(&self, name: &str) -> Value {
        self.ask("customer_add", json!({ "name": name }))
    }

    /// The customer as it is shown here.
    pub fn customer_now(&self, customer: &Value) -> Value {
        self.ask("customer_show", json!({ "customer_id": customer["id"] }))
    }

    pub fn edit(&self, customer: &Value, changes: Value) -> Value {
        let mut order =
            json!({ "customer_id": customer["id"], "row_version": self.customer_now(customer)["row_version"] });
        for (column, value) in changes.as_object().expect("columns") {
            order[column] = value.clone();
        }
        self.ask("customer_edit", order)
    }

    pub fn conflicts(&self) -> Vec<Value> {
        rows(&self.ask("conflict_list", json!({}))).to_vec()
    }

    pub fn status(&self) -> Value {
        self.ask("sync_status", json!({}))
    }
}
