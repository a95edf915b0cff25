//! Where the password lies: in a real GNOME Keyring on a bus of the test's own, and in a file where there is none to be had.

use super::Office;
use crate::process::{PATIENCE, Pipe, daybook};
use crate::world::World;
use daybook::kernel::Code;
use daybook::sync::{ForBook, Link};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A key ring that hangs costs two seconds a try; a round or a join must not wait for longer than a few.
const QUICK: Duration = Duration::from_secs(15);

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A person's session: a home, a bus, and a key ring once it is opened. No service is started by being called on this bus.
struct Session {
    ring: Option<Running>,
    _bus: Running,
    address: String,
    folder: TempDir,
}

impl Session {
    fn begin() -> Session {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "run"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::set_permissions(folder.path().join("run"), std::fs::Permissions::from_mode(0o700)).unwrap();
        let config = folder.path().join("bus.conf");
        let listen = folder.path().join("bus").display().to_string();
        std::fs::write(
            &config,
            format!(
                r#"<busconfig><type>session</type><listen>unix:path={listen}</listen><auth>EXTERNAL</auth>
                <policy context="default"><allow send_destination="*"/><allow receive_type="*"/><allow own="*"/></policy></busconfig>"#
            ),
        )
        .unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is here: scripts/setup --test");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Session { ring: None, _bus: Running(bus), address: address.trim().to_owned(), folder }
    }

    /// A session whose key ring is there and unlocked.
    fn with_key_ring() -> Session {
        let mut session = Session::begin();
        session.log_in(true);
        session
    }

    /// The key ring begins, unlocked by the password of the login, or locked as where somebody was logged in without one.
    fn log_in(&mut self, unlocked: bool) {
        let mut command = self.here(&mut Command::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--components=secrets"]);
        command.arg(format!("--control-directory={}", self.folder.path().join("run").display()));
        if unlocked {
            command.arg("--unlock");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut ring = command.spawn().expect("gnome-keyring-daemon is here: scripts/setup --test");
        let mut input = ring.stdin.take().unwrap();
        // Without --unlock it reads nothing.
        let _ = input.write_all(b"password of the login");
        drop(input);
        self.ring = Some(Running(ring));
        let until = Instant::now() + PATIENCE;
        while !self.says("ReadAlias", "string:default").contains("/collection/login") {
            assert!(Instant::now() < until, "the key ring begins");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let property = ["org.freedesktop.Secret.Collection", "Locked"].map(|it| format!("string:{it}"));
        let locked = self.calls("/collection/login", "org.freedesktop.DBus.Properties.Get", &property);
        assert!(locked.contains(&format!("boolean {}", !unlocked)), "{locked}");
    }

    fn log_out(&mut self) {
        self.ring = None;
    }

    /// The same command in this session: its home, its bus, and nothing of the session that the tests run in.
    fn here(&self, command: &mut Command) -> Command {
        let mut here = Command::new(command.get_program());
        here.args(command.get_args()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        here.env("HOME", self.folder.path().join("home")).env("XDG_RUNTIME_DIR", self.folder.path().join("run"));
        here.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        here
    }

    fn calls(&self, object: &str, method: &str, arguments: &[String]) -> String {
        let mut command = self.here(&mut Command::new("dbus-send"));
        command.args(["--print-reply", "--dest=org.freedesktop.secrets"]);
        command.arg(format!("/org/freedesktop/secrets{object}")).arg(method).args(arguments);
        String::from_utf8(command.output().expect("dbus-send is here: scripts/setup --test").stdout).unwrap()
    }

    fn says(&self, method: &str, argument: &str) -> String {
        self.calls("", &format!("org.freedesktop.Secret.Service.{method}"), &[argument.to_owned()])
    }

    /// All that is said on the bus while something is done.
    fn overheard(&self, deed: impl FnOnce()) -> String {
        let heard = self.folder.path().join("heard");
        let mut monitor = self.here(&mut Command::new("dbus-monitor"));
        monitor.args(["--address", &self.address]).stdout(std::fs::File::create(&heard).unwrap());
        let _monitor =
            Running(monitor.stderr(Stdio::null()).spawn().expect("dbus-monitor is here: scripts/setup --test"));
        let wait_for = |word: &str| {
            let until = Instant::now() + PATIENCE;
            loop {
                self.says("ReadAlias", &format!("string:{word}"));
                let said = String::from_utf8_lossy(&std::fs::read(&heard).unwrap()).into_owned();
                if said.contains(word) {
                    return said;
                }
                assert!(Instant::now() < until, "the bus is listened to");
            }
        };
        wait_for("it begins");
        deed();
        wait_for("it is over")
    }

    /// What the key ring keeps of a role, as another program of this person reads it.
    fn kept(&self, role: &str) -> Vec<String> {
        let mut command = self.here(&mut Command::new("secret-tool"));
        let output = command.args(["lookup", "service", "Daybook", "role", role]).output();
        let output = output.expect("secret-tool is here: scripts/setup --test");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

/// A store that has a book and no runner at it, and a link for it.
fn store_and_link(office: &Office) -> (TempDir, Link) {
    let World { folder, runner } = World::with_book();
    drop(runner);
    (folder, office.link("Van 1", &ForBook::New("North route".into())))
}

/// Joins in this session, by a process of its own that logs all it can.
fn join(session: &Session, store: &Path, link: &Link) -> Output {
    let mut command = session.here(&mut daybook());
    command.env("DAYBOOK_LOG", "trace");
    join_by(command, store, link)
}

fn join_by(mut command: Command, store: &Path, link: &Link) -> Output {
    command.arg("--store").arg(store).arg("join");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("daybook starts");
    child.stdin.take().unwrap().write_all(link.write().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn sync(session: &Session, store: &Path) -> Output {
    let mut command = session.here(&mut daybook());
    command.env("DAYBOOK_LOG", "trace").arg("--store").arg(store).arg("sync").output().expect("daybook starts")
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The passwords in the role's file.
fn in_file(store: &Path, role: &str) -> Vec<String> {
    let text = std::fs::read_to_string(store.join("secrets").join(role)).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap() {
            it if it.is_dir() => found.append(&mut files(&entry.path())),
            it if it.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// No file below the folder and no output holds the password; files in `but` may.
fn is_told_nowhere(password: &str, folder: &Path, but: &[PathBuf], outputs: &[&Output]) {
    let files = files(folder);
    assert!(!files.is_empty(), "there is nothing in {}", folder.display());
    for file in files.iter().filter(|file| !but.contains(file)) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(password.len()).any(|it| it == password.as_bytes()), "it is in {}", file.display());
    }
    for output in outputs {
        for said in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(said).contains(password), "it is told");
        }
    }
}

#[test]
fn with_a_key_ring_the_password_is_in_no_file() {
    let office = Office::open();
    let mut session = Session::with_key_ring();
    let (store, link) = store_and_link(&office);
    let mut joined = None;
    let heard = session.overheard(|| joined = Some(join(&session, store.path(), &link)));
    let joined = joined.unwrap();
    let kept = session.kept(&link.role);
    let [password] = &kept[..] else { panic!("one password, not {}", kept.len()) };
    assert_eq!(password.len(), 64);
    assert_ne!(*password, link.password, "the link's is replaced");
    assert!(heard.contains("member=CreateItem"), "{heard}");
    assert!(!heard.contains(password) && !heard.contains(&link.password), "on the bus it is encrypted");
    let again = sync(&session, store.path());
    succeeds(&again);
    is_told_nowhere(password, store.path(), &[], &[&joined, &again]);
    is_told_nowhere(password, session.folder.path(), &[], &[]);
    // It outlives the session.
    session.log_out();
    session.log_in(true);
    succeeds(&sync(&session, store.path()));
}

#[test]
fn without_its_key_ring_a_round_says_so_and_asks_nobody() {
    let office = Office::open();
    let mut session = Session::with_key_ring();
    let (store, link) = store_and_link(&office);
    join(&session, store.path(), &link);
    let password = session.kept(&link.role).remove(0);
    session.log_out();
    for unlocked in [None, Some(false)] {
        if let Some(unlocked) = unlocked {
            session.log_in(unlocked);
        }
        let started = Instant::now();
        let output = sync(&session, store.path());
        assert!(started.elapsed() < QUICK, "{:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(3));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(Code::KeyRingShut.name()) && said.contains("unlock it"), "{said}");
        is_told_nowhere(&password, store.path(), &[], &[&output]);
    }
    session.log_out();
    session.log_in(true);
    succeeds(&sync(&session, store.path()));
}

#[test]
fn a_locked_key_ring_stays_so_and_the_password_goes_to_a_file() {
    let office = Office::open();
    let mut session = Session::with_key_ring();
    session.log_out();
    session.log_in(false);
    let (store, link) = store_and_link(&office);
    let heard = session.overheard(|| falls_back(session.here(&mut daybook()), store.path(), &link));
    assert!(heard.contains("member=OpenSession"), "{heard}");
    assert!(!heard.contains("member=Unlock") && !heard.contains("member=Prompt"), "{heard}");
    succeeds(&sync(&session, store.path()));
    // Once it is unlocked, the file still decides.
    session.log_out();
    session.log_in(true);
    assert!(session.kept(&link.role).is_empty());
    succeeds(&sync(&session, store.path()));
}

#[test]
fn without_an_answering_key_ring_the_password_goes_to_a_file() {
    let office = Office::open();
    let session = Session::begin();
    let silent = session.folder.path().join("silent");
    let listener = UnixListener::bind(&silent).unwrap();
    // Each caller is let in, listened to, and told nothing; the last one tells that the test is over.
    let listening = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let mut callers = Vec::new();
        for mut caller in listener.incoming().map(|caller| caller.unwrap()) {
            let mut bytes = [0; 4096];
            let count = caller.read(&mut bytes).unwrap();
            if bytes.starts_with(b"over") {
                return heard;
            }
            heard.extend_from_slice(&bytes[..count]);
            callers.push(caller);
        }
        heard
    });
    let bus = |address: Option<String>| {
        let mut command = session.here(&mut daybook());
        match address {
            Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
            None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
        };
        command
    };
    let path = |path: &Path| format!("unix:path={}", path.display());
    let mut off = session.here(&mut daybook());
    off.env("DAYBOOK_KEYRING", "off");
    for (what, command) in [
        ("a bus without a key ring", bus(Some(session.address.clone()))),
        ("no bus", bus(None)),
        ("a bus that is gone", bus(Some(path(&session.folder.path().join("gone"))))),
        ("an address that is none", bus(Some("nonsense".into()))),
        ("a bus that says nothing", bus(Some(path(&silent)))),
        ("a key ring that is not wanted", off),
    ] {
        let (store, link) = store_and_link(&office);
        let started = Instant::now();
        falls_back(command, store.path(), &link);
        println!("{what}: {:?}", started.elapsed());
        assert!(started.elapsed() < QUICK, "{what}: {:?}", started.elapsed());
    }
    std::os::unix::net::UnixStream::connect(&silent).unwrap().write_all(b"over").unwrap();
    let heard = listening.join().unwrap();
    assert!(heard.starts_with(b"\0AUTH"), "it was asked");
}

/// Joins, and the password is in the file, and nowhere else.
fn falls_back(mut command: Command, store: &Path, link: &Link) {
    command.env("DAYBOOK_LOG", "trace");
    let joined = join_by(command, store, link);
    let kept = in_file(store, &link.role);
    let [password] = &kept[..] else { panic!("one password, not {}", kept.len()) };
    assert_eq!(password.len(), 64);
    let file = store.join("secrets").join(&link.role);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    is_told_nowhere(password, store, &[file], &[&joined]);
}

#[test]
fn a_copy_finds_the_password_of_the_same_person_alone() {
    let office = Office::open();
    let session = Session::with_key_ring();
    let (store, link) = store_and_link(&office);
    join(&session, store.path(), &link);
    let copy = tempfile::tempdir().unwrap();
    super::copies::copy_folder(store.path(), copy.path());
    succeeds(&sync(&session, copy.path()));
    let other = Session::with_key_ring();
    let output = sync(&other, copy.path());
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("ask for a new link and join again"), "{said}");
    // It is the same device, so head office lets the one or the other in.
    let book = daybook::kernel::Id::parse(&office.value("SELECT id FROM daybook.book")).unwrap();
    office.admin().revoke(&link.role, None).unwrap();
    join(&other, copy.path(), &office.link("Van 1", &ForBook::Existing(book)));
    succeeds(&sync(&other, copy.path()));
}

#[test]
fn two_stores_of_one_person_keep_their_passwords_apart() {
    let office = Office::open();
    let session = Session::with_key_ring();
    let stores = [1, 2].map(|_| {
        let (store, link) = store_and_link(&office);
        join(&session, store.path(), &link);
        (store, link)
    });
    let [one, two] = stores.each_ref().map(|(_, link)| session.kept(&link.role));
    assert_eq!((one.len(), two.len()), (1, 1));
    assert_ne!(one, two);
    for (store, _) in &stores {
        succeeds(&sync(&session, store.path()));
    }
}

/// It keeps its connection, and needs no password for what it says on that.
#[test]
fn the_key_ring_is_asked_once_a_connection_and_not_each_round() {
    let office = Office::open();
    let session = Session::with_key_ring();
    let (store, link) = store_and_link(&office);
    join(&session, store.path(), &link);
    let heard = session.overheard(|| {
        let pipe = Pipe::spawn(session.here(&mut daybook()).arg("--store").arg(store.path()).arg("pipe"));
        for _ in 0..3 {
            let said = pipe.ask("sync_now", json!({}));
            assert!(said["error"].is_null(), "{said}");
        }
        assert!(pipe.finish().0.success());
    });
    assert_eq!(heard.matches("member=SearchItems").count(), 1, "{heard}");
}
