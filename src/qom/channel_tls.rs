//! `qio-channel-tls`.

use core::ffi::{c_int, c_uint};
use core::ptr;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, size_t, ssize_t};

use super::aio::{self, Handled};
use crate::logic::tls;
use crate::object::Shared;
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::propagate::{status_or_propagate, transfer_or_propagate};
use crate::object::tls::{INSTANCE_SIZE, Tls};
use abi::layout::{
    ClassData, Error, Object, ObjectClass, QIOChannel, QIOChannelClass, QIOChannelTLS, TypeInfo,
};
use abi::origin;
use host::aio::{Handlers, Places};
use platform::glib::Source;
use platform::os::errno;
use platform::os::iov::IoVec;
use platform::os::poll::{Until, Waited};

/// The type. Its instances are larger than what C code sees of them.
pub(super) const TYPE: TypeInfo = TypeInfo {
    instance_size: INSTANCE_SIZE,
    ..super::concrete::<QIOChannelTLS, QIOChannel>(&super::Hooks {
        class: Some(class_init),
        init: Some(init),
        finalize: Some(finalize),
    })
};

/// The instance behind a pointer that the host or the core passes.
///
/// # Safety
/// `obj` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a, T>(obj: *mut T) -> &'a Tls {
    // SAFETY: not NULL, and as promised.
    unsafe { &*obj.cast::<Shared<QIOChannelTLS>>() }
}

unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new, zeroed instance.
    tls::init(unsafe { borrow(obj) });
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // Whoever dropped the reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: the host passes an instance whose last reference has gone, and won't again.
    unsafe { borrow(obj).finalize() };
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
unsafe fn polled(_channel: &Channel) -> Option<Polled> {
    None
}

/// # Safety
/// The channel is of the class.
unsafe fn wait(channel: &Channel, condition: u32, until: Until) -> Waited {
    // SAFETY: as promised.
    tls::wait(unsafe { borrow(channel.as_ptr()) }, condition, until)
}

unsafe extern "C" fn class_init(class: *mut ObjectClass, _data: ClassData) {
    let class = class.cast::<QIOChannelClass>();
    // SAFETY: the host passes the class being made, which nobody else sees yet.
    unsafe {
        (*class).io_writev = Some(io_writev);
        (*class).io_readv = Some(io_readv);
        (*class).io_close = Some(io_close);
        (*class).io_create_watch = Some(io_create_watch);
        (*class).io_set_aio_fd_handler = Some(aio::set_fd_handler::<QIOChannelTLS>);
        (*class).io_set_blocking = Some(io_set_blocking);
        (*class).io_shutdown = Some(io_shutdown);
        (*class).io_set_cork = Some(io_set_cork);
        (*class).io_set_delay = Some(io_set_delay);
    }
    // SAFETY: the method is static and for TLS channels only.
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
    let (channel, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = tls::write(channel, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_tls_writev")) }
}

#[cfg(readv_flags)]
unsafe extern "C" fn io_readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    _fds: *mut *mut c_int,
    _nfds: *mut size_t,
    flags: c_int,
    errp: *mut *mut Error,
) -> ssize_t {
    let relaxed_eof = flags & abi::layout::QIO_CHANNEL_READ_FLAG_RELAXED_EOF != 0;
    // SAFETY: as the method's caller promised.
    unsafe { readv(ioc, iov, niov, relaxed_eof, errp) }
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
    unsafe { readv(ioc, iov, niov, false, errp) }
}

/// # Safety
/// As for `io_readv`.
unsafe fn readv(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    relaxed_eof: bool,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: a channel of the class, and the elements are valid for the call.
    let (channel, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = tls::read(channel, iov, relaxed_eof);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_tls_readv")) }
}

unsafe extern "C" fn io_close(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: a channel of the class.
    let result = tls::close(unsafe { borrow(ioc) });
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_tls_close")) }
}

unsafe extern "C" fn io_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: a channel of the class.
    tls::watch(unsafe { borrow(ioc) }, condition).map_or(ptr::null_mut(), Source::into_ptr)
}

unsafe extern "C" fn io_set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: a channel of the class.
    let result = tls::set_blocking(unsafe { borrow(ioc) }, enabled);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_tls_set_blocking")) }
}

unsafe extern "C" fn io_shutdown(
    ioc: *mut QIOChannel,
    how: c_uint,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: a channel of the class.
    let result = tls::shutdown(unsafe { borrow(ioc) }, how);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_tls_shutdown")) }
}

unsafe extern "C" fn io_set_cork(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: a channel of the class.
    tls::set_cork(unsafe { borrow(ioc) }, enabled);
}

unsafe extern "C" fn io_set_delay(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: a channel of the class.
    tls::set_delay(unsafe { borrow(ioc) }, enabled);
}

impl Handled for QIOChannelTLS {
    fn set_handlers(tls: &Tls, places: Places, handlers: Handlers) {
        tls::set_handlers(tls, places, handlers);
    }
}
