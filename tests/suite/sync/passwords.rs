//! Where a device's password may go: to the server that its link names, in a way that shows it to nobody, and nowhere else.

use super::{Office, Van};
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::json;

fn role_of(van: &Van) -> String {
    van.world.connection().query_row("SELECT role_name FROM sync_book", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_password_is_in_no_answer_no_log_and_no_error() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let role = role_of(&van);
    let file = van.world.folder.path().join("secrets").join(&role);
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    office.admin().revoke("Van 1").unwrap();
    let fault = van.world.refused("sync_now", json!({}));
    let answers = [van.status(), van.ask("status", json!({})), van.ask("history_list", json!({}))];
    let told = format!("{} {fault:?} {answers:?} {:?}", fault.chain(), office.admin().devices().unwrap());
    assert!(!told.contains(&password));
    let database = std::fs::read(van.world.folder.path().join("daybook.sqlite")).unwrap();
    let log = std::fs::read(van.world.folder.path().join("daybook.sqlite-wal")).unwrap_or_default();
    for bytes in [database, log] {
        assert!(
            !bytes.windows(password.len()).any(|window| window == password.as_bytes()),
            "it lies in its own file alone"
        );
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!office.cluster.log().contains(&password), "the server never saw it");
}

/// A server that asks for the password in this way, and keeps all that it is told after that.
fn asking(code: i32) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut startup = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap() - 4];
        stream.read_exact(&mut startup).unwrap();
        let salt: &[u8] = if code == 5 { &[1, 2, 3, 4] } else { &[] };
        let mut request = vec![b'R'];
        request.extend(i32::try_from(8 + salt.len()).unwrap().to_be_bytes());
        request.extend(code.to_be_bytes());
        request.extend(salt);
        stream.write_all(&request).unwrap();
        let mut heard = Vec::new();
        // Whoever goes away in a hurry has said nothing more either.
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    (port, heard)
}

#[test]
fn a_password_is_not_sent_to_a_server_that_asks_for_it_in_clear_or_as_md5() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North".into()));
    for code in [3, 5] {
        let (port, heard) = asking(code);
        let link = daybook::sync::Link { port, authority: None, ..link.clone() };
        let fault = World::with_book().refused("sync_join", json!({ "link": link.write() }));
        assert_eq!(fault.code.name(), "tls", "{}", fault.chain());
        assert!(heard.join().unwrap().is_empty(), "nothing is said after the request");
    }
}

#[test]
fn a_server_without_tls_or_with_another_way_of_asking_gets_no_password() {
    for (tls, auth) in [(false, "scram-sha-256"), (true, "password")] {
        let cluster = crate::central::Cluster::with(&crate::central::Options { tls, auth, extra_conf: "" });
        let link = daybook::sync::Link {
            v: 1,
            host: "127.0.0.1".into(),
            port: cluster.port(),
            database: "postgres".into(),
            role: "postgres".into(),
            password: cluster.password().into(),
            authority: Some(cluster.ca_pem().to_owned()),
            book: None,
        };
        let fault = World::with_book().refused("sync_join", json!({ "link": link.write() }));
        assert_eq!(fault.code.name(), "tls", "tls {tls}, {auth}: {}", fault.chain());
        // Its password is right: had it been sent, the server would have let it in.
        assert!(!cluster.log().contains("connection authorized: user=postgres database=postgres"), "{auth}");
    }
}
