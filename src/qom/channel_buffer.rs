//! `qio-channel-buffer`.

use core::ffi::c_int;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, off_t, size_t, ssize_t};

use crate::logic::buffer;
use crate::logic::wait;
use crate::logic::watch::{self, IN, OUT};
use crate::object::Shared;
use crate::object::buffer::Buffer;
use crate::object::channel::{Channel, Polled, Waiting};
use crate::object::propagate::{position_or_propagate, transfer_or_propagate};
use abi::layout::{
    ClassData, Error, Object, ObjectClass, QIOChannel, QIOChannelBuffer, QIOChannelClass, TypeInfo,
};
use abi::origin;
use platform::os::errno;
use platform::os::iov::IoVec;
use platform::os::poll::{Until, Waited};

/// The type.
pub(super) const TYPE: TypeInfo = super::concrete::<QIOChannelBuffer, QIOChannel>(&super::Hooks {
    class: Some(class_init),
    init: None,
    finalize: Some(finalize),
});

/// The instance behind a pointer that the host or the core passes.
///
/// # Safety
/// `obj` is an instance of the type, live for `'a`.
#[inline]
unsafe fn borrow<'a, T>(obj: *mut T) -> &'a Buffer {
    // SAFETY: not NULL, and as promised.
    unsafe { &*obj.cast::<Shared<QIOChannelBuffer>>() }
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // Whoever dropped the reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: the host passes an instance whose last reference has gone.
    unsafe { borrow(obj) }.release();
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
    let _ = channel;
    wait::for_memory(condition & (IN | OUT), until)
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
    let (buffer, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = buffer::write(buffer, iov);
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_buffer_writev")) }
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
    let (buffer, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    let result = Ok(buffer::read(buffer, iov));
    // SAFETY: the caller's error destination.
    unsafe { transfer_or_propagate(result, errp, &origin!(c"qio_channel_buffer_readv")) }
}

unsafe extern "C" fn io_close(ioc: *mut QIOChannel, _errp: *mut *mut Error) -> c_int {
    // SAFETY: a channel of the class.
    unsafe { borrow(ioc) }.release();
    0
}

unsafe extern "C" fn io_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: a channel of the class.
    let buffer = unsafe { borrow(ioc) };
    // Nothing else ever happens to memory (R-CHAN-102).
    let condition = Some(condition & (IN | OUT)).filter(|&condition| condition != 0);
    watch::for_memory(buffer.upcast(), condition).into_ptr()
}

unsafe extern "C" fn io_set_blocking(
    _ioc: *mut QIOChannel,
    _enabled: bool,
    _errp: *mut *mut Error,
) -> c_int {
    0
}

unsafe extern "C" fn io_seek(
    ioc: *mut QIOChannel,
    offset: off_t,
    whence: c_int,
    errp: *mut *mut Error,
) -> off_t {
    // SAFETY: a channel of the class.
    let result = buffer::seek(unsafe { borrow(ioc) }, offset, whence);
    // SAFETY: the caller's error destination.
    unsafe { position_or_propagate(result, errp, &origin!(c"qio_channel_buffer_seek")) }
}
