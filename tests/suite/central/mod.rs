//! The centre as tests need it: a real PostgreSQL, and a network to it that fails when it is told to.

mod cluster;
mod proxy;

pub use cluster::{Cluster, Options, Rows, shared, url_at};
pub use proxy::{Direction, Proxy, Traffic};

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

/// A port of 127.0.0.1 that nobody listens on.
fn free_port() -> u16 {
    let listener = listen_on_free_port();
    let port = listener.local_addr().expect("it is bound").port();
    silence(listener);
    port
}

/// Listens on a port of 127.0.0.1 that the system gives to no outgoing connection: who leaves it for a while finds it free
/// again.
fn listen_on_free_port() -> TcpListener {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time begin at different ports.
    let start = std::process::id().wrapping_mul(97);
    let mut turns = (0..COUNT).map(|_| start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)));
    let listener = turns.find_map(|turn| {
        let port = u16::try_from(FIRST + turn % COUNT).expect("a port is below 65,536");
        TcpListener::bind(("127.0.0.1", port)).ok()
    });
    listener.expect("one of many ports is free")
}

/// Ends listening, and wakes who waits for a connection. To close it is not enough: a process that another thread is just
/// starting has a copy, and with it the port would stay open for a moment.
fn silence(listener: TcpListener) {
    let socket = TcpStream::from(OwnedFd::from(listener));
    socket.shutdown(Shutdown::Both).expect("it listened until now");
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn the_server_answers_over_tls() {
    let server = shared();
    let database = server.fresh_database("answers");
    let sql = "SELECT ssl, version LIKE 'TLSv1.%' FROM pg_stat_ssl WHERE pid = pg_backend_pid();
        SELECT current_database(); SHOW fsync";
    let expected = vec![vec![text("t"), text("t")], vec![text(&database)], vec![text("on")]];
    assert_eq!(server.sql(&database, sql), expected);
}

#[test]
fn rows_come_as_they_are() {
    let expected = vec![vec![text(""), None, text("two\nlines, Zoë")], vec![text("")]];
    assert_eq!(shared().sql("postgres", "SELECT '', NULL, E'two\\nlines, Zoë'; SELECT ''"), expected);
    assert_eq!(shared().sql("postgres", "SELECT 1 WHERE false"), Rows::new());
}

#[test]
fn a_failed_statement_is_told_and_those_before_it_stand() {
    let database = shared().fresh_database("fails");
    let said = shared().sql_fails(&database, "CREATE TABLE stands (); SELECT 1 / 0");
    assert!(said.contains("division by zero"), "{said}");
    assert_eq!(shared().sql(&database, "SELECT to_regclass('stands')"), [[text("stands")]]);
}

#[test]
fn a_connection_in_clear_is_refused() {
    let server = shared();
    let said = server.psql("postgres", server.password(), "postgres", "sslmode=disable", "SELECT 1").unwrap_err();
    assert!(said.contains("no encryption"), "{said}");
}

#[test]
fn a_wrong_password_is_refused() {
    let said = shared().psql_as("postgres", "a guess", "postgres", "SELECT 1").unwrap_err();
    assert!(said.contains("password authentication failed"), "{said}");
}

#[test]
fn a_server_that_somebody_else_signed_is_not_trusted() {
    let server = shared();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, server.other_ca_pem()).unwrap();
    let trust = format!("sslmode=verify-full sslrootcert='{}'", other.display());
    let said = server.psql("postgres", server.password(), "postgres", &trust, "SELECT 1").unwrap_err();
    assert!(said.contains("certificate verify failed"), "{said}");
}

#[test]
fn a_server_can_be_without_tls_and_be_told_passwords_in_clear() {
    let server = Cluster::with(&Options { tls: false, auth: "password", extra_conf: "work_mem = '1MB'" });
    let sql = "SHOW ssl; SHOW work_mem; SELECT auth_method FROM pg_hba_file_rules";
    assert_eq!(server.sql("postgres", sql), [[text("off")], [text("1MB")], [text("password")]]);
}

#[test]
fn committed_rows_outlast_a_kill_and_go_with_a_rewind() {
    let mut server = Cluster::start();
    let port = server.port();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    server.sql("postgres", "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
    server.stop();
    server.copy_data_to(&copy);
    server.restart();

    server.sql("postgres", "INSERT INTO kept VALUES (2)");
    server.kill();
    assert!(server.psql_as("postgres", server.password(), "postgres", "SELECT 1").is_err(), "it is gone");
    server.restart();
    assert_eq!(server.port(), port);
    assert_eq!(server.sql("postgres", "SELECT id FROM kept ORDER BY id"), [[text("1")], [text("2")]]);

    server.kill();
    server.restore_data_from(&copy);
    server.restart();
    assert_eq!(server.sql("postgres", "SELECT id FROM kept"), [[text("1")]]);
}

#[test]
fn a_server_that_was_dropped_leaves_nothing() {
    let server = Cluster::start();
    let (port, folder) = (server.port(), server.folder().to_owned());
    assert!(folder.exists(), "it has files");
    drop(server);
    assert!(!folder.exists(), "its files are gone");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
}

#[test]
fn a_database_is_reached_through_the_proxy() {
    let server = shared();
    let proxy = Proxy::to(server.port());
    let place = format!("port={} sslmode=verify-full sslrootcert='{}'", proxy.port(), server.ca().display());
    let rows = server.psql("postgres", server.password(), "postgres", &place, "SELECT 1");
    assert_eq!(rows, Ok(vec![vec![text("1")]]));
    let [traffic] = proxy.connections()[..] else { panic!("there was one connection") };
    assert_eq!(traffic.bytes_to_server, proxy.bytes(Direction::ToServer));
    assert_eq!(traffic.bytes_to_client, proxy.bytes(Direction::ToClient));
    assert!(traffic.bytes_to_server > 100 && traffic.bytes_to_client > 100, "TLS takes its share: {traffic:?}");
}

/// A server that says what it is told, in connections that it serves one after another.
struct Echo {
    port: u16,
    _thread: JoinHandle<()>,
}

impl Echo {
    fn start() -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut from, mut to) = (stream.as_ref().unwrap(), stream.as_ref().unwrap());
                let _ = std::io::copy(&mut from, &mut to);
            }
        });
        Echo { port, _thread: thread }
    }
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(crate::process::PATIENCE)).unwrap();
    stream
}

/// What comes until the end.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("the connection is not closed: {error}"),
        _ => rest,
    }
}

fn said_back(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, bytes);
}

#[test]
fn the_proxy_cuts_after_so_many_answered_bytes_and_counts() {
    let echo = Echo::start();
    let proxy = Proxy::to(echo.port);
    proxy.cut_after(Direction::ToClient, 4);
    for _ in 0..2 {
        let mut stream = connect(&proxy);
        stream.write_all(b"six bytes").unwrap();
        assert_eq!(rest(&mut stream), b"six ");
    }
    proxy.pass();
    said_back(&mut connect(&proxy), b"whole");
    let seen: Vec<_> = proxy.connections().iter().map(|it| (it.bytes_to_server, it.bytes_to_client)).collect();
    assert_eq!(seen, [(9, 4), (9, 4), (5, 5)]);
    assert_eq!((proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient)), (23, 13));
}

#[test]
fn the_proxy_cuts_one_connection_after_so_many_asked_bytes() {
    let echo = Echo::start();
    let proxy = Proxy::to(echo.port);
    proxy.cut_next_after(Direction::ToServer, 3);
    let mut stream = connect(&proxy);
    stream.write_all(b"abcdef").unwrap();
    rest(&mut stream);
    assert_eq!(proxy.bytes(Direction::ToServer), 3);
    said_back(&mut connect(&proxy), b"abcdef");
}

#[test]
fn answers_that_are_held_are_delivered_later_or_lost() {
    let echo = Echo::start();
    let proxy = Proxy::to(echo.port);
    let mut stream = connect(&proxy);
    said_back(&mut stream, b"before");
    proxy.hold_answers();
    stream.write_all(b"held").unwrap();
    proxy.wait_until_held(4);
    assert_eq!((proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient)), (10, 6));
    proxy.pass();
    let mut held = [0; 4];
    stream.read_exact(&mut held).unwrap();
    assert_eq!(&held, b"held");

    proxy.hold_answers();
    stream.write_all(b"lost").unwrap();
    proxy.wait_until_held(4);
    proxy.cut();
    assert_eq!(rest(&mut stream), b"");
    assert!(!proxy.connections()[0].is_open);
    assert_eq!(proxy.bytes(Direction::ToClient), 10);
}

#[test]
fn the_servers_farewell_is_held_like_its_answers() {
    let echo = Echo::start();
    let proxy = Proxy::to(echo.port);
    proxy.hold_answers();
    let mut stream = connect(&proxy);
    stream.write_all(b"last").unwrap();
    // The server ends when it has said everything back.
    stream.shutdown(Shutdown::Write).unwrap();
    proxy.wait_until_held(4);
    assert!(proxy.connections()[0].is_open);
    proxy.pass();
    assert_eq!(rest(&mut stream), b"last");
}

/// Found by this test: the port took connections though its listener was closed, while another test started a process.
#[test]
fn a_proxy_that_refuses_accepts_again() {
    let echo = Echo::start();
    let proxy = Proxy::to(echo.port);
    let mut open = connect(&proxy);
    said_back(&mut open, b"open");
    proxy.refuse();
    let refused = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    said_back(&mut open, b"still open");
    drop(open);
    proxy.accept();
    said_back(&mut connect(&proxy), b"again");
    assert_eq!(proxy.connections().len(), 2, "only what got through is counted");
}
