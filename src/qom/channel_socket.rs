//! `qio-channel-socket`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, size_t, ssize_t};

use super::aio::{self, Handled};
use crate::logic::aio::set_fd_handlers;
use crate::logic::socket::transfer::ReadOptions;
use crate::logic::socket::zero_copy;
use crate::logic::socket::{control, transfer};
use crate::logic::socket::{watch, writers};
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::descriptors::{Incoming, Outgoing};
use crate::object::propagate::{flush_or_propagate, status_or_propagate, transfer_or_propagate};
use crate::object::socket::Socket;
use abi::layout::{
    ChannelShutdown, ClassData, Error, Object, ObjectClass, QIO_CHANNEL_WRITE_FLAG_ZERO_COPY,
    QIOChannel, QIOChannelClass, QIOChannelShutdown, QIOChannelSocket, TypeInfo,
};
use abi::origin;
use host::aio::{Handlers, Places};
use platform::os::connection::Direction;
use platform::os::errno;
use platform::os::iov::IoVec;
use platform::os::message::{ReceiveMode, SendMode};
use platform::os::poll::{Until, Waited};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIOChannelSocket, QIOChannel>(&super::Hooks {
    class: Some(class_init),
    init: Some(init),
    finalize: Some(finalize),
});

/// How the class waits.
const WAITING: Waiting = Waiting {
    polled,
    wait,
    take_notices: Some(take_notices),
};

/// # Safety
/// The channel is of the class.
unsafe fn polled(channel: &Channel) -> Option<Polled> {
    // SAFETY: as promised.
    let socket = unsafe { borrow(channel.as_ptr()) };
    Some(Polled::One(socket.fd()))
}

/// # Safety
/// The channel is of the class.
unsafe fn wait(channel: &Channel, condition: u32, until: Until) -> Waited {
    // SAFETY: as promised.
    let socket = unsafe { borrow(channel.as_ptr()) };
    writers::wait(socket, condition, until)
}

/// # Safety
/// The channel is of the class.
unsafe fn take_notices(channel: &Channel) -> bool {
    // SAFETY: as promised.
    zero_copy::take_at_once(unsafe { borrow(channel.as_ptr()) })
}

/// Fills in the methods. Seeking and positioned transfers stay empty: a socket has none.
unsafe extern "C" fn class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the host passes the new class of this type, which nobody else uses yet.
    let class = unsafe { &mut *class.cast::<QIOChannelClass>() };
    class.io_writev = Some(writev);
    class.io_readv = Some(readv);
    class.io_close = Some(close);
    class.io_create_watch = Some(create_watch);
    class.io_set_blocking = Some(set_blocking);
    class.io_shutdown = Some(shutdown);
    class.io_set_cork = Some(set_cork);
    class.io_set_delay = Some(set_delay);
    class.io_set_aio_fd_handler = Some(aio::set_fd_handler::<QIOChannelSocket>);
    class.io_flush = Some(flush);
    #[cfg(peerpid)]
    {
        class.io_peerpid = Some(peerpid);
    }
    // SAFETY: this method is in no class but this and those that inherit it.
    unsafe { WAITING.register(create_watch) };
}

unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new instance of the type, zeroed.
    unsafe { borrow(obj.cast()) }.init();
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // Whoever dropped the last reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: the host passes an instance of the type, whose last reference has gone.
    control::finalize(unsafe { borrow(obj.cast()) });
    errno::set(errno);
}

/// The socket channel that a method was called for.
///
/// # Safety
/// `ioc` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a>(ioc: *mut QIOChannel) -> &'a Socket {
    // SAFETY: as promised; `Socket` is transparent over the instance struct.
    unsafe { &*ioc.cast::<Socket>() }
}

unsafe extern "C" fn writev(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut c_int,
    nfds: size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    let mode = if flags & QIO_CHANNEL_WRITE_FLAG_ZERO_COPY == 0 {
        SendMode::Copy
    } else {
        SendMode::ZeroCopy
    };
    // SAFETY: the caller passes an instance of the class.
    let socket = unsafe { borrow(ioc) };
    // SAFETY: the elements are the caller's, for the call or, without a copy, until flushed.
    let iov = unsafe { IoVec::array(iov, niov) };
    // SAFETY: the array is the caller's, for the call.
    let outgoing = unsafe { Outgoing::from_ptr(fds, nfds) };
    let result = transfer::write(socket, iov, outgoing, mode);
    // SAFETY: the destination is the caller's.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_socket_writev")) }
}

/// Whether what is read stays to be read again.
#[cfg(readv_flags)]
fn peeks(flags: c_int) -> bool {
    flags & abi::layout::QIO_CHANNEL_READ_FLAG_MSG_PEEK != 0
}

#[cfg(not(readv_flags))]
fn peeks(_flags: c_int) -> bool {
    false
}

/// Whether received descriptors stay as they are.
#[cfg(fd_preserve_blocking)]
fn preserves_blocking(flags: c_int) -> bool {
    flags & abi::layout::QIO_CHANNEL_READ_FLAG_FD_PRESERVE_BLOCKING != 0
}

#[cfg(not(fd_preserve_blocking))]
fn preserves_blocking(_flags: c_int) -> bool {
    false
}

#[cfg(not(readv_flags))]
unsafe extern "C" fn readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: as the caller passed them.
    unsafe { readv_with_flags(ioc, iov, niov, fds, nfds, 0, errp) }
}

#[cfg(readv_flags)]
use readv_with_flags as readv;

unsafe extern "C" fn readv_with_flags(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    let options = ReadOptions {
        mode: if peeks(flags) {
            ReceiveMode::Peek
        } else {
            ReceiveMode::Consume
        },
        unblock_descriptors: !preserves_blocking(flags),
    };
    // SAFETY: the caller passes an instance of the class.
    let socket = unsafe { borrow(ioc) };
    // SAFETY: the elements are the caller's, for the call.
    let iov = unsafe { IoVec::array(iov, niov) };
    // SAFETY: the variables are the caller's, for the call.
    let incoming = unsafe { Incoming::from_ptr(fds, nfds) };
    let result = transfer::read(socket, iov, incoming, options);
    // SAFETY: the destination is the caller's.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_socket_readv")) }
}

unsafe extern "C" fn close(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: the caller passes an instance of the class.
    let result = control::close(unsafe { borrow(ioc) });
    // SAFETY: the destination is the caller's.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_close")) }
}

unsafe extern "C" fn create_watch(ioc: *mut QIOChannel, condition: GIOCondition) -> *mut GSource {
    // SAFETY: the caller passes an instance of the class.
    let socket = unsafe { borrow(ioc) };
    watch::create(socket, condition).into_ptr()
}

unsafe extern "C" fn set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller passes an instance of the class.
    let result = control::set_blocking(unsafe { borrow(ioc) }, enabled);
    // SAFETY: the destination is the caller's.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_set_blocking")) }
}

unsafe extern "C" fn shutdown(
    ioc: *mut QIOChannel,
    how: ChannelShutdown,
    errp: *mut *mut Error,
) -> c_int {
    const READ: ChannelShutdown = QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_READ as ChannelShutdown;
    const WRITE: ChannelShutdown =
        QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_WRITE as ChannelShutdown;
    let direction = match how {
        READ => Direction::Read,
        WRITE => Direction::Write,
        // R-CHAN-78: any other number too.
        _ => Direction::Both,
    };
    // SAFETY: the caller passes an instance of the class.
    let result = control::shutdown(unsafe { borrow(ioc) }, direction);
    // SAFETY: the destination is the caller's.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_shutdown")) }
}

unsafe extern "C" fn set_cork(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: the caller passes an instance of the class.
    control::set_cork(unsafe { borrow(ioc) }, enabled);
}

unsafe extern "C" fn set_delay(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: the caller passes an instance of the class.
    control::set_delay(unsafe { borrow(ioc) }, enabled);
}

impl Handled for QIOChannelSocket {
    fn set_handlers(socket: &Socket, places: Places, handlers: Handlers) {
        let fd = socket.fd();
        set_fd_handlers(fd, fd, places, handlers);
    }
}

unsafe extern "C" fn flush(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: the caller passes an instance of the class.
    let result = zero_copy::flush(unsafe { borrow(ioc) });
    // SAFETY: the destination is the caller's.
    unsafe { flush_or_propagate(result, errp, &origin!(c"qio_channel_socket_flush")) }
}

#[cfg(peerpid)]
unsafe extern "C" fn peerpid(
    ioc: *mut QIOChannel,
    pid: *mut core::ffi::c_uint,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller passes an instance of the class.
    let result = control::peer_process(unsafe { borrow(ioc) });
    // SAFETY: the variable is the caller's.
    unsafe { *pid = result.as_ref().map_or(core::ffi::c_uint::MAX, |&pid| pid) };
    let result = result.map(|_| ());
    // SAFETY: the destination is the caller's.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_socket_get_peerpid")) }
}
