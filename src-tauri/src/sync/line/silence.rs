//! How long head office has been silent on a connection: what comes from it is noticed byte by byte. What is sent proves nothing, for a
//! satellite's accelerator or a captive portal takes it in the server's name.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// When head office was last heard of, and whether it is being asked.
#[derive(Debug)]
pub struct Heard {
    began: Instant,
    /// Milliseconds after `began`.
    last: AtomicU64,
    asking: AtomicUsize,
}

impl Default for Heard {
    fn default() -> Heard {
        Heard { began: Instant::now(), last: AtomicU64::new(0), asking: AtomicUsize::new(0) }
    }
}

impl Heard {
    /// For how long it has not answered; nothing where it isn't asked.
    pub fn silent_for(&self) -> Option<Duration> {
        (self.asking.load(Ordering::Relaxed) > 0).then(|| self.now().saturating_sub(self.last()))
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn last(&self) -> Duration {
        Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    fn note(&self) {
        let now = u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// Begins to ask; ends when the value is dropped.
    pub(super) fn ask(&self) -> Asking<'_> {
        if self.asking.fetch_add(1, Ordering::Relaxed) == 0 {
            self.note();
        }
        Asking { heard: self, since: self.now() }
    }
}

/// A call under way.
pub(super) struct Asking<'h> {
    heard: &'h Heard,
    since: Duration,
}

impl Asking<'_> {
    /// How much longer is waited when so long a silence is the longest; nothing when it was that long.
    pub(super) fn left(&self, longest: Duration) -> Option<Duration> {
        let silent = self.heard.now().saturating_sub(self.heard.last().max(self.since));
        longest.checked_sub(silent).filter(|left| !left.is_zero())
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.heard.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

/// TLS that notices what comes.
pub(super) struct Listening<T> {
    pub(super) tls: T,
    pub(super) heard: Arc<Heard>,
}

impl<T: MakeTlsConnect<Socket>> MakeTlsConnect<Socket> for Listening<T> {
    type Stream = Listening<T::Stream>;
    type TlsConnect = Listening<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        Ok(Listening { tls: self.tls.make_tls_connect(domain)?, heard: Arc::clone(&self.heard) })
    }
}

impl<T: TlsConnect<Socket>> TlsConnect<Socket> for Listening<T> {
    type Stream = Listening<T::Stream>;
    type Error = T::Error;
    type Future = Connecting<T::Future>;

    fn connect(self, socket: Socket) -> Self::Future {
        Connecting { connecting: Box::pin(self.tls.connect(socket)), heard: self.heard }
    }
}

/// A stream that is just being made safe.
pub(super) struct Connecting<F> {
    connecting: Pin<Box<F>>,
    heard: Arc<Heard>,
}

impl<S, E, F: Future<Output = Result<S, E>>> Future for Connecting<F> {
    type Output = Result<Listening<S>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let connected = self.connecting.as_mut().poll(context);
        connected.map_ok(|tls| Listening { tls, heard: Arc::clone(&self.heard) })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.tls).poll_read(context, into);
        if into.filled().len() > before {
            self.heard.note();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Listening<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.tls.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_question_and_from_what_was_heard_last() {
        let heard = Heard { began: Instant::now() - Duration::from_secs(100), ..Heard::default() };
        assert_eq!(heard.silent_for(), None, "nobody asked");
        let asking = heard.ask();
        let longest = Duration::from_secs(60);
        assert!(asking.left(longest).is_some_and(|left| left > Duration::from_secs(59)));
        let earlier = Asking { heard: &heard, since: Duration::ZERO };
        heard.asking.fetch_add(1, Ordering::Relaxed);
        assert!(earlier.left(longest).is_some(), "it was heard of since");
        heard.last.store(0, Ordering::Relaxed);
        assert_eq!(earlier.left(longest), None, "a hundred seconds of silence");
        assert!(asking.left(longest).is_some(), "but not since this question");
        drop((earlier, asking));
        assert_eq!(heard.silent_for(), None);
    }
}
