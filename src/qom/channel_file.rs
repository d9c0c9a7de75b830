//! `qio-channel-file`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, off_t, size_t, ssize_t};

use super::aio::{self, Handled};
use crate::logic::aio::set_fd_handlers;
use crate::logic::{file, wait, watch};
use crate::object::Shared;
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::file::File;
use crate::object::propagate::{position_or_propagate, status_or_propagate, transfer_or_propagate};
use abi::layout::{
    ClassData, Error, Object, ObjectClass, QIOChannel, QIOChannelClass, QIOChannelFile, TypeInfo,
};
use abi::origin;
use host::aio::{Handlers, Places};
use platform::os::errno;
use platform::os::iov::IoVec;
use platform::os::poll::{Until, Waited};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIOChannelFile, QIOChannel>(&super::Hooks {
    class: Some(class_init),
    init: Some(init),
    finalize: Some(finalize),
});

/// The instance behind a pointer that the host or the core passes.
///
/// # Safety
/// `obj` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a, T>(obj: *mut T) -> &'a File {
    // SAFETY: not NULL, and as promised.
    unsafe { &*obj.cast::<Shared<QIOChannelFile>>() }
}

unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new instance.
    unsafe { borrow(obj) }.set_fd(-1);
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // Whoever dropped the reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: the host passes an instance whose last reference has gone.
    file::finalize(unsafe { borrow(obj) });
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
    let file = unsafe { borrow(channel.as_ptr()) };
    Some(Polled::One(file.fd()))
}

/// # Safety
/// The channel is of the class.
unsafe fn wait(channel: &Channel, condition: u32, until: Until) -> Waited {
    // SAFETY: as promised.
    let file = unsafe { borrow(channel.as_ptr()) };
    wait::for_fd(channel, file.fd(), condition, until)
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
        (*class).io_seek = Some(io_seek);
        (*class).io_set_aio_fd_handler = Some(aio::set_fd_handler::<QIOChannelFile>);
    }
    #[cfg(positional_io)]
    // SAFETY: as above.
    unsafe {
        (*class).io_pwritev = Some(io_pwritev);
        (*class).io_preadv = Some(io_preadv);
    }
    // SAFETY: the method is static and for file channels only.
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
    let (file, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = file::write(file, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_file_writev")) }
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
#[inline]
unsafe fn readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (file, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = file::read(file, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_file_readv")) }
}

#[cfg(positional_io)]
unsafe extern "C" fn io_pwritev(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (file, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = file::write_at(file, iov, offset);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_file_pwritev")) }
}

#[cfg(positional_io)]
unsafe extern "C" fn io_preadv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (file, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = file::read_at(file, iov, offset);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_file_preadv")) }
}

unsafe extern "C" fn io_close(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: a channel of the class.
    let result = file::close(unsafe { borrow(ioc) });
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_file_close")) }
}

unsafe extern "C" fn io_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: a channel of the class.
    let file = unsafe { borrow(ioc) };
    watch::for_fd(file.upcast(), file.fd(), condition).into_ptr()
}

unsafe extern "C" fn io_set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: a channel of the class.
    let result = file::set_blocking(unsafe { borrow(ioc) }, enabled);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_file_set_blocking")) }
}

unsafe extern "C" fn io_seek(
    ioc: *mut QIOChannel,
    offset: off_t,
    whence: c_int,
    errp: *mut *mut Error,
) -> off_t {
    // SAFETY: a channel of the class.
    let result = file::seek(unsafe { borrow(ioc) }, offset, whence);
    // SAFETY: the caller's error destination.
    unsafe { position_or_propagate(result, errp, &origin!(c"qio_channel_file_seek")) }
}

impl Handled for QIOChannelFile {
    fn set_handlers(file: &File, places: Places, handlers: Handlers) {
        set_fd_handlers(file.fd(), file.fd(), places, handlers);
    }
}
