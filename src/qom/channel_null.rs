//! `qio-channel-null`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, off_t, size_t, ssize_t};

use super::aio::{self, Handled};
use crate::logic::{null, watch};
use crate::object::Shared;
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::null::Null;
use crate::object::propagate::transfer_or_propagate;
use abi::layout::{
    ClassData, Error, ObjectClass, QIOChannel, QIOChannelClass, QIOChannelNull, TypeInfo,
};
use abi::origin;
use host::aio::{Handlers, Places};
use platform::os::iov::IoVec;
use platform::os::poll::{Until, Waited};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIOChannelNull, QIOChannel>(&super::Hooks {
    class: Some(class_init),
    init: None,
    finalize: None,
});

/// The instance behind a pointer that the host or the core passes.
///
/// # Safety
/// `obj` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a, T>(obj: *mut T) -> &'a Null {
    // SAFETY: not NULL, and as promised.
    unsafe { &*obj.cast::<Shared<QIOChannelNull>>() }
}

/// How the class waits.
const WAITING: Waiting = Waiting {
    polled,
    wait,
    take_notices: None,
};

/// # Safety
/// The channel is of the class.
unsafe fn polled(_channel: &Channel) -> Option<Polled> {
    None
}

/// # Safety
/// The channel is of the class.
unsafe fn wait(channel: &Channel, condition: u32, until: Until) -> Waited {
    // Whatever one asks for is there (R-CHAN-104).
    let _ = (channel, until);
    Waited::Ready(condition)
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
        (*class).io_set_aio_fd_handler = Some(aio::set_fd_handler::<QIOChannelNull>);
        (*class).io_seek = Some(io_seek);
    }
    // SAFETY: the method is static and for channels of this class only.
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
    let (null, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = null::write(null, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_null_writev")) }
}

#[cfg(readv_flags)]
unsafe extern "C" fn io_readv(
    ioc: *mut QIOChannel,
    _iov: *const iovec,
    _niov: size_t,
    _fds: *mut *mut c_int,
    _nfds: *mut size_t,
    _flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: as the method's caller promised.
    unsafe { readv(ioc, errp) }
}

#[cfg(not(readv_flags))]
unsafe extern "C" fn io_readv(
    ioc: *mut QIOChannel,
    _iov: *const iovec,
    _niov: size_t,
    _fds: *mut *mut c_int,
    _nfds: *mut size_t,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: as the method's caller promised.
    unsafe { readv(ioc, errp) }
}

/// # Safety
/// As for `io_readv`.
unsafe fn readv(ioc: *mut QIOChannel, errp: *mut *mut Error) -> ssize_t {
    // SAFETY: a channel of the class.
    let result = null::read(unsafe { borrow(ioc) });
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_null_readv")) }
}

unsafe extern "C" fn io_close(ioc: *mut QIOChannel, _errp: *mut *mut Error) -> c_int {
    // SAFETY: a channel of the class.
    unsafe { borrow(ioc) }.set_closed(true);
    0
}

unsafe extern "C" fn io_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: a channel of the class.
    let null = unsafe { borrow(ioc) };
    // Whatever one asks for is there, even nothing (R-CHAN-104).
    watch::for_memory(null.upcast(), Some(condition)).into_ptr()
}

unsafe extern "C" fn io_set_blocking(
    _ioc: *mut QIOChannel,
    _enabled: bool,
    _errp: *mut *mut Error,
) -> c_int {
    0
}

unsafe extern "C" fn io_seek(
    _ioc: *mut QIOChannel,
    _offset: off_t,
    _whence: c_int,
    _errp: *mut *mut Error,
) -> off_t {
    0
}

impl Handled for QIOChannelNull {
    /// Nobody ever has to wait.
    fn set_handlers(_channel: &Null, _places: Places, _handlers: Handlers) {}
}
