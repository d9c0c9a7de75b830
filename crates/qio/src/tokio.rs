//! Channels as tokio's `AsyncRead` and `AsyncWrite`.

use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::runtime::Handle;

use crate::channel::Channel;
use crate::error::Result;

/// A channel that tokio reads from and writes to, with tokio's own reactor: no main context is needed for that.
///
/// It is made of channels whose bytes go through one descriptor, or of a command with its two: sockets, pipes,
/// TLS and WebSockets over those. A file of the file system is always ready and can't be waited for, and memory
/// has no descriptor: those are errors ([`ErrorKind::Unsupported`]).
///
/// Over a WebSocket, answers to pings and what a write leaves over go out in the global
/// [`Context`](crate::Context), which somebody has to iterate. A flush or a shutdown waits for what is left over, and
/// needs no context for that.
///
/// Over TLS a write that was dropped while it waited is to be repeated, as with [`On`](crate::On).
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use qio::tokio::Stream;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// let (one, other) = qio::SocketChannel::pair()?;
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// runtime.block_on(async {
///     let (mut one, mut other) = (Stream::new(one)?, Stream::new(other)?);
///     one.write_all(b"hello").await?;
///     let mut received = [0; 5];
///     other.read_exact(&mut received).await?;
///     assert_eq!(&received, b"hello");
///     Ok(())
/// })
/// # }
/// ```
pub struct Stream {
    /// What is waited for to read; to write, too, unless there is one for that.
    input: Option<AsyncFd<OwnedFd>>,
    output: Option<AsyncFd<OwnedFd>>,
    channel: Channel,
}

impl Stream {
    /// The channel for tokio; its blocking mode is off from now on. Outside of a tokio runtime it is an error.
    ///
    /// # Panics
    /// As tokio does in a runtime whose I/O is not enabled.
    pub fn new(channel: impl Into<Channel>) -> Result<Self> {
        if let Err(error) = Handle::try_current() {
            return Err(crate::Error::new(ErrorKind::Other, error.to_string()));
        }
        let channel = channel.into();
        let (input, output) = match (channel.descriptor(), channel.descriptors()) {
            (Some(both), _) => (
                watched(both, Interest::READABLE | Interest::WRITABLE)?,
                None,
            ),
            (None, (input, output)) => {
                let watched = |fd: Option<BorrowedFd<'_>>, interest| {
                    fd.map_or(Ok(None), |fd| watched(fd, interest))
                };
                let input = watched(input, Interest::READABLE)?;
                (input, watched(output, Interest::WRITABLE)?)
            }
        };
        if input.is_none() && output.is_none() {
            let message = "The channel has no descriptor that tokio could wait for";
            return Err(crate::Error::new(ErrorKind::Unsupported, message));
        }
        channel.set_blocking(false)?;
        Ok(Self {
            input,
            output,
            channel,
        })
    }

    /// What is waited for to write.
    fn output(&self) -> Option<&AsyncFd<OwnedFd>> {
        let has_both = self.channel.descriptor().is_some();
        let output = if has_both { &self.input } else { &self.output };
        output.as_ref()
    }

    /// Waits until a WebSocket holds nothing back.
    fn poll_sent(&self, about: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(output) = self.output() else {
            return Poll::Ready(Ok(()));
        };
        if self.channel.flush_once()? {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut guard = ready!(output.poll_write_ready(about))?;
            if self.channel.flush_once()? {
                return Poll::Ready(Ok(()));
            }
            guard.clear_ready();
        }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The channel without tokio; its blocking mode stays off.
    #[must_use]
    pub fn into_channel(self) -> Channel {
        self.channel
    }
}

/// What tokio waits for: a duplicate, which stays what it is whatever becomes of the channel's.
#[expect(
    unsafe_code,
    reason = "tokio can't tell that the type keeps its descriptor"
)]
fn watched(fd: BorrowedFd<'_>, interest: Interest) -> Result<Option<AsyncFd<OwnedFd>>> {
    let duplicate = fd.try_clone_to_owned()?;
    // SAFETY: it has the same descriptor, which is open, until tokio drops it.
    let watched = unsafe { AsyncFd::register_with_interest(duplicate, interest) };
    watched.map(Some).map_err(|failure| {
        let (_, error) = failure.into_parts();
        // epoll has nothing to wait for there.
        if error.raw_os_error() == Some(libc::EPERM) {
            let message = "A file is always ready, so tokio can't wait for it";
            return crate::Error::new(ErrorKind::Unsupported, message);
        }
        error.into()
    })
}

fn closed() -> io::Error {
    let message = "The channel has no descriptor for this direction";
    io::Error::new(ErrorKind::Unsupported, message)
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        about: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(input) = &self.input else {
            return Poll::Ready(Err(closed()));
        };
        // First what there is: a TLS session may have bytes that its socket has no more.
        loop {
            match self.channel.read_once(buffer.initialize_unfilled()) {
                Ok(bytes) => {
                    buffer.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
            // What was ready may be what has been read. It is looked at once more after this, as bytes may have
            // come before it.
            ready!(input.poll_read_ready(about))?.clear_ready();
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        about: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(output) = self.output() else {
            return Poll::Ready(Err(closed()));
        };
        loop {
            let mut guard = ready!(output.poll_write_ready(about))?;
            match self.channel.write_once(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
                outcome => return Poll::Ready(Ok(outcome?)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, about: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sent(about)
    }

    /// Ends the direction, where it can be ended by itself. A TLS channel says so to the other end before.
    fn poll_shutdown(self: Pin<&mut Self>, about: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(about))?;
        if let Some(output) = self.output() {
            while !self.channel.says_bye() {
                ready!(output.poll_write_ready(about))?.clear_ready();
            }
        }
        if !self.channel.can_shutdown() {
            return Poll::Ready(Ok(()));
        }
        match self.channel.shutdown(std::net::Shutdown::Write) {
            // The other end was faster.
            Err(error) if error.kind() == ErrorKind::NotConnected => Poll::Ready(Ok(())),
            outcome => Poll::Ready(Ok(outcome?)),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
