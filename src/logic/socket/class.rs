//! The `io_*` methods of `QIOChannelSocket`; seeking and positioned transfers it lacks.

use super::transfer::{self, ReadOptions};
use super::{control, zero_copy};
use super::{watch, writers};
use crate::logic::aio::set_fd_handlers;
use crate::logic::limits::properties;
use crate::logic::transfer::peeks;
use crate::object::Finalizing;
use crate::object::channel::Polled;
use crate::object::channel_class::Transfer;
use crate::object::class::{
    ChannelImpl, Flush, ObjectImpl, PeerPid, SetHandlers, Shutdown, Switch,
};
use crate::object::property::Uint32;
use crate::object::socket::Socket;
use crate::object::watch::WatchSource;
use abi::layout::{QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, QIOChannelShutdown, QIOChannelSocket};
use abi::origin;
use host::error::{Error, Origin};
use platform::os::connection::Direction;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{IoVec, IoVecMut};
use platform::os::message::{ReceiveMode, SendMode};
use platform::os::poll::{Until, Waited};

impl ObjectImpl for QIOChannelSocket {
    fn init(socket: &Socket) {
        socket.init();
    }

    fn finalize(socket: Finalizing<'_, Self>) {
        control::finalize(&socket);
    }

    const PROPERTIES: &'static [Uint32<Self>] = properties::OF_SOCKETS;
}

/// Whether received descriptors stay as they are.
fn preserves_blocking(flags: i32) -> bool {
    #[cfg(fd_preserve_blocking)]
    return flags & abi::layout::QIO_CHANNEL_READ_FLAG_FD_PRESERVE_BLOCKING != 0;
    #[cfg(not(fd_preserve_blocking))]
    {
        let _ = flags;
        false
    }
}

/// What `how` says; numbers that aren't a direction end both (R-CHAN-78).
fn direction(how: u32) -> Direction {
    const READ: u32 = QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_READ as u32;
    const WRITE: u32 = QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_WRITE as u32;
    match how {
        READ => Direction::Read,
        WRITE => Direction::Write,
        _ => Direction::Both,
    }
}

impl ChannelImpl for QIOChannelSocket {
    const ORIGIN: Origin = origin!(c"qio_channel_socket");

    #[inline]
    fn readv(
        socket: &Socket,
        iov: &[IoVecMut<'_>],
        fds: ReceivedFds<'_>,
        flags: i32,
    ) -> Result<Transfer, Error> {
        let options = ReadOptions {
            mode: if peeks(flags) {
                ReceiveMode::Peek
            } else {
                ReceiveMode::Consume
            },
            make_blocking: !preserves_blocking(flags),
        };
        transfer::read(socket, iov, fds, options)
    }

    #[inline]
    fn writev(
        socket: &Socket,
        iov: &[IoVec<'_>],
        fds: PassedFds<'_>,
        flags: i32,
    ) -> Result<Transfer, Error> {
        let mode = if flags & QIO_CHANNEL_WRITE_FLAG_ZERO_COPY == 0 {
            SendMode::Copy
        } else {
            SendMode::ZeroCopy
        };
        transfer::write(socket, iov, fds, mode)
    }

    fn close(socket: &Socket) -> Result<(), Error> {
        control::close(socket)
    }

    fn set_blocking(socket: &Socket, enabled: bool) -> Result<(), Error> {
        control::set_blocking(socket, enabled)
    }

    /// Of the one descriptor (R-CHAN-82).
    fn create_watch(socket: &Socket, condition: u32) -> Option<WatchSource> {
        Some(watch::create(socket, condition))
    }

    fn polled(socket: &Socket) -> Option<Polled> {
        Some(Polled::One(socket.fd()))
    }

    fn wait(socket: &Socket, condition: u32, until: Until) -> Waited {
        writers::wait(socket, condition, until)
    }

    const TAKE_NOTICES: Option<fn(&Socket) -> bool> = Some(zero_copy::take_at_once);
    fn socket(channel: &Socket) -> Option<&Socket> {
        Some(channel)
    }

    const SHUTDOWN: Option<Shutdown<Self>> =
        Some(|socket, how| control::shutdown(socket, direction(how)));
    const SET_CORK: Option<Switch<Self>> = Some(control::set_cork);
    const SET_DELAY: Option<Switch<Self>> = Some(control::set_delay);
    // The one descriptor is for both directions (R-CHAN-82).
    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(|socket, places, handlers| {
        let fd = socket.fd();
        set_fd_handlers(fd, fd, places, handlers);
    });
    const FLUSH: Option<Flush<Self>> = Some(zero_copy::flush);
    const PEER_PID: Option<PeerPid<Self>> = Some(control::peer_process);
}
