//! How a connection to PostgreSQL is made: TLS, no password before it is safe, and what its faults mean here.

use super::address::Address;
use super::silence::{Heard, Listening};
use crate::kernel::{Code, Fault, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use std::error::Error as _;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// After how long a line on which nothing comes through is given up.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// What is said where head office takes no entries of this schema any more, or does not yet.
pub(in crate::sync) const CENTRAL_TOO_NEW: &str =
    "Head office has a newer Daybook; this device needs an update, and everything waits here until then.";
pub(in crate::sync) const CENTRAL_TOO_OLD: &str =
    "Head office has an older Daybook than this device; everything waits here until it is brought up to date.";
/// Marks a fault that two calls made to each other: the call can be repeated at once.
pub(in crate::sync) const AT_ONCE: &str = "at_once";

/// A connection's configuration in common: the password never leaves but over a channel that it is bound to. `told` says what stood in
/// the way.
pub(in crate::sync) async fn connect(
    config: &mut Config,
    authority: Option<&str>,
    heard: &Arc<Heard>,
    told: &dyn Fn(&Error) -> Fault,
) -> Result<Client> {
    match authority {
        Some(pem) => {
            let mut roots = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate =
                    certificate.map_err(|cause| not_safe("The authority can't be read.").because(cause))?;
                roots.add(certificate).map_err(|cause| not_safe("The authority can't be read.").because(cause))?;
            }
            connect_over(config, roots, heard, told).await
        }
        None => {
            config.ssl_mode(SslMode::Disable);
            open(config, NoTls, told).await
        }
    }
}

/// Over TLS, to a server that one of these authorities vouches for.
pub(in crate::sync) async fn connect_over(
    config: &mut Config,
    roots: rustls::RootCertStore,
    heard: &Arc<Heard>,
    told: &dyn Fn(&Error) -> Fault,
) -> Result<Client> {
    config.ssl_mode(SslMode::Require).channel_binding(ChannelBinding::Require);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| not_safe("TLS can't be set up.").because(cause))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    open(config, Listening { tls: MakeRustlsConnect::new(tls), heard: Arc::clone(heard) }, told).await
}

async fn open<T>(config: &mut Config, tls: T, told: &dyn Fn(&Error) -> Fault) -> Result<Client>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    config.connect_timeout(CONNECT_PATIENCE).application_name("daybook").tcp_user_timeout(DEAD_AFTER);
    config.keepalives_idle(DEAD_AFTER / 4).keepalives_interval(DEAD_AFTER / 8).keepalives_retries(3);
    let connecting = tokio::time::timeout(CONNECT_PATIENCE * 2, config.connect(tls));
    let (client, connection) = match connecting.await {
        Ok(connected) => connected.map_err(|error| told(&error))?,
        Err(_) => return Err(unreachable("Head office does not answer.")),
    };
    tokio::spawn(async move {
        // What ends a connection is told by the next call on it.
        let _ = connection.await;
    });
    Ok(client)
}

/// Over TLS a password is bound to its channel, and the driver sends it in no other way. On this machine itself there is no TLS, and the
/// driver would send the password as it is to whoever asks: so the server is asked first how it wants it.
pub(in crate::sync) fn refuse_cleartext(address: &Address) -> Result<()> {
    let mut startup = 196_608i32.to_be_bytes().to_vec();
    for word in ["user", address.role, "database", address.database, ""] {
        startup.extend_from_slice(word.as_bytes());
        startup.push(0);
    }
    let length = i32::try_from(startup.len() + 4).unwrap_or(i32::MAX);
    startup.splice(..0, length.to_be_bytes());
    let ask = |mut stream: Box<dyn ReadWrite>| -> std::io::Result<[u8; 9]> {
        stream.write_all(&startup)?;
        let mut said = [0; 9];
        stream.read_exact(&mut said)?;
        Ok(said)
    };
    let said = if address.host.starts_with('/') {
        unix_stream(address).and_then(ask)
    } else {
        let stream = std::net::TcpStream::connect((address.host, address.port));
        stream.and_then(|stream| {
            stream.set_read_timeout(Some(CONNECT_PATIENCE))?;
            ask(Box::new(stream))
        })
    };
    match said {
        // Anything but an authentication request is an error message, which the driver tells better.
        Ok([b'R', _, _, _, _, code @ ..]) if ![0, 10].contains(&i32::from_be_bytes(code)) => {
            Err(not_safe("Head office asks for the password in a way that is not safe, so it was not sent."))
        }
        Ok(_) => Ok(()),
        Err(cause) => Err(unreachable("Head office can't be reached.").because(cause)),
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

#[cfg(unix)]
fn unix_stream(address: &Address) -> std::io::Result<Box<dyn ReadWrite>> {
    let path = format!("{}/.s.PGSQL.{}", address.host, address.port);
    let stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(CONNECT_PATIENCE))?;
    Ok(Box::new(stream))
}

#[cfg(not(unix))]
fn unix_stream(_: &Address) -> std::io::Result<Box<dyn ReadWrite>> {
    Err(std::io::ErrorKind::Unsupported.into())
}

pub(in crate::sync) fn not_safe(message: &str) -> Fault {
    Fault::new(Code::Tls, message)
}

pub(in crate::sync) fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Fault::new(Code::Internal, "The network can't be used.").because(cause))
}

pub(in crate::sync) fn unreachable(message: &str) -> Fault {
    Fault::new(Code::Unreachable, message)
}

/// Whether the connection ended before its time, while it was made safe or later: that is the network's doing, and no sign of an
/// unsafe server.
fn is_cut(error: &Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof};
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<std::io::Error>()
            && [BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof]
                .contains(&cause.kind())
        {
            return true;
        }
        next = cause.source();
    }
    error.is_closed()
}

/// Whether head office's certificate is good at another time than this machine's clock says, and what to say of that.
fn certificate_time(error: &Error) -> Option<&'static str> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        // The driver hands TLS's fault on inside of one of input and output, which is no source of its own.
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = cause.downcast_ref::<rustls::Error>().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
            return match why {
                NotValidYet | NotValidYetContext { .. } => Some(
                    "By this computer's clock head office's certificate is not valid yet: set the clock. It is no use to enrol again.",
                ),
                Expired | ExpiredContext { .. } => Some(
                    "By this computer's clock head office's certificate has expired: set the clock if it is wrong, else head office \
                     must renew the certificate.",
                ),
                _ => None,
            };
        }
        next = cause.source();
    }
    None
}

/// What PostgreSQL or the network said, as a fault that a person can act on. The text of the server stays in the source, for
/// the log.
pub(in crate::sync) fn fault_of(error: &Error) -> Fault {
    let chain = {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text
    };
    let Some(said) = error.as_db_error() else {
        let fault = if let Some(message) = certificate_time(error) {
            not_safe(message)
        } else if is_cut(error) {
            unreachable("The connection to head office was cut.")
        } else if chain.contains("TLS") || chain.contains("certificate") || chain.contains("channel binding") {
            not_safe(
                "The connection to head office is not safe: its certificate or its way of asking for the password is not what the link says.",
            )
        } else if chain.contains("authentication") || chain.contains("SASL") {
            not_safe("Head office asks for the password in a way that is not safe, so it was not sent.")
        } else {
            unreachable("Head office can't be reached.")
        };
        return fault.because(chain);
    };
    let code = said.code().code();
    let fault = match code {
        "DB001" => Fault::new(Code::Refused, said.message()),
        "DB002" => Fault::new(
            Code::Copied,
            "Another store has sent other entries under this store's numbers: one is a copy of the other.",
        ),
        // Entries that it had taken are missing, or a version that this device took in.
        "DB003" | "DB005" => Fault::new(
            Code::CentralRewound,
            "Head office was put back to an older day; this book waits for it, and nothing is lost.",
        ),
        "DB006" => Fault::new(Code::CentralTooNew, CENTRAL_TOO_NEW),
        "DB007" => Fault::new(Code::CentralTooOld, CENTRAL_TOO_OLD),
        "28P01" | "28000" | "42501" | "3D000" => Fault::new(
            Code::Refused,
            "Head office does not let this device in: it was revoked, or its link was used elsewhere.",
        ),
        "3F000" | "42883" | "42P01" | "42703" => Fault::new(
            Code::CentralTooOld,
            "Head office's Daybook does not know this yet; it must be brought up to date.",
        ),
        "40001" | "40P01" | "55P03" => {
            unreachable("Head office could not do it just now; it is tried again.").with(Value::from(AT_ONCE))
        }
        // Resources, restarts, time limits, rows or roles that another one writes: it passes, and the call is repeated with the next round.
        passing if passing == "XX000" || ["08", "53", "57", "58", "40", "55", "25"].contains(&&passing[..2]) => {
            unreachable("Head office could not do it just now; it is tried again.")
        }
        other => Fault::new(
            Code::CentralDiffers,
            "Head office could not take this. Nothing is lost, and everything waits here; tell whoever looks after it.",
        )
        .with(Value::from(other)),
    };
    fault.because(format!("{code} {chain}"))
}
