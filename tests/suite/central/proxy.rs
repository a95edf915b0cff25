//! A network between a client and a server that fails when it is told to. It carries bytes and understands none of them.

use super::{listen_on_free_port, silence};
use crate::process::PATIENCE;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What one connection has carried. What is held back is not carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    pub bytes_to_server: u64,
    pub bytes_to_client: u64,
    pub is_open: bool,
}

/// A TCP proxy on a port of its own. Dropping it cuts everything.
pub struct Proxy {
    port: u16,
    server_port: u16,
    network: Arc<Network>,
    listening: Mutex<Option<Listening>>,
}

impl Proxy {
    /// A proxy to a port of 127.0.0.1; it passes everything.
    pub fn to(server_port: u16) -> Proxy {
        let listener = listen_on_free_port();
        let port = listener.local_addr().expect("it is bound").port();
        let network = Arc::default();
        let listening = Mutex::new(Some(Listening::on(listener, &network, server_port)));
        Proxy { port, server_port, network, listening }
    }

    /// The port of 127.0.0.1 to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets everything through: nothing is cut or held back any more, and what was held back is delivered.
    pub fn pass(&self) {
        let open = {
            let mut state = self.network.state();
            state.cut = None;
            state.holds_answers = false;
            state.open.clone()
        };
        for connection in open {
            *connection.armed() = None;
            connection.release();
        }
        self.network.tell();
    }

    /// Cuts every connection that is opened from now on, once it has carried exactly so many bytes in this direction; until
    /// [`Proxy::pass`].
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.network.state().cut = Some(Cut { direction, bytes_left: bytes, only_next: false });
    }

    /// Cuts the open connections once they have carried exactly so many more bytes in this direction; where none is open, the next one
    /// that is. Those after it pass.
    pub fn cut_next_after(&self, direction: Direction, bytes: u64) {
        let cut = Cut { direction, bytes_left: bytes, only_next: true };
        let mut state = self.network.state();
        for connection in &state.open {
            *connection.armed() = Some(cut);
        }
        state.cut = state.open.is_empty().then_some(cut);
    }

    /// Carries what clients send, and holds back everything that the server says from now on, its farewell included, in open
    /// connections and in new ones. Until [`Proxy::pass`].
    pub fn hold_answers(&self) {
        let open = {
            let mut state = self.network.state();
            state.holds_answers = true;
            state.open.clone()
        };
        for connection in open {
            connection.answers().are_held = true;
        }
    }

    /// Waits until so many bytes of answers are held back, in all connections together.
    pub fn wait_until_held(&self, bytes: u64) {
        self.network.wait_until("enough answers are held back", |state| {
            state.meters.iter().map(|meter| meter.held_bytes.load(Ordering::SeqCst)).sum::<u64>() >= bytes
        });
    }

    /// Waits until so many connections were opened, those that ended included.
    pub fn wait_until_connections(&self, count: usize) {
        self.network.wait_until("enough connections are opened", |state| state.meters.len() >= count);
    }

    /// Closes every open connection to both sides; what was held back is lost. New connections are carried as before.
    pub fn cut(&self) {
        let open = self.network.state().open.clone();
        for connection in &open {
            connection.cut();
        }
        self.network.tell();
        self.network.wait_until("what is cut has ended", |_| open.iter().all(|connection| !connection.meter.is_open()));
    }

    /// Refuses new connections; open ones stay. With [`Proxy::cut`] after it, the network is gone.
    pub fn refuse(&self) {
        let Some(listening) = self.listening.lock().expect("no other holder panicked").take() else { return };
        silence(listening.listener);
        let _ = listening.thread.join();
    }

    /// Accepts new connections again, on the same port and to the same server.
    pub fn accept(&self) {
        let mut listening = self.listening.lock().expect("no other holder panicked");
        if listening.is_none() {
            let listener = TcpListener::bind(("127.0.0.1", self.port)).expect("the port is free");
            *listening = Some(Listening::on(listener, &self.network, self.server_port));
        }
    }

    /// How many bytes all connections carried in this direction. Bytes are counted before the other side can read them.
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.network.state().meters.iter().map(|meter| meter.carried(direction).load(Ordering::SeqCst)).sum()
    }

    /// How often a client spoke after an answer, in all connections together: what was said before one came is one flight.
    pub fn round_trips(&self) -> u64 {
        self.network.state().meters.iter().map(|meter| meter.round_trips.load(Ordering::SeqCst)).sum()
    }

    /// What each connection carried, oldest first; those that ended included.
    pub fn connections(&self) -> Vec<Traffic> {
        self.network.state().meters.iter().map(|meter| meter.read()).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
        let open = self.network.state().open.clone();
        for connection in open {
            connection.cut();
        }
        self.network.tell();
    }
}

struct Listening {
    listener: TcpListener,
    thread: JoinHandle<()>,
}

impl Listening {
    fn on(listener: TcpListener, network: &Arc<Network>, server_port: u16) -> Listening {
        let (heard, network) = (listener.try_clone().expect("a listener has copies"), Arc::clone(network));
        let thread = std::thread::spawn(move || {
            // It fails when it was silenced.
            while let Ok((client, _)) = heard.accept() {
                // Where the server is gone, the client sees its connection closed.
                let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)) else { continue };
                let (connection, network) = (network.open(client, server), Arc::clone(&network));
                std::thread::spawn(move || connection.serve(&network));
            }
        });
        Listening { listener, thread }
    }
}

#[derive(Default)]
struct Network {
    state: Mutex<State>,
    /// Answers were held back or delivered, or a connection ended.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Where a connection that is opened from now on is cut.
    cut: Option<Cut>,
    holds_answers: bool,
    open: Vec<Arc<Connection>>,
    /// Of all the connections there ever were, oldest first.
    meters: Vec<Arc<Meter>>,
}

#[derive(Clone, Copy)]
struct Cut {
    direction: Direction,
    bytes_left: u64,
    only_next: bool,
}

impl Network {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no other holder panicked")
    }

    /// Wakes whoever waits for a change. The lock sees to it that nobody looks just before and sleeps just after.
    fn tell(&self) {
        let _state = self.state();
        self.changed.notify_all();
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, |state| !is_so(state));
        let in_time = waited.is_ok_and(|(_state, timeout)| !timeout.timed_out());
        assert!(in_time, "{what} within {PATIENCE:?}");
    }

    fn open(&self, client: TcpStream, server: TcpStream) -> Arc<Connection> {
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("a TCP stream has this option");
        }
        let mut state = self.state();
        let cut = state.cut;
        if cut.is_some_and(|cut| cut.only_next) {
            state.cut = None;
        }
        let answers = Mutex::new(Answers { are_held: state.holds_answers, held: Vec::new() });
        let (is_cut, meter) = (AtomicBool::new(false), Arc::default());
        let connection = Arc::new(Connection { client, server, cut: Mutex::new(cut), is_cut, answers, meter });
        state.meters.push(Arc::clone(&connection.meter));
        state.open.push(Arc::clone(&connection));
        self.changed.notify_all();
        connection
    }
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// Where it is cut.
    cut: Mutex<Option<Cut>>,
    is_cut: AtomicBool,
    answers: Mutex<Answers>,
    meter: Arc<Meter>,
}

struct Answers {
    are_held: bool,
    /// What the server said and the client is not to hear yet.
    held: Vec<u8>,
}

impl Connection {
    /// Carries both ways until both sides have ended.
    fn serve(self: Arc<Connection>, network: &Network) {
        std::thread::scope(|scope| {
            scope.spawn(|| self.carry(Direction::ToServer, network));
            self.carry(Direction::ToClient, network);
        });
        let mut state = network.state();
        state.open.retain(|other| !Arc::ptr_eq(other, &self));
        self.cut();
        self.meter.is_closed.store(true, Ordering::SeqCst);
        network.changed.notify_all();
    }

    fn carry(&self, direction: Direction, network: &Network) {
        let (mut from, to) = match direction {
            Direction::ToServer => (&self.client, &self.server),
            Direction::ToClient => (&self.server, &self.client),
        };
        let mut buffer = [0; 16 * 1024];
        while self.left(direction) != Some(0) {
            // A side that was reset has ended, too.
            let read = from.read(&mut buffer).unwrap_or(0);
            let may_pass = match self.left(direction) {
                Some(left) => read.min(usize::try_from(left).unwrap_or(usize::MAX)),
                None => read,
            };
            let delivered = match direction {
                Direction::ToServer => self.ask(&buffer[..may_pass]),
                Direction::ToClient => self.answer(&buffer[..may_pass], network),
            };
            if read == 0 || !delivered {
                if direction == Direction::ToClient {
                    let held = |_: &mut State| self.answers().are_held && !self.is_cut.load(Ordering::SeqCst);
                    drop(network.changed.wait_while(network.state(), held));
                }
                // It may be closed already.
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            if let Some(cut) = self.armed().as_mut().filter(|cut| cut.direction == direction) {
                cut.bytes_left = cut.bytes_left.saturating_sub(may_pass as u64);
            }
        }
        self.cut();
        network.tell();
    }

    fn armed(&self) -> MutexGuard<'_, Option<Cut>> {
        self.cut.lock().expect("no other holder panicked")
    }

    /// How many bytes may still pass in this direction before it is cut.
    fn left(&self, direction: Direction) -> Option<u64> {
        self.armed().filter(|cut| cut.direction == direction).map(|cut| cut.bytes_left)
    }

    /// Whether the server takes it.
    fn ask(&self, bytes: &[u8]) -> bool {
        if !bytes.is_empty() && !self.meter.is_asked.swap(true, Ordering::SeqCst) {
            self.meter.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        self.meter.to_server.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        (&self.server).write_all(bytes).is_ok()
    }

    /// Whether the client takes it, or will.
    fn answer(&self, bytes: &[u8], network: &Network) -> bool {
        let mut answers = self.answers();
        if !answers.are_held {
            self.meter.is_asked.store(false, Ordering::SeqCst);
            self.meter.to_client.fetch_add(bytes.len() as u64, Ordering::SeqCst);
            return (&self.client).write_all(bytes).is_ok();
        }
        answers.held.extend_from_slice(bytes);
        self.meter.held_bytes.store(answers.held.len() as u64, Ordering::SeqCst);
        drop(answers);
        network.tell();
        true
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().expect("no other holder panicked")
    }

    /// Delivers what was held back, and holds back nothing more.
    fn release(&self) {
        let mut answers = self.answers();
        answers.are_held = false;
        let held = std::mem::take(&mut answers.held);
        self.meter.held_bytes.store(0, Ordering::SeqCst);
        self.meter.is_asked.store(false, Ordering::SeqCst);
        self.meter.to_client.fetch_add(held.len() as u64, Ordering::SeqCst);
        // A client that has gone does not hear it.
        let _ = (&self.client).write_all(&held);
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.meter.held_bytes.store(0, Ordering::SeqCst);
        for stream in [&self.client, &self.server] {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

#[derive(Default)]
struct Meter {
    to_server: AtomicU64,
    to_client: AtomicU64,
    held_bytes: AtomicU64,
    round_trips: AtomicU64,
    /// Whether the client has spoken since the last answer.
    is_asked: AtomicBool,
    is_closed: AtomicBool,
}

impl Meter {
    fn carried(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    fn is_open(&self) -> bool {
        !self.is_closed.load(Ordering::SeqCst)
    }

    fn read(&self) -> Traffic {
        Traffic {
            bytes_to_server: self.to_server.load(Ordering::SeqCst),
            bytes_to_client: self.to_client.load(Ordering::SeqCst),
            is_open: self.is_open(),
        }
    }
}
