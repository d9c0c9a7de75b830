//! What makes a Rust struct a QOM type, and a type a class of channels: one `impl` each, in safe
//! code beside what it does. The functions that C calls are made from it here.
//!
//! # Safety
//!
//! The contract of the `io_*` functions (`readv::<T>` to `peerpid::<T>`), which C code calls through
//! the class: `ioc` is a live instance of the class; elements,
//! descriptors and variables are valid for the call; `errp` is NULL, `&error_abort`, `&error_fatal`
//! or points to an empty `Error *`.

use core::ffi::{c_int, c_void};
use core::ptr;

use glib_sys::{GIOCondition, GSource};
use libc::{iovec, off_t, size_t, ssize_t};

use super::channel::{Channel, Polled, Waiting};
use super::channel_class::{Flushed, Transfer};
use super::propagate::{
    flush_or_propagate, position_or_propagate, status_or_propagate, transfer_or_propagate,
};
use super::property::{Uint32, add_all};
use super::socket::Socket;
use super::watch::WatchSource;
use super::{Finalizing, Instance, IsA, Shared, guarded};
use abi::layout::{
    AioContext, ChannelShutdown, ClassData, Error as ErrorObject, IOHandler, Object, ObjectClass,
    QIOChannel, QIOChannelClass, TypeInfo,
};
use host::aio::{Handlers, Places};
use host::error::{Error, Origin};
use platform::os::abort::misuse;
use platform::os::errno;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{IoVec, IoVecMut};
use platform::os::poll::{Until, Waited};
use registry::channel::keep_class;

/// A type of objects.
pub trait ObjectImpl: Instance + 'static {
    /// Prepares the zeroed memory of a new instance.
    fn init(_: &Shared<Self>) {}

    /// Frees what the instance holds.
    fn finalize(_: Finalizing<'_, Self>) {}

    /// The properties of the class.
    const PROPERTIES: &'static [Uint32<Self>] = &[];
}

/// A class of channels. Its methods are called as the `io_*` slots of `QIOChannelClass` say.
///
/// The constants are methods that a class may lack: then the slot is NULL.
pub trait ChannelImpl: ObjectImpl + IsA<QIOChannel> + 'static {
    /// Where its errors come from.
    const ORIGIN: Origin;

    /// Reads what there is.
    fn readv(
        channel: &Shared<Self>,
        iov: &[IoVecMut<'_>],
        fds: ReceivedFds<'_>,
        flags: i32,
    ) -> Result<Transfer, Error>;

    /// Writes what fits.
    fn writev(
        channel: &Shared<Self>,
        iov: &[IoVec<'_>],
        fds: PassedFds<'_>,
        flags: i32,
    ) -> Result<Transfer, Error>;

    /// Closes what the channel holds open.
    fn close(channel: &Shared<Self>) -> Result<(), Error>;

    /// Makes transfers wait or not.
    fn set_blocking(channel: &Shared<Self>, enabled: bool) -> Result<(), Error>;

    /// Makes a source for `condition`.
    fn create_watch(channel: &Shared<Self>, condition: u32) -> Option<WatchSource>;

    /// The descriptors that those sources poll. None if there are none, or not only those.
    fn polled(_: &Shared<Self>) -> Option<Polled> {
        None
    }

    /// Waits until such a source would fire, without a main context and a new descriptor (C8).
    fn wait(channel: &Shared<Self>, condition: u32, until: Until) -> Waited;

    /// Takes what makes the descriptor raise ERR without anything being wrong; whether it could.
    const TAKE_NOTICES: Option<fn(&Shared<Self>) -> bool> = None;
    /// Reads at a position.
    const PREADV: Option<Pread<Self>> = None;
    /// Writes at a position.
    const PWRITEV: Option<Pwrite<Self>> = None;
    /// Ends directions (`QIO_CHANNEL_SHUTDOWN_*`, or any other number).
    const SHUTDOWN: Option<Shutdown<Self>> = None;
    /// Holds small writes back.
    const SET_CORK: Option<Switch<Self>> = None;
    /// Lets the system gather small writes.
    const SET_DELAY: Option<Switch<Self>> = None;
    /// Moves the position.
    const SEEK: Option<Seek<Self>> = None;
    /// The socket that the channel's bytes travel through, if there is one.
    fn socket(_: &Shared<Self>) -> Option<&Socket> {
        None
    }
    /// Sets how long a handshake may take.
    const SET_HANDSHAKE_TIMEOUT: Option<SetTimeout<Self>> = None;
    /// Sets the handlers of the channel's descriptors.
    const SET_HANDLERS: Option<SetHandlers<Self>> = None;
    /// Waits for zero-copy writes.
    const FLUSH: Option<Flush<Self>> = None;
    /// The process at the other end.
    const PEER_PID: Option<PeerPid<Self>> = None;
}

/// `io_preadv`.
pub type Pread<T> = fn(&Shared<T>, &[IoVecMut<'_>], i64) -> Result<Transfer, Error>;
/// `io_pwritev`.
pub type Pwrite<T> = fn(&Shared<T>, &[IoVec<'_>], i64) -> Result<Transfer, Error>;
/// `io_shutdown`.
pub type Shutdown<T> = fn(&Shared<T>, u32) -> Result<(), Error>;
/// `io_set_cork` and `io_set_delay`.
pub type Switch<T> = fn(&Shared<T>, bool);
/// Of a handshake, in milliseconds.
pub type SetTimeout<T> = fn(&Shared<T>, u32);
/// `io_seek`.
pub type Seek<T> = fn(&Shared<T>, i64, i32) -> Result<i64, Error>;
/// `io_set_aio_fd_handler`.
pub type SetHandlers<T> = fn(&Shared<T>, Places, Handlers);
/// `io_flush`.
pub type Flush<T> = fn(&Shared<T>) -> Result<Flushed, Error>;
/// `io_peerpid`.
pub type PeerPid<T> = fn(&Shared<T>) -> Result<u32, Error>;

/// The type of `T`. It inherits the class struct of `P`.
pub const fn object_type<T: ObjectImpl + IsA<P>, P: Instance>() -> TypeInfo {
    TypeInfo {
        name: T::TYPE.as_ptr(),
        parent: P::TYPE.as_ptr(),
        instance_size: T::SIZE,
        instance_align: 0,
        instance_init: Some(init::<T>),
        instance_post_init: None,
        instance_finalize: Some(finalize::<T>),
        r#abstract: false,
        class_size: 0,
        class_init: properties_init::<T>(),
        class_base_init: None,
        class_data: ptr::null_mut(),
        interfaces: ptr::null_mut(),
    }
}

/// The type of a class of channels.
pub const fn channel_type<T: ChannelImpl>() -> TypeInfo {
    TypeInfo {
        class_init: Some(class_init::<T>),
        ..object_type::<T, QIOChannel>()
    }
}

/// The instance that a hook or a method gets.
///
/// # Safety
/// `object` is an instance of `T`, live for `'a`.
#[inline]
pub(in crate::object) unsafe fn borrow<'a, T: Instance, O>(object: *mut O) -> &'a Shared<T> {
    // SAFETY: not NULL, and as promised.
    unsafe { &*object.cast::<Shared<T>>() }
}

/// # Safety
/// `object` is a new instance of `T`.
unsafe extern "C" fn init<T: ObjectImpl>(object: *mut Object) {
    // SAFETY: as promised.
    T::init(unsafe { borrow(object) });
}

/// # Safety
/// `object` is an instance of `T`, whose last reference has gone. This is called once for it.
unsafe extern "C" fn finalize<T: ObjectImpl>(object: *mut Object) {
    // The caller that dropped the last reference may report a failure next (R-CHAN-5).
    let errno = errno::last();
    // SAFETY: as promised.
    T::finalize(unsafe { Finalizing::from_ptr(object) });
    drop(guarded::remove(object));
    errno::set(errno);
}

/// What a class needs for its properties, if it has some.
const fn properties_init<T: ObjectImpl>()
-> Option<unsafe extern "C" fn(*mut ObjectClass, ClassData)> {
    if T::PROPERTIES.is_empty() {
        return None;
    }
    Some(add_properties::<T>)
}

/// # Safety
/// `class` is the class of `T`, which is being made.
unsafe extern "C" fn add_properties<T: ObjectImpl>(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: as promised.
    unsafe { add_all::<T>(class) };
}

/// # Safety
/// `class` is the class of `T`, which is being made.
unsafe extern "C" fn class_init<T: ChannelImpl>(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: as promised.
    unsafe {
        add_all::<T>(class);
    };
    // SAFETY: not published yet.
    let class = unsafe { &mut *class.cast::<QIOChannelClass>() };
    keep_class(ptr::from_mut(class).cast(), T::TYPE);
    class.io_readv = Some(readv::<T>);
    class.io_writev = Some(writev::<T>);
    class.io_close = Some(close::<T>);
    class.io_set_blocking = Some(set_blocking::<T>);
    class.io_create_watch = Some(create_watch::<T>);
    class.io_shutdown = T::SHUTDOWN.map(|_| shutdown::<T> as _);
    class.io_set_cork = T::SET_CORK.map(|_| set_cork::<T> as _);
    class.io_set_delay = T::SET_DELAY.map(|_| set_delay::<T> as _);
    class.io_seek = T::SEEK.map(|_| seek::<T> as _);
    class.io_set_aio_fd_handler = T::SET_HANDLERS.map(|_| set_aio_fd_handler::<T> as _);
    class.io_flush = T::FLUSH.map(|_| flush::<T> as _);
    #[cfg(positional_io)]
    {
        class.io_preadv = T::PREADV.map(|_| preadv::<T> as _);
        class.io_pwritev = T::PWRITEV.map(|_| pwritev::<T> as _);
    }
    #[cfg(peerpid)]
    {
        class.io_peerpid = T::PEER_PID.map(|_| peerpid::<T> as _);
    }
    let waiting = Waiting {
        polled: polled::<T>,
        wait: wait::<T>,
        take_notices: T::TAKE_NOTICES.map(|_| take_notices::<T> as _),
        socket: socket::<T>,
        set_handshake_timeout: T::SET_HANDSHAKE_TIMEOUT.map(|_| set_handshake_timeout::<T> as _),
    };
    // SAFETY: the method is in no class but this and those that inherit it.
    unsafe { waiting.register(create_watch::<T>) };
}

/// # Safety
/// The channel is an instance of `T`.
unsafe fn polled<T: ChannelImpl>(channel: &Channel) -> Option<Polled> {
    // SAFETY: as promised.
    T::polled(unsafe { borrow(channel.as_ptr()) })
}

/// # Safety
/// The channel is an instance of `T`.
unsafe fn wait<T: ChannelImpl>(channel: &Channel, condition: u32, until: Until) -> Waited {
    // SAFETY: as promised.
    T::wait(unsafe { borrow(channel.as_ptr()) }, condition, until)
}

/// # Safety
/// The channel is an instance of `T`.
unsafe fn take_notices<T: ChannelImpl>(channel: &Channel) -> bool {
    // SAFETY: as promised.
    T::TAKE_NOTICES.is_some_and(|take| take(unsafe { borrow(channel.as_ptr()) }))
}

/// # Safety
/// The channel is an instance of `T`.
unsafe fn socket<T: ChannelImpl>(channel: &Channel) -> Option<&Socket> {
    // SAFETY: as promised.
    T::socket(unsafe { borrow(channel.as_ptr()) })
}

/// # Safety
/// The channel is an instance of `T`.
unsafe fn set_handshake_timeout<T: ChannelImpl>(channel: &Channel, milliseconds: u32) {
    if let Some(set) = T::SET_HANDSHAKE_TIMEOUT {
        // SAFETY: as promised.
        set(unsafe { borrow(channel.as_ptr()) }, milliseconds);
    }
}

/// The method of a slot that is called; the class has left NULL there if there is none.
#[inline]
fn present<M>(method: Option<M>, name: &str) -> M {
    method.unwrap_or_else(|| misuse(name, format_args!("the class has no such method")))
}

unsafe extern "C" fn readv<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    #[cfg(readv_flags)] flags: c_int,
    errp: *mut *mut ErrorObject,
) -> ssize_t {
    #[cfg(not(readv_flags))]
    let flags = 0;
    // SAFETY: as promised.
    let (channel, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    // SAFETY: as promised.
    let fds = unsafe { ReceivedFds::from_ptr(fds, nfds) };
    let result = T::readv(channel, iov, fds, flags);
    // SAFETY: as promised.
    unsafe { transfer_or_propagate(result, errp, &T::ORIGIN) }
}

unsafe extern "C" fn writev<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    fds: *mut c_int,
    nfds: size_t,
    flags: c_int,
    errp: *mut *mut ErrorObject,
) -> ssize_t {
    // SAFETY: as promised.
    let (channel, iov) = unsafe { (borrow(ioc), IoVec::array(iov, niov)) };
    // SAFETY: as promised.
    let fds = unsafe { PassedFds::from_ptr(fds, nfds) };
    let result = T::writev(channel, iov, fds, flags);
    // SAFETY: as promised.
    unsafe { transfer_or_propagate(result, errp, &T::ORIGIN) }
}

#[cfg(positional_io)]
unsafe extern "C" fn preadv<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut ErrorObject,
) -> ssize_t {
    let method = present(T::PREADV, "io_preadv");
    // SAFETY: as promised.
    let result = unsafe { method(borrow(ioc), IoVec::array(iov, niov), offset) };
    // SAFETY: as promised.
    unsafe { transfer_or_propagate(result, errp, &T::ORIGIN) }
}

#[cfg(positional_io)]
unsafe extern "C" fn pwritev<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    iov: *const iovec,
    niov: size_t,
    offset: off_t,
    errp: *mut *mut ErrorObject,
) -> ssize_t {
    let method = present(T::PWRITEV, "io_pwritev");
    // SAFETY: as promised.
    let result = unsafe { method(borrow(ioc), IoVec::array(iov, niov), offset) };
    // SAFETY: as promised.
    unsafe { transfer_or_propagate(result, errp, &T::ORIGIN) }
}

unsafe extern "C" fn close<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    errp: *mut *mut ErrorObject,
) -> c_int {
    // SAFETY: as promised.
    let result = T::close(unsafe { borrow(ioc) });
    // SAFETY: as promised.
    unsafe { status_or_propagate(result, errp, &T::ORIGIN) }
}

unsafe extern "C" fn set_blocking<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut ErrorObject,
) -> c_int {
    // SAFETY: as promised.
    let result = T::set_blocking(unsafe { borrow(ioc) }, enabled);
    // SAFETY: as promised.
    unsafe { status_or_propagate(result, errp, &T::ORIGIN) }
}

unsafe extern "C" fn create_watch<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // The address of this function tells how to wait, so that no two of them may be one.
    core::hint::black_box(T::TYPE);
    // SAFETY: as promised.
    let source = T::create_watch(unsafe { borrow(ioc) }, condition);
    source.map_or(ptr::null_mut(), WatchSource::into_ptr)
}

unsafe extern "C" fn shutdown<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    how: ChannelShutdown,
    errp: *mut *mut ErrorObject,
) -> c_int {
    let method = present(T::SHUTDOWN, "io_shutdown");
    // SAFETY: as promised.
    let result = method(unsafe { borrow(ioc) }, how);
    // SAFETY: as promised.
    unsafe { status_or_propagate(result, errp, &T::ORIGIN) }
}

unsafe extern "C" fn set_cork<T: ChannelImpl>(ioc: *mut QIOChannel, enabled: bool) {
    let method = present(T::SET_CORK, "io_set_cork");
    // SAFETY: as promised.
    method(unsafe { borrow(ioc) }, enabled);
}

unsafe extern "C" fn set_delay<T: ChannelImpl>(ioc: *mut QIOChannel, enabled: bool) {
    let method = present(T::SET_DELAY, "io_set_delay");
    // SAFETY: as promised.
    method(unsafe { borrow(ioc) }, enabled);
}

unsafe extern "C" fn seek<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    offset: off_t,
    whence: c_int,
    errp: *mut *mut ErrorObject,
) -> off_t {
    let method = present(T::SEEK, "io_seek");
    // SAFETY: as promised.
    let result = method(unsafe { borrow(ioc) }, offset, whence);
    // SAFETY: as promised.
    unsafe { position_or_propagate(result, errp, &T::ORIGIN) }
}

/// # Safety
/// As for all methods. The handlers take `opaque`, in the thread that serves their context, until
/// they are removed. Contexts live as long.
unsafe extern "C" fn set_aio_fd_handler<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    read_ctx: *mut AioContext,
    io_read: IOHandler,
    #[cfg(two_aio_contexts)] write_ctx: *mut AioContext,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    #[cfg(not(two_aio_contexts))]
    let write_ctx = read_ctx;
    let method = present(T::SET_HANDLERS, "io_set_aio_fd_handler");
    // SAFETY: the caller's contexts, or NULL.
    let places = unsafe { Places::from_ptrs(read_ctx, write_ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    // SAFETY: as promised.
    method(unsafe { borrow(ioc) }, places, handlers);
}

unsafe extern "C" fn flush<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    errp: *mut *mut ErrorObject,
) -> c_int {
    let method = present(T::FLUSH, "io_flush");
    // SAFETY: as promised.
    let result = method(unsafe { borrow(ioc) });
    // SAFETY: as promised.
    unsafe { flush_or_propagate(result, errp, &T::ORIGIN) }
}

#[cfg(peerpid)]
unsafe extern "C" fn peerpid<T: ChannelImpl>(
    ioc: *mut QIOChannel,
    pid: *mut u32,
    errp: *mut *mut ErrorObject,
) -> c_int {
    let method = present(T::PEER_PID, "io_peerpid");
    // SAFETY: as promised.
    let result = method(unsafe { borrow(ioc) });
    let found = result.as_ref().map_or(u32::MAX, |&found| found);
    // SAFETY: the caller's variable, written before the error may end the process.
    unsafe { *pid = found };
    // SAFETY: as promised.
    unsafe { status_or_propagate(result.map(drop), errp, &T::ORIGIN) }
}
