//! Servers that aren't what the link says, or want the password in a way that gives it away: a device says nothing to them.

use super::{Office, Van};
use crate::central::{Cluster, Direction, Options, Proxy};
use crate::process::daybook;
use crate::world::World;
use daybook::sync::{ForBook, Link};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than a device waits for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(60);

fn link_to(port: u16, authority: &str) -> Link {
    Link {
        v: 1,
        host: "127.0.0.1".into(),
        port,
        database: "postgres".into(),
        role: "postgres".into(),
        password: "the-password-of-the-link".into(),
        authority: Some(authority.to_owned()),
        book: None,
    }
}

/// Joins, which must be refused as unsafe; answers all that is told about it.
fn join_is_unsafe(link: &Link) -> String {
    let world = World::with_book();
    let fault = world.refused("sync_join", json!({ "link": link.write() }));
    assert_eq!(fault.code.name(), "tls", "{}", fault.chain());
    assert!(!world.folder.path().join("secrets").exists(), "nothing was joined, so nothing is kept");
    let told = format!("{fault:?} {} {link:?}", fault.chain());
    assert!(!told.contains(&link.password), "{told}");
    told
}

#[test]
fn a_server_that_the_authority_did_not_sign_hears_nothing() {
    let server = crate::central::shared();
    let proxy = Proxy::to(server.port());
    let mut link = link_to(proxy.port(), server.other_ca_pem());
    join_is_unsafe(&link);
    let asked = proxy.bytes(Direction::ToServer);
    assert!((8..1_500).contains(&asked), "a request for TLS, a hello and an alert: {asked} bytes");

    // Signed, but for another name.
    link = link_to(proxy.port(), server.ca_pem());
    link.host = "127.0.0.2".into();
    let other_name = TcpListener::bind("127.0.0.2:0").expect("all of 127 is this machine");
    link.port = other_name.local_addr().unwrap().port();
    let port = server.port();
    let passing = std::thread::spawn(move || {
        let (client, _) = other_name.accept().unwrap();
        let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut up, mut down) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
        let upwards = std::thread::spawn(move || {
            let copied = std::io::copy(&mut up.0, &mut up.1).unwrap_or(0);
            let _ = up.1.shutdown(std::net::Shutdown::Both); // it may have ended
            copied
        });
        let _ = std::io::copy(&mut down.0, &mut down.1); // as above
        let _ = down.1.shutdown(std::net::Shutdown::Both);
        upwards.join().unwrap()
    });
    join_is_unsafe(&link);
    assert!(passing.join().unwrap() < 1_500);
}

#[test]
fn a_server_without_tls_is_asked_for_it_and_hears_nothing_else() {
    let server = Cluster::with(&Options { tls: false, ..Options::default() });
    let proxy = Proxy::to(server.port());
    join_is_unsafe(&link_to(proxy.port(), server.ca_pem()));
    assert_eq!(proxy.bytes(Direction::ToServer), 8, "the request for TLS is eight bytes");
}

#[test]
fn a_server_that_wants_the_password_in_clear_does_not_get_it() {
    let server = Cluster::with(&Options { auth: "password", extra_conf: "log_connections = on", ..Options::default() });
    let mut link = link_to(server.port(), server.ca_pem());
    link.password = server.password().to_owned();
    join_is_unsafe(&link);
    let log = server.log();
    assert!(log.contains("connection received") && !log.contains("connection authorized"), "{log}");
}

/// What a false server, with the right certificate, asks for after the startup.
const DEMANDS: [(&str, &[u8]); 6] = [
    ("the password in clear", b"R\0\0\0\x08\0\0\0\x03"),
    ("the password as MD5", b"R\0\0\0\x0c\0\0\0\x05salt"),
    ("SCRAM that is not bound to the channel", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"),
    ("SASL of its own", b"R\0\0\0\x0f\0\0\0\x0aPLAIN\0\0"),
    ("nothing, and lets it in", b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
    ("GSSAPI", b"R\0\0\0\x08\0\0\0\x07"),
];

#[test]
fn a_false_server_with_the_certificate_gets_no_password() {
    let cluster = crate::central::shared();
    for (demand, message) in DEMANDS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = server_tls(&cluster.folder().join("data"));
        let heard = std::thread::spawn(move || pretend(&listener, tls, message));
        let told = join_is_unsafe(&link_to(port, cluster.ca_pem()));
        let (startup, after) = heard.join().expect("the false server heard something");
        let startup = String::from_utf8_lossy(&startup).into_owned();
        assert!(startup.contains("postgres") && !startup.contains("the-password"), "{demand}: {startup}");
        // A farewell at most.
        assert!(after.is_empty() || after == b"X\0\0\0\x04", "{demand}: it heard {after:?}; {told}");
    }
}

fn server_tls(data: &Path) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(data.join("server.crt")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(data.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// Speaks the startup, makes its demand, and answers the startup message and what came after the demand.
fn pretend(listener: &TcpListener, tls: Arc<ServerConfig>, demand: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = [0; 8];
    stream.read_exact(&mut request).unwrap();
    assert_eq!(request, *b"\0\0\0\x08\x04\xd2\x16\x2f", "it asks for TLS first");
    stream.write_all(b"S").unwrap();
    let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut startup).unwrap();
    stream.write_all(demand).and_then(|()| stream.flush()).unwrap();
    let mut after = Vec::new();
    // It ends with or without a farewell of TLS.
    let _ = stream.read_to_end(&mut after);
    (startup, after)
}

#[test]
fn the_password_is_in_no_log_answer_or_process_list() {
    let office = Office::open();
    let world = World::with_book();
    world.account("Till", "cash", 100);
    let store = world.folder.path().to_owned();
    let link = office.link("Van 1", &ForBook::New("North route".into()));
    let text = link.write();
    // The runner is closed: the program is alone with the store.
    let World { folder, runner } = world;
    drop(runner);

    let mut command = daybook();
    command.env("DAYBOOK_LOG", "trace").arg("--store").arg(&store).arg("join");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("daybook starts");
    let mut input = child.stdin.take().unwrap();
    // Broken over lines, as by e-mail; it can't end before its input does.
    let (one, two) = text.split_at(text.len() / 2);
    input.write_all(format!("{one}\n{two}").as_bytes()).unwrap();
    let process = Path::new("/proc").join(child.id().to_string());
    let listed = |file: &str| String::from_utf8_lossy(&std::fs::read(process.join(file)).unwrap()).into_owned();
    let until = Instant::now() + PATIENCE;
    // A process that just starts has no arguments yet.
    while !listed("cmdline").contains("join") {
        assert!(Instant::now() < until, "{:?}", child.try_wait());
        std::thread::yield_now();
    }
    let seen = ["cmdline", "environ"].map(listed);
    drop(input);
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out} {err}");

    let (role, kept) = secret(&store);
    assert_eq!(role, link.role);
    assert_ne!(kept, link.password, "the link's is replaced");
    // A link used again is refused, and says as little.
    let again = crate::process::run(&store, &["sync"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let late = World::with_book();
    let fault = late.refused("sync_join", json!({ "link": text }));
    assert_eq!(fault.code.name(), "refused");

    let logs = contents(&store.join("logs"));
    assert!(!logs.is_empty(), "there is a log");
    let mut told = vec![
        out.into_owned(),
        err.into_owned(),
        logs,
        format!("{link:?} {fault:?} {}", fault.chain()),
        office.cluster.log(),
    ];
    told.extend(seen);
    told.push(String::from_utf8_lossy(&again.stdout).into_owned() + &String::from_utf8_lossy(&again.stderr));
    told.push(contents(&late.folder.path().join("logs")));
    for told in &told {
        for secret in [&link.password, &kept, &text[text.len() / 2..]] {
            assert!(!told.contains(secret), "a secret is told in: {told}");
        }
    }
    // Nor in the books: they are copied, exported and sent.
    for file in ["daybook.sqlite", "daybook.sqlite-wal"] {
        let bytes = std::fs::read(store.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&kept) && !text.contains(&link.password), "{file}");
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store.join("secrets")), 0o700);
    assert_eq!(mode(&store.join("secrets").join(&role)), 0o600);
    // Head office knows a verifier alone.
    let stored = office.value(&format!("SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'"));
    assert!(stored.starts_with("SCRAM-SHA-256$4096:"), "{stored}");
    drop(folder);
}

#[test]
fn the_server_is_checked_at_every_round_and_not_once() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = server_tls(&office.cluster.folder().join("data"));
    let heard = std::thread::spawn(move || pretend(&listener, tls, DEMANDS[0].1));
    redirect(&van, port);
    assert_eq!(van.sync_fails().name(), "tls");
    assert_eq!(van.status()["trouble"]["code"], "tls", "{}", van.status());
    let (_, after) = heard.join().unwrap();
    assert!(after.is_empty() || after == b"X\0\0\0\x04", "{after:?}");
    redirect(&van, office.cluster.port());
    van.sync();
}

/// As if another server had taken the place of head office's.
fn redirect(van: &Van, port: u16) {
    van.world.behind_its_back(&format!("UPDATE sync_book SET port = {port}"));
}

fn secret(store: &Path) -> (String, String) {
    let file = std::fs::read_dir(store.join("secrets")).unwrap().flatten().next().expect("a role").path();
    let kept = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    (file.file_name().unwrap().to_string_lossy().into_owned(), kept)
}

/// All files of a folder, one after another.
fn contents(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned()).collect()
}

/// Found by a trial: a device with a dead battery was told to be enrolled again, which helps nothing.
#[test]
fn a_certificate_of_another_time_asks_for_the_clock() {
    for (from, until, says) in [(2100, 2101, "not valid yet"), (2001, 2002, "has expired")] {
        let mut issuer = rcgen::CertificateParams::default();
        issuer.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = rcgen::CertifiedIssuer::self_signed(issuer, rcgen::KeyPair::generate().unwrap()).unwrap();
        let mut server = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        (server.not_before, server.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(until, 1, 1));
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = server.signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let tls =
            Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = link_to(listener.local_addr().unwrap().port(), &issuer.pem());
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 8];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(b"S").unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
            // The handshake ends with an alert.
            let _ = stream.read(&mut request);
        });
        let told = join_is_unsafe(&link);
        heard.join().unwrap();
        assert!(told.contains(says) && told.contains("set the clock") && told.contains("clock says"), "{told}");
        assert!(!told.contains("what the link says"), "{told}");
    }
}
