//! A PostgreSQL server of the tests' own: its files, its port and its certificates belong to this process alone, and end
//! with it. The server that a distribution may run is neither used nor touched.

use super::free_port;
use crate::process::PATIENCE;
use crossbeam_channel::{Sender, bounded, unbounded};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::fs::{DirBuilder, File};
use std::io::{Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Rows as psql shows them; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// How a server differs from the one that Daybook wants.
pub struct Options<'a> {
    /// Without it, the server knows no TLS and lets everybody in without.
    pub tls: bool,
    /// The method of pg_hba.conf: `scram-sha-256`, or `password` to be told passwords in clear.
    pub auth: &'a str,
    /// More lines for postgresql.conf.
    pub extra_conf: &'a str,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { tls: true, auth: "scram-sha-256", extra_conf: "" }
    }
}

/// A server on a port of 127.0.0.1. Dropping it ends it and removes its files.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    tls: bool,
    server: Option<Child>,
}

/// The server that tests share; each works in a [`Cluster::fresh_database`]. It can't be stopped: who needs that starts one.
pub fn shared() -> &'static Cluster {
    SHARED.get_or_init(Cluster::start)
}

static SHARED: OnceLock<Cluster> = OnceLock::new();

impl Cluster {
    /// A server as Daybook wants it: TLS for everybody, SCRAM, and a commit that is on the disk when it is answered.
    pub fn start() -> Cluster {
        Cluster::with(&Options::default())
    }

    pub fn with(options: &Options) -> Cluster {
        static CLUSTERS: AtomicU64 = AtomicU64::new(1);
        let ground = Ground::of_this_process();
        let folder = ground.folder.join(CLUSTERS.fetch_add(1, Ordering::Relaxed).to_string());
        DirBuilder::new().mode(0o755).create(&folder).expect("a folder for the server");
        let mut cluster = Cluster { port: 0, tls: options.tls, server: None, folder };
        copy(&ground.template, &cluster.data());
        cluster.configure(options);
        give_to_server(&cluster.folder);
        for _ in 0..PORTS_TRIED_MAX {
            cluster.port = free_port();
            match cluster.launch() {
                Ok(()) => return cluster,
                // Somebody was faster.
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("PostgreSQL does not start:\n{log}"),
            }
        }
        panic!("{PORTS_TRIED_MAX} ports that were free a moment ago are not");
    }

    /// The port of 127.0.0.1 it listens on; the same for its whole life.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of `postgres`, its superuser.
    pub fn password(&self) -> &'static str {
        &Ground::of_this_process().password
    }

    /// Where `postgres` finds this database. Whom to trust is not said in it: [`Cluster::ca`].
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", self.password(), database)
    }

    /// As [`Cluster::url`], for another role. Role and password are taken as they are: nothing in them is escaped.
    pub fn url_as(&self, role: &str, password: &str, database: &str) -> String {
        url_at(self.port, role, password, database)
    }

    /// The certificate of who signed the server's, a PEM file.
    pub fn ca(&self) -> &'static Path {
        &Ground::of_this_process().ca
    }

    pub fn ca_pem(&self) -> &'static str {
        &Ground::of_this_process().certificates.ca_pem
    }

    /// The certificate of somebody of the same name who did not sign the server's.
    pub fn other_ca_pem(&self) -> &'static str {
        &Ground::of_this_process().certificates.other_ca_pem
    }

    /// Where the server keeps its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server wrote into its log.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).expect("the server has a log")).into_owned()
    }

    /// Makes a folder that the server may write, for a tablespace.
    pub fn folder_of_its_own(path: &Path) {
        DirBuilder::new().mode(0o700).create(path).expect("a folder");
        give_to_server(path);
    }

    /// Creates an empty database and gives its name: this one, with a number to make it unique.
    pub fn fresh_database(&self, name: &str) -> String {
        static DATABASES: AtomicU64 = AtomicU64::new(1);
        let unique = format!("{name}_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE \"{unique}\""));
        unique
    }

    /// Runs statements as the superuser, each a transaction of its own; they must succeed. All their rows, one after another.
    pub fn sql(&self, database: &str, text: &str) -> Rows {
        self.psql_as("postgres", self.password(), database, text)
            .unwrap_or_else(|said| panic!("psql: {said}\nin: {text}"))
    }

    /// Runs statements of which one must fail, and gives what psql says to that.
    pub fn sql_fails(&self, database: &str, text: &str) -> String {
        match self.psql_as("postgres", self.password(), database, text) {
            Ok(rows) => panic!("this was to fail, but answered {rows:?}: {text}"),
            Err(said) => said,
        }
    }

    /// Runs statements as somebody: all their rows, or what psql says to the first that fails.
    pub fn psql_as(&self, role: &str, password: &str, database: &str, text: &str) -> Result<Rows, String> {
        let trust = match self.tls {
            true => format!("sslmode=verify-full sslrootcert='{}'", self.ca().display()),
            false => "sslmode=disable".to_owned(),
        };
        self.psql(role, password, database, &trust, text)
    }

    /// As [`Cluster::psql_as`], with the words of libpq about TLS.
    pub fn psql(&self, role: &str, password: &str, database: &str, trust: &str, text: &str) -> Result<Rows, String> {
        let mut input = tempfile::tempfile().expect("a file for the statements");
        input.write_all(text.as_bytes()).and_then(|()| input.rewind()).expect("the statements are written");
        let place = format!("host=127.0.0.1 port={} dbname='{database}' user='{role}' {trust}", self.port);
        let output = Command::new(binary("psql"))
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PGCLIENTENCODING", "UTF8")
            .env("PGPASSWORD", password)
            .args(["-X", "-q", "-w", "-A", "-t", "-0", "-F", FIELD_END, "-v", "ON_ERROR_STOP=1"])
            .args(["-P", &format!("null={NULL}"), "-d", &place, "-f", "-"])
            .stdin(Stdio::from(input))
            .output()
            .expect("psql starts");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).expect("psql writes UTF-8");
        let field = |field: &str| (field != NULL).then(|| field.to_owned());
        Ok(text.split_terminator('\0').map(|row| row.split(FIELD_END).map(field).collect()).collect())
    }

    /// Kills the server as a crash would, and waits until nothing of it is left that could still write.
    pub fn kill(&mut self) {
        let mut server = self.server.take().expect("the server runs");
        let pid = server.id();
        // Held still first, it can't have children that are not on the list.
        signal(&server, libc::SIGSTOP);
        wait_until("the server stands still", || Running::of(pid).is_none_or(|it| it.is_stopped()).then_some(()));
        let children: Vec<Running> = Running::all().into_iter().filter(|it| it.parent == pid).collect();
        signal(&server, libc::SIGKILL);
        server.wait().expect("the server is our child");
        wait_until("the server's children end", || children.iter().all(|it| !it.still_runs()).then_some(()));
        self.remove_shared_memory();
    }

    /// The kernel keeps it for a server that was killed, and the next would only know it again over the very same files.
    fn remove_shared_memory(&self) {
        // Its number is the second in the seventh line.
        let lock = std::fs::read_to_string(self.lock_path()).unwrap_or_default();
        let number = lock.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        if let Some(number) = number {
            // SAFETY: to remove it takes no buffer. It is the dead server's: nothing of that is left, and the number is
            // given again only after it was removed.
            unsafe { libc::shmctl(number, libc::IPC_RMID, std::ptr::null_mut()) };
        }
    }

    /// Stops the server in order; whoever is connected is sent away.
    pub fn stop(&mut self) {
        let mut server = self.server.take().expect("the server runs");
        signal(&server, libc::SIGINT);
        wait_until("the server stops", || server.try_wait().expect("the server is our child"));
    }

    /// Starts the server again on its port, after stopping it if it runs.
    pub fn restart(&mut self) {
        if self.server.is_some() {
            self.stop();
        }
        self.launch().unwrap_or_else(|log| panic!("PostgreSQL does not start again:\n{log}"));
    }

    /// Copies everything that the stopped server knows into a folder that is not there yet.
    pub fn copy_data_to(&self, folder: &Path) {
        assert!(self.server.is_none(), "a running server's files don't fit together");
        copy(&self.data(), folder);
    }

    /// Makes the stopped server know what it knew when this copy was made, and nothing since.
    pub fn restore_data_from(&self, folder: &Path) {
        assert!(self.server.is_none(), "a running server would not notice");
        std::fs::remove_dir_all(self.data()).expect("the data is removed");
        copy(folder, &self.data());
        // Of a server that was killed, it names a process that is by now somebody else.
        let _ = std::fs::remove_file(self.lock_path());
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn lock_path(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    fn configure(&self, options: &Options) {
        let (ssl, connection) = if options.tls { ("on", "hostssl") } else { ("off", "host") };
        // Shared memory in files leaves nothing behind outside of the folder, however the server ends.
        let settings = format!(
            "
listen_addresses = '127.0.0.1'
unix_socket_directories = '{}'
max_connections = 100
shared_buffers = 64MB
dynamic_shared_memory_type = mmap
fsync = on
lc_messages = 'C'
ssl = {ssl}
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
{}
",
            self.folder.display(),
            options.extra_conf
        );
        let mut file = File::options().append(true).open(self.data().join("postgresql.conf")).expect("initdb made it");
        file.write_all(settings.as_bytes()).expect("the settings are written");
        let who = format!("{connection} all all 127.0.0.1/32 {}\n", options.auth);
        std::fs::write(self.data().join("pg_hba.conf"), who).expect("who may come in is written");
    }

    /// Starts the server and waits until it lets clients in; its log if it ends instead.
    fn launch(&mut self) -> Result<(), String> {
        let log = File::options().create(true).append(true).open(self.log_path()).expect("the log opens");
        let mut command = server_side("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = nurse(command);
        let (lock, pid) = (self.lock_path(), server.id().to_string());
        let is_ready = wait_until("the server is ready", || {
            if server.try_wait().expect("the server is our child").is_some() {
                return Some(false);
            }
            // As pg_ctl does: the first line says whose file it is, the eighth how far it has come.
            let lines = std::fs::read_to_string(&lock).unwrap_or_default();
            let mut lines = lines.lines();
            (lines.next() == Some(&pid) && lines.nth(6).map(str::trim) == Some("ready")).then_some(true)
        });
        if !is_ready {
            return Err(self.log());
        }
        self.server = Some(server);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(&server, libc::SIGQUIT);
            // It kills children that don't obey after five seconds, and ends.
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A URL at any port of 127.0.0.1, such as a proxy's. Nothing in it is escaped.
pub fn url_at(port: u16, role: &str, password: &str, database: &str) -> String {
    format!("postgresql://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=require")
}

const PORTS_TRIED_MAX: usize = 8;
/// What psql writes between fields and for NULL; no test has these in its values.
const FIELD_END: &str = "\x1f";
const NULL: &str = "\x1d";

/// What all clusters of this process are made from.
struct Ground {
    folder: PathBuf,
    template: PathBuf,
    ca: PathBuf,
    certificates: Certificates,
    password: String,
    /// Locked while this process lives, so that others know whether the folder is theirs to remove.
    _lock: File,
}

impl Ground {
    fn of_this_process() -> &'static Ground {
        GROUND.get_or_init(Ground::prepare)
    }

    fn prepare() -> Ground {
        // The server's user has to get there, too, and may not enter what a root's TMPDIR is in.
        let home = if is_root() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        remove_remains(&home);
        let folder = home.join(format!("{FOLDER_START}{}", Uuid::now_v7().simple()));
        DirBuilder::new().mode(0o755).create(&folder).expect("a folder for servers");
        // SAFETY: the function takes nothing, gives nothing and does not unwind.
        unsafe { libc::atexit(clean_up) };

        // Locked before it has its name: under its name, an unlocked one belongs to nobody any more.
        let lock = File::create(folder.join("lock.new")).expect("a lock");
        lock.lock().expect("nobody else knows this file");
        std::fs::rename(folder.join("lock.new"), folder.join("lock")).expect("the lock gets its name");

        let (ca, certificates) = (folder.join("ca.pem"), Certificates::sign());
        std::fs::write(&ca, &certificates.ca_pem).expect("the CA's certificate is written");
        let password = Uuid::now_v7().simple().to_string();
        let template = initialized(&folder, &password, &certificates);
        Ground { template, ca, certificates, password, folder, _lock: lock }
    }
}

static GROUND: OnceLock<Ground> = OnceLock::new();
const FOLDER_START: &str = "daybook-central-";

/// Statics are not dropped, so this runs when the process exits. When it is killed instead, the kernel ends the servers and
/// the next process removes the folder.
extern "C" fn clean_up() {
    if let Some(server) = SHARED.get().and_then(|cluster| cluster.server.as_ref()) {
        let pid = server.id().cast_signed();
        // SAFETY: both take numbers and a null pointer that they allow; nobody waited for this child, so the pid is its own.
        unsafe {
            libc::kill(pid, libc::SIGQUIT);
            libc::waitpid(pid, std::ptr::null_mut(), 0);
        }
    }
    if let Some(ground) = GROUND.get() {
        let _ = std::fs::remove_dir_all(&ground.folder);
    }
}

/// Removes the folders of processes that were killed.
fn remove_remains(home: &Path) {
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(FOLDER_START) {
            continue;
        }
        // A folder without a lock is just being made, and one that can't be locked belongs to a process that lives.
        if let Ok(lock) = File::open(entry.path().join("lock"))
            && lock.try_lock().is_ok()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// An empty cluster's data, and the password of its superuser in it.
fn initialized(folder: &Path, password: &str, certificates: &Certificates) -> PathBuf {
    let (template, password_file) = (folder.join("template"), folder.join("password"));
    DirBuilder::new().mode(0o700).create(&template).expect("a folder for the template");
    write_secret(&password_file, password);
    give_to_server(&template);
    give_to_server(&password_file);
    let mut initdb = server_side("initdb");
    initdb.args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
    initdb.arg(&template).arg("--pwfile").arg(&password_file).current_dir(folder);
    succeed(&mut initdb);
    std::fs::write(template.join("server.crt"), &certificates.server_pem).expect("the certificate is written");
    write_secret(&template.join("server.key"), &certificates.server_key_pem);
    give_to_server(&template);
    template
}

struct Certificates {
    ca_pem: String,
    other_ca_pem: String,
    server_pem: String,
    server_key_pem: String,
}

impl Certificates {
    fn sign() -> Certificates {
        let (ca, other_ca) = (certificate_authority(), certificate_authority());
        let key = KeyPair::generate().expect("a key");
        let mut server = CertificateParams::new(["localhost", "127.0.0.1"].map(String::from)).expect("names");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        Certificates {
            server_pem: server.signed_by(&key, &ca).expect("a certificate").pem(),
            server_key_pem: key.serialize_pem(),
            ca_pem: ca.pem(),
            other_ca_pem: other_ca.pem(),
        }
    }
}

fn certificate_authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Daybook tests");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A program of the server as the server's user, which ends when the thread that starts it does. PostgreSQL refuses to run
/// as root; the mark that a parent's death ends it is lost by a change of user, so setpriv does both in the right order.
fn server_side(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    // In a group of its own, what a terminal sends to stop the tests does not reach it before they have ended.
    command.arg("--pdeathsig=QUIT").arg(binary(name)).process_group(0);
    command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Starts a process from a thread that lives as long as this process: to the kernel, a thread is a parent, and those of
/// tests end with their test.
fn nurse(command: Command) -> Child {
    type Order = (Command, Sender<std::io::Result<Child>>);
    static NURSERY: OnceLock<Sender<Order>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (sender, orders) = unbounded::<Order>();
        std::thread::spawn(move || {
            for (mut command, reader) in orders {
                let _ = reader.send(command.spawn());
            }
        });
        sender
    });
    let (reader, child) = bounded(1);
    nursery.send((command, reader)).expect("the nursery is never closed");
    child.recv().expect("the nursery answers").expect("PostgreSQL can be run")
}

/// A program of PostgreSQL: of its newest version that Debian installed, or else of the path.
fn binary(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let whole = numbered.filter(|(_, path)| path.join("bin/postgres").exists());
    match whole.max() {
        Some((_, path)) => path.join("bin").join(name),
        None => PathBuf::from(name),
    }
}

fn is_root() -> bool {
    // SAFETY: it takes nothing and never fails.
    unsafe { libc::geteuid() == 0 }
}

fn give_to_server(path: &Path) {
    if is_root() {
        succeed(Command::new("chown").arg("-R").arg("postgres:postgres").arg(path));
    }
}

fn write_secret(path: &Path, text: &str) {
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path).expect("a new file");
    file.write_all(text.as_bytes()).expect("the secret is written");
}

fn copy(from: &Path, to: &Path) {
    assert!(!to.exists(), "{} would be copied into", to.display());
    succeed(Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to));
}

fn succeed(command: &mut Command) {
    let Output { status, stderr, .. } = command.output().unwrap_or_else(|error| {
        panic!("{command:?} can't be run, `scripts/setup --test` installs what it needs: {error}")
    });
    assert!(status.success(), "{command:?} ended with {status}: {}", String::from_utf8_lossy(&stderr));
}

fn signal(server: &Child, signal: i32) {
    // SAFETY: kill takes two numbers; the child was not waited for, so the pid is still its own.
    let sent = unsafe { libc::kill(server.id().cast_signed(), signal) };
    assert_eq!(sent, 0, "the signal is sent");
}

fn wait_until<T>(what: &str, mut outcome: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    // The end of other people's processes can't be waited for; it is asked for in short turns.
    while started.elapsed() < PATIENCE {
        if let Some(outcome) = outcome() {
            return outcome;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    panic!("{what} within {PATIENCE:?}");
}

/// A process as the kernel tells of it. With the time of its start, nobody who got its number later is taken for it.
struct Running {
    pid: u32,
    parent: u32,
    started_ticks: u64,
    state: String,
}

impl Running {
    fn all() -> Vec<Running> {
        let entries = std::fs::read_dir("/proc").expect("the kernel tells of processes").flatten();
        entries.filter_map(|entry| Running::of(entry.file_name().to_str()?.parse().ok()?)).collect()
    }

    fn of(pid: u32) -> Option<Running> {
        let told = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // After the name, which may hold anything: the state, the parent, and the start as the twentieth.
        let fields: Vec<&str> = told.rsplit_once(')')?.1.split_whitespace().collect();
        let (state, parent, started) = (fields.first()?, fields.get(1)?, fields.get(19)?);
        Some(Running {
            pid,
            parent: parent.parse().ok()?,
            started_ticks: started.parse().ok()?,
            state: (*state).to_owned(),
        })
    }

    fn is_stopped(&self) -> bool {
        self.state == "T"
    }

    /// Whether it still does anything; what only waits to be buried does not.
    fn still_runs(&self) -> bool {
        let now = Running::of(self.pid);
        now.is_some_and(|now| now.started_ticks == self.started_ticks && !["Z", "X"].contains(&now.state.as_str()))
    }
}
