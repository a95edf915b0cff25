//! The door to receipt printers. A printer is asked once, and whoever waits for it waits five seconds at most without a byte getting
//! through. Only pictures are sent, and the pulse for the drawer; never text.

use crate::domain::printer::{Printer, Target};
use crate::kernel::{Code, Fault, Result};
use rustix::fs::OFlags;
use rustix::net::sockopt::set_socket_send_buffer_size;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::time::{Duration, Instant as Stopwatch};

/// How long a printer may take nothing before it is given up.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// How much of a paper the machine may hold for a printer in the network.
const HELD_BYTES: usize = 4_096;
/// How long it is waited before a printer that is full is offered the next bytes.
const PAUSE: Duration = Duration::from_millis(20);

/// A printer that was reached, and to which nothing was sent yet.
pub struct Reached(Box<dyn Door>);

/// Takes what it can without waiting.
trait Door: Write {
    /// Says that nothing more comes.
    fn close(&self) -> std::io::Result<()>;
}

impl Door for std::fs::File {
    fn close(&self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Door for TcpStream {
    fn close(&self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Reaches a printer.
///
/// # Errors
/// `printer_unreachable`: nothing was sent.
pub fn reach(printer: &Printer) -> Result<Reached> {
    let failed = |cause: std::io::Error| unreachable(&printer.target, "can't be reached").because(cause);
    match &printer.target {
        Target::Device { path } => {
            // What is no device would be written over, or waited for without end.
            if !std::fs::metadata(path.as_str()).map_err(failed)?.file_type().is_char_device() {
                return Err(unreachable(&printer.target, "is no device"));
            }
            #[expect(clippy::cast_possible_wrap, reason = "the flags of open are an int")]
            let at_once = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
            let file = OpenOptions::new().write(true).custom_flags(at_once).open(path.as_str()).map_err(failed)?;
            Ok(Reached(Box::new(file)))
        }
        Target::Network { host, port } => {
            let begun = Stopwatch::now();
            let address = resolve(host.as_str(), *port).map_err(failed)?;
            // Not nothing: an address that came late is still asked once.
            let left = STUCK_AFTER.saturating_sub(begun.elapsed()).max(PAUSE);
            let stream = TcpStream::connect_timeout(&address, left).map_err(failed)?;
            // What this machine holds back is not printed: the less it holds, the sooner a printer that takes nothing is noticed.
            set_socket_send_buffer_size(&stream, HELD_BYTES).map_err(|cause| failed(cause.into()))?;
            stream.set_nonblocking(true).map_err(failed)?;
            Ok(Reached(Box::new(stream)))
        }
    }
}

/// The address of a host. A name server that does not answer is waited for by a thread of its own, and no longer than a printer.
fn resolve(host: &str, port: u16) -> std::io::Result<SocketAddr> {
    let asked = (host.to_owned(), port);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = tell.send(asked.to_socket_addrs().map(|mut addresses| addresses.next())); // nobody may wait any more
    });
    let first = told.recv_timeout(STUCK_AFTER).map_err(|_| std::io::Error::from(ErrorKind::TimedOut))??;
    first.ok_or_else(|| ErrorKind::NotFound.into())
}

fn unreachable(target: &Target, what: &str) -> Fault {
    let place = match target {
        Target::Device { path } => path.to_string(),
        Target::Network { host, port } => format!("{host}:{port}"),
    };
    Fault::new(Code::PrinterUnreachable, format!("The printer at {place} {what}; nothing was printed."))
}

impl Reached {
    /// Sends a paper.
    ///
    /// # Errors
    /// `printer_unreachable` where it certainly took nothing, `printer_stuck` where it took a part.
    pub fn send(mut self, bytes: &[u8]) -> Result<()> {
        let mut taken = 0;
        let mut last_taken = Stopwatch::now();
        while taken < bytes.len() {
            match self.0.write(&bytes[taken..]) {
                Ok(count) if count > 0 => {
                    taken += count;
                    last_taken = Stopwatch::now();
                }
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock && last_taken.elapsed() < STUCK_AFTER => {
                    std::thread::sleep(PAUSE);
                }
                Ok(_) => return Err(stuck(taken, ErrorKind::WriteZero.into())),
                Err(cause) => return Err(stuck(taken, cause)),
            }
        }
        self.0.close().map_err(|cause| stuck(taken, cause))
    }
}

fn stuck(taken: usize, cause: std::io::Error) -> Fault {
    // What Linux says of a printer without paper.
    let what = if cause.kind() == ErrorKind::StorageFull { "is out of paper" } else { "takes no more" };
    match taken {
        0 => Fault::new(Code::PrinterUnreachable, format!("The printer {what}; nothing was printed.")),
        _ => Fault::new(Code::PrinterStuck, format!("The printer {what}; a part may have been printed.")),
    }
    .because(cause)
}
