//! The method `io_set_aio_fd_handler`, whose arguments differ between profiles here and in
//! [`crate::object::channel_class`] only.

use core::ffi::c_void;

use crate::object::{IsA, Shared};
use abi::layout::{AioContext, IOHandler, QIOChannel};
use host::aio::{Handlers, Places};

/// A class of channels that can be waited for in event loop contexts.
pub(super) trait Handled: IsA<QIOChannel> {
    /// Sets the handlers of the channel's descriptors.
    fn set_handlers(channel: &Shared<Self>, places: Places, handlers: Handlers)
    where
        Self: Sized;
}

/// The method of the class of `T`.
///
/// # Safety
/// `ioc` is a live instance. The handlers take `opaque`, in the thread that serves their context,
/// until they are removed. Contexts live as long.
#[cfg(two_aio_contexts)]
pub(super) unsafe extern "C" fn set_fd_handler<T: Handled>(
    ioc: *mut QIOChannel,
    read_ctx: *mut AioContext,
    io_read: IOHandler,
    write_ctx: *mut AioContext,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's contexts, or NULL.
    let places = unsafe { Places::from_ptrs(read_ctx, write_ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    // SAFETY: the caller passes an instance of the class.
    T::set_handlers(unsafe { borrow(ioc) }, places, handlers);
}

/// The method of the class of `T`.
///
/// # Safety
/// `ioc` is a live instance. The handlers take `opaque`, in the thread that serves `ctx`, until they
/// are removed. `ctx` lives as long.
#[cfg(not(two_aio_contexts))]
pub(super) unsafe extern "C" fn set_fd_handler<T: Handled>(
    ioc: *mut QIOChannel,
    ctx: *mut AioContext,
    io_read: IOHandler,
    io_write: IOHandler,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's context, or NULL.
    let places = unsafe { Places::from_ptrs(ctx, ctx) };
    // SAFETY: the caller's functions and their data.
    let handlers = unsafe { Handlers::new(io_read, io_write, opaque) };
    // SAFETY: the caller passes an instance of the class.
    T::set_handlers(unsafe { borrow(ioc) }, places, handlers);
}

/// # Safety
/// `ioc` is an instance of `T`, live for `'a`.
unsafe fn borrow<'a, T>(ioc: *mut QIOChannel) -> &'a Shared<T> {
    // SAFETY: not NULL, and as promised.
    unsafe { &*ioc.cast::<Shared<T>>() }
}
