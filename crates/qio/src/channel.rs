//! Channels of any kind.

use std::fmt;
use std::io::{IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use crate::error::{Error, Result, told};
use abi::layout::{QIOChannel, QIOChannelShutdown, QIOChannelWebsock};
use io::logic::{control, transfer, websock};
use io::object::Ref;
use io::object::channel::{Feature, Polled};
use io::object::channel_class::Transfer;
#[cfg(all(feature = "tokio", feature = "tls", tls_bye))]
use platform::glib::condition::OUT;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::IoVec;
#[cfg(all(feature = "tokio", feature = "tls", tls_bye))]
use platform::os::poll::{Until, Waited};

/// A channel of any kind, what all the others become and give access to.
///
/// Bytes are read and written with [`std::io::Read`] and [`std::io::Write`], from several threads at once
/// with those of `&Channel`: one that reads and one that writes never get in each other's way. A channel
/// whose blocking mode is off answers with [`std::io::ErrorKind::WouldBlock`].
///
/// It is closed when it is dropped. There is one owner, so that a descriptor that it lends
/// ([`Channel::descriptor`], `AsFd`) is not closed meanwhile:
///
/// ```compile_fail,E0505
/// # use std::os::fd::AsFd;
/// let (channel, _peer) = qio::SocketChannel::pair().unwrap();
/// let fd = channel.as_fd();
/// channel.close().unwrap();
/// println!("{fd:?}");
/// ```
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Write};
/// use qio::{BufferChannel, Channel};
/// let mut channels: Vec<Channel> = vec![BufferChannel::new(16).into()];
/// channels[0].write_all(b"bytes")?;
/// # Ok(())
/// # }
/// ```
pub struct Channel(
    pub(crate) Ref<QIOChannel>,
    /// The same, if it is a WebSocket.
    pub(crate) Option<Ref<QIOChannelWebsock>>,
    /// The same, if it is a TLS channel.
    #[cfg(all(feature = "tls", tls_bye))]
    pub(crate) Option<Ref<abi::layout::QIOChannelTLS>>,
);

impl Channel {
    /// Makes transfers wait until something can be done (`true`), or answer that it would block.
    pub fn set_blocking(&self, enabled: bool) -> Result<()> {
        told(control::set_blocking(&self.0, enabled))
    }

    /// Ends a direction of a connection, or both, without closing it. Any thread may do that while others wait.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let how = match how {
            Shutdown::Read => QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_READ,
            Shutdown::Write => QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_WRITE,
            Shutdown::Both => QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_BOTH,
        };
        told(control::shutdown(&self.0, how as u32))
    }

    /// Closes the channel, and tells what dropping it can't.
    pub fn close(self) -> Result<()> {
        told(control::close(&self.0))
    }

    /// Whether its directions can be shut down one by one.
    #[must_use]
    pub fn can_shutdown(&self) -> bool {
        self.0.has_feature(Feature::SHUTDOWN)
    }

    /// The descriptor that its bytes go through: its own, or that of the socket below.
    ///
    /// None of a channel over memory, of a command, which has two, and of what lies over those.
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self.descriptors() {
            (Some(input), Some(output)) if input.as_raw_fd() == output.as_raw_fd() => Some(input),
            _ => None,
        }
    }

    /// Those that are read from and written to.
    pub(crate) fn descriptors(&self) -> (Option<BorrowedFd<'_>>, Option<BorrowedFd<'_>>) {
        let (input, output) = match (self.0.polled(), self.0.socket()) {
            (Some(Polled::One(fd)), _) => (fd, fd),
            (Some(Polled::Pair { read, write }), _) => (read, write),
            (None, Some(socket)) => (socket.fd(), socket.fd()),
            (None, None) => return (None, None),
        };
        (borrowed(self, input), borrowed(self, output))
    }

    /// Has a TLS channel say that nothing more will be sent. False if there is no room for that now.
    #[cfg(feature = "tokio")]
    pub(crate) fn says_bye(&self) -> bool {
        #[cfg(all(feature = "tls", tls_bye))]
        if let Some(tls) = &self.2 {
            if self.0.wait_as_class(OUT, Until::NOW) == Some(Waited::NotYet) {
                return false;
            }
            // A peer that is gone needn't hear it.
            let _: std::result::Result<(), host::error::Error> = io::logic::tls::bye(tls);
        }
        true
    }

    /// Has a WebSocket send what writes have left over. False if there is no room for all of that now.
    pub(crate) fn flush_once(&self) -> Result<bool> {
        self.1
            .as_ref()
            .map_or(Ok(true), |websock| told(websock::flush(websock)))
    }

    pub(crate) fn read_once(&self, bytes: &mut [u8]) -> Result<usize> {
        let iov = [IoVec::from_mut(bytes)];
        count(transfer::readv_full(&self.0, &iov, ReceivedFds::NONE, 0))
    }

    pub(crate) fn write_once(&self, bytes: &[u8]) -> Result<usize> {
        let iov = [IoVec::from_slice(bytes)];
        count(transfer::writev_full(&self.0, &iov, PassedFds::NONE, 0))
    }
}

/// A descriptor that a channel owns, or the channel below.
#[expect(unsafe_code, reason = "the standard library knows no safe way")]
pub(crate) fn borrowed(_owner: &Channel, fd: RawFd) -> Option<BorrowedFd<'_>> {
    // SAFETY: open while it isn't negative, and closed by nothing but the end of its one owner, which is
    // borrowed: a channel that lies over another one owns it.
    (fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
}

fn count(transferred: std::result::Result<Transfer, host::error::Error>) -> Result<usize> {
    match told(transferred)? {
        Transfer::Done(bytes) => Ok(bytes),
        Transfer::WouldBlock => Err(Error::would_block()),
    }
}

impl Read for &Channel {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.read_once(bytes)?)
    }

    fn read_vectored(&mut self, parts: &mut [IoSliceMut<'_>]) -> std::io::Result<usize> {
        let iov: Vec<_> = parts.iter_mut().map(|part| IoVec::from_mut(part)).collect();
        Ok(count(transfer::readv_full(
            &self.0,
            &iov,
            ReceivedFds::NONE,
            0,
        ))?)
    }
}

impl Write for &Channel {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(self.write_once(bytes)?)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> std::io::Result<usize> {
        let iov: Vec<_> = parts.iter().map(|part| IoVec::from_slice(part)).collect();
        Ok(count(transfer::writev_full(
            &self.0,
            &iov,
            PassedFds::NONE,
            0,
        ))?)
    }

    /// Sends what a WebSocket has taken while there was no room. No other channel holds anything back.
    fn flush(&mut self) -> std::io::Result<()> {
        if self.flush_once()? {
            return Ok(());
        }
        Err(Error::would_block().into())
    }
}

impl Seek for &Channel {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        let (offset, whence) = match position {
            SeekFrom::Start(offset) => match i64::try_from(offset) {
                Ok(offset) => (offset, libc::SEEK_SET),
                Err(_) => return Err(std::io::Error::from_raw_os_error(libc::EOVERFLOW)),
            },
            SeekFrom::Current(offset) => (offset, libc::SEEK_CUR),
            SeekFrom::End(offset) => (offset, libc::SEEK_END),
        };
        let moved = told(control::seek(&self.0, offset, whence))?;
        u64::try_from(moved).map_err(|_| std::io::Error::from_raw_os_error(libc::EOVERFLOW))
    }
}

impl Read for Channel {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        (&*self).read(bytes)
    }

    fn read_vectored(&mut self, parts: &mut [IoSliceMut<'_>]) -> std::io::Result<usize> {
        (&*self).read_vectored(parts)
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> std::io::Result<usize> {
        (&*self).write_vectored(parts)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        (&*self).flush()
    }
}

impl Seek for Channel {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        (&*self).seek(position)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("descriptor", &self.descriptor())
            .finish_non_exhaustive()
    }
}

/// What all kinds of channels have in common: they own a [`Channel`], lend it, and become it.
macro_rules! kind {
    ($name:ident, $layout:ident) => {
        impl $name {
            pub(crate) fn of(own: io::object::Ref<abi::layout::$layout>) -> Self {
                let channel = crate::channel::Channel(
                    own.clone().into_upcast(),
                    None,
                    #[cfg(all(feature = "tls", tls_bye))]
                    None,
                );
                Self { channel, own }
            }

            /// Closes the channel, and tells what dropping it can't.
            pub fn close(self) -> crate::error::Result<()> {
                self.channel.close()
            }
        }

        impl std::ops::Deref for $name {
            type Target = crate::channel::Channel;

            fn deref(&self) -> &crate::channel::Channel {
                &self.channel
            }
        }

        impl From<$name> for crate::channel::Channel {
            fn from(kind: $name) -> Self {
                kind.channel
            }
        }

        crate::channel::kind!(@io $name, $name);
        crate::channel::kind!(@io &$name, $name);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("address", &self.own.as_ptr())
                    .field("descriptor", &self.channel.descriptor())
                    .finish()
            }
        }
    };
    (@io $type:ty, $name:ident) => {
        impl std::io::Read for $type {
            fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
                (&self.channel).read(bytes)
            }

            fn read_vectored(
                &mut self,
                parts: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                (&self.channel).read_vectored(parts)
            }
        }

        impl std::io::Write for $type {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                (&self.channel).write(bytes)
            }

            fn write_vectored(
                &mut self,
                parts: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                (&self.channel).write_vectored(parts)
            }

            fn flush(&mut self) -> std::io::Result<()> {
                (&self.channel).flush()
            }
        }
    };
    (@seek $name:ident) => {
        impl std::io::Seek for $name {
            fn seek(&mut self, position: std::io::SeekFrom) -> std::io::Result<u64> {
                (&self.channel).seek(position)
            }
        }
    };
}
pub(crate) use kind;
