//! On this machine itself there may be no TLS; a password is not sent in clear there either.

use super::Office;
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::json;

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
fn a_password_is_sent_neither_in_clear_nor_as_md5() {
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
