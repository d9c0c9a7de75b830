//! `qio-channel-command`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, size_t, ssize_t};

use super::aio::{self, Handled};
use crate::logic::{command, wait};
use crate::object::Shared;
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::command::Command;
use crate::object::propagate::{status_or_propagate, transfer_or_propagate};
use abi::layout::{
    ClassData, Error, Object, ObjectClass, QIOChannel, QIOChannelClass, QIOChannelCommand, TypeInfo,
};
use abi::origin;
use host::aio::{Handlers, Places};
use platform::os::errno;
use platform::os::iov::IoVec;
use platform::os::poll::{Until, Waited};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIOChannelCommand, QIOChannel>(&super::Hooks {
    class: Some(class_init),
    init: Some(init),
    finalize: Some(finalize),
});

/// The instance behind a pointer that the host or the core passes.
///
/// # Safety
/// `obj` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a, T>(obj: *mut T) -> &'a Command {
    // SAFETY: not NULL, and as promised.
    unsafe { &*obj.cast::<Shared<QIOChannelCommand>>() }
}

unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new, zeroed instance.
    let command = unsafe { borrow(obj) };
    command.set_read_end(None);
    command.set_write_end(None);
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // Whoever dropped the reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: the host passes an instance whose last reference has gone.
    command::finalize(unsafe { borrow(obj) });
    errno::set(errno);
}

/// How the class waits.
const WAITING: Waiting = Waiting {
    polled,
    wait,
    take_notices: None,
};

/// # Safety
/// The channel is of the class.
unsafe fn polled(channel: &Channel) -> Option<Polled> {
    // SAFETY: as promised.
    let command = unsafe { borrow(channel.as_ptr()) };
    Some(Polled::Pair {
        read: command.read_fd(),
        write: command.write_fd(),
    })
}

/// # Safety
/// The channel is of the class.
unsafe fn wait(channel: &Channel, condition: u32, until: Until) -> Waited {
    // SAFETY: as promised.
    let command = unsafe { borrow(channel.as_ptr()) };
    wait::for_fd_pair(command.read_fd(), command.write_fd(), condition, until)
}

unsafe extern "C" fn class_init(class: *mut ObjectClass, _data: ClassData) {
    let class = class.cast::<QIOChannelClass>();
    // SAFETY: the host passes the class being made, which nobody else sees yet.
    unsafe {
        (*class).io_writev = Some(io_writev);
        (*class).io_readv = Some(io_readv);
        (*class).io_close = Some(io_close);
        (*class).io_create_watch = Some(io_create_watch);
        (*class).io_set_blocking = Some(io_set_blocking);
        (*class).io_set_aio_fd_handler = Some(aio::set_fd_handler::<QIOChannelCommand>);
    }
    // SAFETY: the method is static and for command channels only.
    unsafe { WAITING.register(io_create_watch) };
}

unsafe extern "C" fn io_writev(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    _fds: *mut c_int,
    _nfds: size_t,
    _flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (command, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = command::write(command, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_command_writev")) }
}

#[cfg(readv_flags)]
unsafe extern "C" fn io_readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    _fds: *mut *mut c_int,
    _nfds: *mut size_t,
    _flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: as the method's caller promised.
    unsafe { readv(ioc, iov, niov, errp) }
}

#[cfg(not(readv_flags))]
unsafe extern "C" fn io_readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    _fds: *mut *mut c_int,
    _nfds: *mut size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: as the method's caller promised.
    unsafe { readv(ioc, iov, niov, errp) }
}

/// # Safety
/// As for `io_readv`.
unsafe fn readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (command, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = command::read(command, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_command_readv")) }
}

unsafe extern "C" fn io_close(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: a channel of the class.
    let result = command::close(unsafe { borrow(ioc) });
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_command_close")) }
}

unsafe extern "C" fn io_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: a channel of the class.
    let command = unsafe { borrow(ioc) };
    command::watch(command, condition).into_ptr()
}

unsafe extern "C" fn io_set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: a channel of the class.
    let result = command::set_blocking(unsafe { borrow(ioc) }, enabled);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_command_set_blocking")) }
}

impl Handled for QIOChannelCommand {
    fn set_handlers(command: &Command, places: Places, handlers: Handlers) {
        command::set_handlers(command, places, handlers);
    }
}
